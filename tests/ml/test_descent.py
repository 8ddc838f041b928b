"""Gradient descent: the walk that theory predicts, scikit-learn's steps, and a regressor that arrives."""

from __future__ import annotations

import pickle
from itertools import islice

import numpy as np
import pytest
import scipy.optimize
import sklearn.linear_model
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import hilbert
from sklearn.base import clone
from sklearn.datasets import load_diabetes
from sklearn.preprocessing import scale

from mlbook.ml.descent import (
    DescentRegressor,
    batches,
    constant,
    cosine,
    descend,
    inverse_power,
    minibatch,
    safe_rate,
    steps,
)
from mlbook.ml.linear import LinearRegression
from mlbook.ml.losses import Huber, Poisson, Quantile, Squared


def made_up(n_samples: int = 200, n_features: int = 5, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_samples, n_features))
    return X, X @ rng.normal(size=n_features) + 2 + 0.5 * rng.normal(size=n_samples)


# The walk ---------------------------------------------------------------------------------------


def test_on_a_bowl_the_distance_shrinks_by_the_same_factor_each_step() -> None:
    bowl, bottom = np.array([1.0, 5.0]), np.array([3.0, -2.0])
    path = descend(lambda theta: bowl * (theta - bottom), [0.0, 0.0], 0.3, 20)
    factors = (1 - 0.3 * bowl) ** np.arange(21)[:, None]
    np.testing.assert_allclose(path, bottom - bottom * factors, atol=1e-14)


def test_momentum_takes_a_share_of_the_last_step_again() -> None:
    path = descend(lambda theta: theta, [1.0], 0.1, 30, momentum=0.9)[:, 0]
    expected = -0.1 * path[1:-1] + 0.9 * np.diff(path)[:-1]
    np.testing.assert_allclose(np.diff(path)[1:], expected, atol=1e-15)


def test_a_walk_that_leaves_the_floats_ends_at_its_last_finite_point() -> None:
    path = descend(lambda theta: 10 * theta, [1.0], 1.0, 1000)
    assert np.isfinite(path).all() and 300 < len(path) < 1000
    assert abs(path[-1, 0]) > 1e300


def test_the_start_is_not_changed_and_points_are_not_shared() -> None:
    start = np.ones(2)
    first, second = islice(steps(lambda theta: theta, start, 0.5), 2)
    assert start.tolist() == first.tolist() == [1, 1] and second.tolist() == [0.5, 0.5]


def test_schedules() -> None:
    assert [constant(0.3)(step) for step in (0, 9)] == [0.3, 0.3]
    assert [inverse_power(0.3, 0.5)(step) for step in (0, 3, 8)] == pytest.approx([0.3, 0.15, 0.1])
    assert [cosine(0.3, 10)(step) for step in (0, 5, 10, 99)] == pytest.approx([0.3, 0.15, 0, 0])


@pytest.mark.parametrize(
    ("name", "schedule"), [("constant", constant(0.01)), ("invscaling", inverse_power(0.01, 0.25))]
)
def test_stochastic_steps_are_scikit_learns(name: str, schedule: object) -> None:
    X, y = made_up()
    theirs = sklearn.linear_model.SGDRegressor(
        alpha=0, learning_rate=name, eta0=0.01, power_t=0.25, max_iter=3, tol=None, shuffle=False
    ).fit(X, y)
    design = np.column_stack([X, np.ones(len(X))])
    gradient = minibatch(Squared().gradient, design, y, 1)
    path = descend(gradient, np.zeros(6), schedule, 3 * len(X))  # type: ignore[arg-type]
    # the same 600 steps; each rounds, and errors shrink with the distance
    np.testing.assert_allclose(path[-1], [*theirs.coef_, *theirs.intercept_], rtol=1e-11)


