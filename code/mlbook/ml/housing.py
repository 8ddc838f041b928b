"""The models of chapter 2: from the census table to a valuation, as scikit-learn pipelines.

Four sets of columns, each adding to the one before: what a district is like, where it lies, the same seen
along rotated axes, and what the known districts around it are worth.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder

from mlbook.ml.spatial import NeighborTarget, RotatedCoordinates, block_ids, to_km

TARGET = "median_house_value"
CAP = 500_000
COUNTS = ["housing_median_age", "total_rooms", "total_bedrooms", "population", "households", "median_income"]
RATIOS = ["rooms_per_home", "bedroom_share", "people_per_home"]
POSITION = ["east_km", "north_km"]
TRAITS = ["log_income", "housing_median_age", "log_rooms", "log_people"]
KINDS = ("attributes", "coordinates", "rotated", "neighbors")


def describe(frame: pd.DataFrame) -> pd.DataFrame:
    """Add the columns that follow from a district's own row: ratios, logarithms, kilometers.

    Parameters
    ----------
    frame : DataFrame of shape (n_rows, n_columns)
        With the census columns; it is not changed.
    """
    east, north = to_km(frame["longitude"], frame["latitude"]).T
    return frame.assign(
        rooms_per_home=frame["total_rooms"] / frame["households"],
        bedroom_share=frame["total_bedrooms"] / frame["total_rooms"],
        people_per_home=frame["population"] / frame["households"],
        log_income=np.log(frame["median_income"]),
        log_rooms=np.log(frame["total_rooms"] / frame["households"]),
        log_people=np.log(frame["population"] / frame["households"]),
        east_km=east,
        north_km=north,
    )


def features(
    kind: str, *, block_km: float | None = None, random_state: int | None = None
) -> ColumnTransformer:
    """Return the transformer that selects and makes the columns of one of `KINDS`.

    Parameters
    ----------
    kind : {"attributes", "coordinates", "rotated", "neighbors"}
    block_km : float, optional
        Passed to `NeighborTarget`: describe training districts by those outside their block.
    random_state : int, optional
        Seed of the folds of `NeighborTarget`.

    Raises
    ------
    ValueError
        For another kind.
    """
    if kind not in KINDS:
        raise ValueError(f"kind is one of {', '.join(KINDS)}; got {kind!r}")
    level = KINDS.index(kind)
    coast = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    parts: list[Any] = [("own", "passthrough", COUNTS + RATIOS), ("coast", coast, ["ocean_proximity"])]
    if level == 1:
        parts.append(("place", "passthrough", POSITION))
    if level >= 2:
        parts.append(("place", RotatedCoordinates(), POSITION))
    if level == 3:
        neighbors = NeighborTarget(block_km=block_km, random_state=random_state)
        parts.append(("neighbors", neighbors, POSITION + TRAITS))
    return ColumnTransformer(parts)


def pipeline(
    kind: str, regressor: Any = None, *, block_km: float | None = None, random_state: int = 0
) -> Pipeline:
    """Return an unfitted model: describe, make the columns, boost.

    Parameters
    ----------
    kind : {"attributes", "coordinates", "rotated", "neighbors"}
    regressor : estimator, optional
        `booster` if none is given.
    block_km : float, optional
        See `features`.
    random_state : int, default 0
    """
    return Pipeline(
        [
            ("describe", FunctionTransformer(describe)),
            ("features", features(kind, block_km=block_km, random_state=random_state)),
            ("regressor", regressor or booster(random_state=random_state)),
        ]
    )


def booster(**settings: Any) -> HistGradientBoostingRegressor:
    """Return histogram gradient boosting that learns from all the rows it is given.

    By the library's default it sets a tenth aside above 10,000 rows and stops when they no longer gain, so
    that the same settings mean one thing for a large table and another for a fold of it.
    """
    return HistGradientBoostingRegressor(**{"early_stopping": False, **settings})


def strata(value: Any, n_groups: int = 10) -> NDArray[np.intp]:
    """Number the tenths of the house values from 0; capped districts are a group of their own at the end."""
    value = np.asarray(value, dtype=float)
    open_ended = value > CAP
    inner = np.quantile(value[~open_ended], np.linspace(0, 1, n_groups + 1)[1:-1])
    return np.where(open_ended, n_groups, np.digitize(value, inner))


def regions(frame: pd.DataFrame, size_km: float = 100.0) -> NDArray[np.intp]:
    """Return for each district the number of the square of the map it lies in."""
    return block_ids(to_km(frame["longitude"], frame["latitude"]), size_km)
