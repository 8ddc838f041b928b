"""Standard errors, intervals, inflation of coefficients: textbook values, and coverage over many samples."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import linregress
from sklearn.linear_model import LinearRegression

from mlbook.ml.inference import confidence_intervals, standard_errors, variance_inflation


def related(n_samples: int = 60, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    X = rng.normal(loc=5, size=(n_samples, 3))
    X[:, 2] = X[:, 1] + 0.2 * X[:, 2]
    return X, X @ [1.0, -2.0, 0.5] + rng.normal(size=n_samples)


def test_one_feature_equals_scipy() -> None:
    X, y = related()
    assert standard_errors(X[:, :1], y)[0] == pytest.approx(linregress(X[:, 0], y).stderr, rel=1e-12)


def test_several_features_equal_the_textbook() -> None:
    X, y = related()
    design = np.column_stack([np.ones(60), X])
    w = np.linalg.solve(design.T @ design, design.T @ y)
    variance = ((y - design @ w) ** 2).sum() / (60 - 4)
    expected = np.sqrt(variance * np.diag(np.linalg.inv(design.T @ design)))[1:]
    np.testing.assert_allclose(standard_errors(X, y), expected, rtol=1e-9)  # condition number² of 1e5
    np.testing.assert_allclose(confidence_intervals(X, y).mean(axis=1), w[1:], rtol=1e-9)


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    rng = np.random.default_rng(1)
    X, _ = related(20)
    truth = np.array([1.0, -2.0, 0.5])
    held = []
    for _ in range(2000):
        low, high = confidence_intervals(X, X @ truth + rng.normal(size=20), level=0.9).T
        held.append((low <= truth) & (truth <= high))
    np.testing.assert_allclose(np.mean(held, axis=0), 0.9, atol=0.027)  # four standard errors of 2000 draws


def test_inflation_is_that_of_columns_predicted_from_the_others() -> None:
    X, _ = related()
    for column, inflation in enumerate(variance_inflation(X)):
        others = np.delete(X, column, axis=1)
        r2 = LinearRegression(tol=1e-15).fit(others, X[:, column]).score(others, X[:, column])
        assert inflation == pytest.approx(1 / (1 - r2), rel=1e-10)
    assert variance_inflation(X)[0] < 1.2 < 20 < variance_inflation(X)[1]
    square = np.array([[1.0, 1], [1, -1], [-1, 1], [-1, -1]])
    np.testing.assert_allclose(variance_inflation(square), 1)


def test_too_few_rows_are_refused() -> None:
    with pytest.raises(ValueError, match="3 coefficients need 5 rows or more; got 4"):
        standard_errors(*related(4))
