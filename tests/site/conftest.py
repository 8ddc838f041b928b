"""The real book, built once for all workers and served under a prefix; one browser for each worker."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import explorable_book
import pytest
from filelock import FileLock
from playwright.sync_api import Browser, BrowserContext
from visiting import PREFIX, ROOT, Opener, Watched

from mlbook import browser as browsers
from mlbook.book import press
from mlbook.book.serve import listen, serving
from mlbook.book.server import Server


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker("browser")


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """Site and PDF of the book in this checkout, outside the checkout."""
    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / "built"
    with FileLock(f"{folder}.lock"):
        press.build(site=True, pdf=True, out=folder, root=ROOT)
    return folder


@pytest.fixture(scope="session")
def server(built: Path) -> Iterator[Server]:
    with serving(listen(built, 0, prefix=PREFIX)) as running:
        yield running


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with browsers.chromium() as started:
        yield started


@pytest.fixture(scope="session")
def explorables(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The book with every explorable on one page, served under the same prefix."""
    site = explorable_book.build(tmp_path_factory.mktemp("turning") / "book")
    with serving(listen(site, 0, prefix=PREFIX)) as running:
        yield running


@pytest.fixture
def visit(chromium: Browser, server: Server) -> Iterator[Opener]:
    """Open pages of the site in fresh profiles; requests elsewhere and errors in the console are failures."""
    with watching(chromium, server) as start:
        yield start


@pytest.fixture
def turn(chromium: Browser, explorables: Server) -> Iterator[Opener]:
    """Open pages of the book of explorables, as `visit` does."""
    with watching(chromium, explorables) as start:
        yield start


@contextmanager
def watching(chromium: Browser, server: Server) -> Iterator[Opener]:
    """Give what opens a watched page of a server, and look at the end what went wrong."""
    opened: list[tuple[BrowserContext, Watched]] = []

    def start(path: str | None = None, **options: object) -> Watched:
        context = chromium.new_context(**options)  # type: ignore[arg-type]
        context.set_default_timeout(15_000)
        watched = Watched(context.new_page(), server.url)
        watched.page.on("request", lambda request: watched.requests.append(request.url))
        watched.page.on("console", lambda said: _note(watched, said.type, said.text))
        watched.page.on("pageerror", lambda error: watched.faults.append(str(error)))
        watched.page.on("response", lambda answer: _status(watched, answer.status, answer.url))
        opened.append((context, watched))
        if path is not None:
            watched.open(path)
        return watched

    yield start
    for context, watched in opened:
        context.close()
        assert watched.foreign == []
        assert watched.faults == []


def _note(watched: Watched, kind: str, text: str) -> None:
    if kind in ("error", "warning"):
        watched.faults.append(f"{kind}: {text}")


def _status(watched: Watched, status: int, url: str) -> None:
    if status >= 400:
        watched.faults.append(f"{status}: {url}")
