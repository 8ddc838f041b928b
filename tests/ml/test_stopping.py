"""Early stopping: it stops when it should, keeps the best point, and learns nothing from held-out rows."""

from __future__ import annotations

from itertools import count

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_diabetes
from sklearn.preprocessing import scale

from mlbook.ml.descent import DescentRegressor, descend, safe_rate, steps
from mlbook.ml.losses import Squared
from mlbook.ml.split import random_split
from mlbook.ml.stopping import StoppedRegressor, stop_early


def overfitting(n_samples: int = 60, n_features: int = 50) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n_samples, n_features))
    return X, 2 * X[:, 0] + rng.normal(size=n_samples)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, 20), min_size=1, max_size=30), st.integers(1, 5))
def test_it_stops_after_patience_and_returns_the_best_so_far(costs: list[int], patience: int) -> None:
    points = [np.array([float(number)]) for number in range(len(costs))]
    stopped = stop_early(points, lambda theta: float(costs[int(theta[0])]), patience)
    seen = costs[: len(stopped.costs)]
    assert stopped.costs.tolist() == seen
    assert stopped.best_step == int(stopped.best[0]) == seen.index(min(seen))
    waited = len(seen) - 1 - stopped.best_step
    assert waited == patience or (waited < patience and len(seen) == len(costs))


def test_an_endless_walk_is_left() -> None:
    walk = (np.array([float(number)]) for number in count())
    stopped = stop_early(walk, lambda theta: abs(float(theta[0]) - 7), patience=3)
    assert (stopped.best_step, len(stopped.costs)) == (7, 11)


def test_a_walk_of_no_points_has_no_best() -> None:
    with pytest.raises(ValueError, match="no points"):
        stop_early([], lambda theta: 0.0, patience=1)


def test_it_keeps_the_point_of_the_path_that_predicts_held_out_rows_best() -> None:
    X, y = overfitting()
    train, held = X[:40], X[40:]
    rate = safe_rate(train, 40)
    stopped = stop_early(
        steps(lambda theta: Squared().gradient(theta, train, y[:40]), np.zeros(50), rate),
        lambda theta: Squared().cost(theta, held, y[40:]),
        patience=20,
    )
    path = descend(lambda theta: Squared().gradient(theta, train, y[:40]), np.zeros(50), rate, 400)
    costs = [Squared().cost(theta, held, y[40:]) for theta in path]
    assert 0 < stopped.best_step == int(np.argmin(costs)) < 100
    np.testing.assert_array_equal(stopped.best, path[stopped.best_step])


def test_the_regressor_is_the_plain_one_stopped_at_its_best_epoch() -> None:
    X, y = overfitting()
    stopped = StoppedRegressor(validation_fraction=0.25, random_state=3).fit(X, y)
    train, held_out = random_split(len(y), 0.25, np.random.default_rng(3))
    plain = DescentRegressor(max_iter=stopped.best_iter_, tol=0).fit(X[train], y[train])
    np.testing.assert_allclose(stopped.coef_, plain.coef_, rtol=1e-12)
    errors = plain.predict(X[held_out]) - y[held_out]
    assert stopped.validation_costs_.min() == pytest.approx(np.mean(errors**2) / 2, rel=1e-12)
    assert stopped.n_iter_ == len(stopped.validation_costs_) == stopped.best_iter_ + 10


def test_it_predicts_new_rows_better_than_descent_to_the_end() -> None:
    X, y = overfitting(400)
    new_X, new_y, X, y = X[60:], y[60:], X[:60], y[:60]
    stopped = StoppedRegressor(validation_fraction=0.25, random_state=0).fit(X, y)
    ended = DescentRegressor(max_iter=20_000).fit(X, y)
    assert stopped.score(new_X, new_y) > ended.score(new_X, new_y) + 0.3


def test_batches_stop_early_too() -> None:
    X, y = load_diabetes(return_X_y=True)
    model = StoppedRegressor(batch_size=16, max_iter=200, random_state=0).fit(scale(X), y)
    assert model.n_iter_ < 200 and model.score(scale(X), y) > 0.45


@pytest.mark.parametrize("share", [0.0, 1.0, 0.001])
def test_a_side_without_rows_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match=f"validation_fraction={share} of 60 rows leaves none on one side"):
        StoppedRegressor(validation_fraction=share).fit(*overfitting())
