"""What a chapter took when last executed: `data/timings/<stem>.json`, for the facts box and `mlbook run`.

Kept apart from the freeze, because times differ on every run and the freeze may not.
"""

from __future__ import annotations

import datetime
import json
import os
import platform
import re
from pathlib import Path
from typing import Any

from mlbook import files
from mlbook.book.source import Source, Text


def path(stem: str, root: Path) -> Path:
    """Return the file with a chapter's timings."""
    return root / "data" / "timings" / f"{stem}.json"


def write(source: Source, cells: dict[str, dict[str, float]], seconds: float, root: Path) -> None:
    """Write a chapter's timings.

    Parameters
    ----------
    source : Source
    cells : dict
        For each label `seconds` and `memory_mb`.
    seconds : float
        The whole execution, start of the kernel included.
    root : Path
    """
    record = {
        "chapter": Path(source.path).stem,
        "words": words(source),
        "seconds": round(seconds, 1),
        "memory_mb": round(max((cell["memory_mb"] for cell in cells.values()), default=0.0)),
        "device": device(),
        "python": platform.python_version(),
        "date": datetime.date.today().isoformat(),
        "cells": cells,
    }
    text = json.dumps(record, indent=1, ensure_ascii=False) + "\n"
    files.write_text(path(Path(source.path).stem, root), text)


def read(stem: str, root: Path) -> dict[str, Any]:
    """Return a chapter's timings; an empty dictionary where there are none or they cannot be read."""
    try:
        record = json.loads(path(stem, root).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def words(source: Source) -> int:
    """Count the words of a page's prose, solutions and code left out."""
    prose = "".join(
        piece.text
        for piece in source.pieces
        if isinstance(piece, Text) and not piece.code and piece.place.file == source.path
    )
    markup = r"\{[^{}]*\}|\]\([^)]*\)|\$\$[^$]*\$\$|\$[^$\n]+\$|^:{3,}.*$"
    plain = re.sub(markup, " ", prose, flags=re.MULTILINE)
    return len(re.findall(r"[^\W_][\w’'-]*", plain))


def device() -> str:
    """Name this machine's processor and its number of cores, nothing more."""
    name = platform.machine()
    try:
        found = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
        name = found[1].strip() if found else name
    except OSError:
        name = platform.processor() or name
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return f"{name}, {cores} {'core' if cores == 1 else 'cores'}"
