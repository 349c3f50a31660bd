"""What was learned of a source comes back as it was put, one template a source."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from db.errors import UnknownName
from db.readings import Template
from db.records import SourceEntry
from db.sources import SourceStore
from db.templates import TemplateStore

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LEARNED = Template(1, 12, ("div.box>p", "aside.à-côté"), ("une ligne", "سطر"), ("div.texte",), "no_tables")


@pytest.fixture
def known(database):
    entries = [SourceEntry(name, name, f"https://{name}.org/", None, (), "UTC", "1" * 64) for name in ("gazette", "matin")]
    database.transact(lambda tx: SourceStore(tx).sync(entries, NOW))
    return database


def of(database, *names):
    with database.read() as tx:
        return TemplateStore(tx).of(names, LEARNED.version)


def test_a_template_comes_back_as_it_was_put(known):
    known.transact(lambda tx: TemplateStore(tx).put("gazette", LEARNED, NOW))
    assert of(known, "gazette", "matin", "nobody") == {"gazette": LEARNED}
    assert of(known) == {}


def test_learning_again_replaces_it(known):
    newer = replace(LEARNED, pages=40, blocks=())
    for template in (LEARNED, newer):
        known.transact(lambda tx, put=template: TemplateStore(tx).put("gazette", put, NOW))
    assert of(known, "gazette") == {"gazette": newer}


def test_what_is_forgotten_is_gone_and_nothing_else(known):
    for name in ("gazette", "matin"):
        known.transact(lambda tx, to=name: TemplateStore(tx).put(to, LEARNED, NOW))
    assert known.transact(lambda tx: TemplateStore(tx).forget("gazette"))
    assert not known.transact(lambda tx: TemplateStore(tx).forget("gazette"))
    assert not known.transact(lambda tx: TemplateStore(tx).forget("nobody"))
    assert of(known, "gazette", "matin") == {"matin": LEARNED}


def test_an_unknown_source_has_none_to_put(known):
    with pytest.raises(UnknownName):
        known.transact(lambda tx: TemplateStore(tx).put("nobody", LEARNED, NOW))


def test_what_another_version_learned_is_not_given_but_named(known):
    for name, version in (("gazette", 1), ("matin", 2)):
        known.transact(lambda tx, to=name, by=version: TemplateStore(tx).put(to, replace(LEARNED, version=by), NOW))
    assert of(known, "gazette", "matin") == {"gazette": LEARNED}
    with known.read() as tx:
        assert TemplateStore(tx).outdated(1) == ["matin"]
        assert TemplateStore(tx).outdated(3) == ["gazette", "matin"]
