"""One article once: whatever the order of reading, with its revisions, addresses, copies and labels, on both databases."""

from __future__ import annotations

import io
import threading
from datetime import UTC, date, datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, select, text

from db.articles import ArticleStore
from db.engine import Database
from db.errors import UnknownName
from db.export import write_jsonl
from db.models import addresses, articles, counters, labels, revisions
from db.readings import Image, PublicationDate
from db.vocabulary import DateEvidence, Precision, SaveOutcome

NEW, REVISED, SAME, COPY, SUSPECT = (SaveOutcome.NEW, SaveOutcome.REVISED, SaveOutcome.SAME, SaveOutcome.COPY, SaveOutcome.SUSPECT)
A = "https://bladi.example/accord,1.html"
B = "https://bladi.example/spip.php?article1"
NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
DAY = date(2024, 5, 1)


def canonical(newsroom) -> str:
    stream = io.StringIO()
    write_jsonl(newsroom.all(), stream, canonically=True)
    return stream.getvalue()


def test_a_new_article_is_kept_whole(newsroom, texts) -> None:
    at = datetime(2024, 4, 30, 23, 30, tzinfo=UTC)
    fields = {
        "title": "Pêche : l'accord",
        "standfirst": "Dix ans d'attente",
        "authors": ("Samir K.", "Aïcha B."),
        "agency": "AFP",
        "publisher": "Bladi",
        "contributors": ("Photo X",),
        "section": "Économie",
        "tags": ("Pêche", "Maroc"),
        "published": PublicationDate(DAY, Precision.MINUTE, DateEvidence.JSON_LD, at),
        "modified_at": NOON,
        "image": Image("https://bladi.example/i.jpg", "Un port", "AFP"),
        "edition": "fr",
        "translations": (("es", "https://bladi.example/es/1"),),
    }
    [saved] = newsroom.save(newsroom.reading(A, texts(1), **fields))
    assert saved.outcome is NEW
    kept = newsroom.article(A)
    assert kept.uid == saved.uid
    for name, value in fields.items():
        if name != "published":
            assert getattr(kept, name) == value, name
    assert (kept.published_at, kept.published_on, kept.published_precision, kept.published_from) == (at, DAY, "minute", "json_ld")
    assert (kept.url, kept.urls, kept.source, kept.text) == (A, (A,), "bladi", texts(1))
    assert (kept.revision, kept.change, kept.fate, kept.duplicate_of, kept.story) == (1, 1, "present", None, None)
    assert kept.first_seen == kept.last_seen == NOON
    with newsroom.database.read() as tx:
        rows = {(row.kind, row.folded, row.label) for row in tx.execute(select(labels))}
        assert ArticleStore(tx).get(saved.uid) == kept
        assert ArticleStore(tx).get("none") is None
        assert ArticleStore(tx).by_url("https://bladi.example/none") is None
        assert ArticleStore(tx).by_url("none") is None
    assert ("tag", "peche", "Pêche") in rows
    assert ("author", "aicha b.", "Aïcha B.") in rows
    assert ("section", "economie", "Économie") in rows


def test_reading_the_same_again_only_moves_the_last_sighting(newsroom, texts) -> None:
    newsroom.save(newsroom.reading(A, texts(1)))
    before = newsroom.article(A)
    assert newsroom.outcome(newsroom.reading(A + "?utm_source=rss", texts(1), hours=5)) == [SAME]
    after = newsroom.article(A)
    assert (after.change, after.revision, after.first_seen) == (before.change, 1, before.first_seen)
    assert after.last_seen == NOON + timedelta(hours=5)
    assert len(newsroom.revisions(A)) == 1


def test_torture_84_an_added_paragraph_is_a_revision(newsroom, texts) -> None:
    newsroom.save(newsroom.reading(A, texts(1)))
    assert newsroom.outcome(newsroom.reading(A, texts(1) + "\n\nDe plus, le quai ferme.", hours=1)) == [REVISED]
    kept = newsroom.article(A)
    assert (kept.revision, kept.change) == (2, 2)
    first, second = newsroom.revisions(A)
    assert (first["n"], first["current"], second["current"], second["cause"]) == (1, False, True, "publisher")
    assert first["text"] == texts(1)
    assert newsroom.ask(lambda q: q.matching("quai").count()) == 1


