"""Long computations, one module each, whose results are stored and loaded by the chapters.

- `mlbook compute NAME` does one and stores its results with their provenance; `results(NAME)` loads them.
- A run is a module here; `engine/load.py` says what it has to hold.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mlbook import data, files
from mlbook.data.registry import need, registry
from mlbook.errors import BookError
from mlbook.runs.engine.load import load, locate, names, question

__all__ = ["compute", "locate", "names", "outdated", "results", "show"]


def compute(
    name: str, *, quick: bool = False, device: str = "auto", root: Path | None = None
) -> dict[str, Any]:
    """Do a run and store its results.

    Parameters
    ----------
    name : str
        "housing-search"; `mlbook compute --list` shows them.
    quick : bool, default False
        Small sizes on stand-in data, to see that it works; nothing is stored.
    device : {"auto", "cpu", "cuda", "mps"}, default "auto"
        "auto" takes the best that the run can use and the machine has.
    root : Path, optional
        The book's folder; found from the current one by default.

    Returns
    -------
    dict
        What the run returned.

    Raises
    ------
    BookError
        If the run is unknown or already at work in this folder, the device is not there, stand-in data was
        used or asked for, or the results cannot be stored; the stored results then stay as they were.
    """
    base = root or files.root()
    run = load(name)
    try:
        from mlbook.runs.engine import work
    except ModuleNotFoundError as error:
        raise need(error, "a run") from None
    if quick:
        with _small():
            return work.quick(run, device)
    if data.offline():
        raise BookError(
            "MLBOOK_OFFLINE=1 gives stand-in data, and nothing computed from it may be stored",
            hint="Unset it, or use --quick, which stores nothing.",
        )
    with files.exclusive(f"compute-{name}", base):
        return work.full(run, device, base)


@contextmanager
def _small() -> Iterator[None]:
    """Ask for stand-in data and small sizes while the block runs."""
    before = {key: os.environ.get(key) for key in ("MLBOOK_QUICK", "MLBOOK_OFFLINE")}
    os.environ.update(dict.fromkeys(before, "1"))
    try:
        yield
    finally:
        for key, value in before.items():
            if value is None:
                del os.environ[key]
            else:
                os.environ[key] = value


def results(name: str, *, root: Path | None = None) -> dict[str, Any]:
    """Load the stored results of a run.

    Parameters
    ----------
    name : str
        Written out, so that `mlbook status` can see what a chapter rests on.
    root : Path, optional
        The book's folder; found from the current one by default.

    Returns
    -------
    dict
        What the run returned; arrays are ndarrays.

    Raises
    ------
    BookError
        If the results or their manifest are missing, damaged or altered, or were made by other code than
        the run's of now; the message has the command that mends it.
    """
    from mlbook.runs.engine import store

    base = root or files.root()
    stored = store.manifest(name, base)
    changed = outdated(name, stored)
    if changed:
        raise BookError(
            f"the stored results of {name} do not belong to the code of now: {changed}",
            where=store.folder(name, base).relative_to(base).as_posix(),
            hint=f"`mlbook compute {name}` makes them again.",
        )
    return store.read(name, base)


def outdated(name: str, stored: dict[str, Any]) -> str:
    """Say why stored results do not belong to the run `name` as it is now; "" where they do.

    Settings and seeds are part of the code. Nothing is imported, so a run that needs PyTorch can be read
    without.
    """
    from mlbook.runs.engine.fingerprint import fingerprint

    if stored["fingerprint"] != fingerprint(*locate(name)):
        return "its code has changed"
    known = registry()
    for dataset, sha256 in stored.get("data", {}).items():
        if dataset not in known or known[dataset].sha256 != sha256:
            return f"the registered data set {dataset} has changed"
    return ""


def show() -> None:
    """Print a table of the runs: name, question, and where and when its results were computed."""
    from rich import box
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from mlbook.runs.engine import store

    table = Table("run", "question", "stored results", box=box.SIMPLE_HEAD)
    for name in names():
        try:
            stored = store.manifest(name, files.root())
            state = f"{stored['date']}, {stored['seconds']:.0f} s on {stored['device']}"
        except BookError as error:
            state = error.message
        table.add_row(name, escape(question(locate(name)[1])), escape(state))
    Console().print(table)
