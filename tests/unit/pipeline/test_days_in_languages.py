"""Lines of day and time in the press of some forty languages, on pages that state no day for machines."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from db.readings import Article, PageToRead, PublicationDate, ReadingHints
from pipeline.reading import process_page

NOW = datetime(2026, 11, 5, 12, 0, tzinfo=UTC)
DAY = date(2021, 6, 14)
TIMES = ("18:05", "18.05", "18h05", "6:05", "06:05", "18時05", "۱۸:۰۵", "১৮:০৫")
TEXT = "".join(
    f"<p>The {who} say that the crossing now takes {n} minutes less, that the boat leaves on time in all weathers, and that the fare has "
    "not gone up since the spring, which nobody on either side of the water had thought possible.</p>"
    for n, who in enumerate(("walkers", "fishermen", "shopkeepers"), 4)
)
LINES = {
    "ja": [
        "2021年6月14日 18時05分", "2021/06/14 18:05", "[2021/06/14 18:05]", "公開日：2021年6月14日", "2021.6.14 Mon 18:05", "2021年6月14日（月）18時05分",
    ],
    "ko": [
        "입력 2021.06.14. 오후 6:05", "기사입력 2021-06-14 18:05", "2021.06.14 18:05 입력", "승인 2021.06.14 18:05",
        "입력 2021.06.14 18:05 수정 2021.06.15 10:00", "등록 2021-06-14 18:05:12",
    ],
    "zh": [
        "2021-06-14 18:05:12 来源：新华社", "来源：新华网 2021-06-14 18:05", "发布时间：2021-06-14 18:05", "2021年06月14日18:05 来源：人民网",
        "2021-06-14 18:05 更新",
    ],
    "ru": [
        "14 июня 2021, 18:05", "18:05, 14 июня 2021", "14.06.2021 18:05", "Понедельник, 14 июня 2021 18:05", "14 июня 2021 в 18:05",
        "Опубликовано: 14.06.2021 18:05", "14 июня 2021 года, 18:05",
    ],
    "pl": [
        "14 czerwca 2021, 18:05", "Opublikowano: 14.06.2021, 18:05", "14 cze 2021 18:05", "Data dodania: 14 czerwca 2021",
        "dodano: 14 czerwca 2021, 18:05", "poniedziałek, 14.06.2021, godz. 18:05", "14.06.2021 r.", "14 czerwca 2021 r. 18:05",
    ],
    "tr": [
        "14.06.2021 - 18:05 | Son Güncelleme: 15.06.2021 - 10:00", "Giriş: 14.06.2021 - 18:05 Güncelleme: 15.06.2021",
        "14 Haziran 2021, Pazartesi 18:05", "Haberin Giriş Tarihi: 14.06.2021 18:05", "Yayınlanma: 14 Haziran 2021 18:05",
    ],
    "nl": [
        "14 juni 2021 om 18:05", "Gepubliceerd op 14 juni 2021", "ma 14 jun 2021, 18:05", "14-06-2021 18:05",
        "Geplaatst op 14 juni 2021 door Ada",
    ],
    "sv": [
        "Publicerad 14 juni 2021 kl 18.05", "Publicerad: 14 juni 2021", "Publicerad 2021-06-14 18:05", "14 jun 2021 18:05",
        "Uppdaterad 15 juni 2021 Publicerad 14 juni 2021", "Publicerad 14 juni 2021 Uppdaterad 15 juni 2021",
    ],
    "da": [
        "14. juni 2021 kl. 18:05", "Publiceret 14. jun. 2021 kl. 18:05", "14. JUN. 2021 | 18:05", "d. 14. juni 2021",
    ],
    "no": [
        "Publisert 14. juni 2021, kl. 18:05", "14. juni 2021 18:05", "Publisert: 14.06.2021 18:05",
    ],
    "fi": [
        "14.6.2021 18:05", "Julkaistu 14.6.2021 klo 18.05", "Julkaistu 14.6.2021 Päivitetty 15.6.2021",
    ],
    "el": [
        "14 Ιουνίου 2021, 18:05", "Δευτέρα, 14 Ιουνίου 2021 18:05", "14.06.2021 • 18:05", "14/06/2021 18:05",
        "Δημοσίευση: 14 Ιουν. 2021, 18:05",
    ],
    "cs": [
        "14. června 2021 18:05", "14.6.2021 18:05", "14. 6. 2021, 18:05", "Publikováno: 14. 6. 2021", "pondělí 14. června 2021",
    ],
    "id": [
        "Senin, 14 Juni 2021 18:05 WIB", "Senin, 14 Jun 2021 18:05 WIB", "14/06/2021, 18:05 WIB", "Diterbitkan 14 Juni 2021",
    ],
    "ar": [
        "الإثنين 14 يونيو 2021 - 18:05", "نشر في: الإثنين 14 يونيو 2021 - 6:05 م", "14/6/2021|آخر تحديث: 15/6/2021",
        "14-06-2021 | 18:05", "14 حزيران/يونيو 2021", "نُشر: 14 يونيو 2021 18:05", "١٤ يونيو ٢٠٢١", "الاثنين، 14 يونيو 2021 06:05 م",
        "14 جوان 2021",
    ],
    "fa": [
        "۲۴ خرداد ۱۴۰۰ - ۱۸:۰۵", "دوشنبه ۲۴ خرداد ۱۴۰۰ ساعت ۱۸:۰۵", "تاریخ انتشار: ۱۴۰۰/۰۳/۲۴", "۱۴۰۰-۰۳-۲۴", "۱۸:۰۵ - ۲۴ خرداد ۱۴۰۰",
    ],
    "he": [
        "14 ביוני 2021, 18:05", "14.06.2021 | 18:05", "פורסם ב-14.6.21", "14/06/21",
    ],
    "hi": [
        "14 जून 2021, 06:05 PM IST", "प्रकाशित: 14 जून 2021", "१४ जून २०२१",
    ],
    "bn": [
        "১৪ জুন ২০২১, ১৮:০৫", "প্রকাশ: ১৪ জুন ২০২১, ১৮:০৫",
    ],
    "vi": [
        "Thứ hai, 14/6/2021, 18:05 (GMT+7)", "14/06/2021 18:05 GMT+7", "Thứ Hai, ngày 14 tháng 6 năm 2021",
    ],
    "th": [
        "14 มิ.ย. 2564 18:05 น.", "14 มิถุนายน 2564", "๑๔ มิถุนายน ๒๕๖๔",
    ],
    "hu": [
        "2021. június 14. 18:05", "2021.06.14. 18:05", "2021. 06. 14. 18:05", "2021. jún. 14.",
    ],
    "ro": [
        "Luni, 14 iunie 2021, 18:05", "14.06.2021, 18:05", "Publicat: 14 iunie 2021 18:05",
    ],
    "bg": [
        "14 юни 2021 18:05", "14.06.2021 18:05 ч.", "Публикувана на 14.06.2021", "14 юни 2021 г., 18:05",
    ],
    "sr": [
        "14. jun 2021. 18:05", "14.06.2021. 18:05", "14. 06. 2021. u 18:05h", "понедељак, 14. јун 2021.",
    ],
    "hr": [
        "14. lipnja 2021. u 18:05", "14.06.2021. 18:05", "14.06.2021. u 18:05", "Objavljeno: 14. lipnja 2021.",
    ],
    "sl": [
        "14. junij 2021 ob 18:05", "14. 6. 2021, 18.05",
    ],
    "sk": [
        "14. júna 2021, 18:05", "14. jún 2021 o 18:05",
    ],
    "lt": [
        "2021 m. birželio 14 d. 18:05", "2021-06-14 18:05", "2021.06.14 18:05",
    ],
    "lv": [
        "2021. gada 14. jūnijs, 18:05", "14.06.2021 18:05",
    ],
    "et": [
        "14. juuni 2021, 18:05",
    ],
    "uk": [
        "14 червня 2021, 18:05", "14 червня 2021, понеділок", "18:05 14.06.2021",
    ],
    "pt": [
        "14/06/2021 às 18h05", "14 de junho de 2021 | 18:05", "Publicado em 14/06/2021 às 18:05 - Atualizado em 15/06/2021",
        "14 jun. 2021, 18:05", "14/06/2021 18h05 Atualizado 15/06/2021 10h00", "Por Ada Quay — 14/06/2021 18h05",
        "14.jun.2021 às 18h05",
    ],
    "es": [
        "14 jun 2021 - 18:05 CEST", "14/06/2021 a las 18:05 CEST", "Lunes, 14 de junio de 2021, 18:05", "14 JUN 2021 | 18:05h.",
        "14/06/2021 - 18:05h", "Actualizado 15/06/2021 | Publicado 14/06/2021", "14 junio, 2021", "junio 14, 2021",
    ],
    "it": [
        "14 giugno 2021 alle 18:05", "14 Giugno 2021 - 18:05", "Pubblicato il 14/06/2021 alle 18.05", "14 giu 2021, 18:05",
        "lunedì 14 giugno 2021", "14 GIU 2021 • 18:05",
    ],
    "ca": [
        "14 de juny de 2021 a les 18:05", "Dilluns, 14 de juny del 2021",
    ],
    "de": [
        "14.06.2021, 18:05 Uhr", "14. Juni 2021 um 18:05 Uhr", "Mo., 14.06.2021, 18:05",
        "Veröffentlicht am 14.06.2021 | Lesedauer: 3 Minuten", "Montag, 14. Juni 2021, 18:05 Uhr", "Von Ada Quay, 14.06.21 18:05",
        "14/06/2021",
    ],
    "fr": [
        "Publié le 14 juin 2021 à 18h05 - Mis à jour le 15 juin 2021", "14/06/2021 à 18:05", "Lundi 14 Juin 2021 - 18:05",
        "14 juin 2021", "Par Ada Quay, le 14.06.21", "Publié le 14/06/21", "Le 14 juin 2021 à 18:05 par Ada",
    ],
    "en": [
        "14 June 2021", "Monday 14 June 2021 18.05 BST", "Jun 14, 2021 6:05 PM ET", "Posted at 6:05 PM, Jun 14, 2021",
        "Published: 18:05, 14 June 2021", "14 Jun 2021 6:05pm", "June 14, 2021 / 6:05 PM / CBS", "2021-06-14 18:05",
        "Mon 14 Jun 2021 18.05 EDT", "By Ada Quay | 14 June 2021 | Boats",
    ],
    "ur": [
        "14 جون 2021", "پیر 14 جون 2021",
    ],
}  # fmt: skip
ROWS = [(language, line) for language, lines in LINES.items() for line in lines]


def published(language: str, under: str = "", after: str = "") -> PublicationDate | None:
    page = (
        f"<html lang='{language}'><head><meta charset='utf-8'><title>The ferry is back</title></head>"
        f"<body><article><h1>The ferry is back</h1>{under}{TEXT}{after}</article></body></html>"
    )
    result = process_page(PageToRead("https://paper.example/news/the-ferry-is-back", page.encode(), (), NOW), ReadingHints())
    assert isinstance(result, Article)
    return result.published


@pytest.mark.parametrize(("language", "line"), ROWS)
def test_a_line_by_the_headline(language, line):
    found = published(language, under=f"<div>{line}</div>")
    assert found is not None
    assert found.on == DAY
    assert (found.at is not None) == any(time in line for time in TIMES)


@pytest.mark.parametrize(("language", "line"), [row for n, row in enumerate(ROWS) if n % 3 == 0])
def test_the_same_line_below_the_text(language, line):
    found = published(language, after=f"<div class='x'>{line}</div>")
    assert found is not None
    assert found.on == DAY
