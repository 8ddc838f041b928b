"""Writing and reading the freeze: whole or not at all, and a clear word about what is broken."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import pytest

from mlbook import files
from mlbook.book import freeze
from mlbook.book.outputs import Rendered
from mlbook.book.pictures import Format
from mlbook.book.source import Source, read
from mlbook.errors import BookError

PAGE = "chapters/one.qmd"
FIGURE = "fig-a-output-1.svg"


@pytest.fixture
def source(tmp_path: Path) -> Source:
    """A page of a book at `tmp_path`."""
    (tmp_path / "chapters").mkdir()
    (tmp_path / PAGE).write_text("# One\n\n{{< include more.qmd >}}\n", encoding="utf-8")
    (tmp_path / "chapters/more.qmd").write_text("more\n", encoding="utf-8")
    return read(PAGE, tmp_path)


def rendered(text: str) -> dict[Format, Rendered]:
    """Return both formats of a page with a figure."""
    image = "![](one_files/figure-{}/" + FIGURE + ")\n"
    return {
        "html": Rendered(text + image.format("html"), {FIGURE: "<svg/>"}, ["3"]),
        "typ": Rendered(text + image.format("typst"), {FIGURE: "<svg/>"}, ["3"]),
    }


def entry(root: Path, form: str = "html") -> Path:
    """Return the file of a format's entry."""
    return root / f"_freeze/chapters/one/execute-results/{form}.json"


def test_what_is_written_is_what_quarto_reads(source: Source, tmp_path: Path) -> None:
    freeze.write(source, rendered("é\n"), tmp_path)
    stored = json.loads(entry(tmp_path).read_text(encoding="utf-8"))
    assert stored["hash"] == source.hash
    assert stored["result"] == {
        "engine": "jupyter",
        "markdown": f"é\n![](one_files/figure-html/{FIGURE})\n",
        "supporting": ["one_files/figure-html"],
        "filters": [],
    }
    printed = json.loads(entry(tmp_path, "typ").read_text(encoding="utf-8"))
    assert printed["result"]["supporting"] == ["one_files/figure-typst"]
    frozen = freeze.load(PAGE, tmp_path, "html")
    assert (frozen.figures / FIGURE).read_text() == "<svg/>"
    assert frozen.inlines == ["3"]
    assert freeze.stale(source, tmp_path) == ""


def test_a_page_without_figures_names_no_folder(source: Source, tmp_path: Path) -> None:
    freeze.write(source, {"html": Rendered("x\n"), "typ": Rendered("x\n")}, tmp_path)
    assert json.loads(entry(tmp_path).read_text())["result"]["supporting"] == []


def test_a_new_freeze_takes_the_old_ones_place_entirely(source: Source, tmp_path: Path) -> None:
    freeze.write(source, rendered("old\n"), tmp_path)
    freeze.write(source, {"html": Rendered("new\n"), "typ": Rendered("new\n")}, tmp_path)
    left = {path.name for path in (tmp_path / "_freeze").rglob("*") if path.is_file()}
    assert left == {"html.json", "typ.json"}
    assert [path.name for path in (tmp_path / "_freeze/chapters").iterdir()] == ["one"]


