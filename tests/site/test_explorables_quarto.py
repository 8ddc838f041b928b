"""The explorables on Quarto's site: the same modules, found and started there too."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import explorable_book
import pytest
from playwright.sync_api import Browser, expect
from visiting import PREFIX, Opener

from mlbook.book.serve import listen, serving
from mlbook.book.server import Server

QUARTO = os.environ.get("QUARTO_PATH") or shutil.which("quarto")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(QUARTO is None, reason="no `quarto` on the PATH, and QUARTO_PATH is not set"),
]


@pytest.fixture(scope="module")
def explorables(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    root = explorable_book.make_book(tmp_path_factory.mktemp("quarto") / "book")
    done = subprocess.run(
        [str(QUARTO), "render", "--to", "html"], cwd=root, capture_output=True, text=True, timeout=280
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    with serving(listen(root / "_book", 0, prefix=PREFIX)) as running:
        yield running


def test_only_pages_with_explorables_get_the_scripts(explorables: Server) -> None:
    folder = Path(explorables.folder)
    assert "explore/" not in (folder / "index.html").read_text()
    assert 'load.js" type="module"' in (folder / "chapters" / "01-turning.html").read_text()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_explorable_starts_and_follows_the_theme(theme: str, chromium: Browser, turn: Opener) -> None:
    visitor = turn("chapters/01-turning.html#fig-descent:rate=0.5", color_scheme=theme)
    page = visitor.page
    for name in ("descent", "bias-variance", "ridge-lasso", "softmax"):
        page.locator(f"#fig-{name}").scroll_into_view_if_needed()
        box = page.locator(f"#explorable-fig-{name}")
        expect(box.locator(".explore-summary")).not_to_be_empty()
        expect(page.locator(f"#fig-{name} img.light-content")).to_be_hidden()
        expect(page.locator(f"#fig-{name} img.dark-content")).to_be_hidden()
    paper = box.evaluate("box => getComputedStyle(box).backgroundColor")
    assert paper == {"light": "rgb(255, 255, 255)", "dark": "rgb(21, 24, 29)"}[theme]
    rate = page.get_by_role("slider", name="Learning rate")
    expect(rate).to_have_attribute("aria-valuetext", "0.5")
    visitor.faults[:] = [fault for fault in visitor.faults if "favicon" not in fault and "404" not in fault]
