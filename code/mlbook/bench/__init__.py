"""`mlbook bench`: the book's budgets, and what was measured now.

Speed depends on the machine, so these are measurements and not tests. They are made on what a reader gets (a
fresh clone, the real book) and on a generated book of full size. Where `quarto` is on the PATH, it typesets
the same generated book, for comparison.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from rich.console import Console
from rich.table import Table

from mlbook import files
from mlbook.bench import building, fitting, keeping, pages
from mlbook.bench.row import Row, Workshop
from mlbook.errors import BookError

Measure = Callable[[Workshop], Iterator[Row]]
MEASURES: dict[str, Measure] = {
    "read": building.read,
    "site": building.site,
    "preview": building.preview,
    "pdf": building.pdf,
    "weight": pages.weight,
    "load": pages.load,
    "axe": pages.axe,
    "quick": keeping.quick,
    "chapters": keeping.chapters,
    "sizes": keeping.sizes,
    "fits": fitting.linear_models,
}


def report(only: list[str], *, root: Path | None = None, console: Console | None = None) -> int:
    """Measure, print the table, and return the exit code: 0, or 1 if something could not be measured.

    Parameters
    ----------
    only : list of str
        Names of measurements; all if empty.

    Raises
    ------
    BookError
        If a name is not one of them.
    """
    if unknown := [name for name in only if name not in MEASURES]:
        raise BookError(f"no measurement called {unknown[0]!r}", hint=f"There are: {', '.join(MEASURES)}.")
    base = root or files.root()
    console = console or Console(highlight=False, width=None if sys.stdout.isatty() else 120)
    rows: list[tuple[str, Row]] = []
    failed = False
    with tempfile.TemporaryDirectory(prefix="mlbook-bench-") as folder:
        shop = Workshop(base, Path(folder))
        for name in only or MEASURES:
            console.print(f"measuring {name} …", style="dim")
            try:
                rows += [(name, row) for row in MEASURES[name](shop)]
            except BookError as error:
                failed = True
                console.print(str(error), markup=False, style="red", soft_wrap=True)
    console.print(_table(rows, quarto=shop.quarto is not None))
    console.print(f"measured on {os.cpu_count()} cores; load {_load()}", style="dim")
    return int(failed)


def _table(rows: list[tuple[str, Row]], *, quarto: bool) -> Table:
    """Lay out the rows: name, what, budget, measured, Quarto's, note."""
    table = Table(title="Budgets and what was measured")
    for heading, side in (("name", "left"), ("what", "left"), ("budget", "right"), ("measured", "right")):
        table.add_column(heading, justify=side)  # type: ignore[arg-type]
    if quarto:
        table.add_column("Quarto", justify="right")
    table.add_column("", justify="left")
    table.add_column("on", overflow="fold")
    for name, row in rows:
        mark = {True: "[green]within[/]", False: "[red]over[/]", None: ""}[row.kept]
        cells = [name, row.what, _number(row.limit, row.unit), _number(row.value, row.unit)]
        cells += [_number(row.quarto, row.unit)] if quarto else []
        table.add_row(*cells, mark, row.note)
    return table


def _number(value: float | None, unit: str) -> str:
    """Write a measurement with three figures and its unit."""
    if value is None:
        return "–"
    text = f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
    return f"{text} {unit}".strip()


def _load() -> str:
    """Return how busy the machine is, where it says."""
    return f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"
