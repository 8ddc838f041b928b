"""A transformer that tames a column: values beyond learned bounds are pulled back to them."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

Floats = NDArray[np.float64]


class Clipper(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):
    """Pull values beyond two quantiles of the training data back to those quantiles.

    Parameters
    ----------
    lower, upper : float, default 0.005 and 0.995
        The quantiles, in [0, 1]. Missing values stay missing.
    """

    def __init__(self, lower: float = 0.005, upper: float = 0.995) -> None:
        self.lower = lower
        self.upper = upper

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn the bounds of each column from X of shape (n_rows, n_columns)."""
        if not 0 <= self.lower < self.upper <= 1:
            raise ValueError(
                f"lower and upper are quantiles, lower below upper; got {self.lower} and {self.upper}"
            )
        X = validate_data(self, X, dtype=float, ensure_all_finite="allow-nan")
        self.low_, self.high_ = np.nanquantile(X, [self.lower, self.upper], axis=0)
        return self

    def transform(self, X: Any) -> Floats:
        """Return X with every value inside its column's bounds."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=float, ensure_all_finite="allow-nan", reset=False)
        return np.clip(X, self.low_, self.high_)

    def __sklearn_tags__(self) -> Any:
        """Tell scikit-learn that missing values are welcome."""
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags
