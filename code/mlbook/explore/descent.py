"""Explorable `descent`: gradient descent in a valley that can be reshaped.

The loss is the mean squared error of a linear model with two weights. Its features are whitened, then shrunk
in one direction and turned, so that the loss has just the condition number that is asked for, and its largest
curvature is 2 whatever that number: plain descent is stable below a learning rate of 1, and with momentum β
below 1 + β (Polyak 1964). Mini-batches are real ones: rows of the same data in shuffled epochs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from mlbook import viz
from mlbook.explore import plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

N_EXAMPLES = 32
BATCHES = (1, 2, 4, 8, 16, 32)
BOUNDS = (-2.2, 2.2)


class Descent(NamedTuple):
    """A path: weights of shape (steps + 1, 2), losses of shape (steps + 1,)."""

    path: np.ndarray
    losses: np.ndarray


def data(
    *,
    rate: float = 0.1,
    condition: float = 20,
    momentum: float = 0.0,
    batch: int = N_EXAMPLES,
    steps: int = 120,
    random_state: int = 0,
) -> dict[str, Any]:
    """Make the explorable's data.

    Parameters
    ----------
    rate, condition, momentum, batch : float, float, float, int
        What the sliders show at first: learning rate, condition number of the loss (1 to 100), momentum, and
        examples in each step (one of `BATCHES`).
    steps : int, default 120
        Steps of a descent.
    random_state : int, default 0

    Returns
    -------
    dict
        `features` (32 × 2, whitened) and `residuals` (32) of the model at its best weights `optimum`; the
        valley's `angle` in radians; `start`; `order`, the rows that the mini-batches take one after another.

    Raises
    ------
    ValueError
        If `batch` is not one of `BATCHES`, or the condition number not in [1, 100].
    """
    if batch not in BATCHES:
        raise ValueError(f"batch is one of {', '.join(map(str, BATCHES))}; got {batch}")
    if not 1 <= condition <= 100:
        raise ValueError(f"the condition number is in [1, 100]; got {condition}")
    rng = np.random.default_rng(random_state)
    basis, _ = np.linalg.qr(rng.normal(size=(N_EXAMPLES, 3)))
    epochs = [rng.permutation(N_EXAMPLES) for _ in range(-(-steps * BATCHES[-2] // N_EXAMPLES))]
    residuals = plain(0.5 * np.sqrt(N_EXAMPLES) * basis[:, 2])
    return {
        "title": "Gradient descent in a valley",
        "question": "How large may the learning rate be, and what slows the descent when it is small enough?",
        "features": plain(np.sqrt(N_EXAMPLES) * basis[:, :2]),
        "residuals": residuals,
        "optimum": [0.5, 0.3],
        "minimum": round(float(np.mean(np.square(residuals))), 6),
        "angle": 0.6,
        "start": [-1.4, 1.0],
        "order": np.concatenate(epochs).tolist(),
        "batches": list(BATCHES),
        "steps": steps,
        "settings": {"rate": rate, "condition": condition, "momentum": momentum, "batch": batch},
    }


def problem(data: dict[str, Any], condition: float) -> tuple[np.ndarray, np.ndarray]:
    """Return features (32 × 2) whose loss has this condition number, and targets (32)."""
    cos, sin = np.cos(data["angle"]), np.sin(data["angle"])
    turned = np.array([[cos, -sin], [sin, cos]])
    features = np.array(data["features"]) * [1, 1 / np.sqrt(condition)] @ turned.T
    return features, features @ data["optimum"] + np.array(data["residuals"])


def descend(
    data: dict[str, Any],
    *,
    rate: float,
    condition: float,
    momentum: float = 0.0,
    batch: int = N_EXAMPLES,
    start: tuple[float, float] | None = None,
) -> Descent:
    """Descend from `start` (default: the data's), and return every step.

    The path ends early where the loss passes a million times its first value.
    """
    features, targets = problem(data, condition)
    everyone = np.arange(N_EXAMPLES)
    weights, speed = np.array(start or data["start"], dtype=float), np.zeros(2)
    path = [weights]
    losses = [np.mean((features @ weights - targets) ** 2)]
    for step in range(data["steps"]):
        rows = data["order"][step * batch : (step + 1) * batch] if batch < N_EXAMPLES else everyone
        errors = features[rows] @ weights - targets[rows]
        speed = momentum * speed - rate * 2 / len(rows) * features[rows].T @ errors
        weights = weights + speed
        path.append(weights)
        losses.append(np.mean((features @ weights - targets) ** 2))
        if not losses[-1] < 1e6 * losses[0]:
            break
    return Descent(np.array(path), np.array(losses))


def still(data: dict[str, Any]) -> Figure:
    """Draw learning rates too small, good and too large, in the valley that the explorable shows at first."""
    settings = data["settings"]
    limit = 1 + settings["momentum"]
    rates = {"too small": 0.02 * limit, "good": 0.6 * limit, "too large": 1.05 * limit}
    figure, (left, right) = viz.figure(columns=2, height=3.5)
    _valley(left, data, settings["condition"])
    looks = zip(rates.items(), viz.colors(3), "os^", (None, 40, 9), strict=True)
    for (name, rate), color, mark, shown in looks:
        run = descend(data, **{**settings, "rate": rate})
        look = {"color": color, "marker": mark, "markersize": 3.5}
        left.plot(*run.path[:shown].T, linewidth=1.2, **look)
        right.plot(run.losses, markevery=12, label=f"{rate:.2f}, {name}", **look)
    left.set(xlim=BOUNDS, ylim=BOUNDS, aspect="equal", xlabel="weight 1", ylabel="weight 2")
    right.axhline(data["minimum"], color=viz.LIGHT.ink, linestyle="dashed", linewidth=1)
    right.set(yscale="log", ylim=(data["minimum"] / 2, 50), xlabel="step", ylabel="mean squared error")
    right.legend(title="learning rate", loc="upper right")
    return figure


def _valley(axes: Axes, data: dict[str, Any], condition: float) -> None:
    """Draw the loss as contours."""
    features, targets = problem(data, condition)
    ticks = np.linspace(*BOUNDS, 90)
    grid = np.stack(np.meshgrid(ticks, ticks), axis=-1)
    loss = np.mean((grid @ features.T - targets) ** 2, axis=-1)
    levels = data["minimum"] + 0.03 * 2.5 ** np.arange(9)
    axes.contour(ticks, ticks, loss, levels=levels, colors=viz.LIGHT.muted, linewidths=0.7, alpha=0.6)
    axes.plot(*data["optimum"], marker="+", color=viz.LIGHT.ink, markersize=9)
