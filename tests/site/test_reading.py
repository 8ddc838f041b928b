"""The site as a reader uses it: search, themes, keyboard, phone, the page for wrong addresses."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from visiting import PAGES, PREFIX, Opener

from mlbook.browser import axe

CHAPTER = next(page for page in PAGES if page.endswith("02-project.html"))
# A short page with figures, folded boxes and a notebook.
SHORT = next(page for page in PAGES if page.endswith("first-run.html"))
PHONE = {"width": 390, "height": 844}


def background(page: Page) -> int:
    """Lightness of the page's ground, 0 to 255."""
    color = page.evaluate("getComputedStyle(document.body).backgroundColor")
    if color == "rgba(0, 0, 0, 0)":
        color = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    return max(int(part) for part in color.strip("rgba()").split(",")[:3])


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.outerHTML.slice(0, 200)"))


# Themes -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("system", "dark"), [("light", False), ("dark", True)])
def test_the_systems_theme_is_honored(system: str, dark: bool, visit: Opener) -> None:
    assert (background(visit(CHAPTER, color_scheme=system).page) < 128) is dark


def test_the_systems_theme_is_honored_without_scripts(visit: Opener) -> None:
    page = visit(CHAPTER, color_scheme="dark", java_script_enabled=False).page
    assert page.locator("h1").first.is_visible()
    shades = [background(visit("index.html", color_scheme=theme).page) for theme in ("light", "dark")]
    assert shades[0] > 200 and shades[1] < 80


def test_a_chosen_theme_stays_on_other_pages_and_visits(visit: Opener) -> None:
    visitor = visit(CHAPTER, color_scheme="light")
    page = visitor.page
    page.get_by_role("button", name="Dark").click()
    assert background(page) < 80
    visitor.open("index.html")
    assert background(page) < 80
    expect(page.get_by_role("button", name="Dark")).to_have_attribute("aria-pressed", "true")
    page.reload()
    assert background(page) < 80
    page.get_by_role("button", name="System").click()
    assert background(page) > 200
    page.emulate_media(color_scheme="dark")
    assert background(page) < 80


def test_dark_pages_never_flash_light(visit: Opener) -> None:
    """The theme is set before the first paint: the page's ground is dark as soon as there is a body."""
    visitor = visit("index.html", color_scheme="light")
    visitor.page.get_by_role("button", name="Dark").click()
    visitor.page.add_init_script(
        """new MutationObserver((_, observer) => {
          if (!document.body) return;
          window.firstTheme = document.documentElement.dataset.theme;
          observer.disconnect();
        }).observe(document, { childList: true, subtree: true });"""
    )
    visitor.open(CHAPTER)
    assert visitor.page.evaluate("window.firstTheme") == "dark"


def test_figures_follow_the_theme(visit: Opener) -> None:
    page = visit(SHORT, color_scheme="light").page
    light, dark = page.locator("img.light-content"), page.locator("img.dark-content")
    assert light.count() == dark.count() > 0
    expect(light.first).to_be_visible()
    expect(dark.first).to_be_hidden()
    page.get_by_role("button", name="Dark").click()
    expect(light.first).to_be_hidden()
    expect(dark.first).to_be_visible()


# Search -----------------------------------------------------------------------------------------


def open_search(page: Page) -> None:
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()


def test_search_finds_a_known_phrase_under_the_prefix(visit: Opener) -> None:
    page = visit("index.html").page
    open_search(page)
    page.keyboard.type("spatial blocks")
    hits = page.locator("dialog.search a")
    expect(hits.first).to_be_visible()
    addresses = [hits.nth(n).get_attribute("href") or "" for n in range(hits.count())]
    assert any("02-project.html" in address for address in addresses), addresses
    hits.first.click()
    page.wait_for_url(f"**{PREFIX}chapters/**")
    expect(page.locator("h1").first).to_be_visible()


def test_search_says_when_there_is_nothing(visit: Opener) -> None:
    page = visit("index.html").page
    open_search(page)
    page.keyboard.type("qzxvwyk")
    expect(page.locator("dialog.search").get_by_role("status")).to_contain_text("o")
    expect(page.locator("dialog.search a")).to_have_count(0)


def test_search_by_keyboard_alone_and_escape_gives_the_focus_back(visit: Opener) -> None:
    page = visit("index.html").page
    page.locator(".search-open").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("dialog.search")).to_be_hidden()
    expect(page.locator(".search-open")).to_be_focused()
    page.keyboard.press("Control+k")
    expect(page.get_by_role("searchbox")).to_be_focused()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_search_panel_is_accessible(theme: str, visit: Opener) -> None:
    page = visit("index.html", color_scheme=theme).page
    open_search(page)
    page.keyboard.type("housing")
    expect(page.locator("dialog.search a").first).to_be_visible()
    found = axe(page)
    assert not found, "\n".join(map(str, found))


# Keyboard ---------------------------------------------------------------------------------------


def test_the_first_stop_skips_to_the_text(visit: Opener) -> None:
    page = visit(CHAPTER).page
    page.keyboard.press("Tab")
    assert "Skip to the text" in focused(page)
    expect(page.locator("a.skip")).to_be_in_viewport()
    page.keyboard.press("Enter")
    assert page.url.endswith("#content")
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")


