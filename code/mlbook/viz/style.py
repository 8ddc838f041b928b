"""The style of the book's figures: sizes, type, lines and colors, the same on the page and in print."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlbook.viz.palette import LIGHT

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure

WIDTH = 7.0
"""Width of a figure in inches: 672 CSS pixels, nearly the site's text column; print scales it to its own."""


def settings() -> Any:
    """Return the style as a dictionary of Matplotlib settings."""
    from cycler import cycler

    return {
        "axes.axisbelow": True,
        "axes.edgecolor": LIGHT.muted,
        "axes.facecolor": "none",
        "axes.grid": True,
        "axes.labelcolor": LIGHT.ink,
        "axes.labelsize": 10.5,
        "axes.prop_cycle": cycler(color=LIGHT.series),
        "axes.spines.right": False,
        "axes.spines.top": False,
        "axes.titlecolor": LIGHT.ink,
        "axes.titlelocation": "left",
        "axes.titlesize": 11,
        "axes.titleweight": "bold",
        "axes.unicode_minus": True,
        "boxplot.flierprops.markeredgecolor": LIGHT.muted,
        "figure.constrained_layout.use": True,
        "figure.facecolor": "none",
        "figure.figsize": (WIDTH, 4.0),
        "figure.titlesize": 12,
        "font.family": "sans-serif",
        "font.sans-serif": ["DejaVu Sans"],
        "font.size": 10.5,
        "grid.color": LIGHT.grid,
        "grid.linewidth": 0.8,
        "hatch.color": LIGHT.ink,
        "image.cmap": "mlbook",
        "legend.edgecolor": "none",
        "legend.facecolor": LIGHT.paper,
        "legend.framealpha": 0.85,
        "legend.fontsize": 10,
        "lines.linewidth": 1.8,
        "lines.markersize": 5,
        "patch.edgecolor": LIGHT.paper,
        "savefig.dpi": 160,
        "savefig.facecolor": "auto",
        "scatter.edgecolors": "face",
        "svg.fonttype": "path",
        "svg.hashsalt": "mlbook",
        "text.color": LIGHT.ink,
        "xtick.color": LIGHT.muted,
        "xtick.labelcolor": LIGHT.ink,
        "xtick.labelsize": 9.5,
        "ytick.color": LIGHT.muted,
        "ytick.labelcolor": LIGHT.ink,
        "ytick.labelsize": 9.5,
    }


def style() -> None:
    """Give all figures drawn from now on the look of the book's figures."""
    import matplotlib

    colormap()
    colormap("diverging")
    matplotlib.rcParams.update(settings())


def figure(
    *, width: float = 1.0, height: float = 4.0, rows: int = 1, columns: int = 1, **options: Any
) -> tuple[Figure, Any]:
    """Make a figure as wide as the page, or a part of it, with its axes.

    Parameters
    ----------
    width : float, default 1.0
        Share of the text column.
    height : float, default 4.0
        Height in inches.
    rows, columns : int, default 1
        Grid of axes.
    **options
        Passed to `matplotlib.pyplot.subplots` (`sharex`, `width_ratios`, …).

    Returns
    -------
    figure, axes
        As `matplotlib.pyplot.subplots` returns them.
    """
    import matplotlib.pyplot as plt

    if not 0 < width <= 1:
        raise ValueError(f"width is the share of the text column, in (0, 1]; got {width}")
    return plt.subplots(rows, columns, figsize=(WIDTH * width, height), **options)


_STOPS = {
    "continuous": ("#3b4fb8", "#2b83b5", "#1f9e8c", "#76ac3a", "#d3a81f", "#ef8a3a"),
    "diverging": ("#2f6fc4", "#7f9cc9", "#a3a3a3", "#cf8f6e", "#d9570a"),
}


def colormap(kind: str = "continuous") -> Colormap:
    """Return a color map that stands out on light and on dark pages alike.

    Parameters
    ----------
    kind : {"continuous", "diverging"}, default "continuous"
        From low to high, or from one side over a neutral middle to the other.

    Raises
    ------
    ValueError
        For another kind.
    """
    import matplotlib
    from matplotlib.colors import LinearSegmentedColormap

    if kind not in _STOPS:
        raise ValueError(f"kind is one of {', '.join(_STOPS)}; got {kind!r}")
    name = "mlbook" if kind == "continuous" else f"mlbook-{kind}"
    if name not in matplotlib.colormaps:
        made = LinearSegmentedColormap.from_list(name, _STOPS[kind])
        matplotlib.colormaps.register(made)
        matplotlib.colormaps.register(made.reversed(), name=f"{name}_r")
    return matplotlib.colormaps[name]


def colors(n: int) -> tuple[str, ...]:
    """Return the first `n` series colors, for `n` classes.

    Raises
    ------
    ValueError
        If `n` is more than the six that stay distinguishable.
    """
    if not 1 <= n <= len(LIGHT.series):
        raise ValueError(f"there are 1 to {len(LIGHT.series)} distinguishable series colors; got n = {n}")
    return LIGHT.series[:n]


def direct_label(axes: Axes, x: float, y: float, text: str, *, color: str, **options: Any) -> None:
    """Write `text` beside the end of a line in the line's color, in place of a legend.

    Parameters
    ----------
    axes : matplotlib.axes.Axes
    x, y : float
        The line's end, in data coordinates.
    text : str
    color : str
        The line's color.
    **options
        Passed to `Axes.annotate`.
    """
    axes.annotate(
        text, (x, y), xytext=(5, 0), textcoords="offset points", color=color, va="center", **options
    )
