"""The installed command as a stranger meets it: an empty folder, nothing configured, no network."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

COMMAND = Path(sys.executable).with_name("veille")
PAGE = """<!doctype html><html lang="ar" dir="rtl"><head><meta charset="utf-8"><title>افتتاح الميناء الجديد</title>
<meta property="article:published_time" content="2021-05-02T09:00:00+01:00"></head><body><article><h1>افتتاح الميناء الجديد</h1>
<p>افتتح الميناء الجديد صباح اليوم بحضور عدد كبير من سكان المدينة الذين انتظروا هذه اللحظة منذ سنوات طويلة.</p>
<p>وقال مدير المشروع إن السفن الأولى ستصل في بداية الصيف إذا سمحت الأحوال الجوية وانتهت أعمال التجهيز في موعدها.</p>
<p>ويطالب الصيادون برصيف خاص بهم بعيدا عن الأمواج التي تحدثها السفن الكبيرة عند دخولها إلى الخليج.</p></article></body></html>"""


def veille(folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("VEILLE_", "PYTHON"))}
    return subprocess.run([COMMAND, *arguments], cwd=folder, env=environment | variables, capture_output=True, text=True, check=False)


def test_from_an_empty_folder_to_answers(tmp_path):
    began = veille(tmp_path, "init")
    assert (began.returncode, began.stderr) == (0, "")
    assert (tmp_path / "veille.toml").is_file()
    assert "bladi" in veille(tmp_path, "sources", "list").stdout
    status = json.loads(veille(tmp_path, "status", "--json").stdout)
    assert (status["articles"], status["sources"], status["unread_pages"]) == (0, [], 0)
    assert veille(tmp_path, "search", "port").returncode == 0
    assert veille(tmp_path, "export").stdout == ""
    assert veille(tmp_path, "doctor").returncode == 0


def test_one_page_is_read_without_a_database(tmp_path):
    (tmp_path / "page.html").write_text(PAGE, encoding="utf-8")
    read = veille(tmp_path, "read", "page.html", "--url", "https://www.almina.test/akhbar/14.html", "--json")
    article = json.loads(read.stdout)
    assert (read.returncode, article["language"], article["published"]["on"]) == (0, "ar", "2021-05-02")
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]


@pytest.mark.parametrize("locale", ["C", "C.UTF-8", "POSIX"])
def test_arabic_is_printed_whatever_the_locale(tmp_path, locale):
    (tmp_path / "page.html").write_text(PAGE, encoding="utf-8")
    read = veille(tmp_path, "read", "page.html", LC_ALL=locale, PYTHONCOERCECLOCALE="0", PYTHONUTF8="0")
    assert (read.returncode, read.stderr) == (0, "")
    assert read.stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_shell_can_complete_commands(tmp_path, shell):
    request = {"_VEILLE_COMPLETE": f"complete_{shell}", "COMP_WORDS": "veille sea", "COMP_CWORD": "1", "_TYPER_COMPLETE_ARGS": "veille sea"}
    request["_TYPER_COMPLETE_FISH_ACTION"] = "get-args"
    completed = veille(tmp_path, **request)
    assert "search" in completed.stdout


def test_python_m_is_the_same(tmp_path):
    done = subprocess.run([sys.executable, "-m", "veille", "version"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, veille(tmp_path, "version").stdout)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["version"], 0),
        (["read", "empty.html"], 1),
        (["serch"], 2),
        (["status"], 2),
        (["crawl", "nothing"], 2),
        (["robots"], 2),
        (["robots", "nothing"], 2),
        (["--set", "x=1", "run"], 2),
    ],
)
def test_exit_codes(tmp_path, arguments, code):
    (tmp_path / "empty.html").write_text("", encoding="utf-8")
    done = veille(tmp_path, *arguments)
    assert done.returncode == code
    assert "Traceback" not in done.stderr


def test_an_unreachable_postgresql_is_one_line(tmp_path):
    done = veille(tmp_path, "status", "--database", "postgresql://nobody:secret@127.0.0.1:9/press")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("veille: ")
    assert "secret" not in done.stderr
    assert "Traceback" not in done.stderr


def test_a_file_that_is_no_database_is_one_line(tmp_path):
    (tmp_path / "veille.db").write_text("not a database, whatever its name says; " * 100, encoding="utf-8")
    done = veille(tmp_path, "status")
    assert done.returncode in (1, 2)
    assert done.stderr.startswith("veille: ")
    assert done.stderr.count("\n") == 1
