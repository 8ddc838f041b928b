"""What a cell gave, as Markdown in the two forms of the freeze: for the site ("html") and for print ("typ").

The forms are Quarto's own, so that Quarto and the press typeset the same frozen text. What would differ on
the next machine (addresses in memory, paths, times) or should not be shown (warnings) is refused here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from mlbook.book import pictures
from mlbook.book.cells import Cell
from mlbook.book.pictures import Page
from mlbook.errors import BookError
from mlbook.viz.render import FIGURE
from mlbook.viz.show import WIDGET

_ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
_ARTIST = re.compile(r"<matplotlib\.|<Axes|<Figure|<\w*Container object|^\[?Text\(|Line2D")
_SHOW = "a cell that shows it on purpose says `#| error: true`"
_FOREIGN: tuple[tuple[str, str, str], ...] = (
    (
        r"\bat 0x[0-9a-fA-F]{4,}",
        "a memory address",
        "Show a value of the object in place of the object itself.",
    ),
    (
        r"(?<![\w.:/<])(?:/(?:home|root|Users|tmp|work|private|var/folders|mnt|usr/lib)/\S+|[A-Z]:\\\w\S*)",
        "an absolute path",
        "Show the path relative to the book's folder, or its name alone.",
    ),
    (
        r"\b(?:Wall time|CPU times|loops? each)\b",
        "a measured time",
        "Times differ on every run: take them from a stored run, or show a ratio.",
    ),
    (r"\b\w*Warning: ", "a warning", f"Mend its cause; {_SHOW}."),
    (r"Traceback \(most recent call last\)", "a traceback", f"Mend its cause; {_SHOW}."),
)


@dataclass
class Rendered:
    """One format's Markdown of a page or cell, its figures by file name, a page's inline values in order."""

    markdown: str = ""
    figures: dict[str, str] = field(default_factory=dict)
    inlines: list[str] = field(default_factory=list)


def render(cell: Cell, outputs: list[dict[str, Any]], count: int | None, page: Page) -> Rendered:
    """Write one cell for one format.

    Parameters
    ----------
    cell : Cell
    outputs : list of dict
        Its Jupyter outputs; empty for a cell that was not executed.
    count : int or None
        Its number in the kernel.
    page : Page

    Returns
    -------
    Rendered
        The cell's block; on the site a numbered figure stands below it in a block of its own.

    Raises
    ------
    BookError
        If an output is one that may not be frozen, or a figure lacks its alternative text.
    """
    done = Rendered()
    inside = [_code(cell, page)] if cell.echo else []
    below: list[str] = []
    drawn = any(FIGURE in output.get("data", {}) for output in outputs)
    for output in outputs:
        _refuse_warning(cell, output)
        if cell.options.get("output", True):
            text, apart = _output(cell, output, drawn, page, done)
            (below if apart else inside).extend([text] if text else [])
    number = f" execution_count={count}" if count is not None else ""
    block = "\n\n".join(inside)
    blocks = [f"::: {{#cell-{cell.label} .cell{number}}}\n{block}\n:::"] if inside else []
    done.markdown = "\n\n".join(blocks + below) + "\n" if blocks or below else ""
    return done


def without_colors(text: str) -> str:
    """Take a terminal's color codes out of a text."""
    return _ANSI.sub("", text)


def check(text: str, *, where: str, what: str) -> None:
    """Refuse a text that holds what would differ on the next machine.

    Raises
    ------
    BookError
        Naming what was found and what to do.
    """
    for pattern, name, hint in _FOREIGN:
        found = re.search(pattern, text)
        if found:
            raise BookError(f"{what} shows {name}: {found[0][:80]!r}", where=where, hint=hint)


def _fence(text: str) -> str:
    """Return a fence of backticks longer than any inside."""
    longest = max((len(run) for run in re.findall(r"^\s*(`{3,})", text, re.MULTILINE)), default=2)
    return "`" * (longest + 1)


def _code(cell: Cell, page: Page) -> str:
    """Write the cell's code."""
    code = cell.code.strip("\n")
    fence = _fence(code)
    fold = ' code-fold="true"' if cell.options.get("fold") and page.format == "html" else ""
    return f"{fence} {{.python .cell-code{fold}}}\n{code}\n{fence}"


def _output(cell: Cell, output: dict[str, Any], drawn: bool, page: Page, done: Rendered) -> tuple[str, bool]:
    """Write one output; tell whether it stands below the cell's block instead of in it."""
    kind = output["output_type"]
    if kind == "stream":
        return _text(cell, output["text"], f".cell-output-{output['name']}"), False
    if kind == "error":
        message = f"{output['ename']}: {output['evalue']}".rstrip(": ")
        return _text(cell, message, ".cell-output-error"), False
    data = output["data"]
    if WIDGET in data:
        return pictures.widget(cell, data[WIDGET], page, done.figures)
    if FIGURE in data:
        return pictures.figure(cell, data[FIGURE], page, done.figures)
    if "text/markdown" in data:
        return _markdown(cell, str(data["text/markdown"])), False
    text = str(data.get("text/plain", ""))
    return ("" if drawn and _ARTIST.search(text) else _text(cell, text, ".cell-output-display")), False


def _refuse_warning(cell: Cell, output: dict[str, Any]) -> None:
    """Refuse what a cell writes to the error stream; the banner of stand-in data is none of its doing."""
    if output["output_type"] != "stream" or output["name"] != "stderr" or cell.options.get("error"):
        return
    written = without_colors(output["text"]).splitlines()
    lines = [line for line in written if line.strip() and not line.startswith("STAND-IN DATA")]
    if not lines:
        return
    raise BookError(
        f"cell {cell.label!r} writes a warning: {lines[0][:160]}",
        where=str(cell.place),
        hint=f"Mend its cause (progress bars: switch them off); {_SHOW}.",
    )


def _text(cell: Cell, text: str, kind: str) -> str:
    """Write plain text as an output block, "" for nothing but white space."""
    plain = "\n".join(line.rstrip() for line in without_colors(text).strip("\n").splitlines())
    if not plain.strip():
        return ""
    if not cell.options.get("error"):
        check(plain, where=str(cell.place), what=f"cell {cell.label!r}")
    fence = _fence(plain)
    return f"::: {{.cell-output {kind}}}\n{fence}\n{plain}\n{fence}\n:::"


def _markdown(cell: Cell, text: str) -> str:
    """Write Markdown output; a table gets the cell's caption and number."""
    check(text, where=str(cell.place), what=f"cell {cell.label!r}")
    body = text.strip("\n")
    caption = cell.options.get("tbl-cap")
    if caption and body.startswith("|"):
        name = f" {{#{cell.label}}}" if cell.label.startswith("tbl-") else ""
        body = f"{body}\n\n: {pictures.one_line(caption)}{name}"
    return pictures.display(body)
