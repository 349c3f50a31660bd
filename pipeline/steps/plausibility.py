"""Which legacy encoding a page's bytes make the best words in; used only where UTF-8 is out and nothing credible is declared."""

from __future__ import annotations

import re

_MARKUP = re.compile(rb"<script.*?</script>|<style.*?</style>|<[^>]*>", re.IGNORECASE | re.DOTALL)
_HIGH_RUN = re.compile(rb"[\x80-\xff]+")
_SAMPLE = 60_000
_RUN_OF_WORD = 2.0
"""Latin text shows its accented bytes one at a time; Arabic and Cyrillic words are runs of them."""
_LATIN = frozenset("àâäáãåæçèéêëìíîïñòóôöõøœùúûüýÿßÀÂÄÁÇÈÉÊËÎÏÑÔÖŒÙÚÛÜ’‘“”«»–—…•°€ºª¿¡·\u00a0©®")
_CENTRAL = frozenset("ąćęłńóśźżáäčďéěíĺľňôŕřšťúůýžőűăâîșşțţĄĆĘŁŃÓŚŹŻČŘŠŽÁÉÍ’“”„–…\u00a0")
_ARABIC_COMMON = frozenset("المينرتبوةعدسفهكقحجأإىطصخشضذءزثئغظؤآ،؟")
_CYRILLIC_COMMON = frozenset("оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфіїєґ")


def likeliest_legacy(body: bytes) -> str:
    """The single-byte encoding (Python's name) whose letters look most like words; `cp1252` when nothing speaks against it."""
    visible = _MARKUP.sub(b" ", body[:_SAMPLE])
    runs = _HIGH_RUN.findall(visible) or _HIGH_RUN.findall(body[:_SAMPLE])
    high = b"".join(runs)
    if not high:
        return "cp1252"
    if len(high) / len(runs) >= _RUN_OF_WORD:
        scores = {
            "cp1256": _share(high, "cp1256", _ARABIC_COMMON),
            "cp1251": _share(high, "cp1251", _CYRILLIC_COMMON),
            "koi8-r": _share(high, "koi8-r", _CYRILLIC_COMMON),
            "gb18030": _cjk_share(high, "gb18030"),
            "cp932": _cjk_share(high, "cp932"),
        }
    else:
        scores = {"cp1252": _share(high, "cp1252", _LATIN) + 0.05, "cp1250": _share(high, "cp1250", _CENTRAL)}
    best = max(scores, key=lambda name: scores[name])
    return best if scores[best] > 0.5 else "cp1252"


def _share(high: bytes, encoding: str, expected: frozenset[str]) -> float:
    text = high.decode(encoding, "replace")
    return sum(character in expected for character in text) / len(text)


def _cjk_share(high: bytes, encoding: str) -> float:
    """Share of everyday ideographs and kana: bytes of another encoding land all over the plane instead."""
    text = high.decode(encoding, "replace")
    everyday = sum(
        "\u3040" <= c <= "\u30ff" or c in "，。、：；？！“”的一是不了在人有我他这中大来上国个到说们为子和你地出道也时年得就那要下以生会"
        for c in text
    )
    return min(1.0, 3 * everyday / max(1, len(text)))
