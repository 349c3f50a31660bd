"""What is asked of a filled database, from the command line, on SQLite and PostgreSQL alike."""

from __future__ import annotations

import csv
import io
import json
import re
import shlex
import shutil
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
from sqlalchemy import update

from db.engine import Database
from db.health import HealthStore
from db.models import pages
from db.plans import SlicePlan
from db.readings import Template
from db.records import Health
from db.runs import RunStore
from db.slices import BackfillStore
from db.templates import TemplateStore
from db.vocabulary import HealthState, RunKind, RunState, Way
from pipeline.steps.template import LEARNING_VERSION

COMMAND = Path(sys.executable).with_name("veille")

SOLAR = "https://www.lerivage.test/energie/centrale-solaire,12.html"
PORT = "https://www.lerivage.test/economie/port,13.html"
UNREAD = "https://www.lerivage.test/economie/unread,16.html"
ARABIC = "https://www.almina.test/akhbar/14.html"
PLANS = [SlicePlan(Way.LISTING, "/sport/", None, None, {"starts": []})]
UNDATED = "https://www.almina.test/akhbar/15.html"


@pytest.fixture(scope="module")
def lasting(make_lasting_database_url, fill_press, tmp_path_factory):
    """The filled database of a dialect: most of these tests only ask, and share it."""
    return cache(lambda dialect: fill_press(make_lasting_database_url(dialect), tmp_path_factory.mktemp("asking") / "pages"))


@pytest.fixture
def press(dialect, lasting):
    """Not to be altered."""
    return lasting(dialect)


@pytest.fixture
def own_press(database_url, fill_press, tmp_path):
    """One to be altered."""
    return fill_press(database_url, tmp_path / "pages")


# ---------------------------------------------------------------- search


SEARCHES = (
    (["solaire"], {SOLAR}),
    (["ENERGIE", "solaires"], {SOLAR}),
    (["énergie solaire"], {SOLAR}),
    (['"centrale solaire"'], {SOLAR}),
    (["الشمسيه"], {ARABIC}),
    (["solaire OR terminal"], {SOLAR, PORT}),
    (["port", "--lang", "fr"], {SOLAR, PORT}),
    (["--lang", "ar"], {ARABIC, UNDATED}),
    (["--source", "lerivage"], {SOLAR, PORT}),
    (["--country", "MA"], {ARABIC, UNDATED}),
    (["--tag", "énergie"], {SOLAR}),
    (["--author", "Nadia Belkacem"], {SOLAR, PORT}),
    (["--after", "2021"], {PORT, ARABIC}),
    (["--before", "2021"], {SOLAR}),
    (["--after", "2020-03-01", "--before", "2020-03-02"], {SOLAR}),
    ([], {SOLAR, PORT, ARABIC, UNDATED}),
    (["--", "-terminal", "port"], {SOLAR}),
    (["zzzqqq"], set()),
)


def test_search(veille, press):
    for arguments, expected in SEARCHES:
        outcome = veille("search", *press.flags, "--json", *arguments)
        assert outcome.code == 0, arguments
        assert {hit["url"] for hit in outcome.json["hits"]} == expected, arguments
        assert outcome.json["total"] == len(expected), arguments


def test_a_hit_as_a_person_reads_it(veille, press):
    outcome = veille("search", *press.flags, "solaire")
    lines = outcome.out.splitlines()
    assert lines[0] == "2020-03-01  lerivage  fr  Une centrale solaire face à la mer"
    assert "centrale solaire" in lines[1]
    assert lines[-1] == f"  {SOLAR}  {press.uids[SOLAR]}"
    assert outcome.err == "1 of 1 articles\n"
    assert "\x1b" not in outcome.out


def test_right_to_left_titles_are_kept_to_themselves(veille, press):
    assert "\u2068محطة الطاقة الشمسية الجديدة\u2069" in veille("search", *press.flags, "الطاقة").out


def test_matches_are_bold_on_a_terminal_only(veille, press, monkeypatch):
    monkeypatch.setattr("veille.cli.search.sys.stdout.isatty", lambda: True, raising=False)
    assert re.search("\x1b\\[1m[Ss]olaires?\x1b\\[22m", veille("search", *press.flags, "solaire").out)


