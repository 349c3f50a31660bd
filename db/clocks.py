"""What is mended after a clock that was set back: instants that were written by it and lie ahead of now for no reason."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, update

from db.engine import Transaction
from db.frontier import PENDING
from db.models import frontier
from db.offer_rows import CLOCK_SLACK


def hasten(tx: Transaction, run_ids: Sequence[int], now: datetime) -> int:
    """Make due what these runs want that has not failed and lies ahead of now; return how many addresses that were.

    An address is due from the moment it is offered; only what has failed waits for a later one. One that another run takes over has
    its attempts forgotten, but not that it was answered with an error.
    """
    refused = func.coalesce(frontier.c.last_status, 0) >= 400
    ahead = (frontier.c.due_at > now + CLOCK_SLACK) & (frontier.c.attempts == 0) & ~refused & PENDING
    return tx.execute(update(frontier).where(frontier.c.run_id.in_(run_ids), ahead).values(due_at=now)).rowcount
