"""Each explorable as readers use it: by mouse, touch, keyboard, on a phone, from an address, or not."""

from __future__ import annotations

import gzip
import json
import re
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path

import explorable_book
import pytest
from explorable_book import BROKEN
from playwright.sync_api import Locator, Page, expect
from visiting import ROOT, Opener, Watched

from mlbook.browser import axe, unfold
from mlbook.viz.palette import DARK, LIGHT

TURNING, BROKEN_PAGE = "chapters/01-turning.html", "chapters/02-broken.html"
NAMES = ("descent", "bias-variance", "ridge-lasso", "softmax")
WITH_POINTS = ("descent", "ridge-lasso", "softmax")
EXPLORE = ROOT / "_extensions" / "mlbook" / "explore"
# What pressing the first button does to the summary, once it has run.
PLAYED = {
    "descent": "After 120 steps",
    "bias-variance": "Degree 3",
    "ridge-lasso": "Penalty 4",
    "softmax": "converged after",
}


def wake(page: Page, name: str) -> Locator:
    """Bring an explorable into sight and wait until it stands; those above it may move it away meanwhile."""
    box = page.locator(f"#explorable-fig-{name}")
    for _ in range(100):
        page.locator(f"#fig-{name}").scroll_into_view_if_needed()
        if box.is_visible():
            break
        page.wait_for_timeout(100)
    expect(box.locator(".explore-summary")).not_to_be_empty()
    return box


def slider(box: Locator, label: str) -> Locator:
    return box.get_by_role("slider", name=re.compile(f"^{label}"))


def summary(box: Locator) -> str:
    return box.locator(".explore-summary").inner_text()


def changed(box: Locator, before: str) -> None:
    expect(box.locator(".explore-summary")).not_to_have_text(before)


def forgive(visitor: Watched, words: str) -> None:
    """Leave out faults that belong to what is tried."""
    visitor.faults[:] = [fault for fault in visitor.faults if words not in fault]


def middle(target: Locator) -> tuple[float, float]:
    target.scroll_into_view_if_needed()
    place = target.bounding_box()
    assert place
    return place["x"] + place["width"] / 2, place["y"] + place["height"] / 2


# Loading ----------------------------------------------------------------------------------------


def test_nothing_is_fetched_before_it_comes_near(turn: Opener) -> None:
    visitor = turn(TURNING, viewport={"width": 1000, "height": 300})
    visitor.page.wait_for_load_state("networkidle")
    assert any("explore/load.js" in url for url in visitor.requests)
    assert not any("softmax" in url and url.endswith(".js") for url in visitor.requests)
    box = wake(visitor.page, "softmax")
    expect(box).to_be_visible()
    assert any("softmax.js" in url for url in visitor.requests)
    expect(visitor.page.locator("#fig-softmax img.light-content")).to_be_hidden()


def test_pages_without_explorables_fetch_nothing(turn: Opener) -> None:
    visitor = turn("index.html")
    visitor.page.wait_for_load_state("networkidle")
    assert not any("explore" in url for url in visitor.requests)


@pytest.mark.parametrize("name", NAMES)
def test_an_explorable_keeps_within_its_size(name: str) -> None:
    shared = [EXPLORE / part for part in ("load.js", "core.js", "plot.js", "state.js", "explore.css")]
    own = [EXPLORE / f"{name}.js", EXPLORE / f"{name}-model.js"]
    data = json.dumps(explorable_book.explorables()[name].data, separators=(",", ":")).encode()
    parts = [path.read_bytes() for path in shared + own] + [data]
    assert sum(len(gzip.compress(part)) for part in parts) < 25_000


@pytest.mark.parametrize("name", NAMES)
def test_without_scripts_the_still_stays(name: str, turn: Opener) -> None:
    page = turn(TURNING, java_script_enabled=False).page
    expect(page.locator(f"#fig-{name} img.light-content")).to_be_visible()
    expect(page.locator(f"#explorable-fig-{name}")).to_be_hidden()


