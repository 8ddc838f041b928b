"""The book's figures, tables and listings: colors everyone can tell apart, the same bytes every time."""

from __future__ import annotations

import base64
import inspect
import io
import itertools
import json
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import plotly.graph_objects as go
import plotly.io
import pytest
from matplotlib.figure import Figure
from PIL import Image

from mlbook import viz
from mlbook.viz import render
from mlbook.viz.palette import Palette, light_to_dark
from mlbook.viz.render import FIGURE, darken, drawing
from mlbook.viz.show import WIDGET

VISION = {
    "all cones": np.eye(3),
    "no long-wave cones": [[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]],
    "no middle-wave cones": [[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]],
    "no short-wave cones": [[1.256, -0.077, -0.179], [-0.078, 0.931, 0.148], [0.005, 0.691, 0.304]],
}
"""What an eye lacking one kind of cone sees of linear RGB (Machado, Oliveira, Fernandes 2009, severity 1)."""


@pytest.fixture(autouse=True)
def clean() -> Iterator[None]:
    """Leave Matplotlib as it was."""
    with matplotlib.rc_context():
        matplotlib.use("agg")
        yield
    plt.close("all")


def linear(color: str) -> np.ndarray:
    """Return a color in linear RGB."""
    values = np.array([int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)])
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colors as WCAG 2 defines it."""
    low, high = sorted(float(np.dot([0.2126, 0.7152, 0.0722], linear(color))) for color in (one, other))
    return (high + 0.05) / (low + 0.05)


def oklab(rgb: np.ndarray) -> np.ndarray:
    """Return linear RGB in Oklab, where distances are near those that are seen (Ottosson 2020)."""
    cones = np.array([[0.41222, 0.53633, 0.05145], [0.21190, 0.68070, 0.10740], [0.08830, 0.28172, 0.62998]])
    mixed = [[0.21045, 0.79362, -0.00407], [1.97800, -2.42859, 0.45059], [0.02590, 0.78277, -0.80868]]
    return np.array(mixed) @ np.cbrt(cones @ np.clip(rgb, 0, 1))


@pytest.mark.parametrize("palette", [viz.LIGHT, viz.DARK], ids=["light", "dark"])
def test_contrast_on_the_page(palette: Palette) -> None:
    for color in palette.series:
        assert contrast(color, palette.paper) >= 3
    assert contrast(palette.ink, palette.paper) >= 7
    assert contrast(palette.muted, palette.paper) >= 4.5


@pytest.mark.parametrize("vision", VISION)
@pytest.mark.parametrize("palette", [viz.LIGHT, viz.DARK], ids=["light", "dark"])
def test_series_colors_stay_apart(palette: Palette, vision: str) -> None:
    seen = [oklab(np.array(VISION[vision]) @ linear(color)) for color in palette.series]
    for (i, one), (j, other) in itertools.combinations(enumerate(seen), 2):
        # 0.02 is just noticeable side by side (Ottosson); thin lines and small dots need several times that.
        assert np.linalg.norm(one - other) > 0.1, (palette.series[i], palette.series[j])


@pytest.mark.parametrize("kind", ["continuous", "diverging"])
def test_color_maps_show_on_both_pages(kind: str) -> None:
    steps = [matplotlib.colors.to_hex(color) for color in viz.colormap(kind)(np.linspace(0, 1, 32))]
    for palette in (viz.LIGHT, viz.DARK):
        assert min(contrast(color, palette.paper) for color in steps) > 2
    assert len(set(steps)) == 32
    with pytest.raises(ValueError, match="'rainbow'"):
        viz.colormap("rainbow")


def test_the_map_from_light_to_dark_is_one_to_one() -> None:
    pairs = light_to_dark()
    assert pairs["#000000"] == viz.DARK.ink
    assert pairs[viz.LIGHT.paper] == viz.DARK.paper
    assert len(set(pairs.values())) == len(pairs) - 1  # black and ink share theirs


def sample() -> Figure:
    """Draw a figure with lines, text, bars, black text, and a dense rasterized cloud."""
    viz.style()
    figure, (left, right) = viz.figure(columns=2, height=3)
    left.plot([0, 1, 2], [0, 1 / 3, 2 / 7], label="line")
    left.text(0.5, 0.1, "black", color="black")
    left.legend()
    points = np.random.default_rng(0).normal(size=(200, 2))
    right.scatter(*points.T, c=points[:, 0], rasterized=True)
    right.set_title("cloud")
    return figure


def test_a_drawing_is_the_same_every_time_and_without_date() -> None:
    first, second = drawing(sample()), drawing(sample())
    assert first == second
    svg = str(first["light"])
    assert (first["width"], first["height"]) == (672, 288)
    ElementTree.fromstring(svg)
    assert "<text" not in svg and "metadata" not in svg and not re.search(r"20\d\d-\d\d", svg)
    assert 'stroke="none"' not in svg.split(">")[0]
    assert svg.startswith("<svg ")
    assert not re.search(r' d="[^"]*\.\d{3}', svg)


def test_the_dark_drawing_has_no_light_color_left() -> None:
    figure = drawing(sample())
    light, dark = str(figure["light"]), str(figure["dark"])
    for name in ("ink", "muted", "grid", "blue"):
        assert f": {getattr(viz.LIGHT, name)}" in light
        assert getattr(viz.LIGHT, name) not in dark
        assert getattr(viz.DARK, name) in dark
    assert dark.startswith(f'<svg fill="{viz.DARK.ink}"')
    assert re.sub(r"#[0-9a-f]{6}", "", light) == re.sub(r"#[0-9a-f]{6}", "", dark).replace(' fill=""', "", 1)


def test_darken_leaves_references_to_ids_alone() -> None:
    svg = (
        f'<svg ><use xlink:href="#0b3a95f"/><path style="fill: {viz.LIGHT.blue}; clip: url(#0b3a95)"/></svg>'
    )
    assert darken(svg).count(viz.DARK.blue) == 1
    assert "url(#0b3a95)" in darken(svg)


def test_rounding_moves_nothing_visible() -> None:
    viz.style()
    figure, axes = viz.figure(height=2)
    axes.plot([0, 1], [0, 1], color=viz.LIGHT.blue)
    paths = re.findall(r' d="(M [^"]*L [^"]*)"', str(drawing(figure)["light"]))
    assert any(re.fullmatch(r"M -?[\d.]+ -?[\d.]+ L -?[\d.]+ -?[\d.]+", path) for path in paths)


def test_what_is_drawn_twice_keeps_its_id_and_nothing_else_has_one() -> None:
    drawn = str(drawing(sample())["light"])
    used = set(re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', drawn))
    assert {name for pair in used for name in pair if name} == set(re.findall(r' id="([^"]+)"', drawn))


def test_a_repeated_letter_of_a_path_is_left_out() -> None:
    assert render._shorter("M 0 0 L 1 1 L 2 2 Q 1 1 2 2 Q 3 3 4 4 z M 5 5 L 6 6") == (
        "M 0 0 L 1 1 2 2 Q 1 1 2 2 3 3 4 4 z M 5 5 L 6 6"
    )


@pytest.mark.parametrize(("transparent", "shrinks"), [(True, True), (False, False)])
def test_pictures_of_dots_take_fewer_bytes_and_photographs_stay(transparent: bool, shrinks: bool) -> None:
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, size=(60, 60, 4), dtype=np.uint8)
    pixels[..., 3] = 255
    if transparent:
        pixels[..., :3] = np.array(viz.colormap()(rng.random((60, 60)))[..., :3] * 255, dtype=np.uint8)
        pixels[rng.random((60, 60)) < 0.5] = 0
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    before = base64.b64encode(buffer.getvalue()).decode()
    after = render._fewer_colors(before)
    assert (len(after) < len(before) / 2) == shrinks
    shown = Image.open(io.BytesIO(base64.b64decode(after))).convert("RGBA").convert("RGBa")
    moved = np.abs(np.asarray(shown, dtype=float) - np.asarray(Image.fromarray(pixels).convert("RGBa")))
    assert moved.mean() < 0.025 * 255


def test_figure_takes_a_share_of_the_column() -> None:
    figure, axes = viz.figure(width=0.5, height=2, rows=2, columns=3, sharex=True)
    assert tuple(figure.get_size_inches()) == (3.5, 2.0)
    assert axes.shape == (2, 3)
    with pytest.raises(ValueError, match=r"got 1\.5"):
        viz.figure(width=1.5)


def test_colors_and_direct_labels() -> None:
    assert viz.colors(2) == viz.LIGHT.series[:2]
    with pytest.raises(ValueError, match="n = 7"):
        viz.colors(7)
    _, axes = viz.figure()
    viz.direct_label(axes, 1, 2, "name", color=viz.LIGHT.blue)
    assert [text.get_text() for text in axes.texts] == ["name"]


def rows(frame: object, **options: object) -> list[list[str]]:
    """Return a table's cells without its rule."""
    lines = viz.table(frame, **options).markdown.splitlines()  # type: ignore[arg-type]
    cut = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]
    return cut[:1] + cut[2:]


