"""What a source file says that only the layers above it can judge: whether its cron expression and its CSS selectors can be read."""

from __future__ import annotations

from crawlers.source import Source
from db.errors import SourceError
from pipeline.timetable import Timetable, check


def timetable_of(source: Source) -> Timetable:
    """The timetable a source file states."""
    return Timetable(source.time_zone, source.every, source.cron, source.windows, source.shortest, source.longest)


def timetable_problem(source: Source) -> str | None:
    """Say what is wrong with the timetable, naming the file; None if it can be kept."""
    try:
        check(timetable_of(source))
    except SourceError as error:
        return f"{source.path or source.name}: {error}"
    return None


def first_problem(source: Source) -> str | None:
    """Return the first of everything that is wrong with a source; None if nothing is."""
    return next(iter(problems_of(source)), None)


def problems_of(source: Source) -> list[str]:
    """Return everything that is wrong with a source that its file's own check lets pass."""
    problem = timetable_problem(source)
    if not source.layouts:
        return [problem] if problem else []
    from pipeline.steps.layout import unreadable_selectors  # noqa: PLC0415 - lxml is loaded only to check selectors

    selectors = [
        f"{source.path or source.name}: layouts[{number}].{key}: {selector!r} is no CSS selector ({why}); try it in a browser's inspector"
        for number, layout in enumerate(source.layouts, 1)
        for key, selector, why in unreadable_selectors(layout)
    ]
    return [problem, *selectors] if problem else selectors
