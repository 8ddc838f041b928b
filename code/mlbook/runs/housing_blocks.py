"""Chapter 2's central measurement: the same models under cross-validation that holds out ever larger blocks.

- Size 0 is the ordinary random split; at size s whole squares of s kilometers are held out.
- Three seeds shuffle the blocks into folds. All models see the same folds.
- Training districts alone; the test districts are split off first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.dummy import DummyRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import Ridge
from sklearn.model_selection import GroupKFold, KFold, cross_val_predict
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

from mlbook.data import load_housing
from mlbook.ml import housing
from mlbook.ml.clean import Clipper
from mlbook.ml.evaluate import rmse
from mlbook.ml.split import stratified_split
from mlbook.runs.engine.load import Progress


@dataclass(frozen=True)
class Config:
    """Sizes and seeds.

    Attributes
    ----------
    split_seed : int
        Seed of the split into training and test districts: the chapter's.
    seeds : tuple of int
        Seeds of the shuffle of blocks into folds.
    sizes_km : tuple of float
        Sides of the blocks; 0 for single districts.
    n_folds : int
    """

    split_seed: int = 1990
    seeds: tuple[int, ...] = (0, 1, 2)
    sizes_km: tuple[float, ...] = (0, 2, 5, 10, 25, 50, 100, 200)
    n_folds: int = 5


QUICK = Config(seeds=(0,), sizes_km=(0, 50), n_folds=3)


def main(config: Config, *, progress: Progress) -> dict[str, Any]:
    """Score every model at every block size; return one row each."""
    frame = load_housing()
    strata = housing.strata(frame[housing.TARGET])
    train, _ = stratified_split(strata, 0.2, np.random.default_rng(config.split_seed))
    X, y = frame.drop(columns=housing.TARGET).iloc[np.sort(train)], frame[housing.TARGET].iloc[np.sort(train)]
    rows: list[dict[str, Any]] = []
    steps = [(size, seed) for size in config.sizes_km for seed in config.seeds]
    for number, (size, seed) in enumerate(steps):
        progress(number / len(steps), f"blocks of {size:g} km, seed {seed}")
        rows.extend(score(X, y, size, seed, config.n_folds))
    return {"scores": rows}


def score(X: pd.DataFrame, y: pd.Series, size: float, seed: int, n_folds: int) -> list[dict[str, Any]]:
    """Score every model on the same folds."""
    groups, cv = splitter(X, size, n_folds, seed)
    blocks = len(X) if groups is None else len(np.unique(groups))
    rows = []
    for name, model in models(size).items():
        predicted = cross_val_predict(model, X, y, cv=cv, groups=groups, n_jobs=2)
        rows.append(
            {"model": name, "size_km": size, "seed": seed, "blocks": blocks, "rmse": rmse(y, predicted)}
        )
    return rows


def splitter(X: pd.DataFrame, size: float, n_folds: int, seed: int) -> tuple[Any, Any]:
    """Return the groups, or None, and the folds for blocks of this size."""
    if size == 0:
        return None, KFold(n_folds, shuffle=True, random_state=seed)
    return housing.regions(X, size), GroupKFold(n_folds, shuffle=True, random_state=seed)


def models(size: float) -> dict[str, Any]:
    """Return the models by name; the last one trains on neighbors as far away as those it will meet."""
    place = make_pipeline(FunctionTransformer(housing.describe), columns(housing.POSITION))
    own = housing.COUNTS + housing.RATIOS
    coast = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
    scaled = make_pipeline(Clipper(), SimpleImputer(strategy="median"), StandardScaler())
    linear = make_column_transformer((scaled, own + housing.POSITION), (coast, ["ocean_proximity"]))
    return {
        "mean": DummyRegressor(),
        "nearest": make_pipeline(place, KNeighborsRegressor(5)),
        "linear": make_pipeline(FunctionTransformer(housing.describe), linear, Ridge(1.0)),
        **{kind: housing.pipeline(kind) for kind in housing.KINDS},
        "far neighbors": housing.pipeline("neighbors", block_km=size or None),
    }


def columns(names: list[str]) -> Any:
    """Return a transformer that keeps these columns alone."""
    return make_column_transformer(("passthrough", names))
