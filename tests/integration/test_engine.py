"""The engine: a real child process, real Scrapy, real sockets; discovery, politeness, redirects, faults, kills."""

from __future__ import annotations

import itertools
import os
import signal
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crawlers.engine import EngineSpec, EventKind
from db.archive import ArchiveReader
from db.frontier import FrontierStore
from db.hosts import HostStore
from db.pages import PageStore
from db.runs import RunStore
from db.vocabulary import PageReason, PageState, RunKind

# ---------------------------------------------------------------- discovery


def test_what_only_feed_sitemap_or_old_pages_lead_to_is_all_found(place_on_both, press):
    place = place_on_both
    paper = place.source(discovery='feeds = ["/feed"]\nsitemaps = ["/map.xml"]')
    paper["/feed"] = press.feed("paper.test", ["/article/f1", "/article/f2"])
    paper["/map.xml"] = press.sitemap("paper.test", ["/article/s1", "/article/s2"])
    paper["/"] = press.html("Une", press.links(["/article/l1", "/article/f1"], '<a rel="next" href="/page/2">2</a>'))
    paper["/page/2"] = press.html("Une 2", press.links(["/article/l2"], '<a rel="next" href="/page/3">3</a>'))
    paper["/page/3"] = press.html("Une 3", press.links(["/article/l3"]))
    wanted = {f"/article/{name}" for name in ("f1", "f2", "s1", "s2", "l1", "l2", "l3")}
    for path in wanted:
        paper[path] = press.article(path)
    run = place.open()
    place.crawl(run)
    assert place.log() == ""
    assert sorted(press.paths("paper.test")) == sorted({"/robots.txt", "/feed", "/map.xml", "/", "/page/2", "/page/3", *wanted})
    assert place.unread() == len(wanted)
    page = place.page("/article/l3")
    assert ArchiveReader(place.folder / "archive").read(page.location).body == paper["/article/l3"].body


def test_feeds_and_sitemaps_are_found_through_the_home_page_and_robots_txt(place, press):
    paper = place.source()
    paper["/robots.txt"] = press.Answer(b"User-agent: *\nSitemap: http://paper.test/deep/map.xml\nSitemap: http://other.test/map.xml\n")
    paper["/"] = press.html("Une", head='<link rel="alternate" type="application/rss+xml" href="/deep/feed">')
    paper["/deep/feed"] = press.feed("paper.test", ["/article/1"])
    paper["/deep/map.xml"] = press.sitemap("paper.test", ["/article/2"])
    paper["/article/1"], paper["/article/2"] = press.article(1), press.article(2)
    place.crawl(place.open())
    assert place.unread() == 2
    assert press.asked("other.test") == []


def test_a_second_crawl_fetches_only_what_is_new(place, press):
    paper = place.source(discovery='guess = false\nfeeds = ["/feed"]')
    tag = {"ETag": '"1"'}

    def conditional(asked):
        whole = press.feed("paper.test", paper["items"])
        fresh = asked.headers.get("if-none-match") == f'"{len(paper["items"])}"'
        return press.Answer(b"", 304) if fresh else press.Answer(whole.body, headers={**tag, "ETag": f'"{len(paper["items"])}"'})

    paper["items"] = ["/article/1", "/article/2"]
    paper["/feed"] = conditional
    paper["/"] = press.html("Une", press.links(["/article/1", "/article/2"], '<a rel="next" href="/page/2">2</a>'))
    paper["/page/2"] = press.html("Une", press.links(["/article/1"]))
    for n in range(1, 4):
        paper[f"/article/{n}"] = press.article(n)

    def crawl():
        run, before = place.open(), len(press.log)
        place.crawl(run)
        place.database.transact(lambda tx: RunStore(tx).finish(run, "done", {}, None, datetime.now(UTC)))
        return [each.path for each in press.log[before:]]

    assert sorted(crawl()) == ["/", "/article/1", "/article/2", "/feed", "/page/2", "/robots.txt"]
    assert sorted(crawl()) == ["/feed"], "robots.txt is a day old at most, the front page six hours"
    paper["items"] = ["/article/3", "/article/1", "/article/2"]
    assert sorted(crawl()) == ["/article/3", "/feed"]