def test_nothing_found_is_no_error(veille, press):
    outcome = veille("search", *press.flags, "zzzqqq")
    assert (outcome.code, outcome.out, outcome.err) == (0, "", "nothing found\n")
    assert veille("search", *press.flags, "zzzqqq", "--json").json == {"total": 0, "hits": []}


def test_a_limit_is_kept_and_the_total_told(veille, press):
    outcome = veille("search", *press.flags, "--limit", "1")
    assert outcome.err == "1 of 4 articles\n"
    assert len(veille("search", *press.flags, "--limit", "1", "--json").json["hits"]) == 1


def test_a_hit_holds_the_record_without_its_text(veille, press):
    (hit,) = veille("search", *press.flags, "solaire", "--json").json["hits"]
    assert hit["uid"] == press.uids[SOLAR]
    assert hit["published_on"] == "2020-03-01"
    assert "text" not in hit
    assert len(hit["snippet"]) <= 300
    start, end = hit["matches"][0]
    assert "solaire" in hit["snippet"][start:end].lower()


ODD_QUESTIONS = ('"', "NEAR(", "*", "'; DROP TABLE articles; --", "a" * 100_000, "(((", "AND OR NOT", "x:y", "\x00")


def test_torture_97_whatever_is_searched_there_is_no_syntax_error(veille, press):
    for text in ODD_QUESTIONS:
        outcome = veille("search", *press.flags, "--json", "--", text)
        assert outcome.code in (0, 2), text
        assert outcome.err == "" or outcome.err.startswith("veille: nothing to search for"), text


def test_a_question_that_only_leaves_out_is_a_usage_error(veille, press):
    outcome = veille("search", *press.flags, "--", "-terminal")
    assert outcome.code == 2
    assert outcome.err.startswith("veille: nothing to search for in '-terminal'")


# ---------------------------------------------------------------- show


def test_an_article_by_its_uid(veille, press):
    outcome = veille("show", *press.flags, press.uids[SOLAR])
    lines = outcome.out.splitlines()
    assert (outcome.code, outcome.err) == (0, "")
    assert lines[0] == "Une centrale solaire face à la mer"
    assert "published  2020-03-01, to the day, from json ld" in lines
    assert "authors    Nadia Belkacem, Omar Saïdi" in lines
    assert "source     lerivage · DZ" in lines
    assert lines[-1].startswith("Ses panneaux couvrent quarante hectares")


def test_an_article_by_its_uid_shortened_or_in_capitals(veille, press):
    uid = press.uids[SOLAR]
    for written in (uid.upper(), uid[:8], uid[:13].upper(), uid[:-1]):
        assert veille("show", *press.flags, written, "--json").json["uid"] == uid
    assert veille("show", *press.flags, uid[:7]).code == 1


def test_a_uid_that_several_begin_with_is_a_usage_error(veille, press, monkeypatch):
    monkeypatch.setattr("veille.watch.SHORT_UID", "[0-9a-f-]*")
    outcome = veille("show", *press.flags, "")
    assert (outcome.code, outcome.out) == (2, "")
    assert "write more of it" in outcome.err


@pytest.mark.parametrize("address", [PORT, "http://lerivage.test/economie/port,13.html?utm_source=x"])
def test_an_article_by_its_address(veille, press, address):
    assert veille("show", *press.flags, address, "--json").json["uid"] == press.uids[PORT]


def test_an_unknown_date_is_called_unknown(veille, press):
    assert "published  unknown" in veille("show", *press.flags, press.uids[UNDATED]).out


@pytest.mark.parametrize("uid", ["0", "no-such-uid", "https://www.lerivage.test/nothing,99.html", "://"])
def test_an_unknown_article_ends_with_1(veille, press, uid):
    outcome = veille("show", *press.flags, uid)
    assert (outcome.code, outcome.out) == (1, "")
    assert outcome.err == f"veille: no article {uid!r}; `veille search` prints the uid of each hit\n"


def test_torture_96_hostile_titles_are_printed_as_text(veille, press):
    assert veille("show", *press.flags, press.uids[PORT]).out.startswith("Le port s'agrandit <script>alert(1)</script>\n")


# ---------------------------------------------------------------- page


