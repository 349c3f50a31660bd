"""How newspapers write days, times and ages in French, Spanish, English and Arabic, and how they make slugs of headlines."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime

MONTHS = {
    "fr": ("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"),
    "es": ("enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"),
    "en": (
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
    ),
    "ar": ("يناير", "فبراير", "مارس", "أبريل", "ماي", "يونيو", "يوليوز", "غشت", "شتنبر", "أكتوبر", "نونبر", "دجنبر"),
}  # fmt: skip
WEEKDAYS = {
    "fr": ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
    "es": ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "ar": ("الاثنين", "الثلاثاء", "الأربعاء", "الخميس", "الجمعة", "السبت", "الأحد"),
}
_ARABIC_DIGITS = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
_SEPARATORS = {"fr": " ", "es": ".", "en": ",", "ar": ""}
_TYPOGRAPHY = str.maketrans({"’": "'", "œ": "oe", "Œ": "Oe", "…": "...", "—": "-", "–": "-"})


def month(moment: datetime, language: str) -> str:
    """Return the month's name; Arabic names are those of the Maghreb."""
    return MONTHS[language][moment.month - 1]


def weekday(moment: datetime, language: str) -> str:
    """Return the weekday's name."""
    return WEEKDAYS[language][moment.weekday()]


def long_day(moment: datetime, language: str) -> str:
    """Return `8 août 2014`, `8 de agosto de 2014`, `August 8, 2014` or `8 غشت 2014`."""
    name = month(moment, language)
    if language == "en":
        return f"{name} {moment.day}, {moment.year}"
    if language == "es":
        return f"{moment.day} de {name} de {moment.year}"
    first = "1er" if language == "fr" and moment.day == 1 else str(moment.day)
    return f"{first} {name} {moment.year}"


def masthead_clock(moment: datetime) -> str:
    """Return the day as some magazines show it above every page: `dimanche, décembre 3 2023`."""
    return f"{weekday(moment, 'fr')}, {month(moment, 'fr')} {moment.day} {moment.year}"


def age(published: datetime, now: datetime) -> str:
    """Return the French phrase for how long ago something was published, both in one zone. Days are counted by the calendar."""
    days = (now.date() - published.date()).days
    minutes = int((now - published).total_seconds() // 60)
    if days == 0 and minutes < 60:
        return f"il y a {_counted(max(minutes, 1), 'minute')}"
    if days == 0:
        return f"il y a {_counted(minutes // 60, 'heure')}"
    if days < 7:
        return f"il y a {_counted(days, 'jour')}"
    if days < 31:
        return f"il y a {_counted(days // 7, 'semaine')}"
    if days < 365:
        return f"il y a {days // 30} mois" if days < 360 else "il y a 11 mois"
    return f"il y a {_counted(days // 365, 'an')}"


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'s' if count > 1 else ''}"


def arabic_digits(text: str) -> str:
    """Return the text with Arabic-Indic digits."""
    return text.translate(_ARABIC_DIGITS)


def number(value: int, language: str) -> str:
    """Return a whole number with the language's thousands separator."""
    if value < 10_000 and language == "es":
        return str(value)
    return f"{value:,}".replace(",", _SEPARATORS[language])


def typewriter(text: str) -> str:
    """Return the text in the letters of ISO 8859-1, as old publishing systems kept it."""
    return text.translate(_TYPOGRAPHY)


def slug(title: str, *, words: int = 10) -> str:
    """Return a headline as lower-case words joined by hyphens: ASCII for Latin scripts, Arabic letters without their marks."""
    plain = "".join(c for c in unicodedata.normalize("NFD", typewriter(title)) if not unicodedata.combining(c))
    plain = unicodedata.normalize("NFC", plain) if re.search(r"[\u0600-\u06ff]", plain) else plain
    return "-".join(re.findall(r"\w+", plain.lower())[:words])
