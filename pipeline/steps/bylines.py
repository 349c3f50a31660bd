"""Names out of bylines: people, agencies, desks and the paper itself, told apart and split."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from pipeline.steps.characters import one_line
from pipeline.steps.lexicon import alternatives, pattern, plain, vocabulary, words

_ADDRESS = re.compile(r"https?://|www\.|@\w|\S+@\S+|\.(?:com|org|net|fr|ma|es)/", re.IGNORECASE)
_PARENTHESES = re.compile(r"\s*[(\[][^()\[\]]{0,120}[)\]]")
_DEGREE = re.compile(r"(?:[A-Z]{2,6}|Ph\.? ?D|M\.D|Dr|E-RYT \d+|[A-Z]-?[A-Z]{1,4}(?: \d+)?)[.®™]?")
"""Letters that follow a name after a comma: "Ada Quay, MD"."""
_TRAILING_NOISE = re.compile(
    r"\s*(?:[|•·⋅–—]|\s-\s|\s/\s|\bView all posts\b|\bSee more\b|\bFollow\b|\bVoir (?:tous|plus)\b|\bPublié\b|\bPublished\b"
    r"|\b(?:Updated|Reviewed|Edited|Fact[- ]checked|Relu|Révisé|Revisado|Editado) (?:by|par|por)\b|\d{1,2}[/:]\d{1,2}).*$",
    re.IGNORECASE,
)

_LAST_FIRST = re.compile(r"([^\W\d_][\w'’-]+), ([^\W\d_][\w'’-]+)")
_LONGEST_CREDIT, _LONGEST_BYLINE = 60, 2_000
_ACRONYM = 4
_SENTENCE = 3
"""Words written small, besides those that names hold, from which on a text is a sentence about somebody."""


@dataclass(frozen=True, slots=True)
class Byline:
    """A byline taken apart. `authors` are people, in order; `agency` one of the vocabulary's canonical names."""

    authors: tuple[str, ...] = ()
    agency: str | None = None
    publisher: str | None = None
    desk: str | None = None
    credited: tuple[str, ...] = ()
    """All of them, in order, as they were written."""


def take_apart(names: Iterable[str], site_names: Iterable[str], organisations: Iterable[str] = ()) -> Byline:
    """Sort written names into people, agency, desk and publisher (a name that is one of `site_names`).

    `organisations` are written names too, of what is stated to be no person: they are not split.
    """
    sites = {short for name in site_names for short in (squeeze(name), _initials(name))} - {""}
    bodies = dict.fromkeys(filter(None, map(_clean, map(one_line, organisations))))
    people: dict[str, str] = {}
    credited: dict[str, str] = {}
    agency = publisher = desk = None
    for name in (*bodies, *(name for written in names for name in _people_first(split(written), sites))):
        folded = plain(name)
        if squeeze(name) in sites:
            publisher = publisher or name
        elif folded in _agencies():
            agency = agency or _agencies()[folded]
        elif folded.startswith(_agency_starts()):
            agency = agency or name
        elif folded in _desks() or (folded.startswith(_desk_starts()) and name not in bodies):
            desk = desk or name
            agency = agency or _agencies().get(folded.rpartition(" ")[2])
        elif folded in words("clutter", "follow_places"):
            continue
        elif name in bodies:
            publisher, agency = publisher or name, agency or agency_alone(name)
        elif is_name(name):
            people.setdefault(folded, name)
        else:
            continue
        credited.setdefault(folded, name)
    return Byline(tuple(people.values()), agency, publisher, desk, tuple(credited.values()))


def _people_first(names: list[str], sites: set[str]) -> list[str]:
    """The names, but for single words after the paper's own: "Gazette, Lomé, Togo" is an address."""
    paper = next((n for n, name in enumerate(names) if squeeze(name) in sites), len(names))
    return [*names[: paper + 1], *(name for name in names[paper + 1 :] if " " in name or plain(name) in _agencies())]


