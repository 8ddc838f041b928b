"""Lasso and elastic net by coordinate descent: one coefficient at a time, each solved exactly.

- The cost is |y - Xw|² / (2 n_samples) + l1 |w|_1 + l2 |w|² / 2, as in scikit-learn, with
  l1 = alpha * l1_ratio and l2 = alpha * (1 - l1_ratio).
- With the others fixed, the best value of a coefficient is known: least squares, pulled towards zero by l1
  and left there if it would cross (Friedman, Hastie and Tibshirani 2010, equation 5).
- The duality gap bounds how far the cost is from its minimum, whatever the data (Kim et al. 2007); it says
  when to stop.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.exceptions import ConvergenceWarning

from mlbook.ml.linear import LinearModel

Floats = NDArray[np.floating[Any]]


def soft_threshold(z: Any, amount: Any) -> Any:
    """Pull z towards zero by an amount, and leave it there if it would cross.

    This is the w that minimizes (w - z)² / 2 + amount |w|.
    """
    return np.sign(z) * np.maximum(np.abs(z) - amount, 0.0)


def elastic_net_cost(X: Floats, y: Floats, w: Floats, l1: float, l2: float) -> float:
    """Return |y - Xw|² / (2 n_samples) + l1 |w|_1 + l2 |w|² / 2."""
    error = y - X @ w
    return float(error @ error / (2 * len(y)) + l1 * np.abs(w).sum() + l2 * (w @ w) / 2)


def duality_gap(X: Floats, y: Floats, w: Floats, l1: float, l2: float) -> float:
    """Return an upper bound on how far `elastic_net_cost` at w is above its minimum.

    The errors, scaled down until no column correlates with them by more than l1, give a value that no cost
    can be below; the gap is the cost less that value.
    """
    error = y - X @ w
    pull = X.T @ error / len(y) - l2 * w  # of each column on its coefficient
    strongest = np.abs(pull).max()
    scale = min(1.0, l1 / strongest) if strongest > 0 else 1.0
    dual = scale * (error @ y) - scale**2 * (error @ error) / 2
    return elastic_net_cost(X, y, w, l1, l2) - float(dual / len(y) - scale**2 * l2 * (w @ w) / 2)


def sweep(X: Floats, w: Floats, error: Floats, curvature: Floats, l1: float, l2: float) -> float:
    """Set each coefficient to its best value, the others fixed; w and error = y - Xw change in place.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
    w : ndarray of shape (n_features,)
    error : ndarray of shape (n_samples,)
    curvature : ndarray of shape (n_features,)
        Mean squared value of each column.
    l1, l2 : float

    Returns
    -------
    float
        The largest change of a coefficient.
    """
    n_samples, largest = len(error), 0.0
    for j in np.flatnonzero(curvature + l2):
        old = w[j]
        z = X[:, j] @ error / n_samples + curvature[j] * old  # what the others leave to explain
        w[j] = soft_threshold(z, l1) / (curvature[j] + l2)
        if w[j] != old:
            error -= (w[j] - old) * X[:, j]
            largest = max(largest, abs(w[j] - old))
    return largest


def coordinate_descent(
    X: Floats, y: Floats, l1: float, l2: float, start: Floats, *, tol: float, max_iter: int
) -> tuple[Floats, int]:
    """Minimize `elastic_net_cost`; returns the coefficients and the number of sweeps.

    Stops when the duality gap is below tol times the cost of w = 0; warns if `max_iter` sweeps do not do.
    """
    X, w = np.asfortranarray(X), start.copy()  # columns in one piece each
    error, curvature = y - X @ w, (X**2).mean(axis=0)
    allowed = tol * float(y @ y) / (2 * len(y))
    for n_iter in range(1, max_iter + 1):
        change = sweep(X, w, error, curvature, l1, l2)
        if change <= tol * np.abs(w).max() and duality_gap(X, y, w, l1, l2) <= allowed:
            return w, n_iter
    gap = duality_gap(X, y, w, l1, l2)
    warnings.warn(
        f"coordinate descent stopped after max_iter={max_iter} sweeps with a duality gap of {gap:.3g}, above "
        f"{allowed:.3g}; raise max_iter, scale the features or raise alpha",
        ConvergenceWarning,
        stacklevel=2,
    )
    return w, max_iter


def strongest_penalty(X: ArrayLike, y: ArrayLike) -> float:
    """Return the least l1 at which every coefficient is zero: the largest |x_j^T y| / n_samples.

    X and y are centered, if the model has an intercept.
    """
    X, y = np.asarray(X, dtype=float), np.asarray(y, dtype=float)
    return float(np.abs(X.T @ y).max() / len(y))


def penalties(alpha: float, l1_ratio: float) -> tuple[float, float]:
    """Return l1 and l2, the strengths of the two penalties.

    Raises
    ------
    ValueError
        If there is no penalty on absolute values: then the answer is `Ridge` or `LinearRegression`, at once.
    """
    if alpha <= 0 or not 0 < l1_ratio <= 1:
        raise ValueError(f"alpha is above zero, l1_ratio in (0, 1]; got {alpha} and {l1_ratio}")
    return alpha * l1_ratio, alpha * (1 - l1_ratio)


class ElasticNet(LinearModel):
    """Least squares with a penalty on the coefficients' absolute values and one on their squares.

    Parameters
    ----------
    alpha : float, default 1.0
        Strength of both, on the mean of half the squared errors; above zero.
    l1_ratio : float, default 0.5
        Share of the absolute values, in (0, 1]: 1 is the lasso.
    max_iter : int, default 1000
    tol : float, default 1e-4
        Allowed duality gap, as a share of the cost without features.
    fit_intercept : bool, default True

    Attributes
    ----------
    coef_, intercept_, n_iter_ : coefficients, intercept, number of sweeps made
    """

    def __init__(
        self,
        alpha: float = 1.0,
        *,
        l1_ratio: float = 0.5,
        max_iter: int = 1000,
        tol: float = 1e-4,
        fit_intercept: bool = True,
    ) -> None:
        self.alpha = alpha
        self.l1_ratio = l1_ratio
        self.max_iter = max_iter
        self.tol = tol
        self.fit_intercept = fit_intercept

    def _solve(self, X: Floats, y: Floats) -> Floats:
        l1, l2 = penalties(self.alpha, self.l1_ratio)
        start = np.zeros(X.shape[1])
        w, self.n_iter_ = coordinate_descent(X, y, l1, l2, start, tol=self.tol, max_iter=self.max_iter)
        return w


class Lasso(ElasticNet):
    """Least squares with a penalty of alpha times the coefficients' absolute values (Tibshirani 1996).

    Parameters and attributes as for `ElasticNet`, whose `l1_ratio` is 1.
    """

    def __init__(
        self, alpha: float = 1.0, *, max_iter: int = 1000, tol: float = 1e-4, fit_intercept: bool = True
    ) -> None:
        super().__init__(alpha, l1_ratio=1.0, max_iter=max_iter, tol=tol, fit_intercept=fit_intercept)


def elastic_net_path(
    X: ArrayLike,
    y: ArrayLike,
    alphas: ArrayLike,
    *,
    l1_ratio: float = 1.0,
    tol: float = 1e-4,
    max_iter: int = 1000,
) -> Floats:
    """Return the coefficients at each alpha, every fit starting from the one before.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features)
    y : array-like of shape (n_samples,)
        Both are centered here.
    alphas : array-like of shape (n_alphas,)
        Fastest in descending order.
    l1_ratio, tol, max_iter
        As for `ElasticNet`; the default ratio is the lasso's.

    Returns
    -------
    ndarray of shape (n_alphas, n_features)
    """
    columns, target = np.asarray(X, dtype=float), np.asarray(y, dtype=float)
    columns, target = columns - columns.mean(axis=0), target - target.mean()
    path, w = [], np.zeros(columns.shape[1])
    for alpha in np.asarray(alphas, dtype=float):
        l1, l2 = penalties(float(alpha), l1_ratio)
        w, _ = coordinate_descent(columns, target, l1, l2, w, tol=tol, max_iter=max_iter)
        path.append(w)
    return np.array(path)
