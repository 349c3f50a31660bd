"""A slice of which a list is missing has failed, whatever the other lists have brought."""

from __future__ import annotations

from db.vocabulary import RunState, SliceState, Way
from pipeline.slices import slice_state


def test_a_slice_without_one_of_its_lists_has_failed():
    brought = {"listed": 3, "read": 3, "unreadable": 1}
    assert slice_state(Way.WAYBACK, RunState.DONE, brought) is SliceState.DONE
    assert slice_state(Way.WAYBACK, RunState.DONE, brought, lost=True) is SliceState.FAILED
    assert slice_state(Way.WAYBACK, RunState.STOPPED, brought, lost=True) is SliceState.PLANNED, "it goes on"
