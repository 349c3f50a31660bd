"""What is cut from the tree and dropped from the text, and what must never be."""

from __future__ import annotations

import re
import tomllib
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.steps.clutter import cut_blocks, cut_captions, is_block_heading
from pipeline.steps.extract import lines_below
from pipeline.steps.journal import Journal
from pipeline.steps.lexicon import plain, vocabulary, words
from pipeline.steps.lines import drop_clutter
from pipeline.steps.tree import Names, elements, has_word, parse, text_of

LONG = "Les premiers exposants se sont installés dès mercredi sous les tentes blanches, au pied des remparts, pour une foire attendue depuis quatre ans par toute la vallée."
BODY = [f"{LONG} ({n})." for n in range(5)]


def kept(*lines: str, titles: tuple[str, ...] = ("Un port rouvre au sud",), captions: frozenset[str] = frozenset()) -> list[str]:
    return drop_clutter(lines, titles, captions, Journal()).lines


@pytest.mark.parametrize(
    "heading",
    [
        "Ces articles devraient vous intéresser :",
        "Aller plus loin",
        "LAISSER UN COMMENTAIRE",
        "Voir Aussi",
        "Ne Manquez Pas",
        "Plus dans Politique",
        "You may also like",
        "Te puede interesar",
        "مقالات ذات صلة",
        "More from Politics",
        "À lire aussi",
    ],
)
def test_headings_of_clutter(heading):
    assert is_block_heading(heading)


@pytest.mark.parametrize("heading", ["Plus de Politique", "Más de El Mirador", "Más en Política", "Mais em Cultura", "المزيد من الأخبار"])
def test_headings_that_go_on_with_a_name(heading):
    assert is_block_heading(heading)


@pytest.mark.parametrize(
    "heading",
    [
        "",
        "Un port rouvre",
        "Plus de trente blessés dans un accident sur la route de Fès",
        "Une voie refaite",
        "Les commentaires du ministre",
        "Related work was done in 2019.",
        "Plus de moyens pour l'école",
        "Plus de 300 morts",
        "Más de 300 heridos",
        "Más en común de lo que parece",
        "Mais de mil casas",
        "المزيد من الضحايا",
    ],
)
def test_headings_of_articles(heading):
    assert not is_block_heading(heading)


def cut(body: str) -> str:
    tree = parse(f"<html><body>{body}</body></html>")
    cut_blocks(tree, Journal())
    return text_of(tree)


def test_a_block_goes_from_its_heading_on():
    text = "".join(f"<p>{line}</p>" for line in BODY)
    assert cut(
        f"<div>{text}<div><div><h3>À lire aussi</h3></div><ul><li><a href='/x'>Un autre</a></li></ul></div></div><footer>Pied</footer>"
    ) == " ".join([*BODY, "Pied"])


def test_an_article_that_goes_on_below_a_pointer_is_kept():
    assert (
        cut(f"<div><p>{BODY[0]}</p><h4>Lire aussi</h4><ul><li><a href='/x'>Un autre</a></li></ul><p>{BODY[1]}</p></div>")
        == f"{BODY[0]} {BODY[1]}"
    )


def test_most_of_the_text_is_never_cut_on_the_word_of_a_heading():
    text = "".join(f"<p>{line}</p>" for line in BODY)
    assert BODY[4] in cut(f"<div><h3>Related</h3><div>{text}</div></div>")


def test_a_share_box_in_the_middle_takes_nothing_with_it():
    rest = "".join(f"<div><p>{line}</p></div>" for line in BODY[2:])
    assert BODY[4] in cut(f"<div><p>{BODY[0]}</p><p>{BODY[1]}</p><h5>Share this</h5>{rest}</div>")


def test_comments_may_be_longer_than_the_article():
    text = "".join(f"<p>{line}</p>" for line in BODY)
    comments = "".join(f"<div><p>Un lecteur répond : {line} {line}</p></div>" for line in BODY)
    assert "lecteur" not in cut(f"<div>{text}<section><h3>Commentaires</h3>{comments}</section></div>")


def test_captions_are_cut_unless_they_are_text():
    tree = parse(
        f"<html><body><figure><figcaption>Le port</figcaption></figure><figure><figcaption>{' '.join(BODY)}</figcaption></figure></body></html>"
    )
    cut_captions(tree)
    assert text_of(tree) == " ".join(BODY)


