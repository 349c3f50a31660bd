"""Which labels are tags for readers, and what they are called."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.steps.tag_names import names_for_readers


@pytest.mark.parametrize(
    "label",
    [
        "26157981-b4f7-4929-adc1-e860c6f03636",
        "journal.example.com",
        "journal.ma",
        "editors_pick",
        "_commerce",
        "type:article",
        "Source: agence",
        "NLP Category: Sport",
        "NLP Entity Tokens: Tanger",
        "uuid:77",
        "--",
        "#",
        "",
        "x" * 81,
    ],
)
def test_labels_for_machines_are_no_tags(label):
    assert names_for_readers([label, "Pêche"]) == ("Pêche",)


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("Category: Économie", "Économie"),
        ("topic/pêche & ports", "pêche & ports"),
        ("(12) الميناء", "الميناء"),
        ("#Puertos", "Puertos"),
        ("Sahara : le plan", "Sahara : le plan"),
        ("Sahara: le plan", "Sahara: le plan"),
        ("50 Mbit/s", "50 Mbit/s"),
        ("Technik/Hardware", "Technik/Hardware"),
        ("C++", "C++"),
        ("St. Etienne", "St. Etienne"),
        ("CAN 2025", "CAN 2025"),
    ],
)
def test_names_are_those_that_readers_see(label, name):
    assert names_for_readers([label]) == (name,)


def test_a_name_comes_once():
    assert names_for_readers(["Pêche", "Port", "peche"]) == ("peche", "Port")


def test_blanks_part_labels_only_where_words_have_none():
    assert names_for_readers(["港口 渔业 市场 城市"]) == ("港口", "渔业", "市场", "城市")
    assert names_for_readers(["港口 渔业"]) == ("港口 渔业",)
    assert names_for_readers(["le port de pêche nouveau"]) == ("le port de pêche nouveau",)
    assert names_for_readers(["수산 시장 항구 도시"]) == ("수산 시장 항구 도시",)


@given(st.lists(st.text(max_size=40)))
def test_no_label_raises_and_none_is_empty(labels):
    assert all(name.strip() for name in names_for_readers(labels))
