"""One line of the table of budgets, and the place where measuring happens."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from mlbook.bench import sample
from mlbook.errors import BookError


@dataclass(frozen=True)
class Row:
    """What was measured, beside what is allowed.

    Attributes
    ----------
    what : str
        The thing measured.
    limit : float or None
        The budget; None for what is shown and has none.
    unit : str
        Of `limit` and the values: "s", "ms", "MB", "KB", or "" for counts and ratios.
    value : float or None
        As measured now; None if it could not be, with the reason in `note`.
    quarto : float or None
        The same with Quarto, where it is on the PATH and the comparison makes sense.
    note : str
        What the value was measured on, or why there is none.
    """

    what: str
    limit: float | None
    unit: str
    value: float | None
    quarto: float | None = None
    note: str = ""

    @property
    def kept(self) -> bool | None:
        """Whether the budget holds; None if nothing was measured or there is no budget."""
        return None if self.value is None or self.limit is None else self.value <= self.limit


@dataclass
class Workshop:
    """Where measuring happens: the book, a scratch folder, and a generated book of full size.

    Parameters
    ----------
    root : Path
        The book's folder.
    folder : Path
        An empty folder to work in.
    chapters, words : int
        Size of the generated book.
    """

    root: Path
    folder: Path
    chapters: int = 30
    words: int = 6000
    quarto: str | None = field(default_factory=lambda: shutil.which("quarto"))

    @cached_property
    def sample(self) -> Path:
        """The generated book, made when first asked for."""
        extension = self.root / "_extensions" / "mlbook"
        return sample.write(self.folder / "sample", extension, chapters=self.chapters, words=self.words)

    @cached_property
    def built(self) -> Path:
        """The real book, built into the scratch folder."""
        out = self.folder / "built"
        timed([*MLBOOK, "build", "--out", str(out)], self.root)
        return out

    @property
    def size(self) -> str:
        """What the generated book is, in words."""
        return f"{self.chapters} chapters of {self.words:,} words"


MLBOOK = (sys.executable, "-m", "mlbook.cli")


def timed(command: Sequence[str], root: Path, **settings: str) -> float:
    """Run a command for the book at `root`; returns the seconds it took, start of the interpreter included.

    Raises
    ------
    BookError
        If it fails; the hint is the end of what it said.
    """
    start = time.perf_counter()
    done = subprocess.run(
        command, cwd=root, env=environment(root) | settings, capture_output=True, text=True, check=False
    )
    seconds = time.perf_counter() - start
    if done.returncode:
        said = "\n".join((done.stdout + done.stderr).strip().splitlines()[-8:])
        raise BookError(f"`{' '.join(command)}` failed while being measured", where=str(root), hint=said)
    return seconds


def environment(root: Path) -> dict[str, str]:
    """Return this environment for a command about the book at `root`, with no screen to open a browser on."""
    left_out = {"DISPLAY", "WAYLAND_DISPLAY", "PORT", "MAKEFLAGS", "MAKELEVEL", "MFLAGS"}
    kept = {name: value for name, value in os.environ.items() if name not in left_out}
    return kept | {"MLBOOK_ROOT": str(root)}
