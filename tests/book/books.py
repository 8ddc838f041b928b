"""What tests of the book's making share: the fixture book's place, and how a cell is written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

FIXTURES = Path(__file__).parent.parent / "fixtures"
MakeBook = Callable[..., Path]


def cell(label: str, code: str, *options: str) -> str:
    """Return a cell's text."""
    lines = [f"#| label: {label}", *(f"#| {option}" for option in options), code]
    return "\n".join(["```{python}", *lines, "```", ""])
