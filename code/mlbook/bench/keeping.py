"""What is kept and what it costs: run times of chapters, sizes of frozen figures, outputs and a clone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from mlbook.bench.row import MLBOOK, Row, Workshop, timed
from mlbook.book import config, source

MB = 1e6


def quick(shop: Workshop) -> Iterator[Row]:
    """Run every chapter on small stand-ins, one after the other."""
    seconds = {}
    for page in config.load(shop.root).pages:
        if source.read(page.path, shop.root).cells:
            seconds[page.stem] = timed([*MLBOOK, "run", "--quick", "--force", page.stem], shop.root)
    if not seconds:
        yield Row("a chapter, run --quick", 60, "s", None, note="no chapter has cells")
        return
    slowest = max(seconds, key=lambda stem: seconds[stem])
    yield Row("a chapter, run --quick", 60, "s", seconds[slowest], note=slowest)
    yield Row("… the whole book", 1200, "s", sum(seconds.values()), note=f"{len(seconds)} chapters")


def chapters(shop: Workshop) -> Iterator[Row]:
    """Report the last full runs, which `mlbook run` times."""
    files = sorted((shop.root / "data" / "timings").glob("*.json"))
    times = {file.stem: float(json.loads(file.read_text())["seconds"]) for file in files}
    if not times:
        yield Row("a chapter, full run", 300, "s", None, note="no chapter has been run")
        return
    slowest = max(times, key=lambda stem: times[stem])
    yield Row("a chapter, full run", 300, "s", times[slowest], note=f"{slowest}, when last run")
    yield Row(
        "… the whole book", 5400, "s", sum(times.values()), note=f"{len(times)} chapters, when last run"
    )


def sizes(shop: Workshop) -> Iterator[Row]:
    """Weigh what is committed."""
    freeze = shop.root / "_freeze"
    figures = {
        entry.parent.name: sum(_bytes(folder) for folder in entry.parent.glob("figure-*"))
        for entry in freeze.glob("**/execute-results")
    }
    largest = max(figures, key=lambda stem: figures[stem], default="")
    yield Row("a chapter's frozen figures", 1.5, "MB", figures.get(largest, 0) / MB, note=largest)
    yield Row("all run outputs", 25, "MB", _bytes(shop.root / "data" / "outputs") / MB)
    clone = shop.folder / "full-clone"
    timed(["git", "clone", "--quiet", str(shop.root), str(clone)], shop.root)
    yield Row("a full clone", 200, "MB", _bytes(clone) / MB, note="history and files of the last commit")


def _bytes(folder: Path) -> int:
    """Return the size of all files in a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
