"""Offers of one address merge to the same whatever the order, and hints survive being kept."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.offers import EVIDENCE, TRUSTED, hints_from_json, hints_to_json, merged, offer_of
from db.records import Candidate, Hints
from db.vocabulary import DateEvidence, FoundBy, PageKind

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)

instants = st.datetimes(datetime(2020, 1, 1), datetime(2026, 1, 1)).map(lambda value: value.replace(tzinfo=UTC))
dated = st.one_of(
    st.builds(dict),
    st.builds(
        lambda at, evidence: {"published_at": at, "published_on": at.date(), "evidence": evidence}, instants, st.sampled_from(DateEvidence)
    ),
    st.builds(lambda on, evidence: {"published_on": on, "evidence": evidence}, st.dates(date(2020, 1, 1)), st.sampled_from(DateEvidence)),
)
hints = st.builds(
    lambda said, title, lastmod, depth, part: Hints(title=title, lastmod=lastmod, depth=depth, part=part, **said),
    dated,
    st.none() | st.sampled_from(["Pluie", "Pluie à Alger", "Pluie à Oran", "أمطار"]),
    st.none() | instants,
    st.integers(0, 3),
    st.none() | st.tuples(st.integers(2, 9), st.sampled_from(["https://gazette.org/a/1", "https://gazette.org/a/2"])),
)
spellings = st.sampled_from(
    ["https://www.gazette.org/a/1", "http://gazette.org/a/1", "https://gazette.org/a/1/?utm_source=x", "https://gazette.org/a/1#top"]
)
candidates = st.builds(
    Candidate,
    url=spellings,
    kind=st.sampled_from(PageKind),
    found_by=st.sampled_from(FoundBy),
    hints=hints,
    priority=st.integers(0, 900),
    refetch_before=st.none() | instants,
    aliases=st.lists(st.sampled_from(["https://gazette.org/old/1", "https://gazette.org/older/1", "javascript:no"]), max_size=2).map(tuple),
)
offers = candidates.map(offer_of)


@given(offers, offers, offers)
def test_merging_is_commutative_associative_and_idempotent(one, two, three):
    assert merged(one, two) == merged(two, one)
    assert merged(merged(one, two), three) == merged(one, merged(two, three))
    assert merged(one, one) == one
    assert merged(merged(one, two), two) == merged(one, two)


@given(hints, st.sampled_from(FoundBy))
def test_hints_come_back_as_they_were_kept(said, found_by):
    assert hints_from_json(hints_to_json(said, found_by)) == said


def test_hints_of_no_row_are_empty():
    assert hints_from_json(None) == Hints()


def offer(url="https://gazette.org/a/1", kind=PageKind.ARTICLE, found_by=FoundBy.LINK, **rest):
    return offer_of(Candidate(url, kind, found_by, **rest))


def test_the_canonical_spelling_beats_others_then_the_secure_then_the_short_one():
    declared = offer("http://www.gazette.org/a/1", found_by=FoundBy.CANONICAL)
    secure, long, plain = offer(), offer("https://gazette.org/a/1?utm_source=mail"), offer("http://gazette.org/a/1")
    assert merged(merged(secure, declared), long).url == "http://www.gazette.org/a/1"
    assert merged(merged(long, plain), secure).url == "https://gazette.org/a/1"


def test_a_feeds_title_beats_a_longer_link_text():
    feed = offer(found_by=FoundBy.FEED, hints=Hints(title="Pluie à Alger"))
    link = offer(hints=Hints(title="Pluie à Alger : lire la suite de notre grand reportage"))
    assert hints_from_json(merged(link, feed).hints).title == "Pluie à Alger"


def test_a_date_is_taken_whole_from_the_best_evidence():
    feed = Hints(published_at=NOW, published_on=NOW.date(), evidence=DateEvidence.FEED)
    sitemap = Hints(published_at=NOW - timedelta(days=1), published_on=date(2026, 2, 28), evidence=DateEvidence.SITEMAP)
    said = hints_from_json(merged(offer(hints=sitemap), offer(hints=feed)).hints)
    assert (said.published_at, said.published_on, said.evidence) == (NOW, NOW.date(), DateEvidence.FEED)


def test_a_date_without_evidence_beats_none():
    said = hints_from_json(merged(offer(), offer(hints=Hints(published_on=NOW.date()))).hints)
    assert said.published_on == NOW.date()


def test_the_latest_change_and_the_least_depth_are_kept():
    one, other = offer(hints=Hints(lastmod=NOW, depth=3)), offer(hints=Hints(lastmod=NOW + timedelta(hours=1), depth=1))
    said = hints_from_json(merged(one, other).hints)
    assert (said.lastmod, said.depth) == (NOW + timedelta(hours=1), 1)


@pytest.mark.parametrize(
    "url", ["", "ftp://gazette.org/a", "javascript:alert(1)", "https://gazette.org/" + "a" * 3_000, "https://u:p@gazette.org/"]
)
def test_unusable_addresses_make_no_offer(url):
    assert offer(url) is None


def test_an_alias_that_is_the_address_itself_is_none():
    assert offer(aliases=("https://gazette.org/a/1", "https://gazette.org/b")).aliases == {"https://gazette.org/b"}


def test_every_finder_and_every_evidence_has_its_rank():
    assert set(TRUSTED) == set(FoundBy)
    assert set(EVIDENCE) == set(DateEvidence)
