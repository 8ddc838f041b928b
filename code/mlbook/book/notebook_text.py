"""The book's Markdown as Jupyter shows it: boxes as quotations with their names, references as words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from posixpath import dirname, join, normpath

from mlbook.book.cells import Cell
from mlbook.book.config import Book, Page
from mlbook.book.source import Source, Text, read
from mlbook.errors import BookError

_BOXES = {
    "callout-note": "Note",
    "callout-tip": "Tip",
    "callout-warning": "Warning",
    "callout-caution": "Caution",
    "callout-important": "Important",
    "predict": "Predict",
    "reveal": "Answer",
    "from-scratch": "From scratch",
    "break-it": "Break it",
    "pitfall": "Pitfall",
    "in-practice": "In practice",
    "numbers": "Numbers to remember",
    "hint": "Hint",
    "column-margin": "Aside",
}
_NAMES = {"fig": "Figure", "tbl": "Table", "eq": "Equation", "exr": "Exercise", "sec": "Section"}
_OPEN = re.compile(r"^:{3,}\s*(?:\{(?P<attributes>.*)\}|(?P<word>[\w-]+))\s*$")
_CLOSE = re.compile(r"^:{3,}\s*$")
_FENCE = re.compile(r"^\s{0,3}(`{3,}|~{3,})")
_ID = re.compile(r"\{[^}]*#((?:fig|tbl|eq|exr|sec)-[\w-]+)[^}]*\}")
_HEADING = re.compile(r"^(?P<marks>#{1,6})\s+(?P<title>.*?)\s*(?P<attributes>\{[^}]*\})?\s*$")
_REFERENCE = re.compile(r"(?<![\w@`\\])(?P<bare>\[-)?@(?P<id>(?:fig|tbl|eq|exr|sec)-[\w-]*\w)(?(bare)\])")
_CITATION = re.compile(r"\[(?P<keys>-?@[\w:.-]+(?:[^\[\]]*)?)\]")
_KEY = re.compile(r"(?<![\w@`\\])-?@([a-zA-Z][\w:.-]*\w)")
_ENTRY = re.compile(r"^@\w+\{(?P<key>[^,\s]+),(?P<fields>.*?)^\}", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(?<!!)\[(?P<text>[^\[\]]+)\]\((?P<target>[^)\s]+)\)")
_SPAN = re.compile(r"\[(?P<text>[^\[\]]+)\]\{(?P<attributes>[^}]*)\}")


def references(book: Book) -> dict[str, str]:
    """Return the text of a reference to each numbered thing of the book ("Figure 2.3"), by its id."""
    texts: dict[str, str] = {}
    for page in book.pages:
        if page.number:
            changed = (book.root / page.path).stat().st_mtime_ns
            texts |= _numbered(page, book.root, changed)
    return texts


@lru_cache(maxsize=1024)
def _numbered(page: Page, root: Path, changed: int) -> dict[str, str]:
    """Count one page's numbered things in the order in which they stand; `changed` is the file's time."""
    try:
        source = read(page.path, root)
    except BookError:
        return {}
    texts: dict[str, str] = {}
    counts: dict[str, int] = {}
    sections = [0] * 6
    for name, level in _ids(source):
        kind = name.partition("-")[0] if name else "sec"
        if level:
            sections[level - 1 :] = [sections[level - 1] + 1] + [0] * (6 - level)
            number = ".".join([page.number, *map(str, sections[1:level])])
        else:
            counts[kind] = counts.get(kind, 0) + 1
            number = f"{page.number}.{counts[kind]}"
        word = "Chapter" if level == 1 and page.kind == "chapter" else _NAMES[kind]
        texts[name] = f"{word} {number}"
    texts.pop("", None)
    return texts


def _ids(source: Source) -> Iterator[tuple[str, int]]:
    """Give each numbered id of a page, and the level of those that are headings (0 for the rest)."""
    for piece in source.pieces:
        if isinstance(piece, Cell):
            numbered = piece.label.startswith(("fig-", "tbl-"))
            if numbered and (piece.options.get("fig-cap") or piece.options.get("tbl-cap")):
                yield piece.label, 0
        elif isinstance(piece, Text) and not piece.code:
            for line in piece.text.splitlines():
                heading = _HEADING.match(line)
                found = _ID.search(line)
                if heading and ".unnumbered" not in (heading["attributes"] or ""):
                    yield (found[1] if found else ""), len(heading["marks"])
                elif found:
                    yield found[1], 0


def citations(bibliography: str) -> dict[str, str]:
    """Return the words for each entry of a BibTeX file ("Pace and Barry 1997"), by its key."""
    return {entry["key"]: _authors_and_year(entry["fields"]) for entry in _ENTRY.finditer(bibliography)}


def _authors_and_year(fields: str) -> str:
    """Name an entry by its authors' family names and its year."""
    found: dict[str, str] = dict(re.findall(r'^\s*(\w+)\s*=\s*[{"]?(.*?)[}"]?,?\s*$', fields, re.MULTILINE))
    people = re.sub(r"[{}]", "", found.get("author", found.get("title", ""))).split(" and ")
    names = [name.partition(",")[0] if "," in name else name.split(" ")[-1] for name in people]
    if len(names) > 3:
        listed = f"{names[0]} et al."
    else:
        listed = " and ".join([part for part in (", ".join(names[:-1]), names[-1]) if part])
    return f"{listed} {found.get('year', '')}".strip()


