"""Notice when a source of the book changes, by looking at times and sizes.

- Polling, five times a second: it works on every system and on network folders, and asks for no package.
  Looking at the 3,000 files of a full book takes 20 ms.
- A change is reported once the files have been still for one look, so that a half-saved file is not built.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

# Everything a page is made from, but Python modules: a running process keeps its own copy of those.
FOLDERS = (
    "chapters",
    "_freeze",
    "_extensions",
    "data/timings",
    "data/quizzes",
    "data/outputs",
    "code/mlbook/book/press",
)
FILES = ("_quarto.yml", "references.bib")
IGNORED = frozenset({"__pycache__", "site_libs"})

Snapshot = dict[str, tuple[int, int]]


def snapshot(root: Path) -> Snapshot:
    """Return time (ns) and size (bytes) of every file a page is made from, by path relative to `root`."""
    seen: Snapshot = {}
    for name in FILES:
        _note(seen, root / name, root)
    for page in root.glob("*.qmd"):
        _note(seen, page, root)
    for folder in FOLDERS:
        _walk(seen, root / folder, root)
    return seen


def changes(
    root: Path, *, interval: float = 0.2, sleep: Callable[[float], None] = time.sleep
) -> Iterator[list[str]]:
    """Yield, for ever, the paths that changed, came or went; blocks until there are some.

    Parameters
    ----------
    root : Path
        The book's folder.
    interval : float, default 0.2
        Seconds between two looks.
    sleep : callable
        Waits that long; a test passes its own, which makes the change.
    """
    old = snapshot(root)
    while True:
        sleep(interval)
        new = snapshot(root)
        if new == old:
            continue
        while True:
            sleep(interval / 4)
            still = snapshot(root)
            if still == new:
                break
            new = still
        yield sorted(path for path in old.keys() | new.keys() if old.get(path) != new.get(path))
        old = new


def _walk(seen: Snapshot, folder: Path, root: Path) -> None:
    """Note every file under `folder`, leaving out hidden ones, caches and Python modules."""
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return
    for entry in entries:
        if entry.name.startswith(".") or entry.name in IGNORED:
            continue
        if entry.is_dir(follow_symlinks=False):
            _walk(seen, Path(entry.path), root)
        elif not entry.name.endswith(".py"):
            _note(seen, Path(entry.path), root)


def _note(seen: Snapshot, path: Path, root: Path) -> None:
    """Record one file, unless it has gone in the meantime."""
    try:
        found = path.stat()
    except OSError:
        return
    seen[path.relative_to(root).as_posix()] = (found.st_mtime_ns, found.st_size)
