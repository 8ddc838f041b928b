"""What is kept of a chapter's execution besides its results."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from books import cell

from mlbook.book import timings
from mlbook.book.source import read

PAGE = (
    "---\ntitle: not counted here\n---\n\n"
    "# Two words {#sec-a .b}\n\nThree [more words](https://a.org/x-y), it's $x + y$ `{python} 1`.\n\n"
    "::: {.callout-note}\nFour.\n:::\n\n" + cell("code", "uncounted = 1") + "\n{{< include more.qmd >}}\n"
)


def test_words_are_those_of_the_prose(tmp_path: Path) -> None:
    (tmp_path / "page.qmd").write_text(PAGE)
    (tmp_path / "more.qmd").write_text("A solution of many words.\n")
    assert timings.words(read("page.qmd", tmp_path)) == 7


def test_a_dollar_sign_of_money_hides_no_words(tmp_path: Path) -> None:
    (tmp_path / "page.qmd").write_text(
        '# One {#sec-a}\n\nFor "$5 or more" four.\n\nThen $$\na\n$$ six, $b$ last.\n'
    )
    assert timings.words(read("page.qmd", tmp_path)) == 9


def test_what_is_written_is_read(tmp_path: Path) -> None:
    (tmp_path / "page.qmd").write_text(PAGE)
    (tmp_path / "more.qmd").write_text("x\n")
    cells = {"a": {"seconds": 0.5, "memory_mb": 100.0}, "b": {"seconds": 0.25, "memory_mb": 300.0}}
    timings.write(read("page.qmd", tmp_path), cells, 1.04, tmp_path)
    record = timings.read("page", tmp_path)
    assert (record["chapter"], record["seconds"], record["memory_mb"]) == ("page", 1.0, 300)
    assert record["cells"] == cells
    assert record["device"] == timings.device()


@pytest.mark.parametrize("text", ["", "{", "[1]", "null", json.dumps("x")])
def test_a_broken_record_is_none(tmp_path: Path, text: str) -> None:
    timings.path("page", tmp_path).parent.mkdir(parents=True)
    timings.path("page", tmp_path).write_text(text)
    assert timings.read("page", tmp_path) == {}
    assert timings.read("other", tmp_path) == {}
