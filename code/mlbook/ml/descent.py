"""Gradient descent: one loop for all its kinds, schedules for the learning rate, and a regressor on top.

- `steps` walks for ever and yields where it is; whoever walks decides when to stop (`descend` after a number
  of steps, `DescentRegressor` when little changes, `mlbook.ml.stopping` when validation gets worse).
- Batch, mini-batch and stochastic descent differ only in how many rows the gradient looks at: `minibatch`
  turns a gradient over data into one that sees the next few rows.
- Momentum is Polyak's heavy ball (1964): a share of the last step is taken again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count, islice
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from mlbook.ml.losses import Loss, Squared

Floats = NDArray[np.float64]
Gradient = Callable[[Floats], Floats]
Schedule = Callable[[int], float]


def steps(
    gradient: Gradient, start: ArrayLike, rate: float | Schedule, momentum: float = 0.0
) -> Iterator[Floats]:
    """Yield the start, then every point that gradient descent comes to, without end.

    Parameters
    ----------
    gradient : callable
        Takes the parameters, of shape (n_params,), and returns the slope in each.
    start : array-like of shape (n_params,)
    rate : float or callable
        The learning rate, or a schedule that returns it for step 0, 1, 2 …
    momentum : float, default 0.0
        Share of the last step that is taken again, in [0, 1).

    Yields
    ------
    ndarray of shape (n_params,)
        A new array each time.
    """
    theta = np.array(start, dtype=float)
    move = np.zeros_like(theta)
    schedule = rate if callable(rate) else constant(rate)
    for step in count():
        yield theta
        move = momentum * move - schedule(step) * gradient(theta)
        theta = theta + move


def descend(
    gradient: Gradient, start: ArrayLike, rate: float | Schedule, n_steps: int, momentum: float = 0.0
) -> Floats:
    """Return the path of gradient descent: ndarray of shape (n_steps + 1, n_params), first row the start.

    The path ends early, at the last finite point, if descent diverges beyond what floats can hold. The other
    parameters are those of `steps`.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        path = np.array(list(islice(steps(gradient, start, rate, momentum), n_steps + 1)))
    finite = np.isfinite(path).all(axis=1)
    return path if finite.all() else path[: finite.argmin()]


def constant(rate: float) -> Schedule:
    """Return a schedule that never changes."""
    return lambda step: rate


def inverse_power(rate: float, power: float = 0.5) -> Schedule:
    """Return the schedule rate / (step + 1)^power.

    With 0.5 < power <= 1 the steps are long enough to arrive anywhere and short enough for the noise of
    single rows to average out (Robbins and Monro 1951).
    """
    return lambda step: rate / (step + 1) ** power


def cosine(rate: float, n_steps: int) -> Schedule:
    """Return a schedule that falls from rate to 0 along half a cosine (Loshchilov and Hutter 2017)."""
    return lambda step: 0.5 * rate * (1 + np.cos(np.pi * min(step / n_steps, 1.0)))


def batches(
    n_samples: int, size: int, rng: np.random.Generator | None = None
) -> Iterator[slice | NDArray[np.intp]]:
    """Yield the rows of one batch after the other, epoch after epoch, without end.

    Parameters
    ----------
    n_samples : int
    size : int
        Rows of a batch; the last of an epoch may have fewer. With `n_samples` or more, each is all rows.
    rng : numpy.random.Generator, optional
        Shuffles the rows before each epoch; without one they come in their own order.
    """
    while True:
        if size >= n_samples:
            yield slice(None)
            continue
        order = np.arange(n_samples) if rng is None else rng.permutation(n_samples)
        for first in range(0, n_samples, size):
            yield order[first : first + size]


def minibatch(
    gradient: Callable[[Floats, Floats, Floats], Floats],
    X: Floats,
    y: Floats,
    size: int,
    rng: np.random.Generator | None = None,
) -> Gradient:
    """Turn a gradient over data into one that sees the next `size` rows each time it is asked.

    Parameters
    ----------
    gradient : callable
        Takes (theta, X, y), as `Loss.gradient` does.
    X : ndarray of shape (n_samples, n_features)
    y : ndarray of shape (n_samples,)
    size, rng
        As for `batches`. A size of 1 is stochastic, of n_samples batch gradient descent.
    """
    rows = batches(len(y), size, rng)

    def noisy(theta: Floats) -> Floats:
        now = next(rows)
        return gradient(theta, X[now], y[now])

    return noisy