FRAME = pd.DataFrame({"n": [1, 20640], "x": [0.12345, -12.5], "name": ["a|b", "*c*_d"]})


def test_a_table_rounds_aligns_and_escapes() -> None:
    assert rows(FRAME) == [["n", "x", "name"], ["1", "0.1", "a\\|b"], ["20,640", "−12.5", "\\*c\\*\\_d"]]
    assert rows(FRAME, digits={"x": 3})[1][1] == "0.123"
    assert rows(FRAME, digits=2)[2] == ["20,640", "−12.50", "\\*c\\*\\_d"]
    rule = viz.table(FRAME).markdown.splitlines()[1].split("|")[1:-1]
    assert [part.endswith(":") for part in rule] == [True, True, False]
    assert len({len(line) for line in viz.table(FRAME).markdown.splitlines()}) == 1


def test_row_labels_are_shown_when_they_say_something() -> None:
    named = FRAME.set_index("name")
    assert rows(named)[0] == ["name", "n", "x"]
    assert rows(named, index=False)[0] == ["n", "x"]
    assert rows(FRAME, index=True)[1][:2] == ["0", "1"]
    assert rows(pd.Series([1.5], index=["a"], name="size")) == [["", "size"], ["a", "1.50"]]
    assert rows(pd.Series([1.5])) == [["value"], ["1.50"]]
    grouped = FRAME.assign(k=["u", "v"]).set_index(["k", "name"])
    assert rows(grouped)[0] == ["k", "name", "n", "x"]


