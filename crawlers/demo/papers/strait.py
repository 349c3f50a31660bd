"""El Mirador del Estrecho: a Spanish paper with French and English editions, foreign captions, structured data, sitemaps by month."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from html import escape
from typing import ClassVar
from zoneinfo import ZoneInfo

from crawlers.demo import answers, calendar, sidepages, syndication, wording
from crawlers.demo.answers import Answer
from crawlers.demo.articles import DemoArticle
from crawlers.demo.composer import Composer
from crawlers.demo.fates import Fates
from crawlers.demo.paper import Paper
from db.vocabulary import Precision

STORIES = 36
PAGE = 8
NEWS_AGE = timedelta(days=2)
FRENCH, ENGLISH = 100, 200
"""Added to the Spanish article's number."""
PREFIXES = {"es": "", "fr": "/fr", "en": "/en"}
LABELS = {
    "es": ("Política", "Economía", "Sociedad", "Cultura", "Deportes", "Medio ambiente"),
    "fr": ("Politique", "Économie", "Société", "Culture", "Sports", "Environnement"),
    "en": ("Politics", "Economy", "Society", "Culture", "Sports", "Environment"),
}
MORE = {"es": "Más en", "fr": "Plus dans", "en": "More in"}
READ_ALSO = {"es": "Lea también:", "fr": "Lire aussi :", "en": "Read also:"}
AUTHORS = (("Beatriz Almadén",), ("Hugo Cantarera", "Leïla Serrouki"), ("Marta Solviento",), ("Omar Benyellun",))
COORDINATOR = "Patricio Yáñez Montalbo"
CAPTIONS = (
    "Vista del puerto al amanecer, con las barcas de regreso",
    "Vecinos reunidos en la plaza durante la presentación del proyecto",
    "Un grupo de voluntarios prepara el material antes de la apertura",
)
SLUGS = ("puerto-barcas-amanecer-estrecho-lonja", "plaza-vecinos-proyecto-presentacion", "voluntarios-apertura-material-centro")
FATES = Fates(
    correction="Nota: una versión anterior atribuía el proyecto a otra institución. La redacción pide disculpas a los lectores.",
    old_path=lambda path: f"/articulo/archivo/{path.rpartition('/')[2]}",
    twin_path=lambda path: path.replace("/articulo/", "/articulo/portada/"),
    secret_path=lambda path: path.replace("/articulo/", "/suscriptores/articulo/"),
    short=(9,),
    corrected={33: 2.5},
    moved={12: -950, 24: 6},
    vanishing={28: 4},
    twins=(16,),
    secret=(20, 19 + FRENCH),
    only_in_sitemap=(6, 6 + FRENCH),
    only_linked=(5 + FRENCH,),
    not_in_sitemap=(8, 11, 11 + FRENCH),
    links={15 + FRENCH: 5 + FRENCH, 22: 12, 30: 24, 27: 16},
)


