"""What `mlbook run` shows while it works: a bar for each chapter with the cell in work and the time left."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as Bars

from mlbook.book import timings
from mlbook.book.cells import Cell
from mlbook.book.source import Source


class Progress:
    """Bars on a terminal, one line a chapter elsewhere.

    Parameters
    ----------
    root : Path
        The book's folder; the timings there weigh the cells, so that the time left is worth reading.
    quick : bool
        Whether nothing will be frozen.
    """

    def __init__(self, root: Path, *, quick: bool) -> None:
        self._root = root
        self._quick = quick
        self._console = Console(stderr=True, highlight=False)
        self._bars = Bars(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(elapsed_when_finished=False),
            TextColumn("[dim]{task.fields[cell]}", markup=True),
            console=self._console,
            disable=not self._console.is_terminal,
            transient=True,
        )
        self._tasks: dict[str, TaskID] = {}
        self._weights: dict[str, dict[str, float]] = {}

    def __enter__(self) -> Progress:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def add(self, source: Source) -> None:
        """Put a chapter on the list; its cells weigh what they took the last time."""
        stem = Path(source.path).stem
        past = timings.read(stem, self._root).get("cells", {})
        weights = {cell.label: 0.2 + past.get(cell.label, {}).get("seconds", 0.5) for cell in source.cells}
        self._weights[source.path] = weights
        self._tasks[source.path] = self._bars.add_task(
            stem, total=sum(weights.values()), start=False, cell=""
        )

    def cell(self, source: Source, cell: Cell) -> None:
        """Show which cell is in work."""
        task = self._tasks[source.path]
        self._bars.start_task(task)
        self._bars.update(task, cell=cell.label)

    def advance(self, source: Source, cell: Cell) -> None:
        """Count a finished cell."""
        self._bars.advance(self._tasks[source.path], self._weights[source.path][cell.label])

    def done(self, source: Source, seconds: float) -> None:
        """Report a finished chapter."""
        self._bars.remove_task(self._tasks[source.path])
        kept = "nothing frozen" if self._quick else "frozen"
        count = len(source.cells)
        self._console.print(f"{Path(source.path).stem}: {count} cells, {seconds:.1f} s, {kept}", markup=False)

    def failed(self, source: Source) -> None:
        """Report a failed chapter; what is wrong comes at the end."""
        self._bars.remove_task(self._tasks[source.path])
        self._console.print(f"{Path(source.path).stem}: failed, the old freeze stays", markup=False)

    def finish(self, chosen: int, faults: int) -> None:
        """Say so when there was nothing to do."""
        if not chosen and not faults:
            self._console.print(
                "every page's freeze is fresh; `mlbook run --force` executes all", markup=False
            )