def test_all_kinds_of_values() -> None:
    frame = pd.DataFrame(
        {
            "f": [np.nan, np.inf, 1e-9, 3e15],
            "b": [True, False, True, True],
            "o": [None, "x", pd.NaT, pd.Timestamp("2026-01-02")],
            "i": [-5, 123_456, 0, 9999],
        }
    )
    assert rows(frame, digits=2)[1:] == [
        ["–", "yes", "–", "−5"],
        ["∞", "no", "x", "123,456"],
        ["1.0e−09", "yes", "–", "0"],
        ["3.0e+15", "yes", "2026-01-02 00:00:00", "9999"],
    ]
    assert rows(pd.DataFrame({"z": [0.0, 0.0]}))[1] == ["0.0"]
    assert rows(pd.DataFrame({"e": pd.Series([], dtype=float)})) == [["e"]]


def test_a_long_table_shows_both_ends() -> None:
    long = pd.DataFrame({"n": range(100)})
    shown = [row[0] for row in rows(long, rows=4)[1:]]
    assert shown == ["0", "1", "⋮", "98", "99"]
    assert len(rows(long)) == 22


def test_a_styler_keeps_its_formats_and_what_it_hides() -> None:
    styler = FRAME.style.format({"x": "{:.1%}"}).hide(axis="index").hide(["n"], axis="columns")
    assert rows(styler) == [["x", "name"], ["12.3%", "a\\|b"], ["−1250.0%", "\\*c\\*\\_d"]]
    dated = pd.DataFrame({"day": ["2026-01-02"], "n": [-1]}).style.hide(axis="index")
    assert rows(dated)[1] == ["2026-01-02", "−1"]
    with pytest.raises(TypeError, match="list"):
        viz.table([1, 2])


def test_a_table_shows_itself_as_markdown() -> None:
    table = viz.table(FRAME)
    assert table._repr_markdown_() == table.markdown
    assert repr(table) == repr(FRAME)


