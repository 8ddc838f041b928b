"""How wrong, how sure, how changed: error measures, the bootstrap, conformal intervals, drift, test sizes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import norm

Floats = NDArray[np.float64]


def rmse(target: ArrayLike, predicted: ArrayLike) -> float:
    """Return the root of the mean squared error, in the unit of the target."""
    return float(
        np.sqrt(np.mean((np.asarray(target, dtype=float) - np.asarray(predicted, dtype=float)) ** 2))
    )


def mae(target: ArrayLike, predicted: ArrayLike) -> float:
    """Return the mean absolute error, in the unit of the target."""
    return float(np.mean(np.abs(np.asarray(target, dtype=float) - np.asarray(predicted, dtype=float))))


def bootstrap(
    target: ArrayLike,
    predicted: ArrayLike,
    rng: np.random.Generator,
    *,
    groups: ArrayLike | None = None,
    n_draws: int = 2000,
    score: Callable[[ArrayLike, ArrayLike], float] = rmse,
) -> Floats:
    """Return the score on test sets drawn again, with replacement, from the test set (Efron 1979).

    Parameters
    ----------
    target, predicted : array-like of shape (n_rows,)
    rng : numpy.random.Generator
    groups : array-like of shape (n_rows,), optional
        Draw whole groups instead of rows, for errors that are alike within a group.
    n_draws : int, default 2000
    score : callable, default rmse

    Returns
    -------
    ndarray of shape (n_draws,)
        Its quantiles 0.025 and 0.975 bound a 95 % interval.
    """
    target, predicted = np.asarray(target, dtype=float), np.asarray(predicted, dtype=float)
    unit = np.arange(len(target)) if groups is None else np.unique(np.asarray(groups), return_inverse=True)[1]
    members = np.split(np.argsort(unit, kind="stable"), np.cumsum(np.bincount(unit))[:-1])
    scores = np.empty(n_draws)
    for draw in range(n_draws):
        chosen = rng.integers(len(members), size=len(members))
        rows = np.concatenate([members[number] for number in chosen])
        scores[draw] = score(target[rows], predicted[rows])
    return scores


def conformal_radius(errors: ArrayLike, coverage: float) -> float:
    """Return the half width that covers a new row with at least this probability (Vovk et al. 2005).

    Parameters
    ----------
    errors : array-like of shape (n_rows,)
        Absolute errors on rows the model was not fitted to, exchangeable with the new one.
    coverage : float
        Wanted probability, in (0, 1).

    Returns
    -------
    float
        The k-th smallest error with k = ceil((n + 1) * coverage); infinity if that is beyond the largest.
    """
    ordered = np.sort(np.asarray(errors, dtype=float))
    rank = int(np.ceil((len(ordered) + 1) * coverage))
    return float(ordered[rank - 1]) if rank <= len(ordered) else float("inf")


def stability_index(before: ArrayLike, now: ArrayLike, n_bins: int = 10) -> float:
    """Return the population stability index of a column: 0 when its distribution is as before.

    The sum over bins of (q - p) log(q / p), p and q being the shares before and now; the bins hold
    equal shares of the old values. Half a row is added to each bin so that an empty one stays finite.
    """
    old, new = np.asarray(before, dtype=float), np.asarray(now, dtype=float)
    inner = np.unique(np.quantile(old, np.linspace(0, 1, n_bins + 1)[1:-1]))
    shares = []
    for values in (old, new):
        counts = np.bincount(np.digitize(values, inner), minlength=len(inner) + 1) + 0.5
        shares.append(counts / counts.sum())
    p, q = shares
    return float(np.sum((q - p) * np.log(q / p)))


def rows_per_arm(difference: float, spread: float, *, level: float = 0.05, power: float = 0.8) -> int:
    """Return how many cases each arm of an A/B test needs to see a difference in means.

    n = 2 ((z_level/2 + z_power) spread / difference)², two-sided, equal arms, normal approximation.

    Parameters
    ----------
    difference : float
        The smallest difference worth seeing.
    spread : float
        Standard deviation of one case, in the same unit.
    level, power : float
        Probability of a false alarm; probability of seeing the difference if it is there.
    """
    z = norm.isf(level / 2) + norm.isf(1 - power)
    return int(np.ceil(2 * (z * spread / difference) ** 2))