@pytest.mark.parametrize(
    "line",
    [
        "Lire aussi : Un autre port rouvre",
        "À lire aussi: UN AUTRE PORT ROUVRE",
        "Read also: Another port",
        "Lee también: Otro puerto",
        "اقرأ أيضا: ميناء آخر",
        "Previous",
        "Next",
        "Article suivant",
        "Le Journal Google News Suivez le Journal sur Google News",
        "Le Journal sur WhatsApp Suivez le Journal sur WhatsApp",
        "تابعونا على واتساب",
        "Votre adresse e-mail ne sera pas publiée. Les champs obligatoires sont indiqués avec *",
        "photo_camera PHOTO/AP - Le port au matin",
        "puerto-sur-reapertura-barcos-pesca-marruecos-2022",
        "PHOTO/EFE - Le port au matin",
        "© Rim Slaoui",
        "Crédit : Rim Slaoui",
        "var googletag = googletag || {};",
        '{"@context": "https://schema.org", "@type": "VideoObject"}',
        "Ils étaient dispersés dans quarante villages ; les voici réunis dans une coopérative […]",
        "Advertisement",
        "***",
        "Copyright 2024 Le Journal",
    ],
)
def test_lines_that_are_not_text_go(line):
    assert kept(BODY[0], BODY[1], line, BODY[2]) == BODY[:3]


@pytest.mark.parametrize(
    "line",
    [
        "Une voie refaite sur vingt kilomètres",
        "Suivant la préfecture, le pont rouvrira lundi.",
        "« Nous partageons tout », dit-elle.",
        "Il a publié une photo sur Facebook avant de partir, selon sa sœur.",
        "Voir Naples et mourir : la formule a vieilli.",
        "Photo à l'appui, le maire a montré les fissures.",
        "Oui.",
        "2024 : l'année du port",
    ],
)
def test_lines_that_look_like_clutter_stay(line):
    assert kept(BODY[0], BODY[1], line, BODY[2]) == [*BODY[:2], line, BODY[2]]


def test_what_stands_above_the_article_goes():
    above = (
        "Un port rouvre au sud",
        "Accueil Monde Un port rouvre au sud",
        "8 août 2014 - 21h44 - Monde - Ecrit par : Le Journal",
        "POLITIQUE - il y a 3 semaines",
        "UN PORT ROUVRE AU SUD",
    )
    assert kept(*above, *BODY) == BODY


def test_the_text_ends_where_a_clutter_heading_opens_teasers():
    assert kept(*BODY, "Ces articles devraient vous intéresser :", "Un autre titre", "Un autre titre", "Ils étaient dispersés […]") == BODY


def test_captions_known_from_the_tree_go():
    assert kept(BODY[0], "Le port au matin", BODY[1], captions=frozenset({"le port au matin"})) == BODY[:2]


def test_tags_and_contributors_move_to_their_fields():
    found = drop_clutter(
        [*BODY, "Sujets associés : Mer - Port - Al Qaïda", "Coordinateur pour le Maghreb : Ignacio Vidal"], (), frozenset(), Journal()
    )
    assert (found.lines, found.tags, found.contributors) == (BODY, ["Mer", "Port", "Al Qaïda"], ["Ignacio Vidal"])


@given(st.lists(st.text(max_size=60), max_size=12))
def test_no_lines_raise_and_none_is_invented(lines):
    assert [line for line in kept(*lines) if line not in lines] == []


def test_breaks_between_sentences_are_paragraphs_and_others_blanks():
    tree = parse(
        f"<html><body><div id='b'>{BODY[0]}<br>{BODY[1]}<br><br>Un vers<br>et un autre<ul><li>un</li><li>deux</li></ul></div></body></html>"
    )
    assert list(lines_below(tree.find(".//div"))) == [BODY[0], BODY[1], "Un vers et un autre", "un", "deux"]


# ---------------------------------------------------------------- names of elements


def names_of(body: str) -> tuple[object, Names]:
    tree = parse(f"<html><body>{body}</body></html>")
    return tree, Names(elements(tree))


def test_names_answer_as_asking_each_element_would():
    tree, names = names_of("<p class='x date'>1</p><div id='date'><b class='update'>2</b></div><i class='X Date'>3</i><p>4</p>")
    words = re.compile(r"(?:^|\s)date(?:$|\s)", re.IGNORECASE)
    assert names.matching(words) == [element for element in tree.iter("*") if has_word(element, words)]
    assert [text_of(element) for element in names.matching(words)] == ["1", "2", "3"]


