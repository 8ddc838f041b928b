"""Chapter 2's search: grid, random and halving search for the model that fills gaps; nested validation.

- Everything is chosen on the training districts alone; the test districts are split off first.
- Each search scores its candidates on the same five folds; the winner is scored again on folds that no search
  saw, which shows how much of its lead was luck.
- The last part compares the winner alone with the mean of several, on folds that nothing has used before.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import loguniform, randint, uniform
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingRegressor, VotingRegressor
from sklearn.experimental import enable_halving_search_cv  # noqa: F401  (makes the import below possible)
from sklearn.model_selection import (
    GridSearchCV,
    HalvingRandomSearchCV,
    KFold,
    RandomizedSearchCV,
    cross_val_score,
)
from sklearn.pipeline import Pipeline

from mlbook.data import load_housing
from mlbook.ml import housing
from mlbook.ml.split import stratified_split
from mlbook.runs.engine.load import Progress

SCORE = "neg_root_mean_squared_error"
JOBS = 2


@dataclass(frozen=True)
class Config:
    """Sizes and seeds.

    Attributes
    ----------
    split_seed : int
        Seed of the split into training and test districts: the chapter's.
    seeds : tuple of int
        Seeds of the random searches, and of the fresh folds.
    n_folds, n_candidates, n_halving, n_outer, n_nested : int
        Folds; candidates of a random and of a halving search; outer folds and candidates of the nested one.
    """

    split_seed: int = 1990
    seeds: tuple[int, ...] = (0, 1, 2)
    n_folds: int = 5
    n_candidates: int = 16
    n_halving: int = 18
    n_outer: int = 4
    n_nested: int = 6


QUICK = Config(seeds=(0,), n_folds=2, n_candidates=2, n_halving=3, n_outer=2, n_nested=2)

SPACE: dict[str, Any] = {
    "regressor__learning_rate": loguniform(0.015, 0.2),
    "regressor__max_leaf_nodes": randint(8, 48),
    "regressor__min_samples_leaf": randint(5, 60),
    "regressor__l2_regularization": loguniform(0.01, 100),
    "regressor__max_features": uniform(0.1, 0.9),
    "regressor__max_iter": randint(150, 700),
}
GRID: dict[str, Any] = {
    "regressor__max_iter": [400],
    "regressor__learning_rate": [0.03, 0.06, 0.12],
    "regressor__max_leaf_nodes": [12, 24, 48],
    "regressor__max_features": [0.3, 1.0],
}


def main(config: Config, *, progress: Progress) -> dict[str, Any]:
    """Search, search again with other seeds, nest, and compare; return plain numbers."""
    frame = load_housing()
    strata = housing.strata(frame[housing.TARGET])
    train, _ = stratified_split(strata, 0.2, np.random.default_rng(config.split_seed))
    X, y = frame.drop(columns=housing.TARGET).iloc[np.sort(train)], frame[housing.TARGET].iloc[np.sort(train)]
    searches: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        for number, seed in enumerate(config.seeds):
            progress(0.7 * number / len(config.seeds), f"searches with seed {seed}")
            searches.extend(compare_searches(X, y, config, seed, folder))
    best = min(searches, key=lambda row: row["fresh"])
    progress(0.7, "nested cross-validation")
    outer = nested(X, y, config)
    progress(0.8, "averages of the winner")
    final = compare_averages(X, y, config, best["params"])
    return {"searches": searches, "best": best["params"], "nested": outer, "final": final}


def candidate(memory: str | None = None) -> Pipeline:
    """Return the model that is tuned; its columns are made once a fold and kept in the folder `memory`."""
    return housing.pipeline("neighbors").set_params(memory=memory)


def compare_searches(
    X: pd.DataFrame, y: pd.Series, config: Config, seed: int, folder: str
) -> list[dict[str, Any]]:
    """Run each kind of search once with the same folds; the grid has no seed of its own but the folds'."""
    folds = KFold(config.n_folds, shuffle=True, random_state=seed)
    fresh = KFold(config.n_folds, shuffle=True, random_state=1000 + seed)
    resources: dict[str, Any] = {"resource": "regressor__max_iter", "min_resources": 80, "max_resources": 720}
    halving_space = {name: values for name, values in SPACE.items() if name != "regressor__max_iter"}
    common: dict[str, Any] = {"cv": folds, "scoring": SCORE, "refit": False, "n_jobs": JOBS}
    searches = {
        "grid": GridSearchCV(candidate(folder), GRID, **common),
        "random": RandomizedSearchCV(
            candidate(folder), SPACE, n_iter=config.n_candidates, random_state=seed, **common
        ),
        "halving": HalvingRandomSearchCV(
            candidate(folder),
            halving_space,
            n_candidates=config.n_halving,
            factor=3,
            random_state=seed,
            **resources,
            **common,
        ),
    }
    return [
        describe_search(name, search, X, y, fresh, seed)
        for name, search in searches.items()
        if not (name == "grid" and seed != config.seeds[0])
    ]