def split(written: str) -> list[str]:
    """One byline as its single names: prefixes and addresses cut, joint names parted."""
    text = one_line(written)[:_LONGEST_BYLINE]
    if _ADDRESS.match(text):
        return []
    text = _PARENTHESES.sub(_agency_in, strip_prefix(text))
    text = turned(text) if _is_last_first(text) else text
    names = [_without_place(_clean(strip_prefix(part))) for part in _joints().split(text)]
    return [
        _without_role(name)
        for n, name in enumerate(names)
        if name and not _ADDRESS.search(name) and not (n and (_is_degree(name) or is_role(name)))
    ]


def turned(name: str) -> str:
    """A name as catalogues write it, "Quay, Ada", as people do; any other as it is."""
    last, _, first = name.partition(",")
    return f"{first.strip()} {last.strip()}" if first.strip() and "," not in first else name


def _is_last_first(text: str) -> bool:
    """Whether two single words with a comma are one name: neither is an agency or a place to follow."""
    two = _LAST_FIRST.fullmatch(text)
    return two is not None and (_agencies().keys() | set(words("clutter", "follow_places"))).isdisjoint(map(plain, two.groups()))


def is_role(text: str) -> bool:
    """Whether a part of a byline says what somebody is: "Senior Writer", "journaliste"."""
    tokens = plain(text).split()
    return 0 < len(tokens) <= 6 and not _roles().isdisjoint(tokens)


def _is_degree(text: str) -> bool:
    return _DEGREE.fullmatch(text) is not None and plain(text) not in _agencies()


def is_prefix(text: str) -> bool:
    """Whether a text is nothing but the words before a name: "Written by", "بقلم :"."""
    return 1 < len(text) <= 40 and not strip_prefix(text).strip(" :،,-") and _prefix_end(text, "strong_prefixes") > 0


def _without_role(name: str) -> str:
    """A first and a last name without the office written behind it ("Anna Reed Editor")."""
    *bare, last = name.split() or [""]
    return " ".join(bare) if len(bare) == 2 and plain(last) in _roles() and is_full_name(" ".join(bare)) else name


def _without_place(name: str) -> str:
    """A full name without the place or the paper after it; "" for a place alone."""
    place = _place().search(name)
    return name[: place.start()] if place and (place.start() == 0 or is_full_name(name[: place.start()])) else name


def _agency_in(parentheses: re.Match[str]) -> str:
    """What is left of a pair of parentheses in a byline: an agency's name, or nothing."""
    inside = _joints().sub("", f" {parentheses[0].strip(' ()[]')}", count=1).strip()
    return f", {inside}" if plain(inside) in _agencies() else ""


def strip_prefix(text: str) -> str:
    """A byline without the words before the name ("Ecrit par :", "By", "بقلم")."""
    for _ in range(2):
        end = _prefix_end(text)
        if not end:
            break
        text = text[end:].lstrip(" :،,-–—|")
    return text


def in_line(text: str) -> str | None:
    """The names of a line that opens, or ends after a dash or a day, with a byline prefix; None if the line is no byline."""
    for part in reversed(re.split(r"\s+[-–—|•·]\s+|\s*\|\s*", text)):
        end = _prefix_end(part, "strong_prefixes") or _prefix_end(part, "common_prefixes")
        rest = part[end:].lstrip(" :،,-") if end else ""
        first = next(iter(split(rest)), "") if rest and len(rest) <= 90 else ""
        if (
            first
            and is_name(first)
            and (_prefix_end(part, "strong_prefixes") or part[end:].lstrip().startswith(":") or is_full_name(first))
        ):
            return rest
    after = _after_day().search(text)
    names = split(after[1]) if after else []
    return after[1] if after and names and all(map(is_full_name, names)) else None