BROKEN = {
    "truncated": (lambda text: text[: len(text) // 2], "cut off or damaged"),
    "empty": (lambda text: "", "cut off or damaged"),
    "conflict": (lambda text: f"<<<<<<< HEAD\n{text}=======\n{text}>>>>>>> other\n", "merge conflict"),
    "conflict inside": (lambda text: text.replace("{\n", "{\n<<<<<<< HEAD\n", 1), "merge conflict"),
    "a list": (lambda text: "[1, 2]", "not a frozen page"),
    "no result": (lambda text: '{"hash": "x"}', "not a frozen page"),
    "no text": (lambda text: '{"hash": "x", "result": {"markdown": 3}}', "not a frozen page"),
    "null": (lambda text: '{"hash": null, "result": {"markdown": "x"}}', "not a frozen page"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_entry_is_named_with_its_mend(source: Source, tmp_path: Path, name: str) -> None:
    freeze.write(source, rendered("x\n"), tmp_path)
    spoil, message = BROKEN[name]
    entry(tmp_path).write_text(spoil(entry(tmp_path).read_text()))
    with pytest.raises(BookError) as caught:
        freeze.load(PAGE, tmp_path, "html")
    assert message in caught.value.message
    assert caught.value.where.startswith("_freeze/chapters/one/execute-results/html.json")
    assert "mlbook run one" in caught.value.hint
    assert "git checkout -- _freeze/chapters/one" in caught.value.hint
    assert message in freeze.stale(source, tmp_path)


def test_bytes_that_are_no_text(source: Source, tmp_path: Path) -> None:
    freeze.write(source, rendered("x\n"), tmp_path)
    entry(tmp_path).write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BookError, match="cannot be read"):
        freeze.load(PAGE, tmp_path, "html")


def test_a_missing_entry_and_a_missing_figure(source: Source, tmp_path: Path) -> None:
    with pytest.raises(BookError, match="no frozen results"):
        freeze.load(PAGE, tmp_path, "typ")
    freeze.write(source, rendered("x\n"), tmp_path)
    (tmp_path / f"_freeze/chapters/one/figure-typst/{FIGURE}").unlink()
    assert freeze.load(PAGE, tmp_path, "html")
    with pytest.raises(BookError, match=f"lacks the figure {FIGURE}"):
        freeze.load(PAGE, tmp_path, "typ")


@pytest.mark.parametrize(
    ("file", "reason"),
    [(PAGE, "the page has changed"), ("chapters/more.qmd", "chapters/more.qmd has changed")],
)
def test_stale_names_what_changed(source: Source, tmp_path: Path, file: str, reason: str) -> None:
    freeze.write(source, rendered("x\n"), tmp_path)
    (tmp_path / file).write_text((tmp_path / file).read_text() + "!\n")
    assert freeze.stale(read(PAGE, tmp_path), tmp_path) == reason


def test_line_ends_do_not_make_it_stale(source: Source, tmp_path: Path) -> None:
    freeze.write(source, rendered("x\n"), tmp_path)
    for file in (PAGE, "chapters/more.qmd"):
        (tmp_path / file).write_bytes((tmp_path / file).read_bytes().replace(b"\n", b"\r\n"))
    assert freeze.stale(read(PAGE, tmp_path), tmp_path) == ""


def test_a_full_disk_leaves_the_old_freeze(
    source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    freeze.write(source, rendered("old\n"), tmp_path)
    written = []

    def full(handle: int) -> None:
        written.append(handle)
        if len(written) == 3:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(BookError, match="disk is full"):
        freeze.write(source, rendered("new\n"), tmp_path)
    assert len(written) == 3
    assert freeze.load(PAGE, tmp_path, "html").markdown.startswith("old")
    assert freeze.load(PAGE, tmp_path, "typ").markdown.startswith("old")
    assert [path.name for path in (tmp_path / "_freeze/chapters").iterdir()] == ["one"]


def test_a_kill_between_the_renames_is_mended(
    source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    freeze.write(source, rendered("old\n"), tmp_path)
    target = freeze.folder(PAGE, tmp_path)
    target.rename(target.with_name(".old-one"))
    (target.with_name(".new-one") / "execute-results").mkdir(parents=True)
    freeze.clear(PAGE, tmp_path)
    assert freeze.load(PAGE, tmp_path, "html").markdown.startswith("old")
    assert [path.name for path in (tmp_path / "_freeze/chapters").iterdir()] == ["one"]

    def killed(new: Path, old: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(files, "swap", killed)
    with pytest.raises(KeyboardInterrupt):
        freeze.write(source, rendered("new\n"), tmp_path)
    assert freeze.load(PAGE, tmp_path, "html").markdown.startswith("old")
    assert [path.name for path in (tmp_path / "_freeze/chapters").iterdir()] == ["one"]
