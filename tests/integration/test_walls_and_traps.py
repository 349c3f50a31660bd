"""Walls, signposts, traps and addresses that have moved, over real sockets: what is asked for, what is stored, what the run says."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from crawlers.registry import Registry
from crawlers.spec import EngineSpec
from crawlers.standing import REFUSALS
from db.engine import Database
from db.pages import PageStore
from db.query import ArticleQuery
from db.vocabulary import PageReason, PageState, RunState, Trap
from pipeline import jobs
from pipeline.report import RunReport
from pipeline.session import SessionSpec

PAPER = """
home = "http://paper.test/"
[discovery]
guess = false
{discovery}
[articles]
{articles}
[politeness]
delay = {delay}
"""
HOUR = timedelta(hours=1)
TOWNS = ("Alger", "Blida", "Constantine", "Djelfa", "Ghardaïa", "Jijel", "Khenchela", "Laghouat", "Mascara", "Naâma", "Oran", "Relizane")


class Desk:
    """One paper, a database, and crawls of it to their end."""

    def __init__(self, press, url: str, folder: Path) -> None:
        self.press, self.folder = press, folder
        self.paper = press.papers.setdefault("paper.test", {})
        self.database, self.url = Database.open(url), url
        (folder / "sources").mkdir()

    def source(self, *, discovery: str = 'feeds = ["/feed"]', articles: str = 'allow = ["^/article/"]', delay: float = 0) -> None:
        (self.folder / "sources" / "paper.toml").write_text(PAPER.format(discovery=discovery, articles=articles, delay=delay))

    def crawl(self, *, later: timedelta = timedelta(0), warns: str = "") -> RunReport:
        """A crawl after some time has passed; the log may hold nothing but what it `warns` of."""
        spec = EngineSpec(
            database_url=self.url,
            archive=self.folder / "archive",
            source_folders=(self.folder / "sources",),
            bundled_sources=False,
            resolve=self.press.resolve,
            timeout=5.0,
            clock_offset=later,
            log_file=self.folder / "engine.log",
            log_level="WARNING",
        )
        registry = Registry([self.folder / "sources"], bundled=False)
        [report] = jobs.crawl(SessionSpec(spec, readers=1), self.database, registry, ["paper"])
        said = (self.folder / "engine.log").read_text().splitlines()
        assert [line for line in said if not warns or warns not in line] == []
        return report

    def articles(self) -> list[str]:
        with self.database.read() as tx:
            return sorted(article.url.removeprefix("http://paper.test") for article in ArticleQuery(tx).articles())

    def page(self, path: str):
        with self.database.read() as tx:
            return PageStore(tx).latest(f"http://paper.test{path}")

    def story(self, n: int):
        town, other = TOWNS[n % 12], TOWNS[(5 * n + 3) % 12]
        lines = "".join(
            f"<p>À {town}, le conseil a voté {n * 13 + k} routes vers {other}, attendues depuis {k + 2} ans déjà.</p>" for k in range(5)
        )
        return self.press.html(f"Conseil numéro {n}", f"<article><h1>Conseil numéro {n}</h1>{lines}</article>")


@pytest.fixture
def desk(press, make_database_url, tmp_path) -> Iterator[Desk]:
    made = Desk(press, make_database_url("sqlite"), tmp_path)
    yield made
    made.database.close()


# ---------------------------------------------------------------- walls


def test_torture_16_bot_walls_are_reported_by_name_and_nothing_of_them_is_stored(desk: Desk, press):
    desk.source()
    wall = press.html(
        "Just a moment...", '<p>Checking.</p><a href="/article/9">Un titre assez long</a>', "<script>window._cf_chl_opt={}</script>"
    )
    captcha = press.html("Journal", '<p>Êtes-vous humain ?</p><form><div class="h-captcha"></div></form>')
    paths = [f"/article/{n}" for n in range(1, 6)]
    desk.paper |= {
        "/feed": press.feed("paper.test", paths),
        "/": press.html("Une", press.links(paths)),
        "/article/1": wall,
        "/article/2": press.Answer(wall.body, 503, wall.headers),
        "/article/3": press.Answer(desk.story(3).body, 403, {**wall.headers, "cf-mitigated": "challenge"}),
        "/article/4": captcha,
        "/article/5": press.Answer(b"<p>Not in your country.</p>", 451, wall.headers),
    }
    report = desk.crawl(warns="refuses us")
    assert desk.articles() == []
    assert report.counts["blocked"] == 5
    assert "5 blocked; it refuses us" in str(report.note)
    assert "answered by a bot wall: 3 by Cloudflare, 1 by a CAPTCHA" in str(report.note)
    asked = press.paths("paper.test")
    assert [asked.count(path) for path in paths] == [1] * 5, "a wall is not run against"
    assert "/article/9" not in asked, "no link of a wall is followed"
    page = desk.page("/article/1")
    assert (page.state, page.reason, page.detail) == (PageState.FAILED, PageReason.BLOCKED, "Cloudflare")

    desk.paper |= {path: desk.story(n) for n, path in enumerate(paths, 1)}
    assert desk.crawl(later=HOUR, warns="refuses us").counts["new"] == 4, "a wall proves nothing about the page; a plain refusal is final"
    assert desk.articles() == paths[:4]


def test_torture_16_a_wall_in_the_place_of_feed_and_home_page(desk: Desk, press):
    desk.source(discovery='feeds = ["/feed"]\nsitemaps = ["/map.xml"]')
    wall = press.html("Journal", '<a href="/article/9">Un titre assez long</a>', "<script>document.cookie='a=1';location.reload()</script>")
    desk.paper |= {"/feed": wall, "/map.xml": wall, "/": wall}
    report = desk.crawl()
    assert report.counts["blocked"] == 3
    assert "3 by a JavaScript test" in str(report.note)
    assert sorted(press.paths("paper.test")) == ["/", "/feed", "/map.xml", "/robots.txt"]


def test_torture_16_a_run_that_meets_nothing_but_walls_stops_and_the_next_goes_on(desk: Desk, press):
    desk.source(delay=0.2)
    wall = press.html("Just a moment...", "", "<script>window._cf_chl_opt={}</script>")
    paths = [f"/article/{n}" for n in range(1, 101)]
    desk.paper |= {"/feed": press.feed("paper.test", paths), "/": press.html("Une"), **dict.fromkeys(paths, wall)}
    report = desk.crawl(warns="refuses us")
    asked = [path for path in press.paths("paper.test") if path in paths]
    assert report.state is RunState.STOPPED
    assert len(asked) == REFUSALS
    assert report.counts["left"] > 0
    desk.source(delay=0)
    desk.paper |= {path: desk.story(n) for n, path in enumerate(paths, 1)}
    desk.crawl(later=HOUR, warns="refuses us")
    assert desk.articles() == sorted(paths)


def test_torture_17_consent_walls_are_reported_and_not_stored(desk: Desk, press):
    desk.source()
    form = '<p>Nous utilisons des cookies.</p><form action="https://consent.ads.test/save"><button>Accepter</button></form>'
    paths = [f"/article/{n}" for n in range(1, 5)]
    desk.paper |= {
        "/feed": press.feed("paper.test", paths),
        "/": press.html("Une", press.links(paths)),
        "/article/1": press.redirect("http://consent.paper.test/ask?continue=/article/1", 302),
        "/article/2": press.redirect("/consent?continue=%2Farticle%2F2", 302),
        "/article/3": press.html("Journal", form),
        "/article/4": press.html("Avant de continuer", "<p>Nous utilisons des cookies pour vous offrir le meilleur service.</p>"),
        "/consent?continue=%2Farticle%2F2": press.html("Consentement", form),
    }
    report = desk.crawl()
    assert (desk.articles(), report.counts["consent"]) == ([], 4)
    assert "no article: 4 consent; a consent wall" in str(report.note)
    assert not [path for path in press.paths("paper.test") if path.startswith("/consent")]


# ---------------------------------------------------------------- signposts


def test_torture_11_a_redirect_to_another_registered_domain_is_kept_and_told(desk: Desk, press):
    desk.source()
    press.papers["other.test"] = {"/article/1": desk.story(1)}
    desk.paper |= {
        "/feed": press.feed("paper.test", ["/article/1"]),
        "/": press.html("Une"),
        "/article/1": press.redirect("http://other.test/article/1"),
    }
    report = desk.crawl()
    assert (desk.articles(), press.asked("other.test")) == ([], [])
    page = desk.page("/article/1")
    assert (page.state, page.reason, page.detail) == (PageState.REJECTED, PageReason.OFF_SITE, "sent to http://other.test/article/1")
    assert "lead to another site" in str(report.note)


def test_torture_14_pages_that_only_lead_on(desk: Desk, press):
    desk.source()
    refresh = '<meta http-equiv="refresh" content="{}">'
    words = desk.story(4).body.decode().partition("<body>")[2].partition("</body>")[0]
    paths = [f"/article/{n}" for n in range(1, 5)]
    desk.paper |= {
        "/": press.html("Une", "", refresh.format("0; url=/fr/")),
        "/fr/": press.html("Une", press.links(["/article/5"])),
        "/feed": press.feed("paper.test", paths),
        "/article/1": press.html("Redirection", "Opening http://paper.test/article/10", "<script>location='/article/10'</script>"),
        "/article/2": press.html("Redirection", "", refresh.format("0; url=http://other.test/2")),
        "/article/3": press.html("Redirection", "", refresh.format("1; url=/article/2")),
        "/article/4": press.html("Conseil numéro 4", words, refresh.format("300; url=/article/4")),
        "/article/5": desk.story(5),
        "/article/10": desk.story(10),
    }
    report = desk.crawl()
    assert desk.articles() == ["/article/10", "/article/4", "/article/5"]
    assert (report.counts["off_site"], report.counts["new"]) == (1, 3)
    asked = press.paths("paper.test")
    assert {path: asked.count(path) for path in asked} == dict.fromkeys(asked, 1), "a page that reloads itself is not asked again"
    assert press.asked("other.test") == []
    desk.crawl()
    assert press.paths("paper.test").count("/fr/") == 2, "what a front page leads to is looked at by every crawl"


# ---------------------------------------------------------------- what is no article


def test_torture_15_and_65_lists_and_apologies_among_the_articles_are_not_stored(desk: Desk, press):
    desk.source()
    gone = press.html("Page introuvable", "<h1>Page introuvable</h1><p>Cette page n'existe pas ou n'existe plus.</p>")
    blurbs = "".join(f'<h2><a href="/article/{n}">Le conseil de la ville numéro {n} a voté</a></h2><p>Suite.</p>' for n in range(20, 40))
    gallery = "".join(f'<figure><img src="/{n}.jpg"><figcaption>Vue {n}</figcaption></figure>' for n in range(8))
    desk.paper |= {
        "/feed": press.feed(
            "paper.test", ["/article/1", "/article/2", "/article/tag/economie", "/article/galerie/vues-du-port", "/article/5"]
        ),
        "/": press.html("Une"),
        "/article/1": gone,
        "/article/2": press.html("Erreur 404 - Journal", "<p>Oups.</p>"),
        "/article/tag/economie": press.html("Économie", f'<div class="liste">{blurbs}</div>', '<link rel="next" href="?page=2">'),
        "/article/galerie/vues-du-port": press.html("Vues du port", f"<h1>Vues du port</h1>{gallery}"),
        "/article/5": desk.story(5),
    }
    report = desk.crawl()
    assert desk.articles() == ["/article/5"]
    assert report.counts["soft_404"] == 2
    assert desk.page("/article/tag/economie").reason is PageReason.LISTING
    assert desk.page("/article/galerie/vues-du-port").state is PageState.REJECTED


# ---------------------------------------------------------------- traps


def test_torture_57_traps_are_left_alone_and_counted(desk: Desk, press):
    desk.source(discovery="", articles="")
    stories = [f"/le-conseil-de-la-ville-a-vote-les-routes,{n}.html" for n in range(1, 4)]
    bait = [
        "/agenda/2031/02",
        "/monde?date=2031-02-05",
        "/a/b/a/b/a/b/le-conseil-a-vote-les-routes",
        "/monde?sort=date",
        "/monde?color=a&size=b",
    ]
    bait += ["/monde?ssid=4f2a9c1b7d3e5a6f8b", "/" + "/".join("abcdefghijkl")]
    desk.paper |= {
        "/": press.html("Une", press.links([*stories[:2], *bait, "/monde"])),
        "/monde": press.html("Monde", press.links([stories[2], *bait], '<a rel="next" href="/monde/2031/02/">suite</a>')),
        **{path: desk.story(n) for n, path in enumerate(stories)},
    }
    report = desk.crawl()
    assert desk.articles() == stories
    assert sorted(press.paths("paper.test")) == sorted(["/robots.txt", "/", "/monde", *stories])
    assert {word: report.counts.get(word) for word in Trap} == {
        Trap.CALENDAR: 6,  # five links, and a walk that would have gone on there
        Trap.REPEATS: 2,
        Trap.SESSION: 2,
        Trap.FACETS: 4,
        Trap.DEPTH: 2,
    }
    assert desk.page("/").detail == "2 trap_calendar, 1 trap_repeats, 1 trap_session, 2 trap_facets, 1 trap_depth"


def test_torture_58_a_walk_that_repeats_itself_is_counted_and_a_deep_one_is_not(desk: Desk, press):
    desk.source(discovery="")
    for n in range(1, 13):
        following = f'<a rel="next" href="/page/{n + 1}">suite</a>'
        desk.paper["/" if n == 1 else f"/page/{n}"] = press.html(f"{n}", press.links([f"/article/{min(n, 9)}"], following))
        desk.paper[f"/article/{n}"] = desk.story(n)
    report = desk.crawl()
    assert [path for path in press.paths("paper.test") if path.startswith("/page")] == [f"/page/{n}" for n in range(2, 11)]
    assert len(desk.articles()) == 9
    assert {word: report.counts[word] for word in Trap if word in report.counts} == {Trap.REPEATS: 1}


# ---------------------------------------------------------------- what has moved


@pytest.mark.parametrize(
    ("status", "notice"),
    [(301, "has moved for good: write http://paper.test/rss into the source file"), (410, "is gone for good (410)"), (302, None)],
)
def test_torture_56_a_feed_that_moved_or_is_gone_is_told_after_three_runs(desk: Desk, press, status, notice):
    desk.source()
    file = (desk.folder / "sources" / "paper.toml").read_text()
    desk.paper |= {
        "/": press.html("Une"),
        "/feed": press.redirect("/rss", status),
        "/rss": press.feed("paper.test", ["/article/1"]),
        "/article/1": desk.story(1),
    }
    notes = [desk.crawl().note or "" for _ in range(3)]
    assert [(notice or "for good") in note for note in notes] == [False, False, notice is not None]
    assert desk.articles() == ([] if status == 410 else ["/article/1"])
    assert (desk.folder / "sources" / "paper.toml").read_text() == file
