"""The quiz files as they are written, taken apart into questions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from mlbook.book import source
from mlbook.book.config import Book, Page
from mlbook.errors import BookError

FOLDER = "chapters/quizzes"
INLINE = re.compile(r"(?<!`)`\{python\}\s+([^`]+)`(?!`)")
"""An expression within a text, written as in a chapter."""


@dataclass(frozen=True)
class Question:
    """One question as written.

    Attributes
    ----------
    chapter : str
        Stem of the chapter whose file has it.
    place : int
        Its place in the file, from 1.
    fields : dict
        Its keys and values; only checked by `faults.of_question`.
    """

    chapter: str
    place: int
    fields: Mapping[str, Any] = field(repr=False)

    @property
    def id(self) -> str:
        """Its name within the chapter: "mean-or-median"; "" if it has none."""
        return str(self.fields.get("id") or "")

    @property
    def name(self) -> str:
        """Its name in the book: "02-project/mean-or-median"."""
        return f"{self.chapter}/{self.id}"

    @property
    def kind(self) -> str:
        """How it is answered: one of `faults.KEYS`."""
        return str(self.fields.get("kind") or "")

    def texts(self) -> list[str]:
        """Every text that a reader sees, in the order of the file."""
        parts: list[Mapping[str, Any]] = [self.fields]
        for key in ("options", "steps", "near"):
            parts += [part for part in self.fields.get(key) or [] if isinstance(part, dict)]
        keys = ("question", "text", "feedback", "otherwise", "explanation")
        return [str(part[key]) for part in parts for key in keys if part.get(key) is not None]


@dataclass(frozen=True)
class Quiz:
    """One chapter's quiz as written.

    Attributes
    ----------
    page : Page
        The chapter.
    path : str
        Its file, relative to the book's folder.
    questions : tuple of Question
        Its own.
    again : tuple of str
        Names of questions that come back from earlier chapters.
    hash : str
        MD5 of the file, LF line ends.
    """

    page: Page
    path: str
    questions: tuple[Question, ...] = field(repr=False)
    again: tuple[str, ...]
    hash: str

    @property
    def chapter(self) -> str:
        """Stem of the chapter: "02-project"."""
        return self.page.stem


def load(book: Book) -> tuple[dict[str, Quiz], list[BookError]]:
    """Read the quizzes of all pages.

    Returns
    -------
    quizzes : dict of str to Quiz
        By chapter, in reading order; files that cannot be read are left out.
    faults : list of BookError
        Why, and files that belong to no page.
    """
    quizzes: dict[str, Quiz] = {}
    faults: list[BookError] = []
    files = {path.stem: path for path in sorted((book.root / FOLDER).glob("*.yml"))}
    for page in book.pages:
        if path := files.pop(page.stem, None):
            try:
                quizzes[page.stem] = _read(page, path)
            except BookError as error:
                faults.append(error)
    for path in files.values():
        hint = (
            f"Name the file like a page of _quarto.yml: {FOLDER}/02-project.yml for chapters/02-project.qmd."
        )
        faults.append(BookError("belongs to no page of the book", where=f"{FOLDER}/{path.name}", hint=hint))
    return quizzes, faults


def _read(page: Page, path: Path) -> Quiz:
    """Read one file."""
    where = f"{FOLDER}/{path.name}"
    try:
        text = path.read_text(encoding="utf-8-sig")
        content = yaml.safe_load(text)
    except (OSError, UnicodeDecodeError) as error:
        raise BookError(f"cannot be read: {error}", where=where) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise BookError(
            f"is not YAML: {getattr(error, 'problem', None) or 'a character that YAML does not allow'}",
            where=f"{where}:{mark.line + 1}" if mark else where,
            hint="Mend the indentation there; put a text that holds `: ` or begins with a quote after `|`.",
        ) from None
    shape = isinstance(content, dict) and set(content) <= {"questions", "again"}
    questions = content.get("questions") if shape else None
    again = (content.get("again") or []) if shape else None
    if not isinstance(questions, list) or not isinstance(again, list):
        raise BookError(
            "is not a list `questions:`, with or without a list `again:`",
            where=where,
            hint="code/mlbook/book/README.md describes the file, under Quizzes.",
        )
    fields = [row if isinstance(row, dict) else {} for row in questions]
    asked = tuple(Question(page.stem, number, row) for number, row in enumerate(fields, 1))
    return Quiz(page, where, asked, tuple(map(str, again)), source.md5(text))
