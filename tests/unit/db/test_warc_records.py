"""WARC files of others: every record once, however the file is cut; damages passed over; bodies as their codings say."""

from __future__ import annotations

import gzip
import itertools
import struct
import zlib

import brotli
import pytest
import zstandard
from hypothesis import example, given
from hypothesis import strategies as st

from db.archive import ArchiveReader
from db.errors import ArchiveError
from db.records import ArchiveLocation
from db.vocabulary import Skip
from db.warc_files import WarcFile
from db.warc_records import is_foreign, read_capture, records

HTML = b"<html><body><p>Le conseil a vot\xc3\xa9.</p></body></html>"
LIMIT = 1 << 20


def all_of(file, *cuts: int, limit: int = LIMIT, wanted=lambda _: None):
    with WarcFile(file) as opened:
        edges = [0, *sorted(cuts), opened.size]
        return [record for pair in itertools.pairwise(edges) for record in records(opened, *pair, wanted, limit)]


def one(warc, folder, **more):
    return all_of(warc.pack(folder / "one.warc.gz", [warc.record("http://a.test/x", **more)]))[0]


# ---------------------------------------------------------------- cutting


sizes = st.lists(st.integers(0, 3_000), min_size=1, max_size=8)
junk = st.sampled_from([b"", b"\r\n", b"rubbish", b"\x1f\x8b\x08rubbish", b"\x28\xb5\x2f\xfdrubbish", b"WARC/1.0\r\nno header"])


@given(
    sizes=sizes,
    junk=junk,
    place=st.integers(0, 8),
    torn=st.integers(0, 40),
    form=st.sampled_from(["warc", "warc.gz", "warc.zst"]),
    cuts=st.lists(st.floats(0, 1), max_size=6),
)
@example(sizes=[0, 0, 0], junk=b"WARC/1.0\r\nno header", place=2, torn=0, form="warc", cuts=[0.5])
def test_however_a_file_is_cut_each_record_is_given_once(warc, tmp_path_factory, sizes, junk, place, torn, form, cuts):
    packed = [
        warc.PACKED[form](warc.record(f"http://a.test/{n}", b"<p>" + bytes(i * n % 251 for i in range(size))))
        for n, size in enumerate(sizes)
    ]
    content = b"".join([*packed[:place], junk if packed[place:] else b"", *packed[place:]])
    file = tmp_path_factory.mktemp("cut") / f"some.{form}"
    file.write_bytes(content[: len(content) - torn] if len(packed) > 1 else content)
    whole = all_of(file)
    given_ = [record.url for record in whole if record.skip is None]
    sure = len(sizes) - bool(torn and len(packed) > 1)
    assert given_[:sure] == [f"http://a.test/{n}" for n in range(sure)]
    assert len(given_) <= len(sizes)
    assert all_of(file, *(round(cut * file.stat().st_size) for cut in cuts)) == whole
    for record in whole:
        if record.skip is None:
            place_ = ArchiveLocation(str(file), record.offset, record.length)
            assert read_capture(place_).body == record.body


