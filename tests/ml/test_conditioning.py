"""Rates of descent on a bowl: what the formulas say is what the walk does."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlbook.ml.conditioning import best_momentum, best_rate, condition_number, contraction, curvatures
from mlbook.ml.descent import descend

BOWL = np.array([0.1, 1.0, 4.0])


def measured(rate: float, momentum: float, n_steps: int = 400) -> float:
    """The factor a step, from a walk on the bowl, averaged over its second half."""
    path = np.linalg.norm(descend(lambda theta: BOWL * theta, np.ones(3), rate, n_steps, momentum), axis=1)
    return float((path[-1] / path[n_steps // 2]) ** (1 / (n_steps - n_steps // 2)))


@pytest.mark.parametrize(
    ("rate", "momentum"), [(0.1, 0.0), (0.3, 0.0), (0.499, 0.0), (0.51, 0.0), (0.3, 0.6)]
)
def test_the_factor_is_what_a_walk_shows(rate: float, momentum: float) -> None:
    # with momentum distances swing; where the swing stands at the end shifts the mean of 200 steps a little
    assert measured(rate, momentum) == pytest.approx(contraction(BOWL, rate, momentum), rel=0.005)


def test_descent_diverges_beyond_two_over_the_steepest() -> None:
    assert contraction(BOWL, 0.4999) < 1 < contraction(BOWL, 0.5001)
    assert measured(0.5001, 0) > 1


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(0.01, 100), min_size=1, max_size=5), st.floats(0.5, 2))
def test_no_rate_beats_the_best(bowl: list[float], factor: float) -> None:
    best, k = best_rate(bowl), max(bowl) / min(bowl)
    assert contraction(bowl, best) == pytest.approx((k - 1) / (k + 1), abs=1e-9)
    assert contraction(bowl, best) <= contraction(bowl, best * factor) + 1e-12


def test_no_rate_and_momentum_beat_the_best() -> None:
    rate, momentum = best_momentum(BOWL)
    root = np.sqrt(BOWL.max() / BOWL.min())
    least = contraction(BOWL, rate, momentum)
    assert least == pytest.approx((root - 1) / (root + 1), abs=1e-7)  # a double root: half the digits
    for other_rate in rate * np.linspace(0.5, 1.5, 21):
        for other in np.linspace(0, 0.99, 34):
            assert contraction(BOWL, other_rate, other) >= least - 1e-7


def test_curvatures_are_those_of_the_squared_loss() -> None:
    X = np.random.default_rng(0).normal(size=(30, 3))
    values = curvatures(X)
    assert condition_number(X) ** 2 == pytest.approx(values[-1] / values[0], rel=1e-10)
    assert values.sum() == pytest.approx((X**2).sum() / 30, rel=1e-12)


def test_a_matrix_without_a_direction_is_infinitely_ill_conditioned() -> None:
    assert condition_number([[1.0, 0.0], [0.0, 0.0]]) == float("inf")
    assert condition_number(np.eye(3) * 7) == pytest.approx(1)
