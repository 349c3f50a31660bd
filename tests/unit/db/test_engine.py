from __future__ import annotations


def test_opens(database):
    assert database.schema_revision() == "0001"
    assert database.check() == []