@pytest.mark.parametrize("field", ["title", "standfirst", "authors", "published"])
def test_a_changed_headline_field_is_a_revision(newsroom, texts, field) -> None:
    other = {
        "title": "Un autre titre",
        "standfirst": "Un chapeau",
        "authors": ("Quelqu'un",),
        "published": PublicationDate(DAY, Precision.DAY, DateEvidence.URL),
    }[field]
    newsroom.save(newsroom.reading(A, texts(1)))
    assert newsroom.outcome(newsroom.reading(A, texts(1), hours=1, **{field: other})) == [REVISED]


def test_lesser_fields_are_corrected_in_place(newsroom, texts) -> None:
    newsroom.save(newsroom.reading(A, texts(1), tags=("Pêche",)))
    assert newsroom.outcome(newsroom.reading(A, texts(1), hours=1, tags=("Pêche", "Ports"))) == [SAME]
    kept = newsroom.article(A)
    assert (kept.tags, kept.revision, kept.change) == (("Pêche", "Ports"), 1, 2)
    assert newsroom.ask(lambda q: q.tagged("PORTS").count()) == 1


def test_a_newer_reader_over_the_same_page_is_a_re_reading(newsroom, texts, again) -> None:
    reading = newsroom.reading(A, texts(1))
    newsroom.save(reading)
    assert newsroom.outcome(again(reading, reading_version=2)) == [SAME]
    assert newsroom.article(A).reading_version == 2
    assert newsroom.outcome(again(reading, text=texts(1) + " Une phrase retrouvée.", reading_version=3)) == [REVISED]
    assert [r["cause"] for r in newsroom.revisions(A)] == ["publisher", "re-reading"]


def test_torture_76_a_text_cut_by_half_is_kept_aside(newsroom, texts) -> None:
    newsroom.save(newsroom.reading(A, texts(1)))
    assert newsroom.outcome(newsroom.reading(A, texts(1)[:100], hours=1)) == [SUSPECT]
    kept = newsroom.article(A)
    assert (kept.text, kept.revision, kept.change, kept.status) == (texts(1), 1, 1, "complete")
    assert newsroom.outcome(newsroom.reading(A, texts(1)[:100], hours=2)) == [SUSPECT]
    assert [(r["n"], r["status"]) for r in newsroom.revisions(A)] == [(1, "complete"), (2, "suspect")]
    assert newsroom.outcome(newsroom.reading(A, texts(1) + " Fin.", hours=3)) == [REVISED]
    assert newsroom.article(A).revision == 3


def test_torture_64_a_reused_address_is_a_revision_and_nothing_is_lost(newsroom, texts) -> None:
    newsroom.save(newsroom.reading(A, texts(1), on=DAY))
    assert newsroom.outcome(newsroom.reading(A, texts(2), hours=900, on=date(2024, 6, 8), title="Tout autre chose")) == [REVISED]
    assert [r["text"] for r in newsroom.revisions(A)] == [texts(1), texts(2)]


def test_an_older_page_read_late_changes_nothing(newsroom, texts) -> None:
    newsroom.save(newsroom.reading(A, texts(2), hours=5))
    assert newsroom.outcome(newsroom.reading(A, texts(1), hours=1)) == [SAME]
    kept = newsroom.article(A)
    assert (kept.text, kept.first_seen) == (texts(2), NOON + timedelta(hours=1))


def test_readings_of_one_address_in_one_batch_come_in_the_order_of_fetching(newsroom, texts) -> None:
    later, earlier = newsroom.reading(A, texts(2), hours=5), newsroom.reading(A, texts(1), hours=1)
    assert newsroom.outcome(later, earlier) == [REVISED, NEW]
    kept = newsroom.article(A)
    assert (kept.text, kept.revision, kept.change) == (texts(2), 2, 1)


# ---------------------------------------------------------------- addresses


