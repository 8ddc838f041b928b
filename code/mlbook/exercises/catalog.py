"""The book's exercises as its sources have them: number, name, kind, difficulty, statement.

The package may be installed without the book beside it, as on Colab: then there are no sources, exercises are
known by their ids alone, and the checks work all the same.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mlbook import files
from mlbook.book import config
from mlbook.book.notebook_text import Writer, references
from mlbook.book.source import Inline, Source, Text, read
from mlbook.errors import BookError

_HEAD = re.compile(r"^:{3,}\s*\{#exr-(?P<slug>[\w-]+)(?P<attributes>[^}]*)\}\s*$")
_OPEN = re.compile(r"^:{3,}\s*[^:\s]")
_CLOSE = re.compile(r"^:{3,}\s*$")
_NUMBER = re.compile(r"(?:[1-9]\d*|[A-Z])\.[1-9]\d*")


@dataclass(frozen=True)
class Exercise:
    """One exercise.

    Attributes
    ----------
    slug : str
        Its id without "exr-".
    number : str
        As the page shows it: "2.4".
    title, kind, difficulty : str
        From its attributes; "" where one is missing.
    statement : str
        Its text as Markdown for a notebook, without hints.
    """

    slug: str
    number: str = ""
    title: str = ""
    kind: str = ""
    difficulty: str = ""
    statement: str = ""


def book_root() -> Path | None:
    """Return the folder of the book that this package belongs to or is used in; None if there is none."""
    for start in (None, Path(__file__)):
        try:
            return files.root(start)
        except BookError:
            continue
    return None


def exercises(root: Path, chapter: str | None = None) -> tuple[Exercise, ...]:
    """Return the exercises of the book at `root`, or of one chapter ("2", "02-project"), in their order.

    Raises
    ------
    BookError
        If the book or a chapter cannot be read, or there is no such chapter.
    """
    book = config.load(root)
    pages = [book.page(chapter)] if chapter else [page for page in book.pages if page.number]
    names = references(book)
    found: list[Exercise] = []
    for page in pages:
        writer = Writer(names, {}, page.path)
        for slug, attributes, statement in _blocks(read(page.path, root)):
            number = names.get(f"exr-{slug}", "").rpartition(" ")[2]
            title, kind, difficulty = (_value(attributes, key) for key in ("name", "kind", "difficulty"))
            text = writer.text(statement).strip()
            found.append(Exercise(slug, number, title, kind, difficulty, text))
    return tuple(found)


def slug_of(name: str) -> str:
    """Return the slug that an exercise's id, slug or shown number stands for.

    Raises
    ------
    BookError
        For what is no text, and for a number that no exercise has or that only the book's sources could tell.
    """
    if not isinstance(name, str):
        raise BookError(
            f"an exercise is named by a text, not by {name!r}",
            hint='Write its id, or its number in quotation marks: "2.1" and "2.10" are two exercises.',
        )
    slug = name.strip().removeprefix("exr-")
    if not _NUMBER.fullmatch(slug):
        return slug
    root = book_root()
    if root is None:
        raise BookError(
            f"the number {slug} can be looked up only in the book's folder",
            hint="Use the exercise's id, which stands in its text.",
        )
    for found in exercises(root):
        if found.number == slug:
            return found.slug
    raise BookError(
        f"there is no exercise {slug}", hint="`mlbook exercises` lists all, with their numbers and ids."
    )


def unknown(slug: str, checked: list[str]) -> BookError:
    """Return the message for a slug that has no check: what it is, or what may have been meant."""
    root = book_root()
    for found in exercises(root) if root else ():
        if found.slug == slug:
            return BookError(
                f"exercise {found.number}, {slug}, has no check: its answer is a text or an open end",
                hint="Compare yours with the solution below the exercise, or at the end of the PDF.",
            )
    close = difflib.get_close_matches(slug, checked, n=1)
    meant = f"Did you mean {close[0]!r}? " if close else ""
    return BookError(
        f"there is no exercise called {slug!r}", hint=f"{meant}Those with a check: {', '.join(checked)}."
    )


def _blocks(source: Source) -> Iterator[tuple[str, str, str]]:
    """Give slug, attributes and text of each exercise of a page; hints in it are left out."""
    inside: tuple[str, str] | None = None
    depth, hint = 0, 0
    lines: list[str] = []
    for line, code in _lines(source):
        head = None if code else _HEAD.match(line)
        if inside is None:
            if head:
                inside, depth, lines = (head["slug"], head["attributes"]), 1, []
            continue
        if not code and _CLOSE.match(line):
            depth -= 1
            if depth == 0:
                yield *inside, "\n".join(lines)
                inside = None
            elif depth < hint:
                hint = 0
                continue
        elif not code and _OPEN.match(line):
            depth += 1
            if not hint and ".hint" in line:
                hint = depth
        if inside is not None and not hint:
            lines.append(line)


def _lines(source: Source) -> Iterator[tuple[str, bool]]:
    """Give a page's lines without its cells, and whether each stands in code."""
    prose = ""
    for piece in source.pieces:
        if isinstance(piece, Inline):
            prose += f"`{piece.expression}`"
        elif isinstance(piece, Text) and not piece.code:
            prose += piece.text
        else:
            yield from ((line, False) for line in prose.splitlines())
            prose = ""
        if isinstance(piece, Text) and piece.code:
            yield from ((line, True) for line in piece.text.splitlines())
    yield from ((line, False) for line in prose.splitlines())


def _value(attributes: str, key: str) -> str:
    """Return the value of one attribute in `key="value"` form."""
    match = re.search(rf'\b{key}="([^"]*)"', attributes)
    return match[1] if match else ""
