"""The text bank and the composer: every story distinct, complete, and always the same."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from crawlers.demo import bank
from crawlers.demo.composer import Composer

PUBLISHED = datetime(2020, 3, 4, 9, 30, tzinfo=UTC)
LANGUAGES = ("fr", "es", "en", "ar")
REGIONS = [("fr", "rives"), ("fr", "golfe"), ("fr", "medjerda"), ("es", "detroit"), ("en", "detroit"), ("ar", "sahl"), ("en", "plain")]
LETTERS = {"fr": "[a-zà-ÿ]", "es": "[a-zà-ÿ]", "en": "[a-z]", "ar": "[\u0621-\u064a]"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_topic_has_titles_standfirsts_paragraphs_and_a_heading(language):
    topics = bank.topics(language)
    assert len(topics) >= 10
    assert len({topic.name for topic in topics}) == len(topics)
    for topic in topics:
        assert topic.titles, topic.name
        assert topic.standfirsts, topic.name
        assert len(topic.tags) == 2, topic.name
        assert sum(not position.heading for position in topic.positions) >= 4, topic.name
        assert any(position.heading for position in topic.positions), topic.name
        assert topic.section in {"politique", "economie", "societe", "culture", "sport", "environnement"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_written_paragraph_names_something_that_varies(language):
    for topic in bank.topics(language):
        for position in topic.positions:
            for variant in position.variants:
                assert position.heading or "{" in variant, variant


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_topic_uses_a_number_that_another_variant_would_have_named(language):
    for topic in bank.topics(language):
        for position in topic.positions:
            for variant in position.variants:
                given = set(re.findall(r"\{([a-z])=", variant))
                assert set(re.findall(r"\{([a-z])\}", variant)) - {"t"} <= given, variant


@pytest.mark.parametrize(("language", "region"), REGIONS)
def test_stories_are_long_enough_and_no_slot_is_left_open(language, region):
    composer = Composer("length", language, region)
    for number in range(40):
        story = composer.compose(number, PUBLISHED)
        words = sum(len(paragraph.split()) for paragraph in story.paragraphs)
        assert 120 <= words <= 400, (story.title, words)
        assert not set("{}|<>") & set("".join((story.title, *story.paragraphs, *story.tags)))


@pytest.mark.parametrize(("language", "region"), REGIONS)
def test_no_title_and_no_paragraph_is_told_twice(language, region):
    composer = Composer("distinct", language, region)
    stories = [composer.compose(number, PUBLISHED) for number in range(60)]
    paragraphs = [block.text for story in stories for block in story.blocks if not block.heading]
    assert len({story.title for story in stories}) == 60
    assert len(set(paragraphs)) == len(paragraphs)


@pytest.mark.parametrize(("language", "region"), REGIONS)
def test_sentences_start_with_a_capital(language, region):
    composer = Composer("capitals", language, region)
    for number in range(40):
        for paragraph in composer.compose(number, PUBLISHED).paragraphs:
            small = re.findall(rf"(?<=[^.][.!?] ){LETTERS[language]}", paragraph) if language != "ar" else []
            assert not small, paragraph


def test_the_same_seed_tells_the_same_stories():
    first, second = (Composer("seed", "fr", "rives") for _ in range(2))
    assert [first.compose(i, PUBLISHED) for i in range(30)] == [second.compose(i, PUBLISHED) for i in range(30)]


def test_another_seed_tells_others():
    assert Composer("one", "fr", "rives").compose(1, PUBLISHED) != Composer("two", "fr", "rives").compose(1, PUBLISHED)


def test_a_story_in_two_languages_has_the_same_town_and_people():
    spanish = Composer("pair", "es", "detroit").compose(5, PUBLISHED, topic="olives", story=5)
    french = Composer("pair", "fr", "detroit").compose(105, PUBLISHED, topic="olives", story=5)
    towns = dict(zip(bank.region("detroit", "es").towns, bank.region("detroit", "fr").towns, strict=True))
    assert towns[spanish.tags[-1]] == french.tags[-1]


def test_towns_of_a_region_are_in_step_across_languages():
    counts = {len(bank.region("detroit", language).towns) for language in ("es", "fr", "en")}
    assert len(counts) == 1


def test_towns_start_so_that_french_needs_no_elision():
    for region in ("rives", "golfe", "medjerda", "detroit"):
        assert not [town for town in bank.region(region, "fr").towns if town[0] in "AEIOUÉYH"]


def test_a_topic_that_does_not_fit_the_region_is_not_told():
    composer = Composer("places", "fr", "golfe")
    assert not composer.knows("olives")
    with pytest.raises(KeyError):
        composer.compose(1, PUBLISHED, topic="olives")


def test_an_exhausted_topic_says_so():
    composer = Composer("end", "ar", "sahl")

    def tell_all() -> None:
        for number in range(5000):
            composer.compose(number, PUBLISHED, topic="madrasa")

    with pytest.raises(ValueError, match="nothing new left to say"):
        tell_all()


def test_numbers_are_written_as_the_language_writes_them():
    from crawlers.demo import wording

    assert [wording.number(4200, language) for language in ("fr", "es", "en", "ar")] == ["4 200", "4200", "4,200", "4200"]
    assert wording.number(12500, "es") == "12.500"
