"""Telling article addresses from all others, whatever the site's system."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlers.discovery.links import classify, may_be_article, may_hold_text, shape_of, word_count
from crawlers.registry import Registry
from crawlers.source import Source

PLAIN = Source.from_home("https://www.journal.example/")
SITE = "https://www.journal.example"

ARTICLES = """
/maroc-espagne-frontiere,39876.html
/article123.html
/article123
/spip.php?article123
/spip.php?page=article&id_article=12
/?article456
/Le-chomage-recule-au-Maroc-pour-la.html
/Le-chomage-recule-au-Maroc
/?p=123
/index.php?p=4567
/2014/08/un-accord-militaire/
/2014/08/08/un-accord-militaire
/2014/8/8/accord.html
/2020/10/02/accord-maroc-etats-unis/amp/
/politique/2020/10/02/accord
/2021-03-04/accord-signe.html
/20210304/accord-signe.html
/monde/2021/0304/accord-signe.html
/le-maroc-et-les-etats-unis-signent-un-accord/
/le-maroc-et-les-etats-unis-signent-un-accord.html
/politique/le-maroc-et-les-etats-unis-signent-un-accord
/actualites/hausse-prix-carburant.html
/economie/la-banque-centrale-releve
/node/12345
/fr/node/98
/content/hausse-des-prix-du-ble-au-maghreb
/12345-hausse-des-prix
/index.php/actualites/123-hausse-des-prix-du-ble
/index.php?option=com_content&view=article&id=77:titre&catid=2&Itemid=5
/maroc/slug-12345.html
/maroc/slug_12345.html
/slug-12345
/sport/123456
/sport/123456.html
/sport/can-2025-maroc-mali-1234567.php
/actu/elections-a123456.html
/economie/prix_du_petrole_6208123_3212.html
/fr/articulo/politique/maroc-etats-unis/20231011120000192345.html
/articulo/politica/marruecos-refuerza-su-cooperacion/20231011120000192345.html
/en/articulo/politics/morocco-strengthens/20231011120000192345.html
/ar/articulo/politics/%D8%A7%D9%84%D9%85%D8%BA%D8%B1%D8%A8/20231011120000192345.html
/article/hausse-prix
/article/hausse-prix/
/articles/a1b2c3
/noticia/sube-precio
/story/12
/article.php?id=12
/news.php?id=7
/detail.aspx?id=4321
/article.php?sid=99
/?newsid=4521
/index.php?news=1
/index.php?newsid=1234
/details.php?id_article=5
/actualite/politique/remaniement-ministeriel-au-gouvernement-34512.html
/rubrique/economie/prix-du-ble-45123.html
/2023/11/12/tag-heuer-ouvre-une-boutique/
/un-ministre-arrete-pour-corruption-c-est-fini-3
/12-morts-dans-un-accident-de-la-route
/depeche/aps-algerie-tunisie
/societe/550e8400-e29b-41d4-a716-446655440000
/societe/titre-9f8e7d6c5b4a
/أخبار-المغرب-اليوم-ارتفاع-الأسعار/
/سياسة/الرئيس-يستقبل-وزير-الخارجية
/مقال/ارتفاع-الأسعار
/خبر/12345
/2024/05/ارتفاع-الأسعار/
/اقتصاد/ارتفاع-أسعار-النفط-في-الأسواق-العالمية.html
/2014/08/08/22-morts.html
/regions/nord/incendie-de-foret-maitrise-12877.html
/a/b/c/un-titre-qui-dit-bien-ce-qu-il-veut-dire
/news/local/2022/12/31/storm-hits-coast
/opinion/2019/07/edito
/2016/1/9/une-info
/article/20231011/maroc
/fr/maroc/politique/le-roi-nomme-de-nouveaux-ambassadeurs?utm_source=feed
""".strip().splitlines()

LISTINGS = """
/
/index.html
/index.php
/fr/
/ar
/maroc/
/maroc.html
/sport
/sport/football/
/afrique-du-nord/
/monde-arabe-islam
/fr/politique/maghreb
/category/politique/
/categorie/monde
/category/politique/page/3/
/rubrique12.html
/rubrique12
/spip.php?rubrique12
/spip.php?page=rubrique&id_rubrique=3
/-Economie-
/-Politique-et-societe-
/?cat=3
/index.php?cat=3
/rubrique.php?id_rubrique=7
/section.php?id=3&section=5
/2014/
/2014/08/
/2014/08/05/
/politique/2014/08
/archives/
/archives/2011/03/
/page/2/
/sport/page/12
/sport/page-3.html
/sport?page=2
/sport?paged=4
/maroc.html?debut_articles=20
/spip.php?rubrique12&debut_articles=40
/?page=5
/dossiers/
/dossier/crise-de-l-eau
/theme/migrations
/سياسة/
/أخبار/
/تصنيف/رياضة
/region/souss-massa
/elections-2026/
/sport/can-2025
""".strip().splitlines()

OTHERS = """
/tag/maroc/
/tags/equipe-nationale-de-football-du-maroc
/tag/maroc/page/2/
/mot/terrorisme
/mots-cles/al-qaida
/spip.php?mot12
/mot12.html
/+-Terrorisme-+
/وسم/كرة-القدم
/?tag=maroc
/auteur/jean-dupont/
/author/redaction/page/3/
/auteur12.html
/_Jean-Dupont_
/spip.php?auteur3
/?author=4
/كاتب/محمد
/search/?q=maroc
/recherche
/?s=maroc
/spip.php?page=recherche&recherche=maroc
/بحث
/login
/login.php
/wp-login.php?redirect_to=%2F
/wp-admin/
/connexion?retour=/a
/inscription.html
/user/login
/mon-compte/abonnement
/spip.php?page=login
/panier
/calendar/2024-05/
/agenda/2024/05/12/
/agenda/un-concert-exceptionnel-a-tunis-ce-soir
/?date=2024-05-12
/sport?date=2024-05-12
/feed/
/rss
/rss.xml
/category/politique/feed/
/2014/08/slug-long-de-quatre-mots/feed/
/spip.php?page=backend
/?feed=rss2
/index.php?format=feed&type=rss
/sitemap.xml
/atom.xml
/image.jpg
/IMG/jpg/photo-12345.jpg
/IMG/pdf/rapport-annuel-2020-12345.pdf
/videos/2023/10/12/le-match-en-images-12345.html
/video/slug-12345
/galerie/les-plus-belles-photos-de-la-semaine
/podcasts/episode-12-la-crise-de-l-eau
/wp-content/uploads/2020/10/doc.zip
/فيديو/ارتفاع-الأسعار-في-الأسواق
/?attachment_id=12
/contact
/contact.html
/contactez-nous/
/fr/contact
/mentions-legales
/mentions-legales.html
/conditions-generales-d-utilisation
/politique-de-confidentialite/
/a-propos
/qui-sommes-nous.php
/about-us
/privacy-policy
/quienes-somos
/plan-du-site.html
/publicite
/newsletter
/faq
/اتصل-بنا
/من-نحن/
/سياسة-الخصوصية
/هيئة-التحرير
/2014/08/slug-long-de-quatre-mots/?share=facebook
/2014/08/slug-long-de-quatre-mots/?replytocom=12
/2014/08/slug-long-de-quatre-mots/comment-page-2/
/print/12345
/spip.php?page=imprimer&id_article=12
/envoyer-a-un-ami?id=12
/forum/sujet-de-discussion-general-1234
/sondages/pour-ou-contre-la-reforme-du-code
/meteo
/go/12345
/a/b/a/b/a/b/slug-de-quatre-mots-longs
/a/b/c/d/e/f/g/h/i/j/k/l
/app.js
/style.css?v=12345
/xmlrpc.php
/wp-json/wp/v2/posts/123
/123
""".strip().splitlines()

ELSEWHERE = """
https://www.facebook.com/sharer/sharer.php?u=https://www.journal.example/a,1.html
https://twitter.com/intent/tweet?url=x
https://autre.example/2014/08/08/un-accord-militaire
https://journal.example.evil.example/2014/08/08/un-accord
mailto:redaction@journal.example
javascript:alert(1)
data:text/html,<p>x
ftp://journal.example/2014/08/08/un-accord
file:///etc/passwd
//journal.example/a,1.html
tel:+212600000000
https://user:pass@journal.example/a,1.html
http://[/
""".strip().splitlines()


def kind(address: str, source: Source = PLAIN) -> str:
    verdict = classify(SITE + address, source)
    assert verdict.why
    return verdict.kind


@pytest.mark.parametrize("path", ARTICLES)
def test_articles(path):
    assert kind(path) == "article", classify(SITE + path, PLAIN).why


@pytest.mark.parametrize("path", LISTINGS)
def test_listings(path):
    assert kind(path) == "listing", classify(SITE + path, PLAIN).why


@pytest.mark.parametrize("path", OTHERS)
def test_others(path):
    assert kind(path) == "other", classify(SITE + path, PLAIN).why


@pytest.mark.parametrize("path", ["/2014/08/slug-long-de-quatre-mots/page/2/", "/2014/08/slug-long-de-quatre-mots?page=2"])
def test_further_pages_of_an_article_are_neither_listings_nor_articles_of_their_own(path):
    assert kind(path) == "part"
    assert not may_be_article(SITE + path, PLAIN)
    assert may_hold_text(SITE + path, PLAIN)


@pytest.mark.parametrize("url", ELSEWHERE)
def test_what_cannot_be_fetched_or_belongs_to_others(url):
    assert classify(url, PLAIN).kind == "other"


def test_the_tables_are_large_enough_to_mean_something():
    assert len({*ARTICLES, *LISTINGS, *OTHERS, *ELSEWHERE}) >= 200


@pytest.mark.parametrize("path", [path for path in (*ARTICLES, *LISTINGS, *OTHERS) if not path.isascii()])
def test_arabic_addresses_raw_and_encoded_are_judged_alike(path):
    assert classify(SITE + quote(path, safe="/"), PLAIN) == classify(SITE + path, PLAIN)


@pytest.mark.parametrize("path", ARTICLES)
def test_no_bundled_rule_lets_an_address_off_its_site_pass(path):
    assert {classify(SITE + path, source).kind for source in Registry().all()} == {"other"}


OWN = Source.from_toml(
    """
    home = "https://www.journal.example/"
    [articles]
    allow = [',\\d+\\.html$', '/ar/خبر/']
    deny = ['^/pub/', 'sponsorise']
    """,
    Path("journal.toml"),
)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/maroc,12.html", "article"),
        ("/tag/maroc,12.html", "article"),
        ("/ar/%D8%AE%D8%A8%D8%B1/x", "article"),
        ("/pub/maroc,12.html", "other"),
        ("/maroc-sponsorise,12.html", "other"),
        ("/le-maroc-et-les-etats-unis-signent-un-accord", "other"),
        ("/maroc/", "listing"),
        ("/", "listing"),
        ("/contact", "other"),
    ],
)
def test_the_sources_own_patterns_come_first(path, expected):
    assert kind(path, OWN) == expected


def test_a_denied_pattern_alone_leaves_the_rest_to_the_shape():
    source = Source.from_toml('home = "https://www.journal.example/"\n[articles]\ndeny = ["^/pub/"]', Path("j.toml"))
    assert kind("/pub/2014/08/08/un-accord", source) == "other"
    assert kind("/2014/08/08/un-accord", source) == "article"


def test_a_home_below_the_root_is_a_listing():
    source = Source.from_home("https://journal.example/une-edition-du-journal-en-francais/")
    assert classify("http://journal.example/une-edition-du-journal-en-francais", source).kind == "listing"
    assert classify("http://journal.example/", source).kind == "listing"


def test_the_reason_is_in_words():
    assert classify(SITE + "/tag/maroc", PLAIN).why == "tag (tag)"
    assert classify(SITE + "/sport?page=2", PLAIN).why == "later page: short path"
    assert classify("https://autre.example/", PLAIN).why == "off site"
    assert "allowed by the source" in classify(SITE + "/a,1.html", OWN).why


def test_torture_57_paths_that_grow_by_themselves_are_no_articles():
    path = "/archives/vieux-titre-de-quatre-mots"
    grown = path
    for _ in range(3):
        grown += path
    assert kind(path.replace("/archives", "/monde")) == "article"
    assert kind(grown) == "other"
    assert all(kind(f"/agenda?jour={day}") == "other" for day in range(1, 32))


def test_torture_59_an_endless_address_is_refused():
    assert classify(SITE + "/" + "a-b-c-d" * 2000, PLAIN).kind == "other"


def test_words_of_a_slug():
    assert word_count("le-maroc-et-les-12") == 4
    assert word_count("الرئيس-يستقبل-وزير") == 3
    assert word_count("") == word_count("123-45") == 0


def test_shape():
    shape = shape_of(SITE + "/Économie/%C3%89lections.HTML?A=1&b=&a=2")
    assert shape.segments == ("economie", "elections.html")
    assert (shape.extension, shape.stem) == ("html", "elections")
    assert shape.query == (("a", "1"), ("b", ""), ("a", "2"))


@given(st.text())
def test_any_text_gets_a_verdict(text):
    assert classify(text, PLAIN).kind in {"article", "listing", "other"}


@given(st.text(), st.text())
def test_any_path_and_query_get_a_verdict(path, query):
    assert classify(f"{SITE}/{path}?{query}", OWN).kind in {"article", "listing", "other"}


@given(
    st.lists(st.sampled_from(["page", "2", "2014", "08", "tag", "a", "-x-", "article12", "slug-de-quatre-mots", "amp", "خبر"]), max_size=12)
)
def test_tracking_parameters_change_nothing(segments):
    path = "/".join(segments)
    assert classify(f"{SITE}/{path}?utm_source=x&fbclid=y", PLAIN).kind == classify(f"{SITE}/{path}", PLAIN).kind
