"""What place adds to a table: flat coordinates, square blocks, the variogram, and features made of neighbors.

Distances are in kilometers on a plane whose scale is right at the latitude of its origin. Across California,
north to south is good to a percent; east to west is too long by up to nine percent at the Oregon border and
too short by four at San Diego.
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.model_selection import GroupKFold, KFold
from sklearn.neighbors import NearestNeighbors
from sklearn.utils.validation import check_is_fitted, validate_data

Floats = NDArray[np.float64]
KM_PER_DEGREE = 111.32


def to_km(longitude: ArrayLike, latitude: ArrayLike, origin: tuple[float, float] = (-119.0, 36.0)) -> Floats:
    """Turn degrees into kilometers east and north of an origin.

    Parameters
    ----------
    longitude, latitude : array-like of shape (n_rows,)
        In degrees; west and south are negative.
    origin : (float, float), default (-119.0, 36.0)
        Longitude and latitude of the plane's zero; the default lies in the middle of California.

    Returns
    -------
    ndarray of shape (n_rows, 2)
    """
    east = (np.asarray(longitude, dtype=float) - origin[0]) * np.cos(np.deg2rad(origin[1]))
    north = np.asarray(latitude, dtype=float) - origin[1]
    return KM_PER_DEGREE * np.column_stack([east, north])


def block_ids(position_km: ArrayLike, size_km: float) -> NDArray[np.intp]:
    """Number the squares of a grid, and return for each row the square that it lies in.

    Parameters
    ----------
    position_km : array-like of shape (n_rows, 2)
    size_km : float
        Side of a square.

    Returns
    -------
    ndarray of shape (n_rows,)
        Numbers from 0 in order of the squares' corners, without gaps.
    """
    corners = np.floor(np.asarray(position_km, dtype=float) / size_km).astype(int)
    return np.unique(corners, axis=0, return_inverse=True)[1].ravel()


def variogram(
    position_km: Floats, values: Floats, edges_km: ArrayLike, rng: np.random.Generator, n_pairs: int = 200_000
) -> Floats:
    """Return the typical difference between two rows by distance: the root mean square over random pairs.

    Half its square is what geostatistics calls the semivariogram (Matheron 1963).

    Parameters
    ----------
    position_km : ndarray of shape (n_rows, 2)
    values : ndarray of shape (n_rows,)
    edges_km : array-like of shape (n_bins + 1,)
        Ascending bounds of the distance bins.
    rng : numpy.random.Generator
    n_pairs : int, default 200_000
        Pairs drawn; half of them between near neighbors, since pairs at random are rarely near.

    Returns
    -------
    ndarray of shape (n_bins,)
        In the unit of `values`; NaN for bins without a pair.
    """
    one = rng.integers(len(values), size=n_pairs)
    other = rng.integers(len(values), size=n_pairs)
    by_east = np.argsort(position_km[:, 0], kind="stable")
    near = np.arange(n_pairs // 2)
    start = rng.integers(len(values), size=len(near))
    one[near] = by_east[start]
    other[near] = by_east[(start + rng.integers(1, 60, size=len(near))) % len(values)]
    distance = np.hypot(*(position_km[one] - position_km[other]).T)
    bins = np.digitize(distance, np.asarray(edges_km, dtype=float)) - 1
    squares = (values[one] - values[other]) ** 2
    kept = [squares[bins == number] for number in range(len(np.asarray(edges_km)) - 1)]
    return np.array([np.sqrt(part.mean()) if len(part) else np.nan for part in kept])


class RotatedCoordinates(TransformerMixin, BaseEstimator):
    """Positions read along other axes, so that a tree can cut along a slanted coast with one split.

    Parameters
    ----------
    n_angles : int, default 12
        Axes, evenly spread over half a turn; the first is the first column itself.
    """

    def __init__(self, n_angles: int = 12) -> None:
        self.n_angles = n_angles

    def fit(self, X: Any, y: Any = None) -> Self:
        """Check the input: an array of shape (n_rows, 2)."""
        validate_data(self, X, dtype=float)
        return self

    def transform(self, X: Any) -> Floats:
        """Return the positions along each axis: ndarray of shape (n_rows, n_angles)."""
        check_is_fitted(self, "n_features_in_")
        X = validate_data(self, X, dtype=float, reset=False)
        angles = np.pi * np.arange(self.n_angles) / self.n_angles
        return X[:, 0, None] * np.cos(angles) + X[:, -1, None] * np.sin(angles)

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Name the columns by their angle in degrees."""
        degrees = 180 * np.arange(self.n_angles) / self.n_angles
        return np.array([f"axis {angle:.0f}°" for angle in degrees], dtype=object)


