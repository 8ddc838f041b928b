"""Each page's Markdown, made into an HTML fragment by pandoc and the book's filters.

One pandoc process for a page, as many at once as there are processors. A fragment is kept in `.mlbook/press/`
under the hash of everything that made it (text, number, filters, bibliography, pandoc, the data files the
text names), so that only pages that changed are made again. pandoc's warnings are errors.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from mlbook import files
from mlbook.book import freeze, source
from mlbook.book.config import Book, Page
from mlbook.errors import BookError

HERE = Path(__file__).parent
# Room for garbage: pandoc collects it a tenth of the time less.
RUNTIME = ("+RTS", "-A64m", "-RTS")
Tick = Callable[[int, int], None]
"""Told (pages done, pages in all)."""

_NAMES_DATA = re.compile(r"\b(chapter|run)=\"?([\w-]+)")
_LINE_ANCHOR = re.compile(
    r'<span id="cb[\w-]+"><a href="#cb[\w-]+"(?: aria-hidden="true")?(?: tabindex="-1")?></a>'
)
_WARNING = re.compile(r"^\[WARNING\]\s*", re.MULTILINE)


@dataclass(frozen=True)
class Text:
    """What pandoc is given for a page.

    Attributes
    ----------
    page : Page
    markdown : str
        From the freeze for a page with cells, else the source with its includes expanded.
    figures : Path or None
        Folder that frozen figures' paths ("02-project_files/…") stand for; None without cells.
    meta : dict
        The source's front matter.
    executed : bool
        Whether the page has cells.
    stale : bool
        Whether the source has changed since it was executed.
    """

    page: Page
    markdown: str
    figures: Path | None
    meta: dict[str, Any]
    executed: bool
    stale: bool


@dataclass(frozen=True)
class Fragment:
    """A page as pandoc made it: HTML without a frame, and what it defines.

    Attributes
    ----------
    html : str
    ids : dict
        Numbered things: id → {"kind", "number", "text", "title"}.
    headings : list
        {"id", "level", "number", "text"} in order, the page's own first.
    cites : list of str
        Keys of the works cited, in order.
    """

    html: str
    ids: dict[str, dict[str, Any]] = field(default_factory=dict)
    headings: list[dict[str, Any]] = field(default_factory=list)
    cites: list[str] = field(default_factory=list)


def read(book: Book, page: Page) -> Text:
    """Read a page's text from the freeze, or from its source when it has no cells.

    Raises
    ------
    BookError
        If the source or the freeze cannot be read.
    """
    written = source.read(page.path, book.root)
    if not (written.cells or written.inlines):
        return Text(page, written.expanded, None, written.front, executed=False, stale=False)
    frozen = freeze.load(page.path, book.root, "html")
    stale = bool(freeze.stale(written, book.root))
    return Text(page, frozen.markdown, frozen.figures.parent, written.front, executed=True, stale=stale)


def make(book: Book, texts: list[Text], tick: Tick | None = None) -> dict[str, Fragment]:
    """Make every page's fragment, as many at once as there are processors; keyed by the page's path.

    The page that holds `{#refs}` comes last, because it lists what all others cite. `tick` is told how many
    of how many are done.

    Raises
    ------
    BookError
        With the first fault found in page order.
    """
    listing = next((text for text in texts if "{#refs}" in text.markdown), None)
    first = [text for text in texts if text is not listing]
    with ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        made = []
        for fragment in pool.map(lambda text: _cached(book, text, shared=listing is not None), first):
            made.append(fragment)
            if tick:
                tick(len(made), len(texts))
    fragments = {text.page.path: fragment for text, fragment in zip(first, made, strict=True)}
    if listing is not None:
        keys = sorted({key for fragment in made for key in fragment.cites})
        fragments[listing.page.path] = _cached(book, listing, shared=False, nocite=keys)
    return fragments


def _cached(book: Book, text: Text, *, shared: bool, nocite: list[str] | None = None) -> Fragment:
    """Return a page's fragment from the cache, or have pandoc make it."""
    digest = hashlib.blake2b(digest_size=20)
    for part in (
        tools_digest(book.root),
        text.page.path,
        text.page.number,
        text.markdown,
        str((shared, nocite)),
        *_data_named(book.root, text.markdown),
    ):
        digest.update(part.encode() + b"\0")
    kept = cache_folder(book.root) / f"{digest.hexdigest()}.json"
    try:
        fragment = Fragment(**json.loads(kept.read_text(encoding="utf-8")))
        kept.touch()
        return fragment
    except (OSError, ValueError, TypeError):
        fragment = _pandoc(book, text, shared=shared, nocite=nocite)
    files.write_text(kept, json.dumps(asdict(fragment), ensure_ascii=False))
    return fragment


