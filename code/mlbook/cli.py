"""The `mlbook` command. Each subcommand is one Python call, imported only when it is used.

Errors that a user can mend arrive as `BookError` and leave as one message and exit code 1; a wrong call is 2,
Ctrl-C 130.
"""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from typer.core import TyperGroup

from mlbook import files
from mlbook.errors import BookError

INTERRUPTED = 130  # what a shell reports for a command ended by Ctrl-C

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Read, run and check the book “Machine Learning You Can Run”.",
)
data_app = typer.Typer(no_args_is_help=True, help="The data sets: list them, fetch them, check them.")
app.add_typer(data_app, name="data")


class ListByDefault(TyperGroup):
    """A group whose command `list` may be left out: `mlbook exercises 2` is `mlbook exercises list 2`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put `list` before arguments that begin with no command and no option."""
        if not args or (args[0] not in self.commands and not args[0].startswith("-")):
            args = ["list", *args]
        return super().parse_args(ctx, args)


exercises_app = typer.Typer(
    cls=ListByDefault,
    help="The exercises: list them (the word `list` can be left out), start one, check it.",
)
app.add_typer(exercises_app, name="exercises")


@app.command()
def doctor() -> None:
    """Check this machine: Python, packages, Quarto, device, caches, disk; say what is wrong, and the mend."""
    from mlbook.doctor import report

    raise typer.Exit(report())


@app.command()
def run(
    chapters: Annotated[
        list[str] | None, typer.Argument(help="Numbers or names; all that need it if none.")
    ] = None,
    quick: Annotated[bool, typer.Option(help="Small sizes on stand-in data; writes no freeze.")] = False,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, help="Chapters executed at once.")] = 1,
    force: Annotated[bool, typer.Option(help="Execute even what is fresh.")] = False,
) -> None:
    """Execute chapters and freeze what they give, for the site and the PDF at once."""
    from mlbook.book.execute import run as run_chapters
    from mlbook.book.record import recorded

    with recorded():
        run_chapters(chapters or [], quick=quick, jobs=jobs, force=force)


@app.command()
def build(
    site: Annotated[bool, typer.Option("--site", help="Only the site.")] = False,
    pdf: Annotated[bool, typer.Option("--pdf", help="Only the PDF.")] = False,
    out: Annotated[Path | None, typer.Option(help="Folder to build into.  [default: _book]")] = None,
    watch: Annotated[bool, typer.Option(help="Build again whenever a source changes.")] = False,
) -> None:
    """Typeset the site and the PDF from the freeze."""
    from mlbook.book.press import build as build_book

    both = not (site or pdf)
    build_book(site=site or both, pdf=pdf or both, out=out, watch=watch)


@app.command()
def read(
    port: Annotated[int, typer.Option(envvar="PORT", help="First port to try on 127.0.0.1.")] = 8000,
    serve: Annotated[bool, typer.Option(help="Serve after building; --no-serve builds and exits.")] = True,
    browser: Annotated[bool, typer.Option(help="Open a browser where there is one.")] = True,
) -> None:
    """Build what changed, serve it on 127.0.0.1 and keep it up to date while you edit."""
    from mlbook.book.serve import read as read_book

    read_book(port=port, serve=serve, browser=browser)


@app.command()
def status() -> None:
    """Say for each chapter and run whether its results are fresh, and if not, because of what."""
    from mlbook.book.status import report

    raise typer.Exit(report())


@app.command()
def pipeline() -> None:
    """Write dvc.yaml and versions.toml anew: what each chapter and run rests on, read from the sources."""
    from mlbook.book.pipeline import write

    changes = write()
    typer.echo("\n".join(changes) or "dvc.yaml and versions.toml agree with the sources")


@app.command()
def lint(
    paths: Annotated[list[Path] | None, typer.Argument(help="Sources; the whole book if none.")] = None,
) -> None:
    """Check sources and freeze against the book's rules."""
    from mlbook.book.lint import report

    raise typer.Exit(report(paths or []))


