"""Random features, and fits with more of them than rows."""

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression, Ridge

from mlbook.ml.wide import random_features, wide_fit


@pytest.fixture
def data() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 4))
    return X, np.column_stack([X[:, 0] ** 2, X[:, 1]]) + 0.1 * rng.normal(size=(60, 2))


def features_of(X: np.ndarray, size: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    train = rng.permutation(len(X))[:40]
    return random_features(X - X[train].mean(axis=0), size, rng)


@pytest.mark.parametrize("size", [8, 100])
def test_fits_are_those_of_scikit_learn(data: tuple[np.ndarray, np.ndarray], size: int) -> None:
    X, Y = data
    fit = wide_fit(X, Y, 40, size, [0.0, 0.3], seed=5)
    features = features_of(X, size, seed=5)
    train = np.setdiff1d(np.arange(60), fit.rows)
    for penalty, predicted in zip([0.0, 0.3], fit.predicted, strict=True):
        model = Ridge(alpha=penalty, solver="svd") if penalty else LinearRegression(tol=1e-12)
        expected = model.fit(features[train], Y[train]).predict(features[fit.rows])
        assert predicted == pytest.approx(expected, abs=1e-6)


def test_as_many_features_as_rows_leave_a_tiny_singular_value(data: tuple[np.ndarray, np.ndarray]) -> None:
    few, equal, many = (wide_fit(*data, 40, size, [0.0], seed=1).least for size in (10, 40, 400))
    assert equal < few / 10 and equal < many / 10


def test_seed_decides(data: tuple[np.ndarray, np.ndarray]) -> None:
    first, again, other = (wide_fit(*data, 40, 20, [0.0], seed=seed).predicted for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
