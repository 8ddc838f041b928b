"""The roadmap as a drawing: HTML links over an SVG for the site, a Matplotlib figure for print.

Both are drawn from one geometry, in units of which the map is 720 wide; `y` grows downwards.

- Every box is a link: to its page where there is one, else to its line of the list.
- A link is HTML's and lies exactly where its box is drawn: scripts that go through a page's links, Quarto's
  among them, fail on SVG's, whose `href` is no string.
- The lines that lead into a box are drawn in the box's link, so that pointing at a box, or reaching it by
  keyboard, lights up what it builds on without a script.
- What is planned has a dashed, hatched box and says so in words; no meaning hangs on color alone.
- Colors are the page's own (`currentColor`, and the accent of the style sheet where there is one), so the map
  follows the theme.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from html import escape
from pathlib import PurePosixPath
from typing import Any

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, PathPatch
from matplotlib.path import Path

from mlbook.book.roadmap import Entry, Roadmap
from mlbook.viz.palette import LIGHT

PITCH_X, PITCH_Y = 120.0, 82.0
WIDTH, HEIGHT = 110.0, 54.0
MARGIN = 5.0
TITLE_CHARACTERS = 16
ROUND = {"chapter": 3.0, "appendix": 12.0, "tutorial": 26.0}
LEGEND = (
    ("chapter", True, "written: a plain box"),
    ("chapter", False, "planned: dashed, hatched"),
    ("appendix", False, "appendix: round corners"),
    ("tutorial", False, "tutorial: round ends"),
)
Point = tuple[float, float]

STYLE = """
.roadmap-map { position: relative; margin: 0; }
.roadmap-map svg { display: block; width: 100%; height: auto; overflow: visible; }
.roadmap-map text { fill: currentColor; font: 11.6px var(--sans, system-ui, sans-serif); }
.roadmap-map .name, .roadmap-map .band { font-weight: 700; }
.roadmap-map .state { font-size: 10.8px; text-anchor: end; }
.roadmap-map .box { fill: none; stroke: currentColor; stroke-width: 1.2; }
.roadmap-map .hatch { fill: url(#roadmap-hatch); stroke: none; }
.roadmap-map .planned .box { stroke-dasharray: 4 3; }
.roadmap-map .written .box { stroke: var(--accent, currentColor); stroke-width: 2.4; }
.roadmap-map .edge { fill: none; stroke: currentColor; stroke-width: 1.2; opacity: .45; }
.roadmap-map .edge { pointer-events: none; }
.roadmap-map .rule { stroke: currentColor; stroke-width: 1; stroke-dasharray: 1 4; opacity: .6; }
.roadmap-map a { position: absolute; color: inherit; text-decoration: none; }
.roadmap-map a:focus { outline: none; }
.roadmap-map a:is(:hover, :focus-visible) :is(.edge, .box) { stroke: var(--accent, currentColor); }
.roadmap-map a:is(:hover, :focus-visible) .edge { stroke-width: 2.6; opacity: 1; }
.roadmap-map a:is(:hover, :focus-visible) .box { stroke-width: 3.4; stroke-dasharray: none; }
@media (max-width: 40rem) { .roadmap-map { display: none; } }
"""


@dataclass(frozen=True)
class Box:
    """A rectangle with its corner radius: upper left corner `x`, `y`, in map units."""

    x: float
    y: float
    radius: float
    width: float = WIDTH
    height: float = HEIGHT

    @property
    def middle(self) -> float:
        """The x of its middle, where lines end."""
        return self.x + self.width / 2


def box_of(entry: Entry) -> Box:
    """Where an entry's box lies."""
    return Box(MARGIN + entry.column * PITCH_X, MARGIN + entry.row * PITCH_Y, ROUND[entry.kind])


def lines_of(entry: Entry) -> list[str]:
    """The title as it is broken inside the box."""
    return textwrap.wrap(entry.title, TITLE_CHARACTERS, break_long_words=False)


def size(roadmap: Roadmap) -> Point:
    """Width and height of the map."""
    columns = 1 + max(entry.column for entry in roadmap.entries)
    rows = 1 + max(entry.row for entry in roadmap.entries)
    gap_x, gap_y = PITCH_X - WIDTH, PITCH_Y - HEIGHT
    return columns * PITCH_X - gap_x + 2 * MARGIN, rows * PITCH_Y - gap_y + 2 * MARGIN


def route(roadmap: Roadmap, start: Entry, end: Entry) -> list[Point]:
    """The line from a need to its user: a straight piece, then a bend of three points, or the bend first.

    The bend lies in the gap between two rows. If boxes stand under `start`, the line first crosses to the
    column of `end` and goes down there.

    Raises
    ------
    ValueError
        If both columns have a box in the way: then an entry must move.
    """
    above, below = box_of(start), box_of(end)
    taken = {(entry.column, entry.row) for entry in roadmap.entries}
    between = range(start.row + 1, end.row)
    leave, arrive = (above.middle, above.y + HEIGHT), (below.middle, below.y)
    gap = PITCH_Y - HEIGHT
    if not any((start.column, row) in taken for row in between):
        turn = (leave[0], arrive[1] - gap)
        return [leave, turn, *_bend(turn, arrive)]
    if not any((end.column, row) in taken for row in between):
        turn = (arrive[0], leave[1] + gap)
        return [leave, *_bend(leave, turn), arrive]
    raise ValueError(f"no free way on the map from {start.id!r} to {end.id!r}: move one of them")


def _bend(start: Point, end: Point) -> list[Point]:
    """Two control points and the end of a curve that leaves and arrives upright."""
    half = (start[1] + end[1]) / 2
    return [(start[0], half), (end[0], half), end]


def straight_first(points: list[Point]) -> bool:
    """Tell whether the straight piece of a route comes before its bend."""
    return points[0][0] == points[1][0] and points[-1] != points[-2] and points[1][0] == points[2][0]


def to_html(roadmap: Roadmap) -> str:
    """The map in a `nav` element with its own style: the legend as an SVG, and above it the links."""
    width, height = size(roadmap)
    parts = [
        '<nav class="roadmap-map" aria-label="Map of the chapters">',
        f"<style>{STYLE}</style>",
        f'<svg viewBox="0 0 {width:g} {height:g}" xmlns="http://www.w3.org/2000/svg">',
        '<defs><pattern id="roadmap-hatch" width="7" height="7" patternUnits="userSpaceOnUse" '
        'patternTransform="rotate(45)"><path d="M0 0V7" stroke="currentColor" stroke-width="1.2" '
        'opacity=".16"/></pattern></defs>',
        _svg_bands(roadmap),
        "</svg>",
        *(_link(roadmap, entry) for entry in roadmap.entries),
        "</nav>",
    ]
    return "\n".join(parts)


def _link(roadmap: Roadmap, entry: Entry) -> str:
    """One box with its text and the lines that lead into it: a link with an SVG that reaches beyond it."""
    address = str(PurePosixPath(entry.page).with_suffix(".html")) if entry.listed else f"#{entry.anchor}"
    edges = [_svg_edge(route(roadmap, roadmap.entry(name), entry)) for name in entry.needs]
    needs = ", ".join(roadmap.entry(name).short for name in entry.needs)
    label = f"{entry.full}, {entry.state}" + (f", builds on {needs}" if needs else "")
    box = box_of(entry)
    width, height = size(roadmap)
    shares = {
        "left": box.x / width,
        "top": box.y / height,
        "width": box.width / width,
        "height": box.height / height,
    }
    place = ";".join(f"{side}:{share:.3%}" for side, share in shares.items())
    lines = [
        f'<a href="{address}" class="{entry.state}" style="{place}" aria-label="{escape(label)}">',
        f'<svg viewBox="{box.x:g} {box.y:g} {box.width:g} {box.height:g}" '
        'xmlns="http://www.w3.org/2000/svg" aria-hidden="true">',
        *edges,
        _svg_box(box, entry.written),
        _svg_text(entry),
        "</svg></a>",
    ]
    return "\n".join(lines)


def _svg_box(box: Box, written: bool) -> str:
    """A rectangle, and its hatching if it stands for something planned."""
    shape = f'x="{box.x:g}" y="{box.y:g}" width="{box.width:g}" height="{box.height:g}" rx="{box.radius:g}"'
    return f'<rect class="box" {shape}/>' + ("" if written else f'<rect class="hatch" {shape}/>')


def _svg_text(entry: Entry) -> str:
    """What a box says: number and state, then the title."""
    pieces = [
        f'<text class="{style}" x="{x:g}" y="{y:g}">{escape(text)}</text>'
        for style, x, y, text in texts(entry)
    ]
    return "".join(pieces)


def texts(entry: Entry) -> list[tuple[str, float, float, str]]:
    """The texts of a box: kind of text ("name", "state" or "title"), x, y of the base line, text."""
    box = box_of(entry)
    inset = 14 if entry.kind == "tutorial" else 8
    head = {"chapter": entry.id, "appendix": f"App. {entry.id}", "tutorial": "Tut."}[entry.kind]
    found = [
        ("name", box.x + inset, box.y + 16, head),
        ("state", box.x + box.width - inset, box.y + 16, entry.state),
    ]
    for number, line in enumerate(lines_of(entry)):
        found.append(("title", box.x + inset, box.y + 31 + 14 * number, line))
    return found


def _svg_edge(points: list[Point]) -> str:
    """A route as a path that ends in an arrowhead."""
    flat = [f"{x:g} {y:g}" for x, y in points]
    if straight_first(points):
        way = f"M{flat[0]}L{flat[1]}C{flat[2]} {flat[3]} {flat[4]}"
    else:
        way = f"M{flat[0]}C{flat[1]} {flat[2]} {flat[3]}L{flat[4]}"
    x, y = points[-1]
    return f'<path class="edge" d="{way}M{x - 4:g} {y - 6:g}L{x:g} {y - 1:g}L{x + 4:g} {y - 6:g}"/>'


def bands(roadmap: Roadmap) -> tuple[float, list[tuple[float, float, str]]]:
    """The height at which Part II begins, and the two parts' names beside that line: x, y, text."""
    second = min(entry.row for entry in roadmap.entries if entry.part.startswith("Part II."))
    border = MARGIN + second * PITCH_Y - (PITCH_Y - HEIGHT) / 2
    return border, [(MARGIN, border - 10, "Part I"), (MARGIN, border + 20, "Part II")]


def legend(roadmap: Roadmap) -> list[tuple[Box, bool, str]]:
    """What the boxes mean: a small box, whether it is written, and the words beside it."""
    border, _ = bands(roadmap)
    rows = []
    for number, (kind, written, words) in enumerate(LEGEND):
        small = Box(MARGIN, border + 44 + 30 * number, ROUND[kind] * 0.42, 36, 22)
        rows.append((small, written, words))
    return rows


def _svg_bands(roadmap: Roadmap) -> str:
    """The border between the parts, their names, and the legend."""
    border, names = bands(roadmap)
    drawn = [f'<path class="rule" d="M0 {border:g}H{size(roadmap)[0]:g}"/>']
    drawn += [f'<text class="band" x="{x:g}" y="{y:g}">{text}</text>' for x, y, text in names]
    for box, written, words in legend(roadmap):
        state = "written" if written else "planned"
        drawn.append(f'<g class="{state}">{_svg_box(box, written)}</g>')
        drawn.append(f'<text x="{box.x + 46:g}" y="{box.y + 15:g}">{words}</text>')
    return "\n".join(drawn)


def to_figure(roadmap: Roadmap) -> Figure:
    """The map for print, as a Matplotlib figure 6.3 inches wide."""
    width, height = size(roadmap)
    figure = Figure(figsize=(6.3, 6.3 * height / width))
    figure.set_layout_engine("none")
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, width), ylim=(height, 0))
    axes.axis("off")
    border, names = bands(roadmap)
    axes.plot([0, width], [border, border], color=LIGHT.ink, linewidth=0.8, linestyle=":", zorder=0)
    for x, y, text in names:
        axes.text(x, y, text, fontsize=8, fontweight="bold", color=LIGHT.ink)
    for box, written, words in legend(roadmap):
        _draw_box(axes, box, written)
        axes.text(box.x + 46, box.y + 15, words, fontsize=7.1, color=LIGHT.ink)
    for entry in roadmap.entries:
        for name in entry.needs:
            _draw_edge(axes, route(roadmap, roadmap.entry(name), entry))
        _draw_box(axes, box_of(entry), entry.written)
        _draw_text(axes, entry)
    return figure


