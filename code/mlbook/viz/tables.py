"""Data frames as Markdown pipe tables, which become real tables on the site and in print."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

Digits = int | Mapping[Any, int] | None
_SPECIAL = re.compile(r"([\\`*_\[\]<>$|#~^@])")
_NUMERIC = re.compile(r"[-+−]?[\d.,]+(e[-+−]?\d+)?\s?%?")


class Table:
    """A table to be shown: Markdown for the book, the frame's own HTML where a notebook shows it."""

    def __init__(self, markdown: str, shown: Any) -> None:
        self.markdown = markdown
        self.shown = shown

    def _repr_markdown_(self) -> str:
        return self.markdown

    def __repr__(self) -> str:
        return str(self.shown)


def table(frame: Any, *, digits: Digits = None, index: bool | None = None, rows: int = 20) -> Table:
    """Show a frame as a table with rounded numbers.

    Parameters
    ----------
    frame : pandas.DataFrame, pandas.Series or Styler
        A Styler's own number formats and hidden parts are kept; its colors are not.
    digits : int or mapping from column to int, optional
        Decimals of floating-point columns. Without it, a column's largest value keeps three digits.
    index : bool, optional
        Whether to show the row labels. By default they are shown unless they just count from 0.
    rows : int, default 20
        Longer frames show half as many rows from the top, a row of dots, and as many from the bottom.

    Returns
    -------
    Table
        Shows itself when it is a cell's last expression.

    Raises
    ------
    TypeError
        For anything but the three kinds.
    """
    import pandas as pd

    if isinstance(frame, pd.Series):
        frame = frame.to_frame(frame.name if frame.name is not None else "value")
    if isinstance(frame, pd.DataFrame):
        with_index = not isinstance(frame.index, pd.RangeIndex) if index is None else index
        return Table(_frame(frame, digits, with_index, rows), frame)
    if type(frame).__name__ == "Styler":
        return Table(_styler(frame), frame.data)
    raise TypeError(f"a table is made of a DataFrame, Series or Styler, not of {type(frame).__name__}")


def _frame(frame: pd.DataFrame, digits: Digits, index: bool, rows: int) -> str:
    """Write a data frame as a pipe table."""
    from pandas.api.types import is_bool_dtype, is_numeric_dtype

    names: list[Any] = list(frame.columns)
    values: list[Any] = [frame.iloc[:, position] for position in range(len(names))]
    if index:
        levels = range(frame.index.nlevels)
        names = ["" if name is None else name for name in frame.index.names] + names
        values = [frame.index.get_level_values(level) for level in levels] + values
    columns = []
    for name, column in zip(names, values, strict=True):
        places = digits.get(name) if isinstance(digits, Mapping) else digits
        columns.append(_shortened(_column(column, places), rows))
    right = [bool(is_numeric_dtype(column.dtype) and not is_bool_dtype(column.dtype)) for column in values]
    head = [escape(" ".join(map(str, name)) if isinstance(name, tuple) else name) for name in names]
    return pipes(head, [list(row) for row in zip(*columns, strict=True)], right)


def _shortened(texts: list[str], rows: int) -> list[str]:
    """Leave out the middle of a long column."""
    if len(texts) <= rows:
        return texts
    half = max(1, rows // 2)
    return [*texts[:half], "⋮", *texts[-half:]]


def _column(values: Iterable[Any], digits: int | None) -> list[str]:
    """Write a column's values, all floats with the same number of decimals."""
    listed = list(values)
    floats = [float(value) for value in listed if _is_float(value) and math.isfinite(value)]
    places = _places(floats) if digits is None else digits
    return [number(value, places) for value in listed]


def _is_float(value: Any) -> bool:
    """Whether a value is a floating-point number of Python or NumPy."""
    return isinstance(value, float) or type(value).__name__.startswith("float")


def _places(values: list[float]) -> int:
    """Choose the decimals that give the largest value three digits and the smallest one at least one."""
    sizes = [math.floor(math.log10(abs(value))) for value in values if value]
    if not sizes or all(value == int(value) and abs(value) < 1e15 for value in values):
        return 1 if not sizes else max(0, 2 - max(sizes))
    return min(6, max(0, 2 - max(sizes), -min(sizes)))


def number(value: Any, digits: int) -> str:
    """Write one value: floats rounded, whole numbers from 10,000 with separators, missing ones as a dash."""
    if (
        value is None
        or (_is_float(value) and math.isnan(value))
        or type(value).__name__ in {"NaTType", "NAType"}
    ):
        return "–"
    if type(value).__name__ in {"bool", "bool_"}:
        return "yes" if value else "no"
    if _is_float(value):
        return _float(float(value), digits)
    if isinstance(value, int) or type(value).__name__.startswith(("int", "uint")):
        whole = int(value)
        return (f"{whole:,}" if abs(whole) >= 10_000 else str(whole)).replace("-", "−")
    return escape(value)


def _float(value: float, digits: int) -> str:
    """Write a float with `digits` decimals, very large and very small ones with an exponent."""
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    if value and (abs(value) >= 1e12 or abs(value) < 0.5 * 10**-digits):
        return f"{value:.1e}".replace("-", "−")
    return f"{value:,.{digits}f}".replace("-", "−")


def _styler(styler: Any) -> str:
    """Write a Styler's formatted values as a pipe table."""
    shown = styler.to_string(delimiter="\x1f").rstrip("\n").split("\n")
    rows = [[escape(value.strip()) for value in line.split("\x1f")] for line in shown]
    width = max(map(len, rows))
    rows = [[""] * (width - len(row)) + row for row in rows]
    right = [all(_NUMERIC.fullmatch(row[column]) for row in rows[1:]) for column in range(width)]
    body = [[_signed(value) for value in row] for row in rows[1:]]
    return pipes(rows[0], body, right)


def _signed(text: str) -> str:
    """Give a formatted number the sign that the book's other numbers have."""
    return text.replace("-", "−") if _NUMERIC.fullmatch(text) else text


def pipes(head: list[str], rows: list[list[str]], right: list[bool]) -> str:
    """Lay out a pipe table.

    Parameters
    ----------
    head, rows : list of str, list of lists of str
        Cells as Markdown.
    right : list of bool
        Which columns are flush right.
    """
    widths = [max(3, *(len(row[column]) for row in [head, *rows])) for column in range(len(head))]
    rule = ["-" * (width + 1) + (":" if flush else "-") for width, flush in zip(widths, right, strict=True)]
    lines = [_line(head, widths, right), f"|{'|'.join(rule)}|"]
    return "\n".join(lines + [_line(row, widths, right) for row in rows])


def _line(cells: list[str], widths: list[int], right: list[bool]) -> str:
    """Pad one row."""
    padded = (
        cell.rjust(width) if flush else cell.ljust(width)
        for cell, width, flush in zip(cells, widths, right, strict=True)
    )
    return f"| {' | '.join(padded)} |"


def escape(value: object) -> str:
    """Write any value as Markdown text that reads as itself."""
    return _SPECIAL.sub(r"\\\1", " ".join(str(value).split()))
