"""Lagune Magazine: a WordPress site with a clock in its masthead, paged feeds, sitemap parts, month archives and AMP pages."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from html import escape
from typing import ClassVar
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from crawlers.demo import answers, calendar, sidepages, syndication, wording
from crawlers.demo.answers import Answer
from crawlers.demo.articles import DemoArticle
from crawlers.demo.composer import Composer
from crawlers.demo.fates import Fates
from crawlers.demo.paper import CLOCK_MARK, ORIGINS, Paper
from crawlers.demo.wire import wire_articles
from db.vocabulary import Precision

COUNT = 66
ENGLISH = 5
"""Every fifth article is in English."""
PAGE = 8
PART = 40
TEASER_WORDS = 38
META_SINCE = 2019
"""First year whose pages state their time; older ones show only the day."""
LONG = (38, 62)
"""Articles that stand on two pages, with the break before their sub-heading."""
AUTHORS = ("Rédaction", "Ayélé Dossavi", "Kwami Adzogble", "Rédaction", "Bilal Tchédré")
FATES = Fates(
    correction="Mise à jour : le nombre de participants a été corrigé après vérification auprès des organisateurs de la rencontre.",
    old_path=lambda path: f"/actualites/{path.rstrip('/').rpartition('/')[2]}/",
    twin_path=lambda path: f"{path.rstrip('/')}-2/",
    secret_path=lambda path: f"/abonnes{path}",
    short=(14,),
    corrected={61: 3},
    moved={26: -1100, 48: 5},
    vanishing={53: 6},
    twins=(37,),
    secret=(31, 57),
    only_in_sitemap=(7, 22, 36),
    only_linked=(19,),
    links={42: 19, 33: 26, 58: 37, 51: 48},
)


class LaguneMagazine(Paper):
    """French with some English, from Togo: `/YYYY/MM/slug/` addresses."""

    name = "lagunemagazine"
    title = "Lagune Magazine"
    zone = ZoneInfo("Africa/Lome")
    language = "fr"
    sections: ClassVar[dict[str, tuple[str, str]]] = {
        "politique": ("politique", "Politique"),
        "economie": ("economie", "Économie"),
        "societe": ("societe", "Société"),
        "culture": ("culture", "Culture"),
        "sport": ("sport", "Sport"),
        "environnement": ("environnement", "Environnement"),
    }
    disallowed = ("/wp-admin/", "/abonnes/")
    side: ClassVar[dict[str, str]] = {
        "/mentions-legales/": "legal",
        "/wp-login.php": "login",
        "/?s=": "search",
        "/galerie/": "gallery",
        "/videos/reportage-au-marche/": "video",
        "/category/dossiers/": "empty",
        "/wp-content/uploads/2021/03/dossier.pdf": "pdf",
        "/wp-content/uploads/2021/03/affiche.html": "image",
    }

    def write(self) -> list[DemoArticle]:
        """Compose the magazine."""
        composers = {language: Composer(self.name, language, "golfe") for language in ("fr", "en")}
        instants = calendar.past(self.name, COUNT, self.zone) + calendar.upcoming(self.name, (0.4, 2, 5, 8), self.zone)
        made = []
        for number, instant in enumerate(instants, 1):
            language = "fr" if number % ENGLISH else "en"
            made.append(self._write_one(composers[language], number, instant, language))
        wired = wire_articles(self.name, ORIGINS, self.zone, 501)
        return [self._with_amp(FATES.befall(article)) for article in made] + wired

    def _write_one(self, composer: Composer, number: int, instant: datetime, language: str) -> DemoArticle:
        local = instant.astimezone(self.zone)
        text = composer.compose(number, local)
        author = AUTHORS[number % len(AUTHORS)]
        path = f"/{local:%Y/%m}/{wording.slug(text.title)}/"
        return DemoArticle(
            number=number,
            path=path,
            further=(f"{path}2/",) if number in LONG else (),
            text=text,
            published_at=instant,
            language=language,
            authors=() if author == "Rédaction" else (author,),
            precise=local.year >= META_SINCE,
        )

    def _with_amp(self, article: DemoArticle) -> DemoArticle:
        if article.number % 4:
            return article
        return replace(article, variants=(*article.variants, f"{article.path}amp/"))

    def robots(self) -> str:
        """Return WordPress's robots.txt with a members' area."""
        return (
            "User-agent: *\nDisallow: /wp-admin/\nAllow: /wp-admin/admin-ajax.php\nDisallow: /abonnes/\n\n"
            f"Sitemap: {self.origin}/wp-sitemap.xml\n"
        )

    def precision(self, article: DemoArticle, now: datetime) -> Precision:
        """Return seconds where structured data stands on the page, else the day."""
        return Precision.SECOND if article.precise else super().precision(article, now)

    # ------------------------------------------------------------ pages

    def shell(self, title: str, main: str, *, head: str = "", language: str | None = None) -> str:
        """Return a page with the day in its masthead, menu and footer."""
        menu = "".join(f'<li><a href="/category/{segment}/">{label}</a></li>' for segment, label in self.sections.values())
        return f"""<!DOCTYPE html>
