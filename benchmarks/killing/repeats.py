"""Which requests a killed round sent twice, told from the server's log and laid at the door of the kill that caused them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from loopback import Request


def repeats_by_kill(log: Sequence[Request], undisturbed: Sequence[Request], kills: Sequence[float]) -> list[int]:
    """For each kill (moments on the log's clock): how many requests had to be sent again because of it.

    A request is a repetition if its address was asked for more often than in the undisturbed run. Its cause is the first kill
    after the time before; robots.txt counts like every other address.
    """
    allowed = Counter(request.address for request in undisturbed)
    times: Counter[tuple[str, str]] = Counter()
    before: dict[tuple[str, str], float] = {}
    found = [0] * len(kills)
    for request in sorted(log, key=lambda each: each.at):
        times[request.address] += 1
        if times[request.address] > max(1, allowed[request.address]) and kills:
            since = before[request.address]
            cause = next((number for number, moment in enumerate(kills) if moment >= since), len(kills) - 1)
            found[cause] += 1
        before[request.address] = request.at
    return found