def test_a_page_byte_for_byte(veille, press):
    outcome = veille("page", *press.flags, SOLAR)
    assert outcome.code == 0
    assert outcome.out.startswith("<html><body><h1>Une centrale solaire")
    assert outcome.out.endswith("</body></html>")


def test_a_page_with_its_headers(veille, press):
    head, _, body = veille("page", *press.flags, SOLAR, "--headers").out.partition("\n\n")
    assert head.splitlines() == [f"200 {SOLAR}", "Content-Type: text/html; charset=utf-8"]
    assert body.startswith("<html>")


@pytest.mark.parametrize(("url", "state"), [(SOLAR, "read"), (UNREAD, "unread")])
def test_what_is_known_of_a_page(veille, press, url, state):
    record = veille("page", *press.flags, url, "--json").json
    assert (record["source"], record["status"], record["state"], record["kind"]) == ("lerivage", 200, state, "article")
    assert record["archive"]["length"] > 0


def test_a_page_of_a_source(veille, press):
    assert veille("page", *press.flags, SOLAR, "--source", "lerivage").code == 0
    assert veille("page", *press.flags, SOLAR, "--source", "almina").code == 1


def test_a_page_that_is_not_kept_ends_with_1(veille, press):
    outcome = veille("page", *press.flags, "https://www.lerivage.test/nothing")
    assert (outcome.code, outcome.out) == (1, "")
    assert outcome.err.startswith("veille: no page of https://www.lerivage.test/nothing is kept;")


@pytest.mark.parametrize("url", ["", "nonsense", "file:///etc/passwd", "javascript:alert(1)"])
def test_what_is_no_address_is_a_usage_error(veille, press, url):
    outcome = veille("page", *press.flags, url)
    assert outcome.code == 2
    assert "is no web address" in outcome.err


def test_lost_bytes_are_told_with_their_file(veille, own_press):
    for path in own_press.archive.glob("*.warc.zst"):
        path.unlink()
    outcome = veille("page", *own_press.flags, SOLAR)
    assert (outcome.code, outcome.out) == (1, "")
    assert ".warc.zst" in outcome.err


# ---------------------------------------------------------------- export


def lines(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


def test_every_article_a_line(veille, press):
    outcome = veille("export", *press.flags)
    assert (outcome.code, outcome.err) == (0, "")
    assert {record["url"] for record in lines(outcome.out)} == {SOLAR, PORT, ARABIC, UNDATED}


def test_canonical_records_hold_no_ids_and_are_sorted(veille, press):
    records = lines(veille("export", *press.flags, "--canonical").out)
    assert [record["url"] for record in records] == sorted([SOLAR, PORT, ARABIC, UNDATED])
    assert not {"uid", "first_seen", "last_seen", "change"} & set(records[0])


def test_torture_97_a_table_neutralises_formulas(veille, press):
    rows = list(csv.DictReader(io.StringIO(veille("export", *press.flags, "--format", "csv").out)))
    assert len(rows) == 4
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for row in rows for cell in row.values())


def test_only_what_changed_since(veille, press):
    changes = [record["change"] for record in lines(veille("export", *press.flags).out)]
    assert veille("export", *press.flags, "--changed-after", max(changes)).out == ""
    assert len(lines(veille("export", *press.flags, "--changed-after", 0).out)) == 4


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [(["--lang", "ar"], {ARABIC, UNDATED}), (["--source", "lerivage", "--after", "2021"], {PORT}), (["--before", "2021"], {SOLAR})],
)
def test_an_export_can_be_filtered(veille, press, arguments, expected):
    assert {record["url"] for record in lines(veille("export", *press.flags, *arguments).out)} == expected


def test_an_export_into_a_file(veille, press, folder):
    outcome = veille("export", *press.flags, "--output", "articles.jsonl")
    assert (outcome.code, outcome.out, outcome.err) == (0, "", "4 articles written to articles.jsonl\n")
    assert len(lines((folder / "articles.jsonl").read_text(encoding="utf-8"))) == 4
    assert [path.name for path in folder.iterdir()] == ["articles.jsonl"]


