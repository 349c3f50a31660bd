"""The peer: what a competent engineer writes by hand in sixty lines.

Scrapy fetches a sitemap, trafilatura and langdetect read in the callback, SQLAlchemy commits one ORM object an item.

    python benchmarks/plain_scrapy.py SITEMAP_URL DATABASE_FILE
"""

from __future__ import annotations

import sys
from typing import Any

import trafilatura
from langdetect import DetectorFactory, detect
from langdetect.lang_detect_exception import LangDetectException
from scrapy.crawler import CrawlerProcess
from scrapy.spiders import SitemapSpider
from sqlalchemy import String, Text, create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

DetectorFactory.seed = 0


class Base(DeclarativeBase):
    """The declarative base of the one table."""


class Article(Base):
    """One article."""

    __tablename__ = "articles"
    id: Mapped[int] = mapped_column(primary_key=True)
    url: Mapped[str] = mapped_column(String(2048), unique=True)
    title: Mapped[str | None] = mapped_column(Text)
    author: Mapped[str | None] = mapped_column(Text)
    date: Mapped[str | None] = mapped_column(String(32))
    language: Mapped[str] = mapped_column(String(8))
    text: Mapped[str] = mapped_column(Text)


class Store:
    """Item pipeline: select, insert, commit."""

    def open_spider(self) -> None:
        """Make the table."""
        self.engine = create_engine(f"sqlite:///{sys.argv[2]}")
        Base.metadata.create_all(self.engine)

    def process_item(self, item: dict[str, Any]) -> dict[str, Any]:
        """Store one item unless its address is known."""
        with Session(self.engine) as session:
            if session.scalar(select(Article).where(Article.url == item["url"])) is None:
                session.add(Article(**item))
                session.commit()
        return item


class Press(SitemapSpider):
    """Every page of the sitemap."""

    name = "press"
    sitemap_urls = (sys.argv[1],) if len(sys.argv) > 1 else ()

    def parse(self, response: Any) -> Any:
        """Read one page."""
        read = trafilatura.bare_extraction(response.body, url=response.url, with_metadata=True, include_comments=False)
        if read is None or not read.text:
            return
        try:
            language = detect(read.text)
        except LangDetectException:
            language = "und"
        yield {"url": response.url, "title": read.title, "author": read.author, "date": read.date, "language": language, "text": read.text}


if __name__ == "__main__":
    process = CrawlerProcess(
        {
            "LOG_LEVEL": "ERROR",
            "TELNETCONSOLE_ENABLED": False,
            "ITEM_PIPELINES": {Store: 1},
            "CONCURRENT_REQUESTS_PER_DOMAIN": 16,
            "DOWNLOAD_DELAY": 0,
        }
    )
    process.crawl(Press)
    process.start()
