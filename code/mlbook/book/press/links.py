"""Addresses in a page: cross-references, links to other pages, pictures and other files.

pandoc leaves references to other pages' ids open, links to `.qmd` files as written, and pictures relative to
the source. Here each gets its address in the site, and whatever leads nowhere is an error that names page and
target.
"""

from __future__ import annotations

import html
import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from urllib.parse import unquote

from mlbook.book.config import Book
from mlbook.book.press.fragments import Fragment, Text
from mlbook.book.press.pictures import size
from mlbook.errors import BookError

_TAG = re.compile(r"<(a|img)\b([^>]*)>")
_OPEN_REFERENCE = re.compile(r'<a\b([^>]*\bdata-ref="([^"]+)"[^>]*)>(.*?)</a>', re.DOTALL)
_ATTRIBUTE = re.compile(r'([\w:-]+)="([^"]*)"')
_ID = re.compile(r'\sid="([^"]+)"')
_OUTSIDE = re.compile(r"^(?:[a-z][a-z0-9+.-]*:|//)", re.IGNORECASE)
EAGER_PICTURES = 2


@cache
def _relative(target: str, folder: str) -> str:
    """Return the address of `target` as seen from `folder`, both counted from the site's root."""
    return posixpath.relpath(target, folder or ".")


@dataclass
class Linker:
    """Resolves the addresses of a book's pages.

    Parameters
    ----------
    book : Book
    texts, fragments : mapping
        By page path.

    Attributes
    ----------
    files : dict
        Files that pages use: address in the site → file on disk.
    """

    book: Book
    texts: Mapping[str, Text]
    fragments: Mapping[str, Fragment]
    files: dict[str, Path] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._urls = {page.path: page.url for page in self.book.pages}
        self._ids = {path: set(_ID.findall(fragment.html)) for path, fragment in self.fragments.items()}
        self._homes = {name: path for path, fragment in self.fragments.items() for name in fragment.ids}
        self._listing = next((p for p, text in self.texts.items() if "{#refs}" in text.markdown), None)

    def resolve(self, path: str) -> str:
        """Return a page's HTML with every address in place.

        Raises
        ------
        BookError
            For a reference, link or picture that leads nowhere, or a picture on another host.
        """
        self._pictures = 0
        text = _OPEN_REFERENCE.sub(lambda match: self._reference(path, match), self.fragments[path].html)
        return _TAG.sub(lambda match: self._tag(path, match), text)

    def relative(self, path: str, target: str) -> str:
        """Return the address of `target` (from the site's root) as seen from a page."""
        return _relative(target, posixpath.dirname(self._urls[path]))

    def _reference(self, path: str, match: re.Match[str]) -> str:
        """Put text and address into one cross-reference."""
        attributes, name, inner = match.groups()
        home = self._homes.get(name)
        if home is None:
            raise self._nowhere(path, f"@{name}", name)
        entry = self.fragments[home].ids[name]
        href = f"#{name}" if home == path else f"{self.relative(path, self._urls[home])}#{name}"
        form = dict(_ATTRIBUTE.findall(attributes)).get("data-form", "")
        wanted = {"number": entry["number"], "text": entry["text"]}.get(form)
        kept = re.sub(r'\s*\b(?:href|data-form)="[^"]*"', "", attributes)
        return f'<a href="{href}"{kept}>{html.escape(wanted, quote=False) if wanted else inner}</a>'

    def _tag(self, path: str, match: re.Match[str]) -> str:
        """Mend one `a` or `img` tag."""
        name, inside = match.groups()
        attributes = dict(_ATTRIBUTE.findall(inside))
        if name == "img":
            return self._picture(path, inside, attributes)
        href = html.unescape(attributes.get("href", ""))
        if not href or "data-ref" in attributes or _OUTSIDE.match(href):
            return match[0]
        target = self._link(path, href)
        return match[0].replace(f'href="{attributes["href"]}"', f'href="{html.escape(target)}"', 1)

    def _link(self, path: str, href: str) -> str:
        """Return where a link inside the book leads."""
        place, _, anchor = href.partition("#")
        if not place:
            return self._inside(path, href, anchor)
        target = posixpath.normpath(posixpath.join(posixpath.dirname(path), unquote(place)))
        if place.startswith("/"):
            target = unquote(place).lstrip("/")
        source = re.sub(r"\.html$", ".qmd", target)
        if source in self._urls:
            if anchor and anchor not in self._ids[source]:
                raise self._nowhere(path, href, anchor)
            url = self.relative(path, self._urls[source])
            return f"{url}#{anchor}" if anchor else url
        if target in self.files or target == "book.pdf":
            return self.relative(path, target)
        if target.endswith(".qmd"):
            raise BookError(
                f"a link to {href} leads to a page that the book does not have",
                where=path,
                hint="List the page in _quarto.yml, or mend the link.",
            )
        self._file(path, target, self.book.root / target, f"a link to {href}")
        return self.relative(path, target)

    def _inside(self, path: str, href: str, anchor: str) -> str:
        """Return where `#anchor` leads: this page, the works cited, or another page's numbered thing."""
        if not anchor or anchor in self._ids[path]:
            return href
        if self._listing and anchor in self._ids[self._listing]:
            return f"{self.relative(path, self._urls[self._listing])}#{anchor}"
        home = self._homes.get(anchor)
        if home is None:
            raise self._nowhere(path, href, anchor)
        return f"{self.relative(path, self._urls[home])}#{anchor}"

    def _picture(self, path: str, inside: str, attributes: dict[str, str]) -> str:
        """Give a picture its address, its size (so that nothing moves when it comes) and its turn to load."""
        place = html.unescape(attributes.get("src", ""))
        if place.startswith("data:"):
            return f"<img{inside}>"
        if _OUTSIDE.match(place):
            raise BookError(
                f"the picture {place} is on another host",
                where=path,
                hint="Put the file beside the page: the site asks no other host for anything.",
            )
        target, disk = self._locate(path, unquote(place))
        self._file(path, target, disk, f"the picture {place}")
        extra = f' src="{html.escape(self.relative(path, target))}"'
        if not {"width", "height"} <= attributes.keys() and (found := size(disk)):
            extra += f' width="{found[0]}" height="{found[1]}"'
            inside = re.sub(r'\s(?:width|height)="[^"]*"', "", inside)
        dark = "dark-content" in attributes.get("class", "")  # not fetched while the page is light
        self._pictures += not dark
        if dark or self._pictures > EAGER_PICTURES:
            extra += ' loading="lazy" decoding="async"'
        return "<img" + extra + re.sub(r'\ssrc="[^"]*"', "", inside) + ">"

    def _locate(self, path: str, place: str) -> tuple[str, Path]:
        """Return a picture's address in the site and its file: frozen, from the root, or beside the page."""
        text = self.texts[path]
        folder = posixpath.dirname(path)
        if place.startswith("/"):
            return place.lstrip("/"), self.book.root / place.lstrip("/")
        target = posixpath.normpath(posixpath.join(folder, place))
        if text.figures is not None and place.startswith(f"{text.page.stem}_files/"):
            return target, text.figures / place.split("/", 1)[1]
        return target, self.book.root / target

    def _file(self, path: str, target: str, disk: Path, what: str) -> None:
        """Note a file that the site must hold."""
        if target.startswith("../") or not disk.is_file():
            raise BookError(
                f"{what} leads to a file that is not there",
                where=path,
                hint="Mend the path, or run the chapter again if it is a frozen figure (`mlbook run`).",
            )
        self.files[target] = disk

    def _nowhere(self, path: str, shown: str, anchor: str) -> BookError:
        """Say that a reference or link leads nowhere."""
        return BookError(
            f"{shown} leads nowhere: nothing in the book has the id {anchor}",
            where=self._line(path, anchor),
            hint="Mend the name, or give the target that id.",
        )

    def _line(self, path: str, anchor: str) -> str:
        """Return the page, with the line of its source that first mentions the id."""
        lines = (self.book.root / path).read_text(encoding="utf-8").splitlines()
        mention = re.compile(rf"[@#]{re.escape(anchor)}(?![\w-])")
        number = next((n for n, line in enumerate(lines, 1) if mention.search(line)), None)
        return f"{path}:{number}" if number else path
