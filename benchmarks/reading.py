"""How right pages are read: veille beside trafilatura, newspaper4k and readability on folders of pages with ground truth.

    python benchmarks/reading.py --corpus DIR [--sets articles sites] [--readers veille trafilatura] [--worst 10] [--json FILE] [--cost]

Every set is scored by its own public metric. Peers that are not installed are left out (`pip install newspaper4k readability-lxml`).
Sets of labelled texts (`labelled.jsonl`) ask for the language only, beside plain langdetect.
On sets of several pages a site, `learned` reads each page with the template of its site's other pages, learned without their truth.
`--cost` compares CPU a page, one page after the other in turns on one core: the ratio is ours to trafilatura's
own reading with metadata plus one call of langdetect.
"""

from __future__ import annotations

import argparse
import difflib
import json
import multiprocessing
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.progress import track
from rich.table import Table
from scoring import languages, metrics
from scoring.readers import READERS, Reading, installed, learned
from scoring.sets import Sample, Truth, find

TEXT = ("F1", "exact", "kept", "leaked")
FIELDS = ("title", "authors", "byline", "day", "wrong day", "instant", "tags", "all tags", "language")
TELLING = ("bodies", "wrong bodies", "titles", "wrong titles", "other bodies", "other titles")
COST_PAGES = 120


@dataclass(frozen=True)
class Score:
    """How one reader did on one page: a value from 0 to 1 a measure, None where the set says nothing."""

    sample: str
    values: dict[str, float | None]
    counts: tuple[float, float, float] | None = None
    """Shares of shingles right, too many and missing, for the metric that is no mean of pages."""
    text: str = ""


def main() -> int:
    """Score every set below the folder."""
    options = _options()
    try:
        found = languages.find_labelled(options.corpus)
        labelled = {name: texts for name, texts in found.items() if not options.sets or name in options.sets}
        samples = [sample for sample in find(options.corpus, or_none=bool(found)) if not options.sets or sample.set in options.sets]
    except (ValueError, OSError) as error:
        sys.exit(f"reading: {error}")
    if not samples and not labelled:
        sys.exit(f"reading: {options.corpus} has no set called {' or '.join(options.sets)}")
    names = installed(options.readers or list(READERS))
    console = Console(width=130)
    if options.cost:
        _print_cost(console, samples)
        return 0
    with multiprocessing.Pool(options.processes) as pool:
        work = pool.imap(partial(score_page, names, _by_site(samples)), samples, chunksize=2)
        scores = list(track(work, "reading", len(samples), console=Console(stderr=True), transient=True))
    results = {}
    for name in dict.fromkeys(sample.set for sample in samples):
        pairs = [(sample, score) for sample, score in zip(samples, scores, strict=True) if sample.set == name]
        results[name] = _print_set(console, name, pairs, options.worst)
    for name, texts in labelled.items():
        results[name] = _print_languages(console, name, texts, options.worst)
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    below = [f"{key}: {results.get(key.split('/')[0], {})}" for key in options.floor if not _holds(key, results)]
    for line in below:
        console.print(f"below its floor: {line}")
    return 1 if below else 0


def _by_site(samples: list[Sample]) -> dict[str, list[Sample]]:
    sites: dict[str, list[Sample]] = defaultdict(list)
    for sample in samples:
        if sample.site:
            sites[sample.site].append(sample)
    return sites


def score_page(names: Sequence[str], sites: dict[str, list[Sample]], sample: Sample) -> dict[str, Score]:
    """What each reader made of one page, scored; `learned` beside ours where the site has other pages."""
    body = sample.body()
    scores = {name: _score(sample, _read(name, sample, body)) for name in names}
    others = [other for other in sites.get(sample.site or "", ()) if other.name != sample.name]
    if others and "veille" in names:
        scores["learned"] = _score(sample, learned(sample, body, others))
    return scores


def _read(name: str, sample: Sample, body: bytes) -> Reading:
    try:
        return READERS[name][0](sample, body)
    except Exception:  # noqa: BLE001 - a peer that raises has read nothing
        return Reading()


def _score(sample: Sample, reading: Reading) -> Score:
    truth = sample.truth
    values: dict[str, float | None] = {}
    counts = None
    if sample.metric == "words" and truth.text is not None:
        values["F1"] = metrics.word_f1(reading.text, truth.text)
    elif sample.metric == "rouge" and truth.paragraphs is not None:
        values["F1"] = metrics.rouge_lsum(reading.text.splitlines(), truth.paragraphs)
    elif sample.metric == "shingles" and truth.text is not None:
        counts = metrics.shingle_counts(reading.text, truth.text)
        values["F1"] = metrics.shingle_f1([counts])
        values["exact"] = float(counts[0] == 1)
    values["kept"] = metrics.held(truth.wanted, reading.text)
    values["leaked"] = metrics.held(truth.unwanted, reading.text)
    values |= _score_fields(truth, reading)
    return Score(sample.name, values, counts, reading.text)


def _score_fields(truth: Truth, reading: Reading) -> dict[str, float | None]:
    values: dict[str, float | None] = {}
    if truth.title:
        values["title"] = float(metrics.folded_text(reading.title or "") == metrics.folded_text(truth.title))
    if truth.authors is not None and reading.authors is not None:
        values["authors"] = _same_names(reading.authors, truth.authors)
    credited = reading.authors if reading.byline is None else reading.byline
    if truth.byline is not None and credited is not None:
        values["byline"] = _same_names(credited, truth.byline)
    if truth.published_on:
        values["day"] = float(reading.published_on == truth.published_on)
        values["wrong day"] = float(reading.published_on not in {None, truth.published_on})
    if truth.published_at:
        values["instant"] = float(reading.published_at == truth.published_at)
    if truth.tags is not None and reading.tags is not None:
        values["tags"] = metrics.set_f1(reading.tags, truth.tags)
        values["all tags"] = float(values["tags"] == 1)
    if truth.language and reading.language:
        values["language"] = float(reading.language == truth.language)
    return values


