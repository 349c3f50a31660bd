"""As-Sahl: an Arabic daily, right to left, with Arabic addresses, Maghreb month names, some English pages and an old code page."""

from __future__ import annotations

from datetime import datetime
from html import escape
from typing import ClassVar
from urllib.parse import quote
from zoneinfo import ZoneInfo

from crawlers.demo import answers, calendar, sidepages, syndication, wording
from crawlers.demo.answers import Answer
from crawlers.demo.articles import DemoArticle
from crawlers.demo.composer import Composer
from crawlers.demo.fates import Fates
from crawlers.demo.paper import Paper

COUNT = 68
ENGLISH = 6
"""Every sixth article is in English."""
PAGE = 10
FEED = 18
OLD_CODE_PAGE = 2015
"""Up to this year (exclusive) pages are kept in windows-1256."""
LABELS_EN = {
    "politique": "Politics",
    "economie": "Economy",
    "societe": "Society",
    "culture": "Culture",
    "sport": "Sport",
    "environnement": "Environment",
}
AUTHORS: dict[str, tuple[tuple[str, ...], ...]] = {
    "ar": ((), ("ياسين المرابطين",), ("هاجر بنشقرون الصغير",), ("عادل الكتامي", "سناء الوردغاني")),
    "en": (("Adil Kettamine",), (), ("Hajar Benchakroune",), ("Sanae Ouardighi",)),
}
FATES = Fates(
    correction="تصحيح: ورد في نسخة سابقة من هذا المقال تاريخ غير دقيق، وتعتذر الجريدة لقرائها عن هذا الخطأ غير المقصود.",
    old_path=lambda path: f"/news/article-{path.rpartition('-')[2]}",
    twin_path=lambda path: f"/{quote('مختارات')}{path}",
    secret_path=lambda path: f"/{quote('مشتركون')}{path}",
    short=(16,),
    corrected={62: 1.5},
    moved={25: -1000, 50: 4.5},
    vanishing={46: 8},
    twins=(38,),
    secret=(32,),
    only_in_sitemap=(10, 28),
    only_linked=(20,),
    not_in_sitemap=(5, 21, 35, 53, 64),
    links={41: 20, 34: 25, 56: 38, 59: 50},
)