def test_a_record_torn_inside_its_header_is_damage_however_the_file_is_cut(warc, tmp_path):
    kept = b"".join(warc.record(f"http://a.test/{n}", HTML) for n in range(2))
    torn = warc.record("http://a.test/torn", HTML)
    file = tmp_path / "torn.warc"
    for length in range(1, torn.index(b"\r\n\r\n") + 4, 5):
        file.write_bytes(kept + torn[:length])
        for cuts in ([], [len(kept) // 2], [len(kept) // 3, len(kept) - 9], [len(kept)], [len(kept) + length // 2]):
            assert [record.skip for record in all_of(file, *cuts)] == [None, None, Skip.DAMAGED], (length, cuts)


def test_a_record_inside_another_is_not_taken_for_one(warc, tmp_path):
    inner = warc.record("http://inner.test/", HTML)
    parts = [warc.record("http://a.test/0", b"<p>" + inner * 3), warc.record("http://a.test/1", HTML)]
    file = warc.pack(tmp_path / "nested.warc", parts)
    for cut in range(1, file.stat().st_size, 97):
        assert [record.url for record in all_of(file, cut)] == ["http://a.test/0", "http://a.test/1"]


@pytest.mark.parametrize("packed", [False, True])
def test_a_zstd_dictionary_before_the_records_is_used_from_any_place(warc, tmp_path, packed):
    plain = [warc.record(f"http://a.test/{n}", HTML * (n + 1)) for n in range(200)]
    dictionary = zstandard.train_dictionary(2_048, plain)
    content = zstandard.compress(dictionary.as_bytes()) if packed else dictionary.as_bytes()
    compressor = zstandard.ZstdCompressor(dict_data=dictionary)
    file = tmp_path / "some.warc.zst"
    head = b"\x5d\x2a\x4d\x18" + struct.pack("<I", len(content)) + content
    file.write_bytes(head + b"".join(map(compressor.compress, plain[:20])))
    size = file.stat().st_size
    found = all_of(file, len(head) // 2, len(head) + 5, (len(head) + size) // 2, size - 3)
    assert [record.url for record in found] == [f"http://a.test/{n}" for n in range(20)]
    last = found[-1]
    assert ArchiveReader(tmp_path).read(ArchiveLocation(str(file), last.offset, last.length)).body == HTML * 20


@pytest.mark.parametrize("compress", [gzip.compress, zstandard.compress])
def test_a_file_compressed_as_a_whole_is_told_apart(warc, tmp_path, compress):
    file = tmp_path / "whole.warc.gz"
    file.write_bytes(compress(b"".join(warc.record(f"http://a.test/{n}", HTML) for n in range(3))))
    with pytest.raises(ArchiveError, match=r"compressed as a whole.*warcio recompress whole\.warc\.gz|holds no record"):
        WarcFile(file)


@pytest.mark.parametrize(
    "content", [b"", b"<html>", b"\x1f\x8b\x08", b"PK\x03\x04" * 99, b"WARC/1.0\r\n", gzip.compress(HTML, mtime=0)], ids=range(6)
)
def test_what_is_no_warc_file_is_refused(tmp_path, content):
    file = tmp_path / "none.warc"
    file.write_bytes(content)
    with pytest.raises(ArchiveError, match="is no WARC file: it holds no record"):
        WarcFile(file)
    with pytest.raises(ArchiveError, match="cannot be read: No such file"):
        WarcFile(tmp_path / "missing.warc")


# ---------------------------------------------------------------- damages


def test_a_flipped_bit_costs_one_record(warc, tmp_path):
    file = warc.pack(tmp_path / "some.warc.gz", [warc.record(f"http://a.test/{n}", HTML * 50) for n in range(5)])
    places = [record.offset for record in all_of(file)]
    content = bytearray(file.read_bytes())
    content[places[2] + 90] ^= 0x10
    file.write_bytes(content)
    found = all_of(file, places[2] + 1, places[3])
    assert [record.url for record in found if record.skip is None] == [f"http://a.test/{n}" for n in (0, 1, 3, 4)]
    assert [record.skip for record in found if record.skip] == [Skip.DAMAGED]


def test_a_torn_record_does_not_swallow_the_next(warc, tmp_path):
    parts = [warc.record(f"http://a.test/{n}", HTML * 20) for n in range(4)]
    parts[1] = parts[1][:-300]
    found = all_of(warc.pack(tmp_path / "some.warc", parts))
    assert [record.url for record in found if record.skip is None] == [f"http://a.test/{n}" for n in (0, 2, 3)]


@pytest.mark.parametrize("date", ["yesterday", "", "2024-13-45T00:00:00Z"])
def test_a_record_without_a_time_is_of_no_use(warc, tmp_path, date):
    assert one(warc, tmp_path, body=HTML, at=date).skip is Skip.DAMAGED


def test_a_file_that_was_changed_or_removed_is_missed(warc, tmp_path):
    file = warc.pack(tmp_path / "some.warc.gz", [warc.record("http://a.test/0", HTML)])
    [record] = all_of(file)
    place = ArchiveLocation(str(file), record.offset, record.length)
    file.write_bytes(b"something else altogether" * 40)
    with pytest.raises(ArchiveError, match=r"some\.warc\.gz at offset 0"):
        read_capture(place)
    file.write_bytes(b"")
    with pytest.raises(ArchiveError, match="does not hold the page any more"):
        read_capture(place)
    file.unlink()
    with pytest.raises(ArchiveError, match="not there any more, and the page was kept by reference"):
        read_capture(place)
    assert is_foreign(place)
    assert not is_foreign(ArchiveLocation("veille-1.warc.zst", 0, 1))


# ---------------------------------------------------------------- records


CODED = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstandard.compress,
    "deflate, gzip": lambda body: gzip.compress(zlib.compress(body)),
    "identity": bytes,
}


def chunked(body: bytes) -> bytes:
    return b"".join(b"%x;q=1\r\n%s\r\n" % (len(part), part) for part in (body[:7], body[7:])) + b"0\r\nTrailer: 1\r\n\r\n"


@pytest.mark.parametrize("coding", CODED)
@pytest.mark.parametrize("transfer", ["", "chunked"])
@pytest.mark.parametrize("undone", [False, True])
def test_codings_are_undone_also_where_the_archive_did_so_and_kept_the_header(warc, tmp_path, coding, transfer, undone):
    body = HTML if undone else (chunked if transfer else bytes)(CODED[coding](HTML))
    headers = {"Content-Type": "text/html", "Content-Encoding": coding} | ({"Transfer-Encoding": transfer} if transfer else {})
    record = one(warc, tmp_path, body=body, headers=headers)
    assert (record.skip, record.body) == (None, HTML)
    assert dict(record.headers)["X-Crawler-Content-Encoding"] == coding


def test_what_unfolds_to_too_much_or_is_broken_is_passed_over(warc, tmp_path):
    packed = {"Content-Encoding": "gzip"}
    assert one(warc, tmp_path, body=gzip.compress(b"\0" * (LIMIT + 1)), headers=packed).skip is Skip.TOO_LARGE
    assert one(warc, tmp_path, body=b"\0" * (LIMIT + 1)).skip is Skip.TOO_LARGE
    assert one(warc, tmp_path, body=b"\0" * (3 * LIMIT)).skip is Skip.TOO_LARGE
    assert one(warc, tmp_path, body=gzip.compress(HTML * 99)[:-9], headers=packed).skip is Skip.DAMAGED
    assert one(warc, tmp_path, body=chunked(HTML)[:20], headers={"Transfer-Encoding": "chunked"}).skip is Skip.DAMAGED
    assert one(warc, tmp_path, body=b"", status="no number").skip is Skip.DAMAGED


def test_resources_and_revisits_with_a_body_are_answers_too(warc, tmp_path):
    made = warc.pack(
        tmp_path / "kinds.warc",
        [
            warc.record("http://a.test/", b"software: x", kind="warcinfo"),
            warc.record("<http://a.test/brackets>", HTML),
            warc.record("http://a.test/resource", HTML, kind="resource", fields={"Content-Type": "text/html"}),
            warc.record("http://a.test/revisit", HTML, kind="revisit"),
            warc.record("dns:a.test", b"127.0.0.1", kind="resource"),
            warc.record("http://a.test/asked", b"", kind="request"),
            warc.record("http://other.test/", HTML),
        ],
    )
    found = all_of(made, wanted=lambda url: Skip.OFF_SITE if "other" in url else None)
    assert [record.skip for record in found] == [Skip.TYPE, None, None, None, Skip.TYPE, Skip.TYPE, Skip.OFF_SITE]
    answers = [record for record in found if record.skip is None]
    assert [record.url for record in answers] == ["http://a.test/brackets", "http://a.test/resource", "http://a.test/revisit"]
    assert {(record.status, dict(record.headers)["Content-Type"].partition(";")[0], record.body) for record in answers} == {
        (200, "text/html", HTML)
    }


def test_headers_of_any_bytes_are_understood(warc, tmp_path):
    headers = {"Content-Type": "text/html", "X-Name": "caf\u00e9", "X-Nul": "a\0b", "": "nameless"}
    record = one(warc, tmp_path, body=HTML, headers=headers)
    assert record.headers == (("Content-Type", "text/html"), ("X-Name", "caf\u00e9"), ("X-Nul", "a b"))