def test_a_backfill_walks_listings_back_to_its_first_day(place, press):
    paper = place.source()
    for n in range(1, 9):
        year = 2026 - n
        entries = f'<article><a href="/article/{year}">Un titre assez long {year}</a><time datetime="{year}-05-05">x</time></article>'
        paper["/" if n == 1 else f"/page/{n}"] = press.html(f"{n}", entries + f'<a rel="next" href="/page/{n + 1}">suite</a>')
        paper[f"/article/{year}"] = press.article(year)
    run = place.open(kind=RunKind.BACKFILL, since="2021-01-01", until="2023-01-01")
    place.crawl(run)
    fetched = set(press.paths("paper.test"))
    assert {path for path in fetched if path.startswith("/article/")} == {"/article/2022", "/article/2021"}
    assert "/page/6" in fetched, "the page that shows that the range is passed"
    assert "/page/7" not in fetched


def test_torture_58_pagination_that_repeats_itself_ends(place, press):
    paper = place.source()
    same = press.links(["/article/1", "/article/2"])
    for n in range(1, 40):
        paper["/" if n == 1 else f"/page/{n}"] = press.html(f"page {n}", same + f'<a rel="next" href="/page/{n + 1}">suite</a>')
    paper["/article/1"], paper["/article/2"] = press.article(1), press.article(2)
    place.crawl(place.open())
    assert [path for path in press.paths("paper.test") if path.startswith("/page")] == ["/page/2"]


def test_a_limit_counts_articles_of_the_whole_run_over_a_restart(place, press, wait_for):
    paper = place.source(discovery='guess = false\nfeeds = ["/feed"]')
    paths = [f"/article/{n}" for n in range(30)]
    paper["/feed"] = press.feed("paper.test", paths)
    paper |= {path: press.article(path) for path in paths}
    press.papers["paper.test"] = paper

    def articles():
        return place.ask(lambda tx: PageStore(tx).articles_fetched(run.id))

    run = place.open(limit=7)
    engine = place.engine()
    wait_for(lambda: EventKind.LIMIT in {event.kind for event in place.listen(engine)}, place.log)
    engine.kill()
    assert articles() == 7
    assert place.open(limit=7).id == run.id
    second = place.engine()
    wait_for(lambda: sum(event.kind is EventKind.LIMIT for event in place.listen(second)) == 2, place.log)
    assert second.stop() == 0
    assert articles() == 7


def test_runs_may_be_added_while_the_engine_works(place, press, wait_for):
    for name in ("first", "second"):
        paper = place.source(name, f"{name}.test")
        paper["/"] = press.html("Une", press.links(["/article/1"]))
        paper["/article/1"] = press.article(name)
    first = place.open("first")
    engine = place.engine()
    wait_for(lambda: place.is_over(first), place.log)
    second = place.open("second")
    wait_for(lambda: place.is_over(second), place.log)
    assert engine.stop() == 0
    assert press.paths("second.test") == ["/robots.txt", "/", "/article/1"]


# ---------------------------------------------------------------- politeness


def test_torture_39_the_delay_of_a_host_is_proved_by_its_log(place, press):
    for host in ("slow.test", "quick.test"):
        paper = place.source(host.split(".")[0], host, delay=0.3 if host == "slow.test" else 0)
        paper["/"] = press.html("Une", press.links([f"/article/{n}" for n in range(4)]))
        paper |= {f"/article/{n}": press.article(f"{host} {n}") for n in range(4)}
        press.papers[host] = paper
    place.crawl(place.open("slow"), place.open("quick"))
    times = [each.at for each in press.asked("slow.test")]
    assert len(times) == 6
    assert all(later - earlier >= 0.3 for earlier, later in itertools.pairwise(times))
    assert max(each.at for each in press.asked("quick.test")) < max(times), "one host's delay does not hold up another"


def test_requests_under_way_at_once_stay_within_the_sources_concurrency(place, press):
    paper = place.source(concurrency=3)
    under_way, most = [], []

    def busy(asked):
        under_way.append(asked)
        most.append(len(under_way))
        time.sleep(0.05)
        under_way.remove(asked)
        return press.article(asked.path)

    paper["/"] = press.html("Une", press.links([f"/article/{n}" for n in range(12)]))
    paper |= {f"/article/{n}": busy for n in range(12)}
    press.papers["paper.test"] = paper
    place.crawl(place.open())
    assert 1 < max(most) <= 3


