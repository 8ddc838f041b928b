"""`mlbook exercises`: list, start, test, as a reader types them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import project_answers
import published
import pytest

from mlbook import cli, exercises
from mlbook.exercises import catalog, progress, registry

RIGHT = """import numpy as np
import pandas as pd


def mean_by_tenth(sort_by, residual):
    order = np.argsort(np.asarray(sort_by))
    return [part.mean() for part in np.array_split(np.asarray(residual)[order], 10)]
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MLBOOK_ROOT", str(published.ROOT))
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def mlbook(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr(sys, "argv", ["mlbook", "exercises", *words])
    with pytest.raises(SystemExit) as left:
        cli.main()
    return int(left.value.code or 0)


def test_the_list_shows_number_kind_difficulty_and_progress(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    progress.keep("hash-keeps-share", "right")
    progress.keep("early-clean", "wrong")
    progress.keep("early-clean", "wrong")
    said = []
    for words in (["2"], ["list", "02-project"]):
        assert mlbook(monkeypatch, *words) == 0
        said.append(capsys.readouterr().out)
    assert said[0] == said[1]
    rows = {line.split()[1]: line for line in said[0].splitlines() if re.match(r"\s*2\.\d", line)}
    listed = catalog.exercises(published.ROOT, "2")
    assert list(rows) == [one.slug for one in listed]
    for one in listed:
        assert [one.number, one.slug, one.kind, one.difficulty] == rows[one.slug].split()[:4]
    assert rows["hash-keeps-share"].rstrip().endswith("right, 1 try")
    assert rows["early-clean"].rstrip().endswith("not yet, 2 tries")
    assert rows["own-table"].rstrip().endswith("no check")
    assert "1 right of 10 that have a check" in said[0] and "MLBOOK_PROGRESS" in said[0]


def test_without_a_chapter_all_are_listed_and_a_wrong_one_is_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert mlbook(monkeypatch) == 0
    assert "hash-keeps-share" in capsys.readouterr().out
    assert mlbook(monkeypatch, "01") == 0
    assert "no exercises here yet" in capsys.readouterr().out
    assert mlbook(monkeypatch, "77") == 1
    assert "no chapter called '77'" in capsys.readouterr().err


def test_start_writes_a_file_that_test_finds_and_calls_not_attempted(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert mlbook(monkeypatch, "start", "hash-keeps-share") == 0
    assert "mlbook exercises test hash-keeps-share hash_keeps_share.py" in capsys.readouterr().out
    text = (folder / "hash_keeps_share.py").read_text()
    assert re.match(r"# Exercise 2\.\d+: A hash that lies\n#\n# Write `share_by_size", text)
    assert "def share_by_size(keys, share):" in text and "from mlbook.ml.split import hashed_split" in text
    assert "raise NotImplementedError" in text
    number = text.split()[2].rstrip(":")
    for name in ("hash-keeps-share", number):
        assert mlbook(monkeypatch, "test", name) == 1
        assert capsys.readouterr().out.startswith("○ not attempted: hash-keeps-share")
    assert progress.load() == ({}, "")


def test_every_starter_is_python_and_not_attempted(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for slug in project_answers.RIGHT:
        assert mlbook(monkeypatch, "start", slug, "--out", "mine.py") == 0
        compile((folder / "mine.py").read_text(), "mine.py", "exec")
        assert all(
            len(line) <= 100 for line in (folder / "mine.py").read_text().splitlines() if line[:1] == "#"
        )
        assert mlbook(monkeypatch, "test", slug, "mine.py") == 1
        assert f"○ not attempted: {slug}" in capsys.readouterr().out
        (folder / "mine.py").unlink()


def test_start_never_writes_over_a_file(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "early_clean.py").write_text("mine")
    assert mlbook(monkeypatch, "start", "early-clean") == 1
    assert "is there already" in capsys.readouterr().err
    assert (folder / "early_clean.py").read_text() == "mine"
    assert mlbook(monkeypatch, "start", "early-clean", "--out", "new/other.py") == 0
    assert (folder / "new/other.py").exists()


def test_a_right_and_a_wrong_file(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "a.py").write_text(RIGHT)
    assert mlbook(monkeypatch, "test", "pull-to-mean", "a.py") == 0
    assert capsys.readouterr().out == "✓ right: pull-to-mean\n"
    (folder / "a.py").write_text(RIGHT.replace("[order]", ""))
    assert mlbook(monkeypatch, "test", "pull-to-mean", "a.py") == 1
    said = capsys.readouterr().out
    assert said.startswith("✗ wrong: pull-to-mean\n  must hold: each number is the mean residual of a tenth")
    assert "hint:      The rows were cut in the order in which they stand." in said
    (folder / "a.py").write_text('answer = "too low"\n')
    assert mlbook(monkeypatch, "test", "median-of-medians", "a.py") == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("def mean_by_tenth(:\n", "SyntaxError: invalid syntax (line 1)"),
        ("import nothing_of_this_name\n", "ModuleNotFoundError: No module named 'nothing_of_this_name'\n"),
        ("x = 1\n\n1 / 0\n", "in line 3: 1 / 0"),
        ("raise SystemExit(0)\n", "SystemExit: 0"),
        ("x = '\0'\n", "null byte"),
        ("x = '\xff'", "✗ wrong"),
        ("while True:\n    print('again')\n", "it prints at most"),
        ("", "a.py defines no mean_by_tenth. Write mean_by_tenth(sort_by, residual)"),
        ("mean_by_tenth = None\n", "○ not attempted"),
        ("mean_by_tenth = 3\n", "it is called as mean_by_tenth(sort_by, residual)"),
    ],
)
def test_a_file_that_cannot_be_executed_gets_a_verdict(
    text: str, said: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "a.py").write_bytes(text.encode("latin-1"))
    assert mlbook(monkeypatch, "test", "pull-to-mean", "a.py") == 1
    found = capsys.readouterr()
    assert said in found.out and found.err == "", found.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["test", "pull-to-mean"], "pull_to_mean.py: there is no such file"),
        (["test", "pull-to-mean", "gone.py"], "gone.py: there is no such file"),
        (["test", "pull-to-mean", "."], "there is no such file"),
        (["test", "pull-to-mean", "a.ipynb"], "is a notebook"),
        (["test", "2.99"], "there is no exercise 2.99"),
        (["start", "pull-to-means"], "Did you mean 'pull-to-mean'?"),
        (["start", "own-table"], "has no check"),
    ],
)
def test_wrong_calls_say_what_to_do(
    words: list[str],
    said: str,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (folder / "a.ipynb").write_text("{}")
    assert mlbook(monkeypatch, *words) == 1
    found = capsys.readouterr()
    assert said in found.err and "Traceback" not in found.err and found.out == ""


def test_a_time_limit_can_be_given(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "a.py").write_text("while True:\n    pass\n")
    assert mlbook(monkeypatch, "test", "pull-to-mean", "a.py", "--seconds", "0.5") == 1
    assert "it ends within 0.5 seconds" in capsys.readouterr().out


CALLS = """
import sys
from mlbook import cli
for words in CALLS:
    sys.argv = ["mlbook", "exercises", *words]
    try:
        cli.main()
    except SystemExit as left:
        print("exit", left.code or 0, flush=True)
"""


def calls(*words: list[str], before: str = "", **settings: str) -> list[str]:
    """Call `mlbook exercises` several times in another process; returns what each call said."""
    environment = {name: value for name, value in os.environ.items() if name != "MLBOOK_ROOT"}
    program = f"{before}\nCALLS = {list(words)!r}\n{CALLS}"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=environment | {"COLUMNS": "80"} | settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=True,
    )
    return re.findall(r"(?s)(.*?exit \d+)\n", done.stdout)


