"""What a fetching process is told when it starts: plain values only, so that they can be sent to it or read from the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from crawlers.source import Source
from db.errors import SettingError

MIB = 1 << 20
PRODUCT = "veille"
"""The product token that robots.txt groups are matched against (RFC 9309 §2.2.1)."""


@dataclass(frozen=True, slots=True)
class EngineSpec:
    """Where things are kept, in whose name pages are fetched, and how far the engine may go."""

    database_url: str = field(default="sqlite:///veille.db", repr=False)  # it may hold a password
    archive: Path = Path("archive")
    source_folders: tuple[Path, ...] = ()
    bundled_sources: bool = True
    sources: tuple[Source, ...] | None = field(default=None, repr=False)
    """The sources as whoever starts the engine knows them; None: those of the folders."""
    owner: str = ""
    """Lease owner of the runs that are fetched (`db.leases.owner_name` of the session)."""
    contact: str = ""
    """A mail address or page for webmasters, part of the User-Agent."""
    user_agent: str = ""
    """Replaces the whole User-Agent; empty: `veille/<version> (+contact)`."""
    resolve: Mapping[str, str] = field(default_factory=dict)
    """"host" or "host:port" → "ip:port" or "ip": names that are not asked of the DNS."""
    allow_networks: tuple[str, ...] = ()
    """Private networks that may be fetched from all the same, as `10.1.0.0/16`."""
    proxy: str = field(default="", repr=False)
    """The HTTP proxy that every request goes through, as `http://user:password@proxy:3128`; the environment's are ignored."""
    obey_noindex: bool = False
    """Whether a page that says `noindex` to us or to everybody is left out."""
    ca_file: Path | None = None
    """PEM file of certificate authorities trusted instead of the system's."""
    clock_offset: timedelta = timedelta(0)
    concurrency: int = 32
    """Requests under way at the same time, all hosts together."""
    timeout: float = 30.0
    """Seconds a request may take, from connecting to the last byte."""
    max_bytes: int = 16 * MIB
    """Size of a body, as sent and as decoded, above which a page is refused."""
    max_sitemap_bytes: int = 64 * MIB
    recycle_after: int = 20_000
    """Fetched pages after which the engine asks to be replaced."""
    log_file: Path | None = None
    log_level: str = "INFO"

    @property
    def agent(self) -> str:
        """The User-Agent header: who we are, and whom to ask (RFC 9110 §10.1.5)."""
        return self.user_agent or f"{PRODUCT}/{own_version()}" + (f" (+{self.contact})" if self.contact else "")


def resolve_map(text: str) -> dict[str, str]:
    """`a.test=127.0.0.1:8000,b.test:443=127.0.0.1:8443` as a map. Raises SettingError naming the pair that is none."""
    pairs: dict[str, str] = {}
    for item in filter(None, (part.strip() for part in text.split(","))):
        name, mark, address = item.partition("=")
        if not (mark and name.strip() and address.strip()):
            raise SettingError(f"VEILLE_RESOLVE: {item!r} is no pair; write host=address:port, separated by commas")
        pairs[name.strip().lower()] = address.strip()
    return pairs


def spec_from_environment(environment: Mapping[str, str]) -> EngineSpec:
    """The spec that VEILLE_DATABASE, VEILLE_ARCHIVE, VEILLE_SOURCES (colon-separated folders), VEILLE_RESOLVE,
    VEILLE_ALLOW_NETWORKS, VEILLE_PROXY, VEILLE_CA_FILE and VEILLE_CONTACT describe. Raises SettingError.

    Without VEILLE_ARCHIVE the archive folder lies beside the SQLite file, or in the working folder.
    """  # noqa: D205 - the list of names takes two lines
    database = environment.get("VEILLE_DATABASE") or "sqlite:///veille.db"
    url = database if "://" in database else f"sqlite:///{database}"
    ca_file = environment.get("VEILLE_CA_FILE")
    return EngineSpec(
        database_url=url,
        archive=Path(environment.get("VEILLE_ARCHIVE") or _beside(url)),
        source_folders=tuple(Path(part) for part in environment.get("VEILLE_SOURCES", "").split(":") if part),
        contact=environment.get("VEILLE_CONTACT", ""),
        resolve=resolve_map(environment.get("VEILLE_RESOLVE", "")),
        allow_networks=tuple(filter(None, (part.strip() for part in environment.get("VEILLE_ALLOW_NETWORKS", "").split(",")))),
        proxy=environment.get("VEILLE_PROXY", ""),
        ca_file=Path(ca_file) if ca_file else None,
    )


def _beside(url: str) -> Path:
    if not url.startswith("sqlite:///"):
        return Path("archive")
    return Path(url.removeprefix("sqlite:///")).parent / "archive"


def own_version() -> str:
    """The version of this program."""
    try:
        return version("veille")
    except PackageNotFoundError:  # a bare checkout
        return "0"