def test_crawl_delay_is_obeyed(place, press):
    paper = place.source()
    paper["/robots.txt"] = press.Answer(b"User-agent: *\nCrawl-delay: 0.4\n")
    paper["/"] = press.html("Une", press.links(["/article/1", "/article/2"]))
    paper["/article/1"], paper["/article/2"] = press.article(1), press.article(2)
    place.crawl(place.open())
    times = [each.at for each in press.asked("paper.test")][1:]
    assert len(times) == 3
    assert all(later - earlier >= 0.4 for earlier, later in itertools.pairwise(times))


def test_torture_18_and_19_retry_after_silences_the_host_even_over_a_restart(place, press, wait_for):
    paper = place.source()
    paper["/"] = lambda asked: press.Answer(b"slow down", 429, {"Retry-After": "3600"})
    run = place.open()
    engine = place.engine()
    wait_for(lambda: run.id in {event.run_id for event in place.listen(engine)}, place.log)
    engine.kill()
    [host] = place.ask(lambda tx: HostStore(tx).list())
    assert host.pause_until - datetime.now(UTC) > timedelta(minutes=50)
    asked = len(press.log)
    second = place.engine()
    wait_for(lambda: EventKind.STARTED in {event.kind for event in second.events()}, place.log)
    time.sleep(1)
    assert second.stop() == 0
    assert len(press.log) == asked
    due = place.ask(lambda tx: FrontierStore(tx).next_due([run.id]))
    assert due - datetime.now(UTC) > timedelta(minutes=50), "the address waits, it is not lost"


def test_the_engine_says_who_it_is(place, press):
    place.source()["/"] = press.html("Une")
    place.crawl(place.open())
    assert {each.headers["user-agent"] for each in press.log} == {EngineSpec(contact="desk@veille.test").agent}
    assert "(+desk@veille.test)" in press.log[0].headers["user-agent"]
    assert "cookie" not in press.log[-1].headers
    assert "referer" not in press.log[-1].headers


# ---------------------------------------------------------------- robots.txt


def test_robots_txt_is_asked_first_and_obeyed(place, press):
    paper = place.source()
    paper["/robots.txt"] = press.Answer(b"User-agent: *\nDisallow: /article/secret\n")
    paper["/"] = press.html("Une", press.links(["/article/secret-1", "/article/open-1"]))
    paper["/article/open-1"] = press.article(1)
    run = place.open()
    place.crawl(run)
    assert press.paths("paper.test") == ["/robots.txt", "/", "/article/open-1"]
    assert place.failures(run) == {"robots": 1}


@pytest.mark.parametrize(
    ("answer", "failure"),
    [({"status": 503}, "http_5xx"), ({"status": 500, "body": b"User-agent: *\nAllow: /"}, "http_5xx"), ({"fault": "drop"}, "connect")],
)
def test_torture_28_a_broken_robots_txt_forbids_and_is_asked_again(place, press, answer, failure):
    paper = place.source()
    paper["/"] = press.html("Une")
    paper["/robots.txt"] = press.Answer(**answer)
    run = place.open()
    place.crawl(run)
    assert set(press.paths("paper.test")) == {"/robots.txt"}
    assert len(press.log) == 3
    assert place.failures(run) == {failure: 1}


def test_a_host_whose_robots_txt_recovers_is_fetched(place, press):
    paper = place.source()
    paper["/"] = press.html("Une")
    paper["/robots.txt"] = lambda asked: press.Answer(b"", 503 if len(press.log) == 1 else 404)
    run = place.open()
    place.crawl(run)
    assert press.paths("paper.test") == ["/robots.txt", "/robots.txt", "/"]
    assert place.failures(run) == {}


# ---------------------------------------------------------------- redirects


