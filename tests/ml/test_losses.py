"""Losses: the values of others, slopes that are slopes, and what each aims at."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.special
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import mean_pinball_loss, mean_poisson_deviance, mean_squared_error

from mlbook.ml.losses import Huber, Loss, Poisson, Quantile, Squared

LOSSES = [Squared(), Huber(), Huber(0.3), Quantile(), Quantile(0.9), Poisson()]
RNG = np.random.default_rng(0)
Z, COUNTS = RNG.normal(size=200), RNG.poisson(2, size=200).astype(float)


def test_values_equal_those_of_other_libraries() -> None:
    # the same few operations in another order
    assert Squared().value(Z, COUNTS).mean() == pytest.approx(mean_squared_error(COUNTS, Z) / 2, rel=1e-12)
    np.testing.assert_allclose(Huber(0.7).value(Z, COUNTS), scipy.special.huber(0.7, Z - COUNTS), rtol=1e-12)
    expected = mean_pinball_loss(COUNTS, Z, alpha=0.9)
    assert Quantile(0.9).value(Z, COUNTS).mean() == pytest.approx(expected, rel=1e-12)


def test_poisson_is_half_the_deviance_but_for_what_no_model_changes() -> None:
    other = np.sin(Z)
    ours = Poisson().value(Z, COUNTS).mean() - Poisson().value(other, COUNTS).mean()
    theirs = mean_poisson_deviance(COUNTS, np.exp(Z)) - mean_poisson_deviance(COUNTS, np.exp(other))
    assert ours == pytest.approx(theirs / 2, rel=1e-12)


@pytest.mark.parametrize("loss", LOSSES, ids=repr)
@settings(max_examples=60, deadline=None)
@given(st.floats(-4, 4), st.floats(0, 6))
def test_the_slope_is_the_slope(loss: Loss, z: float, y: float) -> None:
    h = 1e-6
    around, target = np.array([z - h, z + h]), np.array([y, y])
    below, above = loss.slope(around, target)
    low, high = loss.value(around, target)
    # convex: the chord's slope lies between those at its ends; 1e-8 for rounding of values up to 60, over h
    assert below - 1e-8 <= (high - low) / (2 * h) <= above + 1e-8


@pytest.mark.parametrize("loss", LOSSES, ids=repr)
def test_the_gradient_is_that_of_the_cost(loss: Loss) -> None:
    X, theta = RNG.normal(size=(200, 3)), np.array([0.2, -0.3, 0.1])
    steps = 1e-6 * np.eye(3)
    chords = [(loss.cost(theta + s, X, COUNTS) - loss.cost(theta - s, X, COUNTS)) / 2e-6 for s in steps]
    np.testing.assert_allclose(loss.gradient(theta, X, COUNTS), chords, atol=1e-7)


def test_the_best_constant_is_mean_quantile_or_in_between() -> None:
    y = np.append(RNG.exponential(size=999), 500.0)
    grid = np.linspace(0, 5, 2001)

    def best(loss: Loss) -> float:
        return float(grid[np.argmin([loss.value(np.full_like(y, z), y).mean() for z in grid])])

    step = grid[1]
    assert best(Squared()) == pytest.approx(y.mean(), abs=step)
    assert best(Quantile(0.5)) == pytest.approx(np.median(y), abs=step)
    assert best(Quantile(0.9)) == pytest.approx(np.quantile(y, 0.9), abs=2 * step)
    assert np.median(y) < best(Huber(1.0)) < y.mean()


def test_poisson_predicts_a_mean_and_the_others_the_raw_value() -> None:
    np.testing.assert_allclose(Poisson().mean(Z), np.exp(Z))
    assert Squared().mean(Z) is Z
