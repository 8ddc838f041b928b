"""A chapter's source taken apart: front matter, cells, inline expressions, included files.

- A line scanner, not a Markdown parser: it knows fences, comments, code spans and includes; the rest is text.
- Every line keeps the file and line it came from, so that a message names the place in an included file.
- All faults that can be seen without running anything are raised here, before a kernel is started.
"""

from __future__ import annotations

import ast
import hashlib
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from mlbook.book.cells import Cell, Line, Place, parse, unique
from mlbook.errors import BookError

_INCLUDE = re.compile(r"^\s*\{\{<\s*include\s+(?P<path>\S+)\s*>\}\}\s*$")
_FENCE = re.compile(r"^(?P<indent> {0,3})(?P<marks>`{3,}|~{3,})(?P<info>[^`]*)$")
_CELL = re.compile(r"^\{python\b[^}]*\}\s*$")
_SPAN = re.compile(r"(?<![`\\])(?P<ticks>`+)(?!`)(?P<body>.+?)(?<!`)(?P=ticks)(?!`)", re.DOTALL)
_INLINE = re.compile(r"^\{python\}\s+(?P<code>.+)$", re.DOTALL)


@dataclass(frozen=True)
class Text:
    """Markdown that stays as it is. `code` is true for verbatim parts (fences, comments, front matter)."""

    text: str
    place: Place
    code: bool = False


@dataclass(frozen=True)
class Inline:
    """An inline expression: `expression` is evaluated in the kernel where it stands."""

    expression: str
    place: Place


Piece = Text | Inline | Cell


@dataclass(frozen=True)
class Source:
    """One page's source.

    Attributes
    ----------
    path : str
        Relative to the book's folder.
    front : dict
        The YAML front matter.
    pieces : tuple of Text, Inline and Cell
        The whole document in order; putting them together again gives `expanded`.
    lines : tuple of Place
        Where each line of `expanded` comes from.
    expanded : str
        The text with the included files in it.
    includes : dict
        MD5 of each included file, by its path.
    hash : str
        MD5 of the file itself with LF line ends: Quarto's freeze key.
    """

    path: str
    front: dict[str, Any]
    pieces: tuple[Piece, ...] = field(repr=False)
    lines: tuple[Place, ...] = field(repr=False)
    expanded: str = field(repr=False)
    includes: dict[str, str]
    hash: str

    @property
    def cells(self) -> tuple[Cell, ...]:
        """The executable cells in order."""
        return tuple(piece for piece in self.pieces if isinstance(piece, Cell))

    @property
    def inlines(self) -> tuple[Inline, ...]:
        """The inline expressions in order."""
        return tuple(piece for piece in self.pieces if isinstance(piece, Inline))


def md5(text: str) -> str:
    """Return the MD5 of a text with LF line ends, as Quarto computes its freeze key."""
    return hashlib.md5(text.replace("\r\n", "\n").encode(), usedforsecurity=False).hexdigest()


def read(path: str | Path, root: Path) -> Source:
    """Read the page at `path` (relative to `root`) and take it apart.

    Raises
    ------
    BookError
        For a file or include that is missing or not UTF-8, an unclosed fence or comment, a label used twice,
        and whatever `mlbook.book.cells.parse` refuses. The message names file and line.
    """
    name = Path(path).as_posix()
    text = _load(root, name, None)
    includes: dict[str, str] = {}
    numbered = list(_expand(text, name, root, includes, (name,)))
    pieces = tuple(_pieces(numbered))
    unique([piece for piece in pieces if isinstance(piece, Cell)], {})
    return Source(
        path=name,
        front=_front(numbered),
        pieces=pieces,
        lines=tuple(place for _, place in numbered),
        expanded="".join(line for line, _ in numbered),
        includes=includes,
        hash=md5(text),
    )


def _load(root: Path, name: str, asked: Place | None) -> str:
    """Read a text file of the book; `asked` is the include that names it."""
    try:
        return (root / name).read_text(encoding="utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise BookError(
            f"is not UTF-8 (byte {error.start})", where=name, hint="Save the file as UTF-8 in your editor."
        ) from None
    except OSError:
        if asked is None:
            raise BookError("there is no such file", where=name) from None
        raise BookError(
            f"includes {name}, which is not there",
            where=str(asked),
            hint="Create that file or remove the include; its path is relative to the file that includes it.",
        ) from None


def _expand(text: str, name: str, root: Path, seen: dict[str, str], chain: tuple[str, ...]) -> Iterator[Line]:
    """Give the lines of a file with those of its includes in their places."""
    fence = ""
    for number, line in enumerate(io.StringIO(text), 1):
        place = Place(name, number)
        fence = _fence_after(fence, line)
        include = None if fence else _INCLUDE.match(line)
        if include is None:
            yield (line if line.endswith("\n") else line + "\n"), place
            continue
        target = (Path(name).parent / include["path"]).as_posix()
        if target in chain:
            raise BookError(f"includes {target}, which includes this file", where=str(place))
        inner = _load(root, target, place)
        seen[target] = md5(inner)
        yield from _expand(inner, target, root, seen, (*chain, target))


