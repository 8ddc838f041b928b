"""Holding data out: at random, by hash, stratified, in folds; and cross-validation by hand.

All functions work on row numbers, so they serve arrays and data frames alike. Generators are passed in.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Rows = NDArray[np.intp]


def random_split(n_rows: int, share: float, rng: np.random.Generator) -> tuple[Rows, Rows]:
    """Split row numbers at random.

    Parameters
    ----------
    n_rows : int
    share : float
        Part of the rows that goes to the test set, in (0, 1).
    rng : numpy.random.Generator

    Returns
    -------
    train, test : ndarray of shape (n_train,), ndarray of shape (n_test,)
        Row numbers in random order.
    """
    order = rng.permutation(n_rows)
    n_test = round(n_rows * share)
    return order[n_test:], order[:n_test]


def hashed_split(keys: Iterable[str], share: float) -> tuple[Rows, Rows]:
    """Split rows by a hash of their key: a row keeps its side for ever, whatever rows are added.

    Parameters
    ----------
    keys : iterable of str
        One stable key a row; rows with equal keys land on the same side.
    share : float
        Part of the key space that goes to the test set, in (0, 1).

    Returns
    -------
    train, test : ndarray of shape (n_train,), ndarray of shape (n_test,)
        Row numbers in their old order.
    """
    digests = (hashlib.blake2b(key.encode(), digest_size=8).digest() for key in keys)
    is_test = np.array([int.from_bytes(digest) / 2**64 < share for digest in digests], dtype=bool)
    return np.flatnonzero(~is_test), np.flatnonzero(is_test)


def stratified_split(strata: ArrayLike, share: float, rng: np.random.Generator) -> tuple[Rows, Rows]:
    """Split at random within each stratum, so that each gives the same share of its rows.

    Parameters
    ----------
    strata : array-like of shape (n_rows,)
        The stratum of each row: any labels.
    share : float
        Part of each stratum that goes to the test set, in (0, 1); rounded to whole rows.
    rng : numpy.random.Generator

    Returns
    -------
    train, test : ndarray of shape (n_train,), ndarray of shape (n_test,)
        Row numbers, stratum after stratum.
    """
    labels = np.asarray(strata)
    parts = []
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label)
        train, test = random_split(len(rows), share, rng)
        parts.append((rows[train], rows[test]))
    return np.concatenate([train for train, _ in parts]), np.concatenate([test for _, test in parts])


def folds(n_rows: int, n_folds: int, rng: np.random.Generator) -> Iterator[tuple[Rows, Rows]]:
    """Yield (train, validation) row numbers so that each row is in validation exactly once.

    Raises
    ------
    ValueError
        If `n_folds` is below 2 or above the number of rows.
    """
    if not 2 <= n_folds <= n_rows:
        raise ValueError(f"n_folds is between 2 and the number of rows, {n_rows}; got {n_folds}")
    parts = np.array_split(rng.permutation(n_rows), n_folds)
    for held_out in range(n_folds):
        train = np.concatenate([part for number, part in enumerate(parts) if number != held_out])
        yield train, parts[held_out]


def cross_validate(
    model: Any, X: Any, y: ArrayLike, splits: Iterable[tuple[Rows, Rows]]
) -> NDArray[np.float64]:
    """Return a model's RMSE on each held-out fold.

    Parameters
    ----------
    model : estimator
        Cloned for each fold; the one passed in is never fitted.
    X : data frame of shape (n_rows, n_features)
    y : array-like of shape (n_rows,)
    splits : iterable of (train, validation) row numbers

    Returns
    -------
    ndarray of shape (n_folds,)
        In the unit of `y`.
    """
    from sklearn.base import clone

    target, scores = np.asarray(y, dtype=float), []
    for train, held_out in splits:
        fitted = clone(model).fit(X.iloc[train], target[train])
        errors = fitted.predict(X.iloc[held_out]) - target[held_out]
        scores.append(np.sqrt(np.mean(errors**2)))
    return np.array(scores)
