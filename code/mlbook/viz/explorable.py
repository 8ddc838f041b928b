"""An explorable in a cell: a picture whose knobs can be turned, with a still of the same data.

The executor makes of it what a page needs: the still, and behind it the data for the browser's side of the
explorable in `_extensions/mlbook/explore/`. Elsewhere (print, a notebook, no scripts) the still is shown.
"""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING, Any

from mlbook.viz.render import drawing
from mlbook.viz.show import WIDGET

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Explorable:
    """What `explorable` returns; the executor and Jupyter ask it for its forms."""

    def __init__(self, name: str, data: dict[str, Any], still: Figure) -> None:
        self.name = name
        self.data = data
        self.still = still

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        still = drawing(self.still)
        if os.environ.get("MLBOOK_EXECUTE") == "1":
            content = {"kind": "explorable", "name": self.name, "data": self.data, "still": still}
            return {WIDGET: content}
        return {"image/svg+xml": still["light"]}

    def __repr__(self) -> str:
        return f"explorable {self.name!r} with a still"


def explorable(name: str, *, data: dict[str, Any], still: Figure) -> Explorable:
    """Show an explorable on the site, and its still in print and where scripts do not run.

    Parameters
    ----------
    name : str
        A module of `_extensions/mlbook/explore/`: "descent", "bias-variance", "ridge-lasso", "softmax".
    data : dict
        What it gets, as JSON can hold it; with `title` (its name for those who hear it) and `question` (what
        it is a tool to answer). `mlbook.explore` makes it.
    still : matplotlib.figure.Figure
        The same data as a figure.

    Raises
    ------
    ValueError
        If the name is no explorable's, or the data lack a title or question or hold what JSON cannot.
    TypeError
        If `still` is no Matplotlib figure.
    """
    import matplotlib.pyplot as plt
    from matplotlib.figure import Figure as MatplotlibFigure

    if not isinstance(still, MatplotlibFigure):
        raise TypeError(f"still is a Matplotlib figure, not {type(still).__name__}")
    if not re.fullmatch(r"[a-z]+(-[a-z]+)*", name):
        raise ValueError(f"an explorable's name is lower-case words joined by hyphens; got {name!r}")
    for key in ("title", "question"):
        if not isinstance(data.get(key), str) or not data[key].strip():
            raise ValueError(f"the data of explorable {name!r} lack a {key}")
    try:
        json.dumps(data, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ValueError(f"the data of explorable {name!r} cannot be written as JSON: {error}") from error
    plt.close(still)
    return Explorable(name, data, still)
