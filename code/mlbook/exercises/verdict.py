"""What a check says about an answer: not attempted, wrong (what does not hold, on which input), or right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["not attempted", "wrong", "right"]
_SIGNS = {"not attempted": "○", "wrong": "✗", "right": "✓"}


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
        lines = [f"{_SIGNS[self.state]} {self.state}: {self.slug}"]
        named = {
            "to do" if self.state == "not attempted" else "must hold": self.must,
            "on": self.on,
            "got": self.got,
            "hint": self.hint,
            "printed": self.printed,
            "note": self.note,
        }
        for name, text in named.items():
            if text:
                lines.append(f"  {name + ':':<10} " + text.strip("\n").replace("\n", "\n" + " " * 13))
        return "\n".join(lines)

    __repr__ = __str__  # what a notebook shows below the cell
