"""Explorable `softmax`: softmax regression that is trained again as its points are dragged.

The loss is the mean cross-entropy plus λ/2 times the sum of the squared weights without the intercepts, on
standardized features: scikit-learn's `LogisticRegression(C=1/(n·λ))` for n points.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from mlbook import viz
from mlbook.explore import plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

N_CLASSES = 3
MARKS = "os^"


class Trained(NamedTuple):
    """Weights (classes × features), intercepts (classes) and the loss, penalty included."""

    weights: np.ndarray
    intercepts: np.ndarray
    loss: float


def data(
    features: np.ndarray,
    labels: np.ndarray,
    *,
    names: Sequence[str],
    classes: Sequence[str],
    per_class: int = 8,
    penalty: float = 0.01,
    random_state: int = 0,
) -> dict[str, Any]:
    """Make the explorable's data from a classification with two features and three classes.

    Parameters
    ----------
    features : ndarray of shape (n_samples, 2)
    labels : ndarray of shape (n_samples,)
        0, 1 or 2.
    names, classes : sequence of str
        The two features, with their units, and the three classes.
    per_class : int, default 8
        Points of each class, drawn without repeating a place.
    penalty : float, default 0.01
        What the slider shows at first, 0.001 to 1.
    random_state : int, default 0

    Returns
    -------
    dict
        `points` and `labels`, `center` and `scale` that standardize them, the axes' domains `x` and `y`.

    Raises
    ------
    ValueError
        If the shapes, names or classes are not those of two features and three classes.
    """
    features, labels = np.asarray(features, dtype=float), np.asarray(labels)
    if features.ndim != 2 or features.shape[1] != 2 or len(names) != 2:
        raise ValueError(f"two features with a name each; got shape {features.shape} and {len(names)} names")
    if sorted(set(labels.tolist())) != [0, 1, 2] or len(classes) != N_CLASSES:
        raise ValueError(
            f"labels 0, 1 and 2 with a name each; got {sorted(set(labels.tolist()))}, {len(classes)} names"
        )
    rng = np.random.default_rng(random_state)
    drawn = []
    for label in range(N_CLASSES):
        places = np.unique(features[labels == label], axis=0)
        drawn.append(places[rng.choice(len(places), min(per_class, len(places)), replace=False)])
    points = np.concatenate(drawn)
    low, high = points.min(axis=0), points.max(axis=0)
    room = 0.22 * (high - low)
    domains = plain(np.stack([low - room, high + room], axis=1), 2)
    return {
        "title": "A softmax classifier",
        "question": "What decides where one class ends and the next begins, and how sharp the border is?",
        "names": list(names),
        "classes": list(classes),
        "points": plain(points, 3),
        "labels": np.repeat(range(N_CLASSES), [len(places) for places in drawn]).tolist(),
        "center": plain(points.mean(axis=0), 4),
        "scale": plain(points.std(axis=0), 4),
        "x": domains[0],
        "y": domains[1],
        "settings": {"penalty": penalty},
    }


def train(data: dict[str, Any], *, penalty: float) -> Trained:
    """Return what scikit-learn finds for the data's points, standardized."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import log_loss

    points, labels = standardized(data, np.array(data["points"])), np.array(data["labels"])
    model = LogisticRegression(C=1 / (len(points) * penalty), tol=1e-10, max_iter=100_000)
    model.fit(points, labels)
    entropy = log_loss(labels, model.predict_proba(points))
    return Trained(model.coef_, model.intercept_, entropy + penalty / 2 * float(np.sum(model.coef_**2)))


def standardized(data: dict[str, Any], points: np.ndarray) -> np.ndarray:
    """Return points (… × 2) in the units in which the classifier sees them."""
    return (points - np.array(data["center"])) / np.array(data["scale"])


def still(data: dict[str, Any]) -> Figure:
    """Draw the regions for three penalties: sharp borders, those of the explorable, and soft ones."""
    figure, panels = viz.figure(columns=3, height=2.9, sharey=True)
    for axes, penalty in zip(panels, (0.001, data["settings"]["penalty"], 1.0), strict=True):
        _regions(axes, data, penalty)
        axes.set(title=f"Penalty {penalty:g}", xlabel=data["names"][0])
    panels[0].set_ylabel(data["names"][1])
    panels[0].legend(loc="upper left", fontsize=8)
    return figure


def _regions(axes: Axes, data: dict[str, Any], penalty: float) -> None:
    """Draw the points, and where each class is 1, 3, 10, 30 and 100 times as likely as any other."""
    labels, points = np.array(data["labels"]), np.array(data["points"])
    x, y = (np.linspace(low, high, 50) for low, high in (data["x"], data["y"]))
    found = train(data, penalty=penalty)
    grid = standardized(data, np.stack(np.meshgrid(x, y), axis=-1))
    scores = grid @ found.weights.T + found.intercepts
    for k, (color, mark) in enumerate(zip(viz.colors(N_CLASSES), MARKS, strict=True)):
        lead = scores[..., k] - np.delete(scores, k, axis=-1).max(axis=-1)
        for odds in (1, 3, 10, 30, 100):
            axes.contourf(x, y, lead, levels=[np.log(odds), np.inf], colors=[color], alpha=0.08)
        own = points[labels == k].T
        axes.plot(*own, linestyle="none", marker=mark, color=color, label=data["classes"][k])
