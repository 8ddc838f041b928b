"""Chapter 4's estimators keep scikit-learn's contract, every check of it."""

from __future__ import annotations

from typing import Any

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from mlbook.ml.descent import DescentRegressor
from mlbook.ml.lasso import ElasticNet, Lasso
from mlbook.ml.linear import LinearRegression, Ridge
from mlbook.ml.logistic import LogisticRegression, SoftmaxRegression
from mlbook.ml.losses import Huber
from mlbook.ml.polynomial import PolynomialFeatures
from mlbook.ml.stopping import StoppedRegressor

ESTIMATORS = [
    LinearRegression(),
    LinearRegression("qr"),
    LinearRegression("normal"),
    Ridge(),
    Lasso(alpha=0.1),
    ElasticNet(alpha=0.1),
    DescentRegressor(),
    DescentRegressor(Huber(), batch_size=4, momentum=0.5, max_iter=100),
    StoppedRegressor(validation_fraction=0.3),
    LogisticRegression(),
    LogisticRegression(solver="descent"),
    SoftmaxRegression(),
    SoftmaxRegression(solver="descent"),
    PolynomialFeatures(),
]


@pytest.mark.filterwarnings(
    "ignore::sklearn.exceptions.ConvergenceWarning"
)  # descent on features of all sizes
@parametrize_with_checks(ESTIMATORS)
def test_estimators_keep_scikit_learns_contract(estimator: Any, check: Any) -> None:
    check(estimator)
