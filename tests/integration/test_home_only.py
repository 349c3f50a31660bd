"""A source file that holds only a home URL works, whatever the site's system: nothing is missed, doubled, or stored that is no article."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from crawlers.clock import Clock
from crawlers.demo.server import Newsroom
from crawlers.registry import Registry
from crawlers.spec import EngineSpec
from db.engine import Database
from db.query import ArticleQuery
from db.vocabulary import RunState
from pipeline import jobs
from pipeline.session import SessionSpec
from veille.score import score


@pytest.fixture(scope="module")
def newsroom():
    with Newsroom() as open_newsroom:
        yield open_newsroom


def test_five_papers_known_only_by_their_home_pages(newsroom: Newsroom, tmp_path: Path, engine_spec: Callable[..., EngineSpec]):
    known = Registry([newsroom.sources_folder], bundled=False)
    folder = tmp_path / "sources"
    folder.mkdir()
    for source in known.all():  # the pause is for other people's servers, the zone for days that no page states in full
        text = f'home = "{source.home}"\ntime_zone = "{source.time_zone}"\n[politeness]\ndelay = 0\n'
        (folder / f"{source.name}.toml").write_text(text, encoding="utf-8")
    url = f"sqlite:///{tmp_path / 'veille.db'}"
    engine = engine_spec(url, newsroom.resolve, ca_file=newsroom.ca_file, clock_offset=newsroom.clock.now() - Clock()())
    registry, database = Registry([folder], bundled=False), Database.open(url)
    reports = jobs.crawl(SessionSpec(engine, readers=2), database, registry, registry.names())
    with database.read() as tx:
        result = score(newsroom.truth(), ArticleQuery(tx).articles())
    database.close()
    assert {report.state for report in reports} == {RunState.DONE}
    assert (result.missing, result.doubled, result.strangers) == ((), (), ())
    assert result.wrong == ()
    assert result.body_f1 >= 0.98
