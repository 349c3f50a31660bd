"""What a person can do about the commonest reason why a run brought nothing; which that is, `pipeline.report` counts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from db.vocabulary import FailureClass, PageReason

ADVICE: Final[Mapping[str, str]] = {
    FailureClass.DNS: "its name cannot be resolved: check `home` and the network",
    FailureClass.CONNECT: "it refuses connections or cannot be reached",
    FailureClass.TLS: "its certificate or TLS handshake fails",
    FailureClass.TIMEOUT: "it does not answer in time",
    FailureClass.HTTP_5XX: "it answers with server errors: try again later",
    FailureClass.GONE: "its addresses are gone: check `home`, feeds and listings",
    FailureClass.BLOCKED: "it refuses us (401, 403, 429, 451 or a bot wall): ask its owner to let us in, or fetch more slowly",
    FailureClass.ROBOTS: "its robots.txt forbids these addresses",
    FailureClass.REFUSED: "its name leads to a private address: set `allow_networks` if it is meant to",
    FailureClass.UNREADABLE: "its feeds or sitemaps cannot be parsed",
    PageReason.LISTING: "pages taken for articles are lists: set [articles] allow",
    PageReason.PAYWALL: "articles lie behind a paywall",
    PageReason.CONSENT: "a consent wall stands in front of the pages: ask its owner for another way in; nobody here can consent",
    PageReason.OFF_SITE: "its addresses lead to another site: if that is the paper's, name it in [discovery] hosts, or as `home`",
    PageReason.SOFT_404: "pages say that they are not found",
    PageReason.NOT_HTML: "the addresses lead to files that are no HTML",
    PageReason.EMPTY: "pages are empty, or need JavaScript to show their text",
}
"""By the reason's word; `it` is the source."""

OF_ARCHIVE: Final[Mapping[str, str]] = {
    FailureClass.DNS: "the name of {} cannot be resolved: check the setting `wayback` and the network",
    FailureClass.CONNECT: "{} refuses connections or cannot be reached: check the setting `wayback`",
    FailureClass.TLS: "the certificate or TLS handshake of {} fails: check the setting `wayback`",
    FailureClass.TIMEOUT: "{} does not answer in time: try again later",
    FailureClass.HTTP_4XX: "{} refuses what it is asked: check the setting `wayback`",
    FailureClass.HTTP_5XX: "{} answers with server errors: try again later",
    FailureClass.GONE: "{} has no such addresses: check the setting `wayback`",
    FailureClass.BLOCKED: "{} refuses us (401, 403, 429, 451 or a bot wall): try again later, or name another by the setting `wayback`",
    FailureClass.ROBOTS: "the robots.txt of {} forbids these addresses: name another by the setting `wayback`",
    FailureClass.REFUSED: "the name of {} leads to a private address: set `allow_networks` if it is meant to",
    FailureClass.UNREADABLE: "the index of {} cannot be read: check the setting `wayback`",
}
"""The same of requests that a web archive, whose base stands for `{}`, was to answer in the place of the source."""


def advice(word: str, archive: str | None = None) -> str | None:
    """The advice for a reason; `archive` is the base of the web archive that was asked, if it was not the source."""
    if archive and word in OF_ARCHIVE:
        return OF_ARCHIVE[word].format(f"the web archive {archive}")
    return ADVICE.get(word)
