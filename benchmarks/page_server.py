"""Serves N news pages and a sitemap of them on loopback, for the benchmarks: our own pages, or any folder of `*.html` and `*.html.gz`.

    python benchmarks/page_server.py --pages 400 [--corpus DIR]

prints the port it listens on and serves until its standard input closes. Where more pages are asked for than there are, they come
again with a sentence of their own, so that no two have the same text.
"""

from __future__ import annotations

import argparse
import gzip
import random
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

TOWNS = ("Tanger", "Oujda", "Fès", "Sfax", "Oran", "Annaba", "Lomé", "Kara", "Agadir", "Bizerte", "Tlemcen", "Nabeul")
WHO = ("Le conseil municipal", "La coopérative des pêcheurs", "L'office des eaux", "Le comité des fêtes", "La chambre d'agriculture")
DID = ("a présenté", "a reporté", "a détaillé", "défend", "a soumis aux habitants", "veut financer")
WHAT = ("un plan de rénovation des quais", "la réfection de la route côtière", "un programme de lecture publique", "une station de pompage")
WHY = (
    "pour répondre aux demandes répétées des riverains",
    "afin de préparer la saison des pluies",
    "malgré les réserves exprimées par plusieurs associations",
    "en s'appuyant sur une étude publiée au printemps",
)


def own_page(number: int) -> bytes:
    """Return a plausible article page of about 30 kB, the same for the same number."""
    draw = random.Random(number)
    paragraphs = [
        " ".join(f"{draw.choice(WHO)} de {draw.choice(TOWNS)} {draw.choice(DID)} {draw.choice(WHAT)} {draw.choice(WHY)}." for _ in range(4))
        for _ in range(9)
    ]
    menu = "".join(f'<li><a href="/rubrique/{index}">Rubrique {index}</a></li>' for index in range(60))
    teasers = "".join(f'<div class="card"><a href="/a/{draw.randrange(10**6)}.html">{draw.choice(WHAT)}</a></div>' for _ in range(120))
    title = f"{draw.choice(TOWNS)} : {draw.choice(WHAT)}, dossier {number}"
    return f"""<!doctype html><html lang="fr"><head><meta charset="utf-8"><title>{title}</title>
<meta property="article:published_time" content="2025-{1 + number % 12:02d}-{1 + number % 28:02d}T08:00:00+00:00"></head>
<body><nav><ul>{menu}</ul></nav><article><h1>{title}</h1>{"".join(f"<p>{text}</p>" for text in paragraphs)}</article>
<aside><h2>À lire aussi</h2>{teasers}</aside><footer>© Le journal des quais</footer></body></html>""".encode()


def corpus_page(files: list[Path], number: int) -> bytes:
    """Return page `number` of a folder, told apart from its earlier rounds by one sentence."""
    path = files[number % len(files)]
    body = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    turn = number // len(files)
    if turn:
        body = body.replace(b"<p>", f"<p>Edition {turn} of this page was printed as number {number}. ".encode(), 1)
    return body


class Handler(BaseHTTPRequestHandler):
    """Answers `/sitemap.xml` and `/news/2025/<n>-page-of-the-benchmark.html`."""

    protocol_version = "HTTP/1.1"
    pages: int
    files: list[Path]

    def do_GET(self) -> None:
        """Serve one address."""
        kind = "text/html"
        if self.path == "/sitemap.xml":
            host = self.headers["Host"]
            rows = "".join(f"<url><loc>http://{host}/news/2025/{n}-page-of-the-benchmark.html</loc></url>" for n in range(self.pages))
            body, kind = f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{rows}</urlset>'.encode(), "application/xml"
        elif self.path.startswith("/news/2025/"):
            number = int(self.path.rsplit("/", 1)[1].split("-")[0])
            body = corpus_page(self.files, number) if self.files else own_page(number)
        else:
            self.send_response(404)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Stay silent."""


def main() -> None:
    """Serve until standard input closes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=400)
    parser.add_argument("--corpus", type=Path)
    chosen = parser.parse_args()
    Handler.pages = chosen.pages
    Handler.files = sorted(path for path in chosen.corpus.rglob("*.html*") if path.is_file()) if chosen.corpus else []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_address[1], flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
