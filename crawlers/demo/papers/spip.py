"""Le Courrier des Rives: a SPIP site whose layout changed in 2021; old pages come in doubtful encodings; a feed, no sitemap."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from html import escape
from typing import ClassVar
from zoneinfo import ZoneInfo

from crawlers.demo import answers, calendar, sidepages, syndication, wording
from crawlers.demo.answers import Answer
from crawlers.demo.articles import Block, DemoArticle, Text
from crawlers.demo.composer import Composer
from crawlers.demo.fates import Fates
from crawlers.demo.paper import ORIGINS, Paper
from crawlers.demo.wire import wire_articles
from db.vocabulary import Precision

COUNT = 64
PAGE = 10
FEED = 15
NEW_LAYOUT = 2021
AUTHORS: tuple[tuple[str, ...], ...] = (("S.B",), ("Y. Tahlaoui",), (), ("Hafsa Mezrani",), ("Ilyas Ouardighi",))
"""In turn; an empty entry is signed by the paper itself."""
FATES = Fates(
    correction="Précision : une première version de cet article donnait une date inexacte. Nous prions nos lecteurs de nous en excuser.",
    old_path=lambda path: f"/ancienne-adresse,{path.rpartition(',')[2]}",
    twin_path=lambda path: f"/bis-{path[1:]}",
    secret_path=lambda path: f"/abonnes-{path[1:]}",
    short=(11,),
    corrected={58: 2},
    moved={24: -1400, 52: 4},
    vanishing={47: 5},
    twins=(33,),
    secret=(38,),
    only_linked=(17,),
    links={41: 17, 30: 24, 36: 33, 45: 52},
)


class CourrierDesRives(Paper):
    """French, from the Moroccan coast: `slug,ID.html` addresses, dateline above the body, teasers below it."""

    name = "lecourrierdesrives"
    title = "Le Courrier des Rives"
    zone = ZoneInfo("Africa/Casablanca")
    language = "fr"
    sections: ClassVar[dict[str, tuple[str, str]]] = {
        "politique": ("politique", "Politique"),
        "economie": ("economie", "Économie"),
        "societe": ("societe", "Société"),
        "culture": ("culture", "Culture"),
        "sport": ("sport", "Sport"),
        "environnement": ("environnement", "Environnement"),
    }
    disallowed = ("/abonnes-", "/spip.php?page=recherche")
    side: ClassVar[dict[str, str]] = {
        "/mentions-legales.html": "legal",
        "/spip.php?page=login": "login",
        "/spip.php?page=recherche": "search",
        "/galerie/le-port-en-images": "gallery",
        "/dossiers/": "empty",
        "/archives-perdues,99999.html": "soft_404",
        "/documents/tarifs.pdf": "pdf",
        "/documents/carte.html": "image",
    }

    def write(self) -> list[DemoArticle]:
        """Compose the paper: old articles in the letters of ISO 8859-1, special fates by number, agency stories."""
        composer = Composer(self.name, "fr", "rives")
        instants = calendar.past(self.name, COUNT, self.zone) + calendar.upcoming(self.name, (0.6, 3, 6), self.zone)
        made = [self._write_one(composer, number, instant) for number, instant in enumerate(instants, 1)]
        return [FATES.befall(article) for article in made] + wire_articles(self.name, ORIGINS, self.zone, 501)

    def _write_one(self, composer: Composer, number: int, instant: datetime) -> DemoArticle:
        text = composer.compose(number, instant.astimezone(self.zone))
        if instant.astimezone(self.zone).year < NEW_LAYOUT:
            text = _typewritten(text)
        identifier = 1000 + number * 7
        return DemoArticle(
            number=number,
            path=f"/{wording.slug(text.title)},{identifier}.html",
            text=text,
            published_at=instant,
            language="fr",
            authors=AUTHORS[number % 5],
            variants=(f"/spip.php?page=imprimer&id_article={identifier}",) if number % 5 == 0 else (),
        )

    def precision(self, article: DemoArticle, now: datetime) -> Precision:
        """Return seconds where structured data stands on the page, else what the dateline says."""
        return Precision.SECOND if self.local(article).year >= NEW_LAYOUT else super().precision(article, now)

    # ------------------------------------------------------------ pages

    def shell(self, title: str, main: str, *, head: str = "", language: str | None = None, charset: str = "utf-8") -> str:
        """Return a page with masthead, menu and footer."""
        menu = " ".join(f'<a href="/{segment}/">{label}</a>' for segment, label in self.sections.values())
        return f"""<!DOCTYPE html>
