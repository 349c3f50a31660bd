"""Tasks of one lock never overlap; higher priority goes first; nothing waits twice."""

from __future__ import annotations

from pipeline.dispatch import EmbeddedDispatcher, Task


def test_higher_priority_is_taken_first_and_equals_keep_their_order():
    dispatcher = EmbeddedDispatcher()
    tasks = [Task("run", {"run": 1}), Task("run", {"run": 2}, priority=5), Task("run", {"run": 3})]
    for task in tasks:
        dispatcher.defer(task)
    assert [task.arguments["run"] for task in dispatcher.take()] == [2, 1, 3]
    assert dispatcher.take() == []


def test_tasks_of_one_lock_wait_for_each_other():
    dispatcher = EmbeddedDispatcher()
    first, second = Task("run", {"run": 1}, lock="bladi"), Task("run", {"run": 2}, lock="bladi")
    other = Task("run", {"run": 3}, lock="atalayar")
    for task in (first, second, other):
        dispatcher.defer(task)
    assert dispatcher.take() == [first, other]
    assert dispatcher.take() == []
    dispatcher.done(first)
    assert dispatcher.take() == [second]


def test_a_task_that_waits_already_is_not_queued_twice():
    dispatcher = EmbeddedDispatcher()
    task = Task("run", {"run": 1}, lock="bladi")
    dispatcher.defer(task)
    dispatcher.defer(Task("run", {"run": 1}, lock="bladi"))
    assert dispatcher.take() == [task]