@dataclass
class Writer:
    """Rewrites a page's text piece by piece; boxes stay open across the cells inside them.

    Attributes
    ----------
    references : dict
        As `references` returns it.
    sources : dict
        As `citations` returns it.
    page : str
        The page's path in the book, from which its links start.
    site : str
        The book's address, for links to other pages; without one their text alone is kept.
    """

    references: dict[str, str]
    sources: dict[str, str]
    page: str
    site: str = ""

    def __post_init__(self) -> None:
        self._open: list[str] = []

    def text(self, markdown: str) -> str:
        """Return Markdown that Jupyter shows as it is meant."""
        lines: list[str] = []
        fence = ""
        for line in markdown.split("\n"):
            marks = _FENCE.match(line)
            if marks and (not fence or marks[1].startswith(fence)):
                fence = "" if fence else marks[1]
                lines.append(self._quoted(line))
            elif fence:
                lines.append(self._quoted(line))
            else:
                lines += self._line(line)
        return re.sub(r"\n{3,}", "\n\n", "\n".join(lines))

    def caption(self, cell: Cell) -> str:
        """Return what stands below a cell's figure or table: its number and caption."""
        caption = cell.options.get("fig-cap") or cell.options.get("tbl-cap")
        if not caption:
            return ""
        number = self.references.get(cell.label)
        return f"{f'**{number}.** ' if number else ''}{' '.join(str(caption).split())}\n\n"

    def _line(self, line: str) -> list[str]:
        """Rewrite one line outside code."""
        opening = _OPEN.match(line)
        if opening:
            return self._opened(opening["attributes"] or f".{opening['word']}")
        if _CLOSE.match(line) and self._open:
            self._open.pop()
            return [self._quoted("")]
        heading = _HEADING.match(line)
        if heading:
            return [self._quoted(f"{heading['marks']} {self._inline(heading['title'])}")]
        table = re.match(r"^: (?P<caption>.*?)\s*\{#(?P<id>tbl-[\w-]+)[^}]*\}\s*$", line)
        if table:
            number = self.references.get(table["id"], "Table")
            return [self._quoted(f"**{number}.** {self._inline(table['caption'])}")]
        return [self._quoted(self._inline(line))]

    def _opened(self, attributes: str) -> list[str]:
        """Begin a block: a box as a quotation with its name, an exercise with its number and title."""
        classes = set(re.findall(r"\.([\w-]+)", re.sub(r'"[^"]*"', "", attributes)))
        title = re.search(r'(?:title|name)="([^"]*)"', attributes)
        exercise = re.search(r"#(exr-[\w-]+)", attributes)
        box = next((name for name in _BOXES if name in classes), None)
        self._open.append("> " if box else "")
        if "quiz" in classes:
            return ["*The questions, with feedback on each answer, are on the chapter's page.*"]
        if exercise:
            number = self.references.get(exercise[1], "Exercise")
            return [f"**{number}{f': {title[1]}' if title else ''}**", ""]
        if box:
            return [self._quoted(f"**{_BOXES[box]}{f': {title[1]}' if title else ''}**"), self._quoted("")]
        return [""]

    def _quoted(self, line: str) -> str:
        """Put the marks of the open quotations before a line."""
        return ("".join(self._open) + line).rstrip()

    def _inline(self, line: str) -> str:
        """Rewrite references, citations, links and spans."""
        parts = re.split(r"(`+[^`]*`+)", line)
        parts[::2] = [self._words(part) for part in parts[::2]]
        return "".join(parts)

    def _words(self, text: str) -> str:
        """Rewrite a stretch of text without code."""
        text = _REFERENCE.sub(self._reference, text)
        text = _CITATION.sub(lambda match: f"({_KEY.sub(self._cited, match['keys'])})", text)
        text = _KEY.sub(lambda match: self._cited(match) if match[1] in self.sources else match[0], text)
        text = _SPAN.sub(lambda m: f"*{m['text']}*" if ".term" in m["attributes"] else m["text"], text)
        text = _LINK.sub(self._link, text)
        text = re.sub(r"\[\^([\w-]+)\]:", r"*Note \1:*", text)
        text = re.sub(r"\[\^([\w-]+)\]", r"<sup>\1</sup>", text)
        return re.sub(r"(?<=[$)])\s?\{[#.][^}]*\}", "", text)

    def _reference(self, match: re.Match[str]) -> str:
        """Write a reference as the words that the page shows."""
        text = self.references.get(match["id"], match["id"])
        return text.rpartition(" ")[2] if match["bare"] else text

    def _cited(self, match: re.Match[str]) -> str:
        """Write a citation's key as authors and year."""
        return self.sources.get(match[1], match[1])

    def _link(self, match: re.Match[str]) -> str:
        """Point links to other pages at the site; keep outside links, and the text of the others."""
        target = match["target"]
        if re.match(r"https?://", target):
            return match[0]
        if self.site and ".qmd" in target:
            page = normpath(join(dirname(self.page), target)).replace(".qmd", ".html")
            return f"[{match['text']}]({self.site.rstrip('/')}/{page})"
        return match["text"]
