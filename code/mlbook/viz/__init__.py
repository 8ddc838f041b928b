"""How the book's figures, tables and listings look: one style for every chapter.

>>> from mlbook import viz
>>> viz.style()
"""

from mlbook.viz.explorable import explorable
from mlbook.viz.listing import listing
from mlbook.viz.palette import DARK, LIGHT, Palette
from mlbook.viz.show import markdown, show
from mlbook.viz.style import colormap, colors, direct_label, figure, style
from mlbook.viz.tables import table

__all__ = [
    "DARK",
    "LIGHT",
    "Palette",
    "colormap",
    "colors",
    "direct_label",
    "explorable",
    "figure",
    "listing",
    "markdown",
    "show",
    "style",
    "table",
]