def test_torture_13_a_chain_of_redirects_is_one_article_with_aliases(place, press):
    paper = place.source()
    paper["/"] = press.html("Une", press.links(["/article/old"]))
    paper["/article/old"] = press.redirect("/article/middle")
    paper["/article/middle"] = press.redirect("http://paper.test/article/new", 302)
    paper["/article/new"] = press.redirect("/article/new/")
    paper["/article/new/"] = press.article("new")
    run = place.open()
    place.crawl(run)
    page = place.page("/article/new/")
    assert (page.url, page.state) == ("http://paper.test/article/new/", PageState.UNREAD)
    assert place.unread() == 1
    assert place.failures(run) == {}
    assert place.page("/article/old").state is PageState.PARSED


@pytest.mark.parametrize(
    ("target", "reason"), [("http://elsewhere.test/article/x", PageReason.OFF_SITE), ("file:///etc/passwd", None), ("/article/1", None)]
)
def test_torture_10_11_12_redirects_that_are_not_followed(place, press, target, reason):
    paper = place.source()
    press.papers["elsewhere.test"] = {}
    paper["/"] = press.html("Une", press.links(["/article/1"]))
    paper["/article/1"] = press.redirect(target)
    run = place.open()
    place.crawl(run)
    assert place.failures(run) == {"redirect": 1}
    assert place.page("/article/1").reason is reason
    assert press.asked("elsewhere.test") == []


def test_torture_10_ping_pong_ends(place, press):
    paper = place.source()
    paper["/"] = press.html("Une", press.links(["/article/a"]))
    paper["/article/a"], paper["/article/b"] = press.redirect("/article/b"), press.redirect("/article/a")
    paper["/article/long"] = press.redirect("/article/long0")
    paper |= {f"/article/long{n}": press.redirect(f"/article/long{n + 1}") for n in range(21)}
    paper["/"] = press.html("Une", press.links(["/article/a", "/article/long"]))
    press.papers["paper.test"] = paper
    run = place.open()
    place.crawl(run)
    assert sorted(press.paths("paper.test"))[2:4] == ["/article/b", "/article/long"]
    assert len(press.log) < 14
    assert place.failures(run) == {"redirect": 1}


def test_a_redirect_target_obeys_robots_txt(place, press):
    paper = place.source()
    paper["/robots.txt"] = press.Answer(b"User-agent: *\nDisallow: /article/secret\n")
    paper["/"] = press.html("Une", press.links(["/article/1"]))
    paper["/article/1"] = press.redirect("/article/secret")
    run = place.open()
    place.crawl(run)
    assert "/article/secret" not in press.paths("paper.test")
    assert place.failures(run) == {"robots": 1}


# ---------------------------------------------------------------- faults


FAULTS = {
    "drop": ({"fault": "drop"}, "connect", 3),
    "reset": ({"fault": "reset"}, "connect", 3),
    "cut": ({"fault": "cut", "body": b"<html>half"}, "decode", 3),
    "broken": ({"fault": "broken_gzip"}, "decode", 3),
    "bomb": ({"fault": "bomb"}, "too_large", 1),
    "huge": ({"fault": "huge"}, "too_large", 1),
    "slow": ({"fault": "slow"}, "timeout", 3),
    "error": ({"status": 500}, "http_5xx", 3),
    "missing": ({"status": 404}, "gone", 1),
    "gone": ({"status": 410}, "gone", 1),
    "blocked": ({"status": 403}, "blocked", 1),
    "bad": ({"status": 400}, "http_4xx", 1),
}
"""Name: what goes wrong, the class it must get, how often it is asked for."""


def test_torture_2_3_5_6_7_8_each_fault_gets_its_class_and_the_rest_goes_on(place, press):
    runs = {}
    for name, (answer, _, _) in FAULTS.items():
        paper = place.source(name, f"{name}.test", concurrency=2)
        paper["/"] = press.html("Une", press.links(["/article/bad", "/article/good"]))
        paper["/article/bad"] = press.Answer(**answer)
        paper["/article/good"] = press.article(name)
        runs[name] = place.open(name)
    place.crawl(*runs.values(), timeout=3.0, max_bytes=1 << 20)
    assert {name: place.failures(run) for name, run in runs.items()} == {name: {failure: 1} for name, (_, failure, _) in FAULTS.items()}
    asked = {name: len(press.asked(f"{name}.test", "/article/bad")) for name in FAULTS}
    # Twisted itself asks once more when a connection kept open turns out to be dead: the one fault that cannot be told from that
    assert asked.pop("drop") >= 3
    assert asked == {name: requests for name, (_, _, requests) in FAULTS.items() if name != "drop"}
    assert place.unread() == len(FAULTS)


