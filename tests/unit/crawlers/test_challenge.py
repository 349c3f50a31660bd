"""Walls told from pages: bot walls by their marks, consent walls by where they lead; an article that talks of them is none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlers.challenge import CAPTCHA, SCRIPT_TEST, is_consent_address, is_consent_page, wall_of

PROSE = "<p>Le conseil a voté hier les crédits du port, que les habitants attendent depuis dix ans déjà, dit le maire.</p>" * 20


def page(body: str, head: str = "", title: str = "Journal") -> bytes:
    return f"<!DOCTYPE html><html><head><title>{title}</title>{head}</head><body>{body}</body></html>".encode()


WALLS = [
    ("Cloudflare", 403, page("<p>Checking.</p>", "<script>window._cf_chl_opt={cRay:'1'}</script>", "Just a moment...")),
    ("Cloudflare", 503, page('<form id="challenge-form" action="/x"></form>')),
    ("Cloudflare", 403, page("<h1>Sorry, you have been blocked</h1>", title="Attention Required! | Cloudflare")),
    ("DataDome", 403, page("<p>Please enable JS</p><script src='https://ct.captcha-delivery.com/c.js'></script>")),
    ("HUMAN", 403, page('<div id="px-captcha"></div><p>Press and hold</p>')),
    ("Imperva", 200, page("Request unsuccessful. Incapsula incident ID: 12-34")),
    ("Imperva", 200, page('<iframe src="/_Incapsula_Resource?SWUDNSAI=9"></iframe>')),
    ("Akamai", 200, page('<div id="sec-if-cpt-container"></div>')),
    ("Akamai", 403, page("<h1>Access Denied</h1> Reference #18 https://errors.edgesuite.net/18", title="Access Denied")),
    ("AWS WAF", 202, page("<script>window.gokuProps = {}</script>")),
    ("Sucuri", 403, page("<h1>Sucuri Website Firewall - Access Denied</h1>")),
    ("Anubis", 200, page('<p>Making sure you are not a bot</p><script id="anubis_challenge" type="application/json">{}</script>')),
    ("SiteGround", 202, page("", '<meta http-equiv="refresh" content="0;/.well-known/sgcaptcha/?r=%2F">')),
    ("DDoS-Guard", 403, page("<p>Checking your browser</p>", title="DDoS-Guard")),
    ("Imunify360", 200, page("<p>One moment, please. Protected by Imunify360</p>")),
    ("F5", 200, page("The requested URL was rejected. Please consult with your administrator. Support ID 1")),
    ("Wordfence", 503, page("<p>Your access to this site has been limited by the site owner</p>")),
    (SCRIPT_TEST, 200, page("", "<script>document.cookie='__test='+toHex(slowAES.decrypt(c,2,a,b));location.href='/?i=1'</script>")),
    (SCRIPT_TEST, 200, page("", "<script>document.cookie = 'seen=1; path=/'; location.reload();</script>")),
    (SCRIPT_TEST, 200, page("<p>Verifying…</p><script>/* proof-of-work */ crypto.subtle.digest('SHA-256', x)</script>")),
    (CAPTCHA, 200, page('<p>Are you human?</p><form><div class="g-recaptcha" data-sitekey="k"></div></form>')),
    (CAPTCHA, 405, page('<form><div class="h-captcha"></div></form>')),
]


@pytest.mark.parametrize(("wall", "status", "body"), WALLS)
def test_torture_16_the_widespread_walls_are_known_by_name(wall, status, body):
    assert wall_of(status, {"content-type": "text/html"}, body) == wall


@pytest.mark.parametrize(
    ("headers", "wall"),
    [
        ({"cf-mitigated": "challenge"}, "Cloudflare"),
        ({"x-amzn-waf-action": "captcha"}, "AWS WAF"),
        ({"x-vercel-mitigated": "challenge"}, "Vercel"),
        ({"sg-captcha": "challenge"}, "SiteGround"),
        ({"server": "cloudflare", "cf-ray": "1"}, None),
        ({"x-datadome": "protected"}, None),
    ],
)
def test_torture_16_a_header_that_says_so_is_believed_whatever_the_body(headers, wall):
    assert wall_of(200, headers, page(PROSE)) == wall


@pytest.mark.parametrize(("wall", "status", "body"), WALLS)
def test_an_article_that_bears_or_quotes_a_mark_is_none(wall, status, body):
    inner = body.decode().partition("<body>")[2].partition("</body>")[0]
    head = body.decode().partition("</title>")[2].partition("</head>")[0]
    assert wall_of(200, {}, page(PROSE + f"<div>{inner}</div>", head)) is None


@pytest.mark.parametrize(
    "body",
    [
        page(PROSE + '<form id="comment"><div class="g-recaptcha" data-sitekey="k"></div></form>'),
        page("<article><h1>Deux lignes</h1><p>Court.</p></article><div class='g-recaptcha'></div>"),
        page("<h1>Brève</h1><p>Court.</p>", "<script>document.cookie = 'theme=dark'</script>"),
        page("<h1>Les CAPTCHA, « just a moment… »</h1>" + PROSE, title="Why every site says Just a moment..."),
        page(
            PROSE, '<script src="/cdn-cgi/challenge-platform/scripts/jsd/main.js"></script><script src="/_Incapsula_Resource?a=1"></script>'
        ),
        b"",
        b"<rss><channel></channel></rss>",
    ],
)
def test_ordinary_pages_are_no_walls(body):
    assert wall_of(200, {"content-type": "text/html"}, body) is None


def test_a_status_that_says_what_happened_is_left_alone():
    assert wall_of(404, {}, WALLS[0][2]) is None
    assert wall_of(500, {}, WALLS[0][2]) is None


@given(st.binary(max_size=3000), st.sampled_from([200, 403, 503]))
def test_any_bytes_get_an_answer(body, status):
    wall_of(status, {}, b"document.cookie<form><script" + body)
    is_consent_page(b"<form action='" + body)


# ---------------------------------------------------------------- consent


@pytest.mark.parametrize(
    ("url", "is_one"),
    [
        ("https://consent.google.com/ml?continue=https://paper.test/", True),
        ("https://guce.paper.test/collect?sessionId=1", True),
        ("https://www.paper.test/consent?continue=%2Farticle%2F1", True),
        ("https://www.paper.test/cookie-wall/?returnUrl=/a", True),
        ("https://www.paper.test/article/le-consentement-en-question", False),
        ("https://www.paper.test/consent", False),
        ("https://www.paper.test/login?continue=/a", False),
        ("https://www.consentino.test/article/1?next=2", False),
    ],
)
def test_torture_17_consent_walls_are_known_by_their_address(url, is_one):
    assert is_consent_address(url) is is_one


def test_torture_17_a_page_that_is_nothing_but_a_consent_form():
    form = (
        '<p>Nous et nos partenaires utilisons des cookies.</p><form method="post" action="https://consent.example/save"><button>OK</button>'
    )
    assert is_consent_page(page(form))
    assert is_consent_page(page('<p>Cookies.</p><form action="/v2/collectConsent?sessionId=3"><button>Oui</button></form>'))
    assert not is_consent_page(page(form + PROSE * 3)), "a banner above an article"
    assert not is_consent_page(page(form + "<a href='/x'>Titre</a>" * 20)), "a banner above a list"
    assert not is_consent_page(page("<article><p>Court</p></article>" + form))
    assert not is_consent_page(page('<form action="/recherche"><input name="q"></form>'))
    assert not is_consent_page(page('<form action="http://[broken/consent"></form>'))
