"""Figures and widgets in the freeze: which files, and the Markdown that shows them.

On the site a numbered figure is a `#fig-` block with the light and the dark picture in one paragraph and the
caption in the last; in print it is the light picture alone. A widget is that block with its data behind the
pictures, which stay until the script has come, and where none does.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Literal

from mlbook.book.cells import Cell
from mlbook.errors import BookError

Format = Literal["html", "typ"]
FORMATS: tuple[Format, ...] = ("html", "typ")
FOLDERS: dict[Format, str] = {"html": "figure-html", "typ": "figure-typst"}
"""Quarto's name of the folder with a format's figures."""


@dataclass(frozen=True)
class Page:
    """What a cell's Markdown depends on besides the cell: the page's stem and the format."""

    stem: str
    format: Format

    def address(self, name: str) -> str:
        """Return a figure's address as the page refers to it."""
        return f"{self.stem}_files/{FOLDERS[self.format]}/{name}"


def one_line(text: object) -> str:
    """Put a caption on one line."""
    return " ".join(str(text).split())


def display(block: str) -> str:
    """Wrap a displayed block as Quarto does."""
    return f"::: {{.cell-output .cell-output-display}}\n{block}\n:::"


def figure(cell: Cell, drawing: dict[str, Any], page: Page, files: dict[str, str]) -> tuple[str, bool]:
    """Write a Matplotlib figure.

    Parameters
    ----------
    cell : Cell
    drawing : dict
        As `mlbook.viz.render.drawing` returns it.
    page : Page
    files : dict
        The cell's figure files by name; this figure's are added.

    Returns
    -------
    str, bool
        The block, and whether it stands below the cell's own.

    Raises
    ------
    BookError
        If the cell lacks `fig-alt`, or a numbered one shows a second figure.
    """
    images = _images(cell, drawing, page, files)
    if not numbered(cell):
        return display(images), False
    caption = one_line(cell.options["fig-cap"])
    if page.format == "html":
        return f"::: {{#{cell.label}}}\n{display(images)}\n\n{caption}\n:::", True
    target, _, attributes = images.removeprefix("![]").partition("{")
    return display(f"![{caption}]{target}{{#{cell.label} {attributes}"), False


def widget(cell: Cell, shown: dict[str, Any], page: Page, files: dict[str, str]) -> tuple[str, bool]:
    """Write a widget: on the site with its still until the script has come, in print the still alone.

    Parameters, return values and errors are those of `figure`; `shown` holds `kind`, `still`, and what is
    live: `spec` (the data for Plotly, as a dictionary), `name` and `data` (an explorable), or `html` (which
    needs no script, and so no still on the site).
    """
    if page.format == "typ":
        return figure(cell, shown["still"], page, files)
    if shown["kind"] != "html":
        live = _plotly(cell, shown) if shown["kind"] == "plotly" else _explorable(cell, shown)
        block = f"{display(_images(cell, shown['still'], page, files))}\n\n{live}"
    else:
        _alt(cell)
        block = f'```{{=html}}\n<div class="html-widget">{shown["html"]}</div>\n```'
    if not numbered(cell):
        return display(block), False
    return f"::: {{#{cell.label}}}\n{block}\n\n{one_line(cell.options['fig-cap'])}\n:::", True


def numbered(cell: Cell) -> bool:
    """Whether a cell's figure has a number: label `fig-…` and a caption."""
    return cell.label.startswith("fig-") and bool(cell.options.get("fig-cap"))


def _plotly(cell: Cell, shown: dict[str, Any]) -> str:
    """Write the element that Plotly's script fills, with its data inside."""
    label = _quoted(_alt(cell))
    height = shown["still"]["height"]
    return (
        f'```{{=html}}\n<div class="plotly-widget" id="widget-{cell.label}" data-height="{height}" hidden '
        f'role="figure" aria-label={label}>{_script(shown["spec"])}</div>\n```'
    )


def _explorable(cell: Cell, shown: dict[str, Any]) -> str:
    """Write the element in which an explorable builds itself, with its data inside."""
    label = _quoted(shown["data"]["title"])
    return (
        f'```{{=html}}\n<div class="explorable" id="explorable-{cell.label}" data-name="{shown["name"]}" '
        f'hidden role="group" aria-label={label}>{_script(shown["data"])}</div>\n```'
    )


def _script(data: dict[str, Any]) -> str:
    """Write data as a script element that no browser runs and no text inside can end."""
    text = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    safe = text.replace("<", "\\u003c").replace("\n", " ")
    return f'<script type="application/json">{safe}</script>'


def _images(cell: Cell, drawing: dict[str, Any], page: Page, files: dict[str, str]) -> str:
    """Keep a figure's files and write the pictures: light and dark on the site, light in print."""
    number = 1 + sum(not name.endswith("-dark.svg") for name in files)
    if number > 1 and numbered(cell):
        raise BookError(
            f"cell {cell.label!r} shows more than one figure",
            where=str(cell.place),
            hint="Draw them as panels of one figure, or split the cell: a figure has a label of its own.",
        )
    alt = f"fig-alt={_markdown_quoted(_alt(cell))}"
    light, dark = (f"{cell.label}-output-{number}{ending}.svg" for ending in ("", "-dark"))
    files[light] = drawing["light"]
    if page.format == "typ":
        return f"![]({page.address(light)}){{{alt}}}"
    files[dark] = drawing["dark"]
    size = f"width={drawing['width']} height={drawing['height']}"
    return (
        f"![]({page.address(light)}){{.light-content {alt} {size}}}\n"
        f"![]({page.address(dark)}){{.dark-content {alt} {size}}}"
    )


def _alt(cell: Cell) -> str:
    """Return a figure's alternative text, refusing a cell without one."""
    alt = one_line(cell.options.get("fig-alt", ""))
    if not alt:
        raise BookError(
            f"cell {cell.label!r} shows a figure without alternative text",
            where=str(cell.place),
            hint='Add `#| fig-alt: "…"`: what a reader who does not see it would learn from it.',
        )
    return alt


def _markdown_quoted(text: str) -> str:
    """Write a text as the value of an attribute in Markdown."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _quoted(text: str) -> str:
    """Write a text as the value of an attribute in HTML."""
    return '"' + text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;") + '"'
