"""Intervals that cover, bootstraps that follow theory, and sizes that follow the formula."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import mean_absolute_error, root_mean_squared_error

from mlbook.ml.evaluate import bootstrap, conformal_radius, mae, rmse, rows_per_arm, stability_index


def test_errors_equal_scikit_learn() -> None:
    truth, guess = np.random.default_rng(0).normal(size=(2, 200))
    assert rmse(truth, guess) == pytest.approx(root_mean_squared_error(truth, guess), rel=1e-12)
    assert mae(truth, guess) == pytest.approx(mean_absolute_error(truth, guess), rel=1e-12)


def test_bootstrap_spread_follows_theory() -> None:
    rng = np.random.default_rng(0)
    truth = rng.normal(size=2000)
    draws = bootstrap(truth, np.zeros(2000), rng, n_draws=800)
    # the RMSE of n standard normal errors has a standard deviation of about 1 / sqrt(2 n)
    assert draws.std() == pytest.approx(1 / np.sqrt(4000), rel=0.12)
    assert draws.mean() == pytest.approx(rmse(truth, np.zeros(2000)), rel=0.01)


def test_drawing_groups_widens_the_spread_when_groups_err_together() -> None:
    rng = np.random.default_rng(1)
    groups = np.repeat(np.arange(40), 50)
    errors = np.repeat(rng.normal(size=40), 50)
    rows = bootstrap(errors, 0 * errors, np.random.default_rng(2), n_draws=400)
    whole = bootstrap(errors, 0 * errors, np.random.default_rng(2), groups=groups, n_draws=400)
    assert whole.std() > 4 * rows.std()  # theory: sqrt(50) times


def test_single_groups_are_rows() -> None:
    truth, guess = np.random.default_rng(3).normal(size=(2, 60))
    by_row = bootstrap(truth, guess, np.random.default_rng(4), n_draws=50)
    by_group = bootstrap(truth, guess, np.random.default_rng(4), groups=np.arange(60), n_draws=50)
    np.testing.assert_allclose(by_row, by_group)


def test_conformal_margin_covers_as_promised() -> None:
    rng = np.random.default_rng(5)
    inside = []
    for _ in range(400):
        errors = np.abs(rng.standard_t(3, size=100))
        inside.append(np.mean(np.abs(rng.standard_t(3, size=50)) <= conformal_radius(errors[:99], 0.9)))
    assert np.mean(inside) == pytest.approx(0.9, abs=0.01)  # 20,000 trials


def test_too_few_calibration_rows_give_no_promise() -> None:
    assert conformal_radius([1.0, 2.0, 3.0], 0.9) == float("inf")
    assert conformal_radius(range(1, 10), 0.9) == 9


def test_stability_index_is_zero_for_the_same_and_grows_with_a_shift() -> None:
    rng = np.random.default_rng(6)
    old, same = rng.normal(size=(2, 20_000))
    assert stability_index(old, old) == pytest.approx(0, abs=1e-12)
    assert 0 < stability_index(old, same) < 0.01
    assert stability_index(old, same + 1) > 0.5 > stability_index(old, same + 0.2) > 0.01


def test_size_of_an_experiment_matches_a_simulation() -> None:
    n = rows_per_arm(0.5, 1.0)
    assert n == 63  # 2 (1.9600 + 0.8416)² / 0.25
    rng = np.random.default_rng(7)
    one, other = rng.normal(0.0, 1, (4000, n)), rng.normal(0.5, 1, (4000, n))
    seen = np.abs(one.mean(axis=1) - other.mean(axis=1)) / np.sqrt(2 / n) > 1.96
    assert seen.mean() == pytest.approx(0.8, abs=0.025)
