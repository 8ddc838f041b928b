"""What a page tells machines about itself: description, address, preview card, citation."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Any

from mlbook.book.config import Book, Page


def site_url(book: Book) -> str:
    """Return where the book is published, ending in a slash; empty when `_quarto.yml` does not say."""
    address = str(book.settings["book"].get("site-url", "") or "").rstrip("/")
    return f"{address}/" if address else ""


def authors(book: Book) -> list[str]:
    """Return the authors' names, however `_quarto.yml` writes them."""
    given = book.settings["book"].get("author") or []
    people = given if isinstance(given, list) else [given]
    return [str(person.get("name", "")) if isinstance(person, dict) else str(person) for person in people]


def tags(book: Book, page: Page, label: str, front: dict[str, Any], *, pdf: bool) -> str:
    """Return the page's `meta` and `link` tags.

    Parameters
    ----------
    label : str
        The page's title as plain text.
    front : dict
        The page's front matter; its `description` describes the page.
    pdf : bool
        Whether the site holds the book's PDF.
    """
    return "\n".join(
        f'<link rel="{name}" href="{escape(value)}">'
        if kind == "link"
        else f'<meta {kind}="{name}" content="{escape(value)}">'
        for kind, name, value in _pairs(book, page, label, front, pdf=pdf)
        if value
    )


def _pairs(
    book: Book, page: Page, label: str, front: dict[str, Any], *, pdf: bool
) -> Iterator[tuple[str, str, str]]:
    """Yield kind of tag, name and value."""
    settings = book.settings["book"]
    base = site_url(book)
    description = str(
        front.get("description") or settings.get("description") or settings.get("subtitle") or ""
    )
    title = book.title if page.kind == "index" else label
    people = authors(book)
    yield "name", "description", " ".join(description.split())
    yield "name", "author", ", ".join(people)
    yield "property", "og:title", title
    yield "property", "og:description", " ".join(description.split())
    yield "property", "og:type", "book" if page.kind == "index" else "article"
    yield "property", "og:site_name", book.title
    yield "name", "twitter:card", "summary"
    yield "name", "citation_title", title
    for person in people:
        yield "name", "citation_author", person
    if page.kind != "index":
        yield "name", "citation_inbook_title", book.title
    yield "name", "citation_publication_date", str(settings.get("date", "") or "")
    yield "name", "citation_language", str(book.settings.get("lang", "en"))
    if base:
        address = base if page.kind == "index" else base + page.url
        yield "link", "canonical", address
        yield "property", "og:url", address
        yield "name", "citation_fulltext_html_url", address
        if pdf:
            yield "name", "citation_pdf_url", f"{base}book.pdf"
