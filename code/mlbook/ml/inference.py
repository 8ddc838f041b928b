"""How sure the coefficients of least squares are, and how much sureness related columns cost.

The intervals hold for errors that are independent, of equal spread and about normal, around a true line
(Hastie, Tibshirani and Friedman, *The Elements of Statistical Learning*, 2nd ed., section 3.2). They say how
far another sample would move a coefficient, not what happens if somebody moves the feature.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import t

from mlbook.ml.linear import svd_solve

Floats = NDArray[np.float64]


def standard_errors(X: ArrayLike, y: ArrayLike) -> Floats:
    """Return the standard error of each coefficient of a least-squares fit with intercept.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features)
        With independent columns, and more rows than columns by two at least.
    y : array-like of shape (n_samples,)

    Returns
    -------
    ndarray of shape (n_features,)
        The root of the diagonal of s² (X^T X)^-1, X centered, where s² is the sum of squared errors over
        n_samples - n_features - 1.
    """
    columns, target = _centered(X), _centered(y)
    free = _degrees_of_freedom(columns)
    error = target - columns @ svd_solve(columns, target)
    return np.sqrt(error @ error / free * _inverse_diagonal(columns))


def confidence_intervals(X: ArrayLike, y: ArrayLike, level: float = 0.95) -> Floats:
    """Return an interval for each coefficient: ndarray of shape (n_features, 2).

    Parameters
    ----------
    X, y
        As for `standard_errors`.
    level : float, default 0.95
        Share of samples whose interval holds the true coefficient, in (0, 1).
    """
    columns, target = _centered(X), _centered(y)
    radius = t.ppf((1 + level) / 2, _degrees_of_freedom(columns)) * standard_errors(X, y)
    middle = svd_solve(columns, target)
    return np.column_stack([middle - radius, middle + radius])


def variance_inflation(X: ArrayLike) -> Floats:
    """Return how many times each coefficient's variance is what it would be if no columns were related.

    It is 1 / (1 - R²) of a column predicted from the others; 1 if they say nothing of it.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features)
        With independent columns.

    Returns
    -------
    ndarray of shape (n_features,)
    """
    columns = _centered(X)
    return _inverse_diagonal(columns) * (columns**2).sum(axis=0)


def _centered(values: ArrayLike) -> Floats:
    values = np.asarray(values, dtype=float)
    return values - values.mean(axis=0)


def _inverse_diagonal(columns: Floats) -> Floats:
    """Return the diagonal of (X^T X)^-1 without forming X^T X."""
    _, s, Vt = np.linalg.svd(columns, full_matrices=False)
    return ((Vt.T / s) ** 2).sum(axis=1)


def _degrees_of_freedom(columns: Floats) -> int:
    """Return how many rows are left once the coefficients and the intercept have taken theirs."""
    n_samples, n_features = columns.shape
    if n_samples < n_features + 2:
        raise ValueError(f"{n_features} coefficients need {n_features + 2} rows or more; got {n_samples}")
    return n_samples - n_features - 1
