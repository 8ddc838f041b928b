"""The natural size of a picture, read from its first bytes, so that pages can reserve its place."""

from __future__ import annotations

import re
import struct
from functools import lru_cache
from pathlib import Path

_PIXELS = {"": 1.0, "px": 1.0, "pt": 4 / 3, "in": 96.0, "cm": 96 / 2.54, "mm": 96 / 25.4}
_LENGTH = re.compile(r"^\s*([\d.]+)\s*(px|pt|in|cm|mm|)\s*$")
_SVG_TAG = re.compile(r"<svg\b[^>]*>", re.DOTALL)


def size(path: Path) -> tuple[int, int] | None:
    """Return width and height in CSS pixels, or None where the format or the file does not tell."""
    return _size(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=4096)
def _size(path: Path, _changed: int) -> tuple[int, int] | None:
    with path.open("rb") as stream:
        head = stream.read(65536)
    if head.startswith(b"\x89PNG\r\n\x1a\n") and len(head) >= 24:
        width, height = struct.unpack(">II", head[16:24])
        return int(width), int(height)
    if head.startswith(b"\xff\xd8"):
        return _jpeg(head)
    return _svg(head.decode("utf-8", errors="ignore"))


def _jpeg(head: bytes) -> tuple[int, int] | None:
    """Walk a JPEG's segments to the frame header."""
    place = 2
    while place + 9 <= len(head) and head[place] == 0xFF:
        marker, length = head[place + 1], struct.unpack(">H", head[place + 2 : place + 4])[0]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", head[place + 5 : place + 9])
            return int(width), int(height)
        place += 2 + int(length)
    return None


def _svg(head: str) -> tuple[int, int] | None:
    """Take an SVG's size from width and height, else from its view box."""
    tag = _SVG_TAG.search(head)
    if not tag:
        return None
    attributes = dict(re.findall(r'\b(width|height|viewBox)="([^"]*)"', tag[0]))
    lengths = [_LENGTH.match(attributes.get(name, "")) for name in ("width", "height")]
    if lengths[0] and lengths[1]:
        width, height = (float(found[1]) * _PIXELS[found[2]] for found in lengths if found)
        return round(width), round(height)
    box = [float(number) for number in re.findall(r"-?[\d.]+(?:e-?\d+)?", attributes.get("viewBox", ""))]
    return (round(box[2]), round(box[3])) if len(box) == 4 else None
