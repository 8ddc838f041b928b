"""A chapter as a notebook: it validates, reads well in Jupyter, and runs from a fresh kernel."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from books import MakeBook, cell
from nbclient import NotebookClient
from nbformat import NotebookNode

from mlbook.book import notebook
from mlbook.book.execute import run

RICH = (
    """
See @sec-rich, @fig-line, [-@tbl-t] and @eq-mean;
[@pace1997, p. 3; @unknown2000], @many2020 and [the data page](../data.qmd), [out](https://a.org).
`@fig-line` stays, and so does a@b.org. A [term]{.term} and a note[^1].

[^1]: The note.

$$ m = 1 $$ {#eq-mean}

## Second {#sec-second}

::: {.facts chapter="rich"}
:::

::: {.predict title="What next?"}
Think of @fig-line.

::: {.reveal}
"""
    + cell("fig-line", "print('line')", "fig-cap: A line.", "fig-alt: x")
    + """
It is a line.
:::
:::

::: {.callout-tip}
## Shorter
Do less.
:::

```
::: {.predict}
@fig-line
```

| a |
|---|
| 1 |

: A table. {#tbl-t}

::: {#exr-do name="Do it" kind="code" difficulty="1"}
See @sec-second.

::: {.hint}
Look.
:::
:::
"""
    + cell("hidden", "x = 1", "echo: false")
    + cell("still", "undefined", "eval: false")
    + cell("fails", "1 / 0", "error: true")
    + """
Value `{python} x`.

{{< include answers.qmd >}}
"""
)


BIBLIOGRAPHY = """
@article{pace1997,
  author = {Pace, R. Kelley and Barry, Ronald},
  title = {Sparse spatial autoregressions},
  year = {1997},
}

@book{many2020,
  author = {A, B and C, D and E, F and G, H},
  year = 2020,
}
"""


@pytest.fixture
def rich(make_book: MakeBook) -> NotebookNode:
    """A notebook of a page with everything in it."""
    root = make_book(rich=RICH)
    (root / "chapters/answers.qmd").write_text(
        "::: {.answer for=exr-do}\nSecret.\n:::\n\n" + cell("sol-x", "y = 2")
    )
    (root / "references.bib").write_text(BIBLIOGRAPHY)
    return load(root, "chapters/rich.qmd")


def load(root: Path, page: str) -> NotebookNode:
    """Write a page's notebook, check its form and read it."""
    target = root / "out/page.ipynb"
    notebook.write(page, root, target)
    first = target.read_bytes()
    notebook.write(page, root, target)
    assert target.read_bytes() == first
    found = nbformat.reads(first.decode(), as_version=4)
    nbformat.validate(found)
    assert len({cell.id for cell in found.cells}) == len(found.cells)
    return found


def prose(found: NotebookNode) -> str:
    """Return all Markdown cells."""
    return "\n\n".join(cell.source for cell in found.cells if cell.cell_type == "markdown")


def test_references_are_words(rich: NotebookNode) -> None:
    text = prose(rich)
    assert "See Chapter 1, Figure 1.1, 1.1 and Equation 1.1;\n" in text
    assert "(Pace and Barry 1997, p. 3; unknown2000), A et al. 2020 and the data page," in text
    assert "[out](https://a.org)" in text
    assert "`@fig-line` stays, and so does a@b.org." in text
    assert "A *term* and a note<sup>1</sup>." in text
    assert "$$ m = 1 $$\n" in text + "\n"
    assert "## Second\n" in text
    assert "**Table 1.1.** A table." in text
    assert "**Figure 1.1.** A line." in text


def test_boxes_are_quotations_across_their_cells(rich: NotebookNode) -> None:
    text = prose(rich)
    assert "> **Predict: What next?**\n>\n> Think of Figure 1.1." in text
    assert "> > It is a line." in text
    assert "> **Tip**\n>\n> ## Shorter\n> Do less." in text
    assert "**Exercise 1.1: Do it**\n\nSee Section 1.1." in text
    assert "> **Hint**\n>\n> Look." in text
    assert "```\n::: {.predict}\n@fig-line\n```" in text
    outside = text.replace("```\n::: {.predict}\n@fig-line\n```", "").replace("`@fig-line` stays", "")
    for left in (":::", "{#", "{.", "@fig", "@sec", "{{<"):
        assert left not in outside


def test_cells_keep_their_labels_and_solutions_stay_out(rich: NotebookNode) -> None:
    code = {cell.id: cell for cell in rich.cells if cell.cell_type == "code"}
    assert list(code) == ["fig-line", "hidden", "fails"]
    assert code["fig-line"].source == "print('line')"
    assert code["hidden"].metadata == {"jupyter": {"source_hidden": True}}
    assert code["fails"].metadata == {"tags": ["raises-exception"]}
    assert "```python\nundefined\n```" in prose(rich)
    assert "Secret" not in prose(rich)
    assert "Value `x`." in prose(rich)


def test_inline_values_come_from_the_freeze_while_it_is_fresh(make_book: MakeBook) -> None:
    root = make_book(one=cell("a", "n = 41") + "\nIt is `{python} n + 1`.\n")
    run([], root=root)
    assert "It is 42." in prose(load(root, "chapters/one.qmd"))
    page = root / "chapters/one.qmd"
    page.write_text(page.read_text() + "\nMore.\n")
    assert "It is `n + 1`." in prose(load(root, "chapters/one.qmd"))


def test_the_package_is_fetched_where_it_is_missing(make_book: MakeBook) -> None:
    book: dict[str, object] = {"title": "T", "repo-url": "https://a.org/b/", "chapters": ["chapters/one.qmd"]}
    root = make_book(settings={"book": book}, one=cell("a", "1"))
    found = load(root, "chapters/one.qmd")
    assert "[T](https://a.org/b)" in found.cells[0].source
    setup = found.cells[1]
    assert setup.cell_type == "code"
    assert '"mlbook[run] @ git+https://a.org/b"' in setup.source
    # Here the package is installed, so the cell does nothing; without it, it would call pip.
    subprocess.run([sys.executable, "-c", setup.source], check=True)
    elsewhere = (
        "import importlib.util, subprocess\n"
        "importlib.util.find_spec = lambda name: None\n"
        "subprocess.run = lambda *a, **k: print(a[0][1:4])\n"
    )
    command = [sys.executable, "-c", elsewhere + setup.source]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert done.stdout == "['-m', 'pip', 'install']\n"


def test_links_lead_to_the_site_where_it_has_an_address(make_book: MakeBook) -> None:
    book: dict[str, object] = {"title": "T", "site-url": "https://a.org/b", "chapters": ["chapters/one.qmd"]}
    root = make_book(settings={"book": book}, one="See [data](../data.qmd#get), [two](two.qmd).\n")
    assert "[data](https://a.org/b/data.html#get), [two](https://a.org/b/chapters/two.html)" in prose(
        load(root, "chapters/one.qmd")
    )


def test_runs_from_a_fresh_kernel(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MLBOOK_EXECUTE", "QUARTO_EXECUTE_INFO", "MPLBACKEND"):
        monkeypatch.delenv(name, raising=False)
    found = load(tiny, "chapters/01-tiny.qmd")
    NotebookClient(
        found, timeout=60, kernel_name="python3", resources={"metadata": {"path": str(tiny)}}
    ).execute()
    outputs = {cell.id: cell.outputs for cell in found.cells if cell.cell_type == "code"}
    assert outputs["tiny-sum"][0].text == "sum 10\n"
    assert "text/html" in outputs["tbl-tiny-frame"][0].data
    assert any("image/png" in output.get("data", {}) for output in outputs["fig-tiny-line"])
    assert any("plotly" in kind for kind in outputs["fig-tiny-widget"][-1].data)
    assert outputs["tiny-error"][0].ename == "ZeroDivisionError"