def test_every_stop_on_the_way_can_be_seen(visit: Opener) -> None:
    page = visit("index.html").page
    stops = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        state = page.evaluate(
            """() => {
              const now = document.activeElement;
              const style = getComputedStyle(now), box = now.getBoundingClientRect();
              const outlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1;
              return {
                name: now.outerHTML.slice(0, 120),
                own: now !== document.body,
                ring: outlined || style.boxShadow !== "none",
                size: box.width * box.height,
              };
            }"""
        )
        if state["own"]:
            stops.add(state["name"])
            assert state["ring"] and state["size"] > 0, f"no visible focus: {state['name']}"
    assert len(stops) >= 15


def test_boxes_open_with_the_keyboard(visit: Opener) -> None:
    page = visit(SHORT).page
    box = page.locator("article details").first
    expect(box).not_to_have_attribute("open", "")
    box.locator("summary").first.focus()
    page.keyboard.press("Enter")
    expect(box).to_have_attribute("open", "")


def test_a_link_into_a_folded_box_opens_it(visit: Opener, built: Path) -> None:
    visitor = visit(SHORT)
    inside = visitor.page.evaluate(
        "document.querySelector('article details:not([open]) [id]:not(summary *)')?.id ?? null"
    )
    assert inside, "no place inside a folded box to link to"
    visitor.open(f"{SHORT}#{inside}")
    assert visitor.page.evaluate("id => document.getElementById(id).closest('details').open", inside)


# Phone ------------------------------------------------------------------------------------------


def test_on_a_phone_the_contents_open_and_close(visit: Opener) -> None:
    page = visit(CHAPTER, viewport=PHONE, has_touch=True).page
    expect(page.locator("#book-nav")).to_be_hidden()
    page.get_by_role("button", name="Contents", exact=True).click()
    expect(page.locator("#book-nav")).to_be_visible()
    found = axe(page)
    assert not found, "\n".join(map(str, found))
    page.keyboard.press("Escape")
    expect(page.locator("#book-nav")).to_be_hidden()


def test_on_a_phone_a_chapter_can_be_left_for_the_next(visit: Opener) -> None:
    page = visit("index.html", viewport=PHONE).page
    page.locator("a[rel=next]").first.click()
    page.wait_for_url(f"**{PREFIX}{PAGES[1]}")


# The rest ---------------------------------------------------------------------------------------


def test_a_reader_who_goes_from_cover_to_end_meets_every_page(visit: Opener) -> None:
    visitor = visit("index.html")
    seen = ["index.html"]
    while (following := visitor.page.locator("a[rel=next]").first).count():
        following.click()
        visitor.page.wait_for_load_state()
        seen.append(visitor.page.url.split(PREFIX, 1)[1])
        assert len(seen) <= len(PAGES)
    assert seen == PAGES


def test_a_wrong_address_gets_a_page_that_leads_back(visit: Opener) -> None:
    visitor = visit()
    visitor.open("chapters/none.html")
    page = visitor.page
    expect(page.locator("h1")).to_be_visible()
    assert [fault for fault in visitor.faults if "none.html" not in fault and "404" not in fault] == []
    visitor.faults.clear()
    found = axe(page)
    assert not found, "\n".join(map(str, found))
    page.locator(f"#book-nav a[href$='{PAGES[1]}']").first.click()
    page.wait_for_url(f"**{PREFIX}{PAGES[1]}")


def test_print_shows_the_text_and_not_the_furniture(visit: Opener) -> None:
    page = visit(CHAPTER).page
    page.emulate_media(media="print")
    expect(page.locator("h1").first).to_be_visible()
    for furniture in ("#book-nav", ".search-open", "a.skip"):
        expect(page.locator(furniture).first).to_be_hidden()


def test_a_figure_can_be_enlarged_and_put_back(visit: Opener) -> None:
    page = visit(SHORT).page
    button = page.get_by_role("button", name="Enlarge the figure").first
    button.focus()
    page.keyboard.press("Enter")
    expect(page.locator("dialog.lightbox img")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("dialog.lightbox")).to_be_hidden()
    expect(button).to_be_focused()


def test_a_reference_shows_what_it_leads_to(visit: Opener) -> None:
    page = visit(CHAPTER).page
    page.locator("article a.quarto-xref").first.hover()
    expect(page.locator("#preview")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#preview")).to_be_hidden()


def test_code_can_be_copied(visit: Opener) -> None:
    page = visit(CHAPTER, permissions=["clipboard-read", "clipboard-write"]).page
    block = page.locator("article div.sourceCode:visible").first
    block.hover()
    block.get_by_role("button", name="Copy the code").click()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.split() == block.locator("code").inner_text().split() != []


def test_the_pdf_and_the_notebook_are_offered(visit: Opener, built: Path) -> None:
    page = visit(SHORT).page
    for name in ("book.pdf", "first-run.ipynb"):
        link = page.locator(f"a[href$='{name}']").first
        address = link.evaluate("a => a.href").split(PREFIX, 1)[1]
        assert (built / address).stat().st_size > 1000