def test_torture_63_the_same_text_at_many_addresses_is_one_article(newsroom, texts) -> None:
    urls = [f"https://bladi.example/{slug},77.html" for slug in ("un", "deux-mots", "encore-un-slug")]
    assert newsroom.outcome(*(newsroom.reading(url, texts(1)) for url in urls)) == [NEW, COPY, COPY]
    kept = newsroom.article(urls[2])
    assert (kept.url, set(kept.urls), kept.revision) == (urls[0], set(urls), 1)
    assert newsroom.outcome(newsroom.reading(urls[1], texts(1), hours=1)) == [SAME]
    assert len(newsroom.all()) == 1


def test_torture_83_short_texts_merge_only_under_one_title(newsroom) -> None:
    short = "Le marché est fermé."
    one = newsroom.reading("https://bladi.example/1", short, title="Météo du lundi")
    two = newsroom.reading("https://bladi.example/2", short, title="Météo du mardi")
    three = newsroom.reading("https://bladi.example/3", short, title="METEO du mardi")
    assert newsroom.outcome(one, two, three) == [NEW, NEW, COPY]


def test_the_address_a_page_calls_its_own_is_shown(newsroom, texts) -> None:
    long = "https://bladi.example/une-adresse-bien-plus-longue,1.html"
    assert newsroom.outcome(newsroom.reading(B, texts(1), canonical_url=long), newsroom.reading(long, texts(1), canonical_url=long)) == [
        NEW,
        SAME,
    ]
    assert newsroom.article(B).url == long


def test_a_canonical_address_never_fetched_is_an_address_of_the_article(newsroom, texts) -> None:
    newsroom.save(newsroom.reading(B, texts(1), canonical_url=A))
    kept = newsroom.article(A)
    assert (kept.url, kept.urls) == (A, (A, B))
    assert newsroom.outcome(newsroom.reading(A, texts(1) + " Un mot de plus.", canonical_url=A, hours=1)) == [SAME]
    assert newsroom.article(B).text.endswith("plus.")
    assert newsroom.article(B).revision == 1


@pytest.mark.parametrize(
    "claimed",
    [
        "https://bladi.example/",
        "https://www.bladi.example/index.php",
        "https://ailleurs.example/accord,1.html",
        "javascript:alert(1)",
        "",
        "/accord,1.html",
        "https://bladi.example/" + "x" * 5_000,
    ],
)
def test_torture_62_an_implausible_canonical_address_is_ignored(newsroom, texts, claimed) -> None:
    newsroom.save(newsroom.reading(B, texts(1), canonical_url=claimed))
    kept = newsroom.article(B)
    assert (kept.url, kept.urls) == (B, (B,))


def test_torture_62_a_canonical_address_of_another_article_is_ignored(newsroom, texts) -> None:
    newsroom.save(newsroom.reading(A, texts(1)))
    assert newsroom.outcome(newsroom.reading(B, texts(2), canonical_url=A)) == [NEW]
    assert newsroom.article(A).text == texts(1)
    assert newsroom.article(B).urls == (B,)


def test_torture_62_a_wrongly_claimed_address_goes_to_its_own_article(newsroom, texts) -> None:
    newsroom.save(newsroom.reading(B, texts(2), canonical_url=A))
    assert newsroom.outcome(newsroom.reading(A, texts(1))) == [NEW]
    assert (newsroom.article(A).text, newsroom.article(A).urls) == (texts(1), (A,))
    assert (newsroom.article(B).text, newsroom.article(B).url, newsroom.article(B).urls) == (texts(2), B, (B,))


def test_torture_62_pages_that_call_each_other_canonical(newsroom, texts) -> None:
    newsroom.save(newsroom.reading(A, texts(1), canonical_url=B), newsroom.reading(B, texts(1), canonical_url=A))
    [kept] = newsroom.all()
    assert set(kept.urls) == {A, B}


def test_torture_13_redirects_become_addresses(newsroom, texts) -> None:
    old = "https://bladi.example/ancien,1.html"
    newsroom.redirects("bladi", A, [old, "http://www.bladi.example/tres-ancien", "mailto:x", "https://bladi.example/?q=" + "+" * 2_000])
    newsroom.save(newsroom.reading(A, texts(1)))
    assert newsroom.article(old).url == A
    assert len(newsroom.article("https://bladi.example/tres-ancien").urls) == 3