<html lang="{language or self.language}">
<head>
<meta charset="{charset}">
<title>{escape(title)} - {self.title}</title>
<link rel="alternate" type="application/rss+xml" title="{self.title}" href="/spip.php?page=backend">
{head}</head>
<body>
<div id="entete"><a href="/" class="logo">{self.title}</a><p class="slogan">Le journal des deux mers</p></div>
<div id="menu">{menu} <a href="/spip.php?page=recherche">Recherche</a></div>
<div id="conteneur">
{main}
</div>
<div id="pied"><p>&copy; 2010-2026 {self.title} | {sidepages.menu(self)} | <a href="/spip.php?page=plan">Plan du site</a></p></div>
</body>
</html>
"""

    def article_page(self, article: DemoArticle, address: str, now: datetime) -> Answer:
        """Return the article in the layout of its year, or its print version."""
        if "page=imprimer" in address:
            return answers.page(self._print(article, now), self.modified(article, now))
        if self.local(article).year >= NEW_LAYOUT:
            return answers.page(self._new(article, address, now), self.modified(article, now))
        encoding, declared = [("latin-1", "utf-8"), ("utf-8", "iso-8859-1"), ("utf-8", "utf-8")][article.number % 3]
        html = wording.typewriter(self._old(article, address, now, declared))
        return answers.page(html, self.modified(article, now), encoding=encoding, declared=declared)

    def _dateline(self, article: DemoArticle) -> str:
        local = self.local(article)
        by = article.agency or " et ".join(article.authors) or self.title
        return f"{wording.long_day(local, 'fr')} - {local:%Hh%M} - {self.label(article)} - Ecrit par : {escape(by)}"

    def _canonical(self, article: DemoArticle, address: str, now: datetime) -> str:
        return "" if address == article.twin else f'<link rel="canonical" href="{self.origin}{article.address(now)}">\n'

    def _body(self, article: DemoArticle, now: datetime) -> str:
        blocks = [f'<h3 class="spip">{escape(b.text)}</h3>' if b.heading else f"<p>{escape(b.text)}</p>" for b in article.shown(now).blocks]
        middle = max(1, len(blocks) - 1)
        blocks.insert(middle, self.pointer(article, now, "Lire aussi :"))
        return "\n".join(block for block in blocks if block)

    def _print_link(self, article: DemoArticle) -> str:
        return "".join(f'<p class="outils"><a href="{escape(address)}">Imprimer</a></p>' for address in article.variants)

    def _subjects(self, article: DemoArticle) -> str:
        return " - ".join(f'<a href="/{wording.slug(tag)}/" rel="tag">{escape(tag)}</a>' for tag in article.text.tags)

    def _teasers(self, articles: list[DemoArticle], now: datetime) -> str:
        rows = "\n".join(f"<li><h4>{self.link(a, now)}</h4>\n<p>{escape(a.text.paragraphs[0][:170])}...</p></li>" for a in articles)
        return f"<ul>\n{rows}\n</ul>"

    def _old(self, article: DemoArticle, address: str, now: datetime, charset: str) -> str:
        text, teased = article.shown(now), self.related(article, 6)
        lead = f'<div class="chapo"><p>{escape(text.standfirst)}</p></div>' if text.standfirst else ""
        main = f"""<div id="contenu">
<h1 class="titre">{escape(text.title)}</h1>
<p class="info-publi">{self._dateline(article)}</p>
{lead}
<div class="texte">
{self._body(article, now)}
</div>
{self._print_link(article)}
<p class="suivre"><a href="https://nouvelles.example/courrier-des-rives">{self.title} Google News</a> Suivez le Courrier sur Google News</p>
<p class="mots">Sujets associés : {self._subjects(article)}</p>
<h3 class="plus">Aller plus loin</h3>
{self._teasers(teased[:3], now)}
<h3 class="plus">Ces articles devraient vous intéresser :</h3>
{self._teasers(teased[3:], now)}
</div>
<div id="navigation"><p>Publicité</p></div>"""
        return self.shell(text.title, main, head=self._canonical(article, address, now), charset=charset)

    def _new(self, article: DemoArticle, address: str, now: datetime) -> str:
        text = article.shown(now)
        lead = f'<p class="article-chapo">{escape(text.standfirst)}</p>' if text.standfirst else ""
        data = {
            "@context": "https://schema.org",
            "@type": "NewsArticle",
            "headline": text.title,
            "datePublished": self.local(article).isoformat(timespec="seconds"),
            "dateModified": self.modified(article, now).astimezone(self.zone).isoformat(timespec="seconds"),
            "author": [{"@type": "Person", "name": name} for name in article.authors]
            or {"@type": "Organization", "name": article.agency or self.title},
            "publisher": {"@type": "Organization", "name": self.title},
            "articleSection": self.label(article),
        }
        head = (
            self._canonical(article, address, now)
            + f'<meta property="og:title" content="{escape(text.title)}">\n'
            + f'<script type="application/ld+json">{json.dumps(data, ensure_ascii=False)}</script>\n'
        )
        main = f"""<main>
