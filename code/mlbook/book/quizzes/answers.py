"""The answers computed, and the quizzes stored as the filter shows them: `data/quizzes/<chapter>.json`."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mlbook import files
from mlbook.book.config import Book
from mlbook.book.quizzes import faults
from mlbook.book.quizzes.reading import INLINE, Question, Quiz, load
from mlbook.errors import BookError


def place(chapter: str) -> str:
    """Return where a chapter's computed quiz lies, relative to the book's folder."""
    return f"data/quizzes/{chapter}.json"


def write(book: Book, *, every: bool = False, store: bool = True) -> list[BookError]:
    """Compute quizzes and store them; an old one stays where there is a fault.

    Parameters
    ----------
    every : bool, default False
        Also those that have not changed.
    store : bool, default True
        False: only see whether they can be computed.

    Returns
    -------
    list of BookError
        What is wrong with the files and expressions.
    """
    quizzes, found = load(book)
    found += faults.of_book(quizzes)
    broken = {fault.where for fault in found}
    for quiz in quizzes.values():
        if quiz.path in broken or not (every or stale(quiz, quizzes, book.root)):
            continue
        try:
            text = json.dumps(_frozen(quiz, quizzes), indent=2, ensure_ascii=False) + "\n"
        except BookError as error:
            found.append(error)
            continue
        if store:
            files.write_text(book.root / place(quiz.chapter), text)
    return found


def stale(quiz: Quiz, quizzes: Mapping[str, Quiz], root: Path) -> str:
    """Say why the stored quiz does not belong to its file: one line, or "" where it does."""
    path = root / place(quiz.chapter)
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))["sources"]
    except OSError:
        return f"{place(quiz.chapter)} is not there"
    except (ValueError, KeyError, TypeError):
        return f"{place(quiz.chapter)} is damaged"
    now = _sources(quiz, quizzes)
    changed = [name for name in {**now, **stored} if now.get(name) != stored.get(name)]
    return f"{changed[0]} has changed" if changed else ""


def _sources(quiz: Quiz, quizzes: Mapping[str, Quiz]) -> dict[str, str]:
    """Return the MD5 of the quiz's file and of those it draws from, by path."""
    drawn = sorted({name.partition("/")[0] for name in quiz.again})
    return {one.path: one.hash for one in (quiz, *(quizzes[stem] for stem in drawn if stem in quizzes))}


def _frozen(quiz: Quiz, quizzes: Mapping[str, Quiz]) -> dict[str, Any]:
    """Make what is stored: the questions that come back stand last, and say where they are from."""
    questions = [_question(question, quiz.path) for question in quiz.questions]
    for name in quiz.again:
        home = quizzes[name.partition("/")[0]]
        question = next(one for one in home.questions if one.name == name)
        page = home.page
        origin = f"@{page.anchor}" if page.number else f"[{page.title}](/{page.path})"
        questions.append(_question(question, home.path) | {"from": origin})
    return {"chapter": quiz.chapter, "sources": _sources(quiz, quizzes), "questions": questions}


def _question(question: Question, path: str) -> dict[str, Any]:
    """Compute one question."""
    try:
        names = _names(question)
        made = {
            "name": question.name,
            "kind": question.kind,
            "question": _filled(question.fields["question"], names),
            **_KINDS[question.kind](question, names),
            "explanation": _filled(question.fields["explanation"], names),
        }
    except (ArithmeticError, LookupError, NameError, TypeError, ValueError, AttributeError) as error:
        raise BookError(
            f"question {question.id!r} cannot be computed: {error}",
            where=path,
            hint="Expressions see `np` and the names under `given:`, nothing of the chapter.",
        ) from None
    return made


def _names(question: Question) -> dict[str, Any]:
    """Return what a question's expressions see; each `given` sees those above it."""
    import numpy

    names: dict[str, Any] = {"np": numpy}
    for name, expression in (question.fields.get("given") or {}).items():
        names[name] = eval(str(expression), names)
    return names


def _filled(text: object, names: dict[str, Any]) -> str:
    """Put the values of a text's inline expressions in their places."""
    return INLINE.sub(lambda found: str(eval(found[1].strip(), names)), str(text)).strip()


def _choice(question: Question, names: dict[str, Any]) -> dict[str, Any]:
    """Compute the options of a single or multiple choice."""
    options = [
        {
            "text": _filled(option["text"], names),
            "right": option.get("right", False),
            "feedback": _filled(option["feedback"], names),
        }
        for option in question.fields["options"]
    ]
    texts = [option["text"] for option in options]
    if len(set(texts)) < len(texts):
        raise ValueError("two of its options read alike")
    return {"options": options}


def _numeric(question: Question, names: dict[str, Any]) -> dict[str, Any]:
    """Compute the answer and the near misses."""
    fields = question.fields
    answer, tolerance = _number(fields["answer"], names), float(fields["tolerance"])
    near = []
    for part in fields.get("near") or []:
        value = _number(part["value"], names)
        if abs(value - answer) <= 2 * tolerance:
            raise ValueError(f"the near miss {value:g} is too close to the answer {answer:g} to tell apart")
        shown = _shown(value, tolerance)
        near.append({"value": value, "shown": shown, "feedback": _filled(part["feedback"], names)})
    return {
        "answer": answer,
        "tolerance": tolerance,
        "shown": _shown(answer, tolerance),
        "unit": str(fields.get("unit") or ""),
        "near": near,
        "otherwise": _filled(fields["otherwise"], names),
    }


def _number(expression: object, names: dict[str, Any]) -> float:
    """Evaluate an expression to a finite number."""
    value = float(eval(str(expression).strip(), names))
    if not math.isfinite(value):
        raise ValueError(f"`{expression}` is {value}")
    return value


def _shown(answer: float, tolerance: float) -> str:
    """Write an answer with as many digits as its tolerance warrants: 3.0551, 0.01 → "3.06"."""
    digits = max(0, -math.floor(math.log10(tolerance)))
    text = f"{answer:,.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _order(question: Question, names: dict[str, Any]) -> dict[str, Any]:
    """Compute the steps; `start` is the order in which they are first shown, the same every time."""
    steps = [
        {key: _filled(step[key], names) for key in ("text", "feedback")} for step in question.fields["steps"]
    ]
    order = sorted(range(len(steps)), key=lambda number: _mixed(f"{question.name}/{number}"))
    if order == sorted(order):
        order = [*order[1:], order[0]]
    return {"steps": steps, "start": order}


def _mixed(text: str) -> bytes:
    """Return a number of a text, the same on every machine, that says nothing about it."""
    return hashlib.blake2b(text.encode(), digest_size=8).digest()


_KINDS = {"single": _choice, "multiple": _choice, "numeric": _numeric, "order": _order}
