"""The registry of data sets: what `data/registry.toml` says about each one.

- One table per set, checked when it is read; nothing is downloaded or imported here.
- A set with `urls` is downloaded; one without comes with scikit-learn.
- Adding a set means adding a table: see `data/README.md`.
"""

from __future__ import annotations

import importlib
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any

from mlbook import files
from mlbook.errors import BookError


@dataclass(frozen=True)
class DataSet:
    """One registered data set.

    Attributes
    ----------
    id : str
        Its name in `load` and on the command line.
    title : str
        One line: what it is.
    licence, citation : str
    shape : tuple of int
        Rows and columns, or the array's shape; checked on every load.
    loader : str
        "module:function"; called with the set and the path of its file.
    file : str
        Name in the cache and in a mirror; may hold a folder. "" for a set that comes with scikit-learn.
    urls : tuple of str
        Public addresses of the very same bytes, tried in order.
    sha256 : str
    bytes : int
    faults : tuple of str
        Known faults, a sentence each.
    standin : str
        "module:function" that generates the stand-in; called with the number of rows.
    """

    id: str
    title: str
    licence: str
    citation: str
    shape: tuple[int, ...]
    loader: str
    file: str = ""
    urls: tuple[str, ...] = ()
    sha256: str = ""
    bytes: int = 0
    faults: tuple[str, ...] = ()
    standin: str = ""

    @property
    def downloaded(self) -> bool:
        """Whether the set is a file that is fetched, not one that comes with scikit-learn."""
        return bool(self.file)

    @cached_property
    def megabytes(self) -> str:
        """The size as people read it: "1.4 MB"."""
        return f"{self.bytes / 1e6:.1f} MB"


def place() -> Path:
    """Return the registry in use: the book's `data/registry.toml`, else the one beside this package's source.

    Raises
    ------
    BookError
        If there is neither.
    """
    own = Path(__file__).parents[3] / "data" / "registry.toml"
    try:
        here = files.root() / "data" / "registry.toml"
    except BookError:
        here = own
    for path in (here, own):
        if path.is_file():
            return path
    raise BookError(
        "the registry of data sets is missing",
        where=str(here),
        hint="`git checkout -- data/registry.toml` in the book's folder brings it back.",
    )


def registry() -> dict[str, DataSet]:
    """Read the registry.

    Returns
    -------
    dict of str to DataSet
        In the order of the file.

    Raises
    ------
    BookError
        If the file is missing, is not TOML, or a table lacks something or holds something unknown.
    """
    path = place()
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BookError(f"is not TOML: {error}", where=str(path), hint=_RESTORE) from None
    except OSError as error:
        raise BookError(f"cannot be read: {error.strerror}", where=str(path), hint=_RESTORE) from None
    return {name: _entry(name, table, path) for name, table in tables.items()}


_RESTORE = (
    "`git diff data/registry.toml` shows what changed; `git checkout -- data/registry.toml` restores it."
)


def find(name: str) -> DataSet:
    """Return the set called `name`.

    Raises
    ------
    BookError
        If there is none; the message lists what there is.
    """
    known = registry()
    if name not in known:
        raise BookError(f"no data set called {name!r}", hint=f"There are: {', '.join(known)}.")
    return known[name]


def _entry(name: str, table: Any, path: Path) -> DataSet:
    """Make a `DataSet` of one table."""
    allowed = {field.name for field in fields(DataSet)} - {"id"}
    needed = {"title", "licence", "citation", "shape", "loader"}
    if isinstance(table, dict) and "file" in table:
        needed |= {"urls", "sha256", "bytes", "standin"}
    given = set(table) if isinstance(table, dict) else set()
    for problem, names in (("lacks", needed - given), ("holds the unknown key", given - allowed)):
        if names:
            raise BookError(f"[{name}] {problem} {', '.join(sorted(names))}", where=str(path), hint=_RESTORE)
    lists = {key: tuple(value) for key, value in table.items() if isinstance(value, list)}
    return DataSet(id=name, **{**table, **lists})


def function(reference: str) -> Callable[..., Any]:
    """Import "module:function", as the registry names loaders and generators.

    Raises
    ------
    BookError
        If a package that it needs is not installed.
    """
    module, _, name = reference.partition(":")
    try:
        return getattr(importlib.import_module(module), name)  # type: ignore[no-any-return]
    except ModuleNotFoundError as error:
        raise need(error, "loading data") from None


def need(error: ModuleNotFoundError, doing: str) -> BookError:
    """Turn a missing package into the message that says what needs it and how to install it."""
    return BookError(
        f"{error.name} is not installed, and {doing} needs it",
        hint="`make setup` installs everything; without make: python -m pip install -e '.[all]'",
    )