def _same_names(ours: Iterable[str], theirs: Iterable[str]) -> float:
    return float({*map(metrics.folded_name, ours)} == {*map(metrics.folded_name, theirs)})


def _print_set(console: Console, name: str, pairs: list[tuple[Sample, dict[str, Score]]], worst: int) -> dict[str, dict[str, float]]:
    readers = list(pairs[0][1])
    summary = {reader: _summary([scores[reader] for _, scores in pairs]) for reader in readers}
    measures = [measure for measure in (*TEXT, *FIELDS) if any(measure in summary[reader] for reader in readers)]
    table = Table("reader", *measures, title=f"{name}: {len(pairs)} pages")
    for reader in readers:
        table.add_row(reader, *(f"{summary[reader][measure]:.4f}" if measure in summary[reader] else "" for measure in measures))
    console.print(table)
    ours = [(scores["veille"].values.get("F1"), sample, scores["veille"]) for sample, scores in pairs if "veille" in scores]
    ranked = sorted(((value, sample, score) for value, sample, score in ours if value is not None), key=lambda one: one[0])
    for value, sample, score in ranked[:worst]:
        console.print(f"\n[bold]{sample.name}[/bold] {value:.3f} {sample.url}", highlight=False)
        for line in _differences(sample.truth, score.text):
            console.print(line, markup=False, highlight=False)
    return summary


def _print_languages(console: Console, name: str, texts: list[languages.Labelled], worst: int) -> dict[str, dict[str, float]]:
    told = {detector: languages.tell(detector, texts) for detector in languages.DETECTORS}
    results = {detector: languages.summary(answers) for detector, answers in told.items()}
    measures = [measure for measure in TELLING if measure in results["veille"]]
    table = Table("detector", *measures, title=f"{name}: {len(texts)} texts in {len({text.language for text in texts})} languages")
    for detector, values in results.items():
        table.add_row(detector, *(f"{values[measure]:.4f}" for measure in measures))
    console.print(table)
    for kind, language, answer, count in languages.confusions(told["veille"])[:worst]:
        console.print(f"{kind}: {language} told as {answer}, {count} times", highlight=False)
    return results


def _summary(scores: list[Score]) -> dict[str, float]:
    collected: dict[str, list[float]] = defaultdict(list)
    for score in scores:
        for measure, value in score.values.items():
            if value is not None:
                collected[measure].append(value)
    summary = {measure: statistics.fmean(values) for measure, values in collected.items()}
    counts = [score.counts for score in scores if score.counts]
    return summary | ({"F1": metrics.shingle_f1(counts)} if counts else {})


def _differences(truth: Truth, text: str) -> list[str]:
    """Lines that are missing (-) and lines that are too many (+), cut to a width one can read."""
    wanted = [line.strip("[]") for line in truth.paragraphs] if truth.paragraphs is not None else (truth.text or "").splitlines()
    left, right = ([" ".join(line.split()) for line in lines if line.strip()] for lines in (wanted, text.splitlines()))
    changes = difflib.unified_diff(left, right, lineterm="", n=0)
    return [line[:126] for line in changes if not line.startswith(("---", "+++", "@@"))][:14]


def _print_cost(console: Console, samples: list[Sample]) -> None:
    """CPU milliseconds a page, ours and the engine's with langdetect, page by page in turns."""
    from langdetect import DetectorFactory, detect

    from pipeline.reading import warm

    DetectorFactory.seed = 0
    warm()
    chosen = samples[:: max(1, len(samples) // COST_PAGES)][:COST_PAGES]
    spent: dict[str, list[float]] = defaultdict(list)
    for sample in track(chosen, "measuring", console=Console(stderr=True), transient=True):
        body = sample.body()
        for name in ("veille", "trafilatura"):
            started = time.process_time()
            text = _read(name, sample, body).text
            if name == "trafilatura" and any(map(str.isalpha, text)):
                detect(text)
            spent[name].append(1000 * (time.process_time() - started))
    ours, theirs = (statistics.fmean(spent[name]) for name in ("veille", "trafilatura"))
    console.print(f"CPU a page ({len(chosen)}): veille {ours:.1f} ms, trafilatura + langdetect {theirs:.1f} ms, ratio {ours / theirs:.2f}")


def _holds(floor: str, results: dict[str, dict[str, dict[str, float]]]) -> bool:
    path, _, least = floor.partition("=")
    name, reader, measure = path.split("/")
    return results.get(name, {}).get(reader, {}).get(measure, 0.0) >= float(least)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--corpus", type=Path, required=True, help="a folder of pages with ground truth, or of such folders")
    parser.add_argument("--sets", nargs="+", default=[], help="only these of its folders")
    parser.add_argument("--readers", nargs="+", choices=READERS, help="only these readers")
    parser.add_argument("--worst", type=int, default=10, help="how many of our worst pages to show with their differences")
    parser.add_argument("--json", type=Path, help="write all figures to this file")
    parser.add_argument("--cost", action="store_true", help="measure CPU a page instead")
    parser.add_argument("--floor", nargs="+", default=[], metavar="SET/READER/MEASURE=VALUE", help="exit with 1 if a figure is below this")
    parser.add_argument("--processes", type=int, default=2, help="pages read side by side")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
