"""What `mlbook exercises list`, `start` and `test` do."""

from __future__ import annotations

import textwrap
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table

from mlbook import files
from mlbook.errors import BookError
from mlbook.exercises import catalog, checked, progress, registry
from mlbook.exercises.catalog import Exercise
from mlbook.exercises.registry import Check


def show(chapter: str | None) -> None:
    """Print a table of the exercises of one chapter or of all: number, id, kind, difficulty, progress.

    Without the book's sources it lists those that have a check.

    Raises
    ------
    BookError
        If a chapter is named and there is no such chapter, or no book here.
    """
    entries, note = progress.load()
    console = Console(highlight=False)
    try:
        checks, missing = registry.every(), ""
    except BookError as error:
        checks, missing = {}, f"{error.message[0].upper()}{error.message[1:]}. {error.hint}"
    if chapter or catalog.book_root():
        found = catalog.exercises(catalog.book_root() or files.root(), chapter)
    else:  # the package alone, as on Colab
        found = tuple(Exercise(slug) for slug in checks)
    if not found:
        console.print("There are no exercises here yet.")
        return
    table = Table(box=box.SIMPLE_HEAD)
    for name in ("no.", "exercise", "kind", "difficulty", "progress"):
        table.add_column(name, no_wrap=True)
    for one in found:
        state = _state(entries.get(one.slug)) if one.slug in checks or missing else "no check"
        table.add_row(one.number, one.slug, one.kind, one.difficulty, state)
    console.print(table)
    done = sum(entries[one.slug].right for one in found if one.slug in entries)
    console.print(f"{done} right of {sum(one.slug in checks for one in found)} that have a check.")
    console.print(f"Progress: {progress.path()} (MLBOOK_PROGRESS moves it)", soft_wrap=True, markup=False)
    for line in filter(None, (note, missing)):
        console.print(line, soft_wrap=True, markup=False)


def _state(entry: progress.Entry | None) -> str:
    """Say in a word or two how far an exercise is."""
    if entry is None:
        return ""
    tries = f"{entry.tries} {'try' if entry.tries == 1 else 'tries'}"
    return f"right, {tries}" if entry.right else f"not yet, {tries}"


def start(name: str, out: Path | None) -> None:
    """Write a starter file: the statement as a comment, and the function to fill in.

    Raises
    ------
    BookError
        If there is no such exercise or no check for it, the file is there already or cannot be written.
    """
    check = _check(name)
    target = out or _file(check)
    if target.exists():
        raise BookError(
            "is there already, and nothing is written over it",
            where=str(target),
            hint="Go on with it, or name another file with --out.",
        )
    files.write_text(target, _starter(check, _exercise(check.slug), target))
    console = Console(highlight=False)
    console.print(f"wrote {target}", soft_wrap=True, markup=False)
    console.print(f"Check it: mlbook exercises test {check.slug} {target}", soft_wrap=True, markup=False)


def test(name: str, file: Path | None, seconds: float | None = None) -> int:
    """Check the answer in a file and print the verdict.

    Returns
    -------
    int
        Exit code: 0 if it is right, else 1.

    Raises
    ------
    BookError
        If there is no such exercise or no check for it, or no such file.
    """
    check = _check(name)
    path = file or _file(check)
    if not path.is_file():
        raise BookError(
            "there is no such file",
            where=str(path),
            hint=f"`mlbook exercises start {check.slug}` writes one to begin with.",
        )
    if path.suffix == ".ipynb":
        call = f'check("{check.slug}", {check.name})'
        raise BookError(
            "is a notebook",
            where=str(path),
            hint=f"Check it in there: from mlbook.exercises import check; {call}",
        )
    from mlbook.exercises.answer import from_file  # needs NumPy, which listing does not

    verdict = checked(check, lambda: from_file(path, check.name), seconds=seconds)
    Console(highlight=False).print(str(verdict), soft_wrap=True, markup=False)
    return 0 if verdict else 1


def _check(name: str) -> Check:
    """Return the check of the exercise with this id or number."""
    slug, checks = catalog.slug_of(name), registry.every()
    if slug not in checks:
        raise catalog.unknown(slug, sorted(checks))
    return checks[slug]


def _file(check: Check) -> Path:
    """Return the name of the file in which an answer is looked for."""
    return Path(f"{check.slug.replace('-', '_')}.py")


def _exercise(slug: str) -> Exercise | None:
    """Return an exercise as the book has it, where the book is here."""
    root = catalog.book_root()
    found = catalog.exercises(root) if root else ()
    return next((one for one in found if one.slug == slug), None)


def _starter(check: Check, exercise: Exercise | None, target: Path) -> str:
    """Return the text of a starter file."""
    head = [f"Exercise {exercise.number}: {exercise.title}", ""] if exercise else [f"Exercise {check.slug}"]
    paragraphs = exercise.statement.split("\n") if exercise else []
    if not (exercise and check.function):
        paragraphs += ["", check.task]
    for paragraph in paragraphs:
        head += textwrap.wrap(paragraph, 95, break_long_words=False, break_on_hyphens=False) or [""]
    head += ["", f"Check it: mlbook exercises test {check.slug} {target}"]
    comment = "\n".join(f"# {line}".rstrip() for line in head)
    if not check.function:
        return f"{comment}\n\nanswer = None\n"
    body = textwrap.indent(f'"""{check.task}"""\nraise NotImplementedError  # write your answer here', "    ")
    return f"{comment}\n\n{check.imports}\n\n\ndef {check.function}:\n{body}\n"