# Batches ----------------------------------------------------------------------------------------


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 30), st.integers(1, 40), st.booleans())
def test_an_epoch_sees_every_row_once(n_samples: int, size: int, shuffled: bool) -> None:
    rng = np.random.default_rng(0) if shuffled else None
    an_epoch = -(-n_samples // size)
    for _ in range(2):
        rows = [np.arange(n_samples)[batch] for batch in islice(batches(n_samples, size, rng), an_epoch)]
        assert sorted(np.concatenate(rows)) == list(range(n_samples))
        assert all(len(batch) <= size for batch in rows)


def test_mean_of_the_batches_gradients_is_the_gradient() -> None:
    X, y = made_up()
    theta = np.ones(5)
    noisy = minibatch(Squared().gradient, X, y, 20, np.random.default_rng(0))
    mean = np.mean([noisy(theta) for _ in range(10)], axis=0)
    np.testing.assert_allclose(mean, Squared().gradient(theta, X, y), rtol=1e-13)


# The regressor ----------------------------------------------------------------------------------


@pytest.mark.parametrize("momentum", [0.0, 0.5])
def test_batch_descent_arrives_at_least_squares(momentum: float) -> None:
    X, y = made_up()
    ours = DescentRegressor(momentum=momentum, tol=1e-13, max_iter=5000).fit(X, y)
    solved = LinearRegression().fit(X, y)
    # it stops when a step moves 1e-13 of the largest; condition number² (below 4) such steps may be left
    np.testing.assert_allclose(ours.coef_, solved.coef_, rtol=1e-10)
    assert ours.intercept_ == pytest.approx(solved.intercept_, rel=1e-10)
    assert ours.n_iter_ < 5000


@pytest.mark.parametrize(("size", "rate"), [(1, 0.1), (32, 0.5)])
def test_noise_averages_out_when_the_rate_falls(size: int, rate: float) -> None:
    X, y = made_up()
    solved = LinearRegression().fit(X, y)
    falling = DescentRegressor(
        learning_rate=inverse_power(rate, 0.6), batch_size=size, max_iter=60, random_state=0
    )
    fixed = clone(falling).set_params(learning_rate=rate)
    off = [np.abs(model.fit(X, y).coef_ - solved.coef_).max() for model in (falling, fixed)]
    # the data themselves leave the coefficients uncertain by 0.035; the noise of the walk is to stay below
    assert off[0] < 0.02
    assert off[0] < 0.3 * off[1]


def test_on_a_hilbert_matrix_it_has_gone_as_far_as_theory_says() -> None:
    X = hilbert(20)[:, :8]
    y = np.cos(np.arange(20.0))
    ours = DescentRegressor(max_iter=1000, tol=0, fit_intercept=False).fit(X, y)
    U, s, Vt = np.linalg.svd(X, full_matrices=False)
    # 1 - (1 - s²/s_0²)^1000 of each direction; the first is there at once, the last has hardly begun
    share = np.append(1.0, -np.expm1(1000 * np.log1p(-((s[1:] / s[0]) ** 2))))
    assert share[-1] < 1e-6
    # 1000 steps, each rounding at 1e-16 of coefficients of about 1
    np.testing.assert_allclose(ours.coef_, Vt.T @ (share / s * (U.T @ y)), atol=1e-12)


def test_real_data_end_at_the_librarys_coefficients() -> None:
    X, y = load_diabetes(return_X_y=True)
    X = scale(X)
    ours = DescentRegressor(momentum=0.95, max_iter=20_000, tol=1e-12).fit(X, y)
    theirs = sklearn.linear_model.LinearRegression().fit(X, y)
    # condition number² is 470: that many times the last step may be left
    np.testing.assert_allclose(ours.coef_, theirs.coef_, rtol=1e-7)


def test_poisson_descent_equals_the_library() -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(scale=0.5, size=(300, 3))
    y = rng.poisson(np.exp(X @ [0.5, -0.3, 0.2] + 0.4)).astype(float)
    ours = DescentRegressor(Poisson(), learning_rate=0.2, tol=1e-12, max_iter=5000).fit(X, y)
    theirs = sklearn.linear_model.PoissonRegressor(alpha=0, tol=1e-10, solver="newton-cholesky").fit(X, y)
    np.testing.assert_allclose(ours.coef_, theirs.coef_, rtol=1e-7)  # tolerances of both, times a few
    np.testing.assert_allclose(ours.predict(X), theirs.predict(X), rtol=1e-7)


def test_quantile_descent_costs_what_the_linear_program_costs() -> None:
    X, y = made_up()
    rate = inverse_power(0.5, 0.6)
    ours = DescentRegressor(Quantile(0.9), learning_rate=rate, max_iter=5000, tol=0).fit(X, y)
    theirs = sklearn.linear_model.QuantileRegressor(quantile=0.9, alpha=0).fit(X, y)
    cost = [Quantile(0.9).value(model.predict(X), y).mean() for model in (ours, theirs)]
    assert cost[1] <= cost[0] < 1.001 * cost[1]  # the loss has kinks: descent comes near and does not arrive


def test_huber_descent_equals_another_minimizer_and_ignores_an_outlier() -> None:
    X, y = made_up()
    clean = LinearRegression().fit(X, y).coef_
    y[0] += 1000
    design = np.column_stack([X, np.ones(len(X))])
    found = scipy.optimize.minimize(
        Huber().cost, np.zeros(6), args=(design, y), jac=Huber().gradient, options={"gtol": 1e-10}
    )
    ours = DescentRegressor(Huber(), tol=1e-12, max_iter=5000).fit(X, y)
    np.testing.assert_allclose(
        ours.coef_, found.x[:5], rtol=1e-7
    )  # gradients of 1e-10, curvatures of about 1
    assert np.abs(ours.coef_ - clean).max() < 0.1 < np.abs(LinearRegression().fit(X, y).coef_ - clean).max()


@pytest.mark.parametrize("size", [None, 1, 16])
def test_the_safe_rate_is_safe_and_one_far_above_is_not(size: int | None) -> None:
    X, y = made_up()
    X = X * [1, 10, 100, 1000, 1]
    DescentRegressor(batch_size=size, max_iter=50, random_state=0).fit(X, y)
    too_much = 2.1 * safe_rate(X, size or len(X)) * (1 if size is None else 30)
    with pytest.raises(ValueError, match="diverged in epoch"):
        DescentRegressor(learning_rate=too_much, batch_size=size, random_state=0, max_iter=10_000).fit(X, y)


def test_the_safe_rate_of_a_batch_fears_the_longest_row() -> None:
    X = np.diag([3.0, 4.0, 12.0, 1.0])
    assert safe_rate(X, 4) == pytest.approx(4 / 144)
    assert safe_rate(X, 1) == safe_rate(X, 3) == pytest.approx(1 / 144)


def test_a_column_of_zeros_has_no_curvature() -> None:
    assert safe_rate(np.zeros((3, 1)), 3) == 1
    assert DescentRegressor(fit_intercept=False).fit([[0.0], [0.0]], [1.0, 2.0]).coef_.tolist() == [0]


def test_the_seed_decides() -> None:
    X, y = made_up()
    one, same, other = (
        DescentRegressor(batch_size=8, max_iter=2, random_state=seed).fit(X, y).coef_ for seed in (1, 1, 2)
    )
    assert one.tolist() == same.tolist() != other.tolist()


@pytest.mark.parametrize("settings", [{"max_iter": 0}, {"batch_size": 0}])
def test_impossible_numbers_are_refused(settings: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="1 or more; got"):
        DescentRegressor(**settings).fit(*made_up())  # type: ignore[arg-type]


def test_a_fitted_model_can_be_sent_to_another_process() -> None:
    X, y = made_up()
    model = DescentRegressor(Huber(2.0), max_iter=5).fit(X, y)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(model)).predict(X), model.predict(X))
