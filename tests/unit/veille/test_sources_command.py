"""Which sources are known, what each says, and what is wrong with a file."""

from __future__ import annotations

import pytest

GOOD = 'home = "https://www.example.org/"\ncountry = "FR"\ntags = ["economy"]\nlanguages = ["fr"]\n'


@pytest.fixture
def papers(folder):
    (folder / "papers").mkdir()
    (folder / "papers" / "example.toml").write_text(GOOD, encoding="utf-8")
    (folder / "papers" / "second.toml").write_text('home = "https://second.test/"', encoding="utf-8")
    return ["--sources", "papers", "--set", "bundled_sources=no"]


def test_the_bundled_sources_are_known(veille):
    outcome = veille("sources", "list")
    assert outcome.code == 0
    assert any(line.startswith("bladi\tBladi.net\thttps://www.bladi.net/\tMA\tfr") for line in outcome.out.splitlines())


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [([], ["example", "second"]), (["--country", "fr"], ["example"]), (["--tag", "economy"], ["example"]), (["--tag", "sport"], [])],
)
def test_a_list_can_be_narrowed(veille, papers, arguments, expected):
    assert [source["name"] for source in veille("sources", "list", *papers, *arguments, "--json").json] == expected


def test_a_source_never_compared_with_its_site_says_so(veille, papers):
    assert veille("sources", "list", *papers).out.splitlines()[1].split("\t")[-1] == "never"


def test_everything_known_of_one_source(veille, papers):
    outcome = veille("sources", "show", "example", *papers)
    assert outcome.code == 0
    assert [line.split(None, 1) for line in outcome.out.splitlines()][0:2] == [["name", "example"], ["home", "https://www.example.org/"]]
    record = veille("sources", "show", "example", *papers, "--json").json
    assert (record["country"], record["tags"], record["delay"]) == ("FR", ["economy"], 2.0)


def test_editions_listings_and_layouts_are_shown_in_words(veille, papers, folder):
    parts = '[editions]\nfr = "/fr/"\nar = "/ar/"\n[[listings]]\nurl = "/news/"\n[[layouts]]\nuntil = 2021-01-01\nbody = "div.text"\n'
    (folder / "papers" / "rich.toml").write_text(GOOD + parts, encoding="utf-8")
    outcome = veille("sources", "show", "rich", *papers)
    assert outcome.code == 0
    assert "editions      /fr/ → fr, /ar/ → ar\n" in outcome.out
    assert "listings      url=https://www.example.org/news/ pagination=" in outcome.out
    assert "layouts       until=2021-01-01 body=div.text\n" in outcome.out


def test_files_in_order(veille, papers):
    outcome = veille("sources", "check", *papers)
    assert (outcome.code, outcome.out) == (0, "2 sources checked, 0 with problems\n")


def test_a_wrong_file_is_named_with_key_and_remedy(veille, papers, folder):
    (folder / "papers" / "wrong.toml").write_text('hoem = "https://www.example.org/"', encoding="utf-8")
    outcome = veille("sources", "check", *papers)
    assert outcome.code == 1
    assert outcome.out == "3 sources checked, 1 with problems\n"
    assert "wrong.toml" in outcome.err
    assert "home" in outcome.err
    listed = veille("sources", "list", *papers)
    assert listed.code == 1
    assert len(listed.out.splitlines()) == 3


@pytest.mark.parametrize(("text", "code"), [(GOOD, 0), ("home = 3", 1), ("home", 1), ("", 1)])
def test_a_file_can_be_checked_before_it_is_used(veille, folder, text, code):
    (folder / "new.toml").write_text(text, encoding="utf-8")
    outcome = veille("sources", "check", "new.toml", "--json")
    assert outcome.code == code
    assert outcome.json["checked"] == 1
    assert len(outcome.json["problems"]) == code


def test_a_file_that_is_not_there_is_a_problem(veille, folder):
    assert veille("sources", "check", "nowhere.toml").code == 1


def test_a_source_can_be_checked_by_name(veille, papers):
    assert veille("sources", "check", "example", *papers).out == "1 source checked, 0 with problems\n"
    assert veille("sources", "check", "exampel", *papers).code == 2


def test_a_file_that_cannot_be_used_is_checked_by_its_name(veille, papers, folder):
    (folder / "papers" / "bad.toml").write_text("home = 3", encoding="utf-8")
    outcome = veille("sources", "check", "bad", *papers)
    assert (outcome.code, outcome.out) == (1, "1 source checked, 1 with problems\n")
    assert "papers/bad.toml" in outcome.err
    assert "no source is called" not in outcome.err
