"""Le Fil du Matin: a portal that says only how long ago it published, with bodies broken by br elements and no structured data."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from html import escape
from typing import ClassVar
from zoneinfo import ZoneInfo

from crawlers.demo import answers, calendar, sidepages, syndication, wording
from crawlers.demo.answers import Answer
from crawlers.demo.articles import DemoArticle
from crawlers.demo.composer import Composer
from crawlers.demo.fates import Fates
from crawlers.demo.paper import ORIGINS, Paper
from crawlers.demo.wire import wire_articles
from db.vocabulary import Precision

COUNT = 66
PAGE = 9
FEED = 20
DATED = frozenset({13, 27})
"""Articles that only other articles link to: their addresses hold the day, which their pages no longer tell."""
AUTHORS: tuple[tuple[str, ...], ...] = ((), ("Leïla Hammoudin",), (), ("Skander Jemliane",), ("Rania Oueslatine",))
FATES = Fates(
    correction="Erratum : l’heure d’ouverture annoncée d’abord était erronée, la rédaction présente ses excuses aux lecteurs.",
    old_path=lambda path: f"/index/article-{path.rpartition('-')[2]}",
    twin_path=lambda path: f"/a-la-une{path}",
    secret_path=lambda path: f"/premium{path}",
    short=(18,),
    corrected={60: 1},
    moved={29: -800, 50: 3},
    vanishing={44: 7},
    twins=(39,),
    secret=(21,),
    only_linked=(13, 27),
    links={40: 13, 52: 27, 35: 29, 55: 39, 47: 50},
)


class FilDuMatin(Paper):
    """French, from Tunisia: the day of publication is known exactly only through feed, listings or the address."""

    name = "lefildumatin"
    title = "Le Fil du Matin"
    zone = ZoneInfo("Africa/Tunis")
    language = "fr"
    sections: ClassVar[dict[str, tuple[str, str]]] = {
        "politique": ("politique", "POLITIQUE"),
        "economie": ("economie", "ECONOMIE"),
        "societe": ("societe", "SOCIETE"),
        "culture": ("culture", "CULTURE"),
        "sport": ("sport", "SPORT"),
        "environnement": ("environnement", "ENVIRONNEMENT"),
    }
    disallowed = ("/premium/",)
    side: ClassVar[dict[str, str]] = {
        "/qui-sommes-nous.html": "legal",
        "/connexion": "login",
        "/recherche": "search",
        "/photos/carnaval": "gallery",
        "/video/le-marche-en-direct-7001.html": "video",
        "/dossiers": "empty",
        "/politique/article-retire-7002.html": "soft_404",
        "/media/programme.pdf": "pdf",
        "/media/plan-de-la-ville.html": "image",
    }

    def write(self) -> list[DemoArticle]:
        """Compose the portal."""
        composer = Composer(self.name, "fr", "medjerda")
        instants = calendar.past(self.name, COUNT, self.zone) + calendar.upcoming(self.name, (0.2, 2.5, 4, 9), self.zone)
        made = [self._write_one(composer, number, instant) for number, instant in enumerate(instants, 1)]
        wired = wire_articles(self.name, ORIGINS, self.zone, 501)
        return [FATES.befall(article) for article in made] + [_undated(article) for article in wired]

    def _write_one(self, composer: Composer, number: int, instant: datetime) -> DemoArticle:
        local = instant.astimezone(self.zone)
        text = composer.compose(number, local)
        segment, slug = self.sections[text.section][0], wording.slug(text.title)
        path = f"/{segment}/{local:%Y/%m/%d}/{slug}.html" if number in DATED else f"/{segment}/{slug}-{7000 + number * 3}.html"
        return DemoArticle(
            number=number,
            path=path,
            text=text,
            published_at=instant,
            language="fr",
            authors=AUTHORS[number % len(AUTHORS)],
            precise=False,
        )

    def precision(self, article: DemoArticle, now: datetime) -> Precision:
        """Return what the phrase allows: hours today, days within a week, then weeks, months, years; addresses with a day tell it."""
        days = (now.astimezone(self.zone).date() - self.local(article).date()).days
        if article.number in DATED:
            return Precision.DAY
        steps = ((1, Precision.HOUR), (7, Precision.DAY), (31, Precision.WEEK), (365, Precision.MONTH))
        return next((precision for limit, precision in steps if days < limit), Precision.YEAR)

    def moment(self, now: datetime) -> tuple[object, ...]:
        """Phrases about today's articles change with the minute."""
        today = [a for a in self.articles[-12:] if self.local(a).date() == now.astimezone(self.zone).date()]
        return (*super().moment(now), now.replace(second=0, microsecond=0) if today else None)

    # ------------------------------------------------------------ pages

    def shell(self, title: str, main: str, *, head: str = "", language: str | None = None) -> str:
        """Return a page with menu, a list of the most read, and footer."""
        menu = "".join(f'<a href="/{segment}">{label}</a>' for segment, label in self.sections.values())
        return f"""<!DOCTYPE html>
<html lang="{language or "fr"}">
<head><meta charset="utf-8"><title>{escape(title)} | {self.title}</title>
<link rel="alternate" type="application/rss+xml" href="/rss.xml" title="RSS">
{head}</head>
<body>
<div class="top"><a href="/"><img src="/img/logo.png" alt="{self.title}"></a></div>
<div class="nav"><a href="/">Accueil</a>{menu}</div>
<div class="wrap">
{main}
</div>
<div class="foot">{self.title} © 2026 - {sidepages.menu(self)}</div>
</body>
</html>
"""

    def article_page(self, article: DemoArticle, address: str, now: datetime) -> Answer:
        """Return an article under breadcrumb, section and age."""
        text = article.shown(now)
        head = "" if address == article.twin else f'<link rel="canonical" href="{self.origin}{article.address(now)}">\n'
        segment, label = self.sections[text.section]
        byline = article.agency or " et ".join(article.authors)
        author = f'<div class="auteur">Par {escape(byline)}</div>\n' if byline else ""
        tags = " ".join(f'<a href="/tag/{wording.slug(tag)}" rel="tag">#{escape(tag)}</a>' for tag in text.tags)
        main = f"""<div class="breadcrumb"><a href="/">Accueil</a> <a href="/{segment}">{label}</a> <span>{escape(text.title)}</span></div>
<div class="post">
<div class="cat-date"><a href="/{segment}">{label}</a> - {wording.age(self.local(article), now.astimezone(self.zone))}</div>
<h1>{escape(text.title)}</h1>
{author}<div class="share">Partager sur Facebook Partager sur Twitter</div>
<div class="content-inner">
{self._body(article, now)}
</div>
<div class="tags">{tags}</div>
</div>
<div class="sidebar"><div class="widget-title">Articles similaires</div>
{self._similar(article, now)}
</div>"""
        return answers.page(self.shell(text.title, main, head=head), self.modified(article, now))

    def _body(self, article: DemoArticle, now: datetime) -> str:
        text = article.shown(now)
        parts = [f"<strong>{escape(text.standfirst)}</strong>"] if text.standfirst else []
        parts += [f"<b>{escape(b.text)}</b>" if b.heading else escape(b.text) for b in text.blocks]
        pointer = self.pointer(article, now, "A lire aussi :").removeprefix("<p>").removesuffix("</p>")
        return "\n<br><br>\n".join([*parts, pointer] if pointer else parts)

    def _similar(self, article: DemoArticle, now: datetime) -> str:
        return "\n".join(
            f'<div class="similar"><div class="t">{self.link(other, now)}</div>'
            f'<div class="x">{escape(other.text.paragraphs[0][:140])}…</div></div>'
            for other in self.related(article, 4)
        )

    # ------------------------------------------------------------ listings and feed

    def own_page(self, path: str, query: dict[str, str], now: datetime) -> Answer | None:
        """Return the home page, a section or tag by page number, or the feed."""
        if path == "/rss.xml":
            return answers.document(self._feed(now), syndication.RSS_TYPE, self.changed_at(now))
        if path == "/":
            return self._listing("Accueil", "/", self.listed(now)[:15], query, now)
        segment = path.strip("/")
        section = next((key for key, (known, _) in self.sections.items() if known == segment), None)
        if section is not None:
            return self._listing(self.sections[section][1], path, self.listed(now, section=section), query, now)
        found = [a for a in self.listed(now) if segment in _tag_paths(a)]
        return self._listing(segment.removeprefix("tag/"), path, found, query, now) if found else None

    def _listing(self, title: str, path: str, articles: list[DemoArticle], query: dict[str, str], now: datetime) -> Answer | None:
        number = int(query["page"]) if query.get("page", "").isdecimal() else 1
        size = len(articles) if path == "/" else PAGE
        shown = articles[(number - 1) * size : number * size]
        if not shown and number > 1:
            return None
        rows = "\n".join(
            f'<div class="item"><h3>{self.link(a, now)}</h3><time datetime="{self.local(a):%Y-%m-%d}">'
            f"{wording.age(self.local(a), now.astimezone(self.zone))}</time></div>"
            for a in shown
        )
        more = f'<a class="suite" href="{path}?page={number + 1}">Page suivante</a>' if len(articles) > number * size else ""
        lost = sidepages.masked_links(self) if path == "/" else ""
        return answers.page(self.shell(title, f"<h1>{escape(title)}</h1>\n{rows}\n{more}{lost}"), self.changed_at(now))

    def _feed(self, now: datetime) -> str:
        items = [
            syndication.Item(
                url=f"{self.origin}{a.address(now)}?utm_source=fluxrss",
                title=a.shown(now).title,
                published=self.local(a),
                summary=a.text.paragraphs[0],
            )
            for a in self.listed(now)
            if a.in_feed
        ]
        return syndication.rss(self.title, f"{self.origin}/", "fr", items[:FEED], self_url=f"{self.origin}/rss.xml")


def _tag_paths(article: DemoArticle) -> set[str]:
    return {f"tag/{wording.slug(tag)}" for tag in article.text.tags}


def _undated(article: DemoArticle) -> DemoArticle:
    """Return an agency story as this paper shows it: without a time."""
    return replace(article, precise=False)
