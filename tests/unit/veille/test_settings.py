"""Where the value of a setting comes from, and what is said when it cannot be used."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from db.errors import SettingError
from veille.settings import SETTINGS, Settings, load, without_password
from veille.specs import engine_spec


def read(folder: Path, toml: str | None = None, environment: dict[str, str] | None = None, **flags: object) -> Settings:
    if toml is not None:
        (folder / "veille.toml").write_text(toml, encoding="utf-8")
    return load(flags, environment=environment or {}, folder=folder)


def test_every_row_is_an_attribute_and_every_attribute_a_row():
    attributes = {field.name for field in dataclasses.fields(Settings)} - {"folder"}
    assert attributes == {row.name for row in SETTINGS}


def test_there_are_at_most_25_settings_each_with_a_sentence_of_help():
    assert len(SETTINGS) <= 25
    assert all(row.help.endswith(".") and row.help[0].isupper() for row in SETTINGS)


def test_settings_are_frozen(tmp_path):
    with pytest.raises(dataclasses.FrozenInstanceError):
        read(tmp_path).readers = 3  # type: ignore[misc]


def test_defaults_hold_where_nothing_is_said(tmp_path):
    settings = read(tmp_path)
    assert settings.database == f"sqlite:///{tmp_path}/veille.db"
    assert settings.archive_folder == tmp_path / "archive"
    assert settings.sources == ()
    assert settings.bundled_sources is True
    assert settings.readers == 0
    assert settings.clock is None
    assert dict(settings.resolve) == {}


@pytest.mark.parametrize(
    ("toml", "environment", "flag", "expected"),
    [
        (None, None, None, 0),
        ("readers = 1", None, None, 1),
        (None, "2", None, 2),
        (None, None, "3", 3),
        ("readers = 1", "2", None, 2),
        ("readers = 1", None, "3", 3),
        (None, "2", "3", 3),
        ("readers = 1", "2", "3", 3),
    ],
)
def test_later_places_win_file_then_environment_then_flags(tmp_path, toml, environment, flag, expected):
    given = {} if flag is None else {"readers": flag}
    settings = read(tmp_path, toml, {} if environment is None else {"VEILLE_READERS": environment}, **given)
    assert settings.readers == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("press.db", "sqlite:///{folder}/press.db"),
        ("/data/press.db", "sqlite:////data/press.db"),
        ("sqlite:///press.db", "sqlite:///{folder}/press.db"),
        ("sqlite:////data/press.db", "sqlite:////data/press.db"),
        ("postgresql://veille@db.example/press", "postgresql://veille@db.example/press"),
        ("postgresql+psycopg://veille@db.example/press", "postgresql+psycopg://veille@db.example/press"),
        ("postgres://veille@db.example/press", "postgres://veille@db.example/press"),
    ],
)
def test_a_database_is_a_path_or_an_address(tmp_path, written, expected):
    assert read(tmp_path, database=written).database == expected.format(folder=tmp_path)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"database": "deep/press.db"}, "deep/archive"),
        ({"database": "postgresql://veille@db.example/press"}, "archive"),
        ({"database": "deep/press.db", "archive": "pages"}, "pages"),
    ],
)
def test_the_archive_lies_beside_the_database_file_unless_told(tmp_path, settings, expected):
    assert read(tmp_path, **settings).archive_folder == tmp_path / expected


def test_paths_of_the_file_start_from_its_folder_and_others_from_the_working_folder(tmp_path):
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    (there / "other.toml").write_text('database = "a.db"\nsources = ["papers"]\n', encoding="utf-8")
    settings = load({"archive": "pages"}, environment={}, folder=here, config=there / "other.toml")
    assert settings.database == f"sqlite:///{there}/a.db"
    assert settings.sources == (there / "papers",)
    assert settings.archive == here / "pages"


def test_the_configuration_can_be_named_by_a_variable(tmp_path):
    (tmp_path / "other.toml").write_text("readers = 5", encoding="utf-8")
    assert read(tmp_path, environment={"VEILLE_CONFIG": "other.toml"}).readers == 5


@pytest.mark.parametrize(
    "written", ["a.test=127.0.0.1:80, B.test:443=127.0.0.1:8443", {"a.test": "127.0.0.1:80", "b.test:443": "127.0.0.1:8443"}]
)
def test_hosts_are_resolved_by_a_table_or_by_one_text(tmp_path, written):
    settings = read(tmp_path, resolve=written)
    assert dict(settings.resolve) == {"a.test": "127.0.0.1:80", "b.test:443": "127.0.0.1:8443"}


@pytest.mark.parametrize(("written", "expected"), [("[::1]:80", "[::1]:80"), ("127.0.0.1", "127.0.0.1")])
def test_a_resolved_address_may_be_ipv6_or_without_a_port(tmp_path, written, expected):
    assert read(tmp_path, resolve={"a.test": written}).resolve["a.test"] == expected


@pytest.mark.parametrize("written", ["10.1.0.0/16, 192.168.1.7,fd00::/8,", ["10.1.0.9/16", " 192.168.1.7", "fd00::/8"]])
def test_networks_are_a_list_or_one_text_each_as_a_network(tmp_path, written):
    assert read(tmp_path, allow_networks=written).allow_networks == ("10.1.0.0/16", "192.168.1.7/32", "fd00::/8")


@pytest.mark.parametrize("written", ["", []])
def test_no_network_is_open_unless_named(tmp_path, written):
    assert read(tmp_path).allow_networks == read(tmp_path, allow_networks=written).allow_networks == ()


@pytest.mark.parametrize(
    ("written", "base"),
    [
        ("https://web.archive.org/", "https://web.archive.org"),
        (" http://localhost:8080/press/ ", "http://localhost:8080/press"),
    ],
)
def test_a_web_archive_is_the_base_of_its_addresses(tmp_path, written, base):
    assert read(tmp_path, wayback=written).wayback == base
    assert read(tmp_path).wayback == "https://web.archive.org"


@pytest.mark.parametrize("written", ["", "http://proxy.test", "http://proxy.test:3128/", " http://user:word@[fd00::1]:3128 "])
def test_a_proxy_is_an_http_address(tmp_path, written):
    assert read(tmp_path, proxy=written).proxy == written.strip()


@pytest.mark.parametrize("written", ["one:two", ["one", "two"]])
def test_folders_of_sources_are_a_list_or_one_text(tmp_path, written):
    assert read(tmp_path, sources=written).sources == (tmp_path / "one", tmp_path / "two")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2026-02-15T08:00:00Z", datetime(2026, 2, 15, 8, tzinfo=UTC)),
        ("2026-02-15T09:00:00+01:00", datetime(2026, 2, 15, 8, tzinfo=UTC)),
        ("2026-02-15", datetime(2026, 2, 15, tzinfo=UTC)),
        ("", None),
    ],
)
def test_the_clock_is_an_instant_in_utc(tmp_path, written, expected):
    assert read(tmp_path, clock=written).clock == expected


def test_toml_may_give_an_instant_as_such(tmp_path):
    assert read(tmp_path, "clock = 2026-02-15T08:00:00Z").clock == datetime(2026, 2, 15, 8, tzinfo=UTC)


@pytest.mark.parametrize(("word", "expected"), [("yes", True), ("TRUE", True), ("1", True), ("off", False), ("no", False), ("0", False)])
def test_flags_understand_the_words_of_environments(tmp_path, word, expected):
    assert read(tmp_path, environment={"VEILLE_BUNDLED_SOURCES": word}).bundled_sources is expected


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        ("reeders = 2", "veille.toml: reeders: no such setting; did you mean readers?"),
        ("zzz = 2", "veille.toml: zzz: no such setting; the settings are database,"),
        ("readers = 'many'", "veille.toml: readers: 'many' is not a whole number; write a whole number from 0 up"),
        ("readers = true", "veille.toml: readers: 'True' is not a whole number"),
        ("readers = 2.5", "veille.toml: readers: '2.5' is not a whole number"),
        ("readers = -1", "veille.toml: readers: '-1' is too small; write a whole number from 0 up"),
        ("page_timeout = 'soon'", "page_timeout: 'soon' is not a number"),
        ("page_timeout = [1]", "page_timeout: '[1]' is not a number"),
        ("page_timeout = 0", "page_timeout: '0' is out of range"),
        ("page_timeout = inf", "page_timeout: 'inf' is out of range"),
        ("page_timeout = nan", "page_timeout: 'nan' is out of range"),
        ("contact = 3", "contact: '3' is not a text; put it in quotes"),
        ("bundled_sources = 'perhaps'", "bundled_sources: 'perhaps' is neither true nor false"),
        ("sources = 3", "sources: '3' is not a list of folders"),
        ("sources = [3]", "sources: '[3]' is not a text"),
        ("archive = '''\\u0000'''", None),
        ("database = 'mysql://root@localhost/press'", "database: 'mysql://root@localhost/press' is no database we know"),
        ("database = 'sqlite://'", "names no file"),
        ("database = 'sqlite:///:memory:'", "names no file"),
        ("resolve = 3", "resolve: '3' is not a table of hosts"),
        ("resolve = 'a.test'", "has an entry 'a.test' without =; write host=127.0.0.1:8000"),
        ("resolve = {'a.test' = 'no where'}", "is not host=address:port"),
        ("allow_networks = 3", "allow_networks: '3' is not a list of networks; write [\"10.1.0.0/16\"], or"),
        ("allow_networks = ['10.0.0.0/33']", "holds what is no network ('10.0.0.0/33' does not appear to be"),
        ("allow_networks = ['paper.test']", "; write 10.1.0.0/16, 127.0.0.1 or fd00::/8"),
        ("proxy = 'proxy.test:3128'", "proxy: 'proxy.test:3128' is no HTTP proxy; write http://proxy.example.org:3128"),
        ("wayback = 'web.archive.org'", "wayback: 'web.archive.org' is no web archive; write https://web.archive.org, or https://"),
        ("wayback = 'http://[/'", "is no web archive"),
        ("wayback = 'https://user:word@archive.test'", "is no web archive"),
        ("proxy = 'socks5://proxy.test'", "proxy: 'socks5://proxy.test' is no HTTP proxy"),
        ("proxy = 'http://proxy.test/path'", "is no HTTP proxy"),
        ("proxy = 'http://proxy.test:99999'", "is no HTTP proxy"),
        ("proxy = 'http://[proxy.test'", "is no HTTP proxy"),
        ("proxy = 'http://'", "is no HTTP proxy"),
        ("proxy = 3", "proxy: '3' is not a text; put it in quotes"),
        ("ca_file = 'nowhere.pem'", "ca_file: 'nowhere.pem' is not a file that exists; check the path"),
        ("clock = 'tomorrow'", "clock: 'tomorrow' is not an instant; write for example 2026-02-15T08:00:00Z"),
        ("log_level = 'loud'", "log_level: 'loud' is not known; write one of debug, info, warning, error"),
        ("readers = ", "is not valid TOML"),
    ],
)
def test_a_wrong_value_is_named_with_its_place_and_the_way_out(tmp_path, toml, message):
    if message is None:
        toml, message = 'archive = "a\\u0000b"', "archive: 'a\\x00b' is not a path"
    with pytest.raises(SettingError) as caught:
        read(tmp_path, toml)
    assert message in str(caught.value)
    assert str(caught.value).startswith(str(tmp_path / "veille.toml"))


def test_a_wrong_variable_is_named(tmp_path):
    with pytest.raises(SettingError, match=r"^VEILLE_READERS: 'x' is not a whole number"):
        read(tmp_path, environment={"VEILLE_READERS": "x"})


def test_a_slip_in_a_variable_is_noticed(tmp_path):
    with pytest.raises(SettingError, match=r"VEILLE_DATABSE: no such variable; did you mean VEILLE_DATABASE\?"):
        read(tmp_path, environment={"VEILLE_DATABSE": "x.db"})


def test_variables_of_others_that_share_our_prefix_are_left_alone(tmp_path):
    read(tmp_path, environment={"VEILLE_PORT": "tcp://10.0.0.1:80", "VEILLE_SERVICE_HOST": "10.0.0.1"})


@pytest.mark.parametrize(("flags", "place"), [({"database": "x://"}, "--database: "), ({"readers": "x"}, "--set readers: ")])
def test_a_wrong_flag_is_named(tmp_path, flags, place):
    with pytest.raises(SettingError, match=f"^{place}"):
        read(tmp_path, **flags)


def test_a_configuration_that_is_not_there_is_told(tmp_path):
    with pytest.raises(SettingError, match=r"none\.toml: cannot be read .*check the path, or run `veille init`"):
        load({}, environment={}, folder=tmp_path, config=tmp_path / "none.toml")


def test_a_configuration_that_is_not_text_is_told(tmp_path):
    (tmp_path / "veille.toml").write_bytes(b"contact = '\xe9t\xe9'")
    with pytest.raises(SettingError, match="is not UTF-8 text"):
        read(tmp_path)


def test_a_long_value_is_cut_in_messages(tmp_path):
    with pytest.raises(SettingError) as caught:
        read(tmp_path, readers="9" * 500 + "x")
    assert len(str(caught.value)) < 200


def test_no_password_is_ever_shown(tmp_path):
    with pytest.raises(SettingError) as caught:
        read(tmp_path, database="mysql://root:secret@localhost/press")
    assert "secret" not in str(caught.value)
    assert "root@localhost" in str(caught.value)


@pytest.mark.parametrize(
    "written", ["https://user:secret@proxy.test:3128", "user:secret@proxy.test:3128", "http://user:secret@proxy.test/x"]
)
def test_the_password_of_a_proxy_that_cannot_be_used_is_not_shown(tmp_path, written):
    with pytest.raises(SettingError, match=r"user@proxy\.test") as caught:
        read(tmp_path, proxy=written)
    assert "secret" not in str(caught.value)


def test_no_password_is_in_what_a_log_or_a_traceback_shows_of_the_settings(tmp_path):
    settings = read(tmp_path, proxy="http://user:secret@proxy.test:3128", database="postgresql://veille:secret@db.test/press")
    assert "secret" not in repr(settings)
    spec = engine_spec(settings, timedelta(0))
    assert (spec.proxy, spec.database_url) == (settings.proxy, settings.database)
    assert "secret" not in repr(spec)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://user:word@proxy.test:3128", "http://user@proxy.test:3128"),
        ("user:word@proxy.test:3128", "user@proxy.test:3128"),
        ("http://proxy.test:3128", "http://proxy.test:3128"),
        ("postgresql://u:p@ss@host/name", "postgresql://u@host/name"),
        ("postgresql://host/name", "postgresql://host/name"),
        ("sqlite:///veille.db", "sqlite:///veille.db"),
        ("veille.db", "veille.db"),
    ],
)
def test_addresses_without_their_password(url, shown):
    assert without_password(url) == shown


@pytest.mark.parametrize(
    "written",
    [
        ["json://a.example/x", "mailto://u:p@b.example?to=c@d.example,e@f.example"],
        "json://a.example/x mailto://u:p@b.example?to=c@d.example,e@f.example",
        " json://a.example/x, mailto://u:p@b.example?to=c@d.example,e@f.example,",
    ],
    ids=["array", "spaces", "commas"],
)
def test_alert_targets_are_a_list_or_one_text(tmp_path, written):
    assert read(tmp_path, alerts=written).alerts == ("json://a.example/x", "mailto://u:p@b.example?to=c@d.example,e@f.example")
    assert read(tmp_path, alerts="").alerts == read(tmp_path, alerts=[]).alerts == ()


@pytest.mark.parametrize("written", ["u:s3cret@b.example", ["json://a.example", "s3cret"], 7, [["s3cret"]], {"s3cret": 1}], ids=str)
def test_an_alert_target_that_cannot_be_used_is_not_repeated(tmp_path, written):
    with pytest.raises(SettingError, match=r"--set alerts: what is written there (holds|is not)") as caught:
        read(tmp_path, alerts=written)
    assert "s3cret" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert "s3cret" not in repr(read(tmp_path, alerts="json://s3cret.example"))
