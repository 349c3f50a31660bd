"""What speaks for and against langdetect's answer: letters, function words, the page."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.steps import function_words
from pipeline.steps.detection import detect, known, profile_of
from pipeline.steps.language import UNKNOWN, identify

BODIES_WITHOUT_A_PROFILE = {
    "zu": "Umasipala uvume izolo ebusuku ukuthi ibhuloho lizolungiswa, futhi ngeke livulelwe amaloli kuze kube sentwasahlobo. Osomabhizinisi bathi bafuna umgwaqo ongcono nezindawo zokupaka ngoba abanye babo besaba ukuthi kuzodingeka bavale ngaphambi kwehlobo.",
    "gl": "O concello aprobou onte á noite as obras da ponte, que vai seguir pechada aos camións ata a primavera. Os comerciantes piden unha desviación máis clara e tamén máis prazas de aparcamento, porque algúns temen que non lles quede máis remedio ca pechar antes do verán, cando xa non pase ninguén pola rúa.",
    "az": "Bələdiyyə dünən axşam körpünün təmiri barədə qərar qəbul edib, körpü yaza qədər yük maşınları üçün bağlı qalacaq. Mağaza sahibləri daha yaxşı dolama yol və dayanacaq istəyirlər, çünki onların bəziləri yaydan əvvəl bağlanacaqlarından qorxurlar.",
    "ms": "Majlis perbandaran semalam meluluskan kerja pembaikan jambatan itu, yang akan kekal ditutup kepada lori sehingga musim bunga kerana keretakan pada tiangnya. Peniaga mahu laluan yang lebih jelas serta pelbagai kemudahan letak kereta, manakala sebahagian daripada mereka berkata terpaksa menutup kedai selepas musim panas jika jalan itu masih sunyi.",
    "sr": "Opštinsko veće je sinoć odlučilo da se most popravi, i on će za kamione biti zatvoren sve do proleća. Trgovci traže bolje obeležen put i više mesta za parkiranje, jer neki od njih kažu da će posle leta morati da zatvore radnje, pošto ovde uvek prođe malo sveta i niko ne zna šta će biti dalje.",
    "eu": "Udalak zubia konpontzea erabaki zuen atzo gauean, eta kamioientzat itxita egongo da udaberrira arte. Dendariek saihesbide hobea eta aparkaleku gehiago nahi dituzte, haietako batzuek uda baino lehen itxi beharko dutela uste baitute, eta hori ez dute nahi.",
    "be": "Гарадскі савет учора ўвечары вырашыў адрамантаваць мост, які застанецца зачыненым для грузавікоў да вясны. Гандляры просяць больш зразумелы аб'езд і новыя месцы для машын, бо некаторыя баяцца, што ім давядзецца зачыніцца яшчэ да лета.",
    "kk": "Қалалық кеңес кеше кешке көпірді жөндеу туралы шешім қабылдады, ол көктемге дейін жүк көліктеріне жабық болады. Дүкен иелері айналма жолды анық белгілеуді және көлік қоятын орындарды көбейтуді сұрайды, өйткені кейбірі жазға дейін жабылып қалудан қорқады.",
    "ckb": "ئەنجوومەنی شار دوێنێ شەو بڕیاری دا پردەکە نۆژەن بکرێتەوە و تا بەهار بە ڕووی بارهەڵگرەکاندا داخراو دەمێنێتەوە. دوکاندارەکان داوای ڕێگایەکی باشتر دەکەن.",
}

TITLES = [
    ("fr", "La mairie rouvre le pont aux camions après deux ans"),
    ("fr", "Le prix du pain monte"),
    ("es", "No habrá clases en los pueblos de la costa"),
    ("en", "Why the old bridge will stay closed this spring"),
    ("de", "Der Markt öffnet wieder nach zwei Jahren"),
    ("it", "Il mercato coperto riapre sabato dopo i lavori"),
    ("pt", "O mercado reabre no sábado e não há mais vagas"),
    ("nl", "De brug blijft dicht voor vrachtwagens tot het voorjaar"),
    ("da", "Hvorfor broen bliver lukket efter jul"),
    ("no", "Hvorfor broen blir stengt etter jul"),
    ("sv", "Varför bron inte öppnas efter jul"),
    ("pl", "Most będzie zamknięty dla ciężarówek do wiosny"),
    ("vi", "Cây cầu sẽ đóng cửa với xe tải đến mùa xuân"),
    ("hi", "पुल वसंत तक ट्रकों के लिए बंद रहेगा"),
    ("bn", "সেতুটি বসন্ত পর্যন্ত ট্রাকের জন্য বন্ধ থাকবে"),
    ("ur", "پل موسم بہار تک ٹرکوں کے لیے بند رہے گا"),
    ("fa", "پل تا بهار به روی کامیون‌ها بسته می‌ماند"),
    ("ar", "الجسر مغلق في وجه الشاحنات إلى الربيع"),
]


@pytest.mark.parametrize("language", BODIES_WITHOUT_A_PROFILE)
def test_torture_80_bodies_in_languages_without_a_profile_are_left_open(language):
    assert identify("", BODIES_WITHOUT_A_PROFILE[language] * 2).tag == UNKNOWN


@pytest.mark.parametrize(("language", "title"), TITLES)
def test_titles_are_told_without_the_page(language, title):
    assert identify(title, "").tag == language


@pytest.mark.parametrize(
    "title",
    [
        "Hirak : Alger",
        "Mohamed Bouazizi Tunis",
        "Real Madrid Barcelona",
        "Kylian Mbappé",
        "Ibhuloho lizovalwa kuze kube sentwasahlobo",
        "Körpü yaza qədər yük maşınları üçün bağlıdır",
        "A ponte pechada ata a primavera: unha rúa moi baleira",
        "پردەکە تا بەهار دادەخرێت",
    ],
)
def test_titles_that_prove_nothing_are_left_open(title):
    assert identify(title, "").tag == UNKNOWN


@pytest.mark.parametrize(
    ("title", "taken_for", "language"),
    [("Hun vil nu ikke svare på noget mere", "no", "da"), ("Noen hoteller er dyre etter jul i Danmark", "da", "no")],
)
def test_function_words_part_near_languages(title, taken_for, language):
    assert detect(f"{title}\n").answer == taken_for
    assert identify(title, "").tag == language


def test_the_page_speaks_for_a_language_that_the_text_could_be_in():
    assert identify("Angsten øker", "", page_language="nb-NO").tag == "no"
    assert identify("Ibhuloho lizovalwa kuze kube sentwasahlobo", "", page_language="en").tag == UNKNOWN
    assert identify("Most do neba", "", page_language="cs").tag == "cs"
    assert identify("Ověřte svoji e-mailovou adresu", "", page_language="cs-CZ").tag == "cs", "letters that the best answer does not have"
    assert identify("Most do neba", "", page_language="kab").tag == UNKNOWN


def test_a_few_foreign_names_do_not_change_a_language():
    text = (
        "Le président turc Recep Tayyip Erdoğan a reçu hier à Beşiktaş le ministre Şimşek, et les deux hommes ont parlé du pont, de la route et des "
        "prix qui montent. Les commerçants de la ville demandent une déviation mieux signalée et plus de places pour leurs clients avant l'été."
    )
    assert identify("", text).tag == "fr"


def test_what_stands_in_another_script_is_a_quotation_not_strange():
    found = detect("Le mot رمضان vient de l'arabe, et le mot школа est russe, mais la phrase est en français.")
    assert (found.answer, found.strange) == ("fr", 0)


def test_letters_are_those_of_the_profile():
    assert known(("göl", "şehir", "ağaç"), "tr")[1] == 0
    assert known(("gələcək", "dəniz"), "tr")[1] > 0.1
    assert known(("маст", "ўвечары"), "uk")[1] > 0.05
    assert known((), "fr") == (0, 0)


@pytest.mark.parametrize(
    ("word", "profile"), [("những", "vi"), ("trường", "vi"), ("și", "ro"), ("țară", "ro"), ("की", "hi"), ("नहीं", "hi")]
)
def test_trigrams_are_looked_up_as_the_profiles_write_them(word, profile):
    covered, strange = known((word,), profile)
    assert covered >= 0.5
    assert strange == 0


def test_signs_are_composed_first():
    apart = "Nhu\u031b\u0303ng ngu\u031bo\u031b\u0300i da\u0302n trong tha\u0300nh pho\u0302\u0301 \u0111ang cho\u031b\u0300 ca\u0302y ca\u0302\u0300u mo\u031b\u0301i"
    assert identify(apart, "").tag == "vi"


def test_rivals_have_more_words_of_their_own():
    counted = function_words.count(["unha", "rúa", "moi", "longa", "e", "a", "ponte", "non", "ten", "xa", "camións", "coa"])
    (rival,) = counted.rivals("es", ["gl"])
    assert (rival.language, rival.own - rival.other) == ("gl", rival.lead)
    assert rival.lead >= 3
    assert counted.rivals("gl", ["es"]) == []
    assert counted.most("gl")
    assert not function_words.count(["xyz"]).most("gl")


def test_lists_are_of_languages_that_are_known_or_not():
    assert all(profile_of(tag) for tag in function_words.with_profile())
    assert not any(profile_of(tag) for tag in function_words.without_profile())
    assert all(tag in function_words.with_profile() for near in map(function_words.near, ("da", "es", "hr")) for tag in near)


@given(
    st.lists(st.sampled_from(["de", "la", "og", "ikke", "не", "что", "unha", "və", "und", "the", "ў"])),
    st.sampled_from(["fr", "da", "ru", "en"]),
)
def test_counting_never_raises(words, answer):
    counted = function_words.count(words)
    assert all(rival.lead > 0 for rival in counted.rivals(answer, function_words.without_profile()))