def test_a_moved_article_keeps_its_uid_and_is_shown_where_it_is(newsroom, texts) -> None:
    old, new = "https://bladi.example/1", "https://bladi.example/2024/05/une-adresse-plus-longue"
    [first] = newsroom.save(newsroom.reading(old, texts(1)))
    newsroom.redirects("bladi", new, [old])
    [second] = newsroom.save(newsroom.reading(new, texts(1) + " Mise à jour.", hours=24))
    assert second.uid == first.uid
    kept = newsroom.article(old)
    assert (kept.url, kept.urls) == (new, (new, old))


def test_a_teaser_at_another_address_never_replaces_the_text(newsroom, texts) -> None:
    newsroom.save(newsroom.reading(B, texts(1)))
    newsroom.save(newsroom.reading(A, texts(1)[:120], canonical_url=B))
    assert newsroom.article(A).text == texts(1)


def test_the_same_address_in_two_sources_is_two_articles(newsroom, texts) -> None:
    one, two = newsroom.save(newsroom.reading(A, texts(1), source="bladi"), newsroom.reading(A, texts(2), source="autre"))
    assert one.uid != two.uid


# ---------------------------------------------------------------- copies


def test_torture_82_wire_copy_stays_an_article_of_each_source(newsroom, texts) -> None:
    late = newsroom.reading("https://le360.example/1", texts(1), source="le360", on=date(2024, 5, 2), title="Autre titre")
    early = newsroom.reading(A, texts(1), source="bladi", on=DAY)
    assert newsroom.outcome(late) == [NEW]
    assert newsroom.outcome(early) == [NEW]
    copy = newsroom.article("https://le360.example/1")
    assert copy.duplicate_of == newsroom.article(A).uid
    assert copy.duplicate_of_url == A
    assert copy.change == 2
    assert newsroom.outcome(newsroom.reading("https://tsa.example/9", texts(1), source="tsa")) == [COPY]
    assert newsroom.article("https://tsa.example/9").duplicate_of_url == A
    assert newsroom.ask(lambda q: q.originals_only().count()) == 1


def test_an_original_that_is_rewritten_passes_its_copies_on(newsroom, texts) -> None:
    newsroom.save(newsroom.reading(A, texts(1), source="a", on=DAY))
    newsroom.save(newsroom.reading("https://b.example/1", texts(1), source="b", on=date(2024, 5, 2)))
    newsroom.save(newsroom.reading("https://c.example/1", texts(1), source="c", on=date(2024, 5, 3)))
    newsroom.save(newsroom.reading(A, texts(2), source="a", on=DAY, hours=1))
    assert newsroom.article(A).duplicate_of is None
    assert newsroom.article("https://b.example/1").duplicate_of is None
    assert newsroom.article("https://c.example/1").duplicate_of_url == "https://b.example/1"
    newsroom.save(newsroom.reading("https://c.example/1", texts(3), source="c", on=date(2024, 5, 3), hours=1))
    assert newsroom.article("https://c.example/1").duplicate_of is None


def test_short_texts_are_no_copies(newsroom) -> None:
    newsroom.save(
        newsroom.reading(A, "Le marché est fermé.", source="a"), newsroom.reading("https://b.example/1", "Le marché est fermé.", source="b")
    )
    assert all(kept.duplicate_of is None for kept in newsroom.all())


# ---------------------------------------------------------------- order, change numbers, robustness