def cache_folder(root: Path) -> Path:
    """Where fragments are kept; anything in it may be deleted at any time."""
    return root / ".mlbook" / "press"


@cache
def _versions() -> str:
    """pandoc's version, and this module's own text: a change of either makes every fragment anew."""
    return version("pypandoc_binary") + Path(__file__).read_text(encoding="utf-8")


def tools_digest(root: Path) -> str:
    """Hash of what every page passes through: pandoc, filters, bibliography, glossary, settings."""
    digest = hashlib.blake2b(_versions().encode(), digest_size=20)
    folders = {script.parent for script in filters(root)}
    scripts = sorted(path for folder in folders for path in folder.glob("*.lua"))
    shared = ("references.bib", "chapters/glossary.qmd", "_quarto.yml")
    for path in (*scripts, *(root / name for name in shared)):
        digest.update(path.read_bytes() if path.is_file() else b"")
    return digest.hexdigest()


def filters(root: Path) -> list[Path]:
    """The Lua filters a page passes through, in order; citations are made before the last.

    Raises
    ------
    BookError
        If the book's own is missing.
    """
    own = root / "_extensions" / "mlbook" / "mlbook.lua"
    if not own.is_file():
        raise BookError(
            "the book's filter is missing",
            where="_extensions/mlbook/mlbook.lua",
            hint="`git checkout _extensions` brings it back.",
        )
    return [own, HERE / "crossref.lua", HERE / "html.lua"]


def _data_named(root: Path, markdown: str) -> list[str]:
    """Contents of the timings, quizzes and manifests that a text asks the filter to show."""
    paths = []
    for kind, name in sorted(set(_NAMES_DATA.findall(markdown))):
        if kind == "chapter":
            paths += [root / f"data/timings/{name}.json", root / f"data/quizzes/{name}.json"]
        else:
            paths.append(root / f"data/outputs/{name}/manifest.json")
    return [path.read_text(encoding="utf-8") if path.is_file() else "" for path in paths]


def _pandoc(book: Book, text: Text, *, shared: bool, nocite: list[str] | None) -> Fragment:
    """Run pandoc over one page."""
    import pypandoc

    markdown = text.markdown
    if nocite:
        cited = ", ".join(f"@{key}" for key in nocite)
        markdown += f"\n\n---\nnocite: '{cited}'\n---\n"
    bibliography = book.root / "references.bib"
    *before, last = filters(book.root)
    with tempfile.TemporaryDirectory(prefix="mlbook-") as folder:
        index = Path(folder) / "index.json"
        command = [
            str(pypandoc.get_pandoc_path()),
            "--from=markdown",
            "--to=html5",
            "--mathml",
            "--wrap=none",
            *RUNTIME,
            "--email-obfuscation=none",
            f"--metadata=mlbook-number:{text.page.number}",
            f"--metadata=mlbook-root:{book.root}",
            f"--metadata=mlbook-index:{index}",
            "--metadata=link-citations:true",
            f"--metadata=mlbook-shared-references:{str(shared).lower()}",
            *(f"--lua-filter={path}" for path in before),
            *(["--citeproc", f"--bibliography={bibliography}"] if bibliography.is_file() else []),
            f"--lua-filter={last}",
        ]
        done = subprocess.run(
            command, input=markdown.encode(), capture_output=True, cwd=(book.root / text.page.path).parent
        )
        _check(done, text.page)
        found = json.loads(index.read_text(encoding="utf-8"))
    html = _LINE_ANCHOR.sub("<span>", done.stdout.decode())
    cites = dict.fromkeys(key for keys in re.findall(r'data-cites="([^"]*)"', html) for key in keys.split())
    return Fragment(html, found["ids"], found["headings"], list(cites))


def _check(done: subprocess.CompletedProcess[bytes], page: Page) -> None:
    """Turn pandoc's failure, or any warning of it, into a `BookError` that names the page."""
    said = done.stderr.decode(errors="replace").strip()
    if done.returncode == 0 and not said:
        return
    said = _WARNING.sub("", said)
    missing = re.search(r"Citeproc: citation (\S+) not found", said)
    if missing:
        raise BookError(
            f"cites @{missing[1]}, which references.bib does not hold",
            where=page.path,
            hint="Add the entry to references.bib, or mend the key.",
        )
    first, _, rest = said.partition("\n")
    raise BookError(f"pandoc: {first or f'exit code {done.returncode}'}", where=page.path, hint=rest.strip())
