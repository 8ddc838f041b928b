"""What a cell shows besides figures and tables: Markdown, and widgets with a still for print.

A widget is handed to the executor with its still, and both formats are made of it. Elsewhere it shows itself:
in Jupyter as a widget, under Quarto's own execution as the still, since Quarto would load the scripts of a
Plotly figure from other hosts.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from mlbook.viz.palette import LIGHT, light_to_dark
from mlbook.viz.render import drawing

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDGET = "application/vnd.mlbook.widget+json"
"""MIME type of a widget for the executor: `kind`, `still`, and `spec`, `html`, or `name` and `data`."""


class Markdown:
    """Markdown that a cell shows as part of the text."""

    def __init__(self, text: str) -> None:
        self.text = text

    def _repr_markdown_(self) -> str:
        return self.text

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return self.text


class Widget:
    """Something interactive with its still."""

    def __init__(self, shown: Any, still: Figure) -> None:
        self.shown = shown
        self.still = still

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        if os.environ.get("MLBOOK_EXECUTE") == "1":
            return {WIDGET: {**_content(self.shown), "still": drawing(self.still)}}
        if "QUARTO_EXECUTE_INFO" in os.environ:
            return {"image/svg+xml": drawing(self.still)["light"]}
        if _is_plotly(self.shown):
            return dict(self.shown._repr_mimebundle_())
        return {"text/html": self.shown._repr_html_()}

    def __repr__(self) -> str:
        return f"{type(self.shown).__name__} with a still"


def markdown(text: str) -> Markdown:
    """Show `text` as Markdown: part of the page, not an output block."""
    return Markdown(text)


def show(shown: Any, *, still: Figure) -> Widget:
    """Show a widget on the site, and its still in print and where scripts do not run.

    Parameters
    ----------
    shown : plotly.graph_objects.Figure, or any object with `_repr_html_`
        What the site shows.
    still : matplotlib.figure.Figure
        What print shows: the same data, the most telling view.

    Raises
    ------
    TypeError
        If `shown` can neither be a Plotly figure nor give HTML, or `still` is no Matplotlib figure.
    """
    import matplotlib.pyplot as plt
    from matplotlib.figure import Figure as MatplotlibFigure

    if not isinstance(still, MatplotlibFigure):
        raise TypeError(f"still is a Matplotlib figure, not {type(still).__name__}")
    if not (_is_plotly(shown) or hasattr(shown, "_repr_html_")):
        raise TypeError(f"{type(shown).__name__} is no Plotly figure and has no _repr_html_")
    plt.close(still)
    return Widget(shown, still)


def _is_plotly(shown: Any) -> bool:
    """Whether this is a Plotly figure."""
    return type(shown).__module__.startswith("plotly.")


def _content(shown: Any) -> dict[str, Any]:
    """Give what the page needs: Plotly's data in the book's style, or HTML."""
    if not _is_plotly(shown):
        return {"kind": "html", "html": str(shown._repr_html_())}
    spec = json.loads(shown.to_json())
    spec["layout"]["template"] = {"layout": _layout()}
    text = json.dumps(spec).lower()
    spec["dark"] = {light: dark for light, dark in light_to_dark().items() if light in text}
    return {"kind": "plotly", "spec": spec}


def _layout() -> dict[str, Any]:
    """Return the book's style as a Plotly layout; the site's script turns its colors for dark pages."""
    axis = {
        "gridcolor": LIGHT.grid,
        "linecolor": LIGHT.muted,
        "zerolinecolor": LIGHT.grid,
        "automargin": True,
    }
    return {
        "colorway": list(LIGHT.series),
        "font": {"color": LIGHT.ink, "size": 13},
        "hoverlabel": {"align": "left"},
        "margin": {"l": 56, "r": 16, "t": 32, "b": 48},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "xaxis": axis,
        "yaxis": axis,
    }
