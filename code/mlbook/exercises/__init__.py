"""Exercises that answer back: `check("hash-keeps-share", share_by_size)`.

- `check` tries an answer on small generated data and says what it found: not attempted, wrong, or right.
- Checks need neither the book's sources nor its data, so a notebook away from the book has them too.
- `checks/` holds the checks, a module for each chapter, and `registry.py` finds them; `answer.py` is what a
  check is given, `judge.py` runs it within `limits.py` and `guards.py`, and `progress.py` remembers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mlbook.exercises.verdict import Verdict

if TYPE_CHECKING:
    from mlbook.exercises.registry import Check

__all__ = ["Verdict", "check"]


def check(exercise: str, answer: Any = None, *, seconds: float | None = None) -> Verdict:
    """Check an answer to an exercise, and note the result in the progress file.

    Whatever is handed in, the caller goes on: the answer is tried within limits of time, output and memory.

    Parameters
    ----------
    exercise : str
        The exercise's id ("hash-keeps-share"), or its number ("2.4") where the book's folder is at hand.
    answer : object, optional
        The function or value that the exercise asks for.
    seconds : float, optional
        Time limit in place of the check's own, mostly 10.

    Returns
    -------
    Verdict
        A notebook shows it below the cell; elsewhere, print it. True only if the answer is right.

    Raises
    ------
    BookError
        If there is no such exercise, it has no check, or the packages that checking needs are missing.

    Examples
    --------
    >>> check("hash-keeps-share", share_by_size)  # doctest: +SKIP
    """
    from mlbook.exercises import catalog, registry

    slug, checks = catalog.slug_of(exercise), registry.every()
    if slug not in checks:
        raise catalog.unknown(slug, sorted(checks))
    return checked(checks[slug], lambda: answer, seconds=seconds)


def checked(check: Check, hand_in: Callable[[], Any], *, seconds: float | None = None) -> Verdict:
    """Return the verdict on what `hand_in` returns, and note it in the progress file."""
    from mlbook.exercises import progress
    from mlbook.exercises.judge import judge

    verdict = judge(check, hand_in, seconds=seconds)
    return replace(verdict, note=progress.keep(check.slug, verdict.state))
