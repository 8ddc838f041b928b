"""Polynomial features: scikit-learn's columns, in its order and with its names."""

from __future__ import annotations

from math import comb

import numpy as np
import pandas as pd
import pytest
import sklearn.preprocessing
from hypothesis import given, settings
from hypothesis import strategies as st

from mlbook.ml.polynomial import PolynomialFeatures, products


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 5), st.integers(0, 5), st.booleans(), st.integers(0, 1000))
def test_columns_and_names_equal_scikit_learns(n_features: int, degree: int, bias: bool, seed: int) -> None:
    if degree == 0 and not bias:
        return
    X = np.random.default_rng(seed).normal(size=(7, n_features))
    ours = PolynomialFeatures(degree, include_bias=bias)
    theirs = sklearn.preprocessing.PolynomialFeatures(degree, include_bias=bias)
    # the same factors, multiplied in another order: each product rounds once
    np.testing.assert_allclose(ours.fit_transform(X), theirs.fit_transform(X), rtol=1e-14)
    assert list(ours.get_feature_names_out()) == list(theirs.get_feature_names_out())


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 6), st.integers(0, 6))
def test_products_are_as_many_as_the_formula_says(n_features: int, degree: int) -> None:
    assert len(set(products(n_features, degree))) == comb(n_features + degree - 1, degree)


def test_high_degrees_of_large_numbers_keep_their_digits() -> None:
    powers = PolynomialFeatures(15).fit_transform([[1000.0], [1e-3]])
    np.testing.assert_allclose(powers[0], 1000.0 ** np.arange(16), rtol=1e-14)
    np.testing.assert_allclose(powers[1], 1e-3 ** np.arange(16), rtol=1e-14)


def test_columns_of_a_data_frame_keep_their_names() -> None:
    frame = pd.DataFrame({"age": [1.0, 2.0], "size": [3.0, 4.0]})
    names = PolynomialFeatures().fit(frame).get_feature_names_out()
    assert list(names) == ["1", "age", "size", "age^2", "age size", "size^2"]


@pytest.mark.parametrize(("degree", "bias"), [(-1, True), (0, False)])
def test_a_degree_without_columns_is_refused(degree: int, bias: bool) -> None:
    with pytest.raises(ValueError, match=f"degree {degree} leaves no column"):
        PolynomialFeatures(degree, include_bias=bias).fit([[1.0]])
