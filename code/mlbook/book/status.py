"""Whether the results of each page and each run are fresh, and if not, because of what.

- DVC compares every file, registry entry and library version that a result rests on with those of `dvc.lock`.
- Without DVC, which readers do not need, pages are compared with their freeze and runs with their manifests.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from mlbook import files, runs
from mlbook.book import config, freeze, quizzes
from mlbook.book.pipeline import VERSIONS
from mlbook.book.record import FILE, LOCK, dvc, entries, has_dvc
from mlbook.book.source import read
from mlbook.errors import BookError
from mlbook.runs.engine import store

UNKNOWN = "dvc.lock does not know it yet"


@dataclass(frozen=True)
class State:
    """One page's or run's state.

    Attributes
    ----------
    name : str
        "02-project" or "housing-search".
    reasons : tuple of str
        Why its results are stale; empty if they are fresh.
    mend : str
        The command that makes them again.
    """

    name: str
    reasons: tuple[str, ...]
    mend: str


def report(root: Path | None = None) -> int:
    """Print a table of the pages with cells and the runs.

    Returns
    -------
    int
        Exit code: 0 if everything is fresh, 1 if anything is stale.

    Raises
    ------
    BookError
        If `_quarto.yml`, `dvc.yaml` or `dvc.lock` cannot be read.
    """
    base = root or files.root()
    found = states(base)
    table = Table("", "state", box=box.SIMPLE_HEAD)
    table.add_column("because of", overflow="fold")
    table.add_column("mend", overflow="fold")
    for state in found:
        fresh = "[green]fresh[/]" if not state.reasons else "[yellow]stale[/]"
        mend = state.mend if state.reasons else ""
        table.add_row(state.name, fresh, escape("\n".join(state.reasons)), escape(mend))
    console = Console(highlight=False)
    console.print(table)
    if not has_dvc():
        console.print(
            "Pages were compared with their freeze, runs with their manifests. With DVC, shared code, data "
            "and library versions are compared too: python -m pip install -e '.[pipeline]'",
            soft_wrap=True,
            markup=False,
        )
    return 1 if any(state.reasons for state in found) else 0


def states(root: Path) -> list[State]:
    """Compute the state of every page with cells, every quiz and every run.

    Raises
    ------
    BookError
        If `_quarto.yml`, `dvc.yaml` or `dvc.lock` cannot be read.
    """
    changed = dvc_changes(root) if has_dvc() and (root / FILE).exists() else {}
    return [*_pages(root, changed), *_quizzes(root), *_runs(root, changed)]


def _pages(root: Path, changed: dict[str, list[str]]) -> Iterator[State]:
    """Yield the states of the pages, in reading order."""
    for page in config.load(root).pages:
        try:
            source = read(page.path, root)
        except BookError as error:
            yield State(page.stem, (f"{error.where}: {error.message}",), error.hint)
            continue
        if source.cells or source.inlines:
            reason = freeze.stale(source, root)
            yield _state(page.stem, reason, changed.get(page.stem, []), f"mlbook run {page.stem}")


def _quizzes(root: Path) -> Iterator[State]:
    """Yield the states of the quizzes; DVC has no part in them, since they rest on their own files alone."""
    found, faults = quizzes.load(config.load(root))
    for fault in faults:
        yield State(fault.where, (fault.message,), fault.hint)
    for quiz in found.values():
        reason = quizzes.stale(quiz, found, root)
        yield _state(f"{quiz.chapter} (quiz)", reason, [], "mlbook run")


def _runs(root: Path, changed: dict[str, list[str]]) -> Iterator[State]:
    """Yield the states of the runs. Code is compared by its fingerprint: a comment makes no run stale."""
    for name in runs.names():
        try:
            reason = runs.outdated(name, store.manifest(name, root))
        except BookError as error:
            reason = error.message
        others = [text for text in changed.get(name, []) if not text.startswith(("code/", "data/outputs/"))]
        yield _state(name, reason, others, f"mlbook compute {name}")


def _state(name: str, reason: str, changed: list[str], mend: str) -> State:
    """Put together what the book's own records and what DVC say; DVC's reasons are the more exact."""
    if changed == [UNKNOWN]:
        changed = []
        if not reason:
            return State(name, (UNKNOWN,), f"dvc commit -f {name}")
    return State(name, tuple(changed or filter(None, [reason])), mend)


def dvc_changes(root: Path) -> dict[str, list[str]]:
    """Ask DVC what has changed.

    Returns
    -------
    dict of str to list of str
        For each stage that is not up to date, the reasons.

    Raises
    ------
    BookError
        If DVC cannot read the pipeline.
    """
    answer = json.loads(dvc(root, "status", "--json"))
    locked = entries(root, LOCK)
    return {
        name: [text for part in parts for text in _reasons(part)] if name in locked else [UNKNOWN]
        for name, parts in answer.items()
    }


def _reasons(part: Any) -> Iterator[str]:
    """Turn one part of DVC's answer ({"changed deps": {file: "modified"}} or a text) into reasons."""
    if isinstance(part, str):
        yield "its command has changed" if part == "changed command" else part
        return
    for files_changed in part.values():
        for file, how in files_changed.items():
            if isinstance(how, dict):
                yield from (_parameter(file, key, verb) for key, verb in how.items())
            else:
                yield f"{file} {_VERBS.get(how, how)}"


_VERBS = {"modified": "has changed", "deleted": "is missing", "new": "is new"}


def _parameter(file: str, key: str, verb: str) -> str:
    """Name a parameter that has changed."""
    if file == VERSIONS:
        return f"{key.removeprefix('libraries.')} has another version"
    return f"{key} in {file} {_VERBS.get(verb, verb)}"
