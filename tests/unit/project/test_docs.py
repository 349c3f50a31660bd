"""The documentation says what the code does: every key, column, word and example in it is held against the program."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path

import pytest
from sqlalchemy import Table

from crawlers.challenge import HEADERS, MARKS
from crawlers.definition import Definition
from crawlers.pagination import WORDS, Pagination
from crawlers.source import Source
from crawlers.warc_scan import RECORDS
from db import fulltext, models
from db.archive import ArchiveWriter
from db.export import FIELDS, NOT_CANONICAL
from db.readings import Article, PageToRead, ReadingHints
from db.records import ArchiveEntry
from db.vocabulary import (
    ArticleStatus,
    BackfillState,
    DateEvidence,
    FailureClass,
    Fate,
    FoundBy,
    HealthState,
    PageKind,
    PageReason,
    PageState,
    Precision,
    RevisionCause,
    RunKind,
    RunState,
    SaveOutcome,
    Skip,
    SliceState,
    SourceState,
    Trap,
    Way,
)
from pipeline.reading import process_page
from pipeline.steps.date_phrases import find_date
from pipeline.steps.decode import decode
from veille.cli.sources import app as sources_app

ROOT = Path(__file__).parents[3]
DOCS = ROOT / "docs"
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *DOCS.glob("*.md")])
CODE = re.compile(r"`+[^`]*`+")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def text_of(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def without_code(text: str) -> str:
    """Text less fenced blocks and inline code, in which brackets are no links and # no headings."""
    return CODE.sub("", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL))


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)


def rows(text: str, header: str) -> list[list[str]]:
    """The cells of every table whose header line begins with `header`, backquotes removed."""
    found: list[list[str]] = []
    lines = iter(text.splitlines())
    for line in lines:
        if line.startswith(f"| {header} |"):
            next(lines)
            for row in lines:
                if not row.startswith("|"):
                    break
                found.append([cell.strip().replace("`", "") for cell in re.split(r"(?<!\\)\|", row)[1:-1]])
    return found


def section(text: str, heading: str) -> str:
    """What stands below the headings that hold `heading` in backquotes, up to the next heading."""
    parts = re.split(r"^#+ ", text, flags=re.MULTILINE)
    return "\n".join(part for part in parts if f"`{heading}`" in part.partition("\n")[0])