<html lang="{(language or "fr")}-TG" class="no-js">
<head>
<meta charset="UTF-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)} &#8211; {self.title}</title>
<link rel="alternate" type="application/rss+xml" title="{self.title} &raquo; Flux" href="{self.origin}/feed/">
<link rel="alternate" type="application/rss+xml" title="{self.title} &raquo; Flux des commentaires" href="{self.origin}/comments/feed/">
<meta name="generator" content="WordPress 6.4">
{head}</head>
<body class="wp-theme">
<header id="masthead"><div class="top-bar"><span class="date">{CLOCK_MARK.decode()}</span></div>
<a class="site-title" href="{self.origin}/">{self.title}</a>
<nav class="main-navigation"><ul>{menu}</ul></nav></header>
<div id="content" class="site-content">
{main}
</div>
<footer id="colophon"><p>Copyright &copy; 2026 {self.title}. Tous droits réservés. {sidepages.menu(self)}</p></footer>
</body>
</html>
"""

    def article_page(self, article: DemoArticle, address: str, now: datetime) -> Answer:
        """Return a post, or its AMP page."""
        if address.endswith("/amp/"):
            return answers.page(self._amp(article, now), self.modified(article, now))
        html = self.shell(
            article.shown(now).title,
            self._post(article, address, now),
            head=self._head(article, address, now),
            language=article.language,
        )
        after = self._neighbour_posts(article, now)[1]
        shown_since = [self.modified(article, now), *([after.published_at] if after else [])]
        return answers.page(html, max(shown_since))

    def _head(self, article: DemoArticle, address: str, now: datetime) -> str:
        lines = [f'<link rel="shortlink" href="{self.origin}/?p={article.number}">']
        if address != article.twin:
            shown = address if address in article.further else article.address(now)
            lines.append(f'<link rel="canonical" href="{self.origin}{shown}">')
        if article.number % 4 == 0:
            lines.append(f'<link rel="amphtml" href="{self.origin}{article.path}amp/">')
        if article.precise:
            lines += [
                f'<meta property="og:title" content="{escape(article.shown(now).title)} - {self.title}">',
                f'<meta property="article:published_time" content="{article.published_at.isoformat(timespec="seconds")}">',
                f'<script type="application/ld+json" class="yoast-schema-graph">{self._graph(article, now)}</script>',
            ]
        return "\n".join(lines) + "\n"

    def _graph(self, article: DemoArticle, now: datetime) -> str:
        author = {"@type": "Person", "@id": f"{self.origin}/#/person/{article.number % 5}", "name": self._byline(article)}
        page = {
            "@type": "Article",
            "headline": article.shown(now).title,
            "datePublished": article.published_at.isoformat(timespec="seconds"),
            "dateModified": self.modified(article, now).isoformat(timespec="seconds"),
            "author": {"@id": author["@id"]},
            "articleSection": [self.label(article)],
            "keywords": list(article.text.tags),
            "inLanguage": f"{article.language}-TG",
        }
        return json.dumps({"@context": "https://schema.org", "@graph": [page, author]}, ensure_ascii=False)

    def _byline(self, article: DemoArticle) -> str:
        return article.agency or ", ".join(article.authors) or "Rédaction"

    def _body(self, article: DemoArticle, address: str, now: datetime) -> str:
        text = article.shown(now)
        rows = [f"<p><strong>{escape(text.standfirst)}</strong></p>"] if text.standfirst else []
        number = (article.path, *article.further).index(address) if article.further else 0
        blocks = text.blocks
        if article.further:
            middle = next(at for at, block in enumerate(blocks) if block.heading)
            blocks = blocks[middle:] if number else blocks[:middle]
        rows += [f"<h2>{escape(b.text)}</h2>" if b.heading else f"<p>{escape(b.text)}</p>" for b in blocks]
        pointer = self.pointer(article, now, "Lire aussi:")
        return "\n".join(filter(None, [*rows, pointer, self._page_links(article, number)]))

    def _page_links(self, article: DemoArticle, own: int) -> str:
        """Return what WordPress puts below each page of a post with page breaks."""
        if not article.further:
            return ""
        links = [
            f'<span class="post-page-numbers current">{at + 1}</span>'
            if at == own
            else f'<a href="{path}" class="post-page-numbers">{at + 1}</a>'
            for at, path in enumerate((article.path, *article.further))
        ]
        return f'<div class="page-links">Pages : {" ".join(links)}</div>'

    def _post(self, article: DemoArticle, address: str, now: datetime) -> str:
        local, text, byline = self.local(article), article.shown(now), self._byline(article)
        stamp = f' datetime="{local.isoformat(timespec="seconds")}"' if article.precise else ""
        tags = ", ".join(f'<a href="/tag/{wording.slug(tag)}/" rel="tag">{escape(tag)}</a>' for tag in text.tags)
        return f"""<main id="main"><article id="post-{article.number}" class="post type-post">
