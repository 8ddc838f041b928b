"""How fast gradient descent is on a quadratic bowl, and why long narrow bowls are slow.

Along each axis of the bowl descent acts alone: with curvature c and learning rate r, every step multiplies
the distance by 1 - r c. One rate serves all axes, so the steepest bounds it and the flattest pays for it. The
curvatures of a linear model's squared loss are the eigenvalues of X^T X / n_samples.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def condition_number(X: ArrayLike) -> float:
    """Return the largest singular value of a matrix over its smallest; infinity if that is zero.

    How many times a relative error in y can be magnified in the coefficients; the ratio of the largest to the
    smallest curvature is its square.
    """
    s = np.linalg.svd(np.asarray(X, dtype=float), compute_uv=False)
    return float(s[0] / s[-1]) if s[-1] > 0 else float("inf")


def curvatures(X: ArrayLike) -> Floats:
    """Return the curvatures of the mean of half the squared errors, ascending: shape (n_features,).

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features)
        With a column of ones, if the model has an intercept.
    """
    X = np.asarray(X, dtype=float)
    return np.linalg.eigvalsh(X.T @ X / len(X))


def contraction(curvature: ArrayLike, rate: float, momentum: float = 0.0) -> float:
    """Return the factor by which a step of descent shrinks the distance to the minimum, in the long run.

    Above 1, descent diverges. With momentum m, distances follow e' = (1 + m - r c) e - m e_before, whose
    growth is the larger root of z² - (1 + m - r c) z + m (Polyak 1964).

    Parameters
    ----------
    curvature : array-like of shape (n_axes,)
        Of the bowl along its axes; the slowest decides.
    rate : float
    momentum : float, default 0.0
    """
    half = (1 + momentum - rate * np.asarray(curvature, dtype=complex)) / 2
    root = np.sqrt(half**2 - momentum)
    return float(np.maximum(np.abs(half + root), np.abs(half - root)).max())


def best_rate(curvature: ArrayLike) -> float:
    """Return the learning rate with the least `contraction`: 2 / (steepest + flattest).

    The contraction is then (k - 1) / (k + 1), where k is the steepest curvature over the flattest.
    """
    c = np.asarray(curvature, dtype=float)
    return float(2 / (c.max() + c.min()))


def best_momentum(curvature: ArrayLike) -> tuple[float, float]:
    """Return the rate and the momentum which together have the least `contraction` (Polyak 1964).

    It is (sqrt(k) - 1) / (sqrt(k) + 1): what took a hundred steps takes about ten.
    """
    c = np.asarray(curvature, dtype=float)
    high, low = np.sqrt(c.max()), np.sqrt(c.min())
    return float(4 / (high + low) ** 2), float(((high - low) / (high + low)) ** 2)
