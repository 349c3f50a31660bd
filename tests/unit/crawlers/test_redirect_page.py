"""Pages that only lead on, told from pages that also say something, and from pages that reload themselves."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlers.redirect_page import target_of
from crawlers.visible import scripts_of, visible_text

HERE = "https://paper.test/article/1"
PROSE = "<p>Le conseil a voté hier les crédits du port, que les habitants attendent depuis dix ans déjà, dit le maire.</p>" * 5


def page(head: str = "", body: str = "") -> bytes:
    return f"<html><head><title>Un titre {'long ' * 80}</title>{head}</head><body>{body}</body></html>".encode()


def refresh(content: str) -> str:
    return f'<meta http-equiv="refresh" content="{content}">'


@pytest.mark.parametrize(
    ("body", "target"),
    [
        (page(refresh("0; url=/article/2")), "https://paper.test/article/2"),
        (page(refresh("0;URL='https://other.test/a?b=1&amp;c=2'")), "https://other.test/a?b=1&c=2"),
        (page(refresh("5;/article/2")), "https://paper.test/article/2"),
        (page("<META content='0.5; url=2' HTTP-EQUIV=Refresh>"), "https://paper.test/article/2"),
        (page("", "<noscript>" + refresh("0; url=/article/2") + "</noscript>"), "https://paper.test/article/2"),
        (page("<script>window.location = '/article/2';</script>", "Opening https://paper.test/article/2"), "https://paper.test/article/2"),
        (page('<script>window.location.replace("https:\\/\\/paper.test\\/article\\/2")</script>'), "https://paper.test/article/2"),
        (page("<script>location.href='\\x2farticle\\u002f2'</script>"), "https://paper.test/article/2"),
        (
            page("<script>top.location.assign('/article/2')</script>", "<a href='/article/2'>Cliquez ici</a>"),
            "https://paper.test/article/2",
        ),
        (page(refresh("0; url=http://paper.test/article/1")), "http://paper.test/article/1"),
    ],
)
def test_torture_14_a_page_that_only_leads_on(body, target):
    assert target_of(body, HERE) == target


@pytest.mark.parametrize(
    "body",
    [
        page(refresh("300")),
        page(refresh("300; url=/autre")),
        page(refresh("0; url=/article/1")),
        page(refresh("0; url=https://paper.test/article/1?utm_source=x")),
        page(refresh("0; url=/article/2"), PROSE),
        page("<script>location.href='/article/2'</script>", PROSE),
        page("<script>" + "var a = 1;" * 500 + "location.href='/article/2'</script>"),
        page("<script>location.href = base + '/article/2'</script>"),
        page("<script>location.href = '/article/' + id</script>"),
        page("<script>var mylocation = '/article/2'; if (location == '/x') {}</script>"),
        page(refresh("0; url=javascript:void(0)")),
        page(refresh("0; url=http://[broken")),
        page(refresh("")),
        b"",
        b"location refresh",
    ],
)
def test_torture_14_a_page_that_says_something_or_reloads_itself_leads_nowhere(body):
    assert target_of(body, HERE) is None


def test_what_a_person_sees():
    text = "<head><title>T</title><style>p{}</style></head><!-- no --><p>Un &amp; deux<script>x()</script></p><noscript>trois</noscript>"
    assert visible_text(text) == "Un & deux trois"
    assert visible_text("a < b <p>c</p> <!-- d") == "a c"
    assert visible_text("a<script>never closed") == "a"
    assert scripts_of("<script>1</script><SCRIPT src=x>2</SCRIPT><script>3") == ["1", "2"]


@given(st.text(alphabet="<>!-/ =\"'scriptmetarefreshurl;0/.\\x2location", max_size=400))
def test_any_text_gets_an_answer(text):
    visible_text(text)
    target_of(f"<meta http-equiv=refresh content='0;url={text}'><script>location='{text}'</script>".encode(), HERE)


def test_hostile_pages_cost_little():
    for piece in ("<script", "<meta ", "<!--", "location=", "<meta http-equiv=refresh content='", "<a <b"):
        target_of((piece * 30_000).encode()[:190_000], HERE)
