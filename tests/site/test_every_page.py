"""What holds for every page of the built book: links, reading without scripts, widths, accessibility."""

from __future__ import annotations

from collections import Counter
from functools import cache
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import pytest
from playwright.sync_api import Page
from visiting import PAGES, PREFIX, Opener

from mlbook.browser import axe, unfold

THEMES = ("light", "dark")


class Contents(HTMLParser):
    """Ids, links and other addresses of one page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.sources: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if values.get("id"):
            self.ids.append(str(values["id"]))
        if tag == "a" and values.get("href") is not None:
            self.links.append(str(values["href"]))
        if tag in ("img", "script", "iframe", "source", "video", "audio") and values.get("src"):
            self.sources.append(str(values["src"]))
        if tag == "link" and values.get("rel") in ("icon", "stylesheet", "preload", "modulepreload"):
            self.sources.append(str(values["href"]))


@cache
def contents(path: Path) -> Contents:
    return Contents(path.read_text(encoding="utf-8"))


def missing(built: Path, page: str, address: str) -> str | None:
    """Say what is wrong with an address on a page, if it should lead to this site."""
    if urlsplit(address).scheme or address.startswith("//"):
        return None
    target = urlsplit(urljoin(PREFIX + page, address))
    if not target.path.startswith(PREFIX):
        return f"{address} leaves the prefix"
    file = built / unquote(target.path.removeprefix(PREFIX))
    if target.path.endswith("/"):
        file = file / "index.html"
    if not file.is_file():
        return f"{address}: no such file"
    if target.fragment and file.suffix == ".html" and unquote(target.fragment) not in contents(file).ids:
        return f"{address}: no such place"
    return None


def test_the_site_has_every_page_of_the_book(built: Path) -> None:
    assert len(PAGES) >= 10
    assert [page for page in PAGES if not (built / page).is_file()] == []


@pytest.mark.parametrize("page", PAGES)
def test_every_link_and_anchor_leads_somewhere(page: str, built: Path) -> None:
    found = contents(built / page)
    assert len(found.links) > len(PAGES)
    assert [fault for link in found.links + found.sources if (fault := missing(built, page, link))] == []


@pytest.mark.parametrize("page", PAGES)
def test_ids_are_unique(page: str, built: Path) -> None:
    ids = contents(built / page).ids
    assert sorted({name for name in ids if ids.count(name) > 1}) == []


@pytest.mark.parametrize("page", PAGES)
def test_nothing_is_loaded_from_elsewhere(page: str, built: Path) -> None:
    sources = contents(built / page).sources
    assert [source for source in sources if urlsplit(source).scheme not in ("", "data")] == []


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("theme", THEMES)
def test_axe_finds_nothing_with_everything_open(page: str, theme: str, visit: Opener) -> None:
    opened = visit(page, color_scheme=theme).page
    unfold(opened)
    found = axe(opened)
    assert not found, "\n".join(map(str, found))


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize(
    ("width", "scale"), [(390, 1), (320, 1), (640, 2)], ids=["phone", "320px", "zoom200"]
)
def test_no_page_scrolls_sideways(page: str, width: int, scale: int, visit: Opener) -> None:
    """Zoom to 200 % of a window 1280 px wide leaves 640 px at twice the density."""
    opened = visit(page, viewport={"width": width, "height": 800}, device_scale_factor=scale).page
    unfold(opened)
    measured = opened.evaluate(
        """() => {
          const wide = document.documentElement.clientWidth;
          const scrolls = (box) => {
            for (let up = box.parentElement; up; up = up.parentElement)
              if (["auto", "scroll", "hidden", "clip"].includes(getComputedStyle(up).overflowX)) return true;
            return false;
          };
          const out = [...document.body.querySelectorAll("*")].filter((box) => {
            const place = box.getBoundingClientRect();
            return place.width > 1 && place.right > wide + 1 && !scrolls(box);
          });
          return {
            needed: document.documentElement.scrollWidth, wide,
            out: out.slice(0, 5).map((box) => box.outerHTML.slice(0, 120)),
          };
        }"""
    )
    assert measured["needed"] <= measured["wide"], measured["out"]


def words(opened: Page, where: str) -> Counter[str]:
    """Count the words that are shown in some elements."""
    return Counter(" ".join(opened.locator(where).all_inner_texts()).split())


@pytest.mark.parametrize("page", PAGES)
def test_the_text_is_complete_without_scripts(page: str, visit: Opener) -> None:
    texts, idle = [], Counter()
    for scripts in (True, False):
        opened = visit(page, java_script_enabled=scripts).page
        texts.append(words(opened, "article"))
        # Of no use without scripts: "Copy", "Enlarge"; quizzes and explorables, whose texts then are others.
        idle += words(opened, "article button, .quiz, .explorable")
    assert texts[1]
    assert texts[0] - idle <= texts[1]
    assert opened.locator("h1").first.is_visible()
    assert opened.locator("nav a").count() > len(PAGES)
    panels = opened.locator("[role=tabpanel]").all()
    assert [panel.get_attribute("id") for panel in panels if not panel.is_visible()] == []


@pytest.mark.parametrize("page", PAGES)
def test_every_picture_has_an_alternative_and_arrives(page: str, visit: Opener) -> None:
    opened = visit(page).page
    unfold(opened)
    broken = opened.evaluate(
        """async () => {
          const images = [...document.images].filter((image) => image.getClientRects().length);
          for (const image of images) image.loading = "eager";
          await Promise.all(images.map((image) => image.decode().catch(() => null)));
          const bad = images.filter((image) => !image.naturalWidth || !image.hasAttribute("alt"));
          return bad.map((image) => image.src);
        }"""
    )
    assert broken == []


@pytest.mark.parametrize("page", PAGES)
def test_each_page_has_its_title_description_and_one_heading(page: str, visit: Opener) -> None:
    opened = visit(page).page
    assert opened.locator("h1").count() == 1
    assert opened.title().strip() and opened.locator("html").get_attribute("lang") == "en"
    description = opened.locator("meta[name=description]").get_attribute("content")
    assert description and len(description) > 20
    headings = opened.locator("main").locator("h1, h2, h3, h4, h5, h6")
    levels = [int(name[1]) for name in headings.evaluate_all("all => all.map(one => one.tagName)")]
    assert levels[0] == 1 and all(after - before <= 1 for before, after in pairwise(levels))
