"""What may be wrong with a quiz, found without running anything: each fault names file, question and mend."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from typing import Any

from mlbook.book.quizzes.reading import INLINE, Question, Quiz
from mlbook.errors import BookError

MIN_QUESTIONS = 6
MIN_AGAIN = 2
_COMMON = {"id", "kind", "question", "given", "explanation"}
KEYS = {
    "single": _COMMON | {"options"},
    "multiple": _COMMON | {"options"},
    "numeric": _COMMON | {"answer", "tolerance", "unit", "near", "otherwise"},
    "order": _COMMON | {"steps"},
}
"""Kinds of questions, and the keys that each may have."""

_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
Problem = tuple[str, str]  # what is wrong, and the mend


def of_book(quizzes: Mapping[str, Quiz]) -> Iterator[BookError]:
    """Find the faults of all quizzes, which are given in reading order."""
    earlier: dict[str, Quiz] = {}
    for quiz in quizzes.values():
        for question in quiz.questions:
            for problem, mend in of_question(question):
                yield _fault(quiz, question, problem, mend)
        yield from _twice(quiz)
        yield from _again(quiz, earlier, quizzes)
        yield from _too_few(quiz, earlier)
        earlier[quiz.chapter] = quiz


def _fault(quiz: Quiz, question: Question, problem: str, mend: str) -> BookError:
    """Name the question, by its place where it has no id."""
    name = repr(question.id) if question.id else f"number {question.place}"
    return BookError(f"question {name} {problem}", where=quiz.path, hint=mend)


def _twice(quiz: Quiz) -> Iterator[BookError]:
    """Find an id that two questions share."""
    seen: dict[str, int] = {}
    for question in quiz.questions:
        first = seen.setdefault(question.id, question.place)
        if question.id and first != question.place:
            yield _fault(
                quiz, question, f"has the id of question number {first}", "Give it an id of its own."
            )


def _again(quiz: Quiz, earlier: Mapping[str, Quiz], every: Mapping[str, Quiz]) -> Iterator[BookError]:
    """Find drawn questions that are not there, come later, or are drawn twice."""
    for name in quiz.again:
        chapter = name.partition("/")[0]
        names = [question.name for question in every[chapter].questions] if chapter in every else []
        if name not in names:
            known = ", ".join(names) or ", ".join(f"{stem}/…" for stem in earlier) or "no earlier quiz"
            yield BookError(
                f"draws the question {name!r} again, which is not there",
                where=quiz.path,
                hint=f"There are: {known}.",
            )
        elif chapter not in earlier:
            mend = "Only questions of earlier chapters come back."
            yield BookError(
                f"draws the question {name!r}, which does not come earlier", where=quiz.path, hint=mend
            )
        elif quiz.again.count(name) > 1:
            yield BookError(f"draws the question {name!r} twice", where=quiz.path, hint="Take one away.")


def _too_few(quiz: Quiz, earlier: Mapping[str, Quiz]) -> Iterator[BookError]:
    """Find a quiz that asks too little, or nothing from before."""
    count = len(quiz.questions) + len(quiz.again)
    if count < MIN_QUESTIONS:
        mend = f"A chapter asks at least {MIN_QUESTIONS}, those that come back included."
        yield BookError(f"has {count} questions", where=quiz.path, hint=mend)
    if earlier and len(quiz.again) < MIN_AGAIN:
        names = ", ".join(list(earlier)[-3:])
        mend = f"Name {MIN_AGAIN} or more under `again:`, as chapter/id; earlier quizzes: {names}."
        yield BookError(
            f"brings back {len(quiz.again)} questions of earlier chapters", where=quiz.path, hint=mend
        )


def of_question(question: Question) -> Iterator[Problem]:
    """Find what is wrong with one question, as pairs of problem and mend."""
    fields = question.fields
    if not _SLUG.fullmatch(question.id):
        yield (
            "has no id of small letters, digits and hyphens",
            "Add `id: what-it-asks`; it never changes again.",
        )
    if question.kind not in KEYS:
        yield f"has the kind {question.kind!r}, which is none", f"Kinds are: {', '.join(KEYS)}."
        return
    for key in sorted(set(fields) - KEYS[question.kind]):
        yield (
            f"has {key!r}, which a {question.kind} question has not",
            f"It may have: {_listed(question.kind)}.",
        )
    for key in ("question", "explanation"):
        if not _said(fields.get(key)):
            yield f"has no {key}", f"Write it under `{key}:`."
    yield from _given(fields.get("given") or {})
    if question.kind == "numeric":
        yield from _numeric(fields)
    elif question.kind == "order":
        yield from _parts(fields, "steps", ("text", "feedback"))
    else:
        yield from _parts(fields, "options", ("text", "right", "feedback"))
        yield from _right(question)
    for text in question.texts():
        for expression in INLINE.findall(text):
            yield from _python(expression)


def _listed(kind: str) -> str:
    """List a kind's keys in a settled order."""
    return ", ".join(sorted(KEYS[kind]))


