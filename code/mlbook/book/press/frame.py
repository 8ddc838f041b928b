"""The frame around a page: navigation, page contents, breadcrumbs, previous and next, metadata.

Every address is relative, so that the site works under any prefix, from a disk, and offline.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from html import escape
from itertools import groupby
from pathlib import Path
from string import Template
from typing import Any
from urllib.parse import urlsplit

from mlbook.book.config import Book, Page
from mlbook.book.press import meta
from mlbook.book.press.fragments import Fragment, Text

HERE = Path(__file__).parent
MATH_FONT = "assets/fonts/STIXTwoMath-subset.woff2"


@dataclass(frozen=True)
class Frame:
    """Makes whole pages out of fragments.

    Parameters
    ----------
    book : Book
    texts, fragments : mapping
        By page path.
    css : str
        The style sheet; "ROOT/" in it stands for the way to the site's root.
    version : str
        Changes when the site's script does.
    pdf : bool
        Whether the site holds the book's PDF.
    """

    book: Book
    texts: Mapping[str, Text]
    fragments: Mapping[str, Fragment]
    css: str
    version: str
    pdf: bool

    @cached_property
    def _template(self) -> Template:
        return Template((HERE / "page.html").read_text(encoding="utf-8"))

    def page(self, page: Page, body: str) -> str:
        """Return the whole HTML page around `body`."""
        root = _way_up(page.url)
        return self._fill(
            root,
            title=self._window_title(page),
            meta=meta.tags(self.book, page, self.label(page), self.texts[page.path].meta, pdf=self.pdf),
            preload=_preload(root, body) + self._quiz_script(root, body),
            kind=page.kind,
            navigation=self.navigation(page, root),
            hero=self.hero(page, root) if page.kind == "index" else "",
            crumbs=self.crumbs(page, root),
            tools=self.tools(page, root),
            contents_small=self.contents(page, small=True),
            contents=self.contents(page, small=False),
            body=f"<article data-pagefind-body>\n{body}\n</article>",
            actions=self.actions(page),
            neighbors=self.neighbors(page, root),
        )

    def _quiz_script(self, root: str, body: str) -> str:
        """Return the script that a page with a quiz needs."""
        if 'class="quiz"' not in body:
            return ""
        return f'<script src="{root}assets/quiz.js?{self.version}" defer></script>\n'

    def not_found(self) -> str:
        """Return the page for addresses that lead nowhere.

        It may be shown at any depth, so where `site-url` names the site's path, a script makes its links
        start there.
        """
        path = urlsplit(meta.site_url(self.book)).path
        base = f"document.write('<base href=\"{path}\">')"
        find = f'<script>if(location.pathname.startsWith("{path}")){base}</script>\n' if path else ""
        body = (
            "<article>\n<h1>There is no such page</h1>\n<p>The address may have changed, or been mistyped. "
            'Look in the list of chapters, or begin at the <a href="index.html">preface</a>.</p>\n</article>'
        )
        page = self._fill(
            "",
            title=f"Not found – {self.book.title}",
            meta=find + '<meta name="robots" content="noindex">',
            kind="page",
            navigation=self.navigation(None, ""),
            body=body,
        )
        return re.sub(r'href="#(content|book-nav)"', r'href="404.html#\1"', page)

    def _fill(self, root: str, *, title: str, **parts: str) -> str:
        """Fill the template; parts that are not given stay empty."""
        empty = dict.fromkeys(
            ("preload", "hero", "crumbs", "tools", "contents_small", "contents", "actions", "neighbors"), ""
        )
        return self._template.substitute(
            empty
            | {
                "lang": escape(str(self.book.settings.get("lang", "en"))),
                "title": escape(title),
                "css": self.css.replace("ROOT/", root),
                "root": root,
                "version": self.version,
                "book": escape(self.book.title),
                "licence": self.licence(root),
            }
            | parts
        )

    def label(self, page: Page) -> str:
        """Return a page's title as plain text, without its number."""
        headings = self.fragments[page.path].headings
        return str(headings[0]["text"]) if headings and headings[0]["level"] == 1 else page.title

    def _window_title(self, page: Page) -> str:
        """Return what the browser's tab shows."""
        if page.kind == "index":
            return self.book.title
        return f"{_numbered(page, self.label(page))} – {self.book.title}"

    def navigation(self, current: Page | None, root: str) -> str:
        """Return the list of all pages, in parts that fold; the current one is marked."""
        items = []
        for part, group in groupby(self.book.pages, key=lambda page: page.part):
            pages = list(group)
            links = "\n".join(self._entry(page, current, root) for page in pages)
            if not part:
                items.append(links)
                continue
            inside = current is None or current.kind == "index" or current in pages
            state = " open" if inside else ""
            head = f"<li><details{state}><summary>{escape(part)}</summary>"
            items.append(f"{head}\n<ul>\n{links}\n</ul></details></li>")
        return '<ul class="nav-list">\n' + "\n".join(items) + "\n</ul>"

    def _entry(self, page: Page, current: Page | None, root: str) -> str:
        """Return one page's line of the navigation."""
        mark = ' aria-current="page"' if page == current else ""
        number = f'<span class="number">{page.number}</span> ' if page.number else ""
        return f'<li><a href="{root}{page.url}"{mark}>{number}{escape(self.label(page))}</a></li>'

    def hero(self, page: Page, root: str) -> str:
        """Return the head of the first page: title, subtitle, and where to go."""
        following = self._beside(page, 1)
        run = next((p for p in self.book.pages if p.stem == "how-to-run"), None)
        ways = [
            ("button primary", following.url if following else "", "Start reading"),
            ("button", run.url if run else "", "Run it"),
            ("button", "book.pdf" if self.pdf else "", "PDF"),
        ]
        buttons = " ".join(
            f'<a class="{look}" href="{root}{url}">{name}</a>' for look, url, name in ways if url
        )
        subtitle = escape(str(self.book.settings["book"].get("subtitle", "")))
        return (
            f'<div class="hero">\n{(HERE / "cover.svg").read_text(encoding="utf-8").strip()}\n'
            f'<p class="hero-title">{escape(self.book.title)}</p>\n<p class="hero-subtitle">{subtitle}</p>\n'
            f'<p class="hero-buttons">{buttons}</p>\n</div>\n'
        )

    def crumbs(self, page: Page, root: str) -> str:
        """Return the way from the book's first page to this one."""
        if page.kind == "index":
            return ""
        steps = [f'<li><a href="{root}index.html">{escape(self.book.title)}</a></li>']
        if page.part:
            steps.append(f"<li>{escape(page.part)}</li>")
        return _nav("crumbs", "Breadcrumbs", f"<ol>{''.join(steps)}</ol>")

    def tools(self, page: Page, root: str) -> str:
        """Return links to this chapter's notebook and to the PDF."""
        links = []
        if self.texts[page.path].executed:
            links.append(f'<a href="{page.stem}.ipynb" download>Notebook</a>')
        if self.pdf and page.kind != "index":
            links.append(f'<a href="{root}book.pdf">PDF</a>')
        return f'<p class="tools">{" ".join(links)}</p>' if links else ""

    def contents(self, page: Page, *, small: bool) -> str:
        """Return the page's own contents: at the side, or (`small`) folded above the text."""
        headings = [h for h in self.fragments[page.path].headings if h["level"] in (2, 3) and h["id"]]
        if len(headings) < 2:
            return ""
        listing = _nested(headings)
        if not small:
            title = '<p class="toc-title" aria-hidden="true">On this page</p>'
            return _nav("toc", "On this page", title + listing)
        return (
            _nav("toc-small", "On this page", f"<details><summary>On this page</summary>{listing}</details>")
            + "\n"
        )

    def actions(self, page: Page) -> str:
        """Return the links for editing the page and reporting a problem with it."""
        book = self.book.settings["book"]
        repo = str(book.get("repo-url", "")).rstrip("/")
        if not repo:
            return ""
        branch = book.get("repo-branch", "main")
        return (
            f'<p class="actions"><a href="{repo}/edit/{branch}/{page.path}">Edit this page</a> '
            f'<a href="{repo}/issues/new">Report a problem</a></p>'
        )

    def neighbors(self, page: Page, root: str) -> str:
        """Return the links to the page before and the page after."""
        links = []
        for step, name, word in ((-1, "prev", "Previous"), (1, "next", "Next")):
            if other := self._beside(page, step):
                links.append(
                    f'<a class="{name}" rel="{name}" href="{root}{other.url}"><span>{word}</span> '
                    f"{escape(_numbered(other, self.label(other)))}</a>"
                )
        return _nav("neighbors", "Previous and next page", "".join(links)) if links else ""

    def licence(self, root: str) -> str:
        """Return the line on who may use the book, linked to the page that says so at length."""
        about = next((page for page in self.book.pages if page.stem == "using-citing"), None)
        words = "Text CC BY 4.0, code MIT"
        return f'<a href="{root}{about.url}">{words}</a>' if about else words

    def _beside(self, page: Page, step: int) -> Page | None:
        place = self.book.pages.index(page) + step
        return self.book.pages[place] if 0 <= place < len(self.book.pages) else None


