"""What the parser takes for a cell, an inline expression and an include, and what it says about a bad one."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlbook.book.source import Cell, Inline, Source, Text, md5, read
from mlbook.errors import BookError


def parse(tmp_path: Path, text: str, **others: str) -> Source:
    """Read `text` as a page, with other files beside it ("__" in a name is a slash)."""
    for name, content in others.items():
        path = tmp_path / (name.replace("__", "/") + ".qmd")
        path.parent.mkdir(exist_ok=True)
        path.write_text(content, encoding="utf-8")
    (tmp_path / "page.qmd").write_text(text, encoding="utf-8")
    return read("page.qmd", tmp_path)


def fault(tmp_path: Path, text: str, **others: str) -> BookError:
    """Return the error that a page gives."""
    with pytest.raises(BookError) as caught:
        parse(tmp_path, text, **others)
    return caught.value


def test_tells_apart_front_matter_text_cells_and_inlines(tmp_path: Path) -> None:
    source = parse(
        tmp_path,
        "---\ntitle: x\n---\n\n# One\n\nA `{python} n + 1` b.\n\n"
        "```{python}\n#| label: first\n#| echo: false\n#| timeout: 2.5\nn = 1\n```\n",
    )
    assert source.front == {"title": "x"}
    assert [type(piece) for piece in source.pieces] == [Text, Text, Inline, Text, Cell]
    assert source.inlines[0].expression == "n + 1"
    assert str(source.inlines[0].place) == "page.qmd:7"
    cell = source.cells[0]
    assert (cell.label, cell.code, cell.echo) == ("first", "n = 1\n", False)
    assert cell.options == {"echo": False, "timeout": 2.5}
    assert str(cell.place) == "page.qmd:9"
    assert str(cell.at(4)) == "page.qmd:13"


def test_pieces_put_together_are_the_text(tmp_path: Path) -> None:
    text = (
        "# A\n\nx `{python} 1` y `{python} 2`\n\n::: {.note}\n```{python}\n#| label: c\n1\n```\n:::\n\nend\n"
    )
    source = parse(tmp_path, text)

    def written(piece: Text | Inline | Cell) -> str:
        if isinstance(piece, Text):
            return piece.text
        return (
            f"`{{python}} {piece.expression}`"
            if isinstance(piece, Inline)
            else f"```{{python}}\n{piece.body}```\n"
        )

    assert "".join(map(written, source.pieces)) == text == source.expanded
    assert len(source.lines) == text.count("\n")


@pytest.mark.parametrize(
    "text",
    [
        "````markdown\n```{python}\n1 / 0\n```\n````\n",
        "~~~\n```{python}\nx\n```\n~~~\n",
        "    ```{python}\n    x\n    ```\n",
        "<!--\n```{python}\nx\n```\n-->\n",
        "``` {.python}\nx\n```\n",
        "```python\nx\n```\n",
    ],
    ids=["longer fence", "tildes", "indented code", "comment", "attributes", "language"],
)
def test_what_is_no_cell(tmp_path: Path, text: str) -> None:
    source = parse(tmp_path, text)
    assert source.cells == ()
    assert source.expanded == text


@pytest.mark.parametrize(
    "text",
    [
        "`` `{python} x` ``",
        "`python x`",
        "```\n`{python} x`\n```",
        "<!-- `{python} x` -->",
        "`{r} x`",
        "\\`{python} x\\`",
    ],
)
def test_what_is_no_inline_expression(tmp_path: Path, text: str) -> None:
    assert parse(tmp_path, text + "\n").inlines == ()


def test_cells_inside_boxes_and_indented_by_up_to_three_blanks(tmp_path: Path) -> None:
    indented = "  ```{python}\n  #| label: inner\n  if True:\n      x = 1\n  ```\n"
    text = f":::: {{.predict}}\n::: {{.reveal}}\n{indented}:::\n::::\n"
    cell = parse(tmp_path, text).cells[0]
    assert cell.code == "if True:\n    x = 1\n"


def test_a_fence_is_closed_only_by_one_as_long(tmp_path: Path) -> None:
    text = '````{python}\n#| label: long\ns = """\n```\n"""\n````\n\nafter `{python} s`\n'
    source = parse(tmp_path, text)
    assert source.cells[0].code == 's = """\n```\n"""\n'
    assert len(source.inlines) == 1


def test_an_inline_expression_may_run_over_a_line_end(tmp_path: Path) -> None:
    source = parse(tmp_path, 'x `{python} f"{a:.1f} and\n{b}"` y\n')
    assert source.inlines[0].expression == 'f"{a:.1f} and {b}"'


def test_includes_stand_in_their_place_and_keep_their_lines(tmp_path: Path) -> None:
    source = parse(
        tmp_path,
        "one\n\n{{< include parts/two.qmd >}}\nthree\n",
        parts__two="two\n\n{{< include deep.qmd >}}\n",
        parts__deep="```{python}\n#| label: deep\n1\n```\n",
    )
    assert source.expanded == "one\n\ntwo\n\n```{python}\n#| label: deep\n1\n```\nthree\n"
    assert str(source.cells[0].place) == "parts/deep.qmd:1"
    assert [str(place) for place in source.lines[:3]] == ["page.qmd:1", "page.qmd:2", "parts/two.qmd:1"]
    assert str(source.lines[-1]) == "page.qmd:4"
    assert set(source.includes) == {"parts/two.qmd", "parts/deep.qmd"}


def test_text_of_two_files_is_two_pieces(tmp_path: Path) -> None:
    source = parse(tmp_path, "one\n{{< include two.qmd >}}\n`{python} 1` three\n", two="two\n")
    texts = [(piece.place.file, piece.text) for piece in source.pieces if isinstance(piece, Text)]
    assert texts == [("page.qmd", "one\n"), ("two.qmd", "two\n"), ("page.qmd", " three\n")]


def test_an_include_in_code_is_text(tmp_path: Path) -> None:
    assert parse(tmp_path, "```\n{{< include nowhere.qmd >}}\n```\n").includes == {}


def test_hash_is_that_of_the_file_alone_with_lf(tmp_path: Path) -> None:
    source = parse(tmp_path, "a\n\n{{< include b.qmd >}}\n", b="b\n")
    before = source.hash
    (tmp_path / "page.qmd").write_bytes(b"a\r\n\r\n{{< include b.qmd >}}\r\n")
    (tmp_path / "b.qmd").write_text("changed\n")
    again = read("page.qmd", tmp_path)
    assert again.hash == before == md5("a\n\n{{< include b.qmd >}}\n")
    assert again.includes != source.includes
    assert "\r" not in again.expanded


CELL = "text\n\n```{python}\n"


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        (CELL + "x = 1\n```\n", "page.qmd:3", "no label"),
        (CELL + "#| label:\nx = 1\n```\n", "page.qmd:3", "label"),
        (CELL + "#| label: my cell\nx = 1\n```\n", "page.qmd:3", "'my cell'"),
        (CELL + "#| label: a\n#| colour: red\nx = 1\n```\n", "page.qmd:3", "'colour'"),
        (CELL + "#| label: a\n#| echo: 3\nx = 1\n```\n", "page.qmd:3", "true or false"),
        (CELL + "#| label: a\n#| timeout: true\nx = 1\n```\n", "page.qmd:3", "a number"),
        (CELL + "#| label: a\n#| fig-cap: a: b: c\nx = 1\n```\n", "page.qmd:5", "not YAML"),
        (CELL + "#| label: a\nx = (1\n```\n", "page.qmd:5", "not Python"),
        (CELL + "#| label: a\nx = 1\nreturn x\n```\n", "page.qmd:6", "'return' outside function"),
        (CELL + "#| label: a\n%matplotlib inline\n```\n", "page.qmd:5", "not Python"),
        ("```{python, echo=FALSE}\nx\n```\n", "page.qmd:1", "first line"),
        (CELL + "#| label: a\nx = 1\n", "page.qmd:3", "never closed"),
        ("a\n<!-- b\n", "page.qmd:2", "never closed"),
        ("---\ntitle: x\n", "page.qmd:1", "not closed"),
        ("---\na: [1\n---\n", "page.qmd:3", "not YAML"),
        ("a `{python} 1 +` b\n", "page.qmd:1", "`1 +` is not Python"),
        ("{{< include gone.qmd >}}\n", "page.qmd:1", "gone.qmd"),
        ("{{< include page.qmd >}}\n", "page.qmd:1", "includes this file"),
    ],
)
def test_faults_name_file_and_line(tmp_path: Path, text: str, place: str, message: str) -> None:
    error = fault(tmp_path, text)
    assert error.where == place
    assert message in error.message


def test_a_label_used_twice_names_both_places(tmp_path: Path) -> None:
    one = "```{python}\n#| label: same\n1\n```\n"
    error = fault(tmp_path, one + "\n{{< include two.qmd >}}\n", two="\n" + one)
    assert error.where == "two.qmd:2"
    assert "page.qmd:1" in error.hint


def test_a_fault_in_an_include_names_the_include(tmp_path: Path) -> None:
    error = fault(tmp_path, "a\n\n{{< include two.qmd >}}\n", two="x\n\n```{python}\n#| label: b\n1 +\n```\n")
    assert error.where == "two.qmd:5"


def test_a_file_that_is_not_utf8_or_not_there(tmp_path: Path) -> None:
    (tmp_path / "latin.qmd").write_bytes(b"caf\xe9\n")
    with pytest.raises(BookError, match="UTF-8"):
        read("latin.qmd", tmp_path)
    with pytest.raises(BookError, match="no such file"):
        read("none.qmd", tmp_path)


@given(
    st.lists(
        st.sampled_from(
            ["a", "", "```", "````", "~~~", "`{python} x`", "``", "<!--", "-->", "    ```{python}", ":::"]
        )
    )
)
def test_any_text_is_kept_or_refused(tmp_path_factory: pytest.TempPathFactory, lines: list[str]) -> None:
    text = "\n".join(["# T", *lines, ""])
    try:
        source = parse(tmp_path_factory.mktemp("any"), text)
    except BookError as error:
        assert "never closed" in error.message
        return
    rest = "".join(
        p.text if isinstance(p, Text) else f"`{{python}} {p.expression}`"
        for p in source.pieces
        if not isinstance(p, Cell)
    )
    assert rest == text
