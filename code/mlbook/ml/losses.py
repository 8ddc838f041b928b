"""Losses of one prediction: how bad it is, and how that changes with it.

A loss acts on the raw prediction z of a linear model and on the target y, elementwise. `Loss.mean` turns z
into what is predicted: for counts that is exp(z), which is never negative; for the others z itself. A cost is
the mean of a loss over the rows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Loss:
    """What losses share. All arrays z and y are of shape (n_samples,)."""

    def value(self, z: Floats, y: Floats) -> Floats:
        """Return the loss of each row."""
        raise NotImplementedError

    def slope(self, z: Floats, y: Floats) -> Floats:
        """Return its derivative with respect to z; where there is a kink, one of the slopes beside it."""
        raise NotImplementedError

    def mean(self, z: Floats) -> Floats:
        """Turn raw predictions into predictions."""
        return z

    def cost(self, theta: Floats, X: Floats, y: Floats) -> float:
        """Return the mean loss of a linear model with parameters theta, of shape (n_features,)."""
        return float(self.value(X @ theta, y).mean())

    def gradient(self, theta: Floats, X: Floats, y: Floats) -> Floats:
        """Return the gradient of `cost` with respect to theta."""
        return X.T @ self.slope(X @ theta, y) / len(y)


@dataclass(frozen=True)
class Squared(Loss):
    """Half the squared error; the half makes the slope the error itself. Aims at the mean."""

    def value(self, z: Floats, y: Floats) -> Floats:
        """Return the loss of each row."""
        return 0.5 * (z - y) ** 2

    def slope(self, z: Floats, y: Floats) -> Floats:
        """Return the error of each row."""
        return z - y


@dataclass(frozen=True)
class Huber(Loss):
    """The squared loss for errors up to delta, a straight line beyond (Huber 1964).

    An outlier pulls no harder than an error of delta, which is in the unit of the target.
    """

    delta: float = 1.0

    def value(self, z: Floats, y: Floats) -> Floats:
        """Return the loss of each row."""
        error = np.abs(z - y)
        return np.where(error <= self.delta, 0.5 * error**2, self.delta * (error - 0.5 * self.delta))

    def slope(self, z: Floats, y: Floats) -> Floats:
        """Return the error of each row, cut at delta."""
        return np.clip(z - y, -self.delta, self.delta)


@dataclass(frozen=True)
class Quantile(Loss):
    """The pinball loss, which aims at a quantile (Koenker and Bassett 1978).

    Predicting too little costs `level` a unit, too much 1 - `level`; at 0.5 it is half the absolute error.
    """

    level: float = 0.5

    def value(self, z: Floats, y: Floats) -> Floats:
        """Return the loss of each row."""
        return np.maximum(self.level * (y - z), (1 - self.level) * (z - y))

    def slope(self, z: Floats, y: Floats) -> Floats:
        """Return minus `level` where the prediction is too low, 1 - `level` where it is not."""
        return np.where(y > z, -self.level, 1 - self.level)


@dataclass(frozen=True)
class Poisson(Loss):
    """The loss for counts: minus the log-likelihood of y ~ Poisson(exp(z)), less what z cannot change."""

    def value(self, z: Floats, y: Floats) -> Floats:
        """Return the loss of each row."""
        return np.exp(z) - y * z

    def slope(self, z: Floats, y: Floats) -> Floats:
        """Return the error of the predicted mean of each row."""
        return np.exp(z) - y

    def mean(self, z: Floats) -> Floats:
        """Turn the logarithm of a mean into the mean."""
        return np.exp(z)
