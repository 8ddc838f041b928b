"""References, links and files: every one must lead somewhere, inside the book."""

from __future__ import annotations

import posixpath
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from mlbook.book.config import Book
from mlbook.book.lint.prose import TERM
from mlbook.book.lint.text import Finding, Text

KINDS = ("fig", "tbl", "eq", "sec", "exr")
MAX_FILE = 1_000_000
_ID = re.compile(r"\{[^}\n]*#(?P<id>[\w.-]+)[^}\n]*\}")
_LABEL = re.compile(r"^#\|\s*label:\s*[\"']?(?P<id>[\w.-]+)", re.MULTILINE)
_REF = re.compile(r"(?<![\w\\@])-?@(?P<id>[A-Za-z][\w:.-]*[\w])")
_LINK = re.compile(r"\]\((?P<target>[^)\s]+)(?:\s+\"[^\"]*\")?\)")
_HEADING = re.compile(r"^#{1,6}\s+(?P<title>.*?)\s*(?:\{(?P<attributes>[^}]*)\})?\s*$", re.MULTILINE)


def slug(title: str) -> str:
    """The id that pandoc gives a heading that has none."""
    plain = re.sub(r"[`*_]|\]\([^)]*\)|\[|\{[^}]*\}", "", title)
    plain = re.sub(r"[^\w\s.-]", "", plain).strip().lower()
    return re.sub(r"^[^a-z]+", "", re.sub(r"\s+", "-", plain)) or "section"


def ids_of(text: Text) -> dict[str, int]:
    """Every id of a source with the position where it is given: attributes, labels, headings, terms."""
    found: dict[str, int] = {}
    for match in _ID.finditer(text.outside_code):
        found.setdefault(match["id"], match.start())
    for match in _LABEL.finditer(text.text):
        found.setdefault(match["id"], match.start())
    for match in _HEADING.finditer(text.outside_code):
        if "#" not in (match["attributes"] or ""):
            found.setdefault(slug(match["title"]), match.start())
    for match in TERM.finditer(text.outside_code):
        name = re.sub(r"[^a-z0-9]+", "-", match["term"].lower()).strip("-")
        found.setdefault(f"term-{name}", match.start())
    return found


def references(book: Book, everything: list[Text]) -> Iterator[Finding]:
    """Find cross-references and citations that lead nowhere, and `@sec` to a page without a number."""
    known = {identity for text in everything for identity in ids_of(text)}
    bare = {page.anchor for page in book.pages if page.anchor and not page.number}
    keys = bibliography(book)
    for text in everything:
        for match in _REF.finditer(text.outside_code):
            name = match["id"]
            kind = name.partition("-")[0].lower()
            if kind in KINDS and name[0].lower() + name[1:] not in known:
                yield text.finding(match.start(), "reference", f"@{name} is nowhere defined")
            elif kind not in KINDS and name not in keys:
                yield text.finding(match.start(), "citation", f"@{name} is not in the bibliography")
            elif name in bare:
                yield text.finding(
                    match.start(), "reference", f"@{name} has no number: link to its file instead"
                )


def bibliography(book: Book) -> set[str]:
    """The keys of the bibliography files that `_quarto.yml` names."""
    names = book.settings.get("bibliography") or []
    keys: set[str] = set()
    for name in [names] if isinstance(names, str) else names:
        path = book.root / name
        if path.is_file():
            keys |= set(
                re.findall(r"^\s*@\w+\s*\{\s*([^,\s]+)", path.read_text(encoding="utf-8"), re.MULTILINE)
            )
    return keys


def duplicate_ids(book: Book, everything: list[Text]) -> Iterator[Finding]:
    """Find an id or label that is given twice in the book (headings' own ids aside)."""
    seen: dict[str, str] = {}
    for text in everything:
        given = [*_ID.finditer(text.outside_code), *_LABEL.finditer(text.text)]
        for match in given:
            name = match["id"]
            numbered = name.partition("-")[0] in KINDS or match.re is _LABEL
            if numbered and name in seen:
                yield text.finding(match.start(), "duplicate-id", f"{name!r} stands in {seen[name]} already")
            seen.setdefault(name, f"{text.path}:{text.line_at(match.start())}")


def local_links(book: Book, everything: list[Text]) -> Iterator[Finding]:
    """Find links to pages, files or anchors that are not there."""
    pages = {page.path for page in book.pages}
    ids = {text.path: set(ids_of(text)) for text in everything}
    for text in everything:
        if text.includer:
            ids.setdefault(text.includer.path, set()).update(ids[text.path])
    for text in everything:
        home = (text.includer or text).path
        for match in _LINK.finditer(text.outside_code):
            problem = _problem(book, home, match["target"], pages, ids)
            if problem:
                yield text.finding(match.start(), "link", f"{match['target']}: {problem}")


def _problem(book: Book, home: str, target: str, pages: set[str], ids: dict[str, set[str]]) -> str:
    """Say what is wrong with one link's target; an empty string if nothing is."""
    if re.match(r"(https?|mailto):", target):
        return ""
    path, _, anchor = target.partition("#")
    aim = _normal(PurePosixPath(home).parent / path) if path else home
    if path.endswith(".qmd"):
        if aim not in pages:
            return "not a page of the book"
    elif path and not (book.root / aim).exists() and not aim.endswith("book.pdf"):
        return "no such file"
    if anchor and aim in ids and anchor not in ids[aim]:
        other = next((page for page in pages if anchor in ids.get(page, ())), "")
        if path or not other:
            return f"no #{anchor} there"
        way = posixpath.relpath(other, PurePosixPath(home).parent)
        return f"that id is another page's: write {way}#{anchor} (Quarto looks on this page only)"
    return ""


def _normal(path: PurePosixPath) -> str:
    """Resolve `..` in a relative path without looking at the disk."""
    parts: list[str] = []
    for part in path.parts:
        if part == ".." and parts:
            parts.pop()
        elif part != ".":
            parts.append(part)
    return "/".join(parts)


def large_files(book: Book, everything: list[Text]) -> Iterator[Finding]:
    """Find tracked files over 1 MB (stored results may reach 5 MB)."""
    for path in tracked(book.root):
        size = (book.root / path).stat().st_size if (book.root / path).is_file() else 0
        limit = 5 * MAX_FILE if path.startswith("data/outputs/") else MAX_FILE
        if size > limit:
            yield Finding(
                path,
                1,
                "large-file",
                f"{size / 1e6:.1f} MB; at most {limit / 1e6:.0f} MB: draw fewer points, or rasterize",
            )


def tracked(root: Path) -> list[str]:
    """The files git tracks or would add; every file outside ignored folders where there is no git."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        listed = (
            subprocess.run(command, cwd=root, capture_output=True, check=True).stdout.decode().split("\0")
        )
    except (OSError, subprocess.CalledProcessError):
        skipped = {".git", ".venv", "_book", ".mlbook", "__pycache__"}
        walked = (p for p in root.rglob("*") if p.is_file() and not skipped & set(p.relative_to(root).parts))
        return sorted(p.relative_to(root).as_posix() for p in walked)
    return sorted({name for name in listed if name})


BOOK_RULES = [references, duplicate_ids, local_links, large_files]
