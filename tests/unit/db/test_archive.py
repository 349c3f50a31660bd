"""The archive: records come back whole, a killed writer's half record is cut, a repeated body is kept once."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import zstandard
from fastwarc.warc import ArchiveIterator
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from db.archive import ArchiveReader, ArchiveWriter, orphans
from db.errors import ArchiveError, Unavailable
from db.records import ArchiveEntry, ArchiveLocation, KnownBody

NOW = datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=UTC)


def entry(body=b"<p>text</p>", url="https://gazette.org/a", at=NOW, status=200, headers=(("Content-Type", "text/html"),), refers_to=None):
    return ArchiveEntry(url, at, status, headers, body, refers_to)


def keep(folder, *entries):
    writer = ArchiveWriter(folder)
    locations = writer.append(entries)
    writer.close()
    return locations


def known(*locations):
    return lambda name: {location.offset for location in locations if location.file == name}


def files(folder):
    return sorted(folder.glob("*.warc.zst"))


# ---------------------------------------------------------------- there and back


@pytest.mark.parametrize(
    "body", [b"", b"text", b"\r\n\r\n", b"a\r\n\r\nb\0\xff", "été أمطار".encode(), os.urandom(300_000), b"x" * (64 << 20)]
)
def test_a_page_comes_back_as_it_was_appended(tmp_path, body):
    (location,) = keep(tmp_path, entry(body))
    page = ArchiveReader(tmp_path).read(location)
    assert page.body == body
    assert (page.url, page.fetched_at, page.status) == ("https://gazette.org/a", NOW, 200)
    assert page.headers == (("Content-Type", "text/html"), ("Content-Length", str(len(body))))


header = st.tuples(
    st.from_regex(r"[A-Za-z-]{1,20}", fullmatch=True),
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Zl", "Zp"]), max_size=40),
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=2_000), st.lists(header, max_size=6).map(tuple), st.integers(100, 599), st.datetimes(datetime(1990, 1, 1)))
def test_any_answer_comes_back(tmp_path, body, headers, status, at):
    (location,) = keep(tmp_path, entry(body, at=at.replace(tzinfo=UTC), status=status, headers=headers))
    page = ArchiveReader(tmp_path).read(location)
    assert (page.body, page.status, page.fetched_at) == (body, status, at.replace(tzinfo=UTC))
    kept = [(name, value) for name, value in page.headers if not name.startswith("X-Crawler-")]
    said = [
        (name, value.strip(" "))
        for name, value in headers
        if name.lower() not in {"content-encoding", "transfer-encoding", "content-length"}
    ]
    assert [(name, value.strip()) for name, value in kept[:-1]] == [(name, value.strip()) for name, value in said]


def test_headers_that_no_longer_describe_the_body_are_renamed(tmp_path):
    headers = (("Content-Encoding", "gzip"), ("transfer-encoding", "chunked"), ("Content-Length", "7"), ("ETag", '"1"'))
    (location,) = keep(tmp_path, entry(headers=headers))
    page = ArchiveReader(tmp_path).read(location)
    assert page.headers == (
        ("X-Crawler-Content-Encoding", "gzip"),
        ("X-Crawler-transfer-encoding", "chunked"),
        ("X-Crawler-Content-Length", "7"),
        ("ETag", '"1"'),
        ("Content-Length", "11"),
    )


def test_torture_23_hostile_headers_stay_on_their_line(tmp_path):
    headers = (("X-One\r\nWARC-Type", "a\r\n\r\nbody"), ("X-Two", "b\0c\nd"), *((f"X-{n}", "v" * 1_000) for n in range(1_000)))
    (location,) = keep(tmp_path, entry(b"true body", headers=headers))
    page = ArchiveReader(tmp_path).read(location)
    assert page.body == b"true body"
    assert page.headers[:2] == (("X-One  WARC-Type", "a    body"), ("X-Two", "b c d"))
    assert len(page.headers) == 1_003


def test_other_programs_can_read_the_file(tmp_path):
    keep(tmp_path, entry(b"one"), entry(b"two", url="https://gazette.org/b"))
    with files(tmp_path)[0].open("rb") as file:
        records = [
            (r.headers["WARC-Type"], r.headers.get("WARC-Target-URI"), r.reader.read()) for r in ArchiveIterator(file, verify_digests=True)
        ]
    assert [(kind, url) for kind, url, _ in records] == [
        ("warcinfo", None),
        ("response", "https://gazette.org/a"),
        ("response", "https://gazette.org/b"),
    ]
    assert [body for *_, body in records[1:]] == [b"one", b"two"]


def test_every_record_is_a_frame_of_its_own(tmp_path):
    for location in keep(tmp_path, entry(b"one"), entry(b"two")):
        content = files(tmp_path)[0].read_bytes()[location.offset : location.offset + location.length]
        parameters = zstandard.get_frame_parameters(content)
        assert parameters.has_checksum
        assert zstandard.ZstdDecompressor().decompress(content).startswith(b"WARC/1.1\r\n")


def test_a_repeated_body_is_kept_once_and_read_as_if_twice(tmp_path):
    body = os.urandom(50_000)
    (first,) = keep(tmp_path, entry(body))
    known = KnownBody("", 1, "https://gazette.org/a", NOW, first)
    later = NOW + timedelta(days=1)
    (second,) = keep(tmp_path, entry(body, at=later, status=203, headers=(("ETag", '"2"'),), refers_to=known))
    assert second.length < 1_000
    page = ArchiveReader(tmp_path).read(second)
    assert (page.body, page.fetched_at, page.status) == (body, later, 203)
    assert page.headers == (("ETag", '"2"'), ("Content-Length", "50000"))
    with (tmp_path / second.file).open("rb") as file:
        *_, record = (record.headers.to_dict() for record in ArchiveIterator(file))
    assert record["WARC-Type"] == "revisit"
    assert record["WARC-Refers-To-Target-URI"] == "https://gazette.org/a"
    assert record["WARC-Refers-To-Date"] == "2026-03-01T12:30:15.123456Z"
    assert record["WARC-Profile"].endswith("identical-payload-digest")


def test_records_can_be_read_while_the_file_is_written(tmp_path):
    writer = ArchiveWriter(tmp_path)
    for n in range(3):
        (location,) = writer.append([entry(b"%d" % n)])
        assert ArchiveReader(tmp_path).read(location).body == b"%d" % n
    writer.close()


# ---------------------------------------------------------------- files


def test_files_are_named_after_time_and_process_and_rotate(tmp_path):
    writer = ArchiveWriter(tmp_path, rotate_bytes=3_000)
    locations = [writer.append([entry(os.urandom(1_500))])[0] for _ in range(4)]
    writer.close()
    assert [path.name for path in files(tmp_path)] == [f"veille-20260301T123015-{os.getpid()}-{n}.warc.zst" for n in (1, 2)]
    assert [location.file for location in locations] == [files(tmp_path)[n].name for n in (0, 0, 1, 1)]
    assert {path.stat().st_mode & 0o777 for path in files(tmp_path)} == {0o444}
    assert all(ArchiveReader(tmp_path).read(location).url for location in locations)


def test_two_writers_have_a_file_each(tmp_path):
    one, other = ArchiveWriter(tmp_path), ArchiveWriter(tmp_path)
    first, second = one.append([entry(b"1")])[0], other.append([entry(b"2")])[0]
    assert first.file != second.file
    one.close()
    other.close()


def test_a_writer_without_pages_makes_no_file(tmp_path):
    writer = ArchiveWriter(tmp_path / "new" / "folder")
    writer.sync()
    writer.close()
    assert files(tmp_path / "new" / "folder") == []


def test_a_writer_goes_on_after_closing(tmp_path):
    writer = ArchiveWriter(tmp_path)
    locations = []
    for _ in range(2):
        locations += writer.append([entry()])
        writer.close()
    assert len({location.file for location in locations}) == 2


def test_a_file_that_is_being_written_is_left_alone(tmp_path):
    writer = ArchiveWriter(tmp_path)
    writer.append([entry()])
    path = files(tmp_path)[0]
    with path.open("ab") as file:
        file.write(b"half a rec")
    before = path.stat().st_size
    ArchiveWriter(tmp_path)
    assert path.stat().st_size == before
    assert path.stat().st_mode & 0o200
    writer.close()


# ---------------------------------------------------------------- kills and cuts


@functools.cache
def written():
    """The content of a file of three records, and where they lie."""
    with tempfile.TemporaryDirectory() as folder:
        locations = keep(Path(folder), entry(b"one"), entry(b"two " * 50), entry(os.urandom(700), url="https://gazette.org/c"))
        return files(Path(folder))[0].read_bytes(), locations


def abandoned(folder, content):
    """A file as a killed writer leaves it."""
    path = folder / "veille-20260301T123015-1-1.warc.zst"
    path.unlink(missing_ok=True)
    path.write_bytes(content)
    return path


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(st.integers(0, 10_000), st.sampled_from([b"", b"\0" * 100, b"\x28\xb5\x2f\xfd", b"\x28\xb5"]))
@example(0, b"")
@example(1, b"")
def test_torture_88_a_torn_end_is_cut_at_the_last_whole_record(tmp_path, length, garbage):
    content, locations = written()
    length %= len(content) + 1
    path = abandoned(tmp_path, content[:length] + garbage)
    ArchiveWriter(tmp_path)
    whole = [location for location in locations if location.offset + location.length <= length]
    end = whole[-1].offset + whole[-1].length if whole else locations[0].offset if length >= locations[0].offset else 0
    assert path.read_bytes() == content[:end]
    for location in whole:
        assert ArchiveReader(tmp_path).read(ArchiveLocation(path.name, location.offset, location.length)).status == 200


def test_torture_88_the_last_record_cut_at_every_byte(tmp_path):
    content, locations = written()
    last = locations[-1]
    for length in range(last.offset, len(content)):
        path = abandoned(tmp_path, content[:length])
        ArchiveWriter(tmp_path)
        assert path.stat().st_size == last.offset, length
    path = abandoned(tmp_path, content)
    ArchiveWriter(tmp_path)
    assert path.read_bytes() == content


def test_torture_88_damage_in_the_middle_costs_no_later_record(tmp_path):
    content, locations = written()
    middle = locations[1]
    damaged = content[: middle.offset + 10] + b"\xff" * 8 + content[middle.offset + 18 :]
    path = abandoned(tmp_path, damaged)
    ArchiveWriter(tmp_path)
    assert path.read_bytes() == damaged
    reader = ArchiveReader(tmp_path)
    assert reader.read(ArchiveLocation(path.name, locations[2].offset, locations[2].length)).url == "https://gazette.org/c"
    with pytest.raises(ArchiveError, match=f"{path.name} holds no whole record at offset {middle.offset}"):
        reader.read(ArchiveLocation(path.name, middle.offset, middle.length))


def test_torture_88_a_complete_file_is_not_looked_at_again(tmp_path):
    keep(tmp_path, entry())
    path = files(tmp_path)[0]
    path.chmod(0o644)
    with path.open("ab") as file:
        file.write(b"torn")
    path.chmod(0o444)
    before = path.read_bytes()
    ArchiveWriter(tmp_path)
    assert path.read_bytes() == before


DIE = """
import os, signal, sys
from pathlib import Path
from datetime import datetime, UTC
from db.archive import ArchiveWriter
from db.records import ArchiveEntry
writer = ArchiveWriter(Path(sys.argv[1]))
entry = ArchiveEntry("https://gazette.org/a", datetime(2026, 3, 1, tzinfo=UTC), 200, (), os.urandom(5000))
writer.append([entry] * 3)
writer.sync()
writer._file.write(b"half a record")
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_torture_86_the_file_of_a_killed_writer_is_mended_by_the_next(tmp_path):
    subprocess.run([sys.executable, "-c", DIE, str(tmp_path)], check=False)
    path = files(tmp_path)[0]
    assert path.read_bytes().endswith(b"half a record")
    keep(tmp_path, entry())
    assert not path.read_bytes().endswith(b"half a record")
    assert path.stat().st_mode & 0o777 == 0o444
    assert len([at for at in orphans(tmp_path, known()) if at.file == path.name]) == 3


