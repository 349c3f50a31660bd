"""Articles that stand on several pages, crawled for real: followed to their last page, joined, kept so when read again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from db.query import ArticleQuery
from db.vocabulary import ArticleStatus, SaveOutcome
from pipeline import reprocess
from pipeline.reprocess import Wanted

NOW = datetime.now(UTC)
PATH = "/maroc/le-port-de-la-ville-s-agrandit"
TOWNS = ("Tanger", "Oran", "Bizerte", "Agadir", "Annaba", "Sfax", "Rabat", "Skikda")


def prose(number: int) -> list[str]:
    return [f"À {town}, le quai {number}{n} accueille {n * 7 + number} lignes de plus, disent les marins." for n, town in enumerate(TOWNS)]


def path(number: int) -> str:
    return PATH if number == 1 else f"{PATH}?page={number}"


def changed_at(desk, at: datetime) -> None:
    entry = f"<url><loc>http://paper.test{PATH}</loc><lastmod>{at.isoformat(timespec='seconds')}</lastmod></url>"
    body = f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{entry}</urlset>'
    desk.paper["/sitemap.xml"] = desk.press.Answer(body.encode(), headers={"Content-Type": "application/xml"})


LEAD = "Le port de la ville s'agrandit de quarante quais, et les marins attendent les travaux depuis dix ans."


def lay(desk, last: int, *, said: int | None = None, missing: tuple[int, ...] = (), moved: bool = False, lead: bool = False) -> None:
    """Put the article's pages into the paper: `last` of them, whose pagers name `said`.

    With a line on another page (`moved`), or with one that every page repeats (`lead`).
    """
    desk.paper["/feed"] = desk.press.feed("paper.test", [PATH])
    for number in range(1, last + 1):
        names = range(1, (said or last) + 1)
        links = " ".join(str(n) if n == number else f'<a href="{path(n)}">{n}</a>' for n in names)
        own = prose(number)
        if moved:
            own = own[:-1] if number == 2 else [*prose(2)[-1:], *own] if number == 3 else own
        lines = "".join(f"<p>{line}</p>" for line in ([LEAD, *own] if lead else own))
        body = f"<article><h1>Le port de la ville s'agrandit</h1>{lines}</article><div class='pages'>Page {links}</div>"
        if number not in missing:
            desk.paper[path(number)] = desk.press.html("Le port de la ville s'agrandit", body)


def article(desk):
    with desk.database.read() as tx:
        [found] = ArticleQuery(tx).articles()
    return found


def whole(last: int) -> str:
    return "\n\n".join(line for number in range(1, last + 1) for line in prose(number))


@pytest.mark.parametrize("follow", [True, False], ids=["following links", "feeds alone"])
def test_torture_74_an_article_on_four_pages_is_one(desk_on_both, follow):
    desk = desk_on_both
    desk.source(discovery=f'feeds = ["/feed"]\nfollow_links = {str(follow).lower()}', articles="allow = []")
    lay(desk, 4)
    report = desk.crawl()
    kept = article(desk)
    assert (kept.text, kept.status) == (whole(4), ArticleStatus.COMPLETE)
    assert {word: report.counts.get(word, 0) for word in (SaveOutcome.NEW, SaveOutcome.PART)} == {SaveOutcome.NEW: 1, SaveOutcome.PART: 3}
    again = desk.crawl(after=timedelta(hours=1))
    assert again.counts.get("fetched", 0) - again.counts.get("parsed", 0) <= 1
    assert article(desk).text == whole(4)


def test_a_page_found_before_the_first_leads_on_as_well(desk):
    desk.source(articles="allow = []")
    lay(desk, 3)
    desk.paper["/feed"] = desk.press.feed("paper.test", [path(2), PATH])
    desk.crawl()
    kept = article(desk)
    assert (kept.text, kept.status) == (whole(3), ArticleStatus.COMPLETE)


def test_columns_that_follow_each_other_are_not_followed(desk):
    """Each links to the next by a figure, on another day."""
    desk.source(discovery='feeds = ["/feed"]\nfollow_links = false', articles="allow = []")
    names = ["/editorial", *(f"/editorial-{number}" for number in range(2, 6))]
    desk.paper["/feed"] = desk.press.feed("paper.test", names[:1])
    for number, name in enumerate(names, 1):
        head = f'<meta property="article:published_time" content="2024-03-0{number}T10:00:00Z">'
        links = " ".join(f'<a href="{other}">{n}</a>' for n, other in enumerate(names, 1) if n != number)
        lines = "".join(f"<p>{line}</p>" for line in prose(number))
        desk.paper[name] = desk.press.html("Éditorial", f"<article><h1>Éditorial</h1>{lines}</article><div>{links}</div>", head=head)
    desk.crawl()
    with desk.database.read() as tx:
        kept = {found.url.removeprefix("http://paper.test"): found.status for found in ArticleQuery(tx).articles()}
    assert kept == dict.fromkeys(names[:2], ArticleStatus.COMPLETE)


def test_a_page_that_cannot_be_had_leaves_the_article_partial(desk):
    desk.source(articles="allow = []")
    lay(desk, 3, missing=(3,))
    desk.crawl()
    kept = article(desk)
    assert (kept.text, kept.status) == (whole(2), ArticleStatus.PARTIAL)


def test_torture_74_a_site_that_answers_every_number_with_the_first_page_is_not_followed_for_ever(desk):
    desk.source(articles="allow = []")
    lay(desk, 1, said=30)
    for number in range(2, 31):
        desk.paper[path(number)] = desk.paper[PATH]
    desk.crawl()
    kept = article(desk)
    assert (kept.text, kept.status) == (whole(1), ArticleStatus.COMPLETE)
    assert [asked.path for asked in desk.press.asked("paper.test") if "page=" in asked.path] == [path(2)]


def test_torture_76_a_page_that_leads_on_is_changed_and_so_are_those_behind_it(desk_on_both):
    """The publisher writes a fourth page, moves a paragraph from the second page to the third, and corrects the first."""
    desk = desk_on_both
    desk.source(discovery='sitemaps = ["/sitemap.xml"]', articles="allow = []")
    lay(desk, 3)
    changed_at(desk, NOW - timedelta(days=2))
    desk.crawl()
    lay(desk, 4, moved=True)
    changed_at(desk, NOW + timedelta(hours=5))
    report = desk.crawl(after=timedelta(hours=6))
    kept = article(desk)
    assert (kept.text, kept.status) == (whole(4), ArticleStatus.COMPLETE)
    assert report.counts.get(SaveOutcome.PART) == 3


def test_a_page_that_leads_to_another_article_by_now_is_none(desk):
    desk.source(articles="allow = []")
    lay(desk, 2, missing=(2,))
    desk.paper[path(2)] = desk.press.redirect("/maroc/breve-12")
    lines = "".join(f"<p>{line}</p>" for line in prose(7))
    desk.paper["/maroc/breve-12"] = desk.press.html("Tout autre chose", f"<article><h1>Tout autre chose</h1>{lines}</article>")
    desk.crawl()
    with desk.database.read() as tx:
        assert sorted(found.text for found in ArticleQuery(tx).articles()) == sorted([whole(1), "\n\n".join(prose(7))])


def test_reading_again_leaves_it_whole_and_says_so_before(desk_on_both):
    desk = desk_on_both
    desk.source(articles="allow = []")
    lay(desk, 3, lead=True)
    desk.crawl()
    text = f"{LEAD}\n\n{whole(3)}"
    wanted = Wanted(where="reading_version >= 0")
    chosen = reprocess.choose(desk.database, desk.registry, wanted)
    foreseen = reprocess.preview(desk.spec(), desk.database, desk.registry, chosen, sample=10)
    assert (foreseen.counts, foreseen.characters) == ({"unchanged": 3}, (len(text) - 4, len(text) - 4))
    [report] = reprocess.reprocess(desk.spec(), desk.database, desk.registry, wanted, chosen)
    assert report.counts.get(SaveOutcome.SAME) == 3
    assert article(desk).text == text
