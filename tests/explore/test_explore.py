"""The explorables' data and stills. (The browser's arithmetic is compared in `tests/site`.)"""

from __future__ import annotations

import json
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_iris

from mlbook import viz
from mlbook.explore import bias_variance, descent, ridge_lasso, softmax
from mlbook.viz.render import drawing


def ridge_lasso_data(**options: Any) -> dict[str, Any]:
    x, y = load_diabetes(return_X_y=True)
    return ridge_lasso.data(x[:, [2, 3]], y, names=("body mass", "blood pressure"), **options)


def softmax_data(**options: Any) -> dict[str, Any]:
    x, y = load_iris(return_X_y=True)
    return softmax.data(x[:, 2:], y, names=("length (cm)", "width (cm)"), classes=("a", "b", "c"), **options)


ALL = [
    (descent, descent.data),
    (bias_variance, bias_variance.data),
    (ridge_lasso, ridge_lasso_data),
    (softmax, softmax_data),
]


@pytest.fixture(autouse=True)
def clean() -> Iterator[None]:
    with matplotlib.rc_context():
        matplotlib.use("agg")
        viz.style()
        yield
    plt.close("all")


@pytest.mark.parametrize(("module", "data"), ALL, ids=lambda part: part.__name__.split(".")[-1])
def test_data_are_small_plain_and_the_same_every_time(module: ModuleType, data: Any) -> None:
    text = json.dumps(data(), allow_nan=False)
    assert text == json.dumps(data())
    assert len(text) < 30_000
    made = data()
    assert made["title"] and made["question"].endswith("?")


@pytest.mark.parametrize(("module", "data"), ALL, ids=lambda part: part.__name__.split(".")[-1])
def test_a_still_is_drawn_from_the_data_alone(module: ModuleType, data: Any) -> None:
    kept = json.loads(json.dumps(data()))
    figure = module.still(kept)
    assert all(axes.get_xlabel() for axes in figure.axes)
    first = drawing(figure)
    plt.close(figure)
    assert first == drawing(module.still(data()))
    assert len(str(first["light"])) < 300_000


@pytest.mark.parametrize("condition", [1, 7, 100])
def test_the_valley_has_the_condition_number_it_says(condition: float) -> None:
    data = descent.data()
    features, targets = descent.problem(data, condition)
    curvature = np.linalg.eigvalsh(2 / len(features) * features.T @ features)
    # The data are rounded to six decimals.
    assert curvature.max() == pytest.approx(2, abs=1e-5)
    assert curvature.max() / curvature.min() == pytest.approx(condition, rel=1e-5)
    best, *_ = np.linalg.lstsq(features, targets, rcond=None)
    np.testing.assert_allclose(best, data["optimum"], atol=1e-4)
    assert np.mean((features @ best - targets) ** 2) == pytest.approx(data["minimum"], abs=1e-6)


def test_mini_batches_are_shuffled_epochs() -> None:
    data = descent.data(steps=60)
    order = np.array(data["order"])
    assert len(order) >= 60 * 16
    for epoch in order.reshape(-1, 32):
        assert sorted(epoch) == list(range(32))


@pytest.mark.parametrize("momentum", [0.0, 0.6])
def test_descent_is_stable_just_below_its_limit_only(momentum: float) -> None:
    data = descent.data(steps=400)
    ends = []
    for factor in (0.97, 1.03):
        run = descent.descend(data, rate=factor * (1 + momentum), condition=4, momentum=momentum)
        ends.append(run.losses[-1] - data["minimum"])
    start = run.losses[0] - data["minimum"]
    assert ends[0] < 0.01 * start and not ends[1] < 10 * start


def test_bias_and_variance_add_up_to_the_error_on_new_points() -> None:
    data = bias_variance.data()
    grid = np.array(data["grid"])
    parts = bias_variance.decompose(data, degree=5, noise=0.4, count=25)
    noise = np.random.default_rng(1).normal(0, 0.4, size=(2000, 1, len(grid)))
    error = np.mean((parts.fits - (bias_variance.truth(data, grid) + noise)) ** 2)
    # 2,000 new targets at each of 77 places: the error's own spread is about 0.001.
    assert error == pytest.approx(parts.bias + parts.variance + 0.4**2, abs=0.004)


def test_places_of_a_sample_are_spread_evenly() -> None:
    data = bias_variance.data()
    for count in data["counts"]:
        x, _ = bias_variance.sample(data, 3, count, 0.0)
        gaps = np.diff(np.sort(x))
        assert x.min() >= -1 and x.max() < 1 and gaps.max() < 2.7 * 2 / count


def test_ridge_and_lasso_data_are_the_regressions_own() -> None:
    data = ridge_lasso_data()
    x, y = load_diabetes(return_X_y=True)
    x = (x[:, [2, 3]] - x[:, [2, 3]].mean(axis=0)) / x[:, [2, 3]].std(axis=0)
    best = ridge_lasso.solve("ridge", correlation=data["correlation"], optimum=data["optimum"], penalty=1e-9)
    expected, *_ = np.linalg.lstsq(x, (y - y.mean()) / y.std(), rcond=None)
    np.testing.assert_allclose(best, expected, atol=0.006)


def test_classifier_data_repeat_no_place() -> None:
    data = softmax_data(per_class=10)
    assert len(np.unique(data["points"], axis=0)) == len(data["points"]) == 30
    assert data["labels"] == sorted([0, 1, 2] * 10)
    points = softmax.standardized(data, np.array(data["points"]))
    np.testing.assert_allclose(points.mean(axis=0), 0, atol=1e-3)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: descent.data(batch=3), "got 3"),
        (lambda: descent.data(condition=0.5), r"got 0\.5"),
        (lambda: bias_variance.data(degree=13), "got 13"),
        (lambda: bias_variance.data(count=5), "got 5"),
        (lambda: ridge_lasso.data(np.ones((4, 3)), np.ones(4), names=("a", "b")), r"\(4, 3\)"),
        (
            lambda: ridge_lasso.data([[1, 1], [2, 2.01], [3, 2.98]], [1, 0, 1], names=("a", "b")),
            "outside the picture",
        ),
        (
            lambda: softmax.data(np.ones((4, 2)), [0, 1, 1, 0], names=("a", "b"), classes=("x", "y", "z")),
            "0, 1",
        ),
        (
            lambda: softmax.data(np.ones((4, 1)), [0, 1, 2, 0], names=("a",), classes=("x", "y", "z")),
            "1 names",
        ),
    ],
)
def test_what_cannot_be_shown_is_refused(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()
