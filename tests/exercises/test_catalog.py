"""Exercises are read from the sources, and found by id or by the number that the page shows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mlbook.book import config, source
from mlbook.book.press import fragments
from mlbook.errors import BookError
from mlbook.exercises import catalog, check

BOOK = """
project: {type: book}
book:
  title: Small
  author: Nobody
  chapters: [index.qmd, chapters/01-first.qmd, chapters/02-second.qmd]
  appendices: [chapters/A-third.qmd]
"""
FIRST = """# First {#sec-first}

::: {#exr-sum name="Sums" kind="code" difficulty="1"}
Write `add(a, b)`; see @sec-first and @exr-product.

```
::: {#exr-not-one}
```

::: {.hint}
It is shorter
than you think.
:::

A last line.
:::

::: {#exr-product kind="think"}
Why `{python} 1 + 1`?
:::
"""
SECOND = """# Second {#sec-second}

:::: {#exr-far name="Far" kind="explore" difficulty="3"}
::: {.callout-note}
Inside.
:::
Out.
::::
"""
THIRD = """# Third {#sec-third}

::: {#exr-last name="Last" kind="think" difficulty="2"}
Why?
:::
"""


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "chapters").mkdir()
    (tmp_path / "_quarto.yml").write_text(BOOK)
    (tmp_path / "index.qmd").write_text("# Preface {.unnumbered}\n")
    (tmp_path / "chapters/01-first.qmd").write_text(FIRST)
    (tmp_path / "chapters/02-second.qmd").write_text(SECOND)
    (tmp_path / "chapters/A-third.qmd").write_text(THIRD)
    monkeypatch.setenv("MLBOOK_ROOT", str(tmp_path))
    return tmp_path


def test_number_name_kind_and_statement_are_read(small: Path) -> None:
    first, second, third, last = catalog.exercises(small)
    assert (first.slug, first.number, first.title, first.kind, first.difficulty) == (
        "sum",
        "1.1",
        "Sums",
        "code",
        "1",
    )
    assert first.statement.startswith("Write `add(a, b)`; see Chapter 1 and Exercise 1.2.")
    assert first.statement.endswith("A last line.") and "{#exr-not-one}" in first.statement
    assert "shorter" not in first.statement and "think" not in first.statement
    assert (second.slug, second.number, second.title, second.kind) == ("product", "1.2", "", "think")
    assert second.statement == "Why `1 + 1`?"
    assert (third.slug, third.number) == ("far", "2.1") and "Out." in third.statement
    assert (last.slug, last.number) == ("last", "A.1")


def test_the_numbers_are_those_that_the_press_shows(small: Path) -> None:
    (small / "_extensions").symlink_to(Path(__file__).parents[2] / "_extensions")
    book = config.load(small)
    shown = {}
    for page in book.pages:
        text = source.read(page.path, small).expanded
        made = fragments.make(book, [fragments.Text(page, text, None, {}, executed=False, stale=False)])
        shown |= {
            key: entry["number"] for key, entry in made[page.path].ids.items() if entry["kind"] == "exr"
        }
    assert shown == {f"exr-{one.slug}": one.number for one in catalog.exercises(small)}


def test_one_chapter_alone(small: Path) -> None:
    for name in ("2", "02-second", "chapters/02-second.qmd"):
        assert [one.slug for one in catalog.exercises(small, name)] == ["far"]
    with pytest.raises(BookError, match="no chapter called '9'"):
        catalog.exercises(small, "9")


@pytest.mark.parametrize("name", ["sum", "exr-sum", "1.1", " 1.1 "])
def test_every_name_of_an_exercise(name: str, small: Path) -> None:
    assert catalog.slug_of(name) == "sum"


@pytest.mark.parametrize("name", ["1.3", "9.1", "B.1"])
def test_a_number_that_no_exercise_has(name: str, small: Path) -> None:
    with pytest.raises(BookError, match=f"there is no exercise {re.escape(name)}") as caught:
        catalog.slug_of(name)
    assert "mlbook exercises" in caught.value.hint


@pytest.mark.parametrize("name", [2.1, None, 3, b"2.1", ["2.1"]])
def test_a_number_without_quotation_marks_is_ambiguous(name: object) -> None:
    with pytest.raises(BookError, match="named by a text") as caught:
        check(name, 1)  # type: ignore[arg-type]
    assert "quotation marks" in caught.value.hint


def test_without_the_books_folder_a_number_says_what_to_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalog, "book_root", lambda: None)
    with pytest.raises(BookError, match="only in the book's folder") as caught:
        check("2.4", 1)
    assert "id" in caught.value.hint
    assert check("median-of-medians", "too low")


def test_unknown_names_are_answered_with_what_may_be_meant() -> None:
    with pytest.raises(BookError, match="no exercise called 'hash-keep-share'") as caught:
        check("hash-keep-share", 1)
    assert "Did you mean 'hash-keeps-share'?" in caught.value.hint and "which-split" in caught.value.hint
    with pytest.raises(BookError, match=r"exercise 2\.\d+, own-table, has no check") as caught:
        check("own-table", 1)
    assert "solution" in caught.value.hint