def test_torture_87_a_disk_that_takes_no_more_is_reported_and_costs_nothing_written_before(tmp_path):
    code = """
import os, resource, sys
from pathlib import Path
from datetime import datetime, UTC
from db.archive import ArchiveReader, ArchiveWriter
from db.errors import Unavailable
from db.records import ArchiveEntry
folder = Path(sys.argv[1])
entry = ArchiveEntry("https://gazette.org/a", datetime(2026, 3, 1, tzinfo=UTC), 200, (), os.urandom(40000))
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, resource.RLIM_INFINITY))
writer, kept = ArchiveWriter(folder), []
try:
    for _ in range(9):
        kept += writer.append([entry])
        writer.sync()
except Unavailable as error:
    print(error)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
kept += writer.append([entry])
writer.close()
assert [ArchiveReader(folder).read(at).body for at in kept] == [entry.body] * 3, kept
"""
    child = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=False)
    assert child.returncode == 0, child.stderr
    assert f"the archive in {tmp_path} cannot be written" in child.stdout
    assert len(files(tmp_path)) == 2


def test_torture_87_an_archive_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "archive").write_text("a file, not a folder")
    with pytest.raises(Unavailable, match=str(tmp_path / "archive")):
        ArchiveWriter(tmp_path / "archive")


def test_torture_87_a_failing_sync_gives_the_file_up(tmp_path, monkeypatch):
    writer = ArchiveWriter(tmp_path)
    writer.append([entry()])

    def fail(descriptor):
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail)
        with pytest.raises(Unavailable, match="Input/output error"):
            writer.sync()
    (location,) = writer.append([entry(b"after")])
    writer.close()
    assert len(files(tmp_path)) == 2
    assert ArchiveReader(tmp_path).read(location).body == b"after"