def _nav(look: str, label: str, inside: str) -> str:
    """Return a labelled navigation landmark."""
    return f'<nav class="{look}" aria-label="{label}">{inside}</nav>'


def _nested(headings: list[dict[str, Any]]) -> str:
    """Return sections as a list, each with its subsections as a list inside."""
    items: list[str] = []
    depth = 2
    for heading in headings:
        level = heading["level"] if items else 2
        if level > depth:
            items.append("<ul>")
        elif items:
            items.append("</li></ul></li>" if level < depth else "</li>")
        number = f'<span class="number">{heading["number"]}</span> ' if heading["number"] else ""
        items.append(f'<li><a href="#{escape(heading["id"])}">{number}{escape(heading["text"])}</a>')
        depth = level
    return "<ul>" + "".join(items) + ("</li></ul>" if depth == 3 else "") + "</li></ul>"


def _way_up(url: str) -> str:
    """Return the way from a page to the site's root: "" or "../"."""
    return "../" * url.count("/")


def _numbered(page: Page, label: str) -> str:
    """Return "2 A project from end to end", "Appendix A …" or the bare title."""
    if not page.number:
        return label
    return f"Appendix {page.number} {label}" if page.kind == "appendix" else f"{page.number} {label}"


def _preload(root: str, body: str) -> str:
    """Return the tag that fetches the mathematics font early, for pages with formulas."""
    if "<math" not in body:
        return ""
    link = f'<link rel="preload" href="{root}{MATH_FONT}" as="font" type="font/woff2" crossorigin>'
    # From a disk, browsers take no font early, and say so in the console.
    return f"<script>if(location.protocol!=='file:')document.write('{link}')</script>\n"


def sitemap(book: Book) -> str:
    """Return `sitemap.xml`; empty without a `site-url`."""
    base = meta.site_url(book)
    if not base:
        return ""
    places = (f"<url><loc>{escape(posixpath.join(base, page.url))}</loc></url>\n" for page in book.pages)
    head = '<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
    return head + "".join(places) + "</urlset>\n"
