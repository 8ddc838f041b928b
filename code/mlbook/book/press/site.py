"""The website: every page in its frame, and beside them pictures, fonts, script, notebooks."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from mlbook import files
from mlbook.book import notebook, notebook_text
from mlbook.book.config import Book
from mlbook.book.press import fragments
from mlbook.book.press.fragments import HERE, Fragment, Text
from mlbook.book.press.frame import Frame, sitemap
from mlbook.book.press.links import Linker

ASSETS = "assets"
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_SPACE = re.compile(r"\s*([{};,>])\s*|\s+")
_FONT = re.compile(r"url\([\"']?(fonts/[^\"')]+)[\"']?\)")


@dataclass(frozen=True)
class Built:
    """What a build of the site used.

    Attributes
    ----------
    files : tuple of Path
        Pictures and other files on pages.
    notes : tuple of str
        Lines to tell the user.
    """

    files: tuple[Path, ...]
    notes: tuple[str, ...]


def build_site(
    book: Book,
    out: Path,
    *,
    pdf: bool,
    old: Path | None = None,
    tick: fragments.Tick | None = None,
) -> Built:
    """Make the site in the empty folder `out`, but for its search index.

    Parameters
    ----------
    book : Book
    out : Path
        Where to; must exist.
    pdf : bool
        Whether `book.pdf` will stand beside the pages, so that they can link to it.
    old : Path, optional
        The last build; what has not changed in it is linked instead of copied.
    tick : callable, optional
        Told (pages done, pages in all) as the work goes on.

    Raises
    ------
    BookError
        For a fault in a page, in the freeze, or on the disk.
    """
    texts = [fragments.read(book, page) for page in book.pages]
    made = fragments.make(book, texts, tick)
    by_path = {text.page.path: text for text in texts}
    try:
        linker = _pages(book, by_path, made, out, pdf=pdf)
        for target, source in {**linker.files, **_shared(book)}.items():
            place(source, out / target, old / target if old else None)
        _notebooks(book, texts, out)
    except OSError as error:
        raise files.explain(error, out) from error
    return Built(tuple(linker.files.values()), tuple(_notes(texts)))


def _pages(book: Book, texts: dict[str, Text], made: dict[str, Fragment], out: Path, *, pdf: bool) -> Linker:
    """Write every page, the page for missing ones, and the sitemap."""
    linker = Linker(book, texts, made)
    scripts = b"".join(path.read_bytes() for path in _scripts(book.root))
    version = hashlib.blake2b(scripts, digest_size=4).hexdigest()
    frame = Frame(book, texts, made, css=style(book.root), version=version, pdf=pdf)
    for page in book.pages:
        target = out / page.url
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(frame.page(page, linker.resolve(page.path)), encoding="utf-8", newline="\n")
    (out / "404.html").write_text(frame.not_found(), encoding="utf-8", newline="\n")
    if listing := sitemap(book):
        (out / "sitemap.xml").write_text(listing, encoding="utf-8", newline="\n")
    (out / ".nojekyll").touch()
    return linker


def style(root: Path) -> str:
    """Return the one style sheet: the book's own blocks, then the pages; without comments and spare space."""
    shared = (root / "_extensions" / "mlbook" / "mlbook.css").read_text(encoding="utf-8")
    text = _FONT.sub(rf"url(ROOT/{ASSETS}/\1)", shared) + (HERE / "site.css").read_text(encoding="utf-8")
    return _SPACE.sub(lambda found: found[1] or " ", _COMMENT.sub("", text)).replace(";}", "}").strip()


def _shared(book: Book) -> dict[str, Path]:
    """Return what all pages use: address in the site → file."""
    shared = {f"{ASSETS}/{script.name}": script for script in _scripts(book.root)}
    extension = book.root / "_extensions" / "mlbook"
    for font in sorted((extension / "fonts").glob("*.woff2")):
        shared[f"{ASSETS}/fonts/{font.name}"] = font
    for part in sorted((extension / "explore").glob("*.*")):
        shared[f"{ASSETS}/explore/{part.name}"] = part
    if plotly := _plotly():
        shared[f"{ASSETS}/plotly.min.js"] = plotly
    return shared


def _scripts(root: Path) -> list[Path]:
    """Return the scripts of the site's own: the press's, and the book's, which Quarto's site has too."""
    return [HERE / "site.js", HERE / "search.js", root / "_extensions" / "mlbook" / "quiz.js"]


@cache
def _plotly() -> Path | None:
    """Return Plotly's script from the installed package, found without importing the package."""
    spec = find_spec("plotly")
    script = Path(spec.origin).parent / "package_data" / "plotly.min.js" if spec and spec.origin else None
    return script if script and script.is_file() else None


def place(source: Path, target: Path, old: Path | None) -> None:
    """Put a file into the site: linked from the last build where that has the same one, else copied."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if old is not None and old.is_file():
        here, there = source.stat(), old.stat()
        if (here.st_size, here.st_mtime_ns) == (there.st_size, there.st_mtime_ns):
            link(old, target)
            return
    shutil.copy2(source, target)


def link(source: str | Path, target: str | Path) -> None:
    """Give a built file a second name, or copy it where the file system has no links."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _notebooks(book: Book, texts: list[Text], out: Path) -> None:
    """Write a notebook beside each page that has cells, from the cache where the page has not changed."""
    for text in texts:
        if not text.executed:
            continue
        raw = (book.root / text.page.path).read_bytes()
        kept = fragments.cache_folder(book.root) / f"{_digest(raw, text.markdown.encode())}.ipynb"
        if not kept.is_file():
            kept.parent.mkdir(parents=True, exist_ok=True)
            notebook.write(text.page.path, book.root, kept)
        shutil.copy2(kept, (out / text.page.url).with_suffix(".ipynb"))


def _digest(*parts: bytes) -> str:
    """Hash what a notebook is made from, the code that makes it included."""
    makers = (Path(str(module.__file__)).read_bytes() for module in (notebook, notebook_text))
    digest = hashlib.blake2b(digest_size=20)
    for part in (*makers, *parts):
        digest.update(part + b"\0")
    return digest.hexdigest()


def _notes(texts: list[Text]) -> list[str]:
    """Say which chapters changed since they were executed."""
    stale = [text.page.stem for text in texts if text.stale]
    if not stale:
        return []
    names = ", ".join(stale)
    return [f"changed since last run, so shown with old results: {names}  (mlbook run {' '.join(stale)})"]
