"""A second pass asks for what is new and no more; servers that lie about it are seen through; articles are looked at again."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from db.frontier import FrontierStore
from db.query import ArticleQuery
from db.vocabulary import Fate

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def honest(answer_of, tag):
    """An address with an ETag: 304 for who shows it."""

    def answer(asked):
        whole = answer_of(asked)
        if asked.headers.get("if-none-match") == tag():
            return type(whole)(b"", 304, {"ETag": tag()})
        return type(whole)(whole.body, whole.status, {**whole.headers, "ETag": tag()})

    return answer


def fates(desk) -> dict[str, Fate]:
    with desk.database.read() as tx:
        return {article.url.removeprefix("http://paper.test"): article.fate for article in ArticleQuery(tx).articles()}


def asked_since(press, mark: int) -> Counter[str]:
    return Counter(each.path for each in press.log[mark:])


def test_a_pass_without_news_costs_one_answer_of_304(desk_on_both, press):
    desk = desk_on_both
    desk.source()
    paths = ["/article/1", "/article/2"]
    desk.paper |= {path: desk.story(n) for n, path in enumerate(paths)}
    desk.paper["/"] = press.html("Une", press.links(paths))
    desk.paper["/feed"] = honest(lambda _: press.feed("paper.test", paths), lambda: '"v1"')
    assert desk.crawl().counts["new"] == 2
    mark = len(press.log)
    report = desk.crawl(after=HOUR)
    assert asked_since(press, mark) == {"/feed": 1}
    assert press.log[-1].headers["if-none-match"] == '"v1"'
    assert "nothing new" in str(report.note)


def test_torture_21_a_server_that_always_says_not_modified_is_asked_for_the_whole_now_and_then(desk, press):
    desk.source()
    paths = ["/article/1"]
    desk.paper["/article/1"], desk.paper["/article/2"] = desk.story(1), desk.story(2)
    desk.paper["/"] = press.html("Une")
    tag = '"eternal"'
    desk.paper["/feed"] = honest(lambda _: press.feed("paper.test", paths), lambda: tag)
    desk.crawl()
    paths.append("/article/2")  # the feed changes, its ETag does not
    for number in range(1, 12):
        desk.crawl(after=number * 2 * timedelta(minutes=10))
    asked = press.asked("paper.test", "/feed")
    assert [("if-none-match" in each.headers) for each in asked] == [False, *[True] * 11]
    assert desk.articles() == ["/article/1"]
    desk.crawl(after=4 * HOUR)
    assert desk.articles() == ["/article/1", "/article/2"], "the twelfth time it was asked without condition"
    with desk.database.read() as tx:
        assert FrontierStore(tx).working("paper") == {}
    desk.crawl(after=5 * HOUR)
    assert "if-none-match" not in press.asked("paper.test", "/feed")[-1].headers, "from now on it is not believed"


def test_updates_moves_and_deletions_are_noticed(desk_on_both, press):
    desk = desk_on_both
    desk.source()
    paths = [f"/article/{n}" for n in range(1, 6)]
    desk.paper |= {path: desk.story(n) for n, path in enumerate(paths, 1)}
    desk.paper["/"] = press.html("Une")
    desk.paper["/feed"] = honest(lambda _: press.feed("paper.test", paths), lambda: '"v1"')
    desk.crawl()
    assert set(fates(desk).values()) == {Fate.PRESENT}
    mark = len(press.log)
    whole = desk.story(1)
    more = b"<p>La commune a ensuite corrig\xc3\xa9 ces chiffres dans un communiqu\xc3\xa9.</p></article>"
    desk.paper["/article/1"] = press.Answer(whole.body.replace(b"</article>", more), 200, whole.headers)
    desk.paper["/article/2"] = press.Answer(b"gone", 410, {"Content-Type": "text/html"})
    desk.paper["/article/3"] = press.Answer(b"not found", 404, {"Content-Type": "text/html"})
    desk.paper["/article/4"] = press.redirect("/")
    report = desk.crawl(after=4 * HOUR)
    assert {path: count for path, count in asked_since(press, mark).items() if path in paths} == dict.fromkeys(paths, 1)
    assert (report.counts["revisits"], report.counts["revised"]) == (5, 1)
    found = fates(desk)
    assert (found["/article/1"], found["/article/5"]) == (Fate.PRESENT, Fate.PRESENT)
    assert (found["/article/2"], found["/article/4"]) == (Fate.GONE, Fate.GONE), "410, and a redirect to the front page"
    assert found["/article/3"] is Fate.PRESENT, "one 404 may be a mishap"
    mark = len(press.log)
    desk.crawl(after=29 * HOUR)
    assert fates(desk)["/article/3"] is Fate.GONE
    assert not {"/article/2", "/article/4"} & set(asked_since(press, mark)), "what is gone is left alone"
    assert len(desk.articles()) == 5, "and kept"


def test_an_article_costs_at_most_three_looks_in_its_first_week(desk, press):
    desk.source()
    desk.paper["/article/1"] = honest(lambda _: desk.story(1), lambda: '"a"')
    desk.paper["/"] = press.html("Une")
    desk.paper["/feed"] = honest(lambda _: press.feed("paper.test", ["/article/1"]), lambda: '"v1"')
    for hours in (0, 1, 3.5, 5, 12, 25, 30, 48, 100, 145, 150, 166):
        desk.crawl(after=timedelta(hours=hours))
    looks = press.asked("paper.test", "/article/1")
    assert ["if-none-match" in each.headers for each in looks] == [False, True, True, True]