def test_an_export_that_cannot_be_written_leaves_nothing(veille, press, folder):
    outcome = veille("export", *press.flags, "--output", "nowhere/articles.jsonl")
    assert (outcome.code, outcome.out) == (1, "")
    assert outcome.err.startswith("veille: nowhere/articles.jsonl: cannot be written (No such file or directory);")
    assert list(folder.iterdir()) == []


def test_a_place_that_is_no_folder_is_one_line(veille, press):
    outcome = veille("export", *press.flags, "--output", "/dev/null/x")
    assert outcome.code == 1
    assert outcome.err.startswith("veille: /dev/null/x: cannot be written (Not a directory)")


def test_torture_87_a_full_disk_is_one_line(press, folder):
    with Path("/dev/full").open("w") as full:
        done = subprocess.run([COMMAND, "export", *press.flags], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "veille: the output: No space left on device\n")


def test_a_reader_that_has_enough_is_no_error_worth_a_word(press, folder):
    pipe = f"'{COMMAND}' export {' '.join(map(shlex.quote, press.flags))} | head -c 10"
    done = subprocess.run(["sh", "-c", pipe], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ('{"uid": "' + done.stdout[9:], "")


def test_an_export_never_takes_the_place_of_what_it_is_made_of(veille, press, folder):
    assert veille("init").code == 0
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    (folder / "archive").mkdir()
    (folder / "link.jsonl").symlink_to("veille.db")
    for output in ("veille.db", "veille.db-wal", "veille.db-shm", "archive/x.jsonl", "link.jsonl", str(folder / "veille.db")):
        outcome = veille("export", "--output", output)
        assert (outcome.code, outcome.out) == (2, ""), output
        assert outcome.err.startswith(f"veille: --output {output}: "), output
        assert outcome.err.count("\n") == 1
    assert all(path.read_bytes() == content for path, content in before.items() if path.exists())
    assert veille("export", *press.flags, "-o", press.archive / "x.jsonl").code == 2


def test_a_minus_is_stdout(veille, press, folder):
    outcome = veille("export", *press.flags, "-o", "-")
    assert (len(lines(outcome.out)), outcome.err) == (4, "")
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("command", [["search", "x"], ["status"], ["export"], ["show", "x"], ["doctor"]])
def test_an_empty_file_is_no_database_to_ask(veille, folder, command):
    (folder / "veille.db").touch()
    outcome = veille(*command)
    assert (outcome.code, outcome.out) == (2, "")
    assert "veille.db: is an empty file, no database; `veille init` makes it one" in outcome.err
    assert (folder / "veille.db").read_bytes() == b""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["search", "--source", "lerivag"], "no source is called 'lerivag'; did you mean lerivage?"),
        (["export", "--source", "blady"], "no source is called 'blady'; did you mean bladi?"),
        (["search", "--source", "#"], "no source is called '#'; `veille sources list` prints those there are"),
        (["search", "--country", "Maroc"], "'Maroc' is no country: name it by its two letters, as in MA, DZ, FR"),
        (["search", "--after", "2021", "--before", "2021"], "nothing lies after 2021-01-01 and before 2021-01-01"),
        (["export", "--after", "2022", "--before", "2021"], "nothing lies after 2022-01-01 and before 2021-01-01"),
    ],
)
def test_a_filter_that_can_never_match_is_a_usage_error(veille, press, arguments, message):
    outcome = veille(*arguments, *press.flags)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.startswith(f"veille: {message}")


def test_a_known_source_without_articles_is_no_error(veille, press):
    assert veille("search", *press.flags, "--source", "bladi").err == "nothing found\n"


# ---------------------------------------------------------------- status and doctor


def test_status_source_by_source(veille, press):
    outcome = veille("status", *press.flags, "--json")
    assert outcome.code == 0
    status = outcome.json
    assert (status["articles"], status["unread_pages"]) == (4, 1)
    rivage = next(source for source in status["sources"] if source["name"] == "lerivage")
    assert (rivage["articles"], rivage["statuses"]) == (2, {"complete": 2})
    assert rivage["last_article"]["published_on"] == "2021-05-02"
    assert (rivage["last_run"]["state"], rivage["last_run"]["counts"]["new"]) == ("done", 2)
    assert rivage["failures"] == {"dns": 1}
    assert [run["source"] for run in status["open_runs"]] == ["almina"]