def is_full_name(name: str) -> bool:
    """A first and a last name, and nothing in small letters but what names hold between them ("van den", "de la")."""
    tokens = name.split() or [""]
    capital = [token for token in tokens if token[:1].isupper()]
    small = [token for token in tokens if not token[:1].isupper()]
    return 2 <= len(capital) <= 4 and tokens[0] is capital[0] and tokens[-1] is capital[-1] and _particles().issuperset(map(plain, small))


def agency_alone(text: str) -> str | None:
    """The agency that a short line names, between separators and joints: "EFE | Madrid", "Source : MAP".

    A short name counts only as it is written; the credit of an image ("Photo: AP", "Rim Slaoui / AP") names whose image it is.
    """
    if len(text) > _LONGEST_CREDIT or "/" in text or "©" in text or _image_credit().search(plain(text)):
        return None
    pieces = (text, *(piece.strip(" ().[]") for piece in _parts().split(f" {text} ")))
    return next(filter(None, map(agency_named, pieces)), None)


def agency_named(name: str) -> str | None:
    """The agency of this name, which counts only as it is written if it is short: "AP", and not "Ap"."""
    agency = _agencies().get(plain(name))
    return agency if agency and (not name.isascii() or len(name) > _ACRONYM or name in _agency_names()) else None


def is_desk(name: str) -> bool:
    """Whether a name is a desk's, or stands for agencies at large: "La rédaction", "Agencias"."""
    return plain(name) in _desks()


def is_name(text: str) -> bool:
    """Whether a text can be a person's name: one to six words (initials count), capitals where the script has them, no sentence."""
    first = next(filter(str.isalpha, text), "")
    if not 2 <= len(text) <= 60 or not first or sum(c.isdigit() for c in text) > 1:
        return False
    tokens = text.split()
    if len(tokens) > 6 or ":" in text or text.endswith(("?", "!")) or len(_small_words(tokens)) >= _SENTENCE:
        return False
    return not first.islower() or any(token[:1].isupper() for token in tokens[1:]) or first.upper() == first


def _small_words(tokens: list[str]) -> list[str]:
    """Words written small that are neither part of names nor offices: "Rim Slaoui écrit sur les écoles" has three."""
    return [token for token in tokens if token.islower() and not {plain(token), plain(token).rpartition("'")[2]} & _of_names()]


def squeeze(name: str) -> str:
    """A site's name for comparison: folded, without blanks, dots and endings of host names."""
    folded = re.sub(r"^(?:www\.|https?://)|\.(?:com|net|org|info|fr|ma|dz|tn|es|tg|demo|test)\b/?", "", plain(name))
    return re.sub(r"[\W_]+", "", folded)


def _initials(name: str) -> str:
    """The short form a paper of three or more words goes by, "" for other names."""
    words_of_name = plain(name).split()
    return "".join(word[0] for word in words_of_name) if len(words_of_name) >= 3 else ""


def _clean(part: str) -> str:
    dotted = part.rstrip(" ,;:-–—|*'\"«»“”").endswith(".")
    part = _trailing_day().sub("", _TRAILING_NOISE.sub("", part)).strip(" ,;:.-–—|*'\"«»“”")
    if part.endswith((" Jr", " Sr")) or (dotted and re.fullmatch(r"(?:\w\.)+\w", part)):
        part += "."
    if part.isupper() and len(part) > 4 and " " in part and part.isascii():
        part = part.title()
    return part


def _prefix_end(text: str, key: str = "prefixes") -> int:
    """Where the words before a name end in `text`, 0 if it starts with none. Folding keeps word boundaries, so words are counted."""
    folded = plain(text.replace(":", " : "))
    match = _prefixes(key).match(folded)
    if not match:
        return 0
    count = len(folded[: match.end()].replace(":", " ").split())
    position = 0
    for word in re.finditer(r"[^\s:،]+", text):
        count -= 1
        if count == 0:
            position = word.end()
            break
    return position


@cache
def _prefixes(key: str) -> re.Pattern[str]:
    return re.compile(pattern("bylines", key) + r"(?=[\s,:;]|$)")


