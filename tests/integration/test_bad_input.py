"""Bad input of every kind in one crawl of the installed command: each gets its recorded reason, the rest goes on, the exit code tells."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

COMMAND = Path(sys.executable).with_name("veille")
PAPER = """
home = "http://paper.test/"
[discovery]
guess = false
feeds = ["/feed-that-is-html"]
sitemaps = ["/map.xml"]
[articles]
allow = ["^/article/"]
[politeness]
delay = 0
"""
CHEROKEE = (
    "ᎣᏏᏲ ᏣᎳᎩ ᎠᏂᎦᏔᎲ ᎠᏁᎲ ᎢᎦ ᏂᎦᏓ ᏗᏂᏲᏟ ᏧᎾᏕᎶᏆᏍᏗ ᎠᏁᎵᏍᎬ ᎤᏂᎪᎲ ᎠᎹ ᎡᏉᏂ ᏅᏃᎯ ᎢᏗᎬᏁᎸ ᎪᎯ ᎢᎦ.",
    "ᎠᏂᏴᏫ ᎤᏂᏃᎮᎸ ᎠᏓᏁᎸ ᎢᏤ ᎠᏂᏲᏟ ᏗᎦᎳᏫᎢᏍᏗ ᎤᎾᏚᎵ ᎾᏍᎩ ᎤᏂᏍᏆᏛ ᎪᎳ ᎠᏥᎸ ᏗᎧᎸᎬ.",
    "ᏍᎩᎾᎾ ᎤᏪᎧᏁ ᏓᎾᏅᎢᏍᎬ ᎠᏲᏟ ᎠᏂᎨᏯ ᎠᏂᏍᎦᏯ ᏙᏧᏙ ᏗᎪᏪᎵ ᎠᏂᎪᎵᏰᏍᎩ ᎤᎵᏍᏈᏗ ᎦᏚᎲ.",
)
"""A script that no language we know is written in."""
MATTERS = ("la reconstruction du pont", "le prix des cantines", "la route du port", "le toit de l'école", "les horaires du marché")


def french(n: int, paragraphs: int = 4) -> str:
    """Paragraphs that no other article has."""
    return "".join(
        f"<p>Le conseil numéro {n} a voté mardi {MATTERS[(n + k) % 5]}, que {n * 17 + k * 3} habitants réclamaient depuis {k + 2} hivers déjà.</p>"
        for k in range(paragraphs)
    )


def article(press, title: str, text: str):
    return press.html(title, f"<article><h1>{title}</h1>{text}</article>")


def veille(folder: Path, *words: str, largest_file: int | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command; `largest_file` bytes is where the disk is full."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("VEILLE_")}
    limit = None if largest_file is None else lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, largest_file))
    done = subprocess.run(
        [COMMAND, *words], cwd=folder, env=environment, capture_output=True, text=True, timeout=200, check=False, preexec_fn=limit
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done


@pytest.fixture
def working(press, tmp_path: Path) -> Path:
    """A working folder with one paper and its articles `/article/1` to `/article/20`."""
    folder = tmp_path / "working"
    (folder / "sources").mkdir(parents=True)
    (folder / "sources" / "paper.toml").write_text(PAPER)
    paths = [f"/article/{n}" for n in range(1, 21)]
    paper = press.papers["paper.test"] = {path: article(press, f"Conseil numéro {k}", french(k)) for k, path in enumerate(paths)}
    paper["/"] = press.html("Une", press.links(paths))
    (folder / "veille.toml").write_text(
        f'sources = ["sources"]\nbundled_sources = false\nmax_page_mb = 4\ndownload_timeout = 10\n[resolve]\n"paper.test" = "127.0.0.1:{press.port}"\n'
    )
    return folder


def test_every_bad_input_has_its_reason_and_the_rest_goes_on(press, working: Path):
    paper = press.papers["paper.test"]
    whole = press.sitemap("paper.test", ["/article/first-of-the-map", "/article/cut-off"])
    cut = whole.body.index(b"cut-off")
    nested = "<div>" * 300 + f"<h1>Trois cents boîtes</h1>{french(30)}" + "</div>" * 300
    bad = {
        "/article/zero-bytes": press.Answer(b"", headers={"Content-Type": "text/html"}),
        "/article/fifty-megabytes": press.Answer(b"<html><body>" + b"<p>x</p>" * (50 << 17), headers={"Content-Type": "text/html"}),
        "/article/pdf-as-html": press.Answer(b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n" * 200, headers={"Content-Type": "text/html"}),
        "/article/three-hundred-nested": press.html("Trois cents boîtes", nested),
        "/article/unknown-language": article(press, "ᏗᎦᎳᏫᎢᏍᏗ ᎢᏤ", "".join(f"<p>{text}</p>" for text in CHEROKEE)),
        "/article/first-of-the-map": article(press, "Le premier de la carte", french(31)),
    }
    paper |= bad
    paper["/feed-that-is-html"] = press.html("Ceci n'est pas un flux")
    paper["/map.xml"] = press.Answer(whole.body[:cut], headers={"Content-Type": "application/xml"})
    paper["/"] = press.html("Une", press.links([*[f"/article/{n}" for n in range(1, 21)], *bad]))
    (working / "sources" / "wrong.toml").write_text('home = "http://wrong.test/"\ntitel = "Faute"\n')
    (working / "sources" / "dead.toml").write_text('home = "http://dead.invalid/"\n[discovery]\nguess = false\n[politeness]\ndelay = 0\n')
    with (working / "veille.toml").open("a") as settings:
        settings.write('"dead.invalid" = "127.0.0.1:9"\n')

    done = veille(working, "crawl", "--json")
    assert done.returncode == 1, "a source failed"
    reports = {report["source"]: report for report in json.loads(done.stdout)}
    assert "wrong.toml" in done.stderr
    assert "titel" in done.stderr
    assert "title" in done.stderr, "what was probably meant"
    assert reports["dead"]["state"] == "failed"
    assert reports["dead"]["note"].startswith("no article: ")
    assert "connect" in reports["dead"]["counts"]
    assert reports["paper"]["state"] == "done"
    assert reports["paper"]["counts"]["unreadable"] == 1, "the feed that is a page"
    assert reports["paper"]["counts"]["too_large"] == 1
    assert reports["paper"]["counts"]["empty"] == 1
    assert reports["paper"]["counts"]["not_html"] == 1
    stored = {record["url"].rpartition("/")[2]: record for record in exported(working)}
    assert {"first-of-the-map", "three-hundred-nested", "unknown-language"} <= stored.keys()
    assert len(stored) == 20 + 3
    assert stored["three-hundred-nested"]["text"].count("Le conseil numéro 30 a voté") == 4
    assert stored["unknown-language"]["language"] == "und"


def exported(folder: Path) -> list[dict]:
    return [json.loads(line) for line in veille(folder, "export").stdout.splitlines()]


@pytest.mark.parametrize("database", ["/proc/veille.db", "no/such/folder/veille.db", "sources"])
def test_a_database_path_that_cannot_be_written_is_one_line(working: Path, database: str):
    done = veille(working, "crawl", "--database", database)
    assert done.returncode in {1, 2}
    assert done.stdout == ""
    assert done.stderr.startswith("veille: ")
    assert database in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("room", [60_000, 200_000])
def test_torture_87_a_disk_that_fills_up_during_a_crawl_is_told_and_loses_nothing(press, working: Path, room: int):
    assert veille(working, "init").returncode == 0
    press.papers["paper.test"] |= {
        f"/article/{n}": article(
            press, f"Pont numéro {n}", "".join(f"<p>Pont {n}, travée {k}: {noise(n * 1000 + k)}</p>" for k in range(80))
        )
        for n in range(1, 21)
    }
    largest = (working / "veille.db").stat().st_size + room
    full = veille(working, "crawl", largest_file=largest)
    assert full.returncode == 1, full.stderr
    assert "veille: " in full.stderr
    assert "free space" in full.stderr or "full" in full.stderr or "too large" in full.stderr.lower()
    assert veille(working, "doctor").returncode == 0
    done = veille(working, "crawl", "--json")
    assert done.returncode == 0, done.stderr
    assert len({record["url"] for record in exported(working)}) == len(exported(working)) == 20


def noise(seed: int) -> str:
    """Words that do not compress away."""
    value, words = seed + 1, []
    for _ in range(20):
        value = value * 6364136223846793005 % (1 << 61)
        words.append(f"{value:x}")
    return f"le maître d'œuvre a compté les pierres {' '.join(words)} et les habitants en demandent davantage."
