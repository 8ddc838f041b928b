"""A source as the rules see it: its lines, and the same lines with everything that is not prose blanked out.

Blanking keeps every character's place, so that a rule can search the prose and report the line of the source.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import yaml

from mlbook.book.config import Book, Page
from mlbook.book.quizzes import FOLDER

_FRONT = re.compile(r"\A---\n(.*?)\n---\n", re.DOTALL)
_FENCE = re.compile(r"^(?P<fence>`{3,}|~{3,}).*?^(?P=fence)[`~]*[ \t]*$", re.MULTILINE | re.DOTALL)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_DISPLAY = re.compile(r"\$\$(?P<tex>.*?)\$\$", re.DOTALL)
_FORMULA = re.compile(r"(?<![\\\w])\$(?! )(?P<tex>[^$\n]+)(?<! )\$(?!\d)")
_CAPTION = re.compile(r"^#\| *(?:fig|tbl)-cap: .*$", re.MULTILINE)
_NOT_PROSE = [
    _FRONT,
    _FENCE,
    _COMMENT,
    _DISPLAY,
    re.compile(r"`+[^`\n]+`+(\{[^}\n]*\})?"),
    _FORMULA,
    re.compile(r"^:::+.*$", re.MULTILINE),
    re.compile(r"\{\{<.*?>\}\}"),
    re.compile(r"\]\([^)\s]*(\s+\"[^\"]*\")?\)"),
    re.compile(r"\]\[[^\]]*\]"),
    re.compile(r"(?<=\])\{[^}]*\}|(?<=\))\{[^}]*\}"),
    re.compile(r"^#+ .*\{(?P<x>[^}]*)\}\s*$", re.MULTILINE),
    re.compile(r"<https?://[^>]+>|https?://\S+"),
    re.compile(r"\[?-?@[A-Za-z][\w:.-]*"),
    re.compile(r"^: .*$(?=\n\n)", re.MULTILINE),
]
# What is no prose in a quiz file: comments, names, expressions.
_QUIZ_CODE = (
    re.compile(r"^ *#.*$", re.MULTILINE),
    re.compile(r"^[ -]*(?:id|kind|answer|tolerance|value|unit|right):.*$", re.MULTILINE),
    re.compile(r"^(?P<indent> *)given:\n(?:(?P=indent) +.*\n)+", re.MULTILINE),
)


@dataclass(frozen=True, order=True)
class Finding:
    """One broken rule: where, which, what is wrong and what to do."""

    path: str
    line: int
    rule: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: [{self.rule}] {self.message}"


@dataclass(frozen=True)
class Text:
    """One source file of the book.

    Attributes
    ----------
    path : str
        Relative to the book's folder.
    text : str
        As it stands in the file, LF line ends.
    page : Page or None
        The page it makes; None for a file that a page includes (solutions) or shows (quizzes).
    includer : Text or None
        That page, for such a file.
    """

    path: str
    text: str
    page: Page | None = None
    includer: Text | None = None

    @cached_property
    def settings(self) -> dict[str, Any]:
        """The YAML front matter; empty if there is none or if it cannot be read."""
        match = _FRONT.match(self.text)
        try:
            loaded = yaml.safe_load(match[1]) if match else None
        except yaml.YAMLError:
            return {}
        return loaded if isinstance(loaded, dict) else {}

    @cached_property
    def prose(self) -> str:
        """The text with code, mathematics, attributes, addresses and fences blanked, of the same length."""
        masked = self.text
        for pattern in _NOT_PROSE:
            masked = pattern.sub(lambda m: _blank(m[0]), masked)
        return masked

    @cached_property
    def outside_code(self) -> str:
        """The text with only fenced and inline code and comments blanked, of the same length."""
        masked = self.text
        for pattern in (_FRONT, _FENCE, _COMMENT, re.compile(r"`+[^`\n]+`+")):
            masked = pattern.sub(lambda m: _blank(m[0]), masked)
        return masked

    @cached_property
    def formulas(self) -> list[tuple[int, str]]:
        """Position and TeX of each formula, in displays, lines and the captions of cells."""
        displays = list(_DISPLAY.finditer(self.outside_code))
        lines = _DISPLAY.sub(lambda match: _blank(match[0]), self.outside_code)
        captions = [
            (caption.start(), formula["tex"])
            for caption in _CAPTION.finditer(self.text)
            for formula in _FORMULA.finditer(caption[0])
        ]
        found = [(match.start(), match["tex"]) for match in (*displays, *_FORMULA.finditer(lines))]
        return sorted(found + captions)

    def line_at(self, position: int) -> int:
        """The line number, from 1, of a character's position."""
        return self.text.count("\n", 0, position) + 1

    def finding(self, position: int, rule: str, message: str) -> Finding:
        """A finding at a character's position."""
        return Finding(self.path, self.line_at(position), rule, message)


def _blank(piece: str) -> str:
    """Spaces of the same length; line ends stay."""
    return re.sub(r"[^\n]", " ", piece)


def texts(book: Book) -> list[Text]:
    """Read every source: pages in reading order, each followed by the files it includes and by its quiz."""
    found: list[Text] = []
    for page in book.pages:
        text = _read(book, page.path)
        found.append(Text(page.path, text, page=page))
        including = found[-1]
        for included in re.findall(r"^\{\{<\s*include\s+(\S+)\s*>\}\}", text, re.MULTILINE):
            path = (book.root / page.path).parent / included
            if path.is_file():
                relative = path.resolve().relative_to(book.root.resolve()).as_posix()
                found.append(Text(relative, _read(book, relative), includer=including))
        quiz = f"{FOLDER}/{page.stem}.yml"
        if (book.root / quiz).is_file():
            found.append(Text(quiz, _quiz_prose(_read(book, quiz)), includer=including))
    return found


def _quiz_prose(text: str) -> str:
    """A quiz file with everything blanked that is not read as prose."""
    for pattern in _QUIZ_CODE:
        text = pattern.sub(lambda match: _blank(match[0]), text)
    return text


def _read(book: Book, path: str) -> str:
    """Read a source as UTF-8 with LF line ends."""
    return (book.root / path).read_text(encoding="utf-8").replace("\r\n", "\n")
