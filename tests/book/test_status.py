"""`mlbook status` says what is fresh, what is stale, and because of what, with DVC and without."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from books import MakeBook

from mlbook import runs
from mlbook.book import freeze, record, status
from mlbook.book.outputs import Rendered
from mlbook.book.pictures import FORMATS
from mlbook.book.source import read

CELL = "```{python}\n#| label: one\n1 + 1\n```\n"
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def book(make_book: MakeBook, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A book of one frozen page and no runs."""
    root = make_book(one=CELL, plain="Words.\n")
    frozen = {form: Rendered(markdown="# Page\n") for form in FORMATS}
    freeze.write(read("chapters/one.qmd", root), frozen, root)
    monkeypatch.setattr(runs, "names", list)
    return root


def reasons(root: Path) -> dict[str, tuple[str, ...]]:
    return {state.name: state.reasons for state in status.states(root)}


@pytest.fixture
def without_dvc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(status, "has_dvc", lambda: False)


@pytest.fixture
def answer(book: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What DVC would say; stages "one" and "coins" are in its lock."""
    said: dict[str, Any] = {}
    stages = "stages:\n  one: {}\n  coins: {}\n"
    (book / "dvc.yaml").write_text(stages)
    (book / "dvc.lock").write_text(stages)
    monkeypatch.setattr(status, "has_dvc", lambda: True)
    monkeypatch.setattr(status, "dvc", lambda root, *arguments: json.dumps(said))
    return said


@pytest.mark.usefixtures("without_dvc")
def test_without_dvc_the_freeze_is_compared(
    book: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "150")
    assert status.report(book) == 0
    printed = capsys.readouterr().out
    assert "fresh" in printed and "stale" not in printed and "plain" not in printed
    assert "pip install -e '.[pipeline]'" in printed
    path = book / "chapters" / "one.qmd"
    path.write_text(path.read_text() + "More.\n")
    assert status.report(book) == 1
    printed = capsys.readouterr().out
    assert "the page has changed" in printed
    assert "mlbook run one" in printed


@pytest.mark.usefixtures("without_dvc")
def test_a_page_that_cannot_be_read_is_a_row(book: Path) -> None:
    path = book / "chapters" / "one.qmd"
    path.write_text(path.read_text().replace("1 + 1", "1 +"))
    (reason,) = reasons(book)["one"]
    assert reason.startswith("chapters/one.qmd:")
    assert "is not Python" in reason


def test_dvcs_reasons_in_words(book: Path, answer: dict[str, Any]) -> None:
    assert reasons(book) == {"one": ()}
    answer["one"] = [
        {
            "changed deps": {
                "code/mlbook/viz/style.py": "modified",
                "chapters/two.inc": "deleted",
                "data/registry.toml": {"iris.sha256": "modified"},
                "versions.toml": {"libraries.numpy": "modified"},
            }
        },
        {"changed outs": {"_freeze/chapters/one": "modified"}},
        "changed command",
    ]
    assert reasons(book)["one"] == (
        "code/mlbook/viz/style.py has changed",
        "chapters/two.inc is missing",
        "iris.sha256 in data/registry.toml has changed",
        "numpy has another version",
        "_freeze/chapters/one has changed",
        "its command has changed",
    )


def test_a_stage_that_the_lock_lacks(book: Path, answer: dict[str, Any]) -> None:
    answer["one"] = [{"changed deps": {"chapters/one.qmd": "modified"}}]
    (book / "dvc.lock").unlink()
    (state,) = status.states(book)
    assert state.reasons == (status.UNKNOWN,)
    assert state.mend == "dvc commit -f one"
    shutil.rmtree(book / "_freeze")
    (state,) = status.states(book)
    assert state.reasons == ("this page has no frozen results",)
    assert state.mend == "mlbook run one"


def test_a_run_is_judged_by_its_fingerprint(
    book: Path, answer: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "names", lambda: ["coins"])
    monkeypatch.setattr(status.store, "manifest", lambda name, root: {})
    monkeypatch.setattr(runs, "outdated", lambda name, stored: "")
    answer["coins"] = [{"changed deps": {"code/mlbook/runs/coins.py": "modified"}}]
    assert reasons(book)["coins"] == (), "a comment makes no run stale"
    answer["coins"] = [{"changed deps": {"versions.toml": {"libraries.numpy": "modified"}}}]
    assert reasons(book)["coins"] == ("numpy has another version",)
    del answer["coins"]
    monkeypatch.setattr(runs, "outdated", lambda name, stored: "its code has changed")
    assert reasons(book)["coins"] == ("its code has changed",)


def test_dvc_itself_is_asked(book: Path) -> None:
    pytest.importorskip("dvc")
    (book / ".dvc").mkdir()
    shutil.copy(ROOT / ".dvc" / "config", book / ".dvc" / "config")
    out = "{_freeze/chapters/one: {cache: false, persist: true}}"
    stage = f"{{cmd: x, deps: [chapters/one.qmd, a.py], outs: [{out}]}}"
    (book / "dvc.yaml").write_text(f"stages:\n  one: {stage}\n")
    (book / "a.py").write_text("1")
    record.dvc(book, "commit", "-f", "-q")
    assert reasons(book) == {"one": ()}
    (book / "a.py").write_text("2")
    assert reasons(book) == {"one": ("a.py has changed",)}


def test_a_lock_with_conflict_marks_is_one_message(book: Path) -> None:
    pytest.importorskip("dvc")
    (book / ".dvc").mkdir()
    shutil.copy(ROOT / ".dvc" / "config", book / ".dvc" / "config")
    (book / "dvc.yaml").write_text("stages:\n  one: {cmd: x, deps: [chapters/one.qmd]}\n")
    (book / "dvc.lock").write_text("<<<<<<< ours\nschema: '2.0'\n")
    with pytest.raises(record.BookError, match="DVC cannot work with the pipeline") as caught:
        status.states(book)
    assert "git checkout -- dvc.lock" in caught.value.hint