<article class="article">
<header>
<h1>{escape(text.title)}</h1>
<p class="dateline">{self._dateline(article)}</p>
</header>
{lead}
<div class="article-texte">
{self._body(article, now)}
</div>
{self._print_link(article)}
<div class="partage"><p>Suivez le Courrier sur WhatsApp</p></div>
<p class="sujets">Sujets associés : {self._subjects(article)}</p>
</article>
<section class="suggestions">
<h2>Ces articles devraient vous intéresser :</h2>
{self._teasers(self.related(article, 5), now)}
</section>
</main>"""
        return self.shell(text.title, main, head=head)

    def _print(self, article: DemoArticle, now: datetime) -> str:
        text = article.shown(now)
        lead = f"<p>{escape(text.standfirst)}</p>\n" if text.standfirst else ""
        body = "\n".join(f"<h3>{escape(b.text)}</h3>" if b.heading else f"<p>{escape(b.text)}</p>" for b in text.blocks)
        return (
            f'<!DOCTYPE html>\n<html lang="fr"><head><meta charset="utf-8"><title>{escape(text.title)}</title>\n'
            f'{self._canonical(article, "", now)}</head>\n<body onload="window.print()">\n'
            f"<h1>{escape(text.title)}</h1>\n<p>{self._dateline(article)}</p>\n{lead}{body}\n</body></html>\n"
        )

    # ------------------------------------------------------------ listings and feed

    def own_page(self, path: str, query: dict[str, str], now: datetime) -> Answer | None:
        """Return the home page, a section by offset, the feed, the site map page or a subject's page."""
        if path == "/spip.php" and query.get("page") == "backend":
            return answers.document(self._feed(now), syndication.RSS_TYPE, self.changed_at(now))
        if path == "/spip.php" and query.get("page") == "plan":
            return answers.page(self.shell("Plan du site", f"<h1>Plan du site</h1>\n<ul>{self._plan()}</ul>"), sidepages.SETTLED)
        if path == "/":
            return answers.page(self.shell("Accueil", self._home(now)), self.changed_at(now))
        segment = path.strip("/")
        section = next((key for key, (known, _) in self.sections.items() if known == segment), None)
        if section is not None:
            return self._section(section, query.get("debut_articles", "0"), now)
        found = [a for a in self.listed(now) if segment in {wording.slug(tag) for tag in a.text.tags}]
        return answers.page(self.shell(segment, self._rows(found, now)), self.changed_at(now)) if found else None

    def _rows(self, articles: list[DemoArticle], now: datetime) -> str:
        rows = (
            f'<li class="item"><h2>{self.link(a, now)}</h2><p class="date">{wording.long_day(self.local(a), "fr")}</p>'
            f"<p>{escape(a.text.paragraphs[0][:120])}...</p></li>"
            for a in articles
        )
        return '<ul class="liste-articles">\n' + "\n".join(rows) + "\n</ul>"

    def _home(self, now: datetime) -> str:
        return f"<h1>À la une</h1>\n{self._rows(self.listed(now)[:12], now)}\n{sidepages.masked_links(self)}"

    def _plan(self) -> str:
        return "".join(f'<li><a href="/{segment}/">{label}</a></li>' for segment, label in self.sections.values())

    def _section(self, section: str, offset: str, now: datetime) -> Answer:
        segment, label = self.sections[section]
        articles = self.listed(now, section=section)
        start = int(offset) if offset.isdecimal() else 0
        pages = " | ".join(
            f"<strong>{i // PAGE + 1}</strong>" if i == start else f'<a href="/{segment}/?debut_articles={i}">{i // PAGE + 1}</a>'
            for i in range(0, len(articles), PAGE)
        )
        main = f'<h1>{label}</h1>\n{self._rows(articles[start : start + PAGE], now)}\n<p class="pagination">{pages}</p>'
        return answers.page(self.shell(label, main), self.changed_at(now))

    def _feed(self, now: datetime) -> str:
        items = [
            syndication.Item(
                url=f"{self.origin}{a.address(now)}{'?utm_source=rss&utm_medium=feed' if a.number % 2 else ''}",
                title=a.shown(now).title,
                published=self.local(a),
                summary=a.text.paragraphs[0],
                author=", ".join(a.authors) or a.agency or self.title,
            )
            for a in self.listed(now)
            if a.in_feed
        ]
        address = f"{self.origin}/spip.php?page=backend"
        return syndication.rss(self.title, f"{self.origin}/", "fr", items[:FEED], self_url=address)


def _typewritten(text: Text) -> Text:
    return replace(
        text,
        title=wording.typewriter(text.title),
        standfirst=text.standfirst and wording.typewriter(text.standfirst),
        blocks=tuple(Block(wording.typewriter(block.text), block.heading) for block in text.blocks),
    )
