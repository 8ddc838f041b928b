"""Explorable `ridge-lasso`: both penalties as geometry, for two features.

With standardized features and a centered target the loss is ½ (w − w*)ᵀ H (w − w*) and a constant, where w*
is the least-squares solution and H holds the features' correlation. Ridge adds λ/2 · (w₁² + w₂²), the lasso
λ · (|w₁| + |w₂|) (Tibshirani 1996): scikit-learn's `Lasso(alpha=λ)`, and `Ridge(alpha=n·λ)` for n examples.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from mlbook import viz
from mlbook.explore import plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BOUNDS = (-1.15, 1.15)
Kind = Literal["ridge", "lasso"]


def data(
    features: np.ndarray, target: np.ndarray, *, names: Sequence[str], penalty: float = 0.2
) -> dict[str, Any]:
    """Make the explorable's data from a regression with two features.

    Parameters
    ----------
    features : ndarray of shape (n_samples, 2)
    target : ndarray of shape (n_samples,)
        Both are standardized here.
    names : sequence of str
        What the two features are called.
    penalty : float, default 0.2
        What the slider shows at first.

    Returns
    -------
    dict
        `correlation` of the features, `optimum`: the weights without penalty, and `names`.

    Raises
    ------
    ValueError
        If there are not two features, two names, or the weights lie outside the picture.
    """
    features, target = np.asarray(features, dtype=float), np.asarray(target, dtype=float)
    if features.ndim != 2 or features.shape[1] != 2 or len(names) != 2:
        raise ValueError(f"two features with a name each; got shape {features.shape} and {len(names)} names")
    x = (features - features.mean(axis=0)) / features.std(axis=0)
    y = (target - target.mean()) / target.std()
    optimum, *_ = np.linalg.lstsq(x, y, rcond=None)
    if np.abs(optimum).max() > BOUNDS[1]:
        raise ValueError(f"the weights {optimum.round(2)} lie outside the picture, {BOUNDS}")
    return {
        "title": "Ridge and lasso",
        "question": "Why does the lasso drop features, where ridge only shrinks their weights?",
        "names": list(names),
        "correlation": plain(np.corrcoef(x.T)[0, 1], 2),
        "optimum": plain(optimum, 2),
        "settings": {"penalty": penalty},
    }


def solve(
    kind: Kind, *, correlation: float, optimum: Sequence[float], penalty: float, n_samples: int = 10
) -> np.ndarray:
    """Return the two weights that scikit-learn finds, on data with this correlation and optimum."""
    from sklearn.linear_model import Lasso, Ridge

    rng = np.random.default_rng(0)
    basis, _ = np.linalg.qr(rng.normal(size=(n_samples, 2)))
    features = np.sqrt(n_samples) * basis @ np.linalg.cholesky([[1, correlation], [correlation, 1]]).T
    model = (
        Ridge(alpha=n_samples * penalty, fit_intercept=False)
        if kind == "ridge"
        else Lasso(alpha=penalty, fit_intercept=False, tol=1e-12, max_iter=100_000)
    )
    return np.asarray(model.fit(features, features @ np.asarray(optimum)).coef_)


def still(data: dict[str, Any]) -> Figure:
    """Draw both balls where they meet the ellipses, and the way of the solution as the penalty grows."""
    figure, panels = viz.figure(columns=2, height=3.7)
    kinds: tuple[Kind, Kind] = ("ridge", "lasso")
    for axes, kind in zip(panels, kinds, strict=True):
        _geometry(axes, data, kind)
        axes.set(xlim=BOUNDS, ylim=BOUNDS, aspect="equal", title=kind.capitalize())
        axes.set(xlabel=f"weight of {data['names'][0]}", ylabel=f"weight of {data['names'][1]}")
    return figure


def _geometry(axes: Axes, data: dict[str, Any], kind: Kind) -> None:
    """Draw the ellipses of the loss, the ball, the path and the solution."""
    correlation, optimum = data["correlation"], np.array(data["optimum"])
    given: dict[str, Any] = {"correlation": correlation, "optimum": optimum}
    solution = solve(kind, penalty=data["settings"]["penalty"], **given)
    path = [solve(kind, penalty=penalty, **given) for penalty in np.geomspace(1e-3, 30, 80)]
    ticks = np.linspace(*BOUNDS, 120)
    grid = np.stack(np.meshgrid(ticks, ticks), axis=-1)
    curvature = np.array([[1, correlation], [correlation, 1]])

    def excess(weights: np.ndarray) -> np.ndarray:
        return np.einsum("...i,ij,...j", weights - optimum, curvature, weights - optimum)

    levels = (0.03, 0.12, 0.3, 0.6, 1.1)
    axes.contour(ticks, ticks, excess(grid), levels=levels, colors=viz.LIGHT.muted, linewidths=0.7, alpha=0.7)
    axes.contour(ticks, ticks, excess(grid), levels=[excess(solution)], colors=viz.LIGHT.blue, linewidths=1.6)
    size = np.hypot(*grid.T).T if kind == "ridge" else np.abs(grid).sum(axis=-1)
    radius = np.hypot(*solution) if kind == "ridge" else np.abs(solution).sum()
    axes.contour(ticks, ticks, size, levels=[radius], colors=viz.LIGHT.orange, linewidths=1.6)
    axes.axhline(0, color=viz.LIGHT.muted, linewidth=0.8)
    axes.axvline(0, color=viz.LIGHT.muted, linewidth=0.8)
    axes.plot(*np.array(path).T, color=viz.LIGHT.orange, linewidth=1.6)
    axes.plot(*solution, marker="o", color=viz.LIGHT.orange, markersize=7)
    axes.plot(*optimum, marker="+", color=viz.LIGHT.blue, markersize=10)