def test_a_listing_is_the_source_with_its_place() -> None:
    text = viz.listing(viz.figure)._repr_markdown_()
    head = re.match(
        r'::: \{\.listing of="mlbook\.viz\.style\.figure" file="(\S+)" lines="(\d+)-(\d+)"\}\n', text
    )
    assert head
    file = Path(__file__).parent.parent / head[1]
    wanted = file.read_text().splitlines()[int(head[2]) - 1 : int(head[3])]
    assert "\n".join(wanted) in text
    assert wanted == inspect.getsource(viz.figure).rstrip().splitlines()
    method = viz.listing(Palette.series.fget)._repr_markdown_()  # type: ignore[attr-defined]
    assert "``` python\n@property\ndef series" in method


@pytest.mark.parametrize(("thing", "message"), [(json.dumps, "json"), (3, "int"), (np.array, "not")])
def test_only_the_books_own_source_is_listed(thing: object, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        viz.listing(thing)


def chart() -> go.Figure:
    """Make a small Plotly figure."""
    return go.Figure(go.Scatter(x=[1, 2], y=np.array([1.5, 2.5]), line={"color": viz.LIGHT.orange}))


def test_a_widget_gives_the_executor_both_forms(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLBOOK_EXECUTE", "1")
    bundles = [viz.show(chart(), still=sample())._repr_mimebundle_() for _ in range(2)]
    assert json.dumps(bundles[0]) == json.dumps(bundles[1])
    widget = bundles[0][WIDGET]
    assert widget["still"] == drawing(sample())
    assert widget["kind"] == "plotly"
    assert widget["spec"]["data"][0]["type"] == "scatter"
    assert widget["spec"]["dark"][viz.LIGHT.orange] == viz.DARK.orange
    assert len(json.dumps(widget["spec"])) < 2500


class Map:
    """Something with HTML of its own."""

    def _repr_html_(self) -> str:
        return "<svg/>"


def test_a_widget_elsewhere_shows_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLBOOK_EXECUTE", raising=False)
    monkeypatch.delenv("QUARTO_EXECUTE_INFO", raising=False)
    monkeypatch.setattr(plotly.io.renderers, "default", "plotly_mimetype")
    widget, html = viz.show(chart(), still=sample()), viz.show(Map(), still=sample())
    assert any("plotly" in kind for kind in widget._repr_mimebundle_())
    assert html._repr_mimebundle_() == {"text/html": "<svg/>"}
    # Quarto would load a Plotly figure's scripts from other hosts.
    monkeypatch.setenv("QUARTO_EXECUTE_INFO", "info.json")
    for shown in (widget, html):
        assert shown._repr_mimebundle_() == {"image/svg+xml": drawing(sample())["light"]}


VALLEY = {"title": "A valley", "question": "How deep?", "points": [1, 2]}


def test_an_explorable_gives_the_executor_its_data_and_others_its_still(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shown = viz.explorable("two-words", data=VALLEY, still=sample())
    assert plt.get_fignums() == []
    monkeypatch.delenv("MLBOOK_EXECUTE", raising=False)
    assert shown._repr_mimebundle_() == {"image/svg+xml": drawing(sample())["light"]}
    monkeypatch.setenv("MLBOOK_EXECUTE", "1")
    content = {"kind": "explorable", "name": "two-words", "data": VALLEY, "still": drawing(sample())}
    shown = viz.explorable("two-words", data=VALLEY, still=sample())
    assert shown._repr_mimebundle_() == {WIDGET: content}


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("../x", VALLEY, r"got '\.\./x'"),
        ("two_words", VALLEY, "joined by hyphens"),
        ("x", {**VALLEY, "title": " "}, "lack a title"),
        ("x", {"title": "t"}, "lack a question"),
        ("x", {**VALLEY, "points": [float("nan")]}, "JSON"),
        ("x", {**VALLEY, "points": np.ones(2)}, "ndarray"),
    ],
)
def test_an_explorable_refuses_what_the_browser_could_not_use(
    name: str, data: dict[str, object], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        viz.explorable(name, data=data, still=sample())


def test_show_closes_its_still_and_refuses_other_things(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLBOOK_EXECUTE", "1")
    still = sample()
    shown = viz.show(Map(), still=still)
    assert plt.get_fignums() == []
    assert shown._repr_mimebundle_()[WIDGET]["html"] == "<svg/>"
    assert FIGURE != WIDGET
    with pytest.raises(TypeError, match="int"):
        viz.show(3, still=still)
    with pytest.raises(TypeError, match="still"):
        viz.show(Map(), still=None)  # type: ignore[arg-type]
