"""Giving each reading of a batch to its article: the one place that compares what was read with what is stored.

The rules are `db.same`'s, loading is `db.known`'s, writing `db.article_writes`'s. Nothing here depends on the order of the readings
of different addresses; readings of one address come in the order of fetching.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import replace

from db import parts, same
from db.identity import clean_url
from db.known import Address, Incoming, Known
from db.same import Version
from db.vocabulary import ArticleStatus, RevisionCause, SaveOutcome


class Shelf:
    """Articles at work, findable by address and by text."""

    def __init__(self, known: Iterable[Known], held: Iterable[tuple[Address, str, Known]]) -> None:
        self.articles = list(known)
        self.holders: dict[Address, Known] = {}
        self.spellings: dict[Address, str] = {}
        self._by_digest: dict[tuple[int, str], list[Known]] = {}
        self._by_claim: dict[Address, list[Known]] = {}
        for address, url, holder in held:
            self.holders[address], self.spellings[address] = holder, url
        self._before = dict(self.holders), dict(self.spellings)
        for article in self.articles:
            self._file(article)

    def new_addresses(self) -> list[tuple[Address, str, Known]]:
        """Return the addresses that were given to an article, or are spelled better, since the start."""
        holders, spellings = self._before
        now = ((address, url, self.holders[address]) for address, url in sorted(self.spellings.items()))
        return [(at, url, known) for at, url, known in now if holders.get(at) is not known or spellings.get(at) != url]

    def _file(self, known: Known) -> None:
        """Make an article findable by its current text and claim; older entries are seen through by whoever finds them."""
        source, current = known.source_id, known.current
        groups = [self._by_digest.setdefault((source, current.digest), [])]
        if current.claim:
            groups.append(self._by_claim.setdefault((source, current.claim), []))
        for group in groups:
            if known not in group:
                group.append(known)

    # ------------------------------------------------------------ deciding

    def place(self, incoming: Incoming) -> tuple[SaveOutcome, Known]:
        """Give a reading to its article, or make one of it."""
        holder = self.holders.get((incoming.source_id, incoming.key))
        home = self._on_several_pages(incoming, holder)
        if home and self._is_another(home, incoming):
            incoming = self._put_apart(home, incoming)
        elif home:
            return self._add_page(home, incoming), home
        if holder and holder.current.page_key == incoming.key:
            return self._same_address(holder, incoming, incoming.version), holder
        if holder and not same.alike(holder.current, incoming.version):
            holder = None  # the address was only claimed for that article, or has another text by now
        known = holder or self._sharing(incoming)
        if known is None:
            return SaveOutcome.NEW, self._new(incoming)
        known.see(incoming.at)
        if same.is_preferred(incoming.version, known.current, frozenset(incoming.aliases)):
            known.become(parts.joined(known.current, incoming.version), known.revision, RevisionCause.PUBLISHER, incoming.at)
        self._grant_all(known, incoming)
        return SaveOutcome.SAME if holder else SaveOutcome.COPY, known

    def _on_several_pages(self, incoming: Incoming, holder: Known | None) -> Known | None:
        """Find the article that a page is one of several of: it has the first page's address, or the page's own."""
        if incoming.first_page:
            return self.holders.get((incoming.source_id, incoming.first_page[0])) or holder
        if holder is None or not parts.is_joined(holder.current):
            return None
        return holder if parts.is_joined(incoming.version) or holder.current.page_key == incoming.key else None

    def _is_another(self, home: Known, incoming: Incoming) -> bool:
        """Tell whether a page that is not known yet is another article: columns of the same title link to each other as well."""
        known = parts.alone(home.current, parts.number(incoming.version))
        return known is None and same.of_other_days(home.current, incoming.version)

    def _put_apart(self, home: Known, incoming: Incoming) -> Incoming:
        """Have two articles wait for each other no longer; return the reading as one of its own."""
        version, number = incoming.version, parts.number(incoming.version)
        waiting = parts.by_itself(home.current) if parts.number(home.current) > 1 else parts.ended_before(home.current, number)
        if waiting.metadata != home.current.metadata:
            home.become(waiting, home.revision, RevisionCause.PUBLISHER, incoming.at)
        own = parts.by_itself(version) if number > 1 else parts.ended_before(version, 2)
        return replace(incoming, version=own, first_page=None)

    def _add_page(self, known: Known, incoming: Incoming) -> SaveOutcome:
        """Give an article another of its pages, or a new reading of one: added in place, for its publisher revised nothing."""
        new, number = parts.joined(known.current, incoming.version), parts.number(incoming.version)
        if parts.alone(known.current, number):
            outcome = self._same_address(known, incoming, new)
            return SaveOutcome.PART if number > 1 and outcome is SaveOutcome.REVISED else outcome
        known.see(incoming.at)
        added = new.text != known.current.text
        if (new.metadata, new.text) != (known.current.metadata, known.current.text):
            known.become(new, known.revision, RevisionCause.PUBLISHER, incoming.at)
        self._grant_all(known, incoming)
        return SaveOutcome.PART if added else SaveOutcome.COPY

    def _same_address(self, known: Known, incoming: Incoming, new: Version) -> SaveOutcome:
        """Let the newest reading of a page stand: `new` is the article with it."""
        current, number = known.current, parts.number(incoming.version)
        before = parts.alone(current, number) or current
        known.see(incoming.at)
        if incoming.version.fetched_at < before.fetched_at:
            return SaveOutcome.SAME  # an older page read late says nothing of today
        cause = RevisionCause.REREADING if incoming.version.page_id == before.page_id else RevisionCause.PUBLISHER
        if same.is_suspect(parts.alone(new, number) or replace(new, text=""), before):
            if new.digest not in known.suspects:
                known.suspects.add(new.digest)
                known.last_revision += 1
                aside = replace(new, metadata={**new.metadata, "status": ArticleStatus.SUSPECT.value})
                known.write(aside, known.last_revision, cause, incoming.at)
            return SaveOutcome.SUSPECT
        if same.is_revision(new, current):
            known.become(new, known.last_revision + 1, cause, incoming.at)
            self._grant_all(known, incoming)
            return SaveOutcome.REVISED
        if not parts.say_the_same(new, current):
            known.become(new, known.revision, cause, incoming.at)
        elif new != current:
            known.confirm(new)
        self._grant_all(known, incoming)
        return SaveOutcome.SAME

    def _sharing(self, incoming: Incoming) -> Known | None:
        """Find the article of this source that a reading at an unknown address belongs to.

        It has, or claims, an address that the page names, or claims the page's, and most of its text; or it has the same text.
        """
        source, version = incoming.source_id, incoming.version
        named = [key for key in (version.claim, *incoming.aliases) if key]
        near = [holder for key in named if (holder := self.holders.get((source, key)))]
        near += [
            known
            for key in (incoming.key, version.claim)
            if key
            for known in self._by_claim.get((source, key), [])
            if known.current.claim == key
        ]
        matching = [known for known in near if same.alike(known.current, version)]
        twins = self._by_digest.get((source, version.digest), [])
        matching += [known for known in twins if same.same_text(known.current, version)]
        return min(matching, key=lambda known: known.current.page_key, default=None)

    def _new(self, incoming: Incoming) -> Known:
        version, at = incoming.version, incoming.at
        following = self.holders.get((incoming.source_id, incoming.next_page)) if incoming.next_page else None
        if following and same.of_other_days(following.current, version):
            version = parts.ended_before(version, parts.number(version) + 1)
        known = Known(str(uuid.uuid4()), incoming.source_id, version.page_url, version.page_key, 1, 1, version, at, at)
        known.become(version, 1, RevisionCause.PUBLISHER, at)
        self.articles.append(known)
        self._grant_all(known, incoming)
        if incoming.first_page and (incoming.source_id, incoming.first_page[0]) not in self.holders:
            self._grant(known, *incoming.first_page)  # where the first page, read later, finds it
        return known

    # ------------------------------------------------------------ addresses

    def _grant_all(self, known: Known, incoming: Incoming) -> None:
        self._file(known)
        self._grant(known, incoming.key, incoming.version.page_url)
        for key, url in sorted(incoming.aliases.items()):
            if (known.source_id, key) not in self.holders:
                self._grant(known, key, url)
        claim = incoming.version.claim
        if claim and self._may_claim(known, claim):
            self._grant(known, claim, clean_url(incoming.version.metadata["canonical_url"]) or "")
        self._show(known)

    def _may_claim(self, known: Known, key: str) -> bool:
        """Tell whether an article may take an address its page calls canonical: nobody's, or claimed only, with less right."""
        holder = self.holders.get((known.source_id, key))
        if holder is None or holder is known:
            return True
        return holder.current.page_key != key and holder.current.claim == key and known.current.page_key < holder.current.page_key

    def _grant(self, known: Known, key: str, url: str) -> None:
        address = known.source_id, key
        holder = self.holders.get(address)
        if holder is not known:
            self.holders[address] = known
            known.altered = True
            if holder is not None:
                holder.altered = True
                self._show(holder)
        self.spellings[address] = same.better_spelling(url, self.spellings.get(address, url))

    def _show(self, known: Known) -> None:
        claim = known.current.claim
        known.show(self.spellings, claimed=claim is not None and self.holders.get((known.source_id, claim)) is known)
