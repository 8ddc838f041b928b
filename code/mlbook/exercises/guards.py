"""What a function must leave alone: its arguments, the global random state, the solutions' files."""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from mlbook.exercises.limits import Stop

CHECKS = Path(__file__).parent / "checks"


# Arguments --------------------------------------------------------------------------------------


def same(one: Any, other: Any) -> bool:
    """Whether two values hold the same: arrays, data frames, containers and plain values, to any depth.

    Other objects, such as random generators and models, count as the same: using them changes them.
    """
    if isinstance(one, np.ndarray):
        return _same_arrays(one, other)
    if hasattr(one, "equals"):  # a data frame, a series, an index
        return type(one) is type(other) and bool(one.equals(other))
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, str | bytes | int | float | set):
        return bool(one == other or one != one)
    return True


def _same_arrays(one: np.ndarray, other: Any) -> bool:
    """Whether `other` is an array of the same type, shape and content."""
    return (
        isinstance(other, np.ndarray)
        and one.dtype == other.dtype
        and one.shape == other.shape
        and np.array_equal(one, other, equal_nan=one.dtype.kind in "fc")
    )


# Randomness -------------------------------------------------------------------------------------


@contextmanager
def random_state_kept() -> Iterator[list[str]]:
    """Put the global random states back at the end; gives a list that then names those that were changed."""
    changed: list[str] = []
    states: dict[str, tuple[Callable[[], Any], Callable[[Any], Any]]] = {
        "random": (random.getstate, random.setstate),
        "np.random": (np.random.get_state, np.random.set_state),
    }
    if "torch" in sys.modules:
        torch = sys.modules["torch"]
        states["torch"] = (torch.get_rng_state, torch.set_rng_state)
    before = {name: get() for name, (get, _) in states.items()}
    try:
        yield changed
    finally:
        for name, (get, put) in states.items():
            now = get()
            if not same(_plain(before[name]), _plain(now)):
                changed.append(name)
                put(before[name])


def _plain(state: Any) -> Any:
    """Return a state in a form that `same` compares."""
    return state.numpy() if hasattr(state, "numpy") else state


# Solutions --------------------------------------------------------------------------------------


class Peeked(Stop):
    """It has opened a file that holds solutions or checks."""

    end = "peeked"


class Watch:
    """Refuses to open files in some folders while it is on, and remembers that somebody tried."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self.folders = tuple(f"{folder.resolve()}{os.sep}" for folder in folders)
        self.opened = ""

    def opening(self, path: Any) -> None:
        """Raise `Peeked` if the path lies in one of the folders."""
        if not isinstance(path, str | bytes | os.PathLike):
            return
        name = str(Path(os.fsdecode(path)).resolve())
        if name.startswith(self.folders):
            self.opened = name
            raise Peeked


_watches: list[Watch] = []
_hooked: list[bool] = []


@contextmanager
def watched(root: Path | None) -> Iterator[Watch]:
    """Watch over the checks, and the solutions of the book at `root`, while the `with` block runs."""
    folders = [CHECKS]
    if root is not None:
        folders += [root / name for name in ("chapters/solutions", "_freeze", "_book", ".mlbook")]
    watch = Watch(folders)
    if not _hooked:  # a hook stays until the process ends, and a forked child has it too
        sys.addaudithook(_hook)
        _hooked.append(True)
    _watches.append(watch)
    try:
        yield watch
    finally:
        _watches.remove(watch)


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    """Hear of every file before it is opened."""
    if event == "open" and _watches:
        for watch in _watches:
            watch.opening(arguments[0])
