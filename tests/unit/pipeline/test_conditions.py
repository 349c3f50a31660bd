"""Conditions on kept pages: what is understood, and that nothing else is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.errors import QueryError
from db.readings import Condition
from pipeline.conditions import FIELDS, parse_conditions


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("reading_version < 3", [("reading_version", "<", 3)]),
        ("Reading_Version<=2 AND language = FR", [("reading_version", "<=", 2), ("language", "=", "fr")]),
        ("state=rejected and reason != 'listing'", [("state", "=", "rejected"), ("reason", "!=", "listing")]),
        ('status == "partial"  and  published_from <> json_ld', [("status", "=", "partial"), ("published_from", "!=", "json_ld")]),
    ],
)
def test_conditions_are_read(written, meant):
    assert parse_conditions(written) == tuple(Condition(*each) for each in meant)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("", "write FIELD OP VALUE"),
        ("reading_version", "write FIELD OP VALUE"),
        ("1=1", "no field"),
        ("title = port", "there are reading_version"),
        ("reading_version < three", "no whole number"),
        ("reading_version < 99999999999", "no whole number"),
        ("state < read", "by = and != only"),
        ("state = unread", "there are read, rejected"),
        ("reason = boring", "there are not_html"),
        ("language = french2", "write it as fr"),
        ("reading_version < 3 or 1 = 1", "write FIELD OP VALUE"),
        ("reading_version < 3; drop table pages", "write FIELD OP VALUE"),
        ("state = read' --", "write FIELD OP VALUE"),
    ],
)
def test_what_is_no_condition_is_refused_with_the_way_out(written, said):
    with pytest.raises(QueryError, match=said):
        parse_conditions(written)


@given(st.text(max_size=60))
def test_any_text_is_conditions_or_an_error(written):
    try:
        found = parse_conditions(written)
    except QueryError:
        return
    assert {condition.field for condition in found} <= set(FIELDS)
