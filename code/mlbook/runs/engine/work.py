"""Doing a run: progress, measurement, and storing what it gives with its provenance."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from mlbook import data
from mlbook.data.registry import registry
from mlbook.errors import BookError
from mlbook.runs.engine import load, measure, store
from mlbook.runs.engine.fingerprint import fingerprint, uses


def quick(run: load.Run, device: str) -> dict[str, Any]:
    """Do a run with its small settings; check that its results could be stored."""
    kind = measure.choose(device, run.devices)
    console = Console(stderr=True, highlight=False)
    with measure.Meter() as meter, _progress(run, console) as progress:
        returned = run.do(run.quick, device=kind, progress=progress)
    store.pack(returned, str(run.file))
    console.print(f"{run.name}: works, {meter.seconds:.0f} s with small sizes; nothing was stored")
    return returned


def full(run: load.Run, device: str, root: Path) -> dict[str, Any]:
    """Do a run with its real settings, and store its results."""
    kind = measure.choose(device, run.devices)
    console = Console(stderr=True, highlight=False)
    before = fingerprint(run.module, run.file)
    with measure.Meter() as meter, _progress(run, console) as progress:
        returned = run.do(run.full, device=kind, progress=progress)
    _refuse_standins(run)
    if fingerprint(run.module, run.file) != before:
        raise BookError(
            "the code was changed while it was computing, so nothing was stored",
            where=str(run.file),
            hint=f"`{run.command}` computes with the code as it is now.",
        )
    packed = store.pack(returned, str(run.file))
    store.write(run.name, packed, _provenance(run, kind, meter, before), root)
    size = sum(map(len, packed.values())) / 1000
    place = store.folder(run.name, root).relative_to(root).as_posix()
    console.print(f"{run.name}: {meter.seconds:.0f} s, {meter.memory_mb} MB; {size:.0f} kB stored in {place}")
    return returned


def _refuse_standins(run: load.Run) -> None:
    """Refuse results for which any stand-in was used in this process."""
    generated = data.standins_used()
    if generated:
        raise BookError(
            f"stand-in data was used for {', '.join(generated)}; nothing computed from it may be stored",
            where=str(run.file),
            hint=f"`mlbook data get {' '.join(generated)}` fetches the real data.",
        )


def _provenance(run: load.Run, kind: str, meter: measure.Meter, code: str) -> dict[str, Any]:
    """Say where results come from; `mlbook/book/README.md` lists the fields."""
    found = uses(run.module, run.file)
    known = registry()
    sets = sorted(found.data | set(data.used()))
    return {
        "question": run.question,
        "command": run.command,
        "config": dataclasses.asdict(run.full),
        "seeds": list(run.full.seeds),
        "fingerprint": code,
        "data": {name: known[name].sha256 for name in sets if known[name].downloaded},
        "versions": store.versions(found.libraries),
        "device": measure.describe(kind),
        "seconds": round(meter.seconds, 1),
        "memory_mb": meter.memory_mb,
        "date": store.today(),
        "standins": [],
    }


@contextmanager
def _progress(run: load.Run, console: Console) -> Iterator[load.Progress]:
    """Show how far a run is, with the time left; without a terminal, a line at every new tenth."""
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    shown = -1
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(run.name, total=1.0)

        def report(share: float, doing: str) -> None:
            nonlocal shown
            bar.update(task, completed=share, description=f"{run.name}: {doing}")
            if not console.is_terminal and int(share * 10) > shown:
                shown = int(share * 10)
                console.print(f"{run.name}: {share:4.0%} {doing}")

        yield report
