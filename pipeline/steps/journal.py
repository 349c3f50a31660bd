"""The reader's diary: one line for every choice a step makes, cheap enough to be kept for every page."""

from __future__ import annotations

from db.readings import Decision

LONGEST_VALUE = 120
"""Characters of a value that are quoted; a diary is not a second copy of the article."""


class Journal:
    """Collects the decisions of one page, in the order they were taken."""

    def __init__(self) -> None:
        self._decisions: list[Decision] = []

    def note(self, step: str, field: str, value: object, why: str) -> None:
        """Write one line: which `step` chose which `value` for which `field`, and `why`."""
        shown = str(value)
        if len(shown) > LONGEST_VALUE:
            shown = shown[: LONGEST_VALUE - 1] + "…"
        self._decisions.append(Decision(step, field, shown, why))

    def decisions(self) -> tuple[Decision, ...]:
        """Everything noted so far."""
        return tuple(self._decisions)
