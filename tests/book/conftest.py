"""Tiny books to work on: the fixture book with one executed chapter, and books made of given pages."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml
from books import FIXTURES, MakeBook


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """A copy of the fixture book, not executed."""
    return Path(shutil.copytree(FIXTURES / "tiny", tmp_path / "tiny"))


@pytest.fixture
def make_book(tmp_path: Path) -> MakeBook:
    """Make a book of pages given as `name=text`; each gets a heading. `settings` goes into `_quarto.yml`."""

    def make(*, settings: dict[str, object] | None = None, **pages: str) -> Path:
        root = tmp_path / "book"
        (root / "chapters").mkdir(parents=True)
        names = ["index.qmd", *(f"chapters/{name}.qmd" for name in pages)]
        book = {"project": {"type": "book"}, "book": {"title": "Made up", "chapters": names}}
        (root / "_quarto.yml").write_text(yaml.safe_dump(book | (settings or {})), encoding="utf-8")
        (root / "index.qmd").write_text("# Preface {.unnumbered}\n", encoding="utf-8")
        for name, text in pages.items():
            heading = f"# Page {name} {{#sec-{name}}}\n\n"
            (root / "chapters" / f"{name}.qmd").write_text(heading + text, encoding="utf-8")
        return root

    return make
