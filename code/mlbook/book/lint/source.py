"""The dialect: what a source may hold, so that both typesetters give the same book from it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlbook.book import source as sources
from mlbook.book.config import Book
from mlbook.book.lint.text import Finding, Text
from mlbook.errors import BookError

MAX_CELL_LINES = 25
MAX_CELL_WIDTH = 88

CALLOUTS = {f"callout-{kind}" for kind in ("note", "tip", "warning", "caution", "important")}
BOXES = {"predict", "from-scratch", "break-it", "pitfall", "in-practice", "numbers"}
BLOCKS = {
    "reveal",
    "facts",
    "provenance",
    "listing",
    "quiz",
    "answer",
    "solutions-here",
    "hint",
    "column-margin",
    "panel-tabset",
}
DIV_CLASSES = CALLOUTS | BOXES | BLOCKS | {"cover", "buttons", "cards", "card"}
SPAN_CLASSES = {"term", "aside", "unnumbered", "button", "to-type", "to-replace"}
LANGUAGES = {
    "python",
    "bash",
    "console",
    "powershell",
    "text",
    "yaml",
    "toml",
    "json",
    "bibtex",
    "markdown",
    "html",
    "http",
}

_DIV = re.compile(r"^[ \t]*:::+[ \t]*(?P<head>\{[^}\n]*\}|[\w-]+)[ \t]*$", re.MULTILINE)
_ANY_DIV = re.compile(r"^[ \t]*:{3,}(?!:)[ \t]*(?P<head>\S.*?)[ \t]*$", re.MULTILINE)
_SPAN = re.compile(r"\]\{(?P<attributes>[^}\n]*)\}")
_IMAGE = re.compile(r"!\[(?P<caption>[^\]]*)\]\((?P<path>[^)\s]+)[^)]*\)(?:\{(?P<attributes>[^}]*)\})?")
_FENCE = re.compile(r"^(?P<indent>[ \t]*)`{3,}[ \t]*(?P<info>[^`\n]+)$", re.MULTILINE)


def parsed(book: Book, everything: list[Text]) -> Iterator[Finding]:
    """Pass on what the parser refuses (labels, options, fences, includes, syntax), else check each cell."""
    for page in book.pages:
        try:
            cells = sources.read(page.path, book.root).cells
        except BookError as error:
            path, _, line = error.where.rpartition(":")
            place = (path, int(line)) if line.isdigit() else (page.path, 1)
            yield Finding(*place, "cell", f"{error.message} {error.hint}".strip())
            continue
        for cell in cells:
            for rule, message in _faults(cell):
                yield Finding(cell.place.file, cell.place.line, rule, f"cell {cell.label!r} {message}")


def _faults(cell: sources.Cell) -> Iterator[tuple[str, str]]:
    """The rules that one cell breaks."""
    lines = cell.code.strip().split("\n")
    if len(lines) > MAX_CELL_LINES:
        yield (
            "long-cell",
            f"has {len(lines)} lines, at most {MAX_CELL_LINES}: split it, or move code into mlbook",
        )
    if cell.echo and max(map(len, lines)) > MAX_CELL_WIDTH:
        yield "wide-cell", f"has a line of over {MAX_CELL_WIDTH} characters"
    if "filterwarnings" in cell.code or "simplefilter" in cell.code:
        yield "hidden-warning", "silences warnings: mend their cause"
    kind = cell.label.partition("-")[0]
    for needed in {"fig": ("fig-cap", "fig-alt"), "tbl": ("tbl-cap",)}.get(kind, ()):
        if not cell.options.get(needed):
            yield ("alt-text" if needed == "fig-alt" else "caption"), f"has no {needed}"


def images(text: Text) -> Iterator[Finding]:
    """Find images without alt text."""
    for match in _IMAGE.finditer(text.outside_code):
        attributes = match["attributes"] or ""
        if not re.search(r"fig-alt=\"[^\"]+\"", attributes) and (
            not match["caption"] or "#fig-" in attributes
        ):
            yield text.finding(match.start(), "alt-text", f"image {match['path']} has no fig-alt")


def divs(text: Text) -> Iterator[Finding]:
    """Find blocks that the press does not know."""
    for match in _ANY_DIV.finditer(text.outside_code):
        head = match["head"]
        if not _DIV.match(match[0]):
            yield text.finding(match.start(), "construct", f"`::: {head}`: write attributes in braces")
            continue
        names = set(re.findall(r"(?<![\w\"=])\.([\w-]+)", head)) if head.startswith("{") else {head}
        numbered = re.search(r"#(exr|fig|tbl|refs)", head)
        for name in sorted(names - DIV_CLASSES):
            yield text.finding(match.start(), "construct", f"block class {name!r} is not one of the book's")
        if not names and not numbered:
            yield text.finding(match.start(), "construct", f"`::: {head}` has no class the book knows")


def spans(text: Text) -> Iterator[Finding]:
    """Find bracketed spans with classes that the press does not know."""
    for match in _SPAN.finditer(text.outside_code):
        for name in sorted(set(re.findall(r"\.([\w-]+)", match["attributes"])) - SPAN_CLASSES):
            yield text.finding(match.start(), "construct", f"span class {name!r} is not one of the book's")


def foreign(text: Text) -> Iterator[Finding]:
    """Find shortcodes, raw HTML, and fences in languages that neither the executor nor the press knows."""
    for match in re.finditer(r"\{\{<.*?>\}\}", text.outside_code):
        line = text.outside_code.split("\n")[text.line_at(match.start()) - 1]
        if not re.fullmatch(r"\{\{<\s*include\s+\S+\s*>\}\}\s*", line):
            yield text.finding(
                match.start(),
                "construct",
                f"{match[0]}: of shortcodes the book has only `include`, alone on its line",
            )
    for match in re.finditer(r"</?[A-Za-z][^>\n@:]*>|<!DOCTYPE", text.prose):
        yield text.finding(
            match.start(),
            "construct",
            f"{match[0]}: raw HTML vanishes in print; use a block or span of the book's",
        )
    for match in _FENCE.finditer(re.sub(r"<!--.*?-->", "", text.text, flags=re.DOTALL)):
        info = match["info"].strip()
        language = re.match(r"\{?\.?([\w-]+)", info)
        if info.startswith("{=") or not language or language[1] not in LANGUAGES:
            yield Finding(
                text.path,
                1,
                "construct",
                f"fence ```{info}: not a language of the book ({', '.join(sorted(LANGUAGES))})",
            )


def one_heading(book: Book, everything: list[Text]) -> Iterator[Finding]:
    """Find pages without exactly one first-level heading, or numbered chapters without a `sec-` id."""
    for text in everything:
        if text.page is None:
            continue
        headings = list(re.finditer(r"^# .*$", text.outside_code, re.MULTILINE))
        if len(headings) != 1:
            yield Finding(
                text.path, 1, "heading", f"{len(headings)} first-level headings; a page has exactly one"
            )
        if text.page.number and not text.page.anchor.startswith("sec-"):
            yield Finding(text.path, 1, "heading", "a numbered page's heading needs an id: {#sec-…}")
        if not text.settings.get("description"):
            yield Finding(text.path, 1, "description", "the front matter has no `description` (one sentence)")


RULES = [images, divs, spans, foreign]
BOOK_RULES = [parsed, one_heading]
