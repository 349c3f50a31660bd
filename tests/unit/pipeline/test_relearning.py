"""Which sources are learned by themselves, and when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from crawlers.registry import Registry
from db.templates import Material
from pipeline.relearning import to_learn
from pipeline.steps.template import LEARNING_VERSION

NOW = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture
def registry(tmp_path):
    (tmp_path / "paper.toml").write_text('home = "https://paper.test/"\n')
    (tmp_path / "plain.toml").write_text('home = "https://plain.test/"\n[reading]\ntemplate = false\n')
    return Registry([tmp_path], bundled=False)


@pytest.mark.parametrize(
    ("material", "tried_days_ago", "expected"),
    [
        (Material("paper", 19, None, None, None), None, False),
        (Material("paper", 20, None, None, None), None, True),
        (Material("plain", 500, None, None, None), None, False),
        (Material("removed", 500, None, None, None), None, False),
        (Material("paper", 500, None, None, None), 3, False),
        (Material("paper", 500, None, None, None), 8, True),
        (Material("paper", 500, LEARNING_VERSION - 1, 40, NOW), None, True),
        (Material("paper", 39, LEARNING_VERSION, 20, NOW), None, False),
        (Material("paper", 40, LEARNING_VERSION, 20, NOW), None, True),
        (Material("paper", 9_000, LEARNING_VERSION, 40, NOW - timedelta(days=29)), None, False),
        (Material("paper", 9_000, LEARNING_VERSION, 40, NOW - timedelta(days=31)), None, True),
        (Material("paper", 9_000, LEARNING_VERSION, 40, NOW - timedelta(days=90)), 20, False),
    ],
)
def test_a_source_is_learned_when_it_has_something_new_to_tell(registry, material, tried_days_ago, expected):
    tried = {} if tried_days_ago is None else {material.source: NOW - timedelta(days=tried_days_ago)}
    assert to_learn([material], registry, tried, NOW) == ([material.source] if expected else [])
