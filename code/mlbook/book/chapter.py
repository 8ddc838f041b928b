"""One chapter's execution: cells and inline expressions in order, in a fresh kernel, put together again."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from mlbook.book import freeze, timings
from mlbook.book.cells import Cell
from mlbook.book.kernel import CellFault, Kernel, Limits, Ran
from mlbook.book.outputs import Rendered, check, render, without_colors
from mlbook.book.pictures import FORMATS, Format, Page
from mlbook.book.progress import Progress
from mlbook.book.source import Inline, Piece, Source, Text
from mlbook.errors import BookError

_LINE = re.compile(r"Cell\s*In\[(\d+)\],?\s*line (\d+)")
_MENDS = {
    "timeout": "Make it faster, move it into a run (`mlbook compute`), or allow more: `#| timeout: 600`.",
    "overflow": "Show a part, a summary or a figure. The limit is mlbook: execute: output in _quarto.yml.",
    "died": "Use less memory; `mlbook doctor` shows what there is.",
}


@dataclass
class Executed:
    """What each cell gave, by label; the texts of the inline expressions in order; seconds in all."""

    cells: dict[str, Ran] = field(default_factory=dict)
    inlines: list[str] = field(default_factory=list)
    seconds: float = 0.0


async def execute_chapter(
    source: Source, base: Path, limits: Limits, *, quick: bool, progress: Progress
) -> None:
    """Execute a page and freeze it with its timings; a quick run is executed and checked, and leaves nothing.

    Raises
    ------
    BookError
        For the first fault: a cell that raises, takes too long, writes or shows what it may not,
        or uses stand-in data. The old freeze stays.
    """
    start = time.perf_counter()
    executed = await _execute(source, base, limits, quick, progress)
    executed.seconds = time.perf_counter() - start
    rendered = {form: _assemble(source, executed, form) for form in FORMATS}
    if not quick:
        freeze.write(source, rendered, base)
        cells = {
            label: {"seconds": round(ran.seconds, 3), "memory_mb": round(ran.memory)}
            for label, ran in executed.cells.items()
        }
        timings.write(source, cells, executed.seconds, base)
    progress.done(source, executed.seconds)


async def _execute(source: Source, base: Path, limits: Limits, quick: bool, progress: Progress) -> Executed:
    """Run cells and inline expressions in order."""
    executed = Executed()
    variables = {"MLBOOK_ROOT": str(base)} | ({"MLBOOK_QUICK": "1", "MLBOOK_OFFLINE": "1"} if quick else {})
    waiting: list[Inline] = []
    numbered: list[Cell] = []
    async with Kernel(base, limits, variables) as kernel:
        for piece in source.pieces:
            if isinstance(piece, Inline):
                waiting.append(piece)
            elif isinstance(piece, Cell) and piece.runs:
                executed.inlines += await _evaluate(waiting, kernel)
                waiting = []
                numbered.append(piece)
                progress.cell(source, piece)
                executed.cells[piece.label] = await _run_cell(piece, kernel, numbered)
                progress.advance(source, piece)
        executed.inlines += await _evaluate(waiting, kernel)
        if not quick:
            await _refuse_standins(source, kernel)
    return executed


async def _refuse_standins(source: Source, kernel: Kernel) -> None:
    """Refuse to freeze what rests on generated data."""
    used = [entry["text"] for entry in await kernel.ask("standins()")]
    if used:
        raise BookError(
            f"stand-in data was used for {', '.join(used)}; nothing computed from it may be frozen",
            where=source.path,
            hint=f"`mlbook data get {' '.join(used)}` fetches the real data.",
        )


async def _run_cell(cell: Cell, kernel: Kernel, numbered: list[Cell]) -> Ran:
    """Run one cell, and say where in the chapter a fault lies."""
    may_raise = bool(cell.options.get("error"))
    try:
        ran = await kernel.run(cell.body, timeout=cell.options.get("timeout"), may_raise=may_raise)
    except CellFault as fault:
        raise _explained(cell, fault, numbered) from None
    raised = any(output["output_type"] == "error" for output in ran.outputs)
    if may_raise and not raised:
        raise BookError(
            f"cell {cell.label!r} is marked `error: true` but raises nothing",
            where=str(cell.place),
            hint="Take the option away, or mend the example.",
        )
    return ran


def _explained(cell: Cell, fault: CellFault, numbered: list[Cell]) -> BookError:
    """Turn a cell's fault into the message the author reads, with the chapter's lines it came through."""
    if fault.kind != "raised":
        return BookError(f"cell {cell.label!r} {fault.text}", where=str(cell.place), hint=_MENDS[fault.kind])
    where = cell.place
    passed = []
    for number, line in _LINE.findall(without_colors(fault.traceback)):
        if not 0 < int(number) <= len(numbered):
            continue
        origin = numbered[int(number) - 1]
        place = origin.at(int(line))
        if origin is cell and where == cell.place:
            where = place
        code = origin.body.splitlines()[int(line) - 1 : int(line)]
        passed.append(f"  {place}: {code[0].strip() if code else ''}")
    hint = "\n".join(passed) or "Its traceback names no line of the chapter."
    return BookError(f"cell {cell.label!r} raises {fault.text}", where=str(where), hint=hint)


async def _evaluate(waiting: list[Inline], kernel: Kernel) -> list[str]:
    """Evaluate the inline expressions that stand before the next cell."""
    if not waiting:
        return []
    try:
        answers = await kernel.ask(f"inlines({[inline.expression for inline in waiting]!r})")
    except CellFault as fault:
        place = str(waiting[0].place)
        raise BookError(
            f"the inline expressions from here to the next cell: {fault.text}", where=place
        ) from None
    for inline, answer in zip(waiting, answers, strict=True):
        what = f"the inline expression `{inline.expression}`"
        if "error" in answer:
            raise BookError(f"{what} raises {answer['error']}", where=str(inline.place))
        check(answer["text"], where=str(inline.place), what=what)
    return [answer["text"] for answer in answers]


def _assemble(source: Source, executed: Executed, form: Format) -> Rendered:
    """Put the page together again, with results in the places of cells and expressions."""
    page = Page(Path(source.path).stem, form)
    texts = iter(executed.inlines)
    done = Rendered(inlines=executed.inlines)
    done.markdown = "".join([_piece(piece, executed, texts, page, done) for piece in source.pieces])
    return done


def _piece(piece: Piece, executed: Executed, texts: Iterator[str], page: Page, done: Rendered) -> str:
    """Write one piece of the page."""
    if isinstance(piece, Text):
        return piece.text
    if isinstance(piece, Inline):
        return next(texts)
    ran = executed.cells.get(piece.label)
    cell = render(piece, list(ran.outputs) if ran else [], ran.count if ran else None, page)
    done.figures.update(cell.figures)
    return cell.markdown
