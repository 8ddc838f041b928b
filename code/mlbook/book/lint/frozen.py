"""The freeze and the stored results: whole, from these sources and real data, from no one's home."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

from mlbook.book import freeze
from mlbook.book import source as sources
from mlbook.book.config import Book
from mlbook.book.lint.text import Finding, Text
from mlbook.errors import BookError

_FOLDERS = "home|Users|root|tmp|var|opt|mnt|srv|work"
FOREIGN = {
    rf"(?<![\w.:/])(?:/(?:{_FOLDERS})/|[A-Z]:\\\\?Users)[^\s\"'<>)]*": "a path of one machine",
    r"\b(?:\w*Warning): ": "a warning",
    r"Traceback \(most recent call last\)": "a traceback",
    r"<[\w.]+ (?:object )?at 0x[0-9a-f]{6,}>": "a memory address",
    r"\bstand-in data\b": "the stand-in banner",
}


def freshness(book: Book, everything: list[Text]) -> Iterator[Finding]:
    """Find pages whose freeze is missing, broken, or made from another version of the source."""
    for text in everything:
        parsed = _executed(book, text) if text.page else None
        if parsed is None:
            continue
        why = freeze.stale(parsed, book.root)
        if why:
            yield Finding(text.path, 1, "freeze", f"{why}: `mlbook run {Path(text.path).stem}`")
            continue
        for form in freeze.FORMATS:
            frozen = freeze.load(text.path, book.root, form)
            yield from foreign(text.path, form, frozen.markdown)
            yield from unknown_explorables(text.path, frozen.markdown, book.root)


def _executed(book: Book, text: Text) -> sources.Source | None:
    """Parse a page that has cells; None for one without, or that the parser refuses (another rule tells)."""
    try:
        parsed = sources.read(text.path, book.root)
    except BookError:
        return None
    return parsed if parsed.cells or parsed.inlines else None


def foreign(path: str, form: str, markdown: str) -> Iterator[Finding]:
    """Find what betrays another machine, a warning or stand-in in a page (cells meant to fail aside)."""
    shown = re.sub(r"::: \{[^}\n]*\.cell-output-error[^}\n]*\}.*?\n:::", "", markdown, flags=re.DOTALL)
    for pattern, what in FOREIGN.items():
        match = re.search(pattern, shown)
        if match:
            yield Finding(
                path,
                1,
                "freeze",
                f"the {form} freeze holds {what}: {match[0][:60]!r}; mend the cell, then `mlbook run`",
            )


def unknown_explorables(path: str, markdown: str, root: Path) -> Iterator[Finding]:
    """Find explorables that no module in `_extensions/mlbook/explore/` shows."""
    for name in sorted(set(re.findall(r'<div class="explorable"[^>]* data-name="([^"]*)"', markdown))):
        module = f"_extensions/mlbook/explore/{name}.js"
        if not (root / module).is_file():
            yield Finding(path, 1, "freeze", f"shows the explorable {name!r}, and there is no {module}")


def stored_results(book: Book, everything: list[Text]) -> Iterator[Finding]:
    """Find stored results without a readable manifest, or made from stand-in data."""
    folder = book.root / "data" / "outputs"
    for run in sorted(p for p in folder.glob("*") if p.is_dir()) if folder.is_dir() else []:
        manifest = run / "manifest.json"
        relative = manifest.relative_to(book.root).as_posix()
        try:
            stored = json.loads(manifest.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            yield Finding(
                relative,
                1,
                "results",
                f"no readable manifest: `mlbook compute {run.name}` makes the results again",
            )
            continue
        if stored.get("standins"):
            yield Finding(
                relative,
                1,
                "results",
                f"made from stand-in data ({stored['standins']}): compute it from the real data",
            )
        yield from _unsafe(book, run)


def _unsafe(book: Book, run: Path) -> Iterator[Finding]:
    """Find result files in forms that could run code when they are read."""
    for path in sorted(run.rglob("*")):
        if path.is_file() and path.suffix not in (".json", ".npz", ".safetensors", ".csv"):
            yield Finding(
                path.relative_to(book.root).as_posix(),
                1,
                "results",
                "stored results are json, npz, csv or safetensors",
            )


BOOK_RULES = [freshness, stored_results]
