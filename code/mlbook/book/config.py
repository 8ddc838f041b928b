"""What `_quarto.yml` says about the book, in the form the press and the lints use.

Quarto numbers chapters by their place in the list and letters appendices by theirs; so do we. A page whose
first heading carries `.unnumbered` (or `{-}`) has no number.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import yaml

from mlbook.errors import BookError

Kind = Literal["index", "page", "chapter", "appendix"]
_HEADING = re.compile(r"^#\s+(?P<title>.+?)\s*(?P<attributes>\{[^}]*\})?\s*$", re.MULTILINE)


@dataclass(frozen=True)
class Page:
    """One page of the site.

    Attributes
    ----------
    path : str
        Source, relative to the book's folder, with forward slashes: "chapters/02-project.qmd".
    kind : {"index", "page", "chapter", "appendix"}
        "page" is one without a number.
    number : str
        "2", "A", or "" for none.
    title : str
        The first heading's text, as Markdown.
    anchor : str
        The first heading's id ("sec-project"), or "".
    part : str
        Heading of the part that the page stands in, or "".
    """

    path: str
    kind: Kind
    number: str
    title: str
    anchor: str
    part: str

    @property
    def stem(self) -> str:
        """File name without ending: "02-project"."""
        return Path(self.path).stem

    @property
    def url(self) -> str:
        """Address relative to the site's root: "chapters/02-project.html"."""
        return str(Path(self.path).with_suffix(".html").as_posix())


@dataclass(frozen=True)
class Book:
    """The book: its folder, its pages in reading order, and `_quarto.yml` as a dictionary."""

    root: Path
    pages: tuple[Page, ...]
    settings: dict[str, Any] = field(repr=False)

    @property
    def title(self) -> str:
        """The book's title."""
        return str(self.settings["book"]["title"])

    def page(self, name: str) -> Page:
        """Find a page by number ("2"), stem ("02-project") or path.

        Raises
        ------
        BookError
            If there is none; the message lists what there is.
        """
        wanted = name.strip().removeprefix("./")
        for page in self.pages:
            numbers = {page.number, page.number.zfill(2)} if page.number else set()
            if wanted in {page.path, page.stem, *numbers}:
                return page
        known = ", ".join(p.stem for p in self.pages)
        raise BookError(f"no chapter called {name!r}", hint=f"There are: {known}.")


def load(root: Path) -> Book:
    """Read `_quarto.yml` and the first heading of every page it lists.

    Raises
    ------
    BookError
        If the file is not YAML, lists no chapters, lists one twice, or names a file that is not there.
    """
    path = root / "_quarto.yml"
    try:
        settings = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or "not valid YAML"
        raise BookError(
            f"cannot be read: {problem}",
            where=f"_quarto.yml{line}",
            hint="Mend the indentation or quoting there; `git diff _quarto.yml` shows what changed.",
        ) from None
    except OSError as error:
        raise BookError(f"cannot be read: {error.strerror}", where="_quarto.yml") from None
    book = settings.get("book") if isinstance(settings, dict) else None
    if not isinstance(book, dict) or not isinstance(book.get("chapters"), list) or "title" not in book:
        raise BookError(
            "lacks book: title and book: chapters",
            where="_quarto.yml",
            hint="`git checkout _quarto.yml` brings back the version of the last commit.",
        )
    pages: list[Page] = []
    _collect(root, book["chapters"], "chapter", "", pages)
    _collect(root, book.get("appendices") or [], "appendix", "Appendices", pages)
    return Book(root=root, pages=tuple(pages), settings=settings)


def _collect(root: Path, entries: list[Any], kind: Kind, part: str, pages: list[Page]) -> None:
    """Append the pages of a `chapters:` list, going into parts."""
    for entry in entries:
        if isinstance(entry, dict) and "part" in entry:
            _collect(root, entry.get("chapters") or [], kind, str(entry["part"]), pages)
            continue
        path = str(entry.get("file", entry.get("href", ""))) if isinstance(entry, dict) else str(entry)
        if any(page.path == path for page in pages):
            hint = "Remove one of the two lines."
            raise BookError(f"{path} is listed twice", where="_quarto.yml", hint=hint)
        pages.append(_page(root, path, kind, part, pages))


def _page(root: Path, path: str, kind: Kind, part: str, before: list[Page]) -> Page:
    """Read one page's heading and give it its number."""
    try:
        text = (root / path).read_text(encoding="utf-8")
    except OSError:
        hint = "Create the file or remove the line."
        raise BookError(f"lists {path}, which is not there", where="_quarto.yml", hint=hint) from None
    match = _HEADING.search(text)
    title, attributes = (match["title"], match["attributes"] or "") if match else (Path(path).stem, "")
    anchor = re.search(r"#([\w-]+)", attributes)
    number = ""
    if path == "index.qmd":
        kind = "index"
    elif ".unnumbered" in attributes or re.search(r"\{-\s*\}", attributes):
        kind = "page"
    else:
        count = 1 + sum(page.kind == kind for page in before)
        number = chr(ord("A") + count - 1) if kind == "appendix" else str(count)
    return Page(path, kind, number, title, anchor[1] if anchor else "", part)