@pytest.mark.parametrize("way", sorted(set(BROKEN) - {"unheard-of"}))
def test_broken_data_leave_the_still_and_a_line(way: str, turn: Opener) -> None:
    visitor = turn(BROKEN_PAGE)
    page = visitor.page
    page.locator(f"#fig-{way}").scroll_into_view_if_needed()
    expect(page.locator(f"#fig-{way} .explore-excuse")).to_contain_text("data")
    expect(page.locator(f"#fig-{way} img.light-content")).to_be_visible()
    expect(page.locator(f"#explorable-fig-{way}")).to_be_hidden()
    forgive(visitor, "404")


def test_the_page_goes_on_beside_broken_ones(turn: Opener) -> None:
    visitor = turn(BROKEN_PAGE)
    page = visitor.page
    page.locator("#fig-unheard-of").scroll_into_view_if_needed()
    expect(page.locator("#fig-unheard-of .explore-excuse")).to_contain_text("did not arrive")
    box = wake(page, "whole")
    before = summary(box)
    slider(box, "Learning rate").press("ArrowRight")
    changed(box, before)
    forgive(visitor, "404")


def test_without_its_style_the_still_stays(turn: Opener) -> None:
    visitor = turn()
    visitor.page.route("**/explore.css", lambda route: route.abort())
    visitor.open(TURNING)
    expect(visitor.page.locator("#fig-descent .explore-excuse")).to_contain_text("style sheet")
    expect(visitor.page.locator("#fig-descent img.light-content")).to_be_visible()
    forgive(visitor, "ERR_FAILED")


def test_printed_pages_show_the_still(turn: Opener) -> None:
    page = turn(TURNING).page
    box = wake(page, "descent")
    page.emulate_media(media="print")
    expect(box).to_be_hidden()
    expect(page.locator("#fig-descent img.light-content")).to_be_visible()


def test_a_preview_shows_the_still_with_nothing_to_operate(turn: Opener) -> None:
    page = turn(TURNING).page
    wake(page, "descent")
    page.locator("article a[href='#fig-descent']").first.hover()
    expect(page.locator("#preview img.light-content")).to_be_visible()
    assert page.locator("#preview").locator("input, button, .explorable").count() == 0


# Mouse, touch, keyboard --------------------------------------------------------------------------


@pytest.mark.parametrize("name", WITH_POINTS)
def test_points_are_dragged_by_mouse(name: str, turn: Opener) -> None:
    page = turn(TURNING).page
    box = wake(page, name)
    handle = box.locator(".handle").first
    before, text = summary(box), handle.get_attribute("aria-valuetext")
    x, y = middle(handle)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 60, y - 50, steps=4)
    page.mouse.up()
    changed(box, before)
    assert handle.get_attribute("aria-valuetext") != text
    moved = middle(handle)
    assert moved == pytest.approx((x + 60, y - 50), abs=2)
    page.mouse.move(x, y)
    assert middle(handle) == pytest.approx(moved, abs=1)


@pytest.mark.parametrize("name", WITH_POINTS)
def test_points_are_dragged_by_finger_and_the_page_stays(name: str, turn: Opener) -> None:
    page = turn(TURNING, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True).page
    box = wake(page, name)
    handle = box.locator(".handle").first
    before = summary(box)
    x, y = middle(handle)
    scrolled = page.evaluate("scrollY")
    finger = page.context.new_cdp_session(page)
    for kind, far in (("touchStart", 0), ("touchMove", 15), ("touchMove", 40), ("touchEnd", None)):
        points = [] if far is None else [{"x": x + far, "y": y - far}]
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    changed(box, before)
    page.wait_for_timeout(200)
    assert middle(handle) == pytest.approx((x + 40, y - 40), abs=2)
    # A page that the finger scrolls moves by its 40 pixels; a summary that takes another line, by a few.
    assert page.evaluate("scrollY") == pytest.approx(scrolled, abs=5)


@pytest.mark.parametrize("name", NAMES)
def test_buttons_and_sliders_answer_a_finger(name: str, turn: Opener) -> None:
    page = turn(TURNING, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True).page
    box = wake(page, name)
    before = summary(box)
    first = box.locator("input[type=range]").first
    first.scroll_into_view_if_needed()
    place = first.bounding_box()
    assert place
    page.touchscreen.tap(place["x"] + 0.9 * place["width"], place["y"] + place["height"] / 2)
    changed(box, before)
    box.get_by_role("button", name="Reset").tap()
    expect(box.locator(".explore-summary")).to_have_text(before, timeout=10_000)


