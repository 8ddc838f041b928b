"""A chapter as a Jupyter notebook: its text readable in Jupyter, its cells ready to run from a fresh kernel.

Written as plain JSON (notebook format 4.5): who only builds the book needs no Jupyter package. The text comes
from the source and the values of inline expressions from the freeze, so the same inputs give the same bytes.
Solutions are left out: a notebook is for working through.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mlbook import files
from mlbook.book import config, freeze
from mlbook.book.cells import Cell
from mlbook.book.notebook_text import Writer, citations, references
from mlbook.book.source import Inline, Source, read
from mlbook.errors import BookError

_METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"file_extension": ".py", "mimetype": "text/x-python", "name": "python"},
}


def write(page: str, root: Path, target: Path) -> None:
    """Write the page `page` (path relative to `root`) as a notebook to `target`.

    Raises
    ------
    BookError
        If the source is broken or the target cannot be written.
    """
    text = json.dumps(notebook(page, root), indent=1, ensure_ascii=False) + "\n"
    files.write_text(target, text)


def notebook(page: str, root: Path) -> dict[str, Any]:
    """Return a page as a notebook in the format's own dictionary form.

    Raises
    ------
    BookError
        If a source is broken.
    """
    book = config.load(root)
    source = read(page, root)
    site = str(book.settings["book"].get("site-url", ""))
    writer = Writer(references(book), _citations(book), page, site)
    cells = list(_setup(book, source))
    prose = ""
    for piece in _spoken(source, root):
        if isinstance(piece, str):
            prose += piece
            continue
        cells += _markdown(writer.text(prose), len(cells))
        prose = writer.caption(piece)
        cells.append(_code(piece))
    cells += _markdown(writer.text(prose), len(cells))
    return {"cells": cells, "metadata": _METADATA, "nbformat": 4, "nbformat_minor": 5}


def _citations(book: config.Book) -> dict[str, str]:
    """Read the book's bibliography; none is as good as an empty one."""
    path = book.root / str(book.settings.get("bibliography", "references.bib"))
    return citations(path.read_text(encoding="utf-8")) if path.is_file() else {}


def _spoken(source: Source, root: Path) -> Iterator[str | Cell]:
    """Give the page's own text, with inline values in it, and its cells; what is included is left out."""
    pieces = source.pieces[1:] if source.front else source.pieces
    values = _values(source, root)
    for piece in pieces:
        if isinstance(piece, Inline):
            value = next(values, f"`{piece.expression}`")
        if piece.place.file != source.path:
            continue
        if isinstance(piece, Cell):
            yield piece
        else:
            yield value if isinstance(piece, Inline) else piece.text


def _values(source: Source, root: Path) -> Iterator[str]:
    """Give the inline expressions' frozen values; none where there is no freeze of this very source."""
    try:
        frozen = freeze.load(source.path, root, "html")
    except BookError:
        return iter(())
    fresh = frozen.hash == source.hash and len(frozen.inlines) == len(source.inlines)
    return iter(frozen.inlines if fresh else ())


def _setup(book: config.Book, source: Source) -> Iterator[dict[str, Any]]:
    """Give the first two cells: where this comes from, and the package where it is missing."""
    address = str(book.settings["book"].get("repo-url", "")).rstrip("/")
    place = f"[{book.title}]({address})" if address else f"*{book.title}*"
    yield from _markdown(
        f"This notebook is a chapter of {place}. Run its cells in order, from the first; "
        "change what you like and run them again.",
        0,
    )
    if not address or not source.cells:
        return
    code = (
        "# Away from the book's own environment (Colab, Kaggle), its package is fetched first.\n"
        "import importlib.util\n"
        "import subprocess\n"
        "import sys\n\n"
        'if importlib.util.find_spec("mlbook") is None:\n'
        f'    wanted = "mlbook[run] @ git+{address}"\n'
        '    subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", wanted], check=True)'
    )
    yield _cell("code", "mlbook-set-up", code, {}, execution_count=None, outputs=[])


def _markdown(text: str, position: int) -> list[dict[str, Any]]:
    """Make a Markdown cell, none of empty text; its id counts the cells before it."""
    return [_cell("markdown", f"mlbook-text-{position}", text.strip())] if text.strip() else []


def _code(cell: Cell) -> dict[str, Any]:
    """Make a cell of a chapter's cell: code to run, or to read where the chapter does not run it."""
    code = cell.code.strip("\n")
    if not cell.runs:
        return _cell("markdown", cell.label, f"```python\n{code}\n```")
    metadata: dict[str, Any] = {"tags": ["raises-exception"]} if cell.options.get("error") else {}
    if not cell.echo:
        metadata["jupyter"] = {"source_hidden": True}
    return _cell("code", cell.label, code, metadata, execution_count=None, outputs=[])


def _cell(
    kind: str, name: str, text: str, metadata: dict[str, Any] | None = None, **more: Any
) -> dict[str, Any]:
    """Make a cell in the notebook format's form."""
    lines = text.splitlines(keepends=True)
    return {"cell_type": kind, "id": name[:64], "metadata": metadata or {}, "source": lines, **more}
