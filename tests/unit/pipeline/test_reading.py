"""process_page as a whole: bad input, dates by their evidence, verdicts, and that it never raises."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from db.identity import text_digest
from db.readings import Article, Layout, PageToRead, ReadingHints, Rejected
from db.records import Hints
from db.vocabulary import ArticleStatus, DateEvidence, PageReason, Precision
from pipeline.reading import LARGEST_PAGE, READING_VERSION, process_page
from pipeline.steps.tree import parse, text_of

NOW = datetime(2024, 3, 20, 12, 0, tzinfo=UTC)
URL = "https://journal.example/region/la-foire-aux-dattes-rouvre-48112.html"
TITLE = "La foire aux dattes rouvre ses portes"
PARAGRAPHS = (
    "Les premiers exposants se sont installés dès mercredi sous les tentes blanches, au pied des remparts, pour une foire qui n'avait plus eu lieu depuis quatre ans.",
    "La commune attend cinquante mille visiteurs en cinq jours, et a loué deux prairies pour les voitures. Des navettes gratuites partiront de la gare toutes les vingt minutes.",
    "Les producteurs de la vallée espèrent écouler le tiers de leur récolte, dont les meilleures variétés se vendent déjà deux fois plus cher que l'an dernier sur les marchés.",
)
HINTS = ReadingHints(
    source="journal", title="Le Journal du Sud", home="https://journal.example/", time_zone="Africa/Casablanca", languages=("fr",)
)


def html(head: str = "", before: str = "", under: str = "", body: str | None = None, after: str = "", title: str = TITLE) -> bytes:
    text = "".join(f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS) if body is None else body
    page = f"<!DOCTYPE html><html lang='fr'><head><meta charset='utf-8'><title>{title} - Le Journal du Sud</title>{head}</head>"
    return f"{page}<body>{before}<article><h1>{title}</h1>{under}<div class='texte'>{text}</div></article>{after}</body></html>".encode()


def read(body: bytes, *, url: str = URL, hints: ReadingHints = HINTS, headers=(), now: datetime | None = NOW) -> Article | Rejected:
    return process_page(PageToRead(url, body, headers, now), hints)


def article(body: bytes, **more) -> Article:
    result = read(body, **more)
    assert isinstance(result, Article), result
    return result


def rejected(body: bytes, **more) -> Rejected:
    result = read(body, **more)
    assert isinstance(result, Rejected), result
    return result


def json_ld(**fields: object) -> str:
    return f"<script type='application/ld+json'>{json.dumps({'@type': 'NewsArticle', 'headline': TITLE, **fields})}</script>"


# ---------------------------------------------------------------- the whole


def test_a_plain_page_gives_a_whole_record():
    result = article(html(under="<p class='meta'>3 mars 2024 - 18h05 - Région - Par Salma Benjelloun</p>"))
    assert result.title == TITLE
    assert result.text == "\n\n".join(PARAGRAPHS)
    assert result.text_digest == text_digest(result.text)
    assert result.authors == ("Salma Benjelloun",)
    assert result.section == "Région"
    assert (result.language, result.status, result.reading_version) == ("fr", ArticleStatus.COMPLETE, READING_VERSION)
    assert (result.published.on, result.published.at, result.published.evidence) == (
        date(2024, 3, 3),
        datetime(2024, 3, 3, 17, 5, tzinfo=UTC),
        DateEvidence.HEADLINE,
    )


LEAD = "Quatre ans après sa dernière édition, la foire aux dattes retrouve les remparts et attend cinquante mille visiteurs."


@pytest.mark.parametrize("under", [f"<p>{LEAD}</p>", f"<div><div>{LEAD}</div></div>", f"<h2 class='chapo'>{LEAD}</h2>"])
@pytest.mark.parametrize("stated", [LEAD, f"{LEAD[:90]}…"])
def test_a_news_articles_standfirst_opens_its_text(under, stated):
    page = html(head=json_ld(description=stated), body="").replace(b"<article>", b"<header>").replace(b"</article>", b"</header>")
    body = "".join(f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS)
    page = page.replace(b"</h1>", f"</h1>{under}".encode()).replace(b"</header>", f"</header><article><div>{body}</div></article>".encode())
    result = article(page)
    assert result.standfirst == LEAD
    assert result.text == "\n\n".join((LEAD, *PARAGRAPHS))


def test_a_standfirst_stands_in_the_text_once():
    assert article(html(head=json_ld(description=LEAD), under=f"<p>{LEAD}</p>")).text.count(LEAD) == 1
    within = html(head=json_ld(description=LEAD), body=f"<p>{LEAD} {PARAGRAPHS[0]}</p><p>{PARAGRAPHS[1]}</p>")
    within = within.replace(b"<article>", f"<header><h1>{TITLE}</h1><p>{LEAD}</p></header><article>".encode())
    assert article(within).text.count(LEAD) == 1


def test_a_description_that_no_reader_sees_or_that_a_blog_repeats_is_no_text():
    assert LEAD not in article(html(head=json_ld(description=LEAD))).text
    blog = json_ld(**{"@type": "BlogPosting", "description": LEAD})
    page = html(head=blog).replace(b"<article>", f"<header><h1>{TITLE}</h1><p>{LEAD}</p></header><article>".encode())
    assert LEAD not in article(page).text


def test_every_choice_is_explained():
    steps = {(decision.step, decision.field) for decision in article(html(head=json_ld(datePublished="2024-03-03"))).decisions}
    assert {
        ("decode", "encoding"),
        ("metadata", "title"),
        ("dates", "published"),
        ("extract", "text"),
        ("judge", "verdict"),
        ("language", "language"),
    } <= steps


def test_the_same_page_is_read_the_same_way_every_time():
    body = html(head=json_ld(datePublished="2024-03-03", author={"name": "Salma Benjelloun"}))
    assert len({repr(read(body)) for _ in range(5)}) == 1


def test_links_are_absolute_in_order_and_once():
    after = "<aside><a href='/b'>b</a><a href='https://other.example/c#x'>c</a><a href='/b#top'>b</a><a href='javascript:alert(1)'>j</a><a href='mailto:x@y.z'>m</a><a href='//cdn.example/d'>d</a></aside>"
    assert article(html(before="<a href='/a'>a</a>", after=after)).links == (
        "https://journal.example/a",
        "https://journal.example/b",
        "https://other.example/c",
        "https://cdn.example/d",
    )


def test_links_are_kept_of_pages_that_are_no_articles():
    assert rejected(html(), url="https://journal.example/").links == ()
    assert rejected(html(after="<a href='/a-1.html'>a</a>"), url="https://journal.example/").links == ("https://journal.example/a-1.html",)


# ---------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("body", "headers", "reason"),
    [
        (b"", (), PageReason.EMPTY),
        (b" \n\t ", (), PageReason.EMPTY),
        (b"%PDF-1.7 \xe2\xe3", (("Content-Type", "text/html"),), PageReason.NOT_HTML),
        (b"\x89PNG\r\n\x1a\n", (), PageReason.NOT_HTML),
        (b"\xff\xd8\xff\xe0", (), PageReason.NOT_HTML),
        (b"PK\x03\x04", (), PageReason.NOT_HTML),
        (b"\x00\x00\x00\x18ftypmp42", (), PageReason.NOT_HTML),
        (b'{"a": 1}', (("Content-Type", "text/html"),), PageReason.NOT_HTML),
        (b"<?xml version='1.0'?><rss version='2.0'></rss>", (), PageReason.NOT_HTML),
        (b"just words", (), PageReason.NOT_HTML),
        (b"<html></html>", (), PageReason.EMPTY),
        (b"<html><body><script>var a = 1;</script></body></html>", (), PageReason.EMPTY),
        (b"<p>" + b"x" * LARGEST_PAGE, (), PageReason.TOO_LARGE),
    ],
)
def test_what_cannot_be_an_article_has_its_reason(body, headers, reason):
    assert rejected(body, headers=headers).reason is reason


def test_torture_78_a_pdf_served_as_html_is_told_by_its_bytes():
    assert rejected(b"%PDF-1.4\n%", url="https://journal.example/article-12345.html").detail == "the bytes are a PDF"


def test_a_page_of_fifty_megabytes_is_refused_without_being_read():
    result = rejected(b"<html><body>" + b"<p>mot</p>" * 5_242_880)
    assert (result.reason, result.detail) == (PageReason.TOO_LARGE, "52,428,812 bytes, more than the 16,777,216 that are read")


@pytest.mark.parametrize("depth", [200, 260, 300, 1000, 5000])
def test_torture_66_text_nested_deeper_than_the_parser_goes_is_not_lost(depth):
    for text in ("".join(f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS), "<br><br>".join(PARAGRAPHS)):
        nested = "<div>" * depth + text + "</div>" * depth
        assert article(html(body=nested)).text == "\n\n".join(PARAGRAPHS)


def test_torture_67_a_page_of_a_hundred_thousand_paragraphs_is_too_complex():
    assert rejected(html(body="<p>Une phrase.</p>" * 100_000)).reason is PageReason.TOO_COMPLEX


@pytest.mark.parametrize(
    "body",
    [
        "<p>" + "mot " * 200_000 + "</p>",
        "<p " + " ".join(f"a{n}='1'" for n in range(20_000)) + ">x</p>",
        "<img src='data:image/png;base64," + "A" * 4_000_000 + "'>",
        "<table><tr><td>" * 300 + "x" + "</td></tr></table>" * 300,
        "<!--" * 5_000 + "-->" * 5_000,
        "<ul><li>" * 400 + "x",
    ],
    ids=["one text node", "attributes", "base64", "tables", "comments", "lists"],
)
def test_torture_68_huge_parts_never_raise(body):
    result = read(html(body=body + "".join(f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS)))
    assert isinstance(result, Article | Rejected)
    assert not isinstance(result, Rejected) or result.reason is not PageReason.CRASHED


def test_torture_71_strange_characters_neither_reach_the_record_nor_change_its_digest():
    odd = (
        html()
        .replace(b"exposants", "expo\u00adsants\u200b".encode())
        .replace(b"mercredi", b"merc\x00redi")
        .replace(b"gare", "\u202egare\u202c\ufeff".encode())
    )
    assert article(odd).text == "\n\n".join(PARAGRAPHS)
    assert article(odd).text_digest == article(html()).text_digest


def test_torture_70_a_latin_page_declared_utf8_keeps_its_letters():
    body = html().decode().encode("cp1252")
    assert article(body, headers=(("Content-Type", "text/html; charset=UTF-8"),)).text == "\n\n".join(PARAGRAPHS)


def test_torture_72_a_short_article_is_kept_as_partial_and_not_filled_up():
    related = "<aside><h3>À lire aussi</h3><ul><li><a href='/x-10001.html'>Une autre foire, ailleurs, avec des figues</a></li></ul></aside>"
    result = article(
        html(head=json_ld(datePublished="2024-03-03"), body="<p>La foire rouvre jeudi matin. Elle fermera lundi soir.</p>", after=related)
    )
    assert result.text == "La foire rouvre jeudi matin. Elle fermera lundi soir."
    assert result.status is ArticleStatus.PARTIAL


def test_torture_77_script_in_an_article_is_data():
    text = article(html(body="".join(f"<p>{p} &lt;script&gt;alert(1)&lt;/script&gt;</p>" for p in PARAGRAPHS))).text
    assert "<script>alert(1)</script>" in text


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=600), st.sampled_from(["", "text/html", "text/html; charset=utf-8", "text/html; charset=windows-1256", "\x00"]))
def test_no_bytes_raise(body, content_type):
    read(body, headers=(("Content-Type", content_type),))


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.sampled_from(
            [
                "<p>",
                "</p>",
                "<div class='related'>",
                "</div>",
                "<h1>",
                "</h1>",
                "<br>",
                "<table><tr>",
                "<time datetime='x'>",
                "mots ",
                "3 mars 2024",
                "Lire aussi :",
                "<a href='::'>",
                "\x00",
                "é",
                "<figure>",
                "<script type='application/ld+json'>{",
                "</script>",
                "<base href='//['>",
            ]
        ),
        max_size=60,
    )
)
def test_no_soup_of_tags_crashes(pieces):
    result = read("".join(["<html><body>", *pieces]).encode())
    assert not isinstance(result, Rejected) or result.reason is not PageReason.CRASHED, result.detail


@pytest.mark.parametrize("url", ["https://[::1", "not an address", "", "https://journal.example:99999/x"])
def test_a_strange_address_does_not_crash_the_reading(url):
    result = read(html(), url=url)
    assert not isinstance(result, Rejected) or result.reason is not PageReason.CRASHED, result.detail


# ---------------------------------------------------------------- dates by their evidence


def day(result: Article) -> tuple[str, DateEvidence] | None:
    return (result.published.on.isoformat(), result.published.evidence) if result.published else None


def test_stated_dates_come_in_their_order_of_trust():
    meta = "<meta property='article:published_time' content='2024-02-02T10:00:00Z'>"
    item = "<time itemprop='datePublished' datetime='2024-01-03'>x</time>"
    assert day(article(html(head=json_ld(datePublished="2024-03-03") + meta, under=item))) == ("2024-03-03", DateEvidence.JSON_LD)
    assert day(article(html(head=meta, under=item))) == ("2024-02-02", DateEvidence.META)
    assert day(article(html(under=item))) == ("2024-01-03", DateEvidence.MICRODATA)


def test_the_addresss_day_wins_over_a_stated_one_a_day_beside_it():
    body = html(head=json_ld(datePublished="2024-03-02T12:30:00Z"))
    result = article(body, url="https://journal.example/2024/03/03/la-foire.html")
    assert result.published.on == date(2024, 3, 3)
    assert result.published.at == datetime(2024, 3, 2, 12, 30, tzinfo=UTC)
    assert day(article(body, url="https://journal.example/2024/03/09/la-foire.html"))[0] == "2024-03-02"


def test_the_address_alone_gives_the_day_and_the_headline_its_hour():
    result = article(html(under="<p>Le 3 mars 2024 à 18h05</p>"), url="https://journal.example/2024/03/03/la-foire-1.html")
    assert day(result) == ("2024-03-03", DateEvidence.URL)
    assert result.published.at == datetime(2024, 3, 3, 17, 5, tzinfo=UTC)


def test_the_day_is_that_of_the_sources_zone():
    assert day(article(html(head=json_ld(datePublished="2024-01-31T23:30:00Z"))))[0] == "2024-02-01"


def test_a_site_clock_is_never_the_day_of_the_article():
    clock = "<div class='date-du-jour'>mercredi 20 mars 2024</div>"
    assert day(article(html(before=clock))) is None
    assert day(article(html(before=clock, under="<p>3 octobre 2020</p>"))) == ("2020-10-03", DateEvidence.HEADLINE)


def test_a_copyright_year_is_never_a_day():
    assert day(article(html(after="<footer>© 2024 Le Journal du Sud</footer>"))) is None


def test_a_day_in_the_future_is_refused_and_the_next_evidence_taken():
    result = article(html(head=json_ld(datePublished="2031-03-03"), under="<p>Publié le 3 mars 2024</p>"))
    assert day(result) == ("2024-03-03", DateEvidence.HEADLINE)
    assert any(decision.field == "refused" for decision in result.decisions)


def test_a_relative_date_is_resolved_against_the_fetch_with_low_precision():
    result = article(html(under="<p>RÉGION - il y a 3 semaines</p>"))
    assert (result.published.on, result.published.precision) == (date(2024, 2, 28), Precision.WEEK)
    assert article(html(under="<p>il y a 3 semaines</p>"), now=None).published is None


def test_an_update_is_not_a_publication():
    result = article(html(under="<p>Publié le 3 mars 2024 à 10h00, mis à jour le 5 mars 2024 à 09h30</p>"))
    assert result.published.at == datetime(2024, 3, 3, 9, 0, tzinfo=UTC)
    assert result.modified_at == datetime(2024, 3, 5, 8, 30, tzinfo=UTC)


def test_what_a_feed_said_counts_when_the_page_says_nothing():
    hints = ReadingHints(title="Le Journal du Sud", discovered=Hints(published_at=NOW, published_on=NOW.date(), evidence=DateEvidence.FEED))
    assert day(article(html(), hints=hints)) == ("2024-03-20", DateEvidence.FEED)
    assert day(article(html(under="<p>3 mars 2024</p>"), hints=hints))[0] == "2024-03-03"


@pytest.mark.parametrize("phrase", ["il y a 2 semaines", "il y a 3 mois", "il y a 2 ans"])
def test_a_feeds_day_wins_over_a_phrase_that_tells_none(phrase):
    told = Hints(published_on=date(2024, 3, 1), evidence=DateEvidence.FEED)
    under = f"<p>{phrase}</p>"
    assert day(article(html(under=under), hints=ReadingHints(discovered=told))) == ("2024-03-01", DateEvidence.FEED)
    assert day(article(html(under=under)))[0] != "2024-03-01"
    assert day(article(html(under="<p>il y a 2 jours</p>"), hints=ReadingHints(discovered=told)))[1] == DateEvidence.HEADLINE


def test_torture_68_a_tag_with_a_hundred_thousand_attributes_keeps_its_first_ones():
    swarm = (
        "<p class='a' title=\"b > c\" "
        + " ".join(f"x{n}={n}" for n in range(100_000))
        + " hidden>Un texte</p><p data-x='"
        + "y " * 9_000
        + "'>deux</p>"
    )
    tree = parse(f"<html><body>{swarm}</body></html>")
    first, second = tree.iter("p")
    assert len(first.attrib) == 100
    assert first.get("title") == "b > c"
    assert (text_of(first), text_of(second)) == ("Un texte", "deux")
    assert len(second.get("data-x")) == 18_000


def test_a_page_in_an_unclosed_popup_is_still_read():
    body = "<aside class='Popup-Overlay'><p>Votre adresse</p><article><h1>Un titre</h1><div class='Entry-Text'>{}</div></article>"
    page = html(body="", title="Un titre").decode().replace("</body>", body.format("".join(f"<p>{p}</p>" for p in PARAGRAPHS)) + "</body>")
    assert PARAGRAPHS[0] in article(page.encode()).text


def test_an_article_of_one_paragraph_is_that_paragraph():
    body = (
        "<main><article><div class='cat'>اقتصاد</div><h1>موسم وفير</h1><div class='meta'><span>الاثنين 14 شتنبر 2015 - 08:22</span></div>"
        "<div class='article-body'><p>على التلال المحيطة بالمدينة فرشت الأغطية الخضراء تحت الأشجار منذ السادسة صباحا، ويعمل الأجداد والآباء والأبناء جنبا إلى جنب وهم يراقبون السماء.</p></div>"
        "</article></main><footer><p>جميع الحقوق محفوظة</p></footer>"
    )
    page = f"<html lang='ar'><head><title>موسم وفير - السهل</title></head><body><header><a href='/'>السهل</a></header>{body}</body></html>"
    found = article(page.encode(), url="https://journal.example/a/موسم-وفير-3176.html")
    assert (
        found.text
        == "على التلال المحيطة بالمدينة فرشت الأغطية الخضراء تحت الأشجار منذ السادسة صباحا، ويعمل الأجداد والآباء والأبناء جنبا إلى جنب وهم يراقبون السماء."
    )


def test_a_body_in_a_suspicious_container_is_found_however_long_its_headline_is():
    for title in ("Le marché rouvre", f"{PARAGRAPHS[0][:98]} enfin"):
        body = f"<div class='comment-body'>{''.join(f'<p>{one}</p>' for one in PARAGRAPHS)}</div>"
        page = f"<html lang='fr'><head><title>{title}</title><meta property='og:type' content='article'></head><body>"
        page += f"<header><nav><a href='/'>Accueil</a> <a href='/ville/'>Ville</a></nav></header><h1>{title}</h1>{body}</body></html>"
        assert article(page.encode()).text == "\n\n".join(PARAGRAPHS), title


def test_a_date_inside_the_text_is_not_the_articles():
    assert day(article(html(body=f"<p>{PARAGRAPHS[0]} Tout a commencé le 3 octobre 2012.</p><p>{PARAGRAPHS[1]}</p>"))) is None


# ---------------------------------------------------------------- layouts


def test_a_sources_layout_comes_before_the_general_rules():
    old = Layout(until=date(2021, 1, 1), body="#nowhere", title="h4")
    new = Layout(
        since=date(2021, 1, 1), body=".corps", title=".gros", date=".quand", authors=".qui", section=".ou", tags=".mots a", remove=(".pub",)
    )
    body = "<div class='gros'>Un autre titre</div><i class='qui'>Par Idir Amellal</i><b class='ou'>Terroir</b><u class='quand'>2 mars 2024 à 10h00</u>"
    body += f"<div class='corps'>{PARAGRAPHS[0]}<br><br>{PARAGRAPHS[1]}<div class='pub'>Achetez</div></div><s class='mots'><a>Dattes</a><a>Foire</a></s>"
    result = article(
        html(head=json_ld(datePublished="2024-03-03"), body=body), hints=ReadingHints(layouts=(old, new), time_zone="Africa/Casablanca")
    )
    assert result.title == "Un autre titre"
    assert result.text == "\n\n".join(PARAGRAPHS[:2])
    assert (result.authors, result.section, result.tags) == (("Idir Amellal",), "Terroir", ("Dattes", "Foire"))
    assert result.published.at == datetime(2024, 3, 2, 9, 0, tzinfo=UTC)


def test_a_layout_that_finds_nothing_or_is_broken_leaves_the_general_rules():
    layout = Layout(body="div[[", title=".none", remove=("!!",))
    assert article(html(), hints=ReadingHints(layouts=(layout,))).text == "\n\n".join(PARAGRAPHS)


def test_elements_that_a_selector_finds_inside_each_other_count_once():
    body = f"<div class='corps'><p>{PARAGRAPHS[0]}</p><div class='corps'><p>{PARAGRAPHS[1]}</p></div></div>"
    for selector in (".corps", ".corps, .corps p", "div"):
        result = article(html(body=body), hints=ReadingHints(layouts=(Layout(body=selector),)))
        assert result.text == "\n\n".join(PARAGRAPHS[:2]), selector


def test_a_selector_that_only_fails_on_a_page_leaves_the_general_rules():
    layout = Layout(body="a|div", title="x|h1", remove=("y|p",))
    assert article(html(), hints=ReadingHints(layouts=(layout,))).text == "\n\n".join(PARAGRAPHS)


@pytest.mark.parametrize(("body", "said"), [(".nowhere", "finds nothing"), (".vide", "holds no text")])
def test_a_body_selector_without_text_is_said_among_the_decisions(body, said):
    page = html(head=json_ld(datePublished="2024-03-02"), body="<div class='vide'></div>" + "".join(f"<p>{one}</p>" for one in PARAGRAPHS))
    result = article(page, hints=ReadingHints(layouts=(Layout(body=body),)))
    assert result.text == "\n\n".join(PARAGRAPHS)
    assert [one.why for one in result.decisions if one.value == body] == [f"layout of the source, but it {said}: the general rules"]


def test_a_layouts_day_does_not_cost_the_instant_that_is_stated_of_it():
    layout = ReadingHints(layouts=(Layout(date=".quand"),), time_zone="Africa/Casablanca")
    for shown, at in (("2 mars 2024", datetime(2024, 3, 2, 9, 0, tzinfo=UTC)), ("1 mars 2024", None)):
        page = html(
            head=json_ld(datePublished="2024-03-02T09:00:00Z"),
            body=f"<u class='quand'>{shown}</u><p>{PARAGRAPHS[0]}</p><p>{PARAGRAPHS[1]}</p>",
        )
        assert article(page, hints=layout).published.at == at, shown


# ---------------------------------------------------------------- verdicts


@pytest.mark.parametrize(
    ("title", "text", "reason"),
    [
        ("404", "Rien ici.", PageReason.SOFT_404),
        ("Page not found", "We could not find what you asked for, sorry about that.", PageReason.SOFT_404),
        ("الصفحة غير موجودة", "عذرا", PageReason.SOFT_404),
        ("503 Service Unavailable", "Try later.", PageReason.ERROR_PAGE),
        ("Site en maintenance", "Revenez dans une heure.", PageReason.ERROR_PAGE),
        ("Just a moment...", "Checking your browser before you go on.", PageReason.BLOCKED),
        ("Before you continue", "We use cookies.", PageReason.CONSENT),
        ("Oups, cette page n’existe plus", "Essayez la recherche, ou revenez à la une du journal.", PageReason.SOFT_404),
        ("Sorry, we can't find that page", "Try the search.", PageReason.SOFT_404),
        ("Lo sentimos, la página no existe", "Prueba con el buscador.", PageReason.SOFT_404),
        ("عذرا، الصفحة غير متوفرة", "جرب البحث في الموقع", PageReason.SOFT_404),
        ("Seite nicht gefunden", "Die Seite existiert nicht mehr.", PageReason.SOFT_404),
        ("Pagina non trovata", "La pagina richiesta non esiste o è stata spostata.", PageReason.SOFT_404),
        ("Página não encontrada", "A página que procura não existe ou foi movida.", PageReason.SOFT_404),
        ("Pagina niet gevonden", "De opgevraagde pagina bestaat niet meer.", PageReason.SOFT_404),
        ("Wegen Wartungsarbeiten", "Wir sind gleich zurück.", PageReason.ERROR_PAGE),
        ("Sito in manutenzione", "Torniamo presto.", PageReason.ERROR_PAGE),
        ("Accesso negato", "Non hai i permessi.", PageReason.BLOCKED),
        ("Acesso negado", "Volte mais tarde.", PageReason.BLOCKED),
        ("Weiterlesen mit Werbung", "Besuchen Sie uns wie gewohnt mit Werbung. Zustimmen und weiter.", PageReason.CONSENT),
        ("La tua privacy", "Noi e i nostri 812 partner utilizziamo i cookie.", PageReason.CONSENT),
        ("A sua privacidade", "Nós e os nossos 812 parceiros usamos cookies.", PageReason.CONSENT),
        ("Tu privacidad es importante", "Nosotros y nuestros socios utilizamos cookies.", PageReason.CONSENT),
        ("نحن نهتم بخصوصيتك", "نستخدم نحن وشركاؤنا ملفات تعريف الارتباط.", PageReason.CONSENT),
        ("Le port rouvre", "Déjà abonné ? Connectez-vous.", PageReason.PAYWALL),
        ("Port reopens", "This article is for subscribers only. Subscribe to continue reading.", PageReason.PAYWALL),
        ("Hafen öffnet", "Dieser Artikel ist nur für Abonnenten. Jetzt Abo abschließen.", PageReason.PAYWALL),
        ("Il porto riapre", "Contenuto riservato agli abbonati.", PageReason.PAYWALL),
        ("Porto reabre", "Conteúdo exclusivo para assinantes.", PageReason.PAYWALL),
        ("El puerto reabre", "Contenido exclusivo para suscriptores.", PageReason.PAYWALL),
        ("Haven opent", "Dit artikel is alleen voor abonnees.", PageReason.PAYWALL),
        ("الميناء يفتح أبوابه", "هذا المحتوى مخصص للمشتركين فقط.", PageReason.PAYWALL),
    ],
)
def test_pages_that_apologise_are_no_articles(title, text, reason):
    body = f"<html><head><title>{title}</title></head><body><h1>{title}</h1><p>{text}</p></body></html>".encode()
    assert rejected(body).reason is reason


@pytest.mark.parametrize(
    "title",
    [
        "Erreur 404 : pourquoi les pages disparaissent du web",
        "Maintenance du barrage : l'eau coupée deux jours",
        "Cookies : la recette de Fatima",
        "Un momento de calma en el puerto",
        "Sorry, die Halle bleibt zu",
        "La tua privacy vale un milione",
    ],
)
def test_headlines_that_mention_such_words_are_articles(title):
    assert article(html(title=title)).title == title


def test_torture_65_front_and_list_pages_are_listings():
    teasers = "".join(
        f"<article><h2><a href='/a-{n}0000.html'>Un titre de plus, le numéro {n}</a></h2><p>Deux lignes à peine.</p></article>"
        for n in range(9)
    )
    body = f"<html><head><title>Région</title></head><body class='archive category'><h1>Région</h1>{teasers}</body></html>".encode()
    for url in (
        "https://journal.example/",
        "https://journal.example/region",
        "https://journal.example/tag/foire",
        "https://journal.example/region/page/3",
    ):
        assert rejected(body, url=url).reason is PageReason.LISTING


def test_torture_65_an_article_with_many_links_to_others_stays_one():
    teasers = "".join(f"<h3><a href='/a-{n}0000.html'>Un titre de plus, le numéro {n}</a></h3>" for n in range(20))
    assert article(
        html(head=json_ld(datePublished="2024-03-03"), after=f"<section><h2>À lire aussi</h2>{teasers}</section>")
    ).text == "\n\n".join(PARAGRAPHS)


def test_a_film_without_text_is_a_video():
    body = (
        "<html><head><title>Le journal télévisé</title></head><body><h1>Le journal télévisé</h1><video src='x.mp4'></video></body></html>"
    )
    assert rejected(body.encode(), url="https://journal.example/video/journal-televise-du-soir").reason is PageReason.VIDEO


def test_a_wall_of_pictures_is_a_gallery():
    figures = "".join(f"<figure><img src='{n}.jpg'><figcaption>Vue {n}</figcaption></figure>" for n in range(8))
    body = f"<html><head><title>La foire en images</title></head><body><h1>La foire en images</h1><p>Huit vues de la foire prises jeudi.</p>{figures}</body></html>"
    for folder in ("photos", "en-images", "bildergalerie", "fotostrecke", "fotogallery", "galerias", "fotogalerias", "صور"):
        assert rejected(body.encode(), url=f"https://journal.example/{folder}/foire").reason is PageReason.GALLERY


def test_torture_17_a_teaser_behind_a_paywall_is_kept_as_such():
    closed = json_ld(datePublished="2024-03-03", isAccessibleForFree=False)
    assert article(html(head=closed, body=f"<p>{PARAGRAPHS[0]}</p><p>{PARAGRAPHS[1]}</p>")).status is ArticleStatus.PAYWALLED


INVITATIONS = [
    "Article réservé aux abonnés. Connectez-vous pour lire la suite.",
    "Il vous reste 72 % de cet article à lire.",
    "This article is for subscribers only. Subscribe to continue reading.",
    "Contenido exclusivo para suscriptores. Suscríbete para seguir leyendo.",
    "هذا المحتوى مخصص للمشتركين فقط. اشترك لقراءة المزيد.",
    "Dieser Artikel ist nur für Abonnenten. Jetzt Abo abschließen und weiterlesen.",
    "Contenuto riservato agli abbonati. Abbonati per continuare a leggere.",
    "Conteúdo exclusivo para assinantes. Assine para continuar a ler.",
    "Dit artikel is alleen voor abonnees. Word abonnee om verder te lezen.",
]


@pytest.mark.parametrize("invitation", INVITATIONS)
def test_a_teaser_that_ends_in_an_invitation_is_paywalled_and_does_not_hold_it(invitation):
    found = article(html(body=f"<p>{PARAGRAPHS[0]}</p><p>{PARAGRAPHS[1]}</p><div><p>{invitation}</p></div>"))
    assert (found.status, found.text) == (ArticleStatus.PAYWALLED, "\n\n".join(PARAGRAPHS[:2]))


def test_a_masthead_that_asks_subscribers_to_sign_in_closes_no_article():
    found = article(
        html(before="<header><a href='/compte'>Déjà abonné ? Connectez-vous</a></header>", body=f"<p>{PARAGRAPHS[0]} {PARAGRAPHS[1]}</p>")
    )
    assert found.status is ArticleStatus.COMPLETE


def test_torture_68_thousands_of_headings_fields_and_brackets_are_no_more_work_than_some():
    """Each of these once cost a look at all the others."""
    many = "<h3>Lire aussi</h3><p>Un mot</p>" * 1_200
    assert article(html(after=many)).text.startswith(PARAGRAPHS[0])
    assert article(html(after="<div>" * 200 + "<input type='email'>" * 4_000)).text == "\n\n".join(PARAGRAPHS)
    assert article(html(head=f"<meta name='author' content='{'(avec ' * 30_000}'>")).text == "\n\n".join(PARAGRAPHS)


@pytest.mark.parametrize("url", ["https://journal.example/?p=2895", "https://journal.example/la-foire/"])
def test_an_article_that_names_the_next_one_is_no_page_of_a_list(url):
    beside = "<link rel='prev' href='https://journal.example/?p=2890'><link rel='next' href='/les-quais/'>"
    body = "".join(f"{paragraph}<br><br>" for paragraph in PARAGRAPHS)  # no paragraph in the markup, hardly any prose by the shape
    assert article(html(head=beside, body=f"<div>{body}</div>"), url=url).title == TITLE


@pytest.mark.parametrize("head", ["<link rel='next' href='/actu/page/2/'>", "<link rel='prev' href='?page=3'>"])
def test_a_list_that_names_its_next_page_is_one(head):
    teasers = "".join(f"<article><h2><a href='/a-{n}'>Un titre de la liste, le {n}</a></h2></article>" for n in range(9))
    page = f"<html><head><title>Actu</title>{head}</head><body><h1>Actu</h1>{teasers}</body></html>"
    assert rejected(page.encode(), url="https://journal.example/actu/").reason is PageReason.LISTING


def test_a_live_page_says_so():
    live = f"<script type='application/ld+json'>{json.dumps({'@type': 'LiveBlogPosting', 'headline': TITLE, 'datePublished': '2024-03-03'})}</script>"
    assert article(html(head=live)).status is ArticleStatus.LIVE


LIVE = [
    "EN DIRECT. Port de Tanger : suivez la réouverture",
    "En directo | Puerto de Tánger: última hora",
    "Live: Tangier port reopens – latest updates",
    "Liveticker: Hafen von Tanger öffnet wieder",
    "Diretta | Porto di Tangeri, la riapertura",
    "AO MINUTO. Porto de Tânger reabre os cais",
    "مباشر.. إعادة فتح ميناء طنجة",
    "Liveblog: haven van Tanger opent weer",
]


def entries(*times: str) -> str:
    return "".join(f"<div><p><b>{time}</b></p><p>{PARAGRAPHS[n]}</p></div>" for n, time in enumerate(times))


@pytest.mark.parametrize("title", LIVE)
def test_a_title_that_says_live_over_entries_with_their_times_is_live(title):
    assert article(html(title=title, body=entries("18:05", "17:40", "16h10"))).status is ArticleStatus.LIVE


def test_live_is_no_more_than_a_word_without_entries():
    assert article(html(title=LIVE[2], body=entries("18:05", "18:05", "Lundi"))).status is ArticleStatus.COMPLETE
    assert article(html(title="Live music returns to the port", body=entries("18:05", "17:40", "16:10"))).status is ArticleStatus.COMPLETE
    under = "https://journal.example/direct/le-port-rouvre-12345.html"
    assert article(html(body=entries("18:05", "17:40", "16:10")), url=under).status is ArticleStatus.LIVE


def test_a_press_review_says_so_with_the_reason():
    found = article(html(title="Revue de presse du 3 mars : la foire aux dattes"))
    assert found.status is ArticleStatus.PRESS_REVIEW
    assert any(decision.value == "press_review" and "its title says so" in decision.why for decision in found.decisions)


def test_a_press_review_behind_a_wall_is_paywalled_first():
    closed = json_ld(datePublished="2024-03-03", isAccessibleForFree=False)
    assert article(html(head=closed, body=f"<p>{PARAGRAPHS[0]}</p>", title="Revue de presse")).status is ArticleStatus.PAYWALLED


def test_noindex_is_no_reason_to_reject():
    assert article(html(head="<meta name='robots' content='noindex'>")).title == TITLE


@pytest.mark.parametrize("tail", [" - La Gazette du Quai", " | Monde | La Gazette du Quai", " – La Gazette du Quai"])
def test_a_paper_that_signs_with_the_name_of_its_page_titles_is_no_person(tail):
    page = html(under="<p>Par La Gazette du Quai</p>").replace(b" - Le Journal du Sud", tail.encode(), 1)
    found = article(page, hints=ReadingHints())
    assert (found.authors, found.publisher) == ((), "La Gazette du Quai")


# ---------------------------------------------------------------- around and along the text


def test_torture_73_what_stands_around_an_article_is_not_its_text():
    clutter = (
        "<div class='share'><a href='https://www.facebook.com/sharer'>Facebook</a> <a href='#'>Partager</a></div>"
        "<section><h3>À lire aussi</h3><ul><li><a href='/x-10001.html'>Une autre foire, ailleurs, avec des figues</a></li></ul></section>"
        "<div class='bloc'><h3>Articles similaires</h3><p><a href='/y-10002.html'>Les dattes de l'an dernier se vendaient moins cher</a></p></div>"
        "<p>Sujets associés : Dattes - Foires - Commerce</p>"
        "<form><h4>Recevez notre newsletter</h4><input name='mail'><button>Je m'inscris</button></form>"
        "<div id='comments'><h3>2 commentaires</h3><p>Un lecteur : très bel article, merci à toute la rédaction pour ce reportage.</p></div>"
    )
    found = article(html(after=clutter))
    assert found.text == "\n\n".join(PARAGRAPHS)
    inside = html(body="".join(f"<p>{paragraph}</p>" for paragraph in PARAGRAPHS) + clutter)
    assert article(inside).text == "\n\n".join(PARAGRAPHS)
    assert article(inside).tags == ("Dattes", "Foires", "Commerce")


def test_torture_75_a_body_stated_for_machines_is_taken_only_where_the_page_has_hardly_any_and_the_reading_says_so():
    whole = "\n\n".join(PARAGRAPHS)
    shorter = article(html(head=json_ld(articleBody=PARAGRAPHS[0])))
    other = article(html(head=json_ld(articleBody=whole + " Un mot de plus.")))
    assert shorter.text == other.text == whole
    bare = article(html(head=json_ld(articleBody=whole), body="<p>Lire la suite</p>"))
    assert bare.text == whole
    assert [one.why for one in bare.decisions if (one.step, one.field) == ("extract", "text")] == ["JSON-LD articleBody"]


def test_torture_74_every_entry_of_a_live_blog_is_kept_once_and_in_order():
    entries = [
        f"À {hour:02} h {minute:02}, le convoi passe le col numéro {hour * 60 + minute} sous la neige, sans incident."
        for hour in range(5)
        for minute in range(60)
    ]
    shown = "".join(f"<div class='entree'><time>{entry[2:9]}</time><p>{entry}</p></div>" for entry in entries)
    head = f"<script type='application/ld+json'>{json.dumps({'@type': 'LiveBlogPosting', 'headline': TITLE, 'datePublished': '2024-03-03'})}</script>"
    found = article(html(head=head, body=shown))
    kept = [line for line in found.text.split("\n\n") if line in set(entries)]
    assert kept == entries
    assert found.status is ArticleStatus.LIVE