class NeighborTarget(TransformerMixin, BaseEstimator):
    """What the nearest known rows are worth, and how near and how alike they are.

    The first two columns of X are a position in kilometers; the others describe the row (income, age …).
    Training rows never see themselves: `fit_transform` describes each fold by the rows outside of it.

    Parameters
    ----------
    n_neighbors : tuple of int, default (1, 3, 10, 30)
        Ascending; for each, the mean target of that many nearest rows, and the distance to the last of them.
    reach_km : float, default 4.0
        Distance over which the weight of a neighbor in the weighted mean falls to 1/e.
    n_splits : int, default 20
        Folds of the training rows.
    block_km : float, optional
        Hold out whole blocks of this size instead of single rows.
    random_state : int, optional
        Seed of the folds.
    """

    def __init__(
        self,
        n_neighbors: tuple[int, ...] = (1, 3, 10, 30),
        reach_km: float = 4.0,
        n_splits: int = 20,
        block_km: float | None = None,
        random_state: int | None = None,
    ) -> None:
        self.n_neighbors = n_neighbors
        self.reach_km = reach_km
        self.n_splits = n_splits
        self.block_km = block_km
        self.random_state = random_state

    def fit(self, X: Any, y: Any) -> Self:
        """Keep the known rows: X of shape (n_rows, 2 + n_traits), y of shape (n_rows,)."""
        X, y = validate_data(self, X, y, dtype=float, y_numeric=True, ensure_min_samples=2)
        self.known_, self.target_ = X, y.astype(float)
        self.spread_ = X[:, 2:].std(axis=0) + 1e-12
        return self

    def transform(self, X: Any) -> Floats:
        """Describe each row by its nearest known rows: ndarray of shape (n_rows, n_features_out)."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=float, reset=False)
        return self._describe(X, self.known_, self.target_)

    def fit_transform(self, X: Any, y: Any) -> Floats:  # type: ignore[override]
        """Fit, and describe the training rows, each by the rows outside its own fold."""
        self.fit(X, y)
        known, target = self.known_, self.target_
        return cross_fit(
            self._folds(),
            lambda held, rest: self._describe(known[held], known[rest], target[rest]),
            len(known),
        )

    def _describe(self, X: Floats, known: Floats, target: Floats) -> Floats:
        counts = [min(k, len(known)) for k in self.n_neighbors]
        search = NearestNeighbors(n_neighbors=counts[-1]).fit(known[:, :2])
        distance, row = search.kneighbors(X[:, :2])  # both (n_rows, k)
        means = [target[row[:, :k]].mean(axis=1) for k in counts]
        reaches = [distance[:, k - 1] for k in counts]
        traits = known[row, 2:].mean(axis=1)  # what the neighborhood is like
        unlike = (((known[row, 2:] - X[:, None, 2:]) / self.spread_) ** 2).sum(axis=2)
        weight = np.exp(-distance / self.reach_km - unlike / 2) + 1e-12
        alike = (weight * target[row]).sum(axis=1) / weight.sum(axis=1)
        return np.column_stack([*means, *reaches, alike, traits])

    def _folds(self) -> list[tuple[Any, Any]]:
        """Return (rest, held out) row numbers."""
        rows = np.arange(len(self.known_))
        if self.block_km is None:
            n_splits = min(self.n_splits, len(rows))
            return list(KFold(n_splits, shuffle=True, random_state=self.random_state).split(rows))
        blocks = block_ids(self.known_[:, :2], self.block_km)
        n_splits = min(self.n_splits, len(np.unique(blocks)))
        split = GroupKFold(n_splits, shuffle=True, random_state=self.random_state)
        return list(split.split(rows, groups=blocks))

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Name the columns."""
        traits = list(input_features)[2:] if input_features is not None else range(len(self.spread_))
        names = [f"value of {k} nearest" for k in self.n_neighbors]
        names += [f"distance to nearest {k}" for k in self.n_neighbors]
        return np.array([*names, "value of alike", *(f"neighbors' {t}" for t in traits)], dtype=object)


def cross_fit(splits: list[tuple[Any, Any]], describe: Any, n_rows: int) -> Floats:
    """Fill an array fold by fold: `describe(held_out, rest)` gives the rows `held_out`."""
    parts = [(held_out, describe(held_out, rest)) for rest, held_out in splits]
    filled = np.empty((n_rows, parts[0][1].shape[1]))
    for held_out, values in parts:
        filled[held_out] = values
    return filled
