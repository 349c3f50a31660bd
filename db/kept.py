"""Which articles of a source are here already, or on their way, so that no archive need be asked for them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from sqlalchemy import ScalarSelect, select

from db.engine import Transaction
from db.models import addresses, frontier, pages, sources
from db.vocabulary import FoundBy, PageState

CHUNK: Final = 500
"""Addresses a statement."""


def kept(tx: Transaction, source: str, keys: Collection[str]) -> set[str]:
    """Return which of these addresses (by `url_key`) need no fetching: their page waits to be read, or it is an article's address."""
    own, asked, found = _id_of(source), sorted(keys), set[str]()
    for start in range(0, len(asked), CHUNK):
        chunk = asked[start : start + CHUNK]
        waiting = select(pages.c.url_key).where(pages.c.source_id == own, pages.c.url_key.in_(chunk), pages.c.state == PageState.UNREAD)
        held = select(addresses.c.url_key).where(addresses.c.source_id == own, addresses.c.url_key.in_(chunk))
        found.update(tx.execute(waiting.union(held)).scalars())
    return found


def replays_under_way(tx: Transaction, source: str) -> set[str]:
    """Return the addresses of captures that are leased: those being fetched, and those about to be. Looks at leased rows only."""
    held = frontier.c.lease_owner.is_not(None) & frontier.c.due_at.is_not(None) & (frontier.c.found_by == FoundBy.CAPTURE)
    return set(tx.execute(select(frontier.c.url).where(held, frontier.c.source_id == _id_of(source))).scalars())


def _id_of(source: str) -> ScalarSelect[int]:
    return select(sources.c.id).where(sources.c.name == source).scalar_subquery()
