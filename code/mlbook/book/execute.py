"""Execute chapters once and freeze what they give for both formats: the work behind `mlbook run`.

- Chapters run side by side in one event loop, each in a kernel of its own (`chapter.py`).
- A fault stops its chapter only; that chapter's old freeze stays, and the others go on.
- Nothing computed from stand-in data is frozen.
- The quizzes that have changed are computed too, whatever chapters are asked for: it takes no time.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlbook import files
from mlbook.book import config, freeze, quizzes
from mlbook.book.cells import Cell, unique
from mlbook.book.progress import Progress
from mlbook.book.source import Source, read
from mlbook.errors import BookError

if TYPE_CHECKING:
    from mlbook.book.kernel import Limits

NEEDED = ("nbclient", "ipykernel", "psutil", "matplotlib", "pandas")
"""Packages that executing needs and reading does not."""


def run(
    chapters: list[str], *, quick: bool = False, jobs: int = 1, force: bool = False, root: Path | None = None
) -> None:
    """Execute chapters and freeze their results.

    Parameters
    ----------
    chapters : list of str
        Numbers, stems or paths; these always run. Empty: all pages with cells whose freeze is stale.
    quick : bool, default False
        Small sizes on stand-in data, all pages with cells; nothing is frozen.
    jobs : int, default 1
        Chapters executed at once.
    force : bool, default False
        Run all pages with cells, also the fresh ones.
    root : Path, optional
        The book's folder; found from the current one by default.

    Raises
    ------
    BookError
        When any chapter or quiz failed; the message holds every fault. The others are frozen all the same.
    """
    base = root or files.root()
    _refuse(quick)
    from mlbook.book.kernel import Limits

    book = config.load(base)
    limits = Limits.of(book.settings)
    with files.exclusive("run", base):
        for page in book.pages:
            freeze.clear(page.path, base)
        sources, broken = _sources(book)
        if chapters:
            paths = _named(book, chapters, sources)
            broken = {path: fault for path, fault in broken.items() if path in paths}
            chosen = [sources[path] for path in paths if path in sources]
        else:
            chosen = _stale(sources, base, every=force or quick)
        with Progress(base, quick=quick) as progress:
            faults = [*quizzes.write(book, every=force or quick, store=not quick), *broken.values()]
            faults += _wait_for(_run_all(chosen, base, limits, quick, jobs, progress))
            progress.finish(len(chosen), len(faults))
    if faults:
        raise _joined(faults)


def _wait_for(work: Coroutine[Any, Any, list[BookError]]) -> list[BookError]:
    """Run to the end; in a thread of its own where an event loop runs here already, as in a notebook."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


def _refuse(quick: bool) -> None:
    """Refuse to begin where packages are missing or only stand-in data is allowed."""
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        raise BookError(
            f"executing needs packages that are not installed: {', '.join(missing)}",
            hint='Install them with: python -m pip install -e ".[run]"',
        )
    if not quick and os.environ.get("MLBOOK_OFFLINE") == "1":
        raise BookError(
            "MLBOOK_OFFLINE=1 gives stand-in data, and nothing computed from it may be frozen",
            hint="Unset it, or use `mlbook run --quick`, which freezes nothing.",
        )


def _joined(faults: list[BookError]) -> BookError:
    """Make one error of several."""
    if len(faults) == 1:
        return faults[0]
    lines = "\n\n".join(str(fault) for fault in faults)
    return BookError(f"{len(faults)} pages failed", hint=lines)


def _sources(book: config.Book) -> tuple[dict[str, Source], dict[str, BookError]]:
    """Read every page; return the sound ones, and the faults of the others, by path."""
    sources: dict[str, Source] = {}
    broken: dict[str, BookError] = {}
    taken: dict[str, Cell] = {}
    for page in book.pages:
        try:
            source = read(page.path, book.root)
            unique(list(source.cells), taken)
            sources[page.path] = source
        except BookError as error:
            broken[page.path] = error
    return sources, broken


def _named(book: config.Book, names: list[str], sources: dict[str, Source]) -> list[str]:
    """Return the paths of the pages that were asked for; faults of other pages do not matter then."""
    paths = list(dict.fromkeys(book.page(name).path for name in names))
    for path in paths:
        source = sources.get(path)
        if source is not None and not _active(source):
            raise BookError("this page has no cells to execute", where=path)
    return paths


def _active(source: Source) -> bool:
    """Whether there is anything to execute."""
    return bool(source.cells or source.inlines)


def _stale(sources: dict[str, Source], base: Path, *, every: bool) -> list[Source]:
    """Choose the pages whose freeze is missing, broken or of another version of the source."""
    active = [source for source in sources.values() if _active(source)]
    return [source for source in active if every or freeze.stale(source, base)]


async def _run_all(
    chosen: list[Source], base: Path, limits: Limits, quick: bool, jobs: int, progress: Progress
) -> list[BookError]:
    """Run the chapters, `jobs` at once, and collect the faults."""
    from mlbook.book.chapter import execute_chapter

    gate = asyncio.Semaphore(jobs)
    for source in chosen:
        progress.add(source)

    async def one(source: Source) -> BookError | None:
        async with gate:
            try:
                await execute_chapter(source, base, limits, quick=quick, progress=progress)
            except BookError as error:
                progress.failed(source)
                return error
        return None

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(source)) for source in chosen]
    return [fault for task in tasks if (fault := task.result()) is not None]
