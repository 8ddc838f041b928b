"""Noting in `dvc.lock` what a command has made, so that it counts as fresh; the one place that calls DVC.

Readers need no DVC: without it, or outside the book's own pipeline, nothing happens.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml

from mlbook import files
from mlbook.errors import BookError

FILE, LOCK = "dvc.yaml", "dvc.lock"


def has_dvc() -> bool:
    """Whether DVC is installed."""
    return importlib.util.find_spec("dvc") is not None


def dvc(root: Path, *arguments: str) -> str:
    """Run DVC in the book's folder and return what it prints.

    Raises
    ------
    BookError
        If it fails: with what it says, and how to restore its files.
    """
    command = [sys.executable, "-m", "dvc", *arguments]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode:
        errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
        what = errors[0].removeprefix("ERROR: ") if errors else done.stderr.strip()
        raise BookError(
            f"DVC cannot work with the pipeline: {what}",
            where=FILE,
            hint=f"`mlbook pipeline` writes {FILE} again; `git checkout -- {LOCK}` restores the lock.",
        )
    return done.stdout


def entries(root: Path, file: str) -> dict[str, dict[str, object]]:
    """Return the stages of `dvc.yaml` or `dvc.lock`; empty if there is no such file.

    Raises
    ------
    BookError
        If it holds no stages that can be read.
    """
    try:
        found = yaml.safe_load((root / file).read_text(encoding="utf-8")) or {}
        return dict(found.get("stages") or {})
    except FileNotFoundError:
        return {}
    except (OSError, yaml.YAMLError, AttributeError, TypeError, ValueError):
        again = "Remove it; `mlbook pipeline` writes it again."
        hint = again if file == FILE else f"`git checkout -- {LOCK}` restores it."
        raise BookError("is not a file of stages", where=file, hint=hint) from None


@contextmanager
def recorded(root: Path | None = None) -> Iterator[None]:
    """Note in `dvc.lock`, when the block ends, which results were written in it; also when it fails."""
    start = time.time()
    try:
        yield
    finally:
        if has_dvc() and "DVC_STAGE" not in os.environ:  # `dvc repro` notes its stages itself
            try:
                _record(root or files.root(), start)
            except BookError as error:
                print(f"note: dvc.lock was not brought up to date. {error}", file=sys.stderr)


def _record(root: Path, since: float) -> None:
    """Commit the stages whose outs were written after `since`."""
    made = [name for name, entry in entries(root, FILE).items() if _written(root, entry) > since]
    if made:
        dvc(root, "commit", "--force", "--quiet", *made)


def _written(root: Path, entry: dict[str, object]) -> float:
    """Return the time of the last write to a stage's outs; 0 if there are none."""
    outs = entry.get("outs")
    places = [root / name for out in outs for name in out] if isinstance(outs, list) else []
    found = [path for place in places for path in (place, *place.rglob("*")) if path.is_file()]
    return max((path.stat().st_mtime for path in found), default=0.0)
