"""What the site's script adds, in a real browser, on the sample."""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sample_book import make_sample

from mlbook import browser as browsers
from mlbook.book import press
from mlbook.book.serve import listen, serving

pytestmark = pytest.mark.browser

ALPHA, BETA = "chapters/01-alpha.html", "chapters/02-beta.html"
WAIT = 10_000


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = make_sample(tmp_path_factory.mktemp("script") / "book")
    press.build(site=True, pdf=False, root=root)
    return root / "_book"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browsers.chromium() as started:
        yield started


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    with ExitStack() as stack:
        yield stack.enter_context(serving(listen(site, 0, prefix="/a/b/"))).url


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    made = chromium.new_context(permissions=["clipboard-read", "clipboard-write"], color_scheme="light")
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext, address: str) -> Iterator[Page]:
    """A page on which any error in the console is a failure."""
    faults: list[str] = []
    opened = context.new_page()
    opened.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    opened.on("pageerror", lambda error: faults.append(str(error)))
    yield opened
    assert faults == []


def test_tabs_by_mouse_and_by_keyboard(page: Page, address: str) -> None:
    page.goto(address + BETA)
    first, second = page.get_by_role("tab").all()
    panels = page.locator(".tab-panel")
    expect(panels.nth(0)).to_be_visible()
    expect(panels.nth(1)).to_be_hidden()
    second.click()
    expect(panels.nth(1)).to_be_visible()
    expect(second).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowRight")
    expect(first).to_be_focused()
    expect(panels.nth(0)).to_be_visible()
    expect(panels.nth(1)).to_be_hidden()


def test_without_scripts_all_tabs_are_shown_with_their_names(chromium: Browser, address: str) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address + BETA)
    expect(page.locator(".tab-panel").nth(1)).to_be_visible()
    assert '"Windows"' in page.locator(".tab-panel").nth(1).evaluate(
        "e => getComputedStyle(e, '::before').content"
    )
    expect(page.locator(".search-open")).to_be_hidden()
    expect(page.locator(".themes")).to_be_hidden()
    context.close()


@pytest.mark.parametrize(
    ("name", "link", "shown"),
    [
        (ALPHA, "article a[href='#fig-line']", "Four points and a line"),
        (BETA, "article a[href='01-alpha.html#fig-line']", "Four points and a line"),
        (BETA, "article a[role='doc-noteref']", "A footnote with code"),
        (BETA, "article a[href$='#ref-galton1889']", "Natural Inheritance"),
    ],
)
def test_previews_by_mouse_and_keyboard(name: str, link: str, shown: str, page: Page, address: str) -> None:
    page.goto(address + name)
    preview = page.locator("#preview")
    target = page.locator(link).first
    target.hover()
    expect(preview).to_contain_text(shown, ignore_case=True)
    preview.hover()
    page.wait_for_timeout(400)
    expect(preview).to_be_visible()
    page.keyboard.press("Escape")
    expect(preview).to_be_hidden()
    page.mouse.move(0, 0)
    target.focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    expect(preview).to_be_visible()
    expect(target).to_have_attribute("aria-describedby", "preview")
    page.keyboard.press("Tab")
    expect(target).not_to_have_attribute("aria-describedby", "preview")


def test_a_preview_holds_nothing_to_operate_and_no_second_id(page: Page, address: str) -> None:
    page.goto(address + ALPHA)
    page.locator("article a[href='#fig-line']").first.hover()
    expect(page.locator("#preview img:visible")).to_have_count(1)
    assert page.locator("#preview").locator("[id], [href], button, [tabindex]").count() == 0


def test_a_widget_comes_when_in_sight_and_follows_the_theme(page: Page, address: str) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.set_viewport_size({"width": 1000, "height": 300})
    page.goto(address + ALPHA)
    page.wait_for_timeout(300)
    assert not any("plotly" in url for url in asked)
    page.locator("#fig-turn").scroll_into_view_if_needed()
    expect(page.locator("#widget-fig-turn .main-svg").first).to_be_visible(timeout=WAIT)
    expect(page.locator("#fig-turn img.light-content")).to_be_hidden()
    point = page.locator("#widget-fig-turn .point").first
    assert "rgb(11, 98, 168)" in (point.get_attribute("style") or "")
    page.get_by_role("button", name="Dark").click()
    expect(point).to_have_attribute("style", re.compile(r"rgb\(108, 178, 240\)"), timeout=WAIT)


def test_without_plotly_the_still_stays(context: BrowserContext, address: str) -> None:
    page = context.new_page()
    page.route("**/plotly.min.js", lambda route: route.abort())
    page.goto(address + ALPHA)
    page.locator("#fig-turn").scroll_into_view_if_needed()
    page.wait_for_timeout(500)
    expect(page.locator("#fig-turn img.light-content")).to_be_visible()
    expect(page.locator("#widget-fig-turn")).to_be_hidden()


def test_from_a_disk_the_page_reads_and_nothing_fails(page: Page, site: Path) -> None:
    page.goto((site / "chapters" / "02-beta.html").as_uri())
    expect(page.locator(".search-open")).to_have_count(0)
    page.locator("article a[href='#fig-dots']").first.hover()
    expect(page.locator("#preview")).to_be_visible()
    page.get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_what_fits_is_no_stop_and_what_scrolls_is(page: Page, address: str) -> None:
    page.set_viewport_size({"width": 340, "height": 700})
    page.goto(address + BETA)
    code = page.locator(".listing pre")
    expect(code).to_have_attribute("tabindex", "0")
    page.set_viewport_size({"width": 1400, "height": 700})
    expect(code).not_to_have_attribute("tabindex", "0")
    expect(page.locator(".table-scroll").first).not_to_have_attribute("tabindex", "0")


def test_the_section_in_sight_is_marked(page: Page, address: str) -> None:
    page.set_viewport_size({"width": 1300, "height": 500})
    page.goto(f"{address}{BETA}#sec-tables")
    expect(page.locator(".toc a.here")).to_have_text(re.compile("Tabs and tables"))


def test_nothing_moves_while_a_page_loads(page: Page, address: str) -> None:
    page.add_init_script(
        """window.moved = 0;
        new PerformanceObserver(list => {
          for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.moved += entry.value;
        }).observe({ type: "layout-shift", buffered: true });"""
    )
    for name in ("index.html", ALPHA, BETA):
        page.goto(address + name)
        page.wait_for_timeout(600)
        assert page.evaluate("window.moved") <= 0.02, name


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", ["index.html", ALPHA, BETA, "404.html"])
def test_axe_finds_nothing_with_every_panel_open(theme: str, name: str, page: Page, address: str) -> None:
    page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    page.goto(address + name)
    browsers.unfold(page)
    assert [str(found) for found in browsers.axe(page)] == []
    page.keyboard.press("/")
    page.get_by_role("searchbox").fill("line")
    expect(page.locator("dialog.search li").first).to_be_visible(timeout=WAIT)
    assert [str(found) for found in browsers.axe(page)] == []
    page.keyboard.press("Escape")
    button = page.get_by_role("button", name="Enlarge the figure")
    if button.count():
        button.first.click()
        assert [str(found) for found in browsers.axe(page)] == []
        page.keyboard.press("Escape")
        page.locator("article a.quarto-xref").first.hover()
        expect(page.locator("#preview")).to_be_visible()
        assert [str(found) for found in browsers.axe(page)] == []
