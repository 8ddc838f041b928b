"""What a check says about an answer: not attempted, wrong (what does not hold, on which input), or right."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import Literal

State = Literal["not attempted", "wrong", "right"]
_SIGNS = {"not attempted": "○", "wrong": "✗", "right": "✓"}
_WIDTH = 85  # characters of a line beside its name


@dataclass(frozen=True, repr=False)
class Verdict:
    """What was found; true where the answer is right, so that `assert check(…)` works.

    Attributes
    ----------
    slug : str
        The exercise.
    state : {"not attempted", "wrong", "right"}
    must : str
        The property that does not hold, as a sentence that should be true; or what to hand in.
    on : str
        The input on which it does not hold.
    got : str
        What came instead.
    hint : str
        Where to look.
    printed : str
        The beginning of what the answer printed.
    note : str
        Something else worth saying: about the progress file.
    """

    slug: str
    state: State
    must: str = ""
    on: str = ""
    got: str = ""
    hint: str = ""
    printed: str = ""
    note: str = ""

    def __bool__(self) -> bool:
        return self.state == "right"

    def __str__(self) -> str:
        first = "to do" if self.state == "not attempted" else "must hold"
        named = {first: self.must, "on": self.on, "got": self.got, "hint": self.hint, "note": self.note}
        lines = [f"{_SIGNS[self.state]} {self.state}: {self.slug}"]
        for name, text in named.items():
            if text:
                lines += _beside(f"{name}:", [part for line in text.splitlines() for part in _wrapped(line)])
        if self.printed:
            lines += _beside("printed:", self.printed.splitlines())
        return "\n".join(lines)

    __repr__ = __str__  # what a notebook shows below the cell


def _wrapped(line: str) -> list[str]:
    """Cut a line to the width of a notebook's output."""
    return textwrap.wrap(line, _WIDTH, break_long_words=False, break_on_hyphens=False)


def _beside(name: str, lines: list[str]) -> list[str]:
    """Put a name before the first line and indent the others as far."""
    return [f"  {label:<10} {line}" for label, line in zip([name, *[""] * len(lines)], lines, strict=False)]
