"""Runs one check on one answer, within limits, and turns whatever happens into a verdict."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mlbook.exercises import limits
from mlbook.exercises.answer import Answer, NotAttempted, Wrong, words
from mlbook.exercises.catalog import book_root
from mlbook.exercises.guards import watched
from mlbook.exercises.registry import Check
from mlbook.exercises.verdict import Verdict

_LINES = 8  # of what was printed that are shown


def judge(
    check: Check, hand_in: Callable[[], Any], *, seconds: float | None = None, fork: bool | None = None
) -> Verdict:
    """Return the verdict on an answer.

    Parameters
    ----------
    check : Check
    hand_in : callable
        Returns the answer; called within the limits, since reading a file executes it.
    seconds : float, optional
        Time limit in place of the check's own.
    fork : bool, optional
        As for `limits.run`.
    """
    root = book_root()

    def task(say: limits.Say) -> None:
        with watched(root) as watch:
            try:
                said = _examine(check, hand_in, say)
            finally:
                if watch.opened:
                    say({"opened": watch.opened})
        say(said)

    limit = check.seconds if seconds is None else seconds
    ran = limits.run(task, limit, fork=fork)
    found = {key: value for message in ran.messages for key, value in message.items()}
    on, opened, printed = found.get("on", ""), found.get("opened", ""), _head(ran.printed)
    if opened or ran.end != "done":
        return Verdict(check.slug, "wrong", on=on, printed=printed, **_ended(ran.end, opened, limit))
    if found["state"] != "wrong":
        return Verdict(check.slug, found["state"], found.get("must", ""))
    return Verdict(check.slug, "wrong", found["must"], on, found["got"], found["hint"], printed=printed)


def _examine(check: Check, hand_in: Callable[[], Any], say: limits.Say) -> limits.Message:
    """Try the properties one after another; returns what to say at the end."""
    try:
        answer = hand_in()
        if answer is None or answer is ...:
            raise NotAttempted
        check.properties(Answer(answer, check.function, say))
    except NotAttempted as empty:
        return {"state": "not attempted", "must": f"{empty} {to_do(check)}".strip()}
    except Wrong as wrong:
        return {"state": "wrong", "must": wrong.must, "got": wrong.got, "hint": wrong.hint}
    except Exception as error:  # what it gave looked right and is not: an array that raises when it is used
        must = "what it gives can be used as numbers, arrays and lists are"
        return {"state": "wrong", "must": must, "got": words(error), "hint": ""}
    return {"state": "right"}


def _head(printed: str) -> str:
    """Return the first lines of what was printed."""
    lines = printed.splitlines()
    return "\n".join([*lines[:_LINES], "…"] if len(lines) > _LINES else lines)


def to_do(check: Check) -> str:
    """Return what to hand in."""
    what = f"Write {check.function} and hand the function in. " if check.function else ""
    return f"{what}{check.task}"


def _ended(end: str, opened: str, limit: float) -> dict[str, str]:
    """Return what to say of an answer that did not come to its end."""
    if opened:
        return {
            "must": "it finds the answer by itself",
            "got": f"it opened {opened}",
            "hint": "The solution stands below the exercise; read it there once you have tried.",
        }
    if end == "late":
        return {
            "must": f"it ends within {limit:g} seconds",
            "got": "it was still running and has been stopped",
            "hint": "Look for a loop that never ends; a slow machine may need seconds=60 (--seconds 60).",
        }
    if end == "printed":
        return {
            "must": f"it prints at most {limits.MAX_PRINTED:,} characters",
            "got": "more, and it has been stopped",
            "hint": "Look for a print in a loop that does not end.",
        }
    return {
        "must": "it leaves Python running",
        "got": f"the process {end}",
        "hint": "A crash in a library, too much memory, or a call that ends the process.",
    }
