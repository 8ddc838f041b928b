"""Explorable `bias-variance`: one polynomial fitted to many training sets at once.

Every training set has the same truth, places of its own and noise of its own. At each place of a grid the
fits' mean misses the truth by the bias, and they scatter around it with the variance; averaged over the grid,
bias² + variance + noise² is the expected squared error on a new point (Geman, Bienenstock, Doursat 1992).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from mlbook import viz
from mlbook.explore import plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TOP = 12
COUNTS = (15, 20, 25, 30, 40, 50)
GOLDEN = (np.sqrt(5) - 1) / 2


class Parts(NamedTuple):
    """Fits (sets × places), and means over the places: squared bias and variance."""

    fits: np.ndarray
    bias: float
    variance: float


def data(
    *,
    degree: int = 3,
    noise: float = 0.4,
    count: int = 25,
    n_sets: int = 40,
    random_state: int = 0,
) -> dict[str, Any]:
    """Make the explorable's data.

    Parameters
    ----------
    degree, noise, count : int, float, int
        What the sliders show at first: degree (0 to 12), standard deviation of the noise (0 to 1), points in
        each training set (one of `COUNTS`).
    n_sets : int, default 40
        Training sets.
    random_state : int, default 0

    Returns
    -------
    dict
        `waves` (size, frequency and phase of the sines whose sum is the truth), `offsets` and `errors` of the
        training sets (see `sample`), and `grid`, the places where fits are compared.

    Raises
    ------
    ValueError
        If the degree is not in [0, 12], or `count` not one of `COUNTS`.
    """
    if not 0 <= degree <= TOP:
        raise ValueError(f"the degree is in [0, {TOP}]; got {degree}")
    if count not in COUNTS:
        raise ValueError(f"count is one of {', '.join(map(str, COUNTS))}; got {count}")
    rng = np.random.default_rng(random_state)
    return {
        "title": "Bias and variance",
        "question": "Where does the error of a flexible model come from, and where that of a stiff one?",
        "waves": [[1.0, 3.0, 0.4], [0.45, 7.0, 1.0]],
        "offsets": plain(rng.random(n_sets)),
        "errors": plain(rng.normal(size=(n_sets, COUNTS[-1])), 3),
        "grid": plain(np.linspace(-0.95, 0.95, 77), 4),
        "counts": list(COUNTS),
        "top": TOP,
        "settings": {"degree": degree, "noise": noise, "count": count},
    }


def truth(data: dict[str, Any], x: np.ndarray) -> np.ndarray:
    """Return what there is to learn, at places `x`."""
    return sum(
        (size * np.sin(frequency * x + phase) for size, frequency, phase in data["waves"]), np.zeros_like(x)
    )


def sample(data: dict[str, Any], index: int, count: int, noise: float) -> tuple[np.ndarray, np.ndarray]:
    """Return places and targets of a training set; its places go on by the golden ratio from its offset."""
    x = 2 * ((data["offsets"][index] + np.arange(count) * GOLDEN) % 1) - 1
    return x, truth(data, x) + noise * np.array(data["errors"][index][:count])


def decompose(data: dict[str, Any], *, degree: int, noise: float, count: int) -> Parts:
    """Fit a polynomial to every training set, and measure bias² and variance of the fits on the grid.

    The mean of n fits scatters itself, so bias² comes out too large by about the variance over n.
    """
    grid = np.array(data["grid"])
    samples = (sample(data, index, count, noise) for index in range(len(data["offsets"])))
    fits = np.array([np.polynomial.Legendre.fit(x, y, degree, domain=[-1, 1])(grid) for x, y in samples])
    bias = np.mean((fits.mean(axis=0) - truth(data, grid)) ** 2)
    return Parts(fits, float(bias), float(np.mean(fits.var(axis=0))))


def still(data: dict[str, Any]) -> Figure:
    """Draw a stiff, a middling and a flexible polynomial, and the parts of the error for all degrees."""
    noise, count = data["settings"]["noise"], data["settings"]["count"]
    parts = [decompose(data, degree=degree, noise=noise, count=count) for degree in range(data["top"] + 1)]
    best = int(np.argmin([part.bias + part.variance for part in parts]))
    figure, panels = viz.figure(rows=2, columns=2, height=5.4)
    for axes, degree in zip(panels.flat, (1, best, data["top"]), strict=False):
        _fits(axes, data, parts[degree])
        axes.set_title(f"Degree {degree}")
    panels.flat[0].legend(loc="upper left", fontsize=8.5)
    _parts(panels.flat[3], parts, noise)
    return figure


def _fits(axes: Axes, data: dict[str, Any], parts: Parts) -> None:
    """Draw all fits of one degree, their mean, and the truth."""
    x = np.array(data["grid"])
    axes.plot(x, parts.fits.T, color=viz.LIGHT.orange, linewidth=0.6, alpha=0.3, rasterized=True)
    axes.plot(x, truth(data, x), color=viz.LIGHT.blue, linewidth=2.2, label="truth")
    look: dict[str, Any] = {"color": viz.LIGHT.orange, "linewidth": 2.2, "linestyle": "dashed"}
    axes.plot(x, parts.fits.mean(axis=0), label="mean of the fits", **look)
    axes.set(xlim=(-1, 1), ylim=(-2.4, 2.4), xlabel="x", ylabel="y")


def _parts(axes: Axes, parts: list[Parts], noise: float) -> None:
    """Draw bias², variance, noise and their sum for all degrees."""
    bias, variance = (np.array([getattr(part, name) for part in parts]) for name in ("bias", "variance"))
    degrees = np.arange(len(parts))
    axes.plot(degrees, bias, color=viz.LIGHT.blue, marker="o", label="bias²")
    axes.plot(degrees, variance, color=viz.LIGHT.orange, marker="s", label="variance")
    axes.axhline(noise**2, color=viz.LIGHT.muted, linestyle="dashed", linewidth=1.2, label="noise")
    axes.plot(degrees, bias + variance + noise**2, color=viz.LIGHT.ink, linewidth=2.4, label="sum")
    axes.set(title="What the error is made of", xlabel="degree", ylabel="mean squared error")
    axes.set(xticks=degrees[::2], yscale="log", ylim=(0.001, 10))
    axes.legend(ncols=2, loc="upper right", fontsize=8.5)
