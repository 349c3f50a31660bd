"""What a run has lost for good: lists that nobody could read, so that what they would have led to is missing."""

from __future__ import annotations

from sqlalchemy import select, text

from db.engine import Transaction
from db.models import frontier
from db.vocabulary import FailureClass, FoundBy


def has_lost_lists(tx: Transaction, run_id: int) -> bool:
    """Tell whether a page that lists articles gave no list for good. One that is not there, or must not be asked for, is no loss."""
    lost = (frontier.c.run_id == run_id) & text("kind <> 'article'") & frontier.c.due_at.is_(None)
    failed = frontier.c.last_failure.not_in([FailureClass.GONE, FailureClass.ROBOTS]) & (frontier.c.found_by != FoundBy.GUESS)
    return tx.execute(select(frontier.c.id).where(lost, frontier.c.last_failure.is_not(None), failed).limit(1)).first() is not None
