"""What a reading would change, told by field, the worst first."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

from db.article_rows import metadata_of
from db.identity import text_digest
from db.readings import Article, PublicationDate, Rejected, Standing
from db.records import ArchiveLocation, Hints, StoredPage
from db.vocabulary import ArticleStatus, DateEvidence, PageKind, PageReason, PageState, Precision
from pipeline.differences import compare, summed

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
URL = "https://a.example/1"
TEXT = "Le port a rouvert jeudi après trois semaines de travaux. " * 10


def page(state=PageState.READ, reason=None, id_=7):
    location = ArchiveLocation("a", 1, 1)
    return StoredPage(id_, "a", None, URL, URL, PageKind.ARTICLE, NOON, 200, (), "", location, state, reason, None, 1, 0, Hints())


def article(text=TEXT, **fields):
    made = Article(URL, "Le port rouvre", text, text_digest(text), "fr", 0.99, ArticleStatus.COMPLETE, 2, section="Mer")
    return replace(made, **fields)


def standing(made, page_id=7):
    return Standing("uid", page_id, made.text, metadata_of(made))


def test_the_same_again_is_unchanged():
    found = compare(page(), standing(article(reading_version=1)), article())
    assert (found.words, found.weight) == (("unchanged",), 0.0)


def test_each_field_is_told_with_before_and_after():
    dated = article(published=PublicationDate(date(2024, 3, 2), Precision.DAY, DateEvidence.META), authors=("Nadia",), title="Le port")
    found = compare(page(), standing(article()), dated)
    assert found.words == ("title", "authors", "published")
    assert [(change.before, change.after) for change in found.changes] == [("Le port rouvre", "Le port"), ("", "Nadia"), ("", "2024-03-02")]


def test_texts_are_shown_from_where_they_part():
    found = compare(page(), standing(article()), article(TEXT + "Une phrase de plus."))
    assert found.words == ("text_grew",)
    assert found.changes[0].after.startswith("589 characters: …")
    assert found.changes[0].after.endswith("Une phrase de plus.")
    assert compare(page(), standing(article()), article(TEXT[:400])).words == ("text_shrank",)


def test_a_text_that_lost_more_than_half_is_suspect():
    assert compare(page(), standing(article()), article(TEXT[:200])).words == ("suspect", "text_shrank")


def test_pages_that_hold_no_article_any_more_or_only_now():
    gone = compare(page(), standing(article()), Rejected(URL, PageReason.LISTING, "40 links", 2))
    assert (gone.words, gone.reason, gone.changes[0].after) == (("rejected",), "listing", "listing: 40 links")
    rejected = page(PageState.REJECTED, PageReason.LISTING)
    assert compare(rejected, None, article()).words == ("accepted",)
    assert compare(rejected, None, Rejected(URL, PageReason.LISTING, "39 links", 2)).words == ("unchanged",)
    assert compare(rejected, None, Rejected(URL, PageReason.GALLERY, "", 2)).words == ("reason",)


def test_a_page_that_its_article_does_not_rest_on_changes_nothing():
    assert compare(page(), standing(article(), page_id=8), article("Autre chose.")).words == ("another_address",)


def test_the_report_counts_and_puts_the_worst_first():
    found = [
        compare(page(id_=1), standing(article(), 1), article()),
        compare(page(id_=2), standing(article(), 2), article(title="Autre")),
        compare(page(id_=3), standing(article(), 3), Rejected(URL, PageReason.LISTING, "", 2)),
        compare(page(id_=4), None, None),
    ]
    report = summed(found, (10, 9))
    assert (report.pages, report.counts, report.reasons) == (
        4,
        {"unchanged": 1, "title": 1, "rejected": 1, "unreadable": 1},
        {"listing": 1},
    )
    assert [one.page_id for one in report.worst] == [4, 3, 2]
