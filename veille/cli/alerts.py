"""`veille alerts`: who is told when a source goes wrong, and whether a message gets there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from veille.cli.front import front
from veille.cli.group import FrontCommand, examples, single
from veille.cli.output import json_text, say

if TYPE_CHECKING:
    from veille.finding import Finding
    from veille.settings import Settings

app = single()
TEST = ("veille: a test", ["Alerts of your press watch will arrive here."])
TEST_SECONDS = 30.0


@app.command("alerts", cls=FrontCommand, epilog=examples("veille alerts", "veille alerts --test"))
def alerts(
    ctx: typer.Context,
    *,
    test: Annotated[bool, typer.Option("--test", help="Send each of them a message.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show who is told when a source goes wrong.

    Exit code 1 if a target cannot be used, or did not take the message.
    """
    settings = front(ctx).settings
    from veille.diagnosis import alert_findings

    findings = list(alert_findings(settings.alerts, settings.allow_networks))
    if test and all(item.ok for item in findings):
        findings = _tried(settings)
    if as_json:
        say(json_text([{"ok": item.ok, "finding": item.finding, "remedy": item.remedy} for item in findings]))
    elif not findings:
        say("nobody is told: the setting `alerts` is empty")
    else:
        for item in findings:
            say(f"{'ok     ' if item.ok else 'PROBLEM'}  {item.finding}{f'  → {item.remedy}' if item.remedy else ''}")
    if not all(item.ok for item in findings):
        raise typer.Exit(1)


def _tried(settings: Settings) -> list[Finding]:
    """What became of a test message to every target."""
    from pipeline.alerts import Alerts, Target, shown
    from veille.finding import Finding

    heard: list[Finding] = []

    def answer(target: Target, problem: str | None) -> None:
        remedy = "look whether it is reachable from here, and at tokens and passwords in its address" if problem else ""
        heard.append(Finding("alerts", problem is None, problem or f"{target.shown} took a message", remedy))

    told = Alerts(settings.alerts, settings.allow_networks)
    told.tell(*TEST, answer)
    told.close(TEST_SECONDS)
    if len(heard) < len(settings.alerts):
        every = ", ".join(map(shown, settings.alerts))
        late = f"{len(settings.alerts) - len(heard)} of {every} gave no answer in {TEST_SECONDS:.0f} seconds"
        heard.append(Finding("alerts", False, late, "look whether they are reachable from here"))
    return heard
