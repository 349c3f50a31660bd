"""The settings of the program: their names, defaults and meaning, and the one reading of veille.toml, environment and flags.

Later sources win: defaults, then veille.toml, then `VEILLE_*` variables, then flags. The result is a frozen `Settings`;
what lies below the front door gets plain values out of it and never reads a setting by itself.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from db.errors import SettingError
from db.vocabulary import KeepPages
from veille import values

CONFIG_FILE = "veille.toml"
PREFIX = "VEILLE_"
FLAGS = ("database", "archive", "sources")
"""Settings with a flag of their own; all others are reached by `--set NAME=VALUE`."""
LOG_LEVELS = ("debug", "info", "warning", "error")


@dataclass(frozen=True, slots=True)
class Setting:
    """One row of the table of settings. `default` is written as a person would write it in veille.toml."""

    name: str
    default: Any
    help: str
    parse: values.Parser
    secret: bool = False
    """Whether values may hold what nobody else should see: none is printed then."""


SETTINGS: tuple[Setting, ...] = (
    Setting("database", "veille.db", "Where everything is kept: a file, or a postgresql:// address.", values.database),
    Setting("archive", "", "Folder of the fetched pages; empty: `archive` beside the database file.", values.optional(values.folder)),
    Setting("sources", [], "Folders that hold source files of your own.", values.folders),
    Setting("bundled_sources", True, "Whether the sources that come with veille are known as well.", values.flag),
    Setting("contact", "", "Address or page by which a site's owner can reach you; sent in the User-Agent.", values.text),
    Setting("user_agent", "", "Whole User-Agent; empty: made of our name and `contact`.", values.text),
    Setting("readers", 0, "Processes that read pages; 0: one a core.", values.whole(0)),
    Setting("page_timeout", 20, "Seconds a page may take to be read before it is given up as too complex.", values.number(0.1)),
    Setting("download_timeout", 30, "Seconds a request may take in all.", values.number(0.1)),
    Setting("max_page_mb", 16, "Largest page taken, in MB after decompression.", values.number(0.001)),
    Setting("max_sitemap_mb", 64, "Largest sitemap taken, in MB after decompression.", values.number(0.001)),
    Setting("concurrency", 32, "Requests under way at once, over all hosts.", values.whole(1)),
    Setting("resolve", {}, 'Addresses to use instead of the name server\'s, as host = "address:port".', values.host_map),
    Setting("allow_networks", [], "Private networks that may be fetched from, such as 10.1.0.0/16; others are refused.", values.networks),
    Setting("proxy", "", "HTTP proxy for every request, http://user:password@host:3128; http_proxy is ignored.", values.proxy),
    Setting("obey_noindex", False, "Whether pages that ask search engines not to index them are left out.", values.flag),
    Setting(
        "ca_file", "", "File (PEM) of the certificate authorities to trust instead of the system's.", values.optional(values.existing_file)
    ),
    Setting("wayback", "https://web.archive.org", "Wayback Machine or pywb collection whose captures backfills use.", values.web_archive),
    Setting("alerts", [], "Addresses in Apprise's spelling that are told when a source goes wrong.", values.targets, secret=True),
    Setting(
        "keep_pages",
        "all",
        "Fetched pages to keep: all; read (those that articles rest on); newest (only of their newest revision).",
        values.one_of(*KeepPages),
    ),
    Setting("clock", "", "Instant to take as now when the program starts; it ticks on from there.", values.optional(values.instant)),
    Setting("log_level", "warning", "How much is logged: debug, info, warning or error.", values.one_of(*LOG_LEVELS)),
    Setting("log_format", "text", "How it is logged: text, or json (one object a line).", values.one_of("text", "json")),
    Setting("engine_pages", 20000, "Pages after which the fetching process is replaced by a fresh one.", values.whole(1)),
)


@dataclass(frozen=True, slots=True)
class Settings:
    """The value of every setting, typed; one attribute a row of `SETTINGS`."""

    database: str = field(repr=False)  # it may hold a password
    archive: Path | None
    sources: tuple[Path, ...]
    bundled_sources: bool
    contact: str
    user_agent: str
    readers: int
    page_timeout: float
    download_timeout: float
    max_page_mb: float
    max_sitemap_mb: float
    concurrency: int
    resolve: Mapping[str, str]
    allow_networks: tuple[str, ...]
    proxy: str = field(repr=False)
    obey_noindex: bool
    ca_file: Path | None
    wayback: str
    alerts: tuple[str, ...] = field(repr=False)
    keep_pages: str
    clock: datetime | None
    log_level: str
    log_format: str
    engine_pages: int
    folder: Path = field(default_factory=Path.cwd)
    """The folder relative paths of the configuration start from; not a setting."""

    @property
    def archive_folder(self) -> Path:
        """Where pages are kept: `archive`, else beside the SQLite file, else beside the configuration."""
        if self.archive is not None:
            return self.archive
        if self.database.startswith("sqlite:///"):
            return Path(self.database.removeprefix("sqlite:///")).parent / "archive"
        return self.folder / "archive"


def load(
    flags: Mapping[str, Any] | None = None,
    *,
    environment: Mapping[str, str],
    folder: Path,
    config: Path | None = None,
    contents: str | None = None,
) -> Settings:
    """Read all settings once.

    `flags` are setting names with raw values; `folder` is the working folder; `config` is a file to read instead of
    `folder/veille.toml`; `contents` is its text if it is still to be written. Raises `SettingError` naming the file,
    variable or flag, the key and the way out.
    """
    if config is None and environment.get(f"{PREFIX}CONFIG"):
        config = folder / environment[f"{PREFIX}CONFIG"]
    chosen: dict[str, Any] = {row.name: row.parse(row.default, folder) for row in SETTINGS}
    base = folder
    path = config if config is not None else folder / CONFIG_FILE
    if contents is not None or config is not None or path.is_file():
        base = path.absolute().parent
        written = _read(path) if contents is None else tomllib.loads(contents)
        chosen.update(_parsed(written, base, lambda name: f"{path}: {name}"))
    chosen.update(_parsed(_from_environment(environment), folder, lambda name: f"{PREFIX}{name.upper()}"))
    chosen.update(_parsed(flags or {}, folder, _flag_name))
    return Settings(**chosen, folder=base)


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingError(f"{path}: cannot be read ({error.strerror}); check the path, or run `veille init` to make one") from error
    except UnicodeDecodeError as error:
        raise SettingError(f"{path}: is not UTF-8 text (byte {error.start}); save it as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise SettingError(f"{path}: is not valid TOML: {error}; texts need quotes, tables come last") from error


def _from_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """`VEILLE_*` variables by setting name.

    Others with our prefix are left alone (Kubernetes sets VEILLE_PORT and the like for a service of that name) unless
    they look like a slip of the pen.
    """
    known = {f"{PREFIX}{row.name.upper()}": row.name for row in SETTINGS}
    found: dict[str, str] = {}
    for variable, value in sorted(environment.items()):
        if variable in known:
            found[known[variable]] = value
        elif variable.startswith(PREFIX) and variable != f"{PREFIX}CONFIG":
            near = difflib.get_close_matches(variable, known, n=1, cutoff=0.85)
            if near:
                raise SettingError(f"{variable}: no such variable; did you mean {near[0]}?")
    return found


def _parsed(raw: Mapping[str, Any], base: Path, place: Callable[[str], str]) -> dict[str, Any]:
    rows = {row.name: row for row in SETTINGS}
    parsed: dict[str, Any] = {}
    for name, value in raw.items():
        if name not in rows:
            raise SettingError(f"{place(name)}: no such setting; {suggestion(name, rows)}")
        try:
            parsed[name] = rows[name].parse(value, base)
        except values.BadValue as error:
            shown = "what is written there" if rows[name].secret else _shown(value)
            raise SettingError(f"{place(name)}: {shown} {error}") from (None if rows[name].secret else error)
    return parsed


def _flag_name(name: str) -> str:
    return f"--{name}" if name in FLAGS else f"--set {name}"


def _shown(value: Any) -> str:
    words = without_password(str(value))
    return repr(words if len(words) <= 80 else words[:79] + "…")


def without_password(url: str) -> str:
    """The address of a database or proxy as it may be printed, with or without its scheme."""
    scheme, marks, rest = url.partition("://") if "://" in url else ("", "", url)
    user, at, host = rest.rpartition("@")
    return f"{scheme}{marks}{user.partition(':')[0]}{at}{host}"


def suggestion(name: str, known: Mapping[str, Any]) -> str:
    """The way out for a name that is not among `known`."""
    near = difflib.get_close_matches(name.lower(), known, n=1)
    return f"did you mean {near[0]}?" if near else f"the settings are {', '.join(known)}"