def test_status_as_a_person_reads_it(veille, press):
    outcome = veille("status", *press.flags)
    rows = [line.split("\t") for line in outcome.out.splitlines()]
    assert rows[0] == ["source", "articles", "last article", "last crawl", "state", "new", "failed", "note"]
    assert ["lerivage", "2", "2021-05-02", "2026-02-15T08:02:00Z", "done", "2", "1", ""] in rows
    assert "under way: crawl of almina, running since 2026-02-15T08:00:00Z" in outcome.out
    assert "4 articles, 1 pages to be read" in outcome.out


def test_a_slice_or_a_re_reading_does_not_hide_the_last_crawl(veille, own_press):
    later = datetime(2026, 2, 16, 8, tzinfo=UTC)

    def work(tx):
        made = [
            BackfillStore(tx).open(name, date(2019, 1, 1), date(2020, 1, 1), [Way.LISTING], params={}, plans=PLANS, now=later)
            for name in ("lerivage", "almina")
        ]
        for kind in (RunKind.BACKFILL, RunKind.REPLAY, RunKind.REPROCESS):
            run, _ = RunStore(tx).request("lerivage", kind, params={}, now=later)
            held = RunStore(tx).lease(run.id, "test:1:1:1", later, later + timedelta(hours=1))
            RunStore(tx).finish(held, RunState.FAILED, {"timeout": 9}, "nobody answered", later)
        return made

    database = Database.open(own_press.url)
    first, _ = database.transact(work)
    database.close()
    outcome = veille("status", *own_press.flags)
    rows = [line.split("\t") for line in outcome.out.splitlines()]
    assert ["lerivage", "2", "2021-05-02", "2026-02-15T08:02:00Z", "done", "2", "1", ""] in rows
    assert f"backfill {first.id} of lerivage, 2019-01-01 up to 2020-01-01: active; 1 slice: 1 planned" in outcome.out
    told = veille("status", *own_press.flags, "--json").json
    assert [each["source"] for each in told["backfills"]] == ["lerivage", "almina"]
    assert {source["name"]: source["last_run"]["kind"] for source in told["sources"]} == {"lerivage": "crawl", "almina": "crawl"}


def test_a_run_whose_process_died_is_called_cut_off(veille, own_press):
    program = "from db.leases import owner_name; print(owner_name())"
    owner = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.strip()
    database = Database.open(own_press.url)
    later = datetime(2026, 2, 15, 12, tzinfo=UTC)
    (run,) = database.transact(lambda tx: RunStore(tx).open_runs())
    database.transact(lambda tx: RunStore(tx).lease(run.id, owner, later, later + timedelta(minutes=1)))
    database.close()
    assert "cut off: crawl of almina; the same command, or `veille run`, goes on where it was" in veille("status", *own_press.flags).out


def test_status_of_one_source(veille, press, folder):
    (folder / "papers").mkdir()
    (folder / "papers" / "almina.toml").write_text('home = "https://www.almina.test/"', encoding="utf-8")
    status = veille("status", *press.flags, "almina", "--sources", "papers", "--json").json
    assert [source["name"] for source in status["sources"]] == ["almina"]


def test_status_says_which_sources_are_not_well(veille, own_press):
    sentence = "two visits in a row got nothing (2 blocked): ask its owner"
    database = Database.open(own_press.url)
    for name, state, evidence in (("lerivage", HealthState.REFUSED, sentence), ("almina", HealthState.OK, "")):
        health = Health(name, state, evidence, datetime(2026, 2, 15, 8, tzinfo=UTC))
        database.transact(lambda tx, health=health: HealthStore(tx).put(health))
    database.close()
    outcome = veille("status", *own_press.flags)
    assert outcome.code == 0
    assert f"lerivage is refused since 2026-02-15T08:00:00Z: {sentence}" in outcome.out
    assert "almina is" not in outcome.out
    told = {source["name"]: source["health"] for source in veille("status", *own_press.flags, "--json").json["sources"]}
    assert told["lerivage"] == {"state": "refused", "evidence": sentence, "since": "2026-02-15T08:00:00Z"}
    assert told["almina"]["state"] == "ok"


