"""Quizzes: sound, computed from the files as they stand, and shown on their own page."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlbook.book import quizzes
from mlbook.book.config import Book
from mlbook.book.lint.text import Finding, Text
from mlbook.book.quizzes import faults

_SHOWN = re.compile(r"^:::+ *\{[^}\n]*\.quiz\b(?P<rest>[^}\n]*)\}", re.MULTILINE)


def sound(book: Book, everything: list[Text]) -> Iterator[Finding]:
    """Find what is wrong with quizzes, and those whose computed form is missing or of another version."""
    found, broken = quizzes.load(book)
    broken += faults.of_book(found)
    for fault in broken:
        path, _, line = fault.where.partition(":")
        yield Finding(path, int(line or 1), "quiz", f"{fault.message}. {fault.hint}")
    wrong = {fault.where for fault in broken}
    for quiz in found.values():
        why = quizzes.stale(quiz, found, book.root)
        if why and quiz.path not in wrong:
            yield Finding(quiz.path, 1, "quiz", f"{why}: `mlbook run` computes it")


def shown(book: Book, everything: list[Text]) -> Iterator[Finding]:
    """Find quizzes that their page does not show, and pages that show another's or none that is there."""
    found, _ = quizzes.load(book)
    for text in everything:
        if text.page is None:
            continue
        own = f'chapter="{text.page.stem}"'
        places = list(_SHOWN.finditer(text.outside_code))
        for match in places:
            if text.page.stem not in found or own not in match["rest"]:
                message = f"a page shows its own quiz, {quizzes.FOLDER}/{text.page.stem}.yml: write `{own}`"
                yield text.finding(match.start(), "quiz", message)
        if text.page.stem in found and not places:
            message = f"its quiz is shown nowhere: add `::: {{.quiz {own}}}` and `:::`"
            yield Finding(text.path, 1, "quiz", message)


BOOK_RULES = [sound, shown]