def test_an_error_that_passes_costs_nothing(place, press):
    paper = place.source()
    paper["/"] = press.html("Une", press.links(["/article/1"]))
    paper["/article/1"] = lambda asked: press.article(1) if len(press.asked("paper.test", "/article/1")) > 1 else press.Answer(b"", 502)
    run = place.open()
    place.crawl(run)
    assert place.failures(run) == {}
    assert place.page("/article/1").state is PageState.UNREAD


@pytest.mark.parametrize(
    ("body", "reason"), [(b"%PDF-1.7 not a page", PageReason.NOT_HTML), (b"", PageReason.EMPTY), (b" \n ", PageReason.EMPTY)]
)
def test_torture_78_what_is_no_page_is_rejected_on_arrival(place, press, body, reason):
    paper = place.source()
    paper["/"] = press.html("Une", press.links(["/article/1"]))
    paper["/article/1"] = press.Answer(body, headers={"Content-Type": "text/html"})
    place.crawl(place.open())
    page = place.page("/article/1")
    assert (page.state, page.reason) == (PageState.REJECTED, reason)


def test_torture_48_a_feed_that_is_html_and_a_sitemap_cut_in_half(place, press):
    paper = place.source(discovery='guess = false\nfeeds = ["/feed"]\nsitemaps = ["/map.xml"]')
    paper["/feed"] = press.html("pas un flux")
    whole = press.sitemap("paper.test", ["/article/1", "/article/2"])
    paper["/map.xml"] = press.Answer(whole.body[: whole.body.index(b"/article/2")], headers=whole.headers)
    paper["/"] = press.html("Une")
    paper["/article/1"] = press.article(1)
    run = place.open()
    place.crawl(run)
    assert place.failures(run) == {"unreadable": 1}
    assert place.unread() == 1


