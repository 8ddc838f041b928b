"""Minimizers of a smooth cost that is given with its derivatives: Newton's method, and descent with momentum.

A cost is an object with `value(theta)`, `gradient(theta)` and `hessian(theta)`, and `steepest()`, a curvature
that it never exceeds; see `mlbook.ml.logistic`.
"""

from __future__ import annotations

from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlbook.ml.descent import steps

Floats = NDArray[np.float64]


def newton(cost: Any, start: Floats, *, tol: float, max_iter: int) -> tuple[Floats, int]:
    """Minimize a cost by Newton's method.

    Parameters
    ----------
    cost : LogisticCost, SoftmaxCost
        Anything with `value`, `gradient` and `hessian`.
    start : ndarray of shape (n_params,)
    tol : float
        Stop when no slope is larger.
    max_iter : int

    Returns
    -------
    theta : ndarray of shape (n_params,)
    n_iter : int
        Steps made; fewer than `max_iter` too if rounding hides any further progress.
    """
    theta = start
    for n_iter in range(max_iter):
        slope = cost.gradient(theta)
        if np.abs(slope).max() <= tol:
            return theta, n_iter
        move = -np.linalg.lstsq(cost.hessian(theta), slope)[0]  # the shortest, where a direction is flat
        size = step_size(cost, theta, move, float(slope @ move))
        if size == 0:
            return theta, n_iter
        theta = theta + size * move
    return theta, max_iter


def step_size(cost: Any, theta: Floats, move: Floats, slope: float) -> float:
    """Halve a step, from 1, until the cost falls by a due share of the slope along it (Armijo 1966).

    Returns 0 if no step of at least 2^-30 does.
    """
    now = cost.value(theta)
    for size in 0.5 ** np.arange(31):
        if cost.value(theta + size * move) <= now + 1e-4 * size * slope + 1e-15 * abs(now):
            return float(size)
    return 0.0


def walk(cost: Any, start: Floats, *, tol: float, max_iter: int) -> tuple[Floats, int]:
    """Minimize a cost by gradient descent with momentum, at the rate that its steepest curvature allows.

    Parameters and result as for `newton`; of the cost, `gradient` and `steepest` are used.
    """
    points = steps(cost.gradient, start, 1 / cost.steepest(), momentum=0.9)
    for n_iter, theta in enumerate(islice(points, max_iter + 1)):
        if n_iter % 10 == 0 and np.abs(cost.gradient(theta)).max() <= tol:  # a look costs as much as a step
            break
    return theta, n_iter


SOLVERS = {"newton": newton, "descent": walk}
