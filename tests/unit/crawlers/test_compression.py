"""Content encodings: decoded whole or refused, never in part, never beyond the limit."""

from __future__ import annotations

import gzip
import zlib

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st
from scrapy.http import HtmlResponse, Request

from crawlers.compression import BrokenEncoding, CompressionMiddleware, TooLarge, decode, encodings

LIMIT = 1 << 20


def raw_deflate(body):
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(body) + packer.flush()


PACKERS = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstandard.ZstdCompressor().compress,
}


@pytest.mark.parametrize("name", PACKERS)
@given(body=st.binary(min_size=1, max_size=5000))
def test_what_was_packed_comes_back(name, body):
    assert decode(PACKERS[name](body), [name], LIMIT) == body


def test_raw_deflate_as_some_servers_send_it():
    assert decode(raw_deflate(b"abc" * 1000), ["deflate"], LIMIT) == b"abc" * 1000


def test_several_codings_are_undone_last_first():
    assert decode(brotli.compress(gzip.compress(b"abc")), ["gzip", "br"], LIMIT) == b"abc"


@pytest.mark.parametrize("name", PACKERS)
def test_torture_7_and_8_bombs_are_refused(name):
    with pytest.raises(TooLarge):
        decode(PACKERS[name](b"\0" * (8 * LIMIT)), [name], LIMIT)


@pytest.mark.parametrize("name", PACKERS)
def test_a_body_of_exactly_the_limit_is_taken(name):
    assert len(decode(PACKERS[name](b"\0" * LIMIT), [name], LIMIT)) == LIMIT


@pytest.mark.parametrize("name", PACKERS)
def test_torture_6_half_a_body_is_an_error_not_a_shorter_page(name):
    packed = PACKERS[name](bytes(range(256)) * 50)
    with pytest.raises(BrokenEncoding):
        decode(packed[: len(packed) // 2], [name], LIMIT)


@pytest.mark.parametrize("name", PACKERS)
@given(body=st.binary(min_size=1, max_size=300))
def test_any_bytes_are_decoded_or_refused(name, body):
    try:
        decode(body, [name], LIMIT)
    except (BrokenEncoding, TooLarge):
        return


def test_torture_9_plain_html_that_says_gzip_is_taken_as_it_is():
    assert decode(b"<html>plain</html>", ["gzip"], LIMIT) == b"<html>plain</html>"


def test_an_unknown_coding_is_an_error():
    with pytest.raises(BrokenEncoding, match="compress"):
        decode(b"x", ["compress"], LIMIT)


def test_names_of_codings():
    assert encodings([b"GZIP, br", b"identity, x-gzip"]) == ["gzip", "br", "gzip"]


def test_the_middleware_decodes_and_drops_the_header():
    body = b"<html>text</html>"
    response = HtmlResponse("http://a.test/", body=gzip.compress(body), headers={"Content-Encoding": "gzip", "X": "y"})
    plain = CompressionMiddleware(LIMIT).process_response(Request("http://a.test/"), response)
    assert plain.body == body
    assert "Content-Encoding" not in plain.headers
    assert plain.headers["X"] == b"y"


def test_a_requests_own_limit_goes_before_the_general_one():
    response = HtmlResponse("http://a.test/", body=gzip.compress(b"x" * 100), headers={"Content-Encoding": "gzip"})
    with pytest.raises(TooLarge):
        CompressionMiddleware(LIMIT).process_response(Request("http://a.test/", meta={"download_maxsize": 10}), response)


def test_an_empty_body_is_left_alone():
    response = HtmlResponse("http://a.test/", body=b"", headers={"Content-Encoding": "gzip"})
    assert CompressionMiddleware(LIMIT).process_response(Request("http://a.test/"), response) is response
