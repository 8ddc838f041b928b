"""The browser's arithmetic of each explorable against Python's, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import explorable_book
import numpy as np
import pytest
from playwright.sync_api import Browser, Page
from visiting import Opener

from mlbook.book.server import Server
from mlbook.explore import bias_variance, descent, ridge_lasso, softmax

# Both sides compute the same sums in double precision, in another order.
SAME = 1e-9


@pytest.fixture(scope="module")
def browser_page(chromium: Browser, explorables: Server) -> Iterator[Page]:
    page = chromium.new_page()
    page.goto(explorables.url + "index.html")
    yield page
    page.close()


@pytest.fixture
def call(browser_page: Page) -> Any:
    """Call a function of a model in the browser."""

    def called(name: str, function: str, *arguments: Any) -> Any:
        code = "async ([url, name, args]) => (await import(url))[name](...args)"
        url = f"{browser_page.url.removesuffix('index.html')}assets/explore/{name}-model.js"
        return browser_page.evaluate(code, [url, function, list(arguments)])

    return called


@pytest.fixture(scope="module")
def shown() -> dict[str, dict[str, Any]]:
    return {name: made.data for name, made in explorable_book.explorables().items()}


@pytest.mark.parametrize(
    "settings",
    [
        {"rate": 0.1, "condition": 20, "momentum": 0.0, "batch": 32},
        {"rate": 0.9, "condition": 100, "momentum": 0.9, "batch": 32},
        {"rate": 0.05, "condition": 3, "momentum": 0.5, "batch": 1},
        {"rate": 0.3, "condition": 1, "momentum": 0.0, "batch": 16},
        {"rate": 1.3, "condition": 10, "momentum": 0.0, "batch": 32},
    ],
    ids=lambda settings: "-".join(map(str, settings.values())),
)
def test_descent_takes_the_same_path(settings: dict[str, Any], call: Any, shown: dict) -> None:
    data = shown["descent"]
    found = call("descent", "descend", data, {**settings, "start": data["start"]})
    expected = descent.descend(data, **settings)
    np.testing.assert_allclose(found["path"], expected.path, rtol=SAME, atol=SAME)
    np.testing.assert_allclose(found["losses"], expected.losses, rtol=SAME, atol=SAME)
    assert found["minimum"] == pytest.approx(data["minimum"], abs=1e-6)


def test_descent_diverges_just_above_its_limit(call: Any, shown: dict) -> None:
    data = shown["descent"]
    for momentum in (0.0, 0.5):
        for factor, kind in ((0.9, "arrives"), (1.1, "diverges")):
            rate = factor * (1 + momentum)
            settings = {"rate": rate, "condition": 5, "momentum": momentum, "batch": 32}
            run = call("descent", "descend", data, {**settings, "start": data["start"]})
            assert call("descent", "outcome", run, data["steps"])["kind"] == kind


@pytest.mark.parametrize(
    ("degree", "noise", "count"), [(0, 0.4, 15), (3, 0.4, 25), (12, 1.0, 15), (12, 0.0, 50)]
)
def test_fits_have_the_same_bias_and_variance(
    degree: int, noise: float, count: int, call: Any, shown: dict
) -> None:
    data = shown["bias-variance"]
    found = call("bias-variance", "decompose", data, {"noise": noise, "count": count})
    expected = bias_variance.decompose(data, degree=degree, noise=noise, count=count)
    fits = [every[degree] for every in found["samples"]]
    # 12 powers on 15 points: the condition of the least squares problem takes some digits.
    np.testing.assert_allclose(fits, expected.fits, rtol=1e-6, atol=1e-6)
    assert found["bias"][degree] == pytest.approx(expected.bias, rel=1e-6)
    assert found["variance"][degree] == pytest.approx(expected.variance, rel=1e-6, abs=1e-12)


@pytest.mark.parametrize("kind", ["ridge", "lasso"])
@pytest.mark.parametrize("correlation", [-0.9, 0.0, 0.4, 0.9])
def test_ridge_and_lasso_are_those_of_scikit_learn(kind: Any, correlation: float, call: Any) -> None:
    rng = np.random.default_rng(7)
    for penalty in (0.0, 0.05, 0.4, 3.0):
        optimum = rng.uniform(-1, 1, 2).round(2).tolist()
        found = call("ridge-lasso", kind, correlation, optimum, penalty)
        if penalty == 0:
            np.testing.assert_allclose(found, optimum, atol=1e-9)
            continue
        expected = ridge_lasso.solve(kind, correlation=correlation, optimum=optimum, penalty=penalty)
        # scikit-learn's descent stops at a duality gap of 1e-12, so some 1e-6 from the solution.
        np.testing.assert_allclose(found, expected, atol=2e-6)
        assert [one == 0 for one in found] == [bool(abs(one) < 1e-12) for one in expected]


@pytest.mark.parametrize("penalty", [0.003, 0.01, 0.3])
def test_softmax_ends_where_scikit_learn_does(penalty: float, call: Any, shown: dict) -> None:
    data = shown["softmax"]
    points = softmax.standardized(data, np.array(data["points"])).tolist()
    settings = {"penalty": penalty, "steps": 100_000, "still": 1e-8}
    found = call("softmax", "train", [[0, 0, 0]] * 3, points, data["labels"], settings)
    expected = softmax.train(data, penalty=penalty)
    assert found["done"] and found["loss"] == pytest.approx(expected.loss, abs=1e-8)
    weights = np.array(found["weights"])
    # A slope of 1e-8 over a curvature of at least the penalty.
    np.testing.assert_allclose(weights[:, :2], expected.weights, atol=1e-5)
    # The intercepts are fixed up to a common shift.
    shifts = weights[:, 2] - expected.intercepts
    np.testing.assert_allclose(shifts, shifts.mean(), atol=1e-4)


def test_the_slope_of_the_softmax_loss_is_its_derivative(call: Any) -> None:
    rng = np.random.default_rng(3)
    points, labels = rng.normal(size=(6, 2)).tolist(), [0, 1, 2, 0, 1, 2]
    weights = rng.normal(size=(3, 3))
    slope = call("softmax", "lossAndGradient", weights.tolist(), points, labels, 0.1)["slope"]
    for place in np.ndindex(3, 3):
        step = np.zeros((3, 3))
        step[place] = 1e-5
        high, low = (
            call("softmax", "lossAndGradient", (weights + sign * step).tolist(), points, labels, 0.1)["loss"]
            for sign in (1, -1)
        )
        assert slope[place[0]][place[1]] == pytest.approx((high - low) / 2e-5, abs=1e-8)


def test_regions_cover_the_plane_once(call: Any) -> None:
    weights = np.random.default_rng(5).normal(size=(3, 3)).tolist()
    box = [[-2, -2], [2, -2], [2, 2], [-2, 2]]
    areas = []
    for k in range(3):
        corners = np.array(call("softmax", "region", weights, k, 1, box)).reshape(-1, 2)
        x, y = corners.T
        areas.append(0.5 * abs(float(np.sum(x * np.roll(y, -1) - y * np.roll(x, -1)))))
        narrow = call("softmax", "region", weights, k, 10, box)
        for corner in narrow:
            shares = sorted(call("softmax", "probabilities", weights, corner))
            assert shares[2] >= shares[1] * (10 - 1e-6)
    assert sum(areas) == pytest.approx(16)


def test_an_address_is_read_and_written(turn: Opener) -> None:
    page = turn("index.html").page
    states = page.evaluate(
        """async (url) => {
          const { number, numbers } = await import(url);
          const rate = number(0.11, [0.1, 0.2, 0.4]);
          const place = numbers([0, 0], (list) => (list.length === 2 ? list : undefined));
          return [rate.value, ...["0.3", "9", "", "x", "NaN", "Infinity"].map(rate.read),
            ...["1_-0.5", "1", "1_"].map(place.read), place.write([1 / 3, -0.001])];
        }""",
        page.url.removesuffix("index.html") + "assets/explore/state.js",
    )
    assert states == [0.1, 0.2, 0.4, None, None, None, None, [1, -0.5], None, None, "0.33_0"]
