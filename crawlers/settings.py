"""Scrapy's settings, for the engine and for `scrapy …` in a checkout. veille's own settings are in `veille.settings`.

What Scrapy would decide by itself (retries, redirects, duplicates, delays, robots.txt, cookies) is off: the frontier decides what
is fetched and the host when, so that a killed process loses nothing and every request of a redirect obeys the rules.
"""

from __future__ import annotations

import os

from crawlers.spec import spec_from_environment

_SPEC = spec_from_environment(os.environ)

BOT_NAME = "veille"
SPIDER_LOADER_CLASS = "crawlers.loader.SourceLoader"
SPIDER_MODULES: list[str] = []
USER_AGENT = _SPEC.agent
DEFAULT_REQUEST_HEADERS = {
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept-Language": "*",
}

VEILLE_DATABASE = _SPEC.database_url
VEILLE_ARCHIVE = str(_SPEC.archive)
VEILLE_SOURCES = [str(folder) for folder in _SPEC.source_folders]
VEILLE_RESOLVE = dict(_SPEC.resolve)
VEILLE_ALLOW_NETWORKS = list(_SPEC.allow_networks)
VEILLE_PROXY = _SPEC.proxy
VEILLE_CONTACT = _SPEC.contact
VEILLE_CA_FILE = str(_SPEC.ca_file) if _SPEC.ca_file else ""

TWISTED_REACTOR = "twisted.internet.asyncioreactor.AsyncioSelectorReactor"
TWISTED_DNS_RESOLVER = "crawlers.resolver.MappedResolver"
DNS_TIMEOUT = 10

CONCURRENT_REQUESTS = _SPEC.concurrency
CONCURRENT_REQUESTS_PER_DOMAIN = 16
DOWNLOAD_DELAY = 0
DOWNLOAD_DELAY_JITTER = 0
AUTOTHROTTLE_ENABLED = False
DOWNLOAD_TIMEOUT = _SPEC.timeout
DOWNLOAD_MAXSIZE = _SPEC.max_bytes
DOWNLOAD_WARNSIZE = 0
DOWNLOAD_FAIL_ON_DATALOSS = True
DOWNLOAD_VERIFY_CERTIFICATES = True
DOWNLOAD_HANDLERS = {
    "http": "crawlers.download.DownloadHandler",
    "https": "crawlers.download.DownloadHandler",
    "data": None,
    "file": None,
    "ftp": None,
    "s3": None,
}

ROBOTSTXT_OBEY = False  # `crawlers.robots` obeys it: Scrapy's own middleware fetches pages when robots.txt answers 5xx
RETRY_ENABLED = False
REDIRECT_ENABLED = False
METAREFRESH_ENABLED = False
COOKIES_ENABLED = False
REFERER_ENABLED = False
HTTPCACHE_ENABLED = False
HTTPPROXY_ENABLED = bool(_SPEC.proxy)  # it would also obey http_proxy, behind which nobody sees which address is asked
COMPRESSION_ENABLED = False
DOWNLOADER_MIDDLEWARES = {
    "crawlers.address_check.AddressMiddleware": 100,
    "crawlers.compression.CompressionMiddleware": 590,
    "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware": None,
    "scrapy.downloadermiddlewares.httpauth.HttpAuthMiddleware": None,
}
SPIDER_MIDDLEWARES = {
    "scrapy.spidermiddlewares.httperror.HttpErrorMiddleware": None,
    "scrapy.spidermiddlewares.urllength.UrlLengthMiddleware": None,
    "scrapy.spidermiddlewares.depth.DepthMiddleware": None,
}
TELNETCONSOLE_ENABLED = False
REMOTE_CONTROL_ENABLED = False
MEMUSAGE_ENABLED = False
EXTENSIONS = {
    "scrapy.extensions.feedexport.FeedExporter": None,
    "scrapy.extensions.closespider.CloseSpider": None,
}

LOG_LEVEL = _SPEC.log_level
LOGSTATS_INTERVAL = 0
STATS_DUMP = False