def _draw_box(axes: Axes, box: Box, written: bool) -> None:
    """Draw a rectangle; dashed and hatched if it stands for something planned."""
    style = f"round,pad=0,rounding_size={box.radius}"
    place = ((box.x, box.y), box.width, box.height)
    if not written:
        with rc_context({"hatch.color": LIGHT.grid, "hatch.linewidth": 0.6}):
            hatched: dict[str, Any] = {
                "facecolor": LIGHT.paper,
                "edgecolor": LIGHT.grid,
                "hatch": "///",
                "linewidth": 0,
            }
            axes.add_patch(FancyBboxPatch(*place, boxstyle=style, **hatched))
    look: dict[str, Any] = {"facecolor": LIGHT.paper, "edgecolor": LIGHT.blue, "linewidth": 1.8}
    if not written:
        look = {"facecolor": "none", "edgecolor": LIGHT.ink, "linewidth": 0.8, "linestyle": (0, (4, 3))}
    axes.add_patch(FancyBboxPatch(*place, boxstyle=style, **look))


def _draw_text(axes: Axes, entry: Entry) -> None:
    """Draw what a box says."""
    for style, x, y, text in texts(entry):
        weight = "bold" if style == "name" else "normal"
        side = "right" if style == "state" else "left"
        small = 6.5 if style == "state" else 7.1
        axes.text(x, y, text, fontsize=small, fontweight=weight, ha=side, color=LIGHT.ink)


def _draw_edge(axes: Axes, points: list[Point]) -> None:
    """Draw a route with an arrowhead."""
    line, curve, move = Path.LINETO, Path.CURVE4, Path.MOVETO
    codes = [move, line, curve, curve, curve] if straight_first(points) else [move, curve, curve, curve, line]
    x, y = points[-1]
    head = [(x - 4, y - 6), (x, y - 1), (x + 4, y - 6)]
    way = Path([*points, *head], [*codes, move, line, line])
    axes.add_patch(
        PathPatch(way, facecolor="none", edgecolor=LIGHT.ink, alpha=0.5, linewidth=0.8, zorder=0.5)
    )
