"""The registry: folders, overriding, and files that must not stop the others."""

from __future__ import annotations

import pytest

from crawlers.registry import Registry
from db.errors import UnknownName


def write(folder, name, text='home = "https://{name}.example/"'):
    path = folder / f"{name}.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text.replace("{name}", path.stem), encoding="utf-8")
    return path


def test_the_bundled_sources_are_there_without_asking():
    assert {"bladi", "atalayar", "linvestigateurafricain"} <= set(Registry().names())
    assert Registry(bundled=False).names() == []


def test_sources_of_a_folder_and_its_subfolders(tmp_path):
    write(tmp_path, "b")
    write(tmp_path / "ma", "a")
    registry = Registry([tmp_path], bundled=False)
    assert registry.names() == ["a", "b"]
    assert [source.home for source in registry.all()] == ["https://a.example/", "https://b.example/"]
    assert registry.problems() == []


def test_a_users_file_overrides_the_bundled_one(tmp_path):
    path = write(tmp_path, "bladi", 'home = "https://www.bladi.net/"\ntitle = "Bladi, ma version"')
    registry = Registry([tmp_path])
    assert registry.get("bladi").title == "Bladi, ma version"
    assert registry.get("bladi").path == path
    assert registry.problems() == []
    assert registry.names().count("bladi") == 1


def test_a_later_folder_overrides_an_earlier_one(tmp_path):
    write(tmp_path / "one", "a", 'home = "https://a.example/"\ntitle = "one"')
    write(tmp_path / "two", "a", 'home = "https://a.example/"\ntitle = "two"')
    assert Registry([tmp_path / "one", tmp_path / "two"], bundled=False).get("a").title == "two"
    assert Registry([tmp_path / "two", tmp_path / "one"], bundled=False).get("a").title == "one"


def test_bad_files_are_reported_and_stop_nobody(tmp_path):
    write(tmp_path, "good")
    write(tmp_path, "bad", "hom = 3")
    (tmp_path / "worse.toml").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "folder.toml").mkdir()
    registry = Registry([tmp_path], bundled=False)
    assert registry.names() == ["good"]
    reported = registry.problems()
    assert len(reported) == 3
    assert any("bad.toml" in text and "did you mean 'home'?" in text for text in reported)


def test_a_broken_override_does_not_take_the_bundled_source_away_silently(tmp_path):
    write(tmp_path, "bladi", "home = 1")
    registry = Registry([tmp_path])
    assert registry.get("bladi").home == "https://www.bladi.net/"
    assert len(registry.problems()) == 1


def test_two_files_of_one_name_in_one_folder(tmp_path):
    write(tmp_path / "dz", "a")
    write(tmp_path / "ma", "a")
    registry = Registry([tmp_path], bundled=False)
    assert registry.get("a").path == tmp_path / "dz" / "a.toml"
    assert "the name 'a' is taken by" in registry.problems()[0]


def test_a_folder_that_is_not_there_is_a_problem(tmp_path):
    registry = Registry([tmp_path / "nowhere"], bundled=False)
    assert "no such folder of sources" in registry.problems()[0]


def test_an_unknown_name_is_answered_with_near_ones(tmp_path):
    write(tmp_path, "good")
    write(tmp_path, "broken", "x = 1")
    registry = Registry([tmp_path], bundled=False)
    with pytest.raises(UnknownName, match=r"no source is called 'goood'; did you mean good\?"):
        registry.get("goood")
    with pytest.raises(UnknownName, match="`veille sources list` prints"):
        registry.get("zzz")
    with pytest.raises(UnknownName, match=r"broken\.toml: 2 problems"):
        registry.get("broken")


def test_templates_hidden_files_and_settings_are_no_sources(tmp_path):
    write(tmp_path / "templates", "model")
    write(tmp_path / ".cache", "old")
    write(tmp_path, "veille", "[settings]")
    write(tmp_path, "templates")
    assert Registry([tmp_path], bundled=False).names() == ["templates"]


def test_entries_for_the_database(tmp_path):
    write(tmp_path, "a", 'home = "https://a.example/"\ncountry = "TN"\ntags = ["t"]')
    registry = Registry([tmp_path], bundled=False)
    (entry,) = registry.entries()
    assert (entry.name, entry.title, entry.home, entry.country, tuple(entry.tags)) == ("a", "a.example", "https://a.example/", "TN", ("t",))
    assert (entry.time_zone, entry.digest) == ("Africa/Tunis", registry.get("a").digest)