@app.command()
def compute(
    name: Annotated[str | None, typer.Argument(help="The run's name.")] = None,
    listing: Annotated[bool, typer.Option("--list", help="List the runs instead.")] = False,
    quick: Annotated[bool, typer.Option(help="Small sizes, to see that it works; stores nothing.")] = False,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or mps.")] = "auto",
) -> None:
    """Do a long computation and store its results with their provenance."""
    from mlbook.book.record import recorded
    from mlbook.runs import compute as compute_run
    from mlbook.runs import show

    if listing or name is None:
        show()
    else:
        with recorded():
            compute_run(name, quick=quick, device=device)


@app.command()
def bench(
    only: Annotated[
        list[str] | None, typer.Argument(help="Names from the table's first column; all if none.")
    ] = None,
) -> None:
    """Measure speed and sizes, and print them beside the book's budgets."""
    from mlbook.bench import report

    raise typer.Exit(report(only or []))


@data_app.command("list")
def data_list() -> None:
    """List the data sets: size, licence, and whether each is here."""
    from mlbook.data import show

    show()


@data_app.command("get")
def data_get(names: Annotated[list[str] | None, typer.Argument(help="Sets; all if none.")] = None) -> None:
    """Fetch data sets into the cache and check them."""
    from mlbook.data import get

    get(names or [])


@data_app.command("verify")
def data_verify(
    names: Annotated[list[str] | None, typer.Argument(help="Sets; all that are here if none.")] = None,
) -> None:
    """Check the cached files against their checksums."""
    from mlbook.data import verify

    raise typer.Exit(verify(names or []))


@exercises_app.command("list")
def exercises_list(
    chapter: Annotated[str | None, typer.Argument(help="Number or name; all chapters if none.")] = None,
) -> None:
    """List exercises: number, name, kind, difficulty, and how far you are."""
    from mlbook.exercises.commands import show

    show(chapter)


@exercises_app.command("start")
def exercises_start(
    exercise: Annotated[str, typer.Argument(help="Its id or number.")],
    out: Annotated[Path | None, typer.Option(help="File to write.  [default: its id, as a .py here]")] = None,
) -> None:
    """Write a small file to begin with: the statement, and the function to fill in."""
    from mlbook.exercises.commands import start

    start(exercise, out)


@exercises_app.command("test")
def exercises_test(
    exercise: Annotated[str, typer.Argument(help="Its id or number.")],
    file: Annotated[Path | None, typer.Argument(help="Your answer; if none, the name `start` gives.")] = None,
    seconds: Annotated[float | None, typer.Option(min=0.1, help="Time limit.  [default: its own]")] = None,
) -> None:
    """Check the answer in a file, and say what is wrong with it or that it is right."""
    from mlbook.exercises.commands import test

    raise typer.Exit(test(exercise, file, seconds))


def main() -> None:
    """Run the command; turn errors into messages and exit codes."""
    # Compute threads that wait must sleep; set before any library that starts them is loaded.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    try:
        app(prog_name="mlbook")
    except BookError as error:
        _complain(error)
    except BrokenPipeError:  # `mlbook … | head`: the reader has seen enough
        sys.stderr.close()
        sys.exit(1)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM):
            raise
        _complain(files.explain(error, Path(str(error.filename or "."))))
    except KeyboardInterrupt:
        _stopped()
    except SystemExit as left:  # Typer has turned Ctrl-C into an exit code
        if left.code == INTERRUPTED:
            _stopped()
        raise


def _complain(error: BookError) -> None:
    """Print the error as one message and leave with 1."""
    console = Console(stderr=True, highlight=False)
    where = f"{error.where}: " if error.where else ""
    console.print("[bold red]error:[/]", end=" ")
    console.print(f"{where}{error.message}", markup=False, soft_wrap=True)
    if error.hint:
        console.print(error.hint, markup=False, style="dim", soft_wrap=True)
    sys.exit(1)


def _stopped() -> None:
    """Say that Ctrl-C was heard and leave as the shell expects."""
    Console(stderr=True).print("stopped; nothing was left half-written")
    sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()
