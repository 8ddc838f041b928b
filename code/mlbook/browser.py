"""A real browser, for the tests of the site and for measurements: Playwright over this machine's Chromium.

Playwright and axe come with the extra `test`; they are imported only when a browser is started.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from mlbook.errors import BookError
from mlbook.machine import FLAGS, need_chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

# Rules of WCAG 2 at levels A and AA, and axe's own advice on top.
TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")


@dataclass(frozen=True)
class Violation:
    """One rule of axe that a page breaks.

    Attributes
    ----------
    rule : str
        axe's name for it: "color-contrast".
    help : str
        What it asks for.
    places : tuple of str
        The elements, as CSS selectors with what is wrong there.
    """

    rule: str
    help: str
    places: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.rule}: {self.help}" + "".join(f"\n    {place}" for place in self.places)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start a headless Chromium and close it afterwards.

    Raises
    ------
    BookError
        If Playwright or a Chromium is missing; the hint says how to get it.
    """
    if find_spec("playwright") is None:
        raise BookError("Playwright is not installed", hint="`make setup-all` installs it.")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=need_chromium(), args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


def unfold(page: Page) -> None:
    """Show everything that a click would show: folded boxes, tabs that are not in front, explorables."""
    page.evaluate(
        """() => {
          for (const box of document.querySelectorAll("details")) box.open = true;
          for (const panel of document.querySelectorAll("[role=tabpanel]")) panel.classList.add("active");
        }"""
    )
    for box in page.locator(".explorable").element_handles():
        # One that starts above may move it away: it is brought into sight until it stands, or says why not.
        page.wait_for_function(
            """box => {
              if (!box.hidden || box.nextElementSibling?.matches(".explore-excuse")) return true;
              box.parentElement.scrollIntoView({ behavior: "instant" });
              return false;
            }""",
            arg=box,
        )


def axe(page: Page) -> list[Violation]:
    """Check a page as it stands now for faults of accessibility."""
    page.evaluate(_axe_source())
    found = page.evaluate("tags => axe.run({ runOnly: tags, resultTypes: ['violations'] })", list(TAGS))
    return [
        Violation(rule["id"], rule["help"], tuple(_place(node) for node in rule["nodes"]))
        for rule in found["violations"]
    ]


def _place(node: dict[str, object]) -> str:
    """Say where and what, in one line."""
    target, summary = node["target"], str(node["failureSummary"])
    where = " ".join(map(str, target)) if isinstance(target, list) else str(target)
    return f"{where}: {' '.join(summary.split())}"


@cache
def _axe_source() -> str:
    """Read axe from the package that brings it."""
    spec = find_spec("axe_playwright_python")
    if spec is None or spec.origin is None:
        raise BookError("axe is not installed", hint="`make setup-all` installs it.")
    return (Path(spec.origin).parent / "axe.min.js").read_text(encoding="utf-8")