@pytest.mark.parametrize("name", NAMES)
def test_everything_can_be_done_by_keyboard_alone(name: str, turn: Opener) -> None:
    page = turn(TURNING).page
    box = wake(page, name)
    start = summary(box)
    page.locator(f"#about-{name} .anchor").focus()
    reached = []
    for _ in range(20):
        page.keyboard.press("Tab")
        inside = page.evaluate(
            "id => document.activeElement.closest('.explorable')?.id === id", f"explorable-fig-{name}"
        )
        if not inside and reached:
            break
        if not inside:
            continue
        active = page.evaluate("[document.activeElement.tagName, document.activeElement.textContent]")
        reached.append(active)
        if active[0] in ("g", "INPUT"):
            kind = page.evaluate("document.activeElement.type")
            before = summary(box)
            page.keyboard.press(
                "ArrowLeft" if kind == "range" and before.startswith("After 120") else "ArrowRight"
            )
            page.wait_for_timeout(60)
    tags = [tag for tag, _ in reached]
    points = {"descent": 1, "bias-variance": 0, "ridge-lasso": 2, "softmax": 1}[name]
    assert tags.count("g") == points
    assert tags.count("INPUT") == box.locator("input[type=range]").count() + (name == "softmax")
    assert tags.count("BUTTON") == box.get_by_role("button").count()
    assert summary(box) != start
    box.get_by_role("button", name="Reset").focus()
    page.keyboard.press("Enter")
    expect(box.locator(".explore-summary")).to_have_text(start, timeout=10_000)


def test_arrow_keys_move_a_point_and_shift_moves_it_further(turn: Opener) -> None:
    page = turn(TURNING).page
    box = wake(page, "descent")
    handle = box.get_by_role("slider", name="Start of the descent")
    handle.focus()
    values = [float(handle.get_attribute("aria-valuenow") or "nan")]
    for key in ("ArrowRight", "Shift+ArrowRight", "ArrowLeft"):
        page.keyboard.press(key)
        page.wait_for_timeout(60)
        values.append(float(handle.get_attribute("aria-valuenow") or "nan"))
    steps = [after - before for before, after in pairwise(values)]
    assert steps == pytest.approx([0.09, 0.44, -0.09], abs=0.011)
    for _ in range(12):
        page.keyboard.press("Shift+ArrowUp")
    expect(handle).to_have_attribute("aria-valuetext", re.compile(r"weight 2 2\.20"))


def test_points_of_the_classifier_are_chosen_by_keyboard(turn: Opener) -> None:
    page = turn(TURNING).page
    box = wake(page, "softmax")
    box.get_by_role("slider", name="Point 1,").focus()
    page.keyboard.press("PageDown")
    expect(box.get_by_role("slider", name="Point 2,")).to_be_focused()
    page.keyboard.press("PageUp")
    page.keyboard.press("PageUp")
    expect(box.get_by_role("slider", name="Point 24,")).to_be_focused()
    expect(slider(box, "Point chosen")).to_have_attribute("aria-valuetext", "24 of 24")
    box.get_by_role("radio", name="setosa").check()
    expect(box.get_by_role("slider", name="Point 24, setosa")).to_be_visible()
    expect(box.locator(".explore-summary")).to_contain_text("it is setosa")


# What they show ----------------------------------------------------------------------------------


def test_a_descent_can_be_seen_to_diverge(turn: Opener) -> None:
    page = turn(TURNING).page
    box = wake(page, "descent")
    rate = slider(box, "Learning rate")
    rate.press("End")
    expect(box.locator(".explore-summary")).to_contain_text("diverges")
    rate.press("Home")
    expect(box.locator(".explore-summary")).to_contain_text("still ahead")
    rate.fill("60")
    slider(box, "Momentum").press("End")
    expect(box.locator(".explore-summary")).to_contain_text("below 1.95")


def test_flexible_fits_have_variance_and_stiff_ones_bias(turn: Opener) -> None:
    page = turn(TURNING).page
    box = wake(page, "bias-variance")
    degree = slider(box, "Polynomial degree")
    degree.press("End")
    expect(box.locator(".explore-summary")).to_contain_text("too much variance")
    degree.press("Home")
    expect(box.locator(".explore-summary")).to_contain_text("too much bias")
    assert box.locator("path.fainter").count() == 40


