"""Which language a text is in, and when not to say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.steps.language import UNKNOWN, foreign_lead, identify, primary_subtag, shares

FRENCH = "Le conseil municipal a voté hier soir la réfection du pont, qui restera fermé aux camions jusqu'au printemps. Les commerçants demandent une déviation mieux signalée et des places de stationnement, faute de quoi certains devront fermer boutique avant l'été."
SPANISH = "El ayuntamiento aprobó anoche las obras del puente, que permanecerá cerrado a los camiones hasta la primavera. Los comerciantes piden un desvío mejor señalizado y más plazas de aparcamiento, porque algunos temen tener que cerrar antes del verano."
ENGLISH = "The town council voted last night to repair the bridge, which will stay closed to lorries until the spring. Shopkeepers want a better signposted detour and more parking, since some of them fear that they will have to close before the summer comes."
ARABIC = "صوت المجلس البلدي مساء أمس على إصلاح الجسر الذي سيظل مغلقا في وجه الشاحنات إلى غاية الربيع، ويطالب التجار بتحويلة أفضل ومواقف إضافية للسيارات قبل حلول فصل الصيف."
KABYLE = "Azul fell-awen imeddukal, ass-a ad d-nemmeslay ɣef tmeslayt n tyemmat d wamek ara tt-nesseɣzef deg uɣerbaz. Yal aseggas ttnejmaɛen inelmaden deg tfaska tameqqrant n taddart, ɣren tisefra, cnan tizlatin, uran tullisin s teqbaylit i wid ara d-yasen."
DARIJA = "Salam khouti lyoum ghadi nhedro 3la lmouchkil dyal lma f lbled, bzaf dyal nass ma 3ndhomch lma f diour dyalhom, ou lmas2oulin ma bghawch yjawbou 3la so2alat dyal sahafa. Hadchi khass ytbeddel daba machi ghedda 7it drari sghar kaymerdou."
TIFINAGH = "ⴰⵣⵓⵍ ⴼⵍⵍⴰⵡⵏ ⴰⵢⵎⴷⴷⵓⴽⴰⵍ ⴰⵙⵙⴰ ⵏⵙⵙⴰⵡⴰⵍ ⵅⴼ ⵜⵓⵜⵍⴰⵢⵜ"


@pytest.mark.parametrize(
    ("text", "tag"), [(FRENCH, "fr"), (SPANISH, "es"), (ENGLISH, "en"), (ARABIC, "ar"), (TIFINAGH, "zgh"), (FRENCH.upper(), "fr")]
)
def test_languages_are_told(text, tag):
    told = identify("", text)
    assert told.tag == tag
    assert told.confidence >= 0.6
    assert told.confidence == round(told.confidence, 2)


def test_two_languages_of_one_script_are_told_by_letters_of_their_own():
    assert identify("", "ናይዚ ከተማ መንገዲ ሎሚ ተዓጽዩ ኣሎ፣ ህዝቢ ኣብ ገዛኡ ክጸንሕ ተነጊርዎ እዩ።").tag == "ti"
    assert identify("", "የከተማው መንገድ ዛሬ ተዘግቷል፣ ሕዝቡ በቤቱ እንዲቆይ ተነግሮታል።").tag == "am"


@pytest.mark.parametrize("text", [KABYLE, DARIJA])
def test_torture_80_languages_without_a_profile_are_left_open(text):
    assert identify("", text).tag == UNKNOWN


def test_torture_80_a_french_page_with_an_arabic_quotation_is_french():
    assert identify("Le pont fermé", FRENCH[:150] + " « " + ARABIC[:60] + " » " + FRENCH).tag == "fr"


@pytest.mark.parametrize("text", ["", "12 345", "https://journal.example/a", "Sport", "CAN 2025", "?!", "   "])
def test_torture_79_too_little_text_is_open_and_never_an_error(text):
    told = identify("", text)
    assert told.tag == UNKNOWN
    assert 0 <= told.confidence <= 1


def test_torture_81_the_same_text_gets_the_same_answer_every_time():
    between = [identify("", text) for text in (SPANISH, KABYLE, ENGLISH)]
    assert len({identify("Le pont", FRENCH) for _ in range(40)}) == 1
    assert between == [identify("", text) for text in (SPANISH, KABYLE, ENGLISH)]


def test_the_pages_own_statement_is_a_vote_on_short_text_only():
    short = "La route du col est fermée depuis mardi à cause de la neige."
    assert identify("", short, page_language="fr-FR").tag == "fr"
    assert identify("", FRENCH, page_language="es").tag == "fr"
    assert identify("", FRENCH, expected=("ar", "es")).tag == "fr"


@pytest.mark.parametrize(
    ("tag", "primary"),
    [("fr-MA", "fr"), ("fr_FR", "fr"), ("AR", "ar"), ("", ""), ("français", ""), ("x", ""), ("zh-cn", "zh"), ("ber", "ber")],
)
def test_primary_subtags(tag, primary):
    assert primary_subtag(tag) == primary


def test_a_caption_in_another_language_above_the_text_is_found():
    caption = "Marruecos y España intensifican la colaboración en materia de pesca"
    assert foreign_lead([caption, FRENCH, FRENCH]) == 1
    assert foreign_lead(["Un sous-titre français sur le pont et les commerçants du quartier", FRENCH, FRENCH]) == 0
    assert foreign_lead([FRENCH]) == 0
    assert foreign_lead([]) == 0


@given(st.text(max_size=300), st.text(max_size=20))
def test_no_text_raises(text, page_language):
    told = identify(text[:40], text, page_language=page_language)
    assert told.tag
    assert 0 <= told.confidence <= 1


# ---------------------------------------------------------------- several languages


def test_a_text_in_two_scripts_is_shared_out():
    both = shares(f"{FRENCH}\n\n{ARABIC}\n\n{FRENCH}", "fr")
    assert [tag for tag, _ in both] == ["fr", "ar"]
    assert sum(share for _, share in both) == pytest.approx(1, abs=0.02)
    assert shares(f"{ARABIC}\n\n{ARABIC}\n\n{SPANISH}", "ar")[1][0] == "es"


def test_a_quotation_has_no_share():
    assert shares(f"{FRENCH}\n\n{FRENCH}\n\n{FRENCH}\n\n{ARABIC[:60]}", "fr") == (("fr", 1.0),)
    assert shares(f"{FRENCH} « {ARABIC[:60]} »", "fr") == (("fr", 1.0),)


def test_one_script_is_one_language():
    assert shares(f"{FRENCH}\n\n{SPANISH}", "fr") == (("fr", 1.0),)
    assert shares(TIFINAGH, "zgh") == (("zgh", 1.0),)


@given(st.text(max_size=200))
def test_shares_never_raise_and_are_shares(text):
    found = shares(text, "fr")
    assert all(0 < share <= 1 for _, share in found)
    assert len(dict(found)) == len(found)
