"""What a reader's browser gets: weight, time to the first view, shifts, accessibility; on the real book."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlbook import browser as browsers
from mlbook.bench.row import Row, Workshop
from mlbook.book import config
from mlbook.book.serve import listen, serving
from mlbook.book.server import TYPES, Handler, Server

if TYPE_CHECKING:
    from playwright.sync_api import Browser

KB = 1e3
_OWN = re.compile(r'<(?:script|link)\b[^>]*?\b(?:src|href)="([^"]+?\.(?:m?js|css))(?:\?[^"]*)?"')
# A phone of middling speed on a slow 4G line, as Lighthouse simulates one.
LINE = {"offline": False, "latency": 150, "downloadThroughput": 1.6e6 / 8, "uploadThroughput": 750e3 / 8}
SLOWER = 4
PHONE = {
    "viewport": {"width": 412, "height": 823},
    "device_scale_factor": 1.75,
    "is_mobile": True,
    "has_touch": True,
}
WATCH = """
window.seen = { lcp: 0, cls: 0 };
new PerformanceObserver((list) => list.getEntries().forEach((entry) => window.seen.lcp = entry.startTime))
  .observe({ type: "largest-contentful-paint", buffered: true });
new PerformanceObserver((list) => list.getEntries().forEach((entry) => {
  if (!entry.hadRecentInput) window.seen.cls += entry.value;
})).observe({ type: "layout-shift", buffered: true });
"""


def weight(shop: Workshop) -> Iterator[Row]:
    """Weigh every page's own HTML, CSS and scripts, as they travel."""
    weights = {page: _weight(shop.built, page) for page in _pages(shop)}
    heaviest = max(weights, key=lambda page: weights[page])
    yield Row("a page's HTML + CSS + JS, gzip", 120, "KB", weights[heaviest] / KB, note=heaviest)
    sizes = _explorables(shop.root / "_extensions" / "mlbook" / "explore")
    yield Row(
        "… an explorable's", 60, "KB", max(sizes, default=None), note="" if sizes else "the book has none yet"
    )


def _explorables(folder: Path) -> list[float]:
    """Weigh each explorable's code as it travels, in KB: its two modules and what all of them share."""
    packed = {path.name: len(gzip.compress(path.read_bytes())) / KB for path in folder.glob("*.*s")}
    own = [name.removesuffix("-model.js") for name in packed if name.endswith("-model.js")]
    theirs = {f"{name}{ending}" for name in own for ending in (".js", "-model.js")}
    shared = sum(size for name, size in packed.items() if name not in theirs)
    return [shared + packed[f"{name}.js"] + packed[f"{name}-model.js"] for name in own]


def load(shop: Workshop) -> Iterator[Row]:
    """Open every page as on a phone on a slow line; the worst of each."""
    paints, shifts = {}, {}
    with serving(listen(shop.built, 0)) as server, browsers.chromium() as browser:
        server.RequestHandlerClass = Compressing
        for page in _pages(shop):
            paints[page], shifts[page] = _open(browser, server.url + page)
    slowest, shakiest = max(paints, key=lambda p: paints[p]), max(shifts, key=lambda p: shifts[p])
    yield Row("largest contentful paint", 1.5, "s", paints[slowest], note=f"slow 4G, mid phone; {slowest}")
    yield Row("layout shift", 0.02, "", shifts[shakiest], note=shakiest)


def axe(shop: Workshop) -> Iterator[Row]:
    """Count axe's violations on every page, in both themes, with everything open."""
    count, where = 0, []
    with serving(listen(shop.built, 0)) as server, browsers.chromium() as browser:
        for page in _pages(shop):
            for theme in ("light", "dark"):
                opened = browser.new_page(color_scheme=theme)  # type: ignore[arg-type]
                opened.goto(server.url + page)
                browsers.unfold(opened)
                found = browsers.axe(opened)
                count += len(found)
                where += [f"{page} {theme}: {violation.rule}" for violation in found]
                opened.close()
    note = ", ".join(where[:3]) or f"{len(_pages(shop))} pages, light and dark, everything open"
    yield Row("axe violations", 0, "", count, note=note)


def _pages(shop: Workshop) -> list[str]:
    """Return the addresses of the real book's pages."""
    return [page.url for page in config.load(shop.root).pages]


def _weight(built: Path, page: str) -> int:
    """Return the gzipped bytes of a page, and of the scripts and style sheets it names."""
    path = built / page
    text = path.read_text(encoding="utf-8")
    parts = [path, *((path.parent / name).resolve() for name in sorted(set(_OWN.findall(text))))]
    return sum(len(gzip.compress(part.read_bytes())) for part in parts)


def _open(browser: Browser, url: str) -> tuple[float, float]:
    """Open one page with a cold cache; returns largest contentful paint (s) and layout shift."""
    context = browser.new_context(**PHONE)  # type: ignore[arg-type]
    page = context.new_page()
    page.add_init_script(WATCH)
    tools = context.new_cdp_session(page)
    tools.send("Network.enable")
    tools.send("Network.emulateNetworkConditions", LINE)
    tools.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    page.goto(url, wait_until="networkidle", timeout=60_000)
    page.wait_for_timeout(500)
    seen: dict[str, Any] = page.evaluate("window.seen")
    context.close()
    return seen["lcp"] / 1000, seen["cls"]


class Compressing(Handler):
    """Sends text compressed, as the hosts of websites do."""

    server: Server

    def _file(self, path: Path) -> None:
        if path.suffix not in (".html", ".css", ".js", ".json", ".svg") or not path.is_file():
            return super()._file(path)
        body = gzip.compress(path.read_bytes())
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Type", TYPES[path.suffix])
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        return None
