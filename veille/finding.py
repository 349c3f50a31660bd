"""What `veille doctor` says: one thing looked at, in words, with what to do about it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

SHOWN = 10
"""Problems of one kind listed before the rest is only counted."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: whether it is in order, in words, and what to do if not."""

    part: str
    ok: bool
    finding: str
    remedy: str = ""


def several(part: str, problems: Sequence[str], well: str, remedy: str) -> Iterator[Finding]:
    """One finding a problem, up to `SHOWN`, then their number; or one that all is well."""
    if not problems:
        yield Finding(part, True, well)
    for problem in itertools.islice(problems, SHOWN):
        yield Finding(part, False, problem, remedy)
    if len(problems) > SHOWN:
        yield Finding(part, False, f"and {len(problems) - SHOWN} more", remedy)
