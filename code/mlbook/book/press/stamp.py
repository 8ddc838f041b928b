"""What a build was made from, in a few bytes, so that a build of the same can be skipped.

The sources are known by their times and sizes, as `mlbook.book.watch` sees them: reading them all would take
longer than the second that finding nothing to do may take. The fragments' cache goes by content, so a
checkout that merely touches files costs little.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Literal

from mlbook import files
from mlbook.book import watch
from mlbook.book.config import Book

NAME = ".build.json"
TOOLS = ("pypandoc_binary", "typst", "pagefind", "plotly")
_PACKAGE = Path(__file__).parents[1]
# What bears on one half of a build only.
_SITE_ONLY = (".css", ".js", ".html", "html.json", "html.lua")
_PDF_ONLY = (".typ", "typ.json")


@dataclass
class Stamp:
    """What stands in a folder that a build has made.

    Attributes
    ----------
    site, pdf : str
        Keys of the sources each was made from; empty for what is not there.
    files : dict
        Pictures and other files on the pages: path → [time in ns, size].
    notes : list of str
        What the site's build had to tell.
    """

    site: str = ""
    pdf: str = ""
    files: dict[str, list[int]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @classmethod
    def read(cls, folder: Path) -> Stamp:
        """Read the stamp of a built folder; an empty one if there is none, or a broken one."""
        try:
            return cls(**json.loads((folder / NAME).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return cls()

    def write(self, folder: Path) -> None:
        """Leave the stamp in the folder."""
        files.write_text(folder / NAME, json.dumps(asdict(self), indent=1))

    def files_unchanged(self) -> bool:
        """Whether every file on the pages is as it was."""
        return all(_state(Path(name)) == state for name, state in self.files.items())


def key(book: Book, part: Literal["site", "pdf"], *, pdf: bool) -> str:
    """Return a hash of what the site or the PDF is made from.

    Parameters
    ----------
    pdf : bool
        Whether the folder will hold the PDF: the site links to it.
    """
    skipped = _PDF_ONLY if part == "site" else _SITE_ONLY
    seen = {name: list(state) for name, state in watch.snapshot(book.root).items()}
    seen |= {page.path: _state(book.root / page.path) for page in book.pages}
    tools = {path.relative_to(_PACKAGE).as_posix(): _state(path) for path in _package_files()}
    kept = {name: state for name, state in {**seen, **tools}.items() if not name.endswith(skipped)}
    versions = [version(name) for name in TOOLS]
    content = json.dumps([part, pdf and part == "site", versions, kept], sort_keys=True)
    return hashlib.blake2b(content.encode(), digest_size=20).hexdigest()


def of_files(paths: Iterable[Path]) -> dict[str, list[int]]:
    """Return the state of files, as `Stamp.files` keeps it."""
    return {str(path): _state(path) for path in paths}


def _package_files() -> list[Path]:
    """Return the modules, templates, style sheets and scripts that make a book."""
    kinds = {".py", ".lua", ".html", ".css", ".js", ".svg", ".typ"}
    return sorted(path for path in _PACKAGE.rglob("*") if path.suffix in kinds)


def _state(path: Path) -> list[int]:
    """Return time and size of a file; nothing if it is not there."""
    try:
        found = path.stat()
    except OSError:
        return []
    return [found.st_mtime_ns, found.st_size]
