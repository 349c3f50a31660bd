"""Who is told, what is said, which targets are refused, and that nothing secret is ever printed."""

from __future__ import annotations

import logging
import socket
import sys
import threading
from datetime import UTC, datetime

import pytest

from crawlers.networks import parse_networks
from db.errors import SettingError
from db.records import Health
from db.vocabulary import HealthState
from pipeline.alerts import Alerts, Target, forbidden, message, shown, targets

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
BAD = Health("lerivage", HealthState.FAILING, "two visits in a row got nothing (2 dns): look", NOW)
SCHEMES = ("json", "jsons", "xml", "xmls", "form", "forms")


def resolve(monkeypatch, *addresses):
    def answer(host, *args, **more):
        if not addresses:
            raise socket.gaierror(-2, "Name or service not known")
        return [(socket.AF_INET6 if ":" in address else socket.AF_INET, 1, 6, "", (address, 0)) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", answer)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("host", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "192.168.1.1:8080", "127.1", "0x7f.1", "2130706433", "[::1]"])
def test_torture_46_a_webhook_to_a_private_address_in_numbers_is_refused_when_it_is_read(scheme, host):
    short = host in {"127.1", "0x7f.1"}  # in these spellings Apprise sees no host at all
    with pytest.raises(SettingError, match="Apprise cannot use" if short else r"alerts: .* is .*, which is .*allow_networks"):
        targets([f"{scheme}://operator:s3cret@{host}/hook/t0ken"])


@pytest.mark.parametrize(
    "addresses", [["127.0.0.1"], ["10.0.0.8"], ["169.254.169.254"], ["93.184.215.14", "10.0.0.8"], ["::1"], ["fe80::1"]]
)
def test_torture_46_a_name_that_leads_to_a_private_address_is_refused_before_anything_is_sent(monkeypatch, addresses):
    resolve(monkeypatch, *addresses)
    [target] = targets(["jsons://hooks.example.org/t0ken"])
    assert "which is" in forbidden(target, ())
    sent = []
    monkeypatch.setattr(target.service, "notify", lambda **what: sent.append(what))
    monkeypatch.setattr("pipeline.alerts.targets", lambda *_: [target])
    heard = []
    alerts = Alerts(["jsons://hooks.example.org/t0ken"])
    alerts.tell("t", ["line"], lambda _, problem: heard.append(problem))
    alerts.close()
    assert sent == []
    assert ["allow_networks" in problem for problem in heard] == [True]


def test_torture_46_redirects_of_a_webhook_are_not_followed_and_odd_hosts_are_none(monkeypatch):
    resolve(monkeypatch, "93.184.215.14")
    [target] = targets(["json://hooks.example.org/x?redirect=yes"])
    assert target.service.redirects is False
    assert forbidden(target, ()) is None
    target.service.host = "hooks.example.org\\@10.0.0.1"
    assert "names no host" in forbidden(target, ())


def test_allow_networks_opens_a_private_address(monkeypatch):
    [target] = targets(["json://127.0.0.1:8000/x"], ["127.0.0.0/8"])
    assert forbidden(target, parse_networks(["127.0.0.0/8"])) is None
    assert "link-local" in forbidden(target, parse_networks(["127.0.0.0/8"]), ["169.254.169.254"])


def test_a_name_that_leads_nowhere_is_said(monkeypatch):
    resolve(monkeypatch)
    [target] = targets(["json://hooks.example.org/x"])
    assert forbidden(target, ()) == "the name in json://hooks.example.org cannot be resolved"


def test_services_with_a_protocol_of_their_own_are_the_operators_business():
    [target] = targets(["ntfy://10.0.0.1/topic"])
    assert forbidden(target, ()) is None


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("json://user:s3cret@hook.example.org:8080/t0ken?key=s3cret", "json://hook.example.org:8080"),
        ("forms://hook.example.org?+X-Key=s3cret", "forms://hook.example.org"),
        ("slack://s3cret/t0ken/x", "slack://…"),
        ("mailto://user:s3cret@mail.example.org", "mailto://…"),
        ("https://discord.com/api/webhooks/1/s3cret", "https://…"),
        ("s3cret", "s3cret://…"),
    ],
)
def test_only_the_harmless_part_of_an_address_is_shown(url, expected):
    assert shown(url) == expected


@pytest.mark.parametrize("url", ["bogus://s3cret/x", "http://s3cret.example.org/x", "slack://s3cret", "json://"])
def test_what_apprise_cannot_use_is_said_without_its_secrets(url):
    with pytest.raises(SettingError, match="Apprise cannot use") as caught:
        targets([url])
    assert "s3cret" not in str(caught.value)


def test_without_apprise_the_way_out_is_said(monkeypatch):
    monkeypatch.setitem(sys.modules, "apprise", None)
    assert targets([]) == []
    with pytest.raises(SettingError, match=r"pip install 'veille\[alerts\]'"):
        targets(["json://example.org"])


def test_the_message_says_what_and_why():
    assert message([BAD]) == ("veille: lerivage is failing", ["lerivage is failing: two visits in a row got nothing (2 dns): look"])
    well = Health("almina", HealthState.OK, "", NOW)
    layout = Health("gazette", HealthState.LAYOUT, "texts are 9 characters long", NOW)
    title, lines = message([well, layout])
    assert title == "veille: 2 sources have changed"
    assert lines == ["almina is well again", "gazette is changed (layout): texts are 9 characters long"]


class Fickle:
    """A target that takes a message only when told to."""

    host = "example.org"

    def __init__(self):
        self.got, self.answer = [], True

    def notify(self, *, title, body):
        self.got.append((title, body))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def fickle(monkeypatch):
    service = Fickle()
    monkeypatch.setattr("pipeline.alerts.targets", lambda *_: [Target("slack://…", service, False)])
    return service


@pytest.mark.parametrize("answer", [False, RuntimeError("https://hooks.example/s3cret")], ids=["no", "raises"])
def test_what_a_target_did_not_take_is_logged_and_comes_with_the_next_message(fickle, caplog, answer):
    alerts = Alerts(["slack://s3cret"])
    fickle.answer = answer
    heard = []
    with caplog.at_level(logging.DEBUG):
        alerts.tell("one", ["first"], lambda _, problem: heard.append(problem) or setattr(fickle, "answer", True))
        alerts.tell("two", ["second"], lambda _, problem: heard.append(problem))
        alerts.tell("three", ["third"])
        alerts.close()
    assert fickle.got == [("one", "first"), ("two", "first\nsecond"), ("three", "third")]
    assert heard == ["slack://… did not take the message", None]
    assert "alerts: slack://… did not take the message; it is tried again at the next change" in caplog.text
    assert "s3cret" not in caplog.text


def test_nobody_waits_for_a_target_that_hangs(fickle, monkeypatch):
    release = threading.Event()
    monkeypatch.setattr(fickle, "notify", lambda **_: release.wait(60))
    alerts = Alerts(["slack://x"])
    for _ in range(300):
        alerts.tell("one", ["first"])
    alerts.close(0.01)
    release.set()


def test_without_targets_nothing_is_asked_of_the_database():
    alerts = Alerts([])
    alerts.announce(None)
    alerts.close()
