"""From text to index terms, the same on every database and for questions as for articles.

Which letters count as the same is `db.folding`'s business; where the terms are kept, `db.fulltext`'s.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

import Stemmer

from db.folding import fold_letters

ANALYSER_VERSION = 1
"""Grows when the same text gives other terms: rows of another version want indexing again."""

MAX_TOKENS = 100_000
MAX_TOKEN_LENGTH = 64
"""Characters of a term; longer words are cut, in articles and in questions alike."""

FEW_SIGNS = 64
"""Different signs that are replaced one after the other, several times as fast as all at once: an ordinary text has a dozen."""

STEM_MARK = "·"
"""Stands between a stem and its language, so that a German stem never finds a French word."""

STEMMERS = {
    "ca": "catalan", "da": "danish", "de": "german", "el": "greek", "en": "english", "es": "spanish", "eu": "basque", "fi": "finnish",
    "fr": "french", "ga": "irish", "hi": "hindi", "hu": "hungarian", "hy": "armenian", "id": "indonesian", "it": "italian",
    "lt": "lithuanian", "ne": "nepali", "nb": "norwegian", "nl": "dutch", "no": "norwegian", "pt": "portuguese", "ro": "romanian",
    "ru": "russian", "sv": "swedish", "ta": "tamil", "tr": "turkish",
}  # fmt: skip
"""Snowball's stemmers by BCP 47 subtag. Arabic has a rule of its own, `_arabic_stem`."""

NOT_LATIN = frozenset({"el", "hi", "hy", "ne", "ru", "ta"})

ELISIONS = frozenset("l d j m t s n c qu jusqu lorsqu puisqu quoiqu quelqu presqu dell all nell sull dall un gl".split())  # noqa: SIM905
"""What French, Italian and Catalan put before an apostrophe; dropped in every language, since a question names none."""

_APOSTROPHES = frozenset("'’ʼ‘´`＇")
_APOSTROPHE = re.compile("['’ʼ‘´`＇]")
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f"
    "\U00020000-\U0003134f"
)
"""Thai, Lao, Myanmar, Khmer, kana and Han: written without spaces, so indexed by pairs of characters."""
_UNSPACED_RUN = re.compile(f"[{_UNSPACED}]+")
_RUNS = re.compile(rf"([{_UNSPACED}]+)|[^\s{_UNSPACED}]+")
_ARABIC = re.compile("[\u0600-\u06ff]")
_ARABIC_ARTICLE = re.compile("^(?:[وف]?[بك]?ال|[وف]?لل)(?=...)")
_ARABIC_SUFFIXES = ("ها", "ان", "ات", "ون", "ين", "يه", "ه", "ي")


@dataclass(frozen=True, slots=True)
class Terms:
    """The words of a text in order, in three tuples of one length."""

    folded: tuple[str, ...]
    stemmed: tuple[str, ...]
    """Stem and language (`elect·fr`); the folded form where the language has no stemmer."""
    offsets: tuple[tuple[int, int], ...]
    """[start, end) in characters of the text given."""


@dataclass(frozen=True, slots=True)
class Sought:
    """Words a question wants side by side: found as `folded` among the folded terms, or as one of `stemmed` among the stems."""

    folded: tuple[str, ...]
    stemmed: tuple[tuple[str, ...], ...] = ()
    prefix: bool = False
    """The last word stands for all that begin with it: asked for by `*`, and needed for a single Han or kana character."""


def analyse(text: str, language: str) -> Terms:
    """Return the terms of a text in `language` (BCP 47 primary subtag, `und` allowed): at most 100,000, never an error."""
    kept = [(*term, (start, end)) for spelling, start, end in _limited(text) if (term := _term(spelling, language))[0]]
    folded, stemmed, offsets = zip(*kept, strict=True) if kept else ((), (), ())
    return Terms(folded, stemmed, offsets)