def _said(value: Any) -> bool:
    """Whether something that a reader can read is written there."""
    return value is not None and bool(str(value).strip())


def _parts(fields: Mapping[str, Any], key: str, keys: tuple[str, ...]) -> Iterator[Problem]:
    """Check the list of options or steps."""
    parts = fields.get(key)
    least = 3 if key == "steps" else 2
    if not isinstance(parts, list) or len(parts) < least:
        yield f"has fewer than {least} {key}", f"List them under `{key}:`, each with {' and '.join(keys)}."
        return
    what = key.rstrip("s")
    for number, part in enumerate(parts, 1):
        part = part if isinstance(part, dict) else {"text": part}
        for name in ("text", "feedback"):
            if not _said(part.get(name)):
                yield f"has no {name} for {what} {number}", f"Add `{name}:` to it; wrong ones teach the most."
        for name in sorted(set(part) - set(keys)):
            yield f"has {name!r} in {what} {number}", f"It may have: {', '.join(keys)}."


def _right(question: Question) -> Iterator[Problem]:
    """Check which options are right."""
    options = [part for part in question.fields.get("options") or [] if isinstance(part, dict)]
    marks = [part.get("right", False) for part in options]
    if any(not isinstance(mark, bool) for mark in marks):
        yield "has a `right` that is neither true nor false", "Write `right: true`, or leave it out."
    count = sum(mark is True for mark in marks)
    if count == 0:
        yield "has no right answer", "Add `right: true` to the right option."
    if count > 1 and question.kind == "single":
        yield f"is a single choice with {count} right answers", "Keep one, or make it `kind: multiple`."


def _numeric(fields: Mapping[str, Any]) -> Iterator[Problem]:
    """Check the answer, its tolerance, and the wrong values that have feedback of their own."""
    if not _said(fields.get("answer")):
        yield "has no answer", "Add `answer:`, a Python expression; `np` is NumPy."
    else:
        yield from _python(str(fields["answer"]))
    tolerance = fields.get("tolerance")
    if isinstance(tolerance, bool) or not isinstance(tolerance, int | float) or not tolerance > 0:
        yield "has no tolerance above 0", "Add `tolerance: 0.01`: how far off an answer may be."
    if not _said(fields.get("otherwise")):
        yield "has no feedback for other numbers", "Add `otherwise:`, with a hint at the way."
    near = fields.get("near") or []
    for number, part in enumerate(near if isinstance(near, list) else [near], 1):
        if not isinstance(part, dict) or set(part) != {"value", "feedback"} or not _said(part["feedback"]):
            yield (
                f"has a near miss {number} that is not value and feedback",
                "Write `value:` and `feedback:`.",
            )
        else:
            yield from _python(str(part["value"]))


def _given(given: Any) -> Iterator[Problem]:
    """Check the names that a question's expressions use."""
    if not isinstance(given, dict) or not all(str(name).isidentifier() for name in given):
        yield (
            "has a `given` that is not `name: expression` lines",
            "Write `given:` and below it `x: [1, 2, 6]`.",
        )
        return
    for expression in given.values():
        yield from _python(str(expression))


def _python(expression: str) -> Iterator[Problem]:
    """Check that an expression is one."""
    try:
        ast.parse(expression.strip(), mode="eval")
    except SyntaxError as error:
        yield f"has `{expression}`, which is not Python: {error.msg}", "Write one expression; `np` is NumPy."