def describe_search(
    name: str, search: Any, X: pd.DataFrame, y: pd.Series, fresh: KFold, seed: int
) -> dict[str, Any]:
    """Fit one search; return its scores, its winner, its cost, and the winner's score on fresh folds."""
    search.fit(X, y)
    params = {key: plain(value) for key, value in search.best_params_.items()}
    if name == "halving":
        params["regressor__max_iter"] = int(search.n_resources_[-1])
    again = cross_val_score(candidate().set_params(**params), X, y, cv=fresh, scoring=SCORE, n_jobs=JOBS)
    results = search.cv_results_
    return {
        "method": name,
        "seed": seed,
        "fits": int(len(results["params"]) * search.n_splits_),
        "trees": [int(row["regressor__max_iter"]) * search.n_splits_ for row in results["params"]],
        "score": float(-search.best_score_),
        "fresh": float(-again.mean()),
        "scores": [float(-score) for score in results["mean_test_score"]],
        "rounds": [int(number) for number in results.get("iter", np.zeros(len(results["params"])))],
        "candidates": [{key: plain(value) for key, value in row.items()} for row in results["params"]],
        "params": params,
    }


def nested(X: pd.DataFrame, y: pd.Series, config: Config) -> list[dict[str, Any]]:
    """Score the whole procedure "search, then refit" on outer folds that its search does not see."""
    rows = []
    outer = KFold(config.n_outer, shuffle=True, random_state=7)
    for number, (train, held_out) in enumerate(outer.split(X)):
        inner = RandomizedSearchCV(
            candidate(),
            SPACE,
            n_iter=config.n_nested,
            cv=KFold(3, shuffle=True, random_state=number),
            scoring=SCORE,
            random_state=number,
            n_jobs=JOBS,
        )
        inner.fit(X.iloc[train], y.iloc[train])
        error = inner.predict(X.iloc[held_out]) - y.iloc[held_out]
        rows.append({"inner": float(-inner.best_score_), "outer": float(np.sqrt(np.mean(error**2)))})
    return rows


def compare_averages(
    X: pd.DataFrame, y: pd.Series, config: Config, params: dict[str, Any]
) -> list[dict[str, Any]]:
    """Score the winner alone and averaged, on folds of every seed that no search and no choice has used."""
    models = averages(params)
    rows = []
    for seed in config.seeds:
        unused = KFold(config.n_folds, shuffle=True, random_state=2000 + seed)
        for name, model in models.items():
            scores = -cross_val_score(model, X, y, cv=unused, scoring=SCORE, n_jobs=JOBS)
            rows.append({"model": name, "seed": seed, "scores": [float(score) for score in scores]})
    return rows


def averages(params: dict[str, Any]) -> dict[str, Pipeline]:
    """Return the candidates for the final model, by name."""
    winner = candidate().set_params(**params)
    base: HistGradientBoostingRegressor = winner.named_steps["regressor"]
    squares = [(f"squared-{seed}", clone(base).set_params(random_state=seed)) for seed in range(4)]
    return {
        "defaults": housing.pipeline("neighbors"),
        "winner": winner,
        "four seeds": clone(winner).set_params(regressor=VotingRegressor(squares)),
    }


def plain(value: Any) -> float | int:
    """Return a number that JSON can hold."""
    return int(value) if isinstance(value, int | np.integer) else float(value)
