"""Makes writing fail, at a chosen write, as a full disk or a folder without permission does.

Python announces every opening for writing, new folder and renaming to its audit hooks before doing it, and a
hook may refuse. So each point at which a command writes can be made the one where the disk is full.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


@dataclass
class Fault:
    """Where and how writing fails: from write number `after` on, counting from 1; or a signal at that one."""

    folder: str
    number: int
    after: int
    signal: int = 0
    seen: int = 0

    @property
    def met(self) -> bool:
        """Whether the failing write was reached."""
        return self.seen >= self.after


_active: list[Fault] = []


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if not _active or event not in ("open", "os.mkdir", "os.rename", "os.link", "os.symlink"):
        return
    if event == "open":
        path, mode, flags = arguments
        if not (flags & WRITING if isinstance(flags, int) else any(c in str(mode) for c in "wax+")):
            return
    path = arguments[1] if event in ("os.rename", "os.link", "os.symlink") else arguments[0]
    fault = _active[0]
    if isinstance(path, str | bytes | os.PathLike) and os.fsdecode(path).startswith(fault.folder):
        fault.seen += 1
        if fault.signal and fault.seen == fault.after:
            os.kill(os.getpid(), fault.signal)
        elif fault.met and not fault.signal:
            raise OSError(fault.number, os.strerror(fault.number), os.fsdecode(path))


sys.addaudithook(_hook)


@contextmanager
def failing(folder: Path, number: int, after: int = 1, signal: int = 0) -> Iterator[Fault]:
    """Let every write under `folder` from the given one on fail with this error, or send a signal there."""
    fault = Fault(f"{folder.resolve()}{os.sep}", number, after, signal)
    _active.append(fault)
    try:
        yield fault
    finally:
        _active.remove(fault)