class MiradorDelEstrecho(Paper):
    """Spanish at `/`, French at `/fr/`, English at `/en/`; translations point to each other by hreflang."""

    name = "elmiradordelestrecho"
    title = "El Mirador del Estrecho"
    zone = ZoneInfo("Europe/Madrid")
    language = "es"
    sections: ClassVar[dict[str, tuple[str, str]]] = {
        "politique": ("politica", "Política"),
        "economie": ("economia", "Economía"),
        "societe": ("sociedad", "Sociedad"),
        "culture": ("cultura", "Cultura"),
        "sport": ("deportes", "Deportes"),
        "environnement": ("medio-ambiente", "Medio ambiente"),
    }
    disallowed = ("/suscriptores/", "/fr/suscriptores/", "/en/suscriptores/")
    side: ClassVar[dict[str, str]] = {
        "/aviso-legal.html": "legal",
        "/acceso.html": "login",
        "/buscar": "search",
        "/galeria/feria-de-agosto": "gallery",
        "/video/articulo/travesia-del-estrecho.html": "video",
        "/especiales": "empty",
        "/articulo/cultura/exposicion-cerrada/20190401101010000001.html": "soft_404",
        "/documentos/memoria-anual.pdf": "pdf",
        "/documentos/plano.html": "image",
    }

    def write(self) -> list[DemoArticle]:
        """Compose every story in Spanish, two thirds of them also in French and one third in English."""
        composers = {language: Composer(self.name, language, "detroit") for language in ("es", "fr", "en")}
        instants = calendar.past(self.name, STORIES, self.zone) + calendar.upcoming(self.name, (0.8, 3.3, 7), self.zone)
        made: list[DemoArticle] = []
        for number, instant in enumerate(instants, 1):
            made += self._write_story(composers, number, instant)
        return [self._illustrated(FATES.befall(article)) for article in made]

    def _write_story(self, composers: dict[str, Composer], number: int, instant: datetime) -> list[DemoArticle]:
        spanish = self._write_one(composers["es"], number, instant, "es")
        family = [spanish]
        topic = spanish.text.topic
        if composers["fr"].knows(topic) and number % 7:
            family.append(self._write_one(composers["fr"], number + FRENCH, instant + timedelta(hours=2), "fr", topic=topic))
        if composers["en"].knows(topic) and number % 2 == 0:
            family.append(self._write_one(composers["en"], number + ENGLISH, instant + timedelta(hours=5), "en", topic=topic))
        pairs = tuple((article.language, article.number) for article in family)
        return [replace(a, translations=tuple(pair for pair in pairs if pair[1] != a.number)) for a in family]

    def _write_one(self, composer: Composer, number: int, instant: datetime, language: str, *, topic: str | None = None) -> DemoArticle:
        local = instant.astimezone(self.zone)
        text = composer.compose(number, local, topic=topic, story=number % FRENCH)
        segment = self.sections[text.section][0]
        stamp = f"{local:%Y%m%d%H%M%S}{number:06}"
        return DemoArticle(
            number=number,
            path=f"{PREFIXES[language]}/articulo/{segment}/{wording.slug(text.title)}/{stamp}.html",
            text=text,
            published_at=instant,
            language=language,
            edition=language,
            authors=AUTHORS[number % len(AUTHORS)],
        )

    def _illustrated(self, article: DemoArticle) -> DemoArticle:
        return replace(article, contributors=(COORDINATOR,)) if article.number % 4 == 2 and article.language == "fr" else article

    def robots(self) -> str:
        """Return robots.txt with both sitemaps."""
        return f"{super().robots()}\nSitemap: {self.origin}/sitemap.xml\nSitemap: {self.origin}/sitemap-news.xml\n"

    def precision(self, article: DemoArticle, now: datetime) -> Precision:  # noqa: ARG002 - the same for every article at any time
        """Return what structured data states."""
        return Precision.SECOND

    def label(self, article: DemoArticle) -> str:
        """Return the section in the article's own language."""
        return LABELS[article.language][list(self.sections).index(article.text.section)]

    # ------------------------------------------------------------ pages

    def shell(self, title: str, main: str, *, head: str = "", language: str | None = None) -> str:
        """Return a page with the menu of its edition."""
        edition = language or "es"
        names = zip((segment for segment, _ in self.sections.values()), LABELS[edition], strict=True)
        menu = "".join(f'<li><a href="{PREFIXES[edition]}/{segment}">{label}</a></li>' for segment, label in names)
        editions = " ".join(f'<a href="{prefix}/" hreflang="{code}">{code.upper()}</a>' for code, prefix in PREFIXES.items())
        return f"""<!DOCTYPE html>
<html lang="{edition}">
<head>
<meta charset="utf-8">
<title>{escape(title)} | {self.title}</title>
<link rel="alternate" type="application/rss+xml" title="{self.title}" href="{PREFIXES[edition]}/rss">
{head}</head>
<body>
<header><p class="brand"><a href="{PREFIXES[edition]}/">{self.title}</a></p><p class="editions">{editions}</p>
<nav><ul>{menu}</ul></nav></header>
{main}
<footer><p>© 2012-2026 {self.title}. {sidepages.menu(self)} | <a href="/hemeroteca">Hemeroteca</a></p></footer>
</body>
</html>
"""

    def article_page(self, article: DemoArticle, address: str, now: datetime) -> Answer:
        """Return an article with captions, image slugs and translations."""
        text = article.shown(now)
        lead = f'<h2 class="entradilla">{escape(text.standfirst)}</h2>' if text.standfirst else ""
        coordinator = f'<p class="coord">Coordinateur pour le Maghreb : {COORDINATOR}</p>' if article.contributors else ""
        local = self.local(article)
        main = f"""<main>
<article>
<div class="kicker">{self.label(article)}</div>
<h1>{escape(text.title)}</h1>
{lead}
<div class="firma"><span class="author">{escape(", ".join(article.authors))}</span>
<time datetime="{local.isoformat(timespec="seconds")}">{local:%d/%m/%Y %H:%M}</time></div>
<figure class="principal"><img src="/img/{article.number}.jpg" alt=""><figcaption>{CAPTIONS[article.number % 3]}
<span><i class="material-icons">photo_camera</i> PHOTO/Archivo - {escape(text.tags[-1])}</span></figcaption></figure>
<div class="cuerpo">
{self._body(article, now)}
{coordinator}
</div>
</article>
<aside class="mas"><h3>{MORE[article.language]} {self.label(article)}</h3>
<ul>{"".join(f"<li>{self.link(other, now)}</li>" for other in self.related(article, 4))}</ul></aside>
</main>"""
        html = self.shell(text.title, main, head=self._head(article, address, now), language=article.language)
        return answers.page(html, self.modified(article, now))

    def modified(self, article: DemoArticle, now: datetime) -> datetime:
        """Return when the page last changed: a new translation changes it too."""
        siblings = [self.by_number[number].published_at for _, number in article.translations]
        return max(super().modified(article, now), *(instant for instant in siblings if instant <= now), article.published_at)

    def _body(self, article: DemoArticle, now: datetime) -> str:
        rows = [f"<h3>{escape(b.text)}</h3>" if b.heading else f"<p>{escape(b.text)}</p>" for b in article.shown(now).blocks]
        if len(rows) > 2:
            slug = SLUGS[article.number % 3]
            figure = f'<figure class="interior"><img src="/img/{slug}.jpg" alt="{slug}"><figcaption>{slug}</figcaption></figure>'
            rows.insert(2, figure)
        rows.append(self.pointer(article, now, READ_ALSO[article.language]))
        return "\n".join(row for row in rows if row)

    def _head(self, article: DemoArticle, address: str, now: datetime) -> str:
        current = article.address(now)
        others = [(code, self.by_number[number]) for code, number in article.translations]
        family = [(article.language, current), *((code, other.address(now)) for code, other in others if other.exists(now))]
        lines = [f'<link rel="alternate" hreflang="{code}" href="{self.origin}{path}">' for code, path in family]
        if address != article.twin:
            lines.insert(0, f'<link rel="canonical" href="{self.origin}{current}">')
        local = self.local(article)
        data = {
            "@context": "https://schema.org",
            "@type": "NewsArticle",
            "headline": article.shown(now).title,
            "datePublished": local.isoformat(timespec="seconds"),
            "dateModified": (article.modified_at(now) or article.published_at).astimezone(self.zone).isoformat(timespec="seconds"),
            "author": [{"@type": "Person", "name": name} for name in article.authors],
            "articleSection": self.label(article),
            "keywords": ", ".join(article.text.tags),
            "inLanguage": article.language,
            "image": {"@type": "ImageObject", "url": f"{self.origin}/img/{article.number}.jpg", "caption": CAPTIONS[article.number % 3]},
        }
        lines.append(f'<script type="application/ld+json">{json.dumps(data, ensure_ascii=False)}</script>')
        return "\n".join(lines) + "\n"

    # ------------------------------------------------------------ listings, feeds, sitemaps

    def own_page(self, path: str, query: dict[str, str], now: datetime) -> Answer | None:
        """Return an edition's home page, section or feed, the archive by month, or a sitemap."""
        if path.endswith(".xml"):
            return self._sitemap(path, now)
        edition = next((code for code in ("fr", "en") if path == f"/{code}" or path.startswith(f"/{code}/")), "es")
        rest = path.removeprefix(PREFIXES[edition]).strip("/")
        articles = self.listed(now, language=edition)
        if rest == "rss":
            return self._feed(edition, articles, now)
        if rest == "":
            return self._listing(articles[:14], self.title, path, query, edition=edition, now=now, size=14)
        section = next((key for key, (known, _) in self.sections.items() if known == rest), None)
        if section is not None:
            return self._listing(self.listed(now, section=section, language=edition), rest, path, query, edition=edition, now=now)
        return self._archive(path, now)

    def _archive(self, path: str, now: datetime) -> Answer | None:
        months = sorted({f"{self.local(a):%Y/%m}" for a in self.listed(now)}, reverse=True)
        if path.strip("/") == "hemeroteca":
            rows = "".join(f'<li><a href="/hemeroteca/{month}">{month}</a></li>' for month in months)
            return answers.page(self.shell("Hemeroteca", f"<h1>Hemeroteca</h1><ul>{rows}</ul>"), self.changed_at(now))
        month = path.strip("/").removeprefix("hemeroteca/")
        if month not in months:
            return None
        found = [a for a in self.listed(now) if f"{self.local(a):%Y/%m}" == month]
        return self._listing(found, f"Hemeroteca {month}", path, {}, edition="es", now=now, size=len(found))

    def _listing(
        self,
        articles: list[DemoArticle],
        title: str,
        path: str,
        query: dict[str, str],
        *,
        edition: str,
        now: datetime,
        size: int = PAGE,
    ) -> Answer | None:
        number = int(query["page"]) if query.get("page", "").isdecimal() else 1
        shown = articles[(number - 1) * size : number * size]
        if not shown and number > 1:
            return None
        rows = "\n".join(
            f'<article class="teaser"><h2>{self.link(a, now)}</h2><time datetime="{self.local(a).isoformat(timespec="seconds")}">'
            f"{wording.long_day(self.local(a), a.language)}</time></article>"
            for a in shown
        )
        more = f'<a rel="next" href="{path}?page={number + 1}">»</a>' if len(articles) > number * size else ""
        lost = sidepages.masked_links(self) if path == "/" else ""
        html = self.shell(title, f"<main><h1>{escape(title)}</h1>\n{rows}\n<p>{more}</p>{lost}</main>", language=edition)
        return answers.page(html, self.changed_at(now))

    def _feed(self, edition: str, articles: list[DemoArticle], now: datetime) -> Answer:
        items = [
            syndication.Item(
                url=self.origin + a.address(now),
                title=a.shown(now).title,
                published=self.local(a),
                summary=a.text.paragraphs[0],
                author=", ".join(a.authors),
            )
            for a in articles
            if a.in_feed
        ][:12]
        home = f"{self.origin}{PREFIXES[edition]}/"
        return answers.document(
            syndication.rss(self.title, home, edition, items, self_url=f"{home}rss"), syndication.RSS_TYPE, self.changed_at(now)
        )

    def _sitemap(self, path: str, now: datetime) -> Answer | None:
        shown = [a for a in self.articles if a.in_sitemap and a.exists(now)]
        months: dict[str, list[DemoArticle]] = {}
        for article in shown:
            months.setdefault(f"/sitemaps/{self.local(article):%Y-%m}.xml", []).append(article)
        if path == "/sitemap.xml":
            body = syndication.sitemap_index(
                [(self.origin + part, max(self.modified(a, now) for a in own)) for part, own in months.items()]
            )
        elif path == "/sitemap-news.xml":
            body = syndication.news_sitemap(self.title, [self._entry(a, now) for a in shown if now - a.published_at <= NEWS_AGE])
        elif path in months:
            body = syndication.urlset(self._entry(a, now) for a in months[path])
        else:
            return None
        return answers.document(body, syndication.XML_TYPE, self.changed_at(now))

    def _entry(self, article: DemoArticle, now: datetime) -> syndication.Item:
        return syndication.Item(
            url=self.origin + article.address(now),
            title=article.shown(now).title,
            published=self.local(article),
            modified=self.modified(article, now).astimezone(self.zone),
            language=article.language,
        )
