"""Pages of the built book, as the browser tests see them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Page

from mlbook import files
from mlbook.book import config

ROOT = files.root(Path(__file__))
PAGES = [page.url for page in config.load(ROOT).pages]
PREFIX = "/some/prefix/"


@dataclass
class Watched:
    """A page, and what went wrong on it."""

    page: Page
    start: str
    requests: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def open(self, path: str) -> Page:
        self.page.goto(self.start + path)
        return self.page

    @property
    def foreign(self) -> list[str]:
        """Requests to anything but this site."""
        own = urlsplit(self.start).netloc
        parts = [urlsplit(url) for url in self.requests]
        return [
            part.geturl()
            for part in parts
            if part.scheme not in ("data", "blob")
            and (part.netloc != own or not part.path.startswith(PREFIX))
        ]


Opener = Callable[..., Watched]