def index_terms(text: str, language: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the `folded` and `stemmed` of `analyse`, in half its time: an index wants no offsets."""
    if _UNSPACED_RUN.search(text):
        terms = analyse(text, language)
        return terms.folded, terms.stemmed
    spellings = _without_elisions(text, _spaced(text)).split()[:MAX_TOKENS]
    known = {spelling: _term(spelling[: 4 * MAX_TOKEN_LENGTH], language) for spelling in set(spellings)}
    kept = [term for term in map(known.__getitem__, spellings) if term[0]]
    return tuple([folded for folded, _ in kept]), tuple([stemmed for _, stemmed in kept])


def sought(text: str, languages: Iterable[str] | None = None, *, prefix: bool = False, exact: bool = False) -> Sought | None:
    """Return what a piece of a question looks for; None if it holds no letter and no digit.

    `languages`: those whose stems count (default: all). `exact`: no stems, only the words as they stand. `prefix`: see `Sought`.
    """
    words = list(_limited(text))
    if len(words) > 1 and words[-2][2] == words[-1][2]:  # an unspaced run goes on in the article as it likes
        del words[-1]
    folded = tuple(form for spelling, *_ in words if (form := _fold_word(spelling)))
    if not folded:
        return None
    prefix = prefix or (len(folded[-1]) == 1 and _UNSPACED_RUN.fullmatch(folded[-1]) is not None)
    if exact or prefix:
        return Sought(folded, (_arabic_beginning(folded),) if prefix and _ARABIC.search(folded[-1]) else (), prefix)
    spelled = [spelling for spelling, *_ in words if _fold_word(spelling)]
    chosen = {*STEMMERS, "ar"} if languages is None else set(languages)
    ways = {_stem_all(form, folded, language) for language in chosen for form in (spelled, folded)}  # people leave accents out
    return Sought(folded, tuple(sorted(ways - {folded})))


# ---------------------------------------------------------------- words


def _limited(text: str) -> Iterator[tuple[str, int, int]]:
    return islice(_words(text), MAX_TOKENS)


def _words(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield (spelling, start, end) of each word as it stands."""
    for run in _RUNS.finditer(_spaced(text)):
        start, end = run.span()
        if run[1]:
            yield from _pairs(run[1], start)
        elif not _is_elided(text, start, end):
            yield text[start : min(end, start + 4 * MAX_TOKEN_LENGTH)], start, end


def _spaced(text: str) -> str:
    """Return the text with a space in the place of everything that is of no word."""
    strange = [character for character in set(text) if not _is_of_word(character) and character != " "]
    if len(strange) > FEW_SIGNS:
        return text.translate(dict.fromkeys(map(ord, strange), " "))
    for character in strange:
        text = text.replace(character, " ")
    return text


def _without_elisions(text: str, spaced: str) -> str:
    """Return `spaced` with what `_words` leaves out for being elided blanked out."""
    pieces, done = [], 0
    for mark in _APOSTROPHE.finditer(text):
        end = mark.start()
        before = spaced[max(0, end - 7) : end].split()
        if not before or spaced[end - 1].isspace():
            continue
        start = end - len(before[-1])
        if _is_elided(text, start, end):
            pieces += [spaced[done:start], " "]
            done = end
    return "".join([*pieces, spaced[done:]])


def _pairs(run: str, start: int) -> Iterator[tuple[str, int, int]]:
    """Yield each two neighbours, and the last character alone, so that every character begins a word."""
    for at in range(len(run) - 1):
        yield run[at : at + 2], start + at, start + at + 2
    yield run[-1], start + len(run) - 1, start + len(run)


def _is_of_word(character: str) -> bool:
    if character in _APOSTROPHES:
        return False
    category = unicodedata.category(character)
    return category[0] in "LMN" or category == "Cf" or (category == "Cc" and not character.isspace())


def _is_elided(text: str, start: int, end: int) -> bool:
    return (
        text[end : end + 1] in _APOSTROPHES
        and end - start <= 6
        and fold_letters(text[start:end]) in ELISIONS
        and text[end + 1 : end + 2].isalpha()
    )


def _fold_word(spelling: str) -> str:
    folded = fold_letters(spelling)
    if not folded.isalnum():  # compatibility forms unfold to signs: ⒈ is "1."
        folded = "".join(c for c in folded if unicodedata.category(c)[0] in "LMN")
    return folded[:MAX_TOKEN_LENGTH]


# ---------------------------------------------------------------- stems


def _stem_all(spellings: Sequence[str], folded: Sequence[str], language: str) -> tuple[str, ...]:
    return tuple(_stem(spelling, form, language) for spelling, form in zip(spellings, folded, strict=True))


@lru_cache(maxsize=1 << 16)
def _term(spelling: str, language: str) -> tuple[str, str]:
    """Return the folded form and the stem of a word; a press uses the same few ten thousand words every day."""
    folded = _fold_word(spelling)
    return folded, _stem(spelling, folded, language)


def _stem(spelling: str, folded: str, language: str) -> str:
    """Return the stem: by script first (Arabic words in a French text are Arabic), then by language."""
    if _ARABIC.search(folded):
        return _arabic_stem(folded) + STEM_MARK + "ar"
    if language not in STEMMERS or folded.isascii() == (language in NOT_LATIN) or not folded.isalpha() or _UNSPACED_RUN.match(folded):
        return folded  # a stemmer says something only of words in its own script
    # Endings are told by their accents (députée), so the stem is taken before these are folded away.
    plain = unicodedata.normalize("NFC", unicodedata.normalize("NFKC", spelling).casefold().replace("\u00ad", ""))
    stemmer = Stemmer.Stemmer(STEMMERS[language], 0)  # made for each word: a stemmer is not safe between threads, and costs microseconds
    stem = fold_letters(stemmer.stemWord(plain[:MAX_TOKEN_LENGTH]))
    return (stem if stem.isalnum() else folded) + STEM_MARK + language


def _arabic_stem(folded: str) -> str:
    """Light stemming after light10 (Larkey, Ballesteros and Connell, 2007), the conjunction cut last.

    Snowball's Arabic stemmer leaves انتخابات and انتخاب, وزير and الوزير apart.
    """
    stem = _ARABIC_ARTICLE.sub("", folded) if "الله" not in folded else folded
    for suffix in _ARABIC_SUFFIXES:
        if stem.endswith(suffix) and len(stem) - len(suffix) >= 3:
            stem = stem.removesuffix(suffix)
    return stem[1:] if stem.startswith("و") and len(stem) >= 4 else stem


def _arabic_beginning(folded: tuple[str, ...]) -> tuple[str, ...]:
    """Return a beginning as stems begin: without article and conjunction."""
    beginning = _ARABIC_ARTICLE.sub("", folded[-1])
    return (*folded[:-1], beginning[1:] if beginning.startswith("و") and len(beginning) >= 4 else beginning)
