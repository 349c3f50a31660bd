"""What real crawls of a paper that goes wrong leave in the health table: noticed by the second visit, over with the first good one."""

from __future__ import annotations

from datetime import timedelta

import pytest

from db.health import HealthStore


@pytest.fixture
def visit(desk):
    """A function that publishes an issue of four articles and crawls it, seven hours after the last one; it returns the state told."""
    desk.source()
    issue = iter(range(100))

    def publish_and_crawl(change=None) -> tuple[str, str]:
        number = next(issue)
        paths = [f"/article/{4 * number + k}" for k in range(4)]
        desk.paper |= {path: desk.story(4 * number + k) for k, path in enumerate(paths)}
        desk.paper |= {"/feed": desk.press.feed("paper.test", paths), "/": desk.press.html("Une", desk.press.links(paths))}
        desk.paper.pop("/robots.txt", None)
        if change:
            change(paths)
        desk.crawl(after=timedelta(hours=25 * number), warns="paper.test")
        with desk.database.read() as tx:
            health = HealthStore(tx).all().get("paper")
        return (health.state.value, health.evidence) if health else ("ok", "")

    return publish_and_crawl


def of(desk, wrong):
    """What goes wrong with an issue, by its name."""
    answer, html = desk.press.Answer, desk.press.html
    script = html("Le Rivage", '<div id="app"></div><script src="/app.js"></script>')
    changes = {
        "robots": lambda _: desk.paper.update({"/robots.txt": answer(b"later", 503)}),
        "forbidden": lambda _: desk.paper.update(
            {"/robots.txt": answer(b"User-agent: *\nDisallow: /", 200, {"Content-Type": "text/plain"})}
        ),
        "walls": lambda paths: desk.paper.update(dict.fromkeys(paths, answer(b"no", 403))),
        "layout": lambda paths: desk.paper.update(dict.fromkeys(paths, script)),
        "feed": lambda _: desk.paper.update({"/feed": html("Une", "rien"), "/": answer(b"gone", 410)}),
    }
    return changes[wrong]


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize(
    ("wrong", "state"),
    [
        ("robots", "failing"),
        ("forbidden", "refused"),
        ("walls", "refused"),
        ("layout", "layout"),
        ("feed", "layout"),
    ],
)
def test_what_goes_wrong_is_noticed_by_the_second_visit(visit, desk, wrong, state):
    for _ in range(3):
        assert visit() == ("ok", "")
    assert visit(of(desk, wrong)) == ("ok", "")
    told, evidence = visit(of(desk, wrong))
    assert told == state, evidence
    assert ": " in evidence
    assert visit() == ("ok", "")
