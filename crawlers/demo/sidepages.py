"""Pages that are no articles: legal notice, search, login, gallery, video, empty section, soft 404, and files under misleading names."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

from crawlers.demo import answers
from crawlers.demo.answers import Answer
from crawlers.demo.clock import START

if TYPE_CHECKING:
    from crawlers.demo.paper import Paper

SETTLED = START.replace(year=2023)
"""When side pages last changed."""
MASKED = frozenset({"soft_404", "video"})
ERRORS = {
    "fr": ("Page introuvable", "La page que vous cherchez n’existe pas ou n’existe plus. Revenez à l’accueil ou utilisez la recherche."),
    "es": ("Página no encontrada", "La página que busca no existe o ha cambiado de dirección. Vuelva a la portada o use el buscador."),
    "ar": ("الصفحة غير موجودة", "الصفحة التي تبحث عنها غير موجودة أو تم حذفها. يمكنك العودة إلى الصفحة الرئيسية."),
}
WORDS = {
    "fr": {
        "legal": "Mentions légales",
        "search": "Recherche",
        "login": "Connexion",
        "gallery": "Galerie photos",
        "video": "Vidéo",
        "empty": "Dossiers",
    },
    "es": {
        "legal": "Aviso legal",
        "search": "Buscar",
        "login": "Acceso",
        "gallery": "Galería de fotos",
        "video": "Vídeo",
        "empty": "Especiales",
    },
    "ar": {
        "legal": "بيانات قانونية",
        "search": "بحث",
        "login": "تسجيل الدخول",
        "gallery": "ألبوم الصور",
        "video": "فيديو",
        "empty": "ملفات",
    },
}
_LEGAL = {
    "fr": """Ce site est édité par une société imaginaire dont le siège se trouve au premier étage d’une maison sans rue.
Les marques, textes et dessins lui appartiennent et ne peuvent être reproduits sans son accord écrit.
Les informations envoyées par les formulaires servent seulement à répondre aux lecteurs.
Toute personne peut demander la rectification ou l’effacement des données qui la concernent.""",
    "es": """Este sitio pertenece a una empresa imaginaria con sede en una casa sin calle.
Las marcas, los textos y los dibujos no pueden reproducirse sin su permiso escrito.
Los datos enviados mediante los formularios solo sirven para responder a los lectores.
Toda persona puede pedir la corrección o el borrado de los datos que le conciernen.""",
    "ar": """يصدر هذا الموقع عن شركة متخيلة مقرها بيت بلا شارع.
لا يجوز نسخ النصوص والرسوم دون إذن مكتوب منها.
تستعمل المعلومات المرسلة عبر الاستمارات للرد على القراء فقط.
يحق لكل شخص طلب تصحيح معطياته أو حذفها.""",
}
_NOTHING = {"fr": "Aucun article dans cette rubrique.", "es": "No hay artículos en esta sección.", "ar": "لا توجد مقالات في هذا القسم."}


def answer(paper: Paper, kind: str) -> Answer:
    """Return the side page of a kind: one of `legal`, `search`, `login`, `gallery`, `video`, `empty`, `soft_404`, `pdf`, `image`."""
    if kind == "pdf":
        return answers.file(_pdf(paper.name), "application/pdf", SETTLED)
    if kind == "image":
        return answers.file(_png(), f"{answers.HTML}; charset=utf-8", SETTLED)
    if kind == "soft_404":
        title, text = ERRORS[paper.language]
        return answers.page(paper.shell(title, f"<h1>{title}</h1>\n<p>{text}</p>"), SETTLED)
    title = WORDS[paper.language][kind]
    return answers.page(paper.shell(title, f"<h1>{title}</h1>\n{_main(paper, kind)}"), SETTLED)


def menu(paper: Paper) -> str:
    """Return links for the footer of every page: to the side pages whose addresses do not look like an article's."""
    return " | ".join(_link(paper, address, kind) for address, kind in paper.side.items() if kind not in MASKED)


def masked_links(paper: Paper) -> str:
    """Return links to the side pages that look like articles; they stand on the home page alone, so that an empty list shows no article."""
    return "<p>" + " | ".join(_link(paper, address, kind) for address, kind in paper.side.items() if kind in MASKED) + "</p>"


def _link(paper: Paper, address: str, kind: str) -> str:
    return f'<a href="{address}">{WORDS[paper.language].get(kind, kind.upper())}</a>'


def _main(paper: Paper, kind: str) -> str:
    if kind == "legal":
        return "\n".join(f"<p>{text}</p>" for text in _LEGAL[paper.language].splitlines())
    if kind == "search":
        return '<form action="" method="get"><input type="search" name="q"><button>OK</button></form>'
    if kind == "login":
        return '<form action="" method="post"><input name="user"><input type="password" name="secret"><button>OK</button></form>'
    if kind == "gallery":
        pictures = "".join(f'<li><img src="/img/galerie-{i}.jpg" alt=""><span>{i} / 12</span></li>' for i in range(1, 13))
        return f'<ul class="gallery">{pictures}</ul>'
    if kind == "video":
        return '<video controls poster="/img/video.jpg"><source src="/media/reportage.mp4" type="video/mp4"></video>\n<p>02:41</p>'
    return f"<p>{_NOTHING[paper.language]}</p>"


def _pdf(name: str) -> bytes:
    """Return a one-page PDF without text (ISO 32000-1, minimal structure; readers rebuild its cross-reference table)."""
    return (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
        b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 400]>>endobj\ntrailer<</Root 1 0 R>>\n% " + name.encode() + b"\n%%EOF\n"
    )


def _png() -> bytes:
    """Return a grey PNG of one pixel (PNG specification, sections 5 and 11)."""
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)),
        (b"IDAT", zlib.compress(b"\x00\x80")),
        (b"IEND", b""),
    )
    body = (struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(body)