def test_names_merge_groups_in_the_order_of_the_page():
    tree, names = names_of("<p class='a'>1</p><p class='b' aria-label='Breadcrumb'>2</p><p class='a'>3</p>")
    first, second, third = tree.iter("p")
    assert names.in_order([first, third], [second, third]) == [first, second, third]
    assert names.in_order([], [third]) == [third]
    assert names.in_order([], []) == []
    assert names.labelled("breadcrumb") == [second]


def test_a_sentence_said_twice_is_no_teaser():
    """Refrains and rolls of names repeat themselves; the title and the image text of a teaser are no sentences."""
    refrain = "Et la mer monte, monte encore."
    assert kept(LONG, refrain, refrain, LONG) == [LONG, refrain, refrain, LONG]
    assert kept(LONG, "Le port rouvre en juin", "Le port rouvre en juin", LONG) == [LONG, LONG]


def test_a_notice_that_takes_the_place_of_each_embed_goes():
    notice = "Ce contenu ne peut pas être affiché : vous avez refusé les traceurs de ce réseau social."
    text = [line for paragraph in BODY for line in (paragraph, notice)]
    assert kept(*text) == BODY
    assert kept(*text[:4]) == text[:4], "twice may be the writer's intention"
    rows = ["Prix constaté chez les marchands de la place le jour de la foire : dix pièces."] * 3
    assert kept(*BODY, *rows) == [*BODY, *rows], "one after the other they are a list"
    question = "Pourquoi c'est important : le quai est le seul de la côte qui reçoive de gros navires."
    asked = [line for paragraph in BODY for line in (paragraph, question)]
    assert kept(*asked) == asked, "it says nothing of the page"


def test_cells_of_a_table_that_come_twice_stay():
    assert kept(LONG, "60 %", "60 %", "Repos", "Repos", LONG) == [LONG, "60 %", "60 %", "Repos", "Repos", LONG]


@pytest.mark.parametrize("line", ["AFP/FADEL SENNA", "EFE/EPA/ADA QUAY - Le port", "PHOTO/AP - Drapeaux", "REUTERS/RIM SLAOUI, 2024"])
def test_agencies_in_capitals_with_a_name_are_credits(line):
    assert kept(BODY[0], line, BODY[1]) == BODY[:2]


@pytest.mark.parametrize(
    "line", ["AI/ML : des métiers qui paient de mieux en mieux", "NIVEAU/PRIX: | 12 dinars", "TV/Radio, ce qui change en mars"]
)
def test_two_words_in_capitals_that_a_sentence_follows_are_not(line):
    assert kept(BODY[0], line, BODY[1]) == [BODY[0], line, BODY[1]]


@pytest.mark.parametrize(
    "line",
    [
        "Lesen Sie auch: Ein Hafen öffnet",
        "Leggi anche: Riapre il porto",
        "Läs också: Hamnen öppnar",
        "Baca juga: Pelabuhan dibuka",
        "Читайте также: Порт открыт",
        "関連記事：港が再開",
        "相关阅读：港口重开",
        "یہ بھی پڑھیں: بندرگاہ کھل گئی",
        "Διαβάστε επίσης: Το λιμάνι ανοίγει",
    ],
)
def test_pointers_are_known_in_many_languages(line):
    assert kept(BODY[0], line, BODY[1]) == BODY[:2]


def test_a_language_is_a_file_of_the_vocabulary():
    """Every list of every file is one that the steps ask for, and no entry is lost in folding."""
    folder = files("pipeline.steps").joinpath("vocabulary", "clutter")
    known = {
        "block_headings", "block_heading_starts", "box_headings", "pointers", "whole_lines", "line_starts", "follow_places", "follow_words",
        "tag_lines", "credits", "icons", "maybe_starts", "request_words", "reader_words",
        "named_heading_starts", "players", "controls", "durations", "notice_starts",
    }  # fmt: skip
    assert set(vocabulary("clutter")) == known
    for file in folder.iterdir():
        for key, entries in tomllib.loads(file.read_text(encoding="utf-8")).items():
            assert key in known
            assert all(plain(entry) in words("clutter", key) and plain(entry).strip() for entry in entries), file.name
    assert [entry for entry in words("clutter", "line_starts") if len(entry) < 3 and entry.isalnum()] == [], "ⓒ folds to c"


@pytest.mark.parametrize(
    "line",
    [
        "« C'est la première fois que le quartier éteint ses lampes », raconte une institutrice.",
        "C’est à Salé que la fête commence.",
        "C'era una volta un porto.",
        "C. Naciri n'a pas répondu.",
        "Les élèves - ils étaient trente - ont applaudi.",
        "jQuery arrived in 2006, and the harbour's site still uses it.",
    ],
)
def test_the_first_letters_of_a_sentence_are_no_clutter(line):
    assert kept(BODY[0], line, BODY[1]) == [BODY[0], line, BODY[1]]


