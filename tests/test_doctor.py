"""What `mlbook doctor` finds, and what it calls bad."""

from __future__ import annotations

import os
import sys
from collections import namedtuple
from pathlib import Path
from types import SimpleNamespace

import pytest

from mlbook import doctor, machine
from mlbook.doctor import Finding, examine

ROOT = Path(__file__).resolve().parents[1]
Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A whole, empty book whose lock files name one package that is installed as locked."""
    root = tmp_path / "book"
    (root / "data").mkdir(parents=True)
    (root / "_quarto.yml").write_text("book: {title: Empty, chapters: []}\n")
    for name in ("requirements-read.lock", "requirements.lock"):
        (root / name).write_text(f"rich=={doctor._version('rich')} \\\n    --hash=sha256:0\n")
    for name in ("MLBOOK_DATA", "MLBOOK_MIRROR", "MLBOOK_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MLBOOK_ROOT", str(root))
    return root


@pytest.fixture(autouse=True)
def torch(monkeypatch: pytest.MonkeyPatch) -> None:
    """A PyTorch without GPU, which need not be imported."""
    cuda = SimpleNamespace(is_available=lambda: False)
    mps = SimpleNamespace(mps=SimpleNamespace(is_available=lambda: False))
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=cuda, backends=mps))
    monkeypatch.setattr(doctor, "_full_version", lambda name: "2.13.0+cpu")


def found(root: Path, what: str) -> list[Finding]:
    return [finding for finding in examine(root) if finding.what == what]


def only(root: Path, what: str) -> Finding:
    (finding,) = found(root, what)
    return finding


def test_a_good_machine(book: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert doctor.report(book) == 0
    printed = capsys.readouterr().out
    assert "Everything that is needed is here." in printed
    for what in (
        "Python",
        "packages to read",
        "Quarto",
        "processor",
        "PyTorch",
        "Chromium",
        "data",
        "disk",
        "freeze",
    ):
        assert what in printed
    assert [finding for finding in examine(book) if finding.state == "bad"] == []


def test_every_finding_that_is_not_ok_has_a_mend(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (book / "requirements-read.lock").write_text("nopackage==1\nrich==0.1\n")
    monkeypatch.setenv("MLBOOK_OFFLINE", "1")
    findings = examine(book)
    assert sum(finding.state != "ok" for finding in findings) >= 3
    assert all(finding.mend for finding in findings if finding.state != "ok")


def test_outside_a_book(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MLBOOK_ROOT", str(tmp_path / "nothing"))
    monkeypatch.setattr(doctor.files, "root", fails_to_find)
    assert doctor.report() == 1


def fails_to_find() -> Path:
    raise doctor.BookError("no book found", hint="Change into the folder you cloned.")


def test_missing_packages(book: Path) -> None:
    (book / "requirements-read.lock").write_text("nopackage==1\n")
    reading = only(book, "packages to read")
    assert (reading.state, reading.text) == ("bad", "not installed: nopackage")
    assert "`make read`" in reading.mend
    (book / "requirements.lock").write_text("".join(f"no{n}==1\n" for n in range(7)))
    running = only(book, "packages to run")
    assert running.state == "note", "reading works without"
    assert running.text == "not installed: no0, no1, no2, no3 and 3 more"


def test_other_versions_and_other_machines(book: Path) -> None:
    (book / "requirements-read.lock").write_text("rich==0.1\nnopackage==1 ; sys_platform == 'plan9'\n")
    finding = only(book, "packages to read")
    assert finding.state == "note"
    assert finding.text == f"rich {doctor._version('rich')}, locked 0.1"


def test_a_missing_lock_file(book: Path) -> None:
    (book / "requirements.lock").unlink()
    finding = only(book, "packages")
    assert finding.state == "bad"
    assert "git checkout -- requirements.lock" in finding.mend


@pytest.mark.parametrize(
    ("printed", "state"), [("1.10.18", "ok"), ("1.9.0", "ok"), ("1.8.2", "note"), ("", "note")]
)
def test_quarto(
    book: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, printed: str, state: str
) -> None:
    quarto = tmp_path / "quarto"
    quarto.write_text(f"#!/bin/sh\necho '{printed}'\n")
    quarto.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert only(book, "Quarto").state == state


def test_without_quarto_the_press_is_named(
    book: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    finding = only(book, "Quarto")
    assert finding.state == "ok" and "built-in press" in finding.text


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux gets the GPU build unasked")
def test_gigabytes_are_warned_of(book: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(doctor, "_full_version", lambda name: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    finding = only(book, "PyTorch")
    assert finding.state == "note"
    assert "2 GB" in finding.mend and machine.CPU_INDEX in finding.mend


def test_damaged_data_is_bad(book: Path) -> None:
    cache = book / "data" / "cache"
    cache.mkdir()
    (cache / "california_housing.csv").write_text("x")
    bad = [finding for finding in found(book, "data") if finding.state == "bad"]
    assert len(bad) == 1
    assert "is cut short" in bad[0].text
    assert bad[0].mend == "`mlbook data get california_housing` fetches it again"


def test_a_mirror_that_is_not_there_is_bad(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLBOOK_MIRROR", str(book / "nowhere"))
    assert any(finding.state == "bad" and "MLBOOK_MIRROR" in finding.text for finding in found(book, "data"))


def test_folders_that_may_not_be_written(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    access = os.access  # `which` asks it too, whether a program may be run
    monkeypatch.setattr(doctor.os, "access", lambda path, mode: mode != os.W_OK and access(path, mode))
    texts = [finding.text for finding in examine(book) if finding.state == "bad"]
    assert len(texts) == 2
    assert all("may not be written to" in text for text in texts)


@pytest.mark.parametrize(("free", "state"), [(50e6, "bad"), (50e9, "ok")])
def test_disk(book: Path, monkeypatch: pytest.MonkeyPatch, free: float, state: str) -> None:
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda path: Usage(1e12, 0, free))
    assert only(book, "disk").state == state


def test_the_freeze_is_summed_up(book: Path) -> None:
    (book / "_quarto.yml").write_text("book: {title: One, chapters: [one.qmd]}\n")
    (book / "one.qmd").write_text("# One {#sec-one}\n\n```{python}\n#| label: a\n1\n```\n")
    finding = only(book, "freeze")
    assert (finding.state, finding.text) == ("note", "0 of 1 pages with code are fresh; stale: one")
    assert finding.mend == "`mlbook run one`"


def test_a_broken_book_is_one_finding(book: Path) -> None:
    (book / "_quarto.yml").write_text("book: [")
    finding = only(book, "freeze")
    assert finding.state == "bad"
    assert finding.text.startswith("_quarto.yml")


def test_the_real_book_can_be_examined() -> None:
    found_here = {finding.what for finding in examine(ROOT)}
    assert {"Python", "packages to read", "packages to run", "disk", "data"} <= found_here
