"""Learning curves, validation curves, and where a model's error comes from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import clone, is_classifier
from sklearn.metrics import check_scoring
from sklearn.model_selection import check_cv
from sklearn.utils import _safe_indexing, indexable

Floats = NDArray[np.float64]


def scores_on(
    model: Any, X: Any, y: Any, train: NDArray[np.intp], held_out: NDArray[np.intp], scoring: Any = None
) -> tuple[float, float]:
    """Fit a fresh copy of the model to the training rows; return its scores on them and on the others."""
    score = check_scoring(model, scoring=scoring)
    train_X, train_y = _safe_indexing(X, train), _safe_indexing(y, train)
    fitted = clone(model).fit(train_X, train_y)
    held_score = score(fitted, _safe_indexing(X, held_out), _safe_indexing(y, held_out))
    return score(fitted, train_X, train_y), held_score


def learning_curve(
    model: Any,
    X: Any,
    y: Any,
    *,
    train_sizes: ArrayLike = (0.1, 0.325, 0.55, 0.775, 1.0),
    cv: Any = None,
    scoring: Any = None,
) -> tuple[NDArray[np.intp], Floats, Floats]:
    """Score a model that is fitted to more and more rows.

    Parameters
    ----------
    model : estimator
        Cloned for each fit.
    X, y : array-like of shape (n_samples, n_features) and (n_samples,)
    train_sizes : array-like of shape (n_sizes,)
        Numbers of rows as integers, or shares of the first fold's training rows as floats. The first rows of
        each fold are taken.
    cv, scoring : optional
        As in scikit-learn: five folds, and the model's own score, if None.

    Returns
    -------
    sizes : ndarray of shape (n_sizes,)
        Ascending, each once.
    train_scores, held_out_scores : ndarray of shape (n_sizes, n_folds)

    Raises
    ------
    ValueError
        If a size is below one row or above all training rows.
    """
    X, y = indexable(X, y)
    folds = list(check_cv(cv, y, classifier=is_classifier(model)).split(X, y))
    sizes = rows_of(train_sizes, len(folds[0][0]))
    scores = [[scores_on(model, X, y, train[:n], held, scoring) for train, held in folds] for n in sizes]
    train_scores, held_out_scores = np.moveaxis(np.array(scores), 2, 0)
    return sizes, train_scores, held_out_scores


def rows_of(train_sizes: ArrayLike, n_rows: int) -> NDArray[np.intp]:
    """Turn shares of `n_rows` (floats) or numbers of rows (integers) into ascending numbers of rows."""
    asked = np.asarray(train_sizes)
    shares = np.issubdtype(asked.dtype, np.floating)
    if asked.min() <= 0 or asked.max() > (1 if shares else n_rows):
        raise ValueError(f"train_sizes are shares in (0, 1] or 1 to {n_rows} rows; got {asked.tolist()}")
    return np.unique(np.maximum(asked * n_rows, 1).astype(int) if shares else asked)


def validation_curve(
    model: Any,
    X: Any,
    y: Any,
    *,
    param_name: str,
    param_range: Sequence[Any],
    cv: Any = None,
    scoring: Any = None,
) -> tuple[Floats, Floats]:
    """Score a model at each value of one of its parameters.

    Parameters
    ----------
    param_name : str
        As `set_params` takes it: "alpha", or "ridge__alpha" in a pipeline.
    param_range : sequence of length n_values
    model, X, y, cv, scoring
        As for `learning_curve`.

    Returns
    -------
    train_scores, held_out_scores : ndarray of shape (n_values, n_folds)
    """
    X, y = indexable(X, y)
    folds = list(check_cv(cv, y, classifier=is_classifier(model)).split(X, y))
    scores = []
    for value in param_range:
        changed = clone(model).set_params(**{param_name: value})
        scores.append([scores_on(changed, X, y, train, held, scoring) for train, held in folds])
    train_scores, held_out_scores = np.moveaxis(np.array(scores), 2, 0)
    return train_scores, held_out_scores


def bias_variance(predictions: ArrayLike, truth: ArrayLike) -> tuple[Floats, Floats]:
    """Split the squared error of many fits, each to its own sample, into bias and variance at every point.

    Their sum is the mean of (prediction - truth)² over the fits; noise in the target comes on top (Geman,
    Bienenstock and Doursat 1992).

    Parameters
    ----------
    predictions : array-like of shape (n_fits, n_points)
    truth : array-like of shape (n_points,)
        Without noise.

    Returns
    -------
    squared_bias, variance : ndarray of shape (n_points,)
    """
    predictions = np.asarray(predictions, dtype=float)
    squared_bias = (predictions.mean(axis=0) - np.asarray(truth, dtype=float)) ** 2
    return squared_bias, predictions.var(axis=0)
