"""How a section's older pages are numbered, as one line of a source file, and the address that follows a given one.

none                              the section is one page
auto                              rel=next, "next" anchors and the usual systems' page numbers (the default)
rel                               only <link rel=next> and <a rel=next>
path:/page/{n}/                   appended to the section's path; the second page is number 2 (WordPress)
path:/{n-1}                       the second page is number 1
query:page={n}                    a parameter of the query
query:debut_articles={offset:20}  a parameter that counts articles, 20 a page (SPIP)
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

NUMBER = re.compile(r"\{(n|n-1|offset:([1-9]\d{0,4}))\}")
WORDS = ("auto", "rel", "none")
REMEDY = 'write "auto", "rel", "none", "path:/page/{n}/", "query:page={n}" or "query:debut_articles={offset:20}"'


@dataclass(frozen=True, slots=True)
class Pagination:
    """One rule. `way` is `auto`, `rel`, `none`, `path` or `query`; the other fields describe the number in the last two."""

    way: str = "auto"
    before: str = ""
    """Path: what stands before the number. Query: the parameter's name."""
    after: str = ""
    """Path: what stands after the number."""
    step: int = 1
    first: int = 1
    """Number of the first page, which addresses mostly leave out."""

    @classmethod
    def parse(cls, text: str) -> Pagination:
        """Understand a rule as the module describes it; raises ValueError with the remedy."""
        rule = text.strip()
        if rule in WORDS:
            return cls(rule)
        way, colon, template = rule.partition(":")
        numbers = list(NUMBER.finditer(template))
        if not colon or way not in {"path", "query"} or len(numbers) != 1:
            raise ValueError(f"{text!r} is no pagination; {REMEDY}")
        before, after = template[: numbers[0].start()], template[numbers[0].end() :]
        step, first = (int(numbers[0][2]), 0) if numbers[0][2] else (1, 1 if numbers[0][1] == "n" else 0)
        if way == "path" and before.startswith("/"):
            return cls("path", before, after, step, first)
        if way == "query" and re.fullmatch(r"[^=&#?]+=", before) and not after:
            return cls("query", before[:-1], "", step, first)
        raise ValueError(f"{text!r} is no pagination; {REMEDY}")

    def following(self, url: str) -> str | None:
        """The address of the page after `url` (a section's first page or any later one); None unless the rule counts by itself."""
        if self.way == "path":
            return self._following_path(url)
        if self.way == "query":
            return self._following_query(url)
        return None

    def first_page(self, url: str) -> str:
        """The section's first page, of which `url` may be any; `url` itself where the rule does not count."""
        parts = urlsplit(url)
        if self.way == "path":
            found = self._number_in(parts.path)
            return urlunsplit(parts._replace(path=f"{parts.path[: found.start()]}/" if found else parts.path))
        if self.way == "query":
            pairs = parse_qsl(parts.query, keep_blank_values=True, errors="surrogateescape", max_num_fields=None)
            others = [(key, value) for key, value in pairs if key != self.before]
            return urlunsplit(parts._replace(query=urlencode(others, quote_via=quote, errors="surrogateescape")))
        return url

    def _number_in(self, path: str) -> re.Match[str] | None:
        return re.search(re.escape(self.before) + r"(\d{1,7})" + re.escape(self.after.rstrip("/")) + r"/?$", path)

    def _following_path(self, url: str) -> str:
        parts = urlsplit(url)
        found = self._number_in(parts.path)
        stem = parts.path[: found.start()] if found else parts.path
        number = (int(found[1]) if found else self.first) + self.step
        return urlunsplit(parts._replace(path=f"{stem.rstrip('/')}{self.before}{number}{self.after}", fragment=""))

    def _following_query(self, url: str) -> str:
        parts = urlsplit(url)
        pairs = parse_qsl(parts.query, keep_blank_values=True, errors="surrogateescape", max_num_fields=None)
        now = next((value for key, value in pairs if key == self.before and re.fullmatch(r"[0-9]{1,7}", value)), str(self.first))
        others = [(key, value) for key, value in pairs if key != self.before]
        query = urlencode([*others, (self.before, str(int(now) + self.step))], quote_via=quote, errors="surrogateescape")
        return urlunsplit(parts._replace(query=query, fragment=""))


AUTO = Pagination()
"""What holds where a source file says nothing."""
