"""The words by which news sites of all systems name what is not an article. Data only; `crawlers.discovery.links` owns the rules.

All words are in folded form (`db.identity.fold`): small letters without accents, Arabic letters in their plain shape.
"""

from __future__ import annotations

from db.identity import fold

LATER_PAGES = frozenset({"page", "pagina", "seite", "p"})
"""`/page/2/`: the segment before the number."""


def _words(text: str) -> frozenset[str]:
    return frozenset(fold(word) for word in text.split())


SECTION = _words(
    """
    categorie categories category categoria categorias cat rubrique rubriques section sections seccion secciones dossier dossiers
    theme themes thematique thematiques archive archives archivo hemeroteca edition editions region regions section-index قسم
    اقسام تصنيف تصنيفات ارشيف
    """
)
"""What follows, or the page itself, lists articles."""

TAG = _words(
    """
    tag tags mot mots motcle motscles mot-cle mots-cles mots_cles etiqueta etiquetas keyword keywords topic topics sujet sujets
    وسم وسوم
    """
)
AUTHOR = _words("auteur auteurs author authors autor autores journaliste journalistes writer profil profile user users membre membres كاتب")
SEARCH = _words("search recherche rechercher chercher buscar busqueda buscador results resultats بحث")
CALENDAR = _words("calendar calendrier calendario agenda event events رزنامه")
FEED = _words("feed feeds rss rss2 rss.xml atom atom.xml backend flux xmlrpc.php")
MEDIA = _words(
    """
    video videos photo photos galerie galeries gallery galleries galeria galerias diaporama diaporamas podcast podcasts audio
    audios webtv web-tv radio replay direct-tv image images media medias documents img uploads attachment wp-content caricature
    caricatures فيديو فيديوهات صور بودكاست
    """
)
ACCOUNT = _words(
    """
    login log-in logout signin sign-in signup sign-up register registration connexion deconnexion inscription identification
    mon-compte compte account my-account iniciar-sesion registro wp-admin wp-login.php wp-json wp-includes cgi-bin admin
    administrator ecrire panier cart checkout boutique shop wishlist password lost-password mot-de-passe-oublie user-login تسجيل
    دخول
    """
)
SHARE = _words(
    """
    share partager sharer print imprimer imprimir email envoyer envoyer-a-un-ami mailto trackback comment comments commentaires
    reply go out redirect
    """
)
FORUM = _words("forum forums annonces annonce horoscope sondage sondages poll")
FIXED = _words(
    """
    contact contacts contactez-nous contact-us nous-contacter nous-ecrire contacto contactenos a-propos apropos a_propos about
    about-us qui-sommes-nous quienes-somos equipe notre-equipe redaction la-redaction mentions-legales mentions-legale legal
    legal-notice aviso-legal conditions-generales conditions-generales-d-utilisation conditions-generales-dutilisation
    conditions-d-utilisation conditions-dutilisation conditions-generales-de-vente cgu cgv charte charte-d-utilisation terms
    terms-of-use terms-of-service terms-and-conditions politique-de-confidentialite politique-confidentialite confidentialite
    privacy privacy-policy politica-de-privacidad politique-de-cookies politica-de-cookies politique-de-cookies-ue cookies
    cookie-policy gestion-des-cookies donnees-personnelles publicite regie-publicitaire advertise advertising advertise-with-us
    annonceurs publicidad plan-du-site plan-site plan sitemap site-map mapa-del-sitio aide help faq abonnement abonnements
    abonnez-vous s-abonner subscribe subscription suscripcion newsletter newsletters lettre-d-information recrutement jobs careers
    partenaires partners liens applications application-mobile mobile-app credits 404 اتصل-بنا اتصلوا-بنا من-نحن عن-الموقع
    هيئه-التحرير سياسه-الخصوصيه شروط-الاستخدام للاشهار اشهار اعلن-معنا emploi meteo bourse programme-tv jeux mots-croises
    necrologie carnet
    """
)
"""Whole last segments of pages that every site has once."""

MEDIA_FILES = _words(
    """
    jpg jpeg png gif webp avif svg ico bmp tif tiff mp3 mp4 m4a m4v ogg ogv wav avi mov wmv flv webm m3u8 pdf doc docx xls xlsx
    ppt pptx odt zip rar gz 7z tar exe apk dmg epub css js mjs map woff woff2 ttf eot swf
    """
)
FEED_FILES = _words("xml rss atom rdf json ics txt")
PAGE_FILES = _words("html htm shtml xhtml php php3 asp aspx jsp cfm do")

ARTICLE = _words("article articles articulo articulos artikel artigo noticia story stories news-story depeche مقال خبر")
"""A segment after which a slug is an article even if it is short."""

ARTICLE_PARAMETERS = _words(
    """
    p article id_article articleid article_id idarticle art aid nid newsid news_id idnews id_news storyid story_id news sid
    """
)
LISTING_PARAMETERS = _words("cat id_rubrique rubrique category categorie category_name section id_secteur m year monthnum archive")
PAGE_PARAMETERS = _words("page paged pg start offset limitstart pagina")
SEARCH_PARAMETERS = _words("s q search recherche query keyword motcle searchword")
SHARE_PARAMETERS = _words(
    """
    share replytocom print imprimer format action redirect_to redirect url attachment_id nb ical outlook-ical download
    """
)
TAG_PARAMETERS = _words("tag mot id_mot author auteur id_auteur post_tag user")
CALENDAR_PARAMETERS = _words("date day jour cal calendar eventdate tribe-bar-date mois month")
ORDER_PARAMETERS = _words("sort sort_by sortby order order_by orderby sortorder tri trier ordre orden ordenar dir")
"""Each shows the same list in another order."""
FILTER_PARAMETERS = _words(
    """
    filter filters filtre filtres filtro facet facets facette fq refine color colour couleur size taille price prix brand marque
    rating min_price max_price price_min price_max minprice maxprice prixmin prixmax in_stock availability per_page perpage pagesize
    page_size per-page nb_items
    """
)
FILTER_PREFIXES = ("filter_", "filtre_", "facet_", "attribute_")
SORT_PARAMETERS = _words("sort order orderby tri filter filtre view tmpl lang-switch")
