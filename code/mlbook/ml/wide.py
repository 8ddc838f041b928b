"""Linear models on more random features than rows: where the error explodes, and where it comes down again.

Random features turn the columns into as many new ones as one likes, so that the number of coefficients can be
raised through the number of rows (Rahimi and Recht 2007; Belkin et al. 2019).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mlbook.ml.linear import cutoff

Floats = NDArray[np.float64]


class WideFit(NamedTuple):
    """Held-out rows, predictions for them (n_penalties, n_rows, n_targets), least singular value above 0."""

    rows: NDArray[np.intp]
    predicted: Floats
    least: float


def random_features(X: Floats, size: int, rng: np.random.Generator) -> Floats:
    """Return `size` new columns, each max(0, z) of a random mixture z of the old ones.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
        Columns of similar spread, with means near 0: otherwise many features are 0 in all rows.
    """
    mixtures = rng.normal(size=(X.shape[1], size)) / np.sqrt(X.shape[1])
    return np.maximum(0, X @ mixtures + 0.5 * X.std() * rng.normal(size=size))


def wide_fit(X: Floats, Y: Floats, n_train: int, size: int, penalties: Sequence[float], seed: int) -> WideFit:
    """Learn from n_train random rows on random features, and predict the other rows.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
    Y : ndarray of shape (n_samples, n_targets)
    n_train, size : int
        Rows to learn from, and features.
    penalties : sequence of float
        Of ridge regression; 0 for the shortest of all least-squares solutions.
    seed : int
        Of the rows and of the features.
    """
    rng = np.random.default_rng(seed)
    train, held_out = np.split(rng.permutation(len(X)), [n_train])
    features = random_features(X - X[train].mean(axis=0), size, rng)
    center, middle = features[train].mean(axis=0), Y[train].mean(axis=0)
    U, s, Vt = np.linalg.svd(features[train] - center, full_matrices=False)
    kept = s > cutoff(features[train]) * s[0]
    U, s, Vt = U[:, kept], s[kept], Vt[kept]
    shrunk = s / (s**2 + np.reshape(penalties, (-1, 1)))  # (n_penalties, n_kept)
    W = Vt.T @ (shrunk[:, :, None] * (U.T @ (Y[train] - middle)))  # (n_penalties, size, n_targets)
    return WideFit(held_out, (features[held_out] - center) @ W + middle, float(s[-1]))