def test_the_lasso_gives_exact_zeros_and_ridge_does_not(turn: Opener) -> None:
    page = turn(TURNING).page
    box = wake(page, "ridge-lasso")
    slider(box, "Penalty").press("End")
    expect(box.locator(".explore-summary")).to_contain_text("lasso exactly 0 and exactly 0")
    assert summary(box).count("exactly 0") == 2


def test_training_follows_a_moved_point(turn: Opener) -> None:
    page = turn(TURNING).page
    box = wake(page, "softmax")
    expect(box.locator(".explore-summary")).to_contain_text("converged after")
    handle = box.get_by_role("slider", name="Point 1,")
    handle.focus()
    for _ in range(6):
        page.keyboard.press("Shift+ArrowRight")
    expect(box.locator(".explore-summary")).to_contain_text("23 of 24")
    expect(box.locator(".explore-summary")).to_contain_text("converged after", timeout=15_000)


@pytest.mark.parametrize("name", NAMES)
def test_changes_are_read_aloud_once_they_have_settled(name: str, turn: Opener) -> None:
    page = turn(TURNING).page
    box = wake(page, name)
    said = box.get_by_role("status")
    page.wait_for_timeout(900)
    expect(said).to_be_empty()
    before = summary(box)
    box.locator("input[type=range]").first.press("ArrowRight")
    changed(box, before)
    expect(said).not_to_be_empty(timeout=10_000)
    assert said.inner_text() == summary(box)


@pytest.mark.parametrize("name", NAMES)
def test_with_reduced_motion_playing_goes_to_its_end(name: str, turn: Opener) -> None:
    page = turn(TURNING, reduced_motion="reduce").page
    box = wake(page, name)
    button = box.get_by_role("button").first
    label = button.inner_text()
    button.click()
    expect(box.locator(".explore-summary")).to_contain_text(PLAYED[name])
    assert button.inner_text() == label


@pytest.mark.parametrize("name", NAMES)
def test_playing_can_be_paused(name: str, turn: Opener) -> None:
    page = turn(TURNING).page
    box = wake(page, name)
    button = box.get_by_role("button").first
    label = button.inner_text()
    button.click()
    expect(button).to_have_text("Pause")
    button.click()
    expect(button).to_have_text(label)
    page.wait_for_timeout(100)
    before = summary(box)
    page.wait_for_timeout(400)
    assert summary(box) == before


# Addresses ---------------------------------------------------------------------------------------


STATES = {
    "descent": ("rate=1.2,momentum=0.5,start=2_-1", {"Learning rate": "1.2", "Momentum": "0.50"}),
    "bias-variance": ("degree=9,noise=0.7", {"Polynomial degree": "9", "Noise": "0.70"}),
    "ridge-lasso": ("penalty=0.5,optimum=-0.8_0.3", {"Penalty": "0.5"}),
    "softmax": ("penalty=0.1,chosen=7,moved=2_5.00_1.00_1", {"Penalty": "0.1", "Point chosen": "7 of 24"}),
}


@pytest.mark.parametrize("name", NAMES)
def test_an_address_brings_its_state_back(name: str, turn: Opener) -> None:
    text, values = STATES[name]
    page = turn(f"{TURNING}#fig-{name}:{text}", viewport={"width": 1200, "height": 700}).page
    box = page.locator(f"#explorable-fig-{name}")
    expect(box).to_be_in_viewport()
    for label, value in values.items():
        expect(slider(box, label)).to_have_attribute("aria-valuetext", value)
    if name == "softmax":
        expect(box.get_by_role("slider", name="Point 3, versicolor")).to_have_attribute(
            "aria-valuetext", re.compile(r"5\.00.*1\.00")
        )


