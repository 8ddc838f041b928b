"""The built-in press: site and PDF from the sources and the freeze, without Quarto.

A build is made in a folder beside the one it is for, and swapped in when it is complete; whatever happens
before, the last good site and PDF stay. A second build of the same does nothing (see `stamp`).
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from mlbook import files
from mlbook.book import config
from mlbook.book import watch as watching
from mlbook.book.config import Book
from mlbook.book.press import search, stamp
from mlbook.book.press.stamp import Stamp
from mlbook.errors import BookError

PDF = "book.pdf"
Ready = Callable[[], None]


def build(
    *,
    site: bool = True,
    pdf: bool = True,
    out: Path | None = None,
    watch: bool = False,
    root: Path | None = None,
    ready: Ready | None = None,
) -> None:
    """Typeset the site and the PDF from the freeze.

    Parameters
    ----------
    site, pdf : bool
        What to make; the other part of the last build stays as it is.
    out : Path, optional
        Folder to build into; `_book` in the book's folder if not given.
    watch : bool, default False
        Build again whenever a source changes, until Ctrl-C.
    root : Path, optional
        The book's folder; found from the current one if not given.
    ready : callable, optional
        For a preview: called as soon as new pages are in place. The search index, which readers notice last,
        follows then instead of before; until it has come, the old one answers.

    Raises
    ------
    BookError
        For a fault in the sources, the freeze, or on the disk; the last good build stays.
    """
    base = (root or files.root()).resolve()
    target = (out or base / "_book").absolute()
    console = Console(stderr=True, highlight=False)
    _once(base, target, site=site, pdf=pdf, console=console, ready=ready)
    if not watch:
        return
    console.print("watching the sources (Ctrl-C ends)")
    for _ in watching.changes(base):
        try:
            _once(base, target, site=site, pdf=pdf, console=console, ready=ready)
        except BookError as error:
            console.print(str(error), markup=False, style="red", soft_wrap=True)


def _once(base: Path, target: Path, *, site: bool, pdf: bool, console: Console, ready: Ready | None) -> None:
    """Make what is wanted and not up to date."""
    with files.exclusive("build", base):
        files.recover(target)
        _refuse_foreign(target)
        job = Job(config.load(base), target, console, Stamp.read(target), ready)
        noted = job.run(site=site, pdf=pdf)
    for note in noted.notes if site else []:
        console.print(note, markup=False, style="yellow", soft_wrap=True)


def _refuse_foreign(target: Path) -> None:
    """Refuse to replace a folder that no build has made."""
    if target.is_dir() and not (target / stamp.NAME).is_file() and any(target.iterdir()):
        raise BookError(
            "this folder holds other things than a built book, and a build would replace them",
            where=str(target),
            hint="Name a new folder, or empty this one yourself.",
        )
    if target.exists() and not target.is_dir():
        raise BookError("this is a file, and the book is built into a folder", where=str(target))


@dataclass
class Job:
    """One build: where it goes, and what stands there now."""

    book: Book
    target: Path
    console: Console
    noted: Stamp
    ready: Ready | None = None

    def run(self, *, site: bool, pdf: bool) -> Stamp:
        """Make what is wanted and not up to date, swap it in, and return what then stands there."""
        has_pdf = pdf or (self.target / PDF).is_file()
        site_key = stamp.key(self.book, "site", pdf=has_pdf)
        pdf_key = stamp.key(self.book, "pdf", pdf=has_pdf) if pdf else ""
        whole = self.noted.files_unchanged() and (self.target / "index.html").is_file()
        new_site = site and not (self.noted.site == site_key and whole)
        new_pdf = pdf and not (self.noted.pdf == pdf_key and (self.target / PDF).is_file())
        if not (new_site or new_pdf):
            return self.noted
        with self._work() as work:
            result = self._site(work, pdf=has_pdf) if new_site else self._keep_site(work)
            late = new_site and self._old_index(work)
            if new_site and not late:
                search.index(work, work / search.FOLDER)
                result.site = site_key
            if new_pdf:
                self._pdf(work)
                result.pdf = pdf_key
            elif (self.target / PDF).is_file():
                _link(self.target / PDF, work / PDF)
                result.pdf = self.noted.pdf
            result.write(work)
            files.swap(work, self.target)
        if late:
            self._late_index()
            result.site = site_key
            result.write(self.target)
        return result

    def _old_index(self, work: Path) -> bool:
        """For a preview, let the new pages go out with the old index; False where there is none."""
        old = self.target / search.FOLDER
        if self.ready is None or not old.is_dir():
            return False
        shutil.copytree(old, work / search.FOLDER, copy_function=_link)
        return True

    def _late_index(self) -> None:
        """Say that the pages are there, then make their index and put it in the old one's place."""
        if self.ready is not None:
            self.ready()
        made = self.target / f".new-{search.FOLDER}"
        shutil.rmtree(made, ignore_errors=True)
        search.index(self.target, made)
        files.swap(made, self.target / search.FOLDER)

    @contextmanager
    def _work(self) -> Iterator[Path]:
        """Give an empty folder beside the target, and clear it away afterwards."""
        work = self.target.with_name(f".new-{self.target.name}")
        try:
            if work.exists():
                shutil.rmtree(work)
            work.mkdir(parents=True)
            yield work
        except OSError as error:
            raise files.explain(error, self.target) from error
        finally:
            shutil.rmtree(work, ignore_errors=True)

    def _site(self, work: Path, *, pdf: bool) -> Stamp:
        """Make the site, but for its search index."""
        from mlbook.book.press.site import build_site

        old = self.target if self.target.is_dir() else None
        with self._progress("site") as tick:
            built = build_site(self.book, work, pdf=pdf, old=old, tick=tick)
        return Stamp(files=stamp.of_files(built.files), notes=list(built.notes))

    def _keep_site(self, work: Path) -> Stamp:
        """Take over the site that stands there."""
        if self.target.is_dir():
            ignore = shutil.ignore_patterns(PDF, stamp.NAME)
            shutil.copytree(self.target, work, dirs_exist_ok=True, copy_function=_link, ignore=ignore)
        return Stamp(site=self.noted.site, files=self.noted.files, notes=self.noted.notes)

    def _pdf(self, work: Path) -> None:
        """Make the PDF."""
        from mlbook.book.press.pdf import build_pdf

        with self.console.status("pdf"):
            build_pdf(self.book, work / PDF)

    @contextmanager
    def _progress(self, name: str) -> Iterator[Callable[[int, int], None]]:
        """Show how far a part has come, on a terminal."""
        count = TextColumn("{task.completed}/{task.total}")
        columns = (TextColumn(name), BarColumn(), count, TimeRemainingColumn())
        with Progress(*columns, console=self.console, transient=True) as progress:
            task = progress.add_task(name, total=len(self.book.pages))
            yield lambda done, total: progress.update(task, completed=done, total=total)


def _link(source: str | Path, target: str | Path) -> None:
    """Give a built file a second name, or copy it."""
    from mlbook.book.press.site import link

    link(source, target)
