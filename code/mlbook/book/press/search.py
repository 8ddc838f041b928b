"""The site's search index, made by Pagefind; only what our own search dialog uses is kept."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from mlbook.errors import BookError

FOLDER = "pagefind"
_UNUSED = ("pagefind-*ui*", "pagefind-highlight.js", "pagefind-entry*.js")
# Formulas' TeX twins, bibliography, and what stands on every page alike.
_NOT_TEXT = "annotation, #refs, .provenance, .facts, script, style"


def index(site: Path, out: Path) -> None:
    """Index the pages of the folder `site` into the folder `out`.

    Raises
    ------
    BookError
        If Pagefind is missing or fails.
    """
    command = [
        _binary(),
        "--site",
        str(site),
        "--output-path",
        str(out),
        "--exclude-selectors",
        _NOT_TEXT,
        "--include-characters",
        "_",
        "--silent",
    ]
    try:
        done = subprocess.run(command, capture_output=True, text=True, cwd=site)
    except OSError as error:
        raise BookError(
            f"the search index could not be made: {error.strerror}",
            where=command[0],
            hint="Install the package again: pip install --force-reinstall 'pagefind[bin]'",
        ) from None
    if done.returncode != 0:
        said = (done.stderr.strip() or done.stdout.strip() or f"exit code {done.returncode}").splitlines()
        raise BookError(f"the search index could not be made: {said[-1]}", hint="\n".join(said[:-1]))
    for pattern in _UNUSED:
        for path in out.glob(pattern):
            path.unlink()


def _binary() -> str:
    """Return the program that came with the package."""
    try:
        from pagefind_bin import get_executable
    except ImportError:
        raise BookError(
            "Pagefind is not installed", hint=f"{sys.executable} -m pip install 'pagefind[bin]'"
        ) from None
    return str(get_executable())