def test_changes_are_written_to_the_address_and_reset_clears_it(turn: Opener) -> None:
    page = turn(f"{TURNING}#sec-turning").page
    descent, balls = wake(page, "descent"), wake(page, "ridge-lasso")
    page.wait_for_timeout(500)
    assert page.url.endswith("#sec-turning")
    slider(descent, "Ratio of the curvatures").press("End")
    slider(balls, "Feature correlation").press("Home")
    page.wait_for_url(re.compile(r"#fig-descent:condition=100;fig-ridge-lasso:correlation=-0\.9$"))
    entries = page.evaluate("history.length")
    descent.get_by_role("button", name="Reset").click()
    page.wait_for_url(re.compile(r"#fig-ridge-lasso:correlation=-0\.9$"))
    assert page.evaluate("history.length") == entries
    page.evaluate("location.hash = 'fig-ridge-lasso:correlation=0.5'")
    expect(slider(balls, "Feature correlation")).to_have_attribute("aria-valuetext", "0.50")
    balls.get_by_role("button", name="Reset").click()
    page.wait_for_url(re.compile(r"turning\.html$"))


@pytest.mark.parametrize(
    "text",
    [
        "rate=NaN,condition=1e999,start=1",
        "rate=,momentum=%3Cb%3E,start=9_9",
        "nonsense",
        "=,=;;:::",
        "moved=99_1_1_1~1",
    ],
)
def test_nonsense_in_an_address_is_passed_over(text: str, turn: Opener) -> None:
    page = turn(f"{TURNING}#fig-descent:{text};fig-softmax:{text}").page
    expect(slider(wake(page, "descent"), "Learning rate")).to_have_attribute("aria-valuetext", "0.1")
    expect(wake(page, "softmax").locator(".explore-summary")).to_contain_text("24 of 24")


# Looks -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("page_name", [TURNING, BROKEN_PAGE])
def test_axe_finds_nothing(page_name: str, theme: str, turn: Opener) -> None:
    visitor = turn(page_name, color_scheme=theme)
    page = visitor.page
    unfold(page)
    assert page.locator(".explore-summary").count() == (len(NAMES) if page_name == TURNING else 1)
    found = axe(page)
    assert not found, "\n".join(map(str, found))
    forgive(visitor, "404")


@pytest.mark.parametrize("width", [320, 390])
def test_on_a_phone_nothing_is_cut_or_too_small(width: int, turn: Opener) -> None:
    page = turn(TURNING, viewport={"width": width, "height": 700}, has_touch=True).page
    for name in NAMES:
        wake(page, name)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    small = page.evaluate(
        """() => [...document.querySelectorAll(".explorable :is(button, input, .reach):not([type=radio])")]
          .map((one) => [one.outerHTML.slice(0, 80), one.getBoundingClientRect()])
          .filter(([, box]) => box.width < 24 || box.height < 24 || box.left < 0 || box.right > innerWidth)
          .map(([text]) => text)"""
    )
    assert small == []
    cut = page.evaluate(
        """() => [...document.querySelectorAll(".explore-plot svg text")].filter((text) => {
          const [own, box] = [text, text.closest(".explorable")].map((one) => one.getBoundingClientRect());
          return own.left < box.left || own.right > box.right;
        }).map((text) => text.textContent)"""
    )
    assert cut == []


def test_an_explorable_fits_again_when_the_window_changes(turn: Opener) -> None:
    page = turn(TURNING, viewport={"width": 1280, "height": 800}).page
    box = wake(page, "descent")
    wide = box.locator("svg").first.bounding_box()
    page.set_viewport_size({"width": 340, "height": 800})
    page.wait_for_timeout(300)
    narrow = box.locator("svg").first.bounding_box()
    assert wide and narrow and narrow["width"] < 300 and narrow["width"] != wide["width"]
    assert page.evaluate("document.documentElement.scrollWidth") <= 340


def test_series_colors_are_those_of_the_books_figures() -> None:
    css = (EXPLORE / "explore.css").read_text()
    light, dark = asdict(LIGHT), asdict(DARK)
    for name in ("blue", "orange", "green", "paper"):
        assert f"--{name}: light-dark({light[name]}, {dark[name]});" in css


def test_modules_name_no_other_host() -> None:
    parts = [path for path in EXPLORE.iterdir() if isinstance(path, Path)]
    assert len(parts) >= 12
    found = [address for path in parts for address in re.findall(r"https?://[^\s\"']+", path.read_text())]
    assert set(found) == {"http://www.w3.org/2000/svg"}
