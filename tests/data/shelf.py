"""What the tests of the data sets share: the content of the set "squares", a server, a book that has it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

CONTENT = b"a,b\n" + b"".join(f"{i},{i * i}\n".encode() for i in range(500))


@dataclass
class Server:
    """Sends `bodies[path]`; announces `announced[path]` bytes where that differs; counts what was asked."""

    address: str
    bodies: dict[str, bytes] = field(default_factory=dict)
    announced: dict[str, int] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    hold: threading.Event = field(default_factory=threading.Event)


@dataclass
class Shelf:
    """A book's folder with the set "squares" registered."""

    root: Path

    @property
    def cached(self) -> Path:
        """Where the set is kept."""
        return self.root / "data" / "cache" / "squares.csv"

    def others(self) -> list[str]:
        """What else lies in the cache."""
        cache = self.cached.parent
        return [path.name for path in cache.rglob("*") if path.is_file() and path != self.cached]


Register = Callable[..., Shelf]
