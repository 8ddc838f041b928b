"""A Matplotlib figure as two SVG texts, light and dark, from one drawing.

The same figure gives the same bytes: fixed ids, no date, no metadata. Coordinates are rounded to a hundredth
of a point, which halves the file and moves nothing that an eye could see. Pictures inside (artists drawn with
`rasterized=True`) are written with a small palette where they are dots and lines on nothing: a
quarter of the bytes.
"""

from __future__ import annotations

import base64
import io
import re
from typing import TYPE_CHECKING, Any

from mlbook.viz.palette import DARK, light_to_dark

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FIGURE = "application/vnd.mlbook.figure+json"
"""MIME type under which a figure reaches the executor: a dictionary as `drawing` returns it."""

_METADATA = re.compile(
    r"\s*<metadata>.*?</metadata>|\s*<!--.*?-->|<!DOCTYPE.*?>\s*|<\?xml.*?\?>\s*", re.DOTALL
)
_INDENT = re.compile(r"\n\s+(?=<)")
_PATH = re.compile(r'(?<= d=")[^"]*(?=")')
_NUMBER = re.compile(r"-?\d+\.\d{3,}")
_PLACED = re.compile(r'(?<=[ "](?:x|y)=")-?\d+\.\d{3,}(?=")|(?<=translate\()[^)]*(?=\))')
_PICTURE = re.compile(r"(?<=data:image/png;base64,)[^\"]*")
_ID = re.compile(r' id="([^"]*)"')
_REFERENCE = re.compile(r'[("]#([^)"]+)')
_COLOR = re.compile(r'(?<=[ ":])#[0-9a-fA-F]{6}(?![0-9a-zA-Z_-])')


def drawing(figure: Figure) -> dict[str, str | int]:
    """Draw a figure.

    Returns
    -------
    dict
        `light` and `dark` (SVG texts), `width` and `height` (CSS pixels).
    """
    import matplotlib

    buffer = io.StringIO()
    fixed: Any = {"svg.hashsalt": "mlbook", "svg.fonttype": "path"}
    with matplotlib.rc_context(fixed):
        figure.savefig(
            buffer, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None}
        )
    light = _compact(buffer.getvalue())
    width, height = figure.get_size_inches()
    return {"light": light, "dark": darken(light), "width": round(96 * width), "height": round(96 * height)}


def darken(svg: str) -> str:
    """Replace the light palette's colors in an SVG text by the dark ones; black text becomes the dark ink."""
    dark = light_to_dark()
    text = _COLOR.sub(lambda match: dark.get(match[0].lower(), match[0]), svg)
    return text.replace("<svg ", f'<svg fill="{DARK.ink}" ', 1)


def _compact(svg: str) -> str:
    """Leave out what is not drawn, and round coordinates."""
    text = _METADATA.sub("", svg)
    text = _PICTURE.sub(lambda picture: _fewer_colors(picture[0]), text)
    text = _INDENT.sub("\n", text)
    text = _PATH.sub(lambda path: _shorter(_NUMBER.sub(_rounded, path[0])), text)
    text = _PLACED.sub(lambda place: _NUMBER.sub(_rounded, place[0]), text)
    used = set(_REFERENCE.findall(text))
    return _ID.sub(lambda found: found[0] if found[1] in used else "", text)


def _fewer_colors(picture: str) -> str:
    """Write a picture (PNG as Base64) with few colors: dots and lines on nothing, not a photograph.

    As few of 64, 128 and 256 as change its drawn pixels by at most 2.5 % on average; otherwise it stays.
    """
    import numpy as np
    from PIL import Image

    whole = Image.open(io.BytesIO(base64.b64decode(picture))).convert("RGBA")
    before = np.asarray(whole.convert("RGBa"), dtype=float)
    drawn = before[..., 3] > 0
    if drawn.all() or not drawn.any():
        return picture
    for colors in (64, 128, 256):
        reduced = whole.quantize(colors, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
        after = np.asarray(reduced.convert("RGBA").convert("RGBa"), dtype=float)
        if np.abs(before - after)[drawn].mean() <= 0.025 * 255:
            buffer = io.BytesIO()
            reduced.save(buffer, "PNG", optimize=True)
            return min(base64.b64encode(buffer.getvalue()).decode(), picture, key=len)
    return picture


def _shorter(path: str) -> str:
    """Leave out a path's letter where it repeats the one before, as SVG allows for lines and curves."""
    words, last = [], ""
    for word in path.split():
        if word.isalpha():
            if word == last and word in "LQC":
                continue
            last = word
        words.append(word)
    return " ".join(words)


def _rounded(number: re.Match[str]) -> str:
    """Write a number with at most two decimals."""
    text = f"{float(number[0]):.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
