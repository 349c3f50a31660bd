"""Texts with a known language, and how often they are told right: ours beside plain langdetect.

A set is a folder with a file `labelled.jsonl`: a JSON object a line with `language` (a primary subtag of BCP 47), `title`, `text` or both,
and, where the page stated one, `page_language`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FILE = "labelled.jsonl"
UNKNOWN = "und"
_LENGTH = 1_000
"""Characters of a text that langdetect is given: more make it slower, not better."""


@dataclass(frozen=True)
class Labelled:
    """One text. A line that holds title and body is two questions: the title by itself, and both together."""

    language: str
    title: str
    text: str
    page_language: str = ""

    @property
    def kind(self) -> str:
        """Whether it is a body or only a title."""
        return "bodies" if self.text else "titles"


@dataclass(frozen=True)
class Told:
    """What one reader said of one text."""

    sample: Labelled
    answer: str

    @property
    def right(self) -> bool:
        """The language, or `und` for one that langdetect has no profile of."""
        return self.answer == self.sample.language or (self.answer == UNKNOWN and self.sample.language not in profiles())


def find_labelled(corpus: Path) -> dict[str, list[Labelled]]:
    """The sets of labelled texts in a folder and in its folders, by name. Raises ValueError for a line that is none."""
    folders = (corpus, *sorted(path for path in corpus.iterdir() if path.is_dir())) if corpus.is_dir() else ()
    return {folder.name: list(_read(folder / FILE)) for folder in folders if (folder / FILE).exists()}


def _read(path: Path) -> Iterator[Labelled]:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            said = json.loads(line)
            language, title, text = said["language"], said.get("title") or "", said.get("text") or ""
        except (ValueError, KeyError, TypeError, AttributeError):
            raise ValueError(f"{path}:{number} is no JSON object with a language") from None
        page_language = said.get("page_language") or ""
        if title:
            yield Labelled(language, title, "", page_language)
        if text:
            yield Labelled(language, title, text, page_language)


@cache
def profiles() -> frozenset[str]:
    """The primary subtags that langdetect knows."""
    from langdetect.detector_factory import PROFILES_DIRECTORY

    return frozenset(path.name.partition("-")[0] for path in Path(PROFILES_DIRECTORY).iterdir())


def veille(sample: Labelled) -> str:
    """Ours, as the reader of pages calls it."""
    from pipeline.steps.language import identify

    return identify(sample.title, sample.text, page_language=sample.page_language).tag


def langdetect(sample: Labelled) -> str:
    """Plain langdetect with its seed fixed, on title and body cut to a length; `und` only where it raises."""
    from langdetect import DetectorFactory, LangDetectException, detect

    DetectorFactory.seed = 0
    try:
        return str(detect(f"{sample.title}\n{sample.text}".strip()[:_LENGTH])).partition("-")[0]
    except LangDetectException:
        return UNKNOWN


DETECTORS: dict[str, Callable[[Labelled], str]] = {"veille": veille, "langdetect": langdetect}


def tell(name: str, samples: Sequence[Labelled]) -> list[Told]:
    """What one of the detectors says of each text."""
    return [Told(sample, DETECTORS[name](sample)) for sample in samples]


def summary(told: Sequence[Told]) -> dict[str, float]:
    """Shares by measure: right and wrong answers (`und` is neither) for languages with a profile, and answers right for all others."""
    measures: dict[str, float] = {}
    for kind in ("bodies", "titles"):
        known = [one for one in told if one.sample.kind == kind and one.sample.language in profiles()]
        foreign = [one for one in told if one.sample.kind == kind and one.sample.language not in profiles()]
        if known:
            measures[kind] = sum(one.right for one in known) / len(known)
            measures[f"wrong {kind}"] = sum(one.answer not in {UNKNOWN, one.sample.language} for one in known) / len(known)
        if foreign:
            measures[f"other {kind}"] = sum(one.right for one in foreign) / len(foreign)
    return measures


def confusions(told: Sequence[Told]) -> list[tuple[str, str, str, int]]:
    """Kind, language, answer and how often, most first."""
    counted: Counter[Any] = Counter((one.sample.kind, one.sample.language, one.answer) for one in told if not one.right)
    return [(kind, language, answer, count) for (kind, language, answer), count in counted.most_common()]