# ---------------------------------------------------------------- reading what is not there


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ArchiveError, match=r"nowhere\.warc\.zst cannot be read at offset 5"):
        ArchiveReader(tmp_path).read(ArchiveLocation("nowhere.warc.zst", 5, 10))


@pytest.mark.parametrize(("shift", "more"), [(1, 0), (0, -1), (0, -50), (100_000, 0), (-3, 0)])
def test_a_wrong_location_is_no_record(tmp_path, shift, more):
    (location,) = keep(tmp_path, entry())
    with pytest.raises(ArchiveError, match="no whole record"):
        ArchiveReader(tmp_path).read(ArchiveLocation(location.file, location.offset + shift, location.length + more))


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_flipped_byte_never_gives_a_wrong_page(tmp_path, data):
    content, locations = written()
    location = data.draw(st.sampled_from(locations))
    at = location.offset + data.draw(st.integers(0, location.length - 1))
    broken = bytearray(content)
    broken[at] ^= data.draw(st.integers(1, 255))
    path = abandoned(tmp_path, bytes(broken))
    here = ArchiveLocation(path.name, location.offset, location.length)
    true = abandoned_page(tmp_path, content, here)
    abandoned(tmp_path, bytes(broken))
    try:
        page = ArchiveReader(tmp_path).read(here)
    except ArchiveError:
        return
    assert page == true


