"""Target encoding: a category becomes the mean target of its rows, without letting a row see its own."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.model_selection import KFold
from sklearn.utils.validation import check_is_fitted, validate_data

Floats = NDArray[np.float64]


class MeanTarget(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):
    """Replace a category by the mean target of its rows, drawn towards the overall mean when they are few.

    The mean of n rows counts n / (n + smooth), the overall mean the rest (Micci-Barreca 2001).
    Training rows are encoded by the folds that they are not in.

    Parameters
    ----------
    smooth : float, default 10.0
    n_splits : int, default 5
    random_state : int, optional
    """

    def __init__(self, smooth: float = 10.0, n_splits: int = 5, random_state: int | None = None) -> None:
        self.smooth = smooth
        self.n_splits = n_splits
        self.random_state = random_state

    def fit(self, X: Any, y: Any) -> Self:
        """Learn the means of the categories of each column of X, of shape (n_rows, n_columns)."""
        X, y = validate_data(self, X, y, dtype=None, y_numeric=True)
        self.mean_, self.encodings_ = float(y.mean()), self._means(X, y)
        return self

    def transform(self, X: Any) -> Floats:
        """Return the encoding, of the shape of X; a category never seen gets the overall mean."""
        check_is_fitted(self)
        return encode(validate_data(self, X, dtype=None, reset=False), self.encodings_, self.mean_)

    def fit_transform(self, X: Any, y: Any) -> Floats:  # type: ignore[override]
        """Fit, and encode each training row by the folds that it is not in."""
        self.fit(X, y)
        X, y = validate_data(self, X, y, dtype=None, y_numeric=True, reset=False)
        encoded = np.empty(X.shape)
        splits = KFold(min(self.n_splits, len(y)), shuffle=True, random_state=self.random_state).split(X)
        for rest, held_out in splits:
            encoded[held_out] = encode(X[held_out], self._means(X[rest], y[rest]), float(y[rest].mean()))
        return encoded

    def _means(self, X: NDArray[Any], y: Floats) -> list[dict[Any, float]]:
        encodings = []
        for column in X.T:
            labels, position, count = np.unique(column, return_inverse=True, return_counts=True)
            total = np.bincount(position, weights=y)
            means = (total + self.smooth * y.mean()) / (count + self.smooth)
            encodings.append(dict(zip(labels.tolist(), means.tolist(), strict=True)))
        return encodings

    def __sklearn_tags__(self) -> Any:
        """Tell scikit-learn that a target is needed and that columns hold categories."""
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        tags.input_tags.categorical = True
        tags.input_tags.string = True
        return tags


def encode(X: NDArray[Any], encodings: list[dict[Any, float]], otherwise: float) -> Floats:
    """Look every value of X up in its column's encoding."""
    columns = [
        [means.get(label, otherwise) for label in column.tolist()]
        for column, means in zip(X.T, encodings, strict=True)
    ]
    return np.array(columns, dtype=float).T.reshape(X.shape)
