"""The book as a PDF: all pages through pandoc in one call, then Typst.

The template is the book's own (`_extensions/mlbook/book.typ`), which Quarto uses too. The PDF is tagged and
declares PDF/UA-1; Typst refuses to write it where something lacks its alternative text. The same sources give
the same bytes. Warnings of pandoc and faults that Typst finds are errors that name the page.
"""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import typst

from mlbook import files
from mlbook.book import freeze, source
from mlbook.book.config import Book, Page
from mlbook.book.press import meta
from mlbook.errors import BookError

HERE = Path(__file__).parent
TEMPLATE = "_extensions/mlbook/book.typ"
STANDARD: Final = "ua-1"
# A PDF names the time it was made; a fixed one keeps the bytes the same.
TIMESTAMP = datetime(2026, 1, 1, tzinfo=UTC)
LICENCE = (
    "The text is under the Creative Commons Attribution 4.0 International licence (CC BY 4.0), "
    "the code under the MIT licence."
)
_FRONT = re.compile(r"\A---\n.*?\n(?:---|\.\.\.)\n", re.DOTALL)
_WARNING = re.compile(r"^\[WARNING\]\s*", re.MULTILINE)
_PAGE_MARK = re.compile(r"^// page: (\S+)", re.MULTILINE)


def build_pdf(book: Book, out: Path) -> Path:
    """Typeset the whole book and write it to `out`.

    Parameters
    ----------
    book : Book
    out : Path
        The file to write; its folder must exist.

    Returns
    -------
    Path
        `out`.

    Raises
    ------
    BookError
        For a fault in a page, in the freeze, in the template, or on the disk; an old `out` stays.
    """
    text = to_typst(book)
    files.write_bytes(out, _compile(book, text))
    return out


def to_typst(book: Book) -> str:
    """Return the whole book as one Typst document.

    Raises
    ------
    BookError
        For a fault in a page or in the freeze.
    """
    with tempfile.TemporaryDirectory(prefix="mlbook-") as folder:
        names = _write_pages(book, Path(folder))
        body = _pandoc(book, names, Path(folder))
    return _head(book) + body


def _write_pages(book: Book, folder: Path) -> list[str]:
    """Write each page's Markdown for pandoc, after a mark that names the page; return the names in order."""
    part = ""
    appendices = False
    for page in book.pages:
        before = f'::: {{.mlbook-page path="{page.path}" number="{page.number}"}}\n:::\n\n'
        if page.kind == "appendix" and not appendices:
            before += _raw('#show: appendices.with("Appendices")')
            appendices = True
        elif page.part and page.part != part:
            before += _raw(f"#part[#{_string(page.part)}]")
        part = page.part
        target = folder / page.path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(before + _markdown(book, page), encoding="utf-8")
    return [page.path for page in book.pages]


def _raw(text: str) -> str:
    """Return a line of Typst as Markdown."""
    return f"```{{=typst}}\n{text}\n```\n\n"


def _markdown(book: Book, page: Page) -> str:
    """Return a page's text without its front matter: from the freeze where the page has cells."""
    written = source.read(page.path, book.root)
    executed = written.cells or written.inlines
    text = freeze.load(page.path, book.root, "typ").markdown if executed else written.expanded
    return _FRONT.sub("", text)


def _pandoc(book: Book, names: list[str], folder: Path) -> str:
    """Run pandoc over all pages."""
    import pypandoc

    bibliography = book.root / "references.bib"
    filters = (book.root / "_extensions" / "mlbook" / "mlbook.lua", HERE / "crossref.lua")
    command = [
        str(pypandoc.get_pandoc_path()),
        "--from=markdown",
        "--to=typst",
        "--file-scope",
        "--wrap=none",
        "--syntax-highlighting=idiomatic",
        f"--metadata=mlbook-root:{book.root}",
        f"--metadata=mlbook-repository:{book.settings['book'].get('repo-url') or ''}",
        "--metadata=link-citations:true",
        *(f"--lua-filter={path}" for path in filters),
        *(["--citeproc", f"--bibliography={bibliography}"] if bibliography.is_file() else []),
        f"--lua-filter={HERE / 'typst.lua'}",
        *names,
    ]
    done = subprocess.run(command, capture_output=True, cwd=folder)
    said = done.stderr.decode(errors="replace").strip()
    if done.returncode or said:
        raise _fault(book, said or f"exit code {done.returncode}")
    return done.stdout.decode()


def _fault(book: Book, said: str) -> BookError:
    """Turn what pandoc or a filter said into an error that names the page."""
    first, _, rest = _WARNING.sub("", said).partition("\n")
    known = next((page.path for page in book.pages if first.startswith(f"{page.path}: ")), "")
    formula = re.match(r"Could not convert TeX math (.+?)(?:, rendering as TeX:)?$", first)
    if formula:
        known = next((page.path for page in book.pages if formula[1] in _markdown(book, page)), "")
    return BookError(
        f"pandoc: {first.removeprefix(f'{known}: ')}", where=known or "book.pdf", hint=rest.strip()
    )


def _head(book: Book) -> str:
    """Return the lines that open the document: imports, and the template with the book's particulars."""
    settings = book.settings["book"]
    people = "".join(f"{_string(name)}, " for name in meta.authors(book))
    named = {
        "title": _string(book.title),
        "subtitle": _string(settings["subtitle"]) if settings.get("subtitle") else "none",
        "authors": f"({people})",
        "description": _string(settings["description"]) if settings.get("description") else "none",
        "address": _string(meta.site_url(book)) if meta.site_url(book) else "none",
        "licence": _string(LICENCE),
        "lang": _string(str(book.settings.get("lang", "en"))),
    }
    arguments = "".join(f"  {name}: {value},\n" for name, value in named.items())
    return (
        f'#import "/{TEMPLATE}" as mlbook: appendices, equation-numbering, exercise, part\n'
        "#let horizontalrule = align(center, block(above: 1.6em, below: 1.6em)[∗ ∗ ∗])\n"
        f"#show: mlbook.book.with(\n{arguments})\n\n"
    )


def _string(text: object) -> str:
    """Return a text as a Typst string."""
    return json.dumps(str(text), ensure_ascii=False)


def _compile(book: Book, text: str) -> bytes:
    """Run Typst."""
    root: Any = str(book.root)  # its type stub wants text and root of one type, its code does not
    try:
        pdf, warnings = typst.compile_with_warnings(
            text.encode(),
            root=root,
            ignore_system_fonts=True,
            pdf_standards=STANDARD,
            timestamp=TIMESTAMP,
        )
    except typst.TypstError as error:
        raise _typst_fault(text, error) from None
    for warning in warnings:
        raise _typst_fault(text, warning)
    return bytes(pdf)


def _typst_fault(text: str, error: typst.TypstError | typst.TypstWarning) -> BookError:
    """Turn what Typst found into an error that names the page it was on, as far as Typst tells."""
    told = str(getattr(error, "diagnostic", "") or "")
    line = re.search(r"__typst_py_bytes__\.typ:(\d+)", told)
    page = "book.pdf"
    if line:
        before = "\n".join(text.split("\n")[: int(line[1])])
        page = next((mark[1] for mark in reversed(list(_PAGE_MARK.finditer(before)))), page)
    hints = [f"Typst says: {hint}." for hint in getattr(error, "hints", [])]
    shown = told.partition("\n")[2].split("\n\n")[0]
    return BookError(
        f"Typst: {getattr(error, 'message', error)}", where=page, hint="\n".join([*hints, shown]).strip()
    )