def test_torture_45_addresses_outside_http_are_never_fetched(place, press, tmp_path):
    secret = tmp_path / "secret.html"
    secret.write_text("<html><body>secret</body></html>")
    paper = place.source(discovery='guess = false\nsitemaps = ["/map.xml"]')
    urls = [f"file://{secret}", "data:text/html,x", "ftp://paper.test/article/1", "javascript:alert(1)"]
    entries = "".join(f"<url><loc>{url}</loc></url>" for url in urls)
    paper["/map.xml"] = press.Answer(f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{entries}</urlset>'.encode())
    paper["/"] = press.html("Une", press.links(urls))
    run = place.open()
    place.crawl(run)
    assert place.unread() == 0
    assert place.failures(run) == {}


def test_certificates_are_verified_against_the_authorities_given(place, press, tmp_path):
    import ssl

    import trustme

    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("paper.test", "wrong.test").configure_cert(context)
    press.server.socket = context.wrap_socket(press.server.socket, server_side=True)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    found = {}
    for name, host in (("paper", "paper.test"), ("stranger", "stranger.test")):
        paper = place.source(name, host)
        paper["/"] = press.html("Une")
        text = (place.folder / "sources" / f"{name}.toml").read_text()
        (place.folder / "sources" / f"{name}.toml").write_text(text.replace("http://", "https://"))
        found[name] = place.open(name)
    place.crawl(*found.values(), ca_file=tmp_path / "ca.pem")
    assert place.failures(found["paper"]) == {}
    assert place.page("/").url == "https://paper.test/"
    assert place.failures(found["stranger"]) == {"tls": 1}, "a certificate for other names"


def test_torture_1_a_dead_host_does_not_hold_up_the_others(place, press):
    place.source("dead", "dead.test")
    paper = place.source()
    paper["/"] = press.html("Une", press.links(["/article/1"]))
    paper["/article/1"] = press.article(1)
    dead, alive = place.open("dead"), place.open()
    resolve = {"paper.test": press.resolve["paper.test"], "dead.test": "127.0.0.1:9"}
    place.crawl(dead, alive, resolve=resolve)
    assert place.failures(dead) == {"connect": 1}
    assert place.unread() == 1


# ---------------------------------------------------------------- kills and stops


def many(place, press, n=60, **source):
    paper = place.source(discovery='guess = false\nfeeds = ["/feed"]', **source)
    paths = [f"/article/{k}" for k in range(n)]
    paper["/feed"] = press.feed("paper.test", paths)
    paper |= {path: press.article(path) for path in paths}
    press.papers["paper.test"] = paper


@pytest.mark.fresh_processes
def test_torture_86_a_killed_engine_goes_on_where_it_was(place_on_both, press, wait_for):
    place = place_on_both
    many(place, press)
    run = place.open()
    for least in (5, 20, 40):
        engine = place.engine()
        wait_for(lambda least=least: place.unread() >= least, place.log)
        os.kill(engine.pid, signal.SIGKILL)
        wait_for(lambda engine=engine: not engine.alive)
        assert engine.exit_code == -signal.SIGKILL
    place.crawl(run)
    assert place.unread() == 60
    articles = [path for path in press.paths("paper.test") if path.startswith("/article/")]
    assert len(set(articles)) == 60
    assert len(articles) < 60 + 3 * 40, "little is fetched twice"


def test_torture_95_a_stopped_engine_gives_everything_back(place, press, wait_for):
    many(place, press, delay=0.05)
    run = place.open()
    engine = place.engine()
    wait_for(lambda: place.unread() >= 3, place.log)
    assert engine.stop() == 0
    assert not engine.alive
    assert not place.ask(lambda tx: FrontierStore(tx).is_fetching(run.id, datetime.now(UTC)))
    assert [host.owner for host in place.ask(lambda tx: HostStore(tx).list())] == [None]
    assert EventKind.STOPPED in {event.kind for event in place.listen(engine)}
    place.crawl(run)
    assert place.unread() == 60
    assert len(press.paths("paper.test")) == len(set(press.paths("paper.test"))), "nothing is fetched twice"


def test_the_engine_does_not_outlive_its_parent(place, press, wait_for):
    import subprocess
    import sys

    place.source()["/"] = press.html("Une")
    place.open()
    code = (
        "import sys, time; from crawlers.engine import Engine, EngineSpec; from pathlib import Path\n"
        "engine = Engine(EngineSpec(database_url=sys.argv[1], archive=Path(sys.argv[2]), owner='x', bundled_sources=False)); engine.start()\n"
        "while not engine.events(): time.sleep(0.02)\n"
        "print(engine.pid, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", code, place.url, str(place.folder / "archive")], stdout=subprocess.PIPE)
    try:
        pid = int(parent.stdout.readline())
        assert Path(f"/proc/{pid}").exists()
    finally:
        parent.kill()
        parent.wait()
        parent.stdout.close()
    wait_for(lambda: not runs(pid), seconds=2)


def runs(pid):
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def test_the_engine_asks_to_be_replaced(place, press):
    many(place, press, n=10)
    place.crawl(place.open(), recycle_after=5)
    assert EventKind.RECYCLE in {event.kind for event in place.events}


def test_progress_is_counted_by_run(place, press):
    many(place, press, n=4)
    place.press.papers["paper.test"]["/article/3"] = press.Answer(b"", 404)
    run = place.open()
    place.crawl(run)
    counts = [event.counts for event in place.events if event.kind is EventKind.PROGRESS and event.run_id == run.id][-1]
    assert counts == {"articles": 4, "fetched": 6, "gone": 2, "new": 4}


def test_torture_87_an_unusable_database_or_archive_ends_the_engine_with_a_clear_word(place, press, tmp_path, wait_for):
    (tmp_path / "file").write_text("no folder")
    for spec in ({"database_url": f"sqlite:///{tmp_path}/nowhere/x.db"}, {"archive": tmp_path / "file"}):
        engine = place.engine(**spec)
        wait_for(lambda engine=engine: not engine.alive, place.log)
        assert engine.stop() == 1
        [failed] = [event for event in engine.events() if event.kind is EventKind.FAILED]
        assert str(tmp_path) in failed.message
        assert engine.last_words == failed.message
