"""The book's colors, once for light pages and print, once for dark pages.

A figure is drawn with the light colors; its dark version is the same drawing with each of them replaced by
the dark color of the same name. The series colors stay apart for readers with any of the common color vision
deficiencies and have a contrast of at least 3:1 on the page (`tests/test_viz.py` computes both).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Palette:
    """Named colors as "#rrggbb".

    Attributes
    ----------
    paper, ink, muted, grid, fill : str
        Page background; text and axes; secondary text; grid lines; quiet areas.
    blue, orange, green, pink, gold, violet : str
        Series colors, in the order in which they are used.
    """

    paper: str
    ink: str
    muted: str
    grid: str
    fill: str
    blue: str
    orange: str
    green: str
    pink: str
    gold: str
    violet: str

    @property
    def series(self) -> tuple[str, ...]:
        """The six series colors in order."""
        return (self.blue, self.orange, self.green, self.pink, self.gold, self.violet)


LIGHT = Palette(
    paper="#ffffff",
    ink="#23272f",
    muted="#5d6470",
    grid="#dfe2e7",
    fill="#eef0f3",
    blue="#0b3a95",
    orange="#e85f12",
    green="#2ba38b",
    pink="#791843",
    gold="#6d5901",
    violet="#aa73e5",
)

DARK = Palette(
    paper="#15181d",
    ink="#e4e7ec",
    muted="#a3abb8",
    grid="#343a44",
    fill="#22272f",
    blue="#4781f8",
    orange="#b5713d",
    green="#adfae2",
    pink="#e59dac",
    gold="#fae14a",
    violet="#ada3fe",
)


def light_to_dark() -> dict[str, str]:
    """Return the dark color for every light one, black and white included."""
    pairs = {light: asdict(DARK)[name] for name, light in asdict(LIGHT).items()}
    return {"#000000": DARK.ink, **pairs}
