"""Lasso and elastic net: scikit-learn's coefficients, and certificates where those are uncertain."""

from __future__ import annotations

import numpy as np
import pytest
import sklearn.linear_model
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import hilbert
from sklearn.datasets import load_diabetes
from sklearn.exceptions import ConvergenceWarning
from sklearn.preprocessing import scale

from mlbook.ml.lasso import (
    ElasticNet,
    Lasso,
    coordinate_descent,
    duality_gap,
    elastic_net_cost,
    elastic_net_path,
    penalties,
    soft_threshold,
    strongest_penalty,
)
from mlbook.ml.polynomial import PolynomialFeatures


def made_up(n_samples: int = 100, n_features: int = 20, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_samples, n_features))
    weights = rng.normal(size=n_features) * (np.arange(n_features) < 5)
    return X, X @ weights + 3 + 0.5 * rng.normal(size=n_samples)


def centered(X: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return X - X.mean(axis=0), y - y.mean()


# The soft threshold -----------------------------------------------------------------------------


@settings(max_examples=200, deadline=None)
@given(st.floats(-100, 100), st.floats(0, 100), st.floats(-150, 150))
def test_the_soft_threshold_minimizes_what_it_says(z: float, amount: float, other: float) -> None:
    def cost(w: float) -> float:
        return (w - z) ** 2 / 2 + amount * abs(w)

    assert cost(soft_threshold(z, amount)) <= cost(other) + 1e-11  # costs of up to 3e4, sixteen digits


@settings(max_examples=100, deadline=None)
@given(st.floats(-100, 100), st.floats(-100, 100), st.floats(0, 100))
def test_the_soft_threshold_never_moves_points_apart(a: float, b: float, amount: float) -> None:
    assert abs(soft_threshold(a, amount) - soft_threshold(b, amount)) <= abs(a - b) + 1e-12


def test_the_soft_threshold_takes_arrays() -> None:
    np.testing.assert_array_equal(soft_threshold(np.array([-3, -1, 0, 0.5, 2]), 1), [-2, 0, 0, 0, 1])


# The gap ----------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.05, 1), st.floats(0.01, 0.9))
def test_the_gap_bounds_what_is_left(seed: int, l1_ratio: float, share: float) -> None:
    X, y = centered(*made_up(20, 4, seed))
    l1, l2 = penalties(share * strongest_penalty(X, y), l1_ratio)
    best, _ = coordinate_descent(X, y, l1, l2, np.zeros(4), tol=1e-14, max_iter=10_000)
    least = elastic_net_cost(X, y, best, l1, l2)
    rng = np.random.default_rng(seed)
    for spread in (0, 1e-3, 1):
        w = best + spread * rng.normal(size=4)
        left = elastic_net_cost(X, y, w, l1, l2) - least
        assert left - 1e-12 <= duality_gap(X, y, w, l1, l2)
    assert duality_gap(X, y, best, l1, l2) < 1e-12


def test_the_gap_at_zero_is_known() -> None:
    X, y = centered(*made_up())
    l1 = 0.5 * strongest_penalty(X, y)
    # errors scaled by a half: cost 1/2, dual value 1/2 - 1/8, times the mean square of the target
    assert duality_gap(X, y, np.zeros(20), l1, 0.3) == pytest.approx((y @ y) / len(y) / 8, rel=1e-12)


# The estimators ---------------------------------------------------------------------------------


@pytest.mark.parametrize("alpha", [0.05, 0.2, 1.0])
@pytest.mark.parametrize("l1_ratio", [0.1, 0.5, 1.0])
@pytest.mark.parametrize("shape", [(100, 20), (30, 60)])
def test_elastic_net_equals_scikit_learn(alpha: float, l1_ratio: float, shape: tuple[int, int]) -> None:
    X, y = made_up(*shape)
    settings = {"alpha": alpha, "l1_ratio": l1_ratio, "tol": 1e-12, "max_iter": 100_000}
    ours, theirs = ElasticNet(**settings).fit(X, y), sklearn.linear_model.ElasticNet(**settings).fit(X, y)
    # a gap of 1e-12 leaves coefficients uncertain by its root over the least curvature, which is about 1 or,
    # with more columns than rows, that of the chosen ones
    np.testing.assert_allclose(ours.coef_, theirs.coef_, atol=1e-5)
    assert ours.intercept_ == pytest.approx(theirs.intercept_, abs=1e-5)
    np.testing.assert_array_equal(ours.coef_ == 0, theirs.coef_ == 0)


def test_without_an_intercept_too() -> None:
    X, y = made_up()
    ours = Lasso(0.1, tol=1e-12, fit_intercept=False).fit(X, y)
    theirs = sklearn.linear_model.Lasso(0.1, tol=1e-12, fit_intercept=False).fit(X, y)
    np.testing.assert_allclose(ours.coef_, theirs.coef_, atol=1e-5)
    assert ours.intercept_ == 0


@pytest.mark.parametrize(
    ("data", "alpha"), [("polynomial", 1e-3), ("polynomial", 0.1), ("hilbert", 1e-2), ("hilbert", 1e-3)]
)
def test_on_ill_conditioned_data_the_costs_agree_to_their_certificates(alpha: float, data: str) -> None:
    x = np.linspace(-1, 1, 40)
    X = PolynomialFeatures(15, include_bias=False).fit_transform(x[:, None])
    if data == "hilbert":
        X = hilbert(40)[:, :12]
    X, y = centered(X, np.sin(4 * x))
    settings = {"alpha": alpha, "tol": 1e-4, "max_iter": 20_000}
    ours, theirs = Lasso(**settings).fit(X, y), sklearn.linear_model.Lasso(**settings).fit(X, y)
    (our_cost, our_gap), (their_cost, their_gap) = (
        (elastic_net_cost(X, y, w, alpha, 0), duality_gap(X, y, w, alpha, 0))
        for w in (ours.coef_, theirs.coef_)
    )
    # coefficients may differ, many sets cost nearly the same; each cost is within its gap of the minimum
    assert max(our_gap, their_gap) <= 1e-4 * (y @ y) / len(y)
    assert -our_gap - 1e-15 <= their_cost - our_cost <= their_gap + 1e-15


def test_real_data() -> None:
    X, y = load_diabetes(return_X_y=True)
    X = scale(X)
    ours = Lasso(2.0, tol=1e-10).fit(X, y)
    theirs = sklearn.linear_model.Lasso(2.0, tol=1e-10).fit(X, y)
    np.testing.assert_allclose(ours.coef_, theirs.coef_, atol=1e-3)  # coefficients of 25; gap as above
    np.testing.assert_array_equal(ours.coef_ == 0, theirs.coef_ == 0)


def test_the_strongest_penalty_is_where_the_first_coefficient_appears() -> None:
    X, y = made_up()
    alpha = strongest_penalty(*centered(X, y))
    assert not Lasso(1.0001 * alpha).fit(X, y).coef_.any()
    assert np.count_nonzero(Lasso(0.99 * alpha).fit(X, y).coef_) == 1


def test_a_path_equals_scikit_learns_and_single_fits() -> None:
    X, y = made_up()
    alphas = strongest_penalty(*centered(X, y)) * np.array([1.0, 0.3, 0.1, 0.03])
    path = elastic_net_path(X, y, alphas, tol=1e-12)
    _, theirs, _ = sklearn.linear_model.lasso_path(*centered(X, y), alphas=alphas, tol=1e-12)
    np.testing.assert_allclose(path, theirs.T, atol=1e-5)
    np.testing.assert_allclose(path[2], Lasso(alphas[2], tol=1e-12).fit(X, y).coef_, atol=1e-5)
    assert (np.diff(np.count_nonzero(path, axis=1)) >= 0).all()


def test_constant_columns_and_targets_get_zeros() -> None:
    X, y = made_up()
    X[:, 3] = 7
    assert Lasso(0.01).fit(X, y).coef_[3] == 0
    flat = Lasso(0.01).fit(X, np.full(len(y), 5.0))
    assert not flat.coef_.any() and flat.intercept_ == 5


def test_too_few_sweeps_are_said() -> None:
    X, y = made_up()
    with pytest.warns(ConvergenceWarning, match=r"max_iter=2 .* duality gap of"):
        model = Lasso(0.001, max_iter=2, tol=1e-12).fit(X, y)
    assert model.n_iter_ == 2


@pytest.mark.parametrize(("alpha", "l1_ratio"), [(0, 1), (-1, 0.5), (1, 0), (1, 1.5)])
def test_what_is_not_a_lasso_is_refused(alpha: float, l1_ratio: float) -> None:
    with pytest.raises(ValueError, match=f"got {alpha} and {l1_ratio}"):
        ElasticNet(alpha, l1_ratio=l1_ratio).fit(*made_up())
