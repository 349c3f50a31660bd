"""What the layers below are told of the settings."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest

from veille.settings import Settings, load
from veille.specs import engine_spec, session_spec


def settings(tmp_path: Path, **flags: object) -> Settings:
    return load(flags, environment={}, folder=tmp_path)


def test_the_engine_is_told_every_setting_of_fetching(tmp_path):
    given = settings(
        tmp_path,
        database="press.db",
        archive="pages",
        sources=["papers"],
        bundled_sources=False,
        contact="press@example.org",
        user_agent="press-watch",
        resolve={"a.test": "127.0.0.1:80"},
        concurrency=3,
        download_timeout=4.5,
        max_page_mb=0.5,
        max_sitemap_mb=2,
        engine_pages=100,
        log_level="debug",
    )
    spec = engine_spec(given, timedelta(hours=1))
    assert spec.database_url == f"sqlite:///{tmp_path}/press.db"
    assert (spec.archive, spec.source_folders) == (tmp_path / "pages", (tmp_path / "papers",))
    assert (spec.bundled_sources, spec.contact, spec.agent) == (False, "press@example.org", "press-watch")
    assert spec.resolve == {"a.test": "127.0.0.1:80"}
    assert (spec.concurrency, spec.timeout, spec.recycle_after) == (3, 4.5, 100)
    assert (spec.max_bytes, spec.max_sitemap_bytes) == (1 << 19, 2 << 20)
    assert (spec.clock_offset, spec.log_level) == (timedelta(hours=1), "DEBUG")


@pytest.mark.parametrize(("readers", "expected"), [(0, len(os.sched_getaffinity(0))), (5, 5)])
def test_readers_are_a_number_or_one_a_core(tmp_path, readers, expected):
    spec = session_spec(settings(tmp_path, readers=readers, page_timeout=7), timedelta(0))
    assert (spec.readers, spec.page_timeout) == (expected, 7.0)


def test_a_spec_can_be_sent_to_another_process(tmp_path):
    import pickle

    spec = session_spec(settings(tmp_path, resolve={"a.test": "127.0.0.1:80"}), timedelta(0))
    assert pickle.loads(pickle.dumps(spec)) == spec