class Assahl(Paper):
    """Arabic and some English, from Morocco: the date stands above the body in words, with a time; no structured data."""

    name = "assahl"
    title = "جريدة السهل"
    zone = ZoneInfo("Africa/Casablanca")
    language = "ar"
    sections: ClassVar[dict[str, tuple[str, str]]] = {
        "politique": ("سياسة", "سياسة"),
        "economie": ("اقتصاد", "اقتصاد"),
        "societe": ("مجتمع", "مجتمع"),
        "culture": ("ثقافة-وفنون", "ثقافة وفنون"),
        "sport": ("رياضة", "رياضة"),
        "environnement": ("بيئة", "بيئة"),
    }
    disallowed = (f"/{quote('مشتركون')}/",)
    side: ClassVar[dict[str, str]] = {
        f"/{quote('بيانات-قانونية')}": "legal",
        "/login": "login",
        "/search": "search",
        f"/{quote('صور')}/{quote('معرض-الزهور')}": "gallery",
        f"/{quote('فيديو')}/{quote('جولة-في-السوق')}-9001.html": "video",
        f"/{quote('ملفات')}": "empty",
        f"/{quote('مجتمع')}/{quote('مقال-محذوف')}-9002.html": "soft_404",
        "/files/tarif.pdf": "pdf",
        "/files/kharita.html": "image",
    }

    def write(self) -> list[DemoArticle]:
        """Compose the daily."""
        composers = {"ar": Composer(self.name, "ar", "sahl"), "en": Composer(self.name, "en", "plain")}
        instants = calendar.past(self.name, COUNT, self.zone) + calendar.upcoming(self.name, (0.3, 1.7, 4, 8.5), self.zone)
        made = []
        for number, instant in enumerate(instants, 1):
            language = "ar" if number % ENGLISH else "en"
            made.append(self._write_one(composers[language], number, instant, language))
        return [FATES.befall(article) for article in made]

    def _write_one(self, composer: Composer, number: int, instant: datetime, language: str) -> DemoArticle:
        text = composer.compose(number, instant.astimezone(self.zone))
        segment = self.sections[text.section][0] if language == "ar" else f"en/{LABELS_EN[text.section].lower()}"
        return DemoArticle(
            number=number,
            path=quote(f"/{segment}/{wording.slug(text.title, words=7)}-{3000 + number * 11}.html"),
            text=text,
            published_at=instant,
            language=language,
            edition=language,
            authors=AUTHORS[language][number % 4],
        )

    def robots(self) -> str:
        """Return robots.txt with the sitemap."""
        return f"{super().robots()}\nSitemap: {self.origin}/sitemap.xml\n"

    def label(self, article: DemoArticle) -> str:
        """Return the section in the article's own language."""
        return LABELS_EN[article.text.section] if article.language == "en" else super().label(article)

    # ------------------------------------------------------------ pages

    def shell(self, title: str, main: str, *, head: str = "", language: str | None = None, charset: str = "utf-8") -> str:
        """Return a page, from right to left unless it is English."""
        edition = language or "ar"
        menu = "".join(f'<a href="/{quote(segment)}">{label}</a> ' for segment, label in self.sections.values())
        return f"""<!DOCTYPE html>
<html lang="{edition}" dir="{"ltr" if edition == "en" else "rtl"}">
<head>
<meta charset="{charset}">
<title>{escape(title)} - {self.title}</title>
<link rel="alternate" type="application/rss+xml" title="{self.title}" href="/feed.xml">
{head}</head>
<body>
<header><div class="logo"><a href="/">{self.title}</a></div><nav>{menu}<a href="/en">English</a></nav></header>
{main}
<footer><p>جميع الحقوق محفوظة © 2026 {self.title}</p><p>{sidepages.menu(self)}</p></footer>
</body>
</html>
"""

    def article_page(self, article: DemoArticle, address: str, now: datetime) -> Answer:
        """Return an article; old ones in windows-1256, which their header and head both declare."""
        encoding = "windows-1256" if self.local(article).year < OLD_CODE_PAGE else "utf-8"
        head = f'<link rel="canonical" href="{self.origin}{article.address(now)}">\n' if address != article.twin else ""
        html = self.shell(article.shown(now).title, self._main(article, now), head=head, language=article.language, charset=encoding)
        return answers.page(html, self.modified(article, now), encoding=encoding)

    def _main(self, article: DemoArticle, now: datetime) -> str:
        text, english = article.shown(now), article.language == "en"
        by = " and ".join(article.authors) if english else " و".join(article.authors)
        byline = f'<span class="writer">{"By" if english else "بقلم:"} {escape(by)}</span> ' if by else ""
        lead = f'<p class="lead">{escape(text.standfirst)}</p>' if text.standfirst else ""
        rows = [f"<h3>{escape(b.text)}</h3>" if b.heading else f"<p>{escape(b.text)}</p>" for b in text.blocks]
        rows.append(self.pointer(article, now, "Read also:" if english else "اقرأ أيضا:"))
        tags = " ".join(f'<a rel="tag" href="/{quote("وسم")}/{quote(wording.slug(tag))}">{escape(tag)}</a>' for tag in text.tags)
        related = "".join(f"<li>{self.link(a, now)}<p>{escape(a.text.paragraphs[0][:90])}...</p></li>" for a in self.related(article, 4))
        return f"""<main><article>
<div class="cat">{self.label(article)}</div>
<h1>{escape(text.title)}</h1>
<div class="meta">{byline}<span class="date">{self._dateline(article)}</span></div>
<img class="lead-image" src="/img/{article.number}.jpg" alt="">
<div class="article-body">
{lead}
{chr(10).join(row for row in rows if row)}
</div>
<div class="tags">{"Tags:" if english else "وسوم:"} {tags}</div>
</article>
<section class="related"><h3>{"Related articles" if english else "مقالات ذات صلة"}</h3><ul>{related}</ul></section></main>"""

    def _dateline(self, article: DemoArticle) -> str:
        local = self.local(article)
        if article.language == "en":
            return f"{wording.long_day(local, 'en')} - {local:%H:%M}"
        line = f"{wording.weekday(local, 'ar')} {wording.long_day(local, 'ar')} - {local:%H:%M}"
        return wording.arabic_digits(line) if article.number % 3 == 1 else line

    # ------------------------------------------------------------ listings, feed, sitemap

    def own_page(self, path: str, query: dict[str, str], now: datetime) -> Answer | None:
        """Return the home page, a section, the English page, a tag, the feed or the sitemap."""
        if path == "/feed.xml":
            return self._feed(now)
        if path == "/sitemap.xml":
            entries = [a for a in self.articles if a.in_sitemap and a.exists(now)]
            body = syndication.urlset(syndication.Item(self.origin + a.address(now), modified=self.modified(a, now)) for a in entries)
            return answers.document(body, syndication.XML_TYPE, self.changed_at(now))
        if path == "/":
            return self._listing(self.listed(now)[:12], self.title, path, query, now=now, size=12)
        if path == "/en":
            return self._listing(self.listed(now, language="en"), "English", path, query, now=now)
        found = [a for a in self.listed(now) if path in self._shelves(a)]
        return self._listing(found, found[0].text.section, path, query, now=now) if found else None

    def _shelves(self, article: DemoArticle) -> set[str]:
        shelves = {f"/{quote('وسم')}/{quote(wording.slug(tag))}" for tag in article.text.tags}
        return shelves | {f"/{quote(self.sections[article.text.section][0])}"} if article.language == "ar" else shelves

    def _listing(
        self, articles: list[DemoArticle], title: str, path: str, query: dict[str, str], *, now: datetime, size: int = PAGE
    ) -> Answer | None:
        number = int(query["page"]) if query.get("page", "").isdecimal() else 1
        shown = articles[(number - 1) * size : number * size]
        if not shown and number > 1:
            return None
        heading = self.sections[title][1] if title in self.sections else title
        rows = "\n".join(
            f'<li><h2>{self.link(a, now)}</h2><span class="date">{wording.long_day(self.local(a), a.language)}</span></li>' for a in shown
        )
        more = f'<a class="next" href="{path}?page={number + 1}">التالي</a>' if len(articles) > number * size else ""
        lost = sidepages.masked_links(self) if path == "/" else ""
        html = self.shell(heading, f'<main><h1>{escape(heading)}</h1><ul class="list">\n{rows}\n</ul>{more}{lost}</main>')
        return answers.page(html, self.changed_at(now))

    def _feed(self, now: datetime) -> Answer:
        items = [
            syndication.Item(
                url=f"{self.origin}{a.address(now)}{'?utm_source=rss' if a.number % 2 else ''}",
                title=a.shown(now).title,
                published=self.local(a),
                summary=a.text.paragraphs[0],
                author="، ".join(a.authors),
            )
            for a in self.listed(now)
            if a.in_feed
        ][:FEED]
        body = syndication.rss(self.title, f"{self.origin}/", "ar", items, self_url=f"{self.origin}/feed.xml")
        return answers.document(body, syndication.RSS_TYPE, self.changed_at(now))