def abandoned_page(folder, content, location):
    abandoned(folder, content)
    return ArchiveReader(folder).read(location)


def test_a_repeated_repeat_leads_to_the_body(tmp_path):
    """A rejected page that was served three times: the second's record names the first, the third's the second."""
    writer = ArchiveWriter(tmp_path)
    places = []
    for _ in range(3):
        refers_to = KnownBody("", 1, "https://gazette.org/a", NOW, places[-1]) if places else None
        places += writer.append([entry(b"wall", refers_to=refers_to)])
    writer.close()
    assert [ArchiveReader(tmp_path).read(place).body for place in places] == [b"wall"] * 3


def test_a_file_is_left_after_a_day(tmp_path):
    writer = ArchiveWriter(tmp_path, rotate_seconds=0)
    writer.append([entry(b"1"), entry(b"2")])
    writer.close()
    assert len(files(tmp_path)) == 2


# ---------------------------------------------------------------- orphans


def test_records_without_rows_are_found(tmp_path):
    locations = keep(tmp_path, entry(b"1"), entry(b"2"), entry(b"3")) + keep(tmp_path, entry(b"4"))
    assert list(orphans(tmp_path, known(*locations))) == []
    assert list(orphans(tmp_path, known(locations[0], locations[2]))) == [locations[1], locations[3]]
    assert list(orphans(tmp_path, known())) == locations


def test_a_file_that_is_being_written_has_no_orphans_yet(tmp_path):
    writer = ArchiveWriter(tmp_path)
    (location,) = writer.append([entry()])
    assert list(orphans(tmp_path, known())) == []
    writer.close()
    assert list(orphans(tmp_path, known())) == [location]