def _fence_after(fence: str, line: str) -> str:
    """Return the marks of the code fence that is open after `line`, given the one before; "" for none."""
    match = _FENCE.match(line.rstrip("\n"))
    if match is None:
        return fence
    if not fence:
        return match["marks"]
    closes = match["marks"].startswith(fence) and not match["info"].strip()
    return "" if closes else fence


def _front(lines: list[Line]) -> dict[str, Any]:
    """Read the YAML front matter, an empty dictionary where there is none."""
    end = _front_end(lines)
    if end == 0:
        return {}
    try:
        front = yaml.safe_load("".join(line for line, _ in lines[1 : end - 1]))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = Place(lines[0][1].file, (mark.line if mark else 0) + 2)
        raise BookError(
            f"the front matter is not YAML: {getattr(error, 'problem', error)}",
            where=str(place),
            hint="Mend the indentation or quoting there.",
        ) from None
    if front is not None and not isinstance(front, dict):
        raise BookError("the front matter is not a list of `key: value` lines", where=str(lines[0][1]))
    return front or {}


def _front_end(lines: list[Line]) -> int:
    """Return the number of lines the front matter takes, fences included."""
    if not lines or lines[0][0].rstrip() != "---":
        return 0
    for index, (line, _) in enumerate(lines[1:], 1):
        if line.rstrip() in {"---", "..."}:
            return index + 1
    raise BookError(
        "the front matter is not closed", where=str(lines[0][1]), hint="Put a line `---` after it."
    )


def _pieces(lines: list[Line]) -> Iterator[Piece]:
    """Cut the lines into text, inline expressions and cells."""
    start = _front_end(lines)
    if start:
        yield Text("".join(line for line, _ in lines[:start]), lines[0][1], code=True)
    index = start
    prose: list[Line] = []
    while index < len(lines):
        line, place = lines[index]
        end = _verbatim_end(lines, index)
        if end == index:
            if prose and prose[-1][1].file != place.file:
                yield from _inlines(prose)
                prose = []
            prose.append(lines[index])
            index += 1
            continue
        yield from _inlines(prose)
        prose = []
        block = lines[index:end]
        fence = _FENCE.match(line.rstrip("\n"))
        if fence and _CELL.match(fence["info"].strip()):
            yield parse(block)
        else:
            yield Text("".join(text for text, _ in block), place, code=True)
        index = end
    yield from _inlines(prose)


def _verbatim_end(lines: list[Line], start: int) -> int:
    """Return the index after the fenced block or comment that begins at `start`; `start` if none does."""
    line, place = lines[start]
    if line.lstrip().startswith("<!--"):
        for index in range(start, len(lines)):
            if "-->" in lines[index][0]:
                return index + 1
        raise BookError(
            "a comment is opened here and never closed", where=str(place), hint="Close it with `-->`."
        )
    fence = _fence_after("", line)
    if not fence:
        return start
    for index in range(start + 1, len(lines)):
        if lines[index][1].file != place.file:
            break
        if not _fence_after(fence, lines[index][0]):
            return index + 1
    raise BookError(
        "a code fence is opened here and never closed",
        where=str(place),
        hint=f"Close it with a line `{fence}`.",
    )


def _inlines(lines: list[Line]) -> Iterator[Piece]:
    """Cut prose into text and inline expressions; a code span never reaches over an empty line."""
    text: list[Text] = []
    start = 0
    for end, line in enumerate(lines, 1):
        if line[0].strip() and end < len(lines):
            continue
        for piece in _spans(lines[start:end]):
            if isinstance(piece, Text):
                text.append(piece)
                continue
            yield from _joined(text)
            text = []
            yield piece
        start = end
    yield from _joined(text)


def _joined(texts: list[Text]) -> Iterator[Text]:
    """Make one piece of neighboring ones."""
    if texts:
        yield Text("".join(text.text for text in texts), texts[0].place)


def _spans(paragraph: list[Line]) -> Iterator[Text | Inline]:
    """Find the inline expressions among a paragraph's code spans."""
    text = "".join(line for line, _ in paragraph)
    done = 0
    for span in _SPAN.finditer(text):
        inline = _INLINE.match(span["body"]) if span["ticks"] == "`" else None
        if inline is None:
            continue
        place = paragraph[text.count("\n", 0, span.start())][1]
        if span.start() > done:
            yield Text(text[done : span.start()], paragraph[text.count("\n", 0, done)][1])
        yield _inline(inline["code"], place)
        done = span.end()
    if done < len(text):
        yield Text(text[done:], paragraph[text.count("\n", 0, done)][1])


def _inline(code: str, place: Place) -> Inline:
    """Check that an inline expression is one."""
    expression = " ".join(code.split())
    try:
        ast.parse(expression, mode="eval")
    except SyntaxError as error:
        raise BookError(
            f"the inline expression `{expression}` is not Python: {error.msg}",
            where=str(place),
            hint="An inline expression is a single Python expression in one pair of backticks.",
        ) from None
    return Inline(expression, place)
