"""What a source file's own check lets pass and the layers above it cannot use."""

from __future__ import annotations

from pathlib import Path

import pytest

from crawlers.registry import Registry
from crawlers.source import Source
from pipeline.source_check import problems_of, timetable_problem

FILE = Path("gazette.toml")


def source(text: str) -> Source:
    return Source.from_toml(f'home = "https://gazette.example/"\n{text}', FILE)


def test_a_cron_expression_with_a_minute_that_does_not_exist_names_the_file():
    problem = timetable_problem(source('[timetable]\ncron = "61 * * * *"'))
    assert problem is not None
    assert "gazette.toml" in problem
    assert "61 * * * *" in problem


def test_a_cron_expression_that_never_comes_names_file_and_key():
    problem = timetable_problem(source('[timetable]\ncron = "0 0 30 2 *"'))
    assert str(problem).startswith("gazette.toml: timetable.cron: '0 0 30 2 *' can never come: none of its months has a day 30")


@pytest.mark.parametrize("key", ["body", "title", "date", "authors", "section", "tags"])
def test_a_selector_that_is_none_names_file_layout_and_key(key: str):
    (problem,) = problems_of(source(f'[[layouts]]\n[[layouts]]\n{key} = "div["'))
    assert problem.startswith(f"gazette.toml: layouts[2].{key}: 'div['")


def test_every_selector_to_remove_is_checked():
    assert len(problems_of(source('[[layouts]]\nremove = [".ok", "p:::x", "div["]'))) == 2


def test_a_selector_that_no_page_can_answer_is_a_problem_too():
    (problem,) = problems_of(source('[[layouts]]\nbody = "a|div"'))
    assert problem.startswith("gazette.toml: layouts[1].body: 'a|div'")
    assert problems_of(source('[[layouts]]\nbody = "div:has(> p), p:lang(fr), :is(.a, .b) p:not(.c)"')) == []


def test_every_bundled_source_passes():
    registry = Registry()
    assert [problem for source in registry.all() for problem in problems_of(source)] == []