def test_the_section_above_the_text_is_no_text():
    def left(*lines: str) -> list[str]:
        return drop_clutter(lines, (), frozenset(), Journal(), section="Política").lines

    assert left("Política", *BODY) == BODY
    assert left(*BODY, "Política") == [*BODY, "Política"]


COUNTED = [
    "2 commentaires", "Commentaires (2)", "2 réponses à « Le port rouvre »", "3 Comments", "One thought on “The port”", "Comments: 14",
    "2 comentarios en “El puerto”", "التعليقات (3)", "3 تعليقات", "2 Comentários", "2 commenti", "Kommentare (2)", "1 reactie op De haven",
]  # fmt: skip


@pytest.mark.parametrize("heading", COUNTED)
def test_a_heading_that_counts_what_readers_wrote_ends_the_article(heading):
    body = "".join(f"<p>{line}</p>" for line in BODY[:2])
    readers = f"<p>Ali :</p><p>{LONG}</p>"
    tree = parse(f"<html><body><article><h1>Un port</h1><div>{body}</div><div><h3>{heading}</h3>{readers}</div></article></body></html>")
    cut_blocks(tree, Journal())
    assert text_of(tree).split(" ", 2)[2] == " ".join(BODY[:2])


@pytest.mark.parametrize("heading", ["2 comments", "Commentaires (2)"])
def test_the_count_of_comments_under_the_headline_cuts_nothing(heading):
    body = "".join(f"<p>{line}</p>" for line in BODY)
    tree = parse(f"<html><body><article><h1>Un port</h1><span>{heading}</span>{body}</article></body></html>")
    cut_blocks(tree, Journal())
    assert all(line in text_of(tree) for line in BODY)


@pytest.mark.parametrize(
    "line",
    ["2 réponses des élus", "Deux commentaires", "3 opinions, un même port", "Réactions en chaîne", "2 comments aside", "16. Thought"],
)
def test_sub_headings_that_speak_of_answers_stay(line):
    assert kept(*BODY, line, LONG) == [*BODY, line, LONG]


def test_a_text_that_the_page_holds_twice_is_kept_once():
    half = [*BODY, "Un intertitre"]
    assert kept(*half, *half) == half
    assert kept(*half, *half[:4], "Une fin.") == [*half, "Une fin."]
    assert kept(*BODY, BODY[0], "Une fin.") == [*BODY, BODY[0], "Une fin."], "one line quoted again proves nothing"


def test_a_line_that_counts_back_is_one_of_the_day_and_a_sentence_around_it_is_not():
    for line in ("il y a 3 semaines", "Publié il y a 2 jours par Rim Slaoui", "vor 2 Stunden | Politik", "3 ore fa"):
        assert kept(line, *BODY) == BODY, line
    for line in ("Il y a 20 ans naissait la foire", "Hier encore, la halle était vide", "Vor 20 Jahren begann hier alles"):
        assert kept(line, *BODY) == [line, *BODY], line


def test_the_authors_name_above_and_below_the_text_is_no_text():
    def left(*lines: str) -> list[str]:
        return drop_clutter(lines, (), frozenset(), Journal(), authors=("Rim Slaoui", "Idir Amellal")).lines

    assert left("Rim Slaoui", *BODY, "Idir Amellal") == BODY
    assert left("Rim Slaoui, Idir Amellal", *BODY) == BODY
    assert left(*BODY[:2], "Rim Slaoui", *BODY[2:]) == [*BODY[:2], "Rim Slaoui", *BODY[2:]], "an interviewer's name is a part of it"


@pytest.mark.parametrize(
    ("line", "goes"),
    [
        ("Accueil > Politique > Le port rouvre", True),
        ("Acceuil POLITIQUE Le port rouvre", True),
        ("Home / Harbour", True),
        ("الرئيسية » سياسة", True),
        ("Home gyms are becoming the norm", False),
        ("Accueil des réfugiés", False),
        ("Home insurance resources", False),
    ],
)
def test_a_breadcrumb_has_marks_capitals_or_the_title(line, goes):
    left = drop_clutter([line, *BODY], ("Le port rouvre",), frozenset(), Journal()).lines
    assert left == (BODY if goes else [line, *BODY])