def safe_rate(X: Floats, size: int) -> float:
    """Return a rate at which descent on the squared loss cannot diverge: one over the largest curvature.

    The curvature of all rows together is the largest eigenvalue of X^T X / n_samples. That of a batch can be
    as large as its longest row's, which is the squared length of the row.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
    size : int
        Rows of a batch.
    """
    of_a_batch = (X**2).sum(axis=1).max()
    curvature = of_a_batch if size < len(X) else np.linalg.norm(X, ord=2) ** 2 / len(X)
    return float(1 / curvature) if curvature > 0 else 1.0


class DescentRegressor(RegressorMixin, BaseEstimator):
    """A linear regressor fitted by batch, mini-batch or stochastic gradient descent from zero.

    Parameters
    ----------
    loss : Loss, optional
        One of `mlbook.ml.losses`; half the squared error if None.
    learning_rate : float or callable, optional
        Rate or schedule; `safe_rate` if None. Features of very different sizes make any rate a bad one.
    batch_size : int, optional
        Rows that each step looks at; all if None.
    momentum : float, default 0.0
    max_iter : int, default 1000
        Epochs at most: passes over all rows.
    tol : float, default 1e-6
        Stop when an epoch moves no parameter by more than this share of the largest. 0 never stops early.
    fit_intercept : bool, default True
    random_state : int, optional
        Seed of the shuffling.

    Attributes
    ----------
    coef_ : ndarray of shape (n_features,)
    intercept_ : float
    n_iter_ : int
        Epochs walked.
    """

    def __init__(
        self,
        loss: Loss | None = None,
        *,
        learning_rate: float | Schedule | None = None,
        batch_size: int | None = None,
        momentum: float = 0.0,
        max_iter: int = 1000,
        tol: float = 1e-6,
        fit_intercept: bool = True,
        random_state: int | None = None,
    ) -> None:
        self.loss = loss
        self.learning_rate = learning_rate
        self.batch_size = batch_size
        self.momentum = momentum
        self.max_iter = max_iter
        self.tol = tol
        self.fit_intercept = fit_intercept
        self.random_state = random_state

    @np.errstate(over="ignore", invalid="ignore")  # divergence is reported, once
    def fit(self, X: Any, y: Any) -> Self:
        """Fit to X of shape (n_samples, n_features) and y of shape (n_samples,).

        Raises
        ------
        ValueError
            If descent diverges.
        """
        X, y = validate_data(self, X, y, dtype=float, y_numeric=True)
        last: Any = np.inf
        for epoch, theta in enumerate(self._epochs(self._design(X), y), 1):
            self.n_iter_ = epoch
            if np.abs(theta - last).max() <= self.tol * np.abs(theta).max():
                break
            last = theta
        return self._keep(theta)

    def predict(self, X: Any) -> Floats:
        """Return predictions of shape (n_samples,)."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=float, reset=False)
        return self._loss().mean(X @ self.coef_ + self.intercept_)

    def _epochs(self, X: Floats, y: Floats) -> Iterator[Floats]:
        """Yield the parameters after each epoch, `max_iter` times."""
        if self.max_iter < 1 or (self.batch_size is not None and self.batch_size < 1):
            raise ValueError(
                f"max_iter and batch_size are 1 or more; got {self.max_iter} and {self.batch_size}"
            )
        size = len(y) if self.batch_size is None else min(self.batch_size, len(y))
        rate = safe_rate(X, size) if self.learning_rate is None else self.learning_rate
        gradient = minibatch(self._loss().gradient, X, y, size, np.random.default_rng(self.random_state))
        an_epoch = -(-len(y) // size)  # in steps, rounded up
        points = islice(steps(gradient, np.zeros(X.shape[1]), rate, self.momentum), an_epoch, None, an_epoch)
        for epoch, theta in enumerate(islice(points, self.max_iter), 1):
            if not np.isfinite(theta).all():
                raise ValueError(
                    f"descent diverged in epoch {epoch}; scale the features or lower learning_rate"
                )
            yield theta

    def _loss(self) -> Loss:
        return Squared() if self.loss is None else self.loss

    def _design(self, X: Floats) -> Floats:
        """Return X with a column of ones for the intercept."""
        return np.column_stack([X, np.ones(len(X))]) if self.fit_intercept else X

    def _keep(self, theta: Floats) -> Self:
        """Take the parameters apart again."""
        self.coef_, self.intercept_ = theta, 0.0
        if self.fit_intercept:
            self.coef_, self.intercept_ = theta[:-1], float(theta[-1])
        return self
