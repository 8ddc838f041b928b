"""Early stopping: descend while rows that were held out say that it helps, and keep the best point.

From zero, few steps of descent leave the coefficients small, so the number of steps works like the penalty of
ridge; held-out rows choose it during one fit (Prechelt 1998).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import validate_data

from mlbook.ml.descent import DescentRegressor, Schedule
from mlbook.ml.losses import Loss
from mlbook.ml.split import random_split

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Stopped:
    """Where descent stopped.

    Attributes
    ----------
    best : ndarray of shape (n_params,)
        The point with the least cost.
    best_step : int
        Its number in the walk, from 0.
    costs : ndarray of shape (n_points,)
        The cost of every point that was looked at.
    """

    best: Floats
    best_step: int
    costs: Floats


def stop_early(points: Iterable[Floats], cost: Callable[[Floats], float], patience: int) -> Stopped:
    """Walk until the cost has not fallen for `patience` points.

    Parameters
    ----------
    points : iterable of ndarray of shape (n_params,)
        A walk, for instance `mlbook.ml.descent.steps`; it may be endless.
    cost : callable
        Takes a point and returns its cost on rows that the walk does not see.
    patience : int
        Points without a new lowest cost before giving up; 1 or more.

    Raises
    ------
    ValueError
        If there are no points.
    """
    best, best_step, costs = np.empty(0), -1, []
    for step, theta in enumerate(points):
        costs.append(cost(theta))
        if best_step < 0 or costs[step] < costs[best_step]:
            best, best_step = theta, step
        elif step - best_step >= patience:
            break
    if not costs:
        raise ValueError("the walk has no points")
    return Stopped(best, best_step, np.array(costs))


class StoppedRegressor(DescentRegressor):
    """A `DescentRegressor` that holds rows out and keeps the epoch that predicts them best.

    Parameters
    ----------
    validation_fraction : float, default 0.1
        Share of the rows that is held out, in (0, 1).
    patience : int, default 10
        Epochs without a new lowest validation cost before it stops.
    loss, learning_rate, batch_size, momentum, max_iter, fit_intercept, random_state
        As for `DescentRegressor`.

    Attributes
    ----------
    coef_, intercept_, n_iter_
        As for `DescentRegressor`.
    best_iter_ : int
        The epoch whose parameters were kept.
    validation_costs_ : ndarray of shape (n_iter_,)
        The mean loss on the held-out rows after each epoch.
    """

    def __init__(
        self,
        loss: Loss | None = None,
        *,
        validation_fraction: float = 0.1,
        patience: int = 10,
        learning_rate: float | Schedule | None = None,
        batch_size: int | None = None,
        momentum: float = 0.0,
        max_iter: int = 1000,
        fit_intercept: bool = True,
        random_state: int | None = None,
    ) -> None:
        super().__init__(
            loss,
            learning_rate=learning_rate,
            batch_size=batch_size,
            momentum=momentum,
            max_iter=max_iter,
            fit_intercept=fit_intercept,
            random_state=random_state,
        )
        self.validation_fraction = validation_fraction
        self.patience = patience

    @np.errstate(over="ignore", invalid="ignore")  # divergence is reported, once
    def fit(self, X: Any, y: Any) -> Self:
        """Fit to X of shape (n_samples, n_features) and y of shape (n_samples,); at least two rows.

        Raises
        ------
        ValueError
            If descent diverges, or no row is left to train or to validate on.
        """
        X, y = validate_data(self, X, y, dtype=float, y_numeric=True, ensure_min_samples=2)
        rng = np.random.default_rng(self.random_state)
        train, held_out = random_split(len(y), self.validation_fraction, rng)
        if not (len(train) and len(held_out)):
            raise ValueError(
                f"validation_fraction={self.validation_fraction} of {len(y)} rows leaves none on one side"
            )
        design = self._design(X)
        points = self._epochs(design[train], y[train])
        held_X, held_y = design[held_out], y[held_out]
        stopped = stop_early(points, lambda t: self._loss().cost(t, held_X, held_y), self.patience)
        self.validation_costs_, self.best_iter_ = stopped.costs, stopped.best_step + 1
        self.n_iter_ = len(stopped.costs)
        return self._keep(stopped.best)
