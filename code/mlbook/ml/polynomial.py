"""Polynomial features: products of columns, so that a linear model can bend."""

from __future__ import annotations

from itertools import combinations_with_replacement
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import _check_feature_names_in, check_is_fitted, validate_data

Floats = NDArray[np.float64]


def products(n_features: int, degree: int) -> list[tuple[int, ...]]:
    """List the products of that many features: (0, 0, 2) stands for x_0² x_2.

    There are (n_features + degree - 1)! / (degree! (n_features - 1)!) of them.
    """
    return list(combinations_with_replacement(range(n_features), degree))


class PolynomialFeatures(TransformerMixin, BaseEstimator):
    """Add all products of up to `degree` features, in scikit-learn's order.

    Parameters
    ----------
    degree : int, default 2
    include_bias : bool, default True
        Whether the first column is ones, the product of no features.
    """

    def __init__(self, degree: int = 2, *, include_bias: bool = True) -> None:
        self.degree = degree
        self.include_bias = include_bias

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn the number of features from X of shape (n_samples, n_features)."""
        if self.degree < 0 or (self.degree == 0 and not self.include_bias):
            raise ValueError(f"degree {self.degree} leaves no column")
        X = validate_data(self, X, dtype=float)
        degrees = range(0 if self.include_bias else 1, self.degree + 1)
        self.products_ = [product for degree in degrees for product in products(X.shape[1], degree)]
        return self

    def transform(self, X: Any) -> Floats:
        """Return the products: ndarray of shape (n_samples, n_products)."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=float, reset=False)
        X = np.asfortranarray(X)  # columns in one piece each
        columns: dict[tuple[int, ...], Floats] = {(): np.ones(len(X))}
        for degree in range(1, self.degree + 1):
            for product in products(X.shape[1], degree):
                columns[product] = X[:, product[0]] * columns[product[1:]]
        return np.array([columns[product] for product in self.products_]).T

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Name the columns: "1", "x0", "x0^2", "x0 x1" …"""
        check_is_fitted(self)
        names = _check_feature_names_in(self, input_features)
        return np.array([_name(product, names) for product in self.products_], dtype=object)


def _name(product: tuple[int, ...], names: Any) -> str:
    """Write a product with powers."""
    powers = [(names[feature], product.count(feature)) for feature in dict.fromkeys(product)]
    return " ".join(name if power == 1 else f"{name}^{power}" for name, power in powers) or "1"
