"""What the reader has tried and got right, kept in one small file on this machine.

- `MLBOOK_PROGRESS` names the file; otherwise it lies in the platform's folder for a user's data.
- It is written under a temporary name and moved, under a lock, so it is never half-written and no two checks
  lose each other's results. A file that cannot be understood is set aside under another name, never removed.
- Nothing about it may spoil a verdict: what goes wrong becomes a note.
- Nothing is kept while `mlbook run` executes the published solutions.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from filelock import FileLock, Timeout
from platformdirs import user_data_path

from mlbook import files
from mlbook.errors import BookError
from mlbook.exercises.verdict import State

_PATIENCE = 5  # seconds to wait for another check that writes


class Damaged(Exception):
    """The file is not what this module writes."""


@dataclass(frozen=True)
class Entry:
    """How far one exercise is: whether it was ever right, and how often it was tried up to then."""

    right: bool = False
    tries: int = 0


def path() -> Path:
    """Return where progress is kept."""
    given = os.environ.get("MLBOOK_PROGRESS")
    return Path(given).expanduser() if given else user_data_path("mlbook", False) / "progress.json"


def load() -> tuple[dict[str, Entry], str]:
    """Return the progress by slug, and a note if the file could not be read."""
    try:
        return _read(path()), ""
    except Damaged as damage:
        return {}, f"progress cannot be read: {damage}; the next check sets {path()} aside"
    except OSError as error:
        return {}, f"progress cannot be read: {error}"


def keep(slug: str, state: State) -> str:
    """Note a verdict; returns a note if that failed, "" otherwise."""
    if state == "not attempted" or os.environ.get("MLBOOK_EXECUTE") == "1":
        return ""
    where = path()
    try:
        where.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(where.with_name(f".{where.name}.lock"), timeout=_PATIENCE):
            entries, note = _read_or_set_aside(where)
            entry = entries.get(slug, Entry())
            if not entry.right:
                entries[slug] = Entry(state == "right", entry.tries + 1)
                files.write_text(where, _written(entries))
        return note
    except Timeout:
        return f"progress was not kept: another check has held {where} for {_PATIENCE} seconds"
    except (BookError, OSError) as error:
        return f"progress was not kept: {' '.join(str(error).split())}"


def _read(where: Path) -> dict[str, Entry]:
    """Read the file; one that is not there is empty."""
    try:
        content = json.loads(where.read_bytes())
        return {slug: _entry(entry) for slug, entry in content["exercises"].items()}
    except FileNotFoundError:
        return {}
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise Damaged(f"{type(error).__name__}: {error}") from None


def _entry(content: dict[str, object]) -> Entry:
    """Check one entry of the file."""
    right, tries = content["right"], content["tries"]
    if not isinstance(right, bool) or not isinstance(tries, int):
        raise TypeError(f"an entry is {content!r}")
    return Entry(right, tries)


def _read_or_set_aside(where: Path) -> tuple[dict[str, Entry], str]:
    """Read the file; a damaged one is renamed, and a note says so."""
    try:
        return _read(where), ""
    except Damaged:
        number = 1
        while (aside := where.with_name(f"{where.stem}.damaged-{number}{where.suffix}")).exists():
            number += 1
        where.rename(aside)
        return {}, f"the progress file was damaged and has been kept as {aside}; a new one begins"


def _written(entries: dict[str, Entry]) -> str:
    """Return the file's text."""
    content = {"exercises": {slug: asdict(entry) for slug, entry in sorted(entries.items())}}
    return json.dumps(content, indent=1) + "\n"
