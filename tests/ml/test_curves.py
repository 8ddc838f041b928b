"""Learning and validation curves: scikit-learn's arrays, but for rounding; bias and variance that add up."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import sklearn.model_selection
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_diabetes, load_iris
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import KFold, ShuffleSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from mlbook.ml import linear
from mlbook.ml.curves import bias_variance, learning_curve, validation_curve

DIABETES = load_diabetes(return_X_y=True)


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"cv": 3, "scoring": "neg_root_mean_squared_error"},
        {"cv": KFold(4, shuffle=True, random_state=0), "train_sizes": [0.05, 0.3, 1.0]},
        {"cv": ShuffleSplit(2, random_state=0), "train_sizes": [20, 10, 350]},
    ],
    ids=["as it comes", "scoring", "shares", "rows"],
)
@pytest.mark.parametrize("model", [Ridge(), linear.Ridge()], ids=["theirs", "ours"])
def test_learning_curves_equal_scikit_learns(model: Any, asked: dict[str, Any]) -> None:
    ours = learning_curve(model, *DIABETES, **asked)
    with_sizes = {"train_sizes": np.array([0.1, 0.325, 0.55, 0.775, 1.0])} | asked
    theirs = sklearn.model_selection.learning_curve(model, *DIABETES, **with_sizes)
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12)


def test_classes_are_split_evenly() -> None:
    X, y = load_iris(return_X_y=True)
    cv = sklearn.model_selection.StratifiedKFold(5, shuffle=True, random_state=0)
    for folds in (5, cv):
        sizes = np.array([0.8, 1.0])
        model = LogisticRegression(max_iter=1000)
        ours = learning_curve(model, X, y, train_sizes=sizes, cv=folds)
        theirs = sklearn.model_selection.learning_curve(model, X, y, train_sizes=sizes, cv=folds)
        np.testing.assert_allclose(ours[2], theirs[2], rtol=1e-12)


@pytest.mark.parametrize("cv", [None, 3, KFold(4, shuffle=True, random_state=0)])
def test_validation_curves_equal_scikit_learns(cv: Any) -> None:
    X, y = pd.DataFrame(DIABETES[0]), pd.Series(DIABETES[1])
    model = make_pipeline(StandardScaler(), Ridge())
    asked = {"param_name": "ridge__alpha", "param_range": [0.1, 1, 10, 1000], "cv": cv}
    ours = validation_curve(model, X, y, **asked)
    theirs = sklearn.model_selection.validation_curve(model, X, y, **asked)
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12)
    assert model.get_params()["ridge__alpha"] == 1.0


@pytest.mark.parametrize("sizes", [[0.0, 1.0], [0.5, 1.5], [0, 10], [500]])
def test_sizes_there_are_not_rows_for_are_refused(sizes: list[float]) -> None:
    with pytest.raises(ValueError, match="1 to 353 rows; got"):
        learning_curve(Ridge(), *DIABETES, train_sizes=sizes)


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 30), st.integers(1, 10), st.integers(0, 1000))
def test_bias_and_variance_add_up_to_the_error(n_fits: int, n_points: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    predictions, truth = rng.normal(size=(n_fits, n_points)), rng.normal(size=n_points)
    squared_bias, variance = bias_variance(predictions, truth)
    np.testing.assert_allclose(squared_bias + variance, ((predictions - truth) ** 2).mean(axis=0), rtol=1e-12)


def test_a_constant_has_no_variance_and_noise_no_bias() -> None:
    truth = np.linspace(0, 1, 5)
    squared_bias, variance = bias_variance(np.full((4, 5), 0.5), truth)
    assert not variance.any() and squared_bias.tolist() == ((truth - 0.5) ** 2).tolist()
    noisy = truth + np.random.default_rng(0).normal(size=(100_000, 5))
    squared_bias, variance = bias_variance(noisy, truth)
    assert squared_bias.max() < 1e-3  # the standard error of the mean is 0.003
    np.testing.assert_allclose(variance, 1, rtol=0.03)
