"""Spiders from source files, Scrapy's settings, and the spec that both are made from."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from scrapy import Request, Spider
from scrapy.settings import Settings
from scrapy.spiderloader import get_spider_loader

from crawlers.crawl import scrapy_settings
from crawlers.loader import SourceLoader
from crawlers.registry import Registry
from crawlers.spec import EngineSpec, resolve_map, spec_from_environment
from crawlers.spider import FrontierSpider, SourceSpider, spec_of
from db.errors import SettingError


@pytest.fixture
def loader(tmp_path):
    (tmp_path / "paper.toml").write_text('home = "http://paper.test/"')
    (tmp_path / "other-paper.toml").write_text('home = "http://other.test/"')
    (tmp_path / "broken.toml").write_text("home = ")
    settings = {"VEILLE_SOURCES": [str(tmp_path)], "VEILLE_BUNDLED_SOURCES": False, "SPIDER_LOADER_CLASS": "crawlers.loader.SourceLoader"}
    return get_spider_loader(Settings(settings))


def test_every_source_that_can_be_used_is_a_spider(loader):
    assert isinstance(loader, SourceLoader)
    assert loader.list() == ["other-paper", "paper"]


def test_a_spider_bears_its_sources_name(loader):
    spider = loader.load("other-paper")
    assert issubclass(spider, SourceSpider)
    assert issubclass(spider, Spider)
    assert (spider.name, spider.__name__, spider.ends) == ("other-paper", "OtherPaper", True)


def test_an_unknown_name_says_what_looks_alike(loader):
    with pytest.raises(KeyError, match="did you mean paper"):
        loader.load("papr")


def test_spiders_by_address(loader):
    assert loader.find_by_request(Request("http://www.paper.test/x")) == ["paper"]
    assert loader.find_by_request(Request("http://nobody.test/x")) == []


def test_bundled_sources_are_spiders():
    settings = Settings()
    settings.setmodule("crawlers.settings")
    assert get_spider_loader(settings).list() == Registry().names()


# ---------------------------------------------------------------- settings


def test_scrapy_decides_nothing_that_the_frontier_decides():
    settings = scrapy_settings(EngineSpec())
    off = ["ROBOTSTXT_OBEY", "RETRY_ENABLED", "REDIRECT_ENABLED", "COOKIES_ENABLED", "HTTPPROXY_ENABLED", "TELNETCONSOLE_ENABLED"]
    off += ["REMOTE_CONTROL_ENABLED", "AUTOTHROTTLE_ENABLED", "HTTPCACHE_ENABLED", "REFERER_ENABLED", "METAREFRESH_ENABLED"]
    assert [name for name in off if settings.getbool(name)] == []
    assert settings.getbool("DOWNLOAD_VERIFY_CERTIFICATES")
    handlers = settings.getwithbase("DOWNLOAD_HANDLERS")
    assert sorted(scheme for scheme, handler in handlers.items() if handler) == ["http", "https"]


def test_the_spec_goes_before_the_environment():
    settings = scrapy_settings(EngineSpec(timeout=7.0, max_bytes=1000, resolve={"a": "b:1"}, contact="me", concurrency=3))
    assert settings.getfloat("DOWNLOAD_TIMEOUT") == 7.0
    assert settings.getint("DOWNLOAD_MAXSIZE") == 1000
    assert settings.getint("CONCURRENT_REQUESTS") == 3
    assert settings.getdict("VEILLE_RESOLVE") == {"a": "b:1"}
    assert settings["USER_AGENT"].endswith("(+me)")


def test_scrapys_settings_make_the_same_spec_again():
    settings = scrapy_settings(EngineSpec(resolve={"a": "1.2.3.4"}, source_folders=(Path("here"),), bundled_sources=False))
    spec = spec_of(settings)
    assert (spec.resolve, spec.source_folders, spec.bundled_sources) == ({"a": "1.2.3.4"}, (Path("here"),), False)


def test_the_spider_of_the_engine_never_ends_by_itself():
    assert not FrontierSpider.ends


# ---------------------------------------------------------------- spec


def test_without_an_environment():
    spec = spec_from_environment({})
    assert (spec.database_url, spec.archive, spec.source_folders, spec.resolve) == ("sqlite:///veille.db", Path("archive"), (), {})


@pytest.mark.parametrize(
    ("database", "url", "archive"),
    [
        ("sqlite:////data/v.db", "sqlite:////data/v.db", "/data/archive"),
        ("/data/v.db", "sqlite:////data/v.db", "/data/archive"),
        ("here/v.db", "sqlite:///here/v.db", "here/archive"),
        ("postgresql://u@h/d", "postgresql://u@h/d", "archive"),
    ],
)
def test_the_archive_lies_beside_the_database(database, url, archive):
    spec = spec_from_environment({"VEILLE_DATABASE": database})
    assert (spec.database_url, spec.archive) == (url, Path(archive))


def test_the_whole_environment():
    spec = spec_from_environment(
        {
            "VEILLE_ARCHIVE": "/kept",
            "VEILLE_SOURCES": "/one:/two",
            "VEILLE_RESOLVE": "A.test=127.0.0.1:80, b.test:443=127.0.0.1:81",
            "VEILLE_CA_FILE": "/ca.pem",
            "VEILLE_CONTACT": "me@here.test",
        }
    )
    assert spec.archive == Path("/kept")
    assert spec.source_folders == (Path("/one"), Path("/two"))
    assert spec.resolve == {"a.test": "127.0.0.1:80", "b.test:443": "127.0.0.1:81"}
    assert spec.ca_file == Path("/ca.pem")
    assert spec.agent.endswith("(+me@here.test)")


@pytest.mark.parametrize("text", ["nonsense", "a=", "=b"])
def test_a_pair_that_is_none_is_named(text):
    with pytest.raises(SettingError, match=f"'{text}'"):
        resolve_map(f"ok=1.2.3.4,{text}")


def test_who_we_say_we_are():
    assert EngineSpec(user_agent="me/1").agent == "me/1"
    assert EngineSpec().agent.startswith("veille/")
    assert "+" not in EngineSpec().agent


def test_a_spec_can_be_sent_to_another_process():
    import pickle

    spec = EngineSpec(resolve={"a": "b"}, clock_offset=timedelta(days=3))
    assert pickle.loads(pickle.dumps(spec)) == spec
