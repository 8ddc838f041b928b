"""Logistic and softmax regression: stable at any score, derivatives that are, scikit-learn's coefficients."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
import scipy.special
import sklearn.linear_model
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.linalg import hilbert
from sklearn.datasets import load_breast_cancer, load_digits, load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import log_loss
from sklearn.preprocessing import scale

from mlbook.ml.logistic import (
    LogisticCost,
    LogisticRegression,
    SoftmaxCost,
    SoftmaxRegression,
    cross_entropy,
    log_sum_exp,
    sigmoid,
    softmax,
)
from mlbook.ml.minimize import newton
from mlbook.ml.polynomial import PolynomialFeatures

SCORES = arrays(float, (3, 4), elements=st.floats(-1e300, 1e300))
MODEST = arrays(float, (3, 4), elements=st.floats(-50, 50))


def made_up(n_classes: int = 2, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(150, 4))
    scores = X @ rng.normal(size=(4, n_classes)) + rng.gumbel(size=(150, n_classes))
    return X, scores.argmax(axis=1)


def problem(n_classes: int, C: float = 1.0) -> Any:
    X, y = made_up(n_classes)
    design = np.column_stack([X, np.ones(len(X))])
    penalty = np.append(np.full(4, 1 / (C * len(X))), 0)
    if n_classes == 2:
        return LogisticCost(design, y.astype(float), penalty)
    return SoftmaxCost(design, np.eye(n_classes)[y], penalty)


# Functions of scores ----------------------------------------------------------------------------


@settings(max_examples=100, deadline=None)
@given(SCORES)
def test_log_sum_exp_equals_scipys_at_any_score(scores: np.ndarray) -> None:
    expected = scipy.special.logsumexp(scores, axis=1, keepdims=True)
    np.testing.assert_allclose(log_sum_exp(scores), expected, rtol=1e-14, atol=1e-15)


@settings(max_examples=100, deadline=None)
@given(SCORES)
def test_log_sum_exp_lies_between_the_largest_and_log_n_above(scores: np.ndarray) -> None:
    largest = scores.max(axis=1, keepdims=True)
    room = 1e-15 * np.abs(largest) + 1e-15
    assert (log_sum_exp(scores) >= largest - room).all()
    assert (log_sum_exp(scores) <= largest + np.log(4) + room).all()


@settings(max_examples=100, deadline=None)
@given(MODEST, st.floats(-1e6, 1e6))
def test_softmax_does_not_change_when_all_scores_do(scores: np.ndarray, shift: float) -> None:
    shifted = softmax(scores + shift)
    np.testing.assert_allclose(shifted.sum(axis=1), 1, rtol=1e-15)
    np.testing.assert_allclose(
        shifted, softmax(scores), rtol=1e-9
    )  # a sum of 1e6 has ten digits after the point


@pytest.mark.filterwarnings("error")
def test_no_score_is_too_large() -> None:
    np.testing.assert_array_equal(softmax([[1e308, 0.0], [0.0, -1e308]]), [[1, 0], [1, 0]])
    np.testing.assert_array_equal(sigmoid([-1e308, 0, 1e308]), [0, 0.5, 1])
    assert cross_entropy([[1e6, 0.0]], [1]) == 1e6


@settings(max_examples=100, deadline=None)
@given(st.floats(-700, 700))
def test_sigmoid_is_scipys_and_half_of_a_softmax(score: float) -> None:
    # an error of eps in the logarithm, which is up to 700, is an error of 700 eps in the value
    assert sigmoid(score) == pytest.approx(scipy.special.expit(score), rel=1e-12)
    assert sigmoid(score) == pytest.approx(softmax([0.0, score])[1], rel=1e-12)


def test_cross_entropy_is_scikit_learns_log_loss() -> None:
    scores, labels = np.random.default_rng(0).normal(size=(20, 3)), np.arange(20) % 3
    assert cross_entropy(scores, labels) == pytest.approx(log_loss(labels, softmax(scores)), rel=1e-12)


# Costs ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n_classes", [2, 3, 5])
def test_derivatives_are_those_of_the_cost(n_classes: int) -> None:
    cost = problem(n_classes)
    theta = np.random.default_rng(1).normal(size=5 if n_classes == 2 else 5 * n_classes)
    steps = 1e-5 * np.eye(len(theta))
    slopes = [(cost.value(theta + s) - cost.value(theta - s)) / 2e-5 for s in steps]
    bends = [(cost.gradient(theta + s) - cost.gradient(theta - s)) / 2e-5 for s in steps]
    # central differences: an error of 1e-10 from the third derivative, 1e-11 from rounding
    np.testing.assert_allclose(cost.gradient(theta), slopes, atol=1e-9)
    np.testing.assert_allclose(cost.hessian(theta), bends, atol=1e-9)
    assert np.linalg.eigvalsh(cost.hessian(theta))[-1] <= cost.steepest()
    assert np.linalg.eigvalsh(cost.hessian(0 * theta))[-1] <= cost.steepest()


def test_a_newton_step_is_least_squares_with_weights() -> None:
    cost = problem(2, C=np.inf)
    theta = np.array([0.3, -0.2, 0.1, 0.5, 0.0])
    p = sigmoid(cost.X @ theta)
    weight = p * (1 - p)
    target = cost.X @ theta + (cost.y - p) / weight
    root = np.sqrt(weight)
    solved = np.linalg.lstsq(root[:, None] * cost.X, root * target)[0]
    stepped, _ = newton(cost, theta, tol=0, max_iter=1)
    np.testing.assert_allclose(stepped, solved, rtol=1e-11)


def test_newton_doubles_the_digits_and_gets_home_from_far_away() -> None:
    cost = problem(2)
    slopes = [np.abs(cost.gradient(newton(cost, np.zeros(5), tol=0, max_iter=n)[0])).max() for n in (3, 4, 5)]
    assert slopes[1] < slopes[0] ** 1.7 and slopes[2] < max(slopes[1] ** 1.7, 1e-15)
    best, _ = newton(cost, np.zeros(5), tol=1e-10, max_iter=20)
    from_afar, _ = newton(
        cost, np.full(5, 30.0), tol=1e-10, max_iter=200
    )  # an undamped step goes astray here
    np.testing.assert_allclose(from_afar, best, rtol=1e-6)


def test_newton_takes_its_last_step_though_the_cost_cannot_show_it() -> None:
    cost = problem(2)
    best, _ = newton(cost, np.zeros(5), tol=1e-12, max_iter=20)
    for seed in range(30):
        near = best + 1e-9 * np.random.default_rng(seed).normal(size=5)
        again, _ = newton(cost, near, tol=1e-12, max_iter=20)
        assert np.abs(cost.gradient(again)).max() <= 1e-12


# The estimators ---------------------------------------------------------------------------------

EXACT = {"tol": 1e-11, "max_iter": 1000}


def theirs(C: float = 1.0, **settings: Any) -> sklearn.linear_model.LogisticRegression:
    return sklearn.linear_model.LogisticRegression(C=C, solver="newton-cholesky", **EXACT, **settings)


@pytest.mark.parametrize("C", [0.01, 1.0, 100.0])
@pytest.mark.parametrize("fit_intercept", [True, False])
@pytest.mark.parametrize("n_classes", [2, 3, 5])
def test_coefficients_equal_scikit_learns(n_classes: int, C: float, fit_intercept: bool) -> None:
    X, y = made_up(n_classes)
    ours: Any = (LogisticRegression if n_classes == 2 else SoftmaxRegression)(
        C, fit_intercept=fit_intercept, **EXACT
    )
    ours.fit(X, y)
    other = theirs(C, fit_intercept=fit_intercept).fit(X, y)
    # slopes of 1e-11 over curvatures of 1e-4 and more
    np.testing.assert_allclose(ours.coef_, other.coef_, atol=1e-7)
    np.testing.assert_allclose(ours.intercept_, other.intercept_, atol=1e-7)
    np.testing.assert_allclose(ours.predict_proba(X), other.predict_proba(X), atol=1e-7)
    np.testing.assert_array_equal(ours.predict(X), other.predict(X))


@pytest.mark.parametrize("data", ["polynomial", "hilbert"])
def test_on_ill_conditioned_data_the_penalty_makes_the_answer_unique(data: str) -> None:
    x = np.linspace(-1, 1, 60)
    X = (
        PolynomialFeatures(15, include_bias=False).fit_transform(x[:, None])
        if data == "polynomial"
        else hilbert(60)
    )
    y = (np.sin(5 * x) > 0.2).astype(int)
    ours, other = LogisticRegression(100.0, **EXACT).fit(X, y), theirs(100.0).fit(X, y)
    # the least curvature is that of the penalty, 1 / (100 * 60): slopes of 1e-11, 6000 times
    np.testing.assert_allclose(ours.coef_, other.coef_, atol=2 * 6000 * 1e-11)
    np.testing.assert_allclose(ours.predict_proba(X), other.predict_proba(X), atol=1e-6)


@pytest.mark.parametrize("n_classes", [2, 4])
def test_descent_arrives_where_newton_does(n_classes: int) -> None:
    X, y = made_up(n_classes)
    kind: Any = LogisticRegression if n_classes == 2 else SoftmaxRegression
    fits = [kind(solver=solver, tol=1e-9, max_iter=20_000).fit(X, y) for solver in ("newton", "descent")]
    np.testing.assert_allclose(
        fits[0].coef_, fits[1].coef_, atol=1e-6
    )  # slopes of 1e-9 over 1e-2, for safety
    assert fits[0].n_iter_ < 15 < fits[1].n_iter_ < 20_000


def test_two_classes_by_softmax_are_logistic_with_half_the_penalty() -> None:
    X, y = made_up()
    logistic, two = LogisticRegression(2.0, **EXACT).fit(X, y), SoftmaxRegression(1.0, **EXACT).fit(X, y)
    np.testing.assert_allclose(two.coef_[1] - two.coef_[0], logistic.coef_[0], atol=1e-8)
    np.testing.assert_allclose(two.predict_proba(X), logistic.predict_proba(X), atol=1e-8)
    np.testing.assert_allclose(two.decision_function(X), logistic.decision_function(X), atol=1e-7)


def test_softmax_weights_sum_to_zero_over_the_classes() -> None:
    model = SoftmaxRegression().fit(*made_up(4))
    np.testing.assert_allclose(model.coef_.sum(axis=0), 0, atol=1e-12)
    assert model.intercept_.sum() == pytest.approx(0, abs=1e-12)


def test_real_data() -> None:
    X, y = load_breast_cancer(return_X_y=True)
    ours, other = LogisticRegression(**EXACT).fit(scale(X), y), theirs().fit(scale(X), y)
    np.testing.assert_allclose(ours.coef_, other.coef_, atol=1e-7)
    X, y = load_digits(return_X_y=True)
    many = SoftmaxRegression(tol=1e-9).fit(X / 16, y)
    expected = sklearn.linear_model.LogisticRegression(tol=1e-7, max_iter=5000).fit(X / 16, y)
    # that solver stops at slopes of 1e-7, curvatures are 1 / 1797 at least
    np.testing.assert_allclose(many.coef_, expected.coef_, atol=1e-3)


def test_labels_are_kept() -> None:
    X, y = load_iris(return_X_y=True)
    names = np.array(["setosa", "versicolor", "virginica"], dtype=object)[y]
    model = SoftmaxRegression().fit(X, names)
    assert list(model.classes_) == ["setosa", "versicolor", "virginica"]
    assert model.score(X, names) > 0.95


def test_classes_a_line_separates_have_no_best_coefficients_without_a_penalty() -> None:
    X, y = np.array([[-2.0], [-1.0], [1.0], [2.0]]), np.array([0, 0, 1, 1])
    loose, looser = (LogisticRegression(np.inf, tol=tol).fit(X, y) for tol in (1e-3, 1e-6))
    assert looser.coef_[0, 0] > loose.coef_[0, 0] + 3
    assert looser.predict_proba(X)[0, 0] > 0.999
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        endless = LogisticRegression(np.inf, tol=0, max_iter=200).fit(X, y)
    assert np.isfinite(endless.coef_).all()


def test_too_few_steps_are_said() -> None:
    with pytest.warns(ConvergenceWarning, match="after 1 steps a slope of"):
        model = LogisticRegression(max_iter=1).fit(*made_up())
    assert model.n_iter_ == 1


def test_what_cannot_be_fitted_is_refused() -> None:
    X, y = made_up(3)
    with pytest.raises(ValueError, match="got 3 classes: SoftmaxRegression"):
        LogisticRegression().fit(X, y)
    with pytest.raises(ValueError, match="got one class, 7"):
        SoftmaxRegression().fit(X, np.full(len(y), 7))
    with pytest.raises(ValueError, match="got 0 and 'newton'"):
        SoftmaxRegression(0).fit(X, y)
    with pytest.raises(ValueError, match="got 1 and 'magic'"):
        SoftmaxRegression(1, solver="magic").fit(X, y)