@cache
def _after_day() -> re.Pattern[str]:
    """What follows a day or a time and a prefix at the end of a line: "Publié le 3 mars 2024 à 18h05 par …"."""
    prefix = "|".join(re.escape(word) for key in ("strong_prefixes", "common_prefixes") for word in vocabulary("bylines")[key])
    hour = r"(?:\s?(?:uhr|h|a\.?m\.?|p\.?m\.?|\(?(?:GMT|UTC|CET|CEST|[A-Z]{1,2}ST)\)?)){0,2}"
    return re.compile(rf"\d{hour}[\s,;|·•–—-]*[\s,](?:{prefix})\s+(\S.{{3,80}})$", re.IGNORECASE)


@cache
def _joints() -> re.Pattern[str]:
    joiners = [word for word in words("bylines", "joiners") if word not in {"و", "&"}]
    joined = alternatives(joiners)
    return re.compile(
        rf"\s*[,;،/&]\s*(?:{joined}\s+)?|\s+\|\s+|\s+{joined}\s+|\s+avec\s+l'|\s+و\s+(?=\S)|\s+و(?=\S{{2}})|\s+-\s+", re.IGNORECASE
    )


@cache
def _parts() -> re.Pattern[str]:
    return re.compile(rf"{_joints().pattern}|\s*[|•·–—:()\[\]]\s*|\s+-\s+", re.IGNORECASE)


@cache
def _particles() -> frozenset[str]:
    return frozenset(words("bylines", "particles"))


@cache
def _of_names() -> frozenset[str]:
    return _particles() | _roles() | frozenset(words("bylines", "joiners")) | frozenset(words("bylines", "places"))


@cache
def _place() -> re.Pattern[str]:
    """A place or a paper after a name ("Anna Reed in Rabat")."""
    return re.compile(rf"(?:^|(?<=\w)\s+){alternatives(vocabulary('bylines')['places'])}\s+(?=[^\W\d_a-zß-ÿ])\S.*$")


@cache
def _desk_starts() -> tuple[str, ...]:
    return tuple(f"{word} " for word in words("bylines", "desk_starts"))


@cache
def _agencies() -> dict[str, str]:
    return {plain(name): agency for agency, names in vocabulary("bylines")["agencies"].items() for name in names}


@cache
def _image_credit() -> re.Pattern[str]:
    said = frozenset(words("clutter", "credits")) - frozenset(words("bylines", "prefixes"))
    return re.compile(rf"(?<!\w){alternatives(said)}(?!\w)")


@cache
def _agency_names() -> frozenset[str]:
    return frozenset(name for names in vocabulary("bylines")["agencies"].values() for name in names)


@cache
def _agency_starts() -> tuple[str, ...]:
    return tuple(f"{word} " for word in words("bylines", "agency_starts"))


@cache
def _trailing_day() -> re.Pattern[str]:
    """A day that follows a name, with its label and to the end ("Hajar Slaoui May 1", "… mardi 3 mars"); Domingo alone is a name."""
    months = alternatives(one for year in vocabulary("dates")["months"].values() for month in year for one in month.split("|"))
    weekdays = alternatives(vocabulary("dates")["labels"]["weekdays"])
    day = rf"{months}\.?\s+\d|\d{{1,2}}(?:er|st|nd|rd|th)?\s+(?:de\s+)?{months}\b"
    said = vocabulary("dates")["labels"]
    label = alternatives([*said["published"], *said["updated"], "last", "updated", "on", "le", "el"])
    return re.compile(rf"(?:(?:^|\s+){label}\s*:?)*(?:^|\s+)(?:{weekdays},?\s+(?:\d|{months})|{day}).*$", re.IGNORECASE)


@cache
def _desks() -> frozenset[str]:
    return frozenset(words("bylines", "desks"))


@cache
def _roles() -> frozenset[str]:
    return frozenset(words("bylines", "roles"))