def test_with_the_package_alone_everything_but_numbers_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on Colab: installed into site-packages, no book anywhere near."""
    package = Path(exercises.__file__).parents[1]
    shutil.copytree(package, tmp_path / "site/mlbook", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "a.py").write_text(RIGHT)
    monkeypatch.chdir(tmp_path)
    tested, listed, started, numbered, chapter = calls(
        ["test", "pull-to-mean", "a.py"],
        [],
        ["start", "early-clean"],
        ["test", "2.7", "a.py"],
        ["2"],
        PYTHONPATH=str(tmp_path / "site"),
    )
    assert tested == "✓ right: pull-to-mean\nexit 0"
    assert (
        "pull-to-mean" in listed
        and "right, 1 try" in listed
        and f"1 right of {len(registry.every())}" in listed
    )
    assert "wrote early_clean.py" in started
    assert "def filled_both_ways(model, X, y, cv):" in (tmp_path / "early_clean.py").read_text()
    assert "only in the book's folder" in numbered and numbered.endswith("exit 1")
    assert "no book found" in chapter and chapter.endswith("exit 1")


def test_where_only_reading_is_installed_the_list_says_what_checking_needs() -> None:
    before = "import sys\nsys.modules['numpy'] = None"
    listed, tested = calls(["2"], ["test", "early-clean"], before=before, MLBOOK_ROOT=str(published.ROOT))
    assert "hash-keeps-share" in listed and "make setup" in listed and listed.endswith("exit 0")
    assert "numpy" in tested and "Traceback" not in tested and tested.endswith("exit 1")