def test_the_order_of_reading_leaves_no_trace(make_database_url, dialect, texts, request) -> None:
    from_conftest = type(request.getfixturevalue("newsroom"))
    canon = "https://bladi.example/une-adresse-bien-plus-longue,1.html"
    results = set()
    for order in [*permutations(range(5))][::15]:
        database = Database.open(make_database_url(dialect))
        room = from_conftest(database)
        room.source("bladi")
        room.source("autre")
        made = [
            room.reading(A, texts(1), canonical_url=canon, title="Court"),
            room.reading(canon, texts(1), canonical_url=canon, title="Le vrai"),
            room.reading(B, texts(1) + " Imprimer.", canonical_url=canon, title="Version imprimable"),
            room.reading("https://bladi.example/casse", texts(3), canonical_url=canon),
            room.reading("https://autre.example/x", texts(1), source="autre", on=DAY),
        ]
        for i in order:
            room.save(made[i])
        results.add(canonical(room))
        database.close()
    assert len(results) == 1


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches=st.lists(st.lists(st.integers(0, 5), max_size=4), max_size=4), start=st.integers(0, 10**9))
def test_however_readings_are_batched_every_address_has_one_article(newsroom, texts, batches, start) -> None:
    urls = [f"https://bladi.example/{start}/{i}" for i in range(6)]
    for batch in batches:
        newsroom.save(*(newsroom.reading(urls[i], texts(i % 3 + start % 1000)) for i in batch))
    with newsroom.database.read() as tx:
        currents = tx.execute(
            select(articles.c.id)
            .outerjoin(revisions, (revisions.c.article_id == articles.c.id) & (revisions.c.n == articles.c.revision))
            .where(revisions.c.n.is_(None))
        ).all()
        indexed = tx.execute(text("SELECT count(*) FROM article_index")).scalar()
        stored = tx.execute(text("SELECT count(*) FROM articles")).scalar()
        homeless = tx.execute(select(articles.c.id).where(articles.c.id.not_in(select(addresses.c.article_id)))).all()
    assert currents == homeless == []
    assert indexed == stored


def test_change_numbers_grow_by_transaction_and_only_with_changes(newsroom, texts) -> None:
    newsroom.save(newsroom.reading(A, texts(1)), newsroom.reading(B, texts(2)))
    newsroom.save(newsroom.reading(A, texts(1), hours=1))
    newsroom.save(newsroom.reading(A, texts(3), hours=2))
    assert (newsroom.article(A).change, newsroom.article(B).change) == (2, 1)
    with newsroom.database.read() as tx:
        assert tx.execute(select(counters.c.value).where(counters.c.name == "change")).scalar() == 2


def test_two_readers_at_once_make_one_article(newsroom, texts) -> None:
    readings = [newsroom.reading(f"https://bladi.example/{i}", texts(1)) for i in range(8)]
    threads = [threading.Thread(target=newsroom.save, args=(reading,)) for reading in readings]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    [kept] = newsroom.all()
    assert len(kept.urls) == 8


def test_torture_71_refused_characters_do_not_reach_the_database(newsroom) -> None:
    nasty = "a\x00b \ud800 \ufffe \u202e \u200b c" * 30
    newsroom.save(newsroom.reading(A, nasty, title=nasty[:20], authors=("x\x00y",), edition="e" * 100, tags=("t" * 500,)))
    kept = newsroom.article(A)
    assert kept.text.startswith("ab  \ufffe")
    assert kept.authors == ("xy",)


def test_torture_96_markup_and_sql_are_only_text(newsroom) -> None:
    title = "<script>alert(1)</script>'); DROP TABLE articles; --"
    newsroom.save(newsroom.reading(A, "x" * 300, title=title, tags=("' OR 1=1",)))
    assert newsroom.article(A).title == title


def test_an_unknown_source_is_named(newsroom, texts, again) -> None:
    reading = newsroom.reading(A, texts(1))
    stray = type(reading)(
        page=type(reading.page)(**{n: getattr(reading.page, n) for n in reading.page.__slots__} | {"source": "inconnu"}),
        article=reading.article,
    )
    with pytest.raises(UnknownName, match="inconnu"):
        newsroom.save(stray)


def test_saving_nothing(newsroom) -> None:
    assert newsroom.save() == []


def test_the_number_of_statements_does_not_grow_with_the_batch(newsroom, texts) -> None:
    def statements(size: int, start: int) -> int:
        readings = [newsroom.reading(f"https://bladi.example/{start + i}", texts(start + i)) for i in range(size)]
        seen = []
        engine = newsroom.database._engine
        event.listen(engine, "before_cursor_execute", lambda *_: seen.append(1))
        newsroom.save(*readings)
        return len(seen)

    assert statements(40, 100) <= statements(2, 1) + 2


def test_large_calls_are_taken_in_steps(newsroom, texts) -> None:
    readings = [newsroom.reading(f"https://bladi.example/{i}", texts(i)) for i in range(230)]
    saved = newsroom.save(*readings)
    assert [s.outcome for s in saved] == [NEW] * 230
    assert newsroom.article("https://bladi.example/229").uid == saved[229].uid
