"""Reads what the two typesetters made, leaving out what each may do its own way (buttons, names of tabs)."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urldefrag

from pypdf import PdfReader

VOID = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
INLINE = {
    "a",
    "abbr",
    "b",
    "code",
    "em",
    "i",
    "q",
    "small",
    "span",
    "strong",
    "sub",
    "sup",
    "u",
    "mark",
    "cite",
}
MATH = {
    "mi",
    "mo",
    "mn",
    "ms",
    "mtext",
    "mrow",
    "msup",
    "msub",
    "msubsup",
    "mover",
    "munder",
    "munderover",
    "mfrac",
}
FURNITURE = {
    *(
        "callout-kind",
        "screen-reader-only",
        "callout-icon-container",
    ),  # "Note", "Tip", beside a callout's own title
    *("quarto-title-meta", "quarto-page-breadcrumbs", "description", "subtitle"),  # the first page's head
    *("nav-tabs", "tab-list", "tab-title"),  # the names of tabs
    *("code-copy-button", "copy", "footnote-back", "anchorjs-link", "anchor"),
    *("column-margin", "aside", "references"),  # placed by each in its own way: read apart
}
SKIPPED = {"script", "style", "button", "annotation", "svg", "nav", "template", "noscript"}
OWN_IDS = re.compile(r"^(sec|fig|tbl|eq|exr|lst|term|ref)-|^fn(ref)?\d")
NUMBERED = re.compile(
    r"\b(Figure|Table|Equation|Exercise|Chapter|Section|Appendix)[ \u00a0]+\(?((?:\d+|[A-Z])(?:\.\d+)*)\b"
)


@dataclass
class Node:
    """An element with its attributes and what is in it, texts and elements in order."""

    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    content: list["Node | str"] = field(default_factory=list)

    @property
    def classes(self) -> set[str]:
        return set(self.attributes.get("class", "").split())

    def all(self) -> "list[Node]":
        """This element and all within, in document order, hidden ones left out."""
        if "display: none" in self.attributes.get("style", ""):
            return []
        inner = [child.all() for child in self.content if isinstance(child, Node)]
        return [self, *(node for nodes in inner for node in nodes)]


class _Tree(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Node("")
        self.open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        node = Node(tag, {name: value or "" for name, value in attrs})
        self.open[-1].content.append(node)
        if tag not in VOID:
            self.open.append(node)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open[-1].content.append(Node(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        places = [place for place, node in enumerate(self.open) if node.tag == tag]
        if places and places[-1]:
            del self.open[places[-1] :]

    def handle_data(self, data: str) -> None:
        self.open[-1].content.append(data)


def main_of(page: Path) -> Node:
    """Return the element that holds a page's text: Quarto's `main`, the press's `article`."""
    tree = _Tree()
    tree.feed(page.read_text(encoding="utf-8"))
    nodes = tree.root.all()
    found = next((node for node in nodes if node.tag == "article"), None)
    return found or next(node for node in nodes if node.tag == "main")


def text_of(page: Path) -> Node:
    """Return the element that holds a page's text, without the book's own title on the first page."""
    main = main_of(page)
    heads = [node for node in main.all() if node.tag == "h1"]
    if len(heads) > 1:
        main.content = [
            part
            for part in main.content
            if isinstance(part, str) or part.attributes.get("id") != "title-block-header"
        ]
    return main


def words(main: Node) -> list[str]:
    """Return the words of the text, formulas as one word each, notes and bibliography left out."""
    return re.sub(r"^(\s*Appendix \w+)\s+—", r"\1", _text(main).replace("\u00a0", " ")).split()


def notes(main: Node) -> list[str]:
    """Return the words of the footnotes."""
    ends = [node for node in main.all() if node.attributes.get("role") == "doc-endnotes"]
    return [
        word
        for node in ends
        for child in node.content
        for word in _text(child).replace("\u00a0", " ").split()
    ]


def ids(main: Node) -> list[str]:
    """Return the ids that a reference can name: the book's own, and those of headings and their sections."""
    found = []
    for node in main.all():
        name = node.attributes.get("id", "")
        heading = node.tag in {"h2", "h3", "h4"} or (node.tag == "section" and "level1" not in node.classes)
        if name and "-caption-" not in name and (heading or OWN_IDS.match(name)):
            found.append(name)
    return [name for name in found if name not in {"refs", "footnotes"}]


def references(main: Node, page: str) -> list[tuple[str, str]]:
    """Return text and target of each cross-reference; a chapter's own number leads to its page."""
    found = []
    for node in main.all():
        if "quarto-xref" in node.classes:
            address, fragment = urldefrag(node.attributes["href"])
            target = Path(address).name or Path(page).name
            text = _text(node).replace("\u00a0", " ").strip()
            whole = re.fullmatch(r"(Chapter|Appendix) \w+", text)
            found.append((text, target if whole else f"{target}#{fragment}"))
    return found


def figures(main: Node) -> list[tuple[str, str]]:
    """Return file and alternative text of each picture."""
    pictures = [node for node in main.all() if node.tag == "img"]
    return [(Path(node.attributes["src"]).name, node.attributes.get("alt", "")) for node in pictures]


def formulas(main: Node) -> list[str]:
    """Return each formula as the TeX that its MathML is annotated with, without Quarto's number."""
    annotations = [node for node in main.all() if node.tag == "annotation"]
    sources = ["".join(part for part in node.content if isinstance(part, str)) for node in annotations]
    return [" ".join(re.sub(r"\\qquad\([\w.]+\)$", "", source.strip()).split()) for source in sources]


def _text(node: "Node | str") -> str:
    """Return an element's text; blocks are set apart by spaces, formulas are not broken."""
    if isinstance(node, str):
        return node
    if node.tag in SKIPPED or node.classes & FURNITURE or node.attributes.get("role") == "doc-endnotes":
        return ""
    inner = "".join(map(_text, node.content))
    if node.tag == "math":
        joined = re.sub(r"(\([\dA-Z]+\.\d+\))$", r" \1", "".join(inner.split()))  # an equation's number
        return f" {joined} " if node.attributes.get("display") == "block" else joined
    return inner if node.tag in INLINE | MATH else f" {inner} "


@dataclass(frozen=True)
class Print:
    """What a PDF says: its outline's titles in order, and each numbered thing's number, counted."""

    outline: list[str]
    numbers: list[str]
    pages: int


def read_pdf(path: Path) -> Print:
    """Read a PDF by its numbers."""
    reader = PdfReader(path)
    text = " ".join(page.extract_text() for page in reader.pages)
    numbers = sorted({f"{kind} {number}" for kind, number in NUMBERED.findall(" ".join(text.split()))})
    return Print(_titles(reader.outline), numbers, len(reader.pages))


def _titles(entries: list) -> list[str]:  # type: ignore[type-arg]
    """Flatten an outline; spaces and the dots after numbers are each typesetter's own."""
    found: list[str] = []
    for entry in entries:
        found += _titles(entry) if isinstance(entry, list) else [" ".join(entry.title.split())]
    return found
