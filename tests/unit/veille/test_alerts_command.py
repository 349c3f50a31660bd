"""`veille alerts`, and what doctor says of the targets: usable or not, tried or not, and never a secret."""

from __future__ import annotations

import pytest

import pipeline.alerts

SECRET = "json://operator:s3cret@127.0.0.1:9/t0ken"


@pytest.fixture
def sent(monkeypatch):
    """The messages that targets were handed; those whose title is in `sent.refused` are not taken."""
    told = []

    def send(line, title, body):
        told.append((line._target.shown, title))
        return f"{line._target.shown} did not take the message" if line._target.shown == "json://127.0.0.2" else None

    monkeypatch.setattr(pipeline.alerts._Line, "_send", send)
    return told


def test_nobody_is_told_unless_a_setting_says_so(veille):
    outcome = veille("alerts")
    assert (outcome.code, outcome.out) == (0, "nobody is told: the setting `alerts` is empty\n")
    assert veille("alerts", "--json").json == []


def test_targets_are_shown_without_secrets_and_nothing_is_sent(veille, sent):
    outcome = veille(
        "alerts", "--set", f"alerts={SECRET} slack://T1JJ3T3L2/s3cretA1/s3cretTIiajkdnlaxxxxx", "--set", "allow_networks=127.0.0.1"
    )
    assert outcome.code == 0, outcome
    assert outcome.out.splitlines()[0] == "ok       json://127.0.0.1:9 is understood"
    assert "s3cret" not in outcome.out + outcome.err
    assert sent == []


def test_a_private_webhook_is_a_problem_with_the_way_out(veille, sent):
    for words in (["alerts"], ["alerts", "--test"]):
        outcome = veille(*words, "--set", f"alerts={SECRET}", "--json")
        assert outcome.code == 1
        [finding] = outcome.json
        assert finding["finding"].startswith("json://127.0.0.1:9 is 127.0.0.1, which is loopback; open it by the setting allow_networks")
        assert "t0ken" not in outcome.out + outcome.err
    assert sent == []


def test_a_test_message_goes_to_every_target(veille, sent):
    flags = ["--set", "alerts=json://127.0.0.1/t0ken, json://127.0.0.2/t0ken", "--set", "allow_networks=127.0.0.0/8"]
    outcome = veille("alerts", "--test", *flags)
    assert outcome.code == 1
    assert sorted(sent) == [("json://127.0.0.1", "veille: a test"), ("json://127.0.0.2", "veille: a test")]
    assert "ok       json://127.0.0.1 took a message" in outcome.out
    assert "PROBLEM  json://127.0.0.2 did not take the message  → look whether" in outcome.out


def test_a_target_that_does_not_answer_is_not_waited_for(veille, monkeypatch):
    import threading

    release = threading.Event()
    monkeypatch.setattr("veille.cli.alerts.TEST_SECONDS", 0.01)
    monkeypatch.setattr(pipeline.alerts._Line, "_send", lambda *_: release.wait(60) and None)
    outcome = veille("alerts", "--test", "--set", f"alerts={SECRET}", "--set", "allow_networks=127.0.0.0/8")
    release.set()
    assert outcome.code == 1
    assert "1 of json://127.0.0.1:9 gave no answer" in outcome.out


def test_doctor_looks_at_the_targets(veille, press):
    found = veille("doctor", *press.flags, "--set", f"alerts={SECRET} bogus://s3cret", "--json")
    assert found.code == 1
    problems = [finding for finding in found.json if finding["part"] == "alerts"]
    assert [finding["ok"] for finding in problems] == [False, False]
    assert "Apprise cannot use bogus://…" in problems[1]["finding"]
    assert "veille alerts --test" in problems[1]["remedy"]
    assert "s3cret" not in found.out + found.err


def test_the_service_does_not_begin_with_a_target_it_cannot_use(veille):
    outcome = veille("run", "--for", "1s", "--set", f"alerts={SECRET}")
    assert outcome.code == 2
    assert outcome.err.startswith("veille: alerts: json://127.0.0.1:9 is 127.0.0.1, which is loopback;")