@pytest.mark.parametrize(
    "line",
    [
        "انضم إلى الفريق سنة 2015 قادما من الجديدة.",
        "اشترك في المؤتمر ثلاثون باحثا من خمس دول.",
        "تابعوا المباراة من المدرجات حتى آخر دقيقة.",
        "Suivez le sentier côtier jusqu'au phare, puis tournez à gauche.",
        "Il vous reste trois jours pour voir l'exposition.",
        "Sigue a la espera de una respuesta del ayuntamiento.",
        "Siga la costa hasta el faro.",
        "Share this with your neighbours, said the mayor.",
        "Join our walk, the sign on the door says.",
        "Watch-makers of the old town close their shops.",
    ],
)
def test_sentences_that_open_like_requests_stay(line):
    assert kept(BODY[0], line, BODY[1]) == [BODY[0], line, BODY[1]]


@pytest.mark.parametrize(
    "line",
    [
        "انضم إلى قناتنا على تلغرام",
        "اشترك في النشرة البريدية.",
        "تابعوا آخر الأخبار عبر واتساب",
        "Suivez la Gazette sur WhatsApp !",
        "Suivez-nous",
        "Il vous reste 75.21% de cet article à lire. La suite est réservée aux abonnés.",
        "Sigue a la Gaceta en Facebook.",
        "Siga o nosso canal no WhatsApp",
        "Sign up for our newsletter.",
        "Share this article",
        "Join our Telegram channel for more.",
    ],
)
def test_requests_go(line):
    assert kept(BODY[0], line, BODY[1]) == BODY[:2]


@pytest.mark.parametrize(
    "line",
    [
        "Follow TechRadar on Google News and add us as a preferred source to get our news in your feeds.",
        "*** Follow me on Instagram, YouTube or Facebook for a daily moment of travel ***",
        "Suivez le quotidien sur WhatsApp, et recevez chaque matin l'essentiel de la région.",
        "Sigue al diario en Telegram para no perderte nada de lo que pasa en el puerto esta semana.",
        "Did you like this article? Our next one comes on Friday.",
        "Cet article vous a plu ? Il y en a d'autres.",
        "¿Te ha gustado este artículo? Hay más.",
        "Hat Ihnen dieser Artikel gefallen? Dann unterstützen Sie uns bitte mit einer Spende.",
        "Ti è piaciuto questo articolo? Scrivici.",
        "Gostou deste artigo? Escreva-nos.",
        "هل أعجبك هذا المقال؟",
        "Écouter cet article",
        "Escuchar artículo",
        "استمع إلى المقال",
        "About the author",
        "À propos de l'auteur",
        "Sobre el autor",
        "عن الكاتب",
        "Über die Autorin",
        "Article content",
    ],
)
def test_calls_and_labels_of_the_page_are_no_text(line):
    assert kept(BODY[0], line, *BODY[1:]) == BODY


@pytest.mark.parametrize(
    "line",
    [
        "Follow the story of two brothers who left the harbour on a winter morning and never came back.",
        "On Facebook, the mayor has promised that the hall will open again before the summer, whatever it costs.",
        "Enjoy this summer while it lasts, says the fisherman.",
    ],
)
def test_sentences_that_begin_like_a_call_stay(line):
    assert line in kept(BODY[0], line, *BODY[1:])


@pytest.mark.parametrize(
    "line",
    [
        *("Photo AFP", "(Photo AFP)", "Photo d'archives", "Image d'illustration", "AFP PHOTO / Rim Slaoui", "Contenu sponsorisé"),
        *("Foto: Reuters.", "EFE/Juan Ferrer", "Imagen de archivo", "Contenido patrocinado", "Una publicación compartida de Rim (@rim)"),
        *("صورة من الأرشيف", "صورة أرشيفية", "عدسة: كريم", "إشهار", "تمت مشاركة منشور بواسطة Rim (@rim)"),
        *("AP Photo", "AP Photo/Ada Quay", "REUTERS/Ada Quay", "File photo", "Sponsored content", "A post shared by Rim (@rim)"),
        *("Symbolbild", "Foto dpa", "Foto ANSA", "Immagine di repertorio", "Imagem ilustrativa", "Foto de arquivo"),
    ],
)
def test_credits_and_labels_of_images_are_no_text(line):
    assert kept(BODY[0], line, *BODY[1:]) == BODY


@pytest.mark.parametrize("line", ["Photo Reuters n'a pas", "Reuters", "Photo booths", "AFP, 30 ans", "Reuters/Ipsos", "AP/2024", "Source"])
def test_agencies_in_the_middle_of_a_text_stay(line):
    assert line in kept(BODY[0], line, *BODY[1:])