def anchors(text: str) -> set[str]:
    """The anchors of a page's headings, as the usual renderers make them: letters, digits, hyphens; spaces become hyphens."""
    headings = re.findall(r"^#+ (.+)$", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


# ---------------------------------------------------------------- every page


def test_the_index_names_every_page():
    index = text_of("README.md")
    assert [page.name for page in DOCS.glob("*.md") if page.name != "README.md" and f"({page.name})" not in index] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_relative_link_leads_somewhere(page: Path):
    lost = []
    for target in LINK.findall(without_code(page.read_text(encoding="utf-8"))):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        file = (page.parent / name).resolve() if name else page
        if not file.exists() or (anchor and anchor not in anchors(file.read_text(encoding="utf-8"))):
            lost.append(target)
    assert lost == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_page_speaks_of_the_place_it_was_written_in(page: Path):
    text = page.read_text(encoding="utf-8")
    assert re.findall(r"(?<![\w.])/(?:work|tmp|root|home)\b[^\s`]*|\bissue #\d*|file://\S*", text, flags=re.IGNORECASE) == []
    assert str(ROOT) not in text


# ---------------------------------------------------------------- sources.md


@pytest.fixture
def schema_keys(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Every key that reading a source file asks for, with its table before it (`discovery.feeds`)."""
    asked: set[str] = set()
    take = Definition.take

    def spy(self: Definition, key: str) -> object:
        asked.add(re.sub(r"\[\d+\]", "", self.name(key)))
        return take(self, key)

    monkeypatch.setattr(Definition, "take", spy)
    Source.from_toml('home = "https://a.example/"\n[[listings]]\nurl = "/a"\n[[layouts]]\n', Path("a.toml"))
    return asked


def test_the_schema_is_seen_whole(schema_keys: set[str]):
    assert {"home", "discovery.feeds", "listings.next", "layouts.remove", "timetable.cron", "politeness.delay"} <= schema_keys
    assert len(schema_keys) > 30


def test_every_key_of_a_source_file_has_its_row(schema_keys: set[str]):
    text = text_of("sources.md")
    tables = {key.partition(".")[0] for key in schema_keys if "." in key} | {"editions"}
    for key in sorted(schema_keys):
        table, _, name = key.rpartition(".")
        if key in tables:
            assert f"`[{key}]`" in text or f"`[[{key}]]`" in text, key
            continue
        place = section(text, f"[{table}]") + section(text, f"[[{table}]]") if table else text.partition("### `[")[0]
        assert name in {row[0] for row in rows(place, "key")}, key


def test_every_row_of_the_page_is_a_key(schema_keys: set[str]):
    names = {key.rpartition(".")[2] for key in schema_keys}
    assert {row[0] for row in rows(text_of("sources.md"), "key")} <= names


@pytest.mark.parametrize("name", sorted(page.name for page in DOCS.glob("*.md") if page.name != "settings.md"))
def test_every_example_of_a_source_file_loads(name: str):
    for block in blocks(text_of(name), "toml"):
        Source.from_toml(block, Path("example.toml"))


def test_the_full_example_uses_every_table(schema_keys: set[str]):
    tables = {key.partition(".")[0] for key in schema_keys if "." in key} | {"editions"}
    example = next(block for block in blocks(text_of("sources.md"), "toml") if "[[layouts]]" in block)
    assert {table for table in tables if f"[{table}]" not in example} == set()


def test_defaults_are_those_of_the_code():
    source = Source.from_home("https://a.example/")
    said = {row[0]: row[1] for row in rows(text_of("sources.md"), "key")}
    assert said["max_pages"] == str(source.max_pages)
    assert said["delay"] == str(source.delay)
    assert said["concurrency"] == str(source.concurrency)
    assert (said["guess"], said["follow_links"]) == (str(source.guess).lower(), str(source.follow_links).lower())
    assert said["verify_tls"] == str(source.verify_tls).lower()
    assert (said["every"], said["cron"], said["windows"]) == ("none", "none", "always")
    assert (source.every, source.cron, source.windows) == (None, None, ())
    assert (said["shortest"], source.shortest.total_seconds()) == ('"5m"', 300)
    assert (said["next"], Pagination.parse("auto")) == ('"auto"', Pagination())


def test_every_subcommand_for_sources_has_its_row():
    said = {row[0].split()[2] for row in rows(text_of("sources.md"), "command")}
    assert said == {command.name for command in sources_app.registered_commands}


def test_pagination_counts_as_the_table_says():
    table = rows(text_of("sources.md"), "rule for `next`")
    rules = {row[0].strip('"'): row[1:] for row in table}
    assert set(WORDS) < set(rules)
    for rule in set(rules) - set(WORDS):
        second, third = rules[rule]
        assert Pagination.parse(rule).following("https://paper.example/monde/") == second
        assert Pagination.parse(rule).following(second) == third


# ---------------------------------------------------------------- reading.md


@pytest.mark.parametrize("vocabulary", [PageReason, DateEvidence, Precision, ArticleStatus])
def test_reading_explains_every_word(vocabulary: type[StrEnum]):
    text = text_of("reading.md")
    assert [word.value for word in vocabulary if f"`{word.value}`" not in text] == []


@pytest.mark.parametrize(("header", "vocabulary"), [("reason", PageReason), ("evidence", DateEvidence), ("status", ArticleStatus)], ids=str)
def test_reading_has_one_row_a_word(header: str, vocabulary: type[StrEnum]):
    assert sorted(row[0] for row in rows(text_of("reading.md"), header)) == sorted(vocabulary)


def test_evidence_stands_in_its_order():
    assert [row[0] for row in rows(text_of("reading.md"), "evidence")] == list(DateEvidence)


@pytest.mark.parametrize("row", rows(text_of("reading.md"), "written"), ids=lambda row: row[0])
def test_dates_are_read_as_the_page_shows(row: list[str]):
    written, day, precision = row
    found = find_date(written, zone=UTC, now=datetime(2024, 3, 20, 12, tzinfo=UTC))
    assert found is not None
    assert (found.on, found.precision) == (date.fromisoformat(day), precision)


def test_the_clock_above_the_headline_is_no_date():
    prose = "Le port a rouvert jeudi après trois semaines de travaux, a annoncé la capitainerie, et les chalutiers sont sortis. " * 4
    body = f"""<html lang="fr"><head><title>Le port rouvre | Gazette du Quai</title><meta property="og:site_name" content="Gazette du Quai">
    </head><body><div><p>mercredi 20 mars 2024</p></div><div><h1>Le port rouvre</h1><p>8 août 2014 - 21h44</p>
    <p class="byline">Par Salma Idrissi (AFP)</p><p>{prose}</p><p>{prose[::-1]}</p></div></body></html>"""
    page = PageToRead("https://quai.example/le-port,12.html", body.encode(), fetched_at=datetime(2024, 3, 20, 12, tzinfo=UTC))
    article = process_page(page, ReadingHints())
    assert isinstance(article, Article)
    assert article.published
    assert article.published.on == date(2014, 8, 8)
    assert (article.title, article.authors, article.agency) == ("Le port rouvre", ("Salma Idrissi",), "AFP")
    assert article.byline == ("Salma Idrissi", "AFP")


def test_a_pointer_to_another_article_is_no_text():
    prose = "Le port a rouvert jeudi après trois semaines de travaux, a annoncé la capitainerie, et les chalutiers sont sortis. " * 3
    paragraphs = [f"<p>{number} fois. {prose}</p>" for number in ("Une", "Deux", "Trois", "Quatre")]
    body = "".join(
        ["<html><body><h1>Le port rouvre ses quais</h1>", *paragraphs[:2], "<p>A lire aussi : Le marché couvert ferme</p>", *paragraphs[2:]]
    )
    article = process_page(PageToRead("https://quai.example/le-port,12.html", body.encode()), ReadingHints())
    assert isinstance(article, Article)
    assert "Quatre fois" in article.text
    assert "marché couvert" not in article.text


def test_a_page_that_is_not_the_utf_8_it_declares():
    head = b'<html><head><meta charset="utf-8"></head><body><p>la journ\xe9e'
    assert decode(head).text.endswith("la journée")


# ---------------------------------------------------------------- storage.md


@pytest.mark.parametrize("table", models.metadata.sorted_tables, ids=lambda table: table.name)
def test_storage_lists_every_column(table: Table):
    place = section(text_of("storage.md"), table.name)
    said = {name.strip() for row in rows(place, "column") for name in row[0].split(",")}
    prefixed = {name.removeprefix(f"{table.name}.") for name in said}
    assert [column.name for column in table.columns if column.name not in prefixed] == []


def test_storage_lists_no_column_that_is_not_there():
    known = {column.name for table in models.metadata.sorted_tables for column in table.columns} | {"folded", "stemmed", "analyser"}
    said = {name.strip().rpartition(".")[2] for row in rows(text_of("storage.md"), "column") for name in row[0].split(",")}
    assert said - known == {"rowid or article_id"}


@pytest.mark.parametrize("ddl", [fulltext.SQLITE_DDL[0], fulltext.POSTGRESQL_DDL[0]], ids=["sqlite", "postgresql"])
def test_storage_lists_the_columns_of_the_full_text_table(ddl: str):
    place = section(text_of("storage.md"), "article_index")
    columns = set(re.findall(r"\b(title|folded|stemmed|analyser|article_id)\b", ddl))
    assert len(columns) >= 4
    assert [name for name in columns if f"`{name}`" not in place] == []


@pytest.mark.parametrize(
    "vocabulary",
    [
        RunState,
        RunKind,
        PageState,
        PageKind,
        FoundBy,
        FailureClass,
        SaveOutcome,
        Fate,
        RevisionCause,
        SourceState,
        Trap,
        HealthState,
        Way,
        BackfillState,
        SliceState,
    ],
    ids=lambda vocabulary: vocabulary.__name__,
)
def test_storage_explains_every_word(vocabulary: type[StrEnum]):
    text = text_of("storage.md")
    assert [word.value for word in vocabulary if f"`{word.value}`" not in text] == []


def test_storage_has_one_row_a_failure_class():
    assert [row[0] for row in rows(text_of("storage.md"), "class")] == list(FailureClass)


def test_running_has_one_row_a_state_of_health():
    assert [row[0] for row in rows(text_of("running.md"), "state")] == list(HealthState)


def test_backfilling_has_one_row_a_reason_to_pass_over_a_record():
    assert [row[0] for row in rows(text_of("backfilling.md"), "count")] == [RECORDS, *Skip]


def test_storage_has_one_row_a_trap():
    assert [row[0] for row in rows(text_of("storage.md"), "trap")] == list(Trap)


def test_storage_names_every_wall():
    place = text_of("storage.md").partition("### Walls")[2].partition("\n#")[0]
    assert {wall for wall in (*(mark.wall for mark in MARKS), *(wall for *_, wall in HEADERS)) if wall not in place} == set()


def test_storage_names_every_key_of_the_record_in_order():
    said = [name.strip() for row in rows(text_of("storage.md"), "key") for name in row[0].split(",")]
    assert said == list(FIELDS)


def test_storage_says_what_canonical_leaves_out():
    sentence = re.search(r"`--canonical` leaves out ([^.]*?), gives", text_of("storage.md"))
    assert sentence
    assert set(re.findall(r"`(\w+)`", sentence[1])) == NOT_CANONICAL


def test_the_example_reads_an_archive(tmp_path: Path):
    writer = ArchiveWriter(tmp_path / "archive")
    at = datetime(2026, 1, 1, tzinfo=UTC)
    writer.append([ArchiveEntry("https://a.example/1", at, 200, (("Content-Type", "text/html"),), b"<p>salam</p>")])
    writer.close()
    (example,) = blocks(text_of("storage.md"), "python")
    printed = subprocess.run([sys.executable, "-c", example], cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert printed == "https://a.example/1 200 12\n"


def test_the_confidence_of_each_evidence_is_the_one_in_the_code():
    said = {row[0]: float(row[1]) for row in rows(text_of("reading.md"), "evidence")}
    assert said == {str(evidence): evidence.confidence for evidence in DateEvidence}


# ---------------------------------------------------------------- benchmarks.md


PROGRAMS = sorted(path.name for path in (ROOT / "benchmarks").glob("*.py") if "--smoke" in path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("program", PROGRAMS)
def test_benchmarks_name_every_option(program):
    shown = subprocess.run([sys.executable, ROOT / "benchmarks" / program, "--help"], capture_output=True, text=True, check=True).stdout
    options = set(re.findall(r"--[a-z]+", shown)) - {"--help"}
    assert len(options) >= 4
    part = next(part for part in re.split(r"^## ", text_of("benchmarks.md"), flags=re.MULTILINE) if f"`benchmarks/{program}`" in part)
    assert {option for option in options if f"`{option}" not in part} == set()
