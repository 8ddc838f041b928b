"""One cell of a chapter: its options, its code, and everything about it that can be wrong before it runs."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from typing import Any

import yaml

from mlbook.errors import BookError

OPTIONS: dict[str, tuple[type, ...]] = {
    "label": (str,),
    "echo": (bool,),
    "output": (bool,),
    "eval": (bool,),
    "error": (bool,),
    "fold": (bool,),
    "fig-cap": (str,),
    "fig-alt": (str,),
    "tbl-cap": (str,),
    "timeout": (int, float),
}
"""The options a cell may have, and the types their values may have."""

# libyaml's loader, where it was built: eight times as fast, and a book has a thousand cells.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_OPTION = re.compile(r"^#\|\s?(.*)$")
_LABEL = re.compile(r"^[A-Za-z][A-Za-z0-9-]*$")


@dataclass(frozen=True)
class Place:
    """A line of a file of the book; `str` gives "chapters/02-project.qmd:41"."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


Line = tuple[str, Place]
"""A line of text with its line end, and where it stands."""


@dataclass(frozen=True)
class Cell:
    """One executable cell.

    Attributes
    ----------
    label : str
        Its name, unique in the book.
    options : dict
        The `#|` options, read as YAML, without the label.
    body : str
        Option lines and code, as they stand in the file: line n of it is line `place.line` + n.
    code : str
        The code alone.
    place : Place
        The line of the opening fence.
    """

    label: str
    options: dict[str, Any]
    body: str
    code: str
    place: Place

    def at(self, line: int) -> Place:
        """Return the place of line `line` (from 1) of the body."""
        return Place(self.place.file, self.place.line + line)

    @property
    def echo(self) -> bool:
        """Whether the code is shown."""
        return bool(self.options.get("echo", True))

    @property
    def runs(self) -> bool:
        """Whether the code is executed."""
        return bool(self.options.get("eval", True))


def parse(block: list[Line]) -> Cell:
    """Make a cell of a fenced block, fences included.

    Raises
    ------
    BookError
        For options in the first line, options that are not YAML, unknown or of the wrong type, a label that
        is missing or malformed, and code that is not Python.
    """
    first, place = block[0]
    rest = first[first.index("{python") + len("{python") :].rstrip().rstrip("}").strip(" ,")
    if rest:
        raise BookError(
            f"options stand in the cell's first line: {rest}",
            where=str(place),
            hint="Write each on a line of its own below, as `#| key: value`.",
        )
    indent = len(first) - len(first.lstrip(" "))
    body = [line[min(indent, len(line) - len(line.lstrip(" "))) :] for line, _ in block[1:-1]]
    count = 0
    while count < len(body) and _OPTION.match(body[count]):
        count += 1
    options = _options(body[:count], place)
    label = _label(options.pop("label", None), place)
    cell = Cell(label, options, "".join(body), "".join(body[count:]), place)
    _check_code(cell)
    return cell


def unique(cells: list[Cell], taken: dict[str, Cell]) -> None:
    """Enter cells in `taken` by label.

    Raises
    ------
    BookError
        If another cell has the label; the message names both places.
    """
    for cell in cells:
        other = taken.setdefault(cell.label, cell)
        if other is not cell:
            raise BookError(
                f"the label {cell.label!r} is taken",
                where=str(cell.place),
                hint=f"It belongs to the cell at {other.place}; every label is used once in the whole book.",
            )


def _label(label: str | None, place: Place) -> str:
    """Check a cell's label."""
    if not label:
        raise BookError(
            "this cell has no label",
            where=str(place),
            hint="Begin it with a line like `#| label: load-housing`.",
        )
    if not _LABEL.match(label):
        raise BookError(
            f"the label {label!r} holds other characters than letters, digits and hyphens",
            where=str(place),
        )
    return label


def _options(lines: list[str], place: Place) -> dict[str, Any]:
    """Read the `#|` lines as YAML and check names and types."""
    text = "\n".join(match[1] for line in lines if (match := _OPTION.match(line.rstrip("\n"))))
    try:
        options = yaml.load(text, Loader=_Loader) if text else {}
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        at = Place(place.file, place.line + 1 + (mark.line if mark else 0))
        raise BookError(
            f"the cell's options are not YAML: {getattr(error, 'problem', error)}",
            where=str(at),
            hint="Put a value that holds `:` or `#` in quotation marks.",
        ) from None
    if not isinstance(options, dict):
        raise BookError("the cell's options are not `#| key: value` lines", where=str(place))
    for key, value in options.items():
        _check_option(key, value, place)
    return options


def _check_option(key: object, value: object, place: Place) -> None:
    """Refuse an unknown option or a value of the wrong type."""
    if key not in OPTIONS:
        raise BookError(
            f"unknown cell option {key!r}", where=str(place), hint=f"There are: {', '.join(OPTIONS)}."
        )
    kinds = OPTIONS[str(key)]
    if not isinstance(value, kinds) or (bool not in kinds and isinstance(value, bool)):
        wanted = {bool: "true or false", str: "a text"}.get(kinds[0], "a number")
        raise BookError(
            f"cell option {key}: {value!r} is not {wanted}",
            where=str(place),
            hint="A text that looks like something else to YAML needs quotation marks.",
        )


def _check_code(cell: Cell) -> None:
    """Compile the code, so that a syntax error is found before a kernel starts."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            compile(cell.body, cell.place.file, "exec", dont_inherit=True)
    except SyntaxError as error:
        raise BookError(
            f"cell {cell.label!r} is not Python: {error.msg}",
            where=str(cell.at(error.lineno or 1)),
            hint=(error.text or "").strip(),
        ) from None