def test_status_names_source_files_that_cannot_be_used(veille, press, folder):
    (folder / "papers").mkdir()
    (folder / "papers" / "wrong.toml").write_text("home = 3", encoding="utf-8")
    for form in ([], ["--json"]):
        outcome = veille("status", *press.flags, "--sources", "papers", *form)
        assert outcome.code == 0
        assert outcome.err.startswith("veille: ")
        assert "papers/wrong.toml" in outcome.err


def test_no_password_in_the_status(veille, press):
    assert "postgres:@" not in veille("status", *press.flags).out


def test_a_healthy_installation(veille, press):
    outcome = veille("doctor", *press.flags)
    assert outcome.code == 0
    assert all(line.startswith("ok ") for line in outcome.out.splitlines())
    assert "5 of 5 page records read" in outcome.out


def test_a_lost_archive_file_is_one_problem_however_many_pages_it_held(veille, own_press):
    (path,) = own_press.archive.glob("*.warc.zst")
    path.unlink()
    outcome = veille("doctor", *own_press.flags, "--json")
    assert outcome.code == 1
    (lost,) = (finding for finding in outcome.json if not finding["ok"])
    assert (lost["part"], bool(lost["remedy"])) == ("archive", True)
    assert lost["finding"].endswith("is not there; 5 page records are in it")


def test_a_warc_file_that_has_gone_is_one_problem_even_after_verification_met_it(veille, press, tmp_path):
    gone = tmp_path / "others.warc.zst"
    database = Database.open(press.url)
    database.transact(lambda tx: tx.execute(update(pages).values(archive_file=str(gone))))
    database.close()
    assert veille("tidy", "verify", *press.flags).code == 0
    outcome = veille("doctor", *press.flags, "--json")
    (lost,) = (finding for finding in outcome.json if not finding["ok"])
    assert lost["finding"] == f"WARC file {gone} is not there; 5 page records are in it"
    assert "put the file back" in lost["remedy"]
    said = [finding["finding"] for finding in outcome.json]
    assert {"0 of 5 page records read", "5 pages could not be verified: their files are not there"} <= set(said)


def test_an_archive_folder_that_is_not_there_is_named(veille, own_press):
    shutil.move(own_press.archive, own_press.archive.with_name("elsewhere"))
    outcome = veille("doctor", *own_press.flags, "--json")
    assert outcome.code == 1
    (lost,) = (finding for finding in outcome.json if not finding["ok"])
    assert (str(own_press.archive) in lost["finding"], "--archive" in lost["remedy"]) == (True, True)


def test_damaged_records_are_found(veille, own_press):
    (path,) = own_press.archive.glob("*.warc.zst")
    path.chmod(0o644)
    path.write_bytes(bytes(len(path.read_bytes())))
    outcome = veille("doctor", *own_press.flags, "--json")
    assert outcome.code == 1
    lost = [finding for finding in outcome.json if not finding["ok"]]
    assert len(lost) == 5
    assert all(finding["part"] == "archive" and finding["remedy"] for finding in lost)


@pytest.mark.parametrize("written", ['hoem = "https://www.example.org/"', 'home = "https://www.example.org/"\n[[layouts]]\nbody = "div["'])
def test_a_source_file_that_cannot_be_used_is_found(veille, press, folder, written):
    (folder / "papers").mkdir()
    (folder / "papers" / "wrong.toml").write_text(written, encoding="utf-8")
    outcome = veille("doctor", *press.flags, "--sources", "papers")
    assert outcome.code == 1
    assert "PROBLEM  sources " in outcome.out
    assert "veille sources check" in outcome.out


def test_a_template_of_another_learning_is_found(veille, own_press, folder):
    (folder / "papers").mkdir()
    (folder / "papers" / "lerivage.toml").write_text('home = "https://www.lerivage.test/"', encoding="utf-8")
    database = Database.open(own_press.url)
    for name in ("lerivage", "almina"):
        database.transact(lambda tx, to=name: TemplateStore(tx).put(to, Template(LEARNING_VERSION + 1, 9), datetime.now(UTC)))
    database.close()
    outcome = veille("doctor", *own_press.flags, "--sources", "papers")
    assert outcome.code == 1
    assert "the template of lerivage was learned by another version and is not used" in outcome.out
    assert "veille sources learn NAME" in outcome.out
    assert "template of almina" not in outcome.out, "it has no source file any more"