<header class="entry-header"><span class="cat-links">
<a href="/category/{self.sections[text.section][0]}/" rel="category tag">{self.label(article)}</a></span>
<h1 class="entry-title">{escape(text.title)}</h1>
<div class="entry-meta"><span class="byline">Par
<a class="author" rel="author" href="/author/{wording.slug(byline)}/">{escape(byline)}</a></span>
<time class="entry-date published"{stamp}>{wording.long_day(local, article.language)}</time></div></header>
<div class="entry-content">
{self._body(article, address, now)}
</div>
<footer class="entry-footer"><span class="tags-links">{tags}</span></footer></article>
{self._neighbours(article, now)}
<div id="respond" class="comment-respond"><h3 id="reply-title">Laisser un commentaire</h3>
<form action="/wp-comments-post.php" method="post">
<p class="comment-notes">Votre adresse e-mail ne sera pas publiée. Les champs obligatoires sont indiqués avec *</p>
<p><textarea name="comment"></textarea></p><p><input name="author"><input name="email"></p>
<p><input type="submit" value="Laisser un commentaire"></p></form></div>
</main>
<aside class="related"><h3>Voir Aussi</h3><h4>Ne Manquez Pas</h4>
{"".join(self._teaser(other, now) for other in self.related(article, 3))}
</aside>"""

    def _neighbour_posts(self, article: DemoArticle, now: datetime) -> tuple[DemoArticle | None, DemoArticle | None]:
        """Return the posts before and after, among those that stay."""
        row = [a for a in self.articles if a.listed and a.allowed and a.vanishes_at is None and a.published_at <= now]
        before = [a for a in row if a.published_at < article.published_at]
        after = [a for a in row if article.published_at < a.published_at]
        return (before[-1] if before else None, after[0] if after else None)

    def _neighbours(self, article: DemoArticle, now: datetime) -> str:
        before, after = self._neighbour_posts(article, now)
        links = f'<div class="nav-previous"><span>Previous</span> {self.link(before, now)}</div>' if before else ""
        links += f'<div class="nav-next"><span>Next</span> {self.link(after, now)}</div>' if after else ""
        return f'<nav class="post-navigation">{links}</nav>'

    def _teaser(self, article: DemoArticle, now: datetime) -> str:
        title = escape(article.text.title)
        start = " ".join(" ".join(article.text.paragraphs[:2]).split()[:TEASER_WORDS])
        return (
            f'<div class="post-item"><a href="{article.address(now)}">'
            f'<img src="/wp-content/uploads/{article.number}.jpg" alt="{title}"></a>\n'
            f'<p class="thumb-title">{title}</p>\n<h5><a href="{article.address(now)}">{title}</a></h5>\n'
            f'<span class="author">{escape(self._byline(article))}</span>\n<p>{escape(start)} […]</p></div>\n'
        )

    def _amp(self, article: DemoArticle, now: datetime) -> str:
        title = escape(article.shown(now).title)
        return (
            f'<!DOCTYPE html>\n<html amp lang="{article.language}"><head><meta charset="utf-8"><title>{title}</title>\n'
            f'<link rel="canonical" href="{self.origin}{article.address(now)}"></head>\n<body><article><h1>{title}</h1>\n'
            f"<p>{wording.long_day(self.local(article), article.language)}</p>\n"
            f"{self._body(article, article.path, now)}\n</article></body></html>\n"
        )

    # ------------------------------------------------------------ listings, feeds, sitemaps

    def own_page(self, path: str, query: dict[str, str], now: datetime) -> Answer | None:
        """Return what WordPress routes: home, pages, categories, tags, authors, months, feeds, sitemaps, short links."""
        if "p" in query and path == "/":
            article = self.by_number.get(int(query["p"])) if query["p"].isdecimal() else None
            return answers.redirect(self.origin + article.address(now)) if article and article.exists(now) else None
        if query.keys() - {"paged"} or (query and path != "/feed/"):
            return None
        if path.endswith(".xml"):
            return self._sitemap(path, now)
        segments = path.strip("/").split("/")
        if segments == ["feed"]:
            return self._feed(int(query.get("paged", "1")), now)
        if segments == ["comments", "feed"]:
            empty = syndication.rss(f"Commentaires sur {self.title}", f"{self.origin}/", "fr-TG", [], self_url=f"{self.origin}{path}")
            return answers.document(empty, syndication.RSS_TYPE, None)
        number = 1
        if len(segments) >= 2 and segments[-2] == "page" and segments[-1].isdecimal():
            number, segments = int(segments[-1]), segments[:-2]
        return self._archive("/".join(segments), number, now)

    def _archive(self, name: str, number: int, now: datetime) -> Answer | None:
        """Return page `number` of the home page or of an archive, None where it would be empty."""
        kind, _, value = name.partition("/")
        articles = self.listed(now)
        if kind == "category":
            articles = [a for a in articles if self.sections[a.text.section][0] == value]
        elif kind == "tag":
            articles = [a for a in articles if value in {wording.slug(tag) for tag in a.text.tags}]
        elif kind == "author":
            articles = [a for a in articles if wording.slug(self._byline(a)) == value]
        elif name:
            articles = [a for a in articles if f"{self.local(a):%Y/%m}" == name]
        shown = articles[(number - 1) * PAGE : number * PAGE]
        if not shown:
            return None
        base = f"/{name}/" if name else "/"
        older = (
            f'<a class="next page-numbers" href="{base}page/{number + 1}/">Articles plus anciens</a>'
            if len(articles) > number * PAGE
            else ""
        )
        newer = (
            f'<a class="prev page-numbers" href="{base if number == 2 else f"{base}page/{number - 1}/"}">Articles plus récents</a>'
            if number > 1
            else ""
        )
        title = name.replace("/", " : ") or self.title
        rows = "\n".join(self._row(a, now) for a in shown)
        pages = f'<nav class="pagination">{newer} {older}</nav>'
        lost = "" if name else sidepages.masked_links(self)
        main = f'<main><h1 class="page-title">{escape(title)}</h1>\n{rows}\n{pages}</main>\n{self._months(now)}{lost}'
        return answers.page(self.shell(title, main), self.changed_at(now))

    def _row(self, article: DemoArticle, now: datetime) -> str:
        start, local = " ".join(article.text.paragraphs[0].split()[:20]), self.local(article)
        return (
            f'<article class="post"><h2 class="entry-title">{self.link(article, now)}</h2>'
            f'<time datetime="{local:%Y-%m-%d}">{wording.long_day(local, "fr")}</time><p>{escape(start)} […]</p></article>'
        )

    def _months(self, now: datetime) -> str:
        months = dict.fromkeys((self.local(a).year, self.local(a).month) for a in self.listed(now))
        links = "".join(f'<li><a href="/{y}/{m:02}/">{wording.MONTHS["fr"][m - 1]} {y}</a></li>' for y, m in months)
        return f'<aside class="widget_archive"><h2>Archives</h2><ul>{links}</ul></aside>'

    def _feed(self, number: int, now: datetime) -> Answer | None:
        shown = [a for a in self.listed(now) if a.in_feed][(number - 1) * 10 : number * 10]
        if not shown:
            return None
        campaign = "?" + urlencode({"utm_source": "rss", "utm_medium": "rss", "utm_campaign": "flux"})
        items = [
            syndication.Item(
                url=f"{self.origin}{a.address(now)}{'' if a.number % 3 else campaign}",
                title=a.shown(now).title,
                published=a.published_at.astimezone(UTC),
                summary=f"{a.text.paragraphs[0]} […]",
                author=self._byline(a),
            )
            for a in shown
        ]
        body = syndication.rss(self.title, f"{self.origin}/", "fr-TG", items, self_url=f"{self.origin}/feed/")
        return answers.document(body, syndication.RSS_TYPE, self.changed_at(now))

    def _sitemap(self, path: str, now: datetime) -> Answer | None:
        posts = [a for a in self.articles if a.in_sitemap and a.exists(now)]
        parts = [posts[i : i + PART] for i in range(0, len(posts), PART)]
        maps = {f"/wp-sitemap-posts-post-{i}.xml": [self._entry(a, now) for a in part] for i, part in enumerate(parts, 1)}
        maps["/wp-sitemap-posts-page-1.xml"] = [syndication.Item(f"{self.origin}/"), syndication.Item(f"{self.origin}/mentions-legales/")]
        maps["/wp-sitemap-taxonomies-category-1.xml"] = [
            syndication.Item(f"{self.origin}/category/{segment}/") for segment, _ in self.sections.values()
        ]
        maps["/wp-sitemap-users-1.xml"] = [
            syndication.Item(f"{self.origin}/author/{wording.slug(name)}/") for name in dict.fromkeys(AUTHORS)
        ]
        if path in {"/wp-sitemap.xml", "/sitemap.xml"}:
            body = syndication.sitemap_index([(self.origin + part, None) for part in maps])
        elif path in maps:
            body = syndication.urlset(maps[path])
        else:
            return None
        return answers.document(body, syndication.XML_TYPE, self.changed_at(now))

    def _entry(self, article: DemoArticle, now: datetime) -> syndication.Item:
        return syndication.Item(self.origin + article.address(now), modified=self.modified(article, now))
