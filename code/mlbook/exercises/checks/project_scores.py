"""Checks of chapter 2: how wrong a model is, and how sure one can be of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import KFold

from mlbook.exercises.answer import Answer, near
from mlbook.exercises.registry import exercise
from mlbook.ml.evaluate import conformal_radius, rmse

ARRAYS = "import numpy as np\nimport pandas as pd"


@exercise("early-clean", "filled_both_ways(model, X, y, cv)", imports=ARRAYS)
def early_clean(answer: Answer) -> None:
    """Return the RMSE on each fold as two arrays: gaps filled by medians of all rows; inside the folds."""
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"rooms": np.arange(60.0) ** 2, "age": rng.normal(30, 5, 60)})
    y = pd.Series(2 * X.rooms - 10 * X.age + rng.normal(0, 50, 60))
    X.loc[rng.choice(60, 20, replace=False), "rooms"] = np.nan
    folds = KFold(4)
    on = "LinearRegression(), 60 rows sorted by a column with gaps, KFold(4)"
    early, inside = answer.numbers(
        answer(LinearRegression(), X, y, folds, on=on), (2, 4), "two arrays, each with a number for each fold"
    )
    right_early, right_inside = _filled_scores(X, y, folds)
    answer.expect(
        bool((early >= 0).all()),
        "an RMSE is not negative",
        got=early,
        hint="scikit-learn maximizes: its scores of errors are negative.",
    )
    for given, right, must in [
        (early, right_early, "the first array is for gaps filled by the medians of all rows, beforehand"),
        (
            inside,
            right_inside,
            "the second array is for gaps filled by the medians of each fold's training rows",
        ),
    ]:
        hint = "An imputer in a pipeline is fitted to the training rows of each fold, and fills both sides."
        if near(given, right**2):
            hint = "This is the mean of the squared errors; the RMSE is its root."
        answer.close(given, right, must, hint=hint)


def _filled_scores(X: pd.DataFrame, y: pd.Series, folds: KFold) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the RMSE on each fold, filled beforehand and inside."""
    early: list[float] = []
    inside: list[float] = []
    for known, asked in folds.split(X):
        for scores, rows in ((early, slice(None)), (inside, known)):
            filled = X.fillna(X.iloc[rows].median())
            fitted = LinearRegression().fit(filled.iloc[known], y.iloc[known])
            scores.append(rmse(y.iloc[asked], fitted.predict(filled.iloc[asked])))
    return np.array(early), np.array(inside)


@exercise("pull-to-mean", "mean_by_tenth(sort_by, residual)", imports=ARRAYS)
def pull_to_mean(answer: Answer) -> None:
    """Sort the rows by `sort_by` and return the mean residual of each tenth, the lowest tenth first."""
    rng = np.random.default_rng(0)
    sort_by = rng.lognormal(size=500)
    residual = 100 * sort_by + rng.normal(size=500)
    right = residual[np.argsort(sort_by)].reshape(10, 50).mean(axis=1)
    for first, second, on in [
        (sort_by, residual, "500 rows in random order, skewed"),
        (
            pd.Series(sort_by, index=range(500, 1000)),
            residual,
            "the same, `sort_by` a Series with another index",
        ),
    ]:
        given = answer.numbers(answer(first, second, on=on), (10,), "ten numbers")
        hint = "Ten parts with equally many rows; parts of equal width are something else."
        if near(given[::-1], right):
            hint = "These are the right parts from the highest to the lowest."
        elif near(given, residual.reshape(10, 50).mean(axis=1)):
            hint = "The rows were cut in the order in which they stand."
        must = "each number is the mean residual of a tenth of the rows, lowest tenth first"
        answer.close(given, right, must, hint=hint)


@exercise("relative-error", "two_errors(model, X, y, cv)", imports=ARRAYS)
def relative_error(answer: Answer) -> None:
    """Return RMSE and RMSE of logarithms over all held-out predictions, each at least 1,000."""
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"income": rng.uniform(0, 10, 80), "age": rng.uniform(1, 50, 80)})
    y = pd.Series(np.exp(8 + 0.5 * X.income + rng.normal(0, 0.3, 80)))
    held, folds, model = np.empty(80), KFold(4), LinearRegression()
    for known, asked in folds.split(X):
        held[asked] = model.fit(X.iloc[known], y.iloc[known]).predict(X.iloc[asked])
    held = np.maximum(held, 1000)
    on = "LinearRegression(), 80 rows of which some are predicted below zero, KFold(4)"
    given = answer(LinearRegression(), X, y, folds, on=on)
    dollars, logs = answer.numbers(given, (2,), "two numbers")
    right_dollars, right_logs = rmse(y, held), rmse(np.log(y), np.log(held))
    seen = np.maximum(model.fit(X, y).predict(X), 1000)
    known_rows = "These are errors on rows that the model was fitted to: cross_val_predict holds them out."
    together = (
        "Take all held-out predictions together, raise those below 1,000, then take the root of the mean."
    )
    for number, right, in_sample, must in [
        (dollars, right_dollars, rmse(y, seen), "the first number is the RMSE of held-out predictions"),
        (logs, right_logs, rmse(np.log(y), np.log(seen)), "the second number is the RMSE of the logarithms"),
    ]:
        hint = known_rows if near(number, in_sample) else together
        answer.close(number, right, must, hint=hint)


class Spy(RegressorMixin, BaseEstimator):
    """Always answers 0, and notes what it knew when it was asked; X's first column numbers the rows."""

    asked: list[tuple[set[int], list[int]]] = []  # noqa: RUF012 (shared by its clones)

    def fit(self, X: Any, y: Any) -> Spy:
        """Remember the rows."""
        self.known_ = set(np.asarray(X)[:, 0].astype(int))
        return self

    def predict(self, X: Any) -> NDArray[np.float64]:
        """Note the question; answer 0."""
        rows = np.asarray(X)[:, 0].astype(int)
        self.asked.append((self.known_, rows.tolist()))
        return np.zeros(len(rows))


@exercise(
    "conformal-by-square",
    "radius_by_group(model, X, y, groups, coverage)",
    imports=f"{ARRAYS}\n\nfrom mlbook.ml.evaluate import conformal_radius",
)
def conformal_by_square(answer: Answer) -> None:
    """Return the conformal radius of errors that the model makes on groups that it was not fitted to."""
    rng = np.random.default_rng(0)
    groups = rng.permutation(np.repeat(np.arange(8), [1, 2, 3, 3, 4, 4, 3, 3]))
    X = pd.DataFrame({"row": np.arange(23.0), "income": rng.uniform(0, 10, 23)})
    y = pd.Series(rng.uniform(10, 100, 23) * np.resize([1, -1], 23))
    Spy.asked.clear()
    on = "23 rows in 8 groups, coverage 0.8, and a model that always answers 0"
    radius = float(answer.numbers(answer(Spy(), X, y, groups, 0.8, on=on), (), "one number"))
    for known, rows in Spy.asked:
        both = set(groups[rows]) & set(groups[list(known)])
        answer.expect(
            not both,
            "no model is asked about a group that it was fitted to",
            got=f"groups {sorted(map(int, both))} on both sides",
            hint="Give cross_val_predict folds of whole groups: GroupKFold, and groups=groups.",
        )
    answer.expect(
        sorted(row for _, rows in Spy.asked for row in rows) == list(range(23)),
        "every row is held out once",
        got=f"{len({row for _, rows in Spy.asked for row in rows})} of 23 rows were held out",
        hint="Leave n_jobs out: the check looks over the model's shoulder, and cannot in another process.",
    )
    right = conformal_radius(np.abs(y), 0.8)
    hint = "Absolute errors, and conformal_radius in place of a quantile: it counts the new row, too."
    answer.close(radius, right, "it is the radius of these errors", hint=hint)


@exercise(
    "bootstrap-of-difference",
    "difference_draws(truth, one, two, rng, n_draws)",
    imports="import numpy as np\n\nfrom mlbook.ml.evaluate import bootstrap, rmse",
)
def bootstrap_of_difference(answer: Answer) -> None:
    """Return `n_draws` bootstrap draws of RMSE(one) - RMSE(two), each with the same rows for both."""
    rng = np.random.default_rng(0)
    hard = rng.lognormal(0, 1, 200)
    truth = rng.normal(0, 5, 200)
    one, two = truth + hard * rng.normal(0, 2, 200), truth + hard * rng.normal(0, 1, 200)

    def draws(first: Any, second: Any, seed: int, on: str) -> NDArray[np.float64]:
        given = answer(truth, first, second, np.random.default_rng(seed), 400, on=on)
        return answer.numbers(given, (400,), "n_draws numbers, here 400")

    equal = draws(one, one, 0, "a model compared with itself, 200 rows, 400 draws")
    answer.expect(
        near(equal, 0),
        "a model does not differ from itself in any draw",
        got=f"differences up to {np.abs(equal).max():.3g}",
        hint="Draw row numbers once, and take those rows of the truth and of both predictions.",
    )
    given = draws(one, two, 0, "two models of which the second is better, 200 rows, 400 draws")
    rows = rng.integers(200, size=(2000, 200))
    errors = [np.sqrt(((made - truth)[rows] ** 2).mean(axis=1)) for made in (one, two)]
    right, spread = rmse(truth, one) - rmse(truth, two), float(np.std(errors[0] - errors[1]))
    answer.expect(
        float(given.std()) > 0,
        "the draws differ",
        got=f"all are {given[0]:.4g}",
        hint="Rows are drawn with replacement: some come twice, some not at all.",
    )
    answer.expect(
        abs(float(given.mean()) - right) < spread / 2,
        "the draws lie around RMSE(one) - RMSE(two)",
        got=f"their mean is {given.mean():.3g}; on all rows the difference is {right:.3g}",
        hint="Mind the order of the two, and the root.",
    )
    answer.expect(
        0.75 < float(given.std()) / spread < 1.3,
        "each draw has as many rows as there are",
        got=f"a spread of {given.std():.3g} where about {spread:.3g} is right",
        hint="Draw len(truth) row numbers with replacement: rng.integers(len(truth), size=len(truth)).",
    )
    hint = "Take all chance from rng."
    again = draws(one, two, 0, "the same call again")
    answer.expect(near(given, again), "the same seed gives the same draws", got="others", hint=hint)
    other = draws(one, two, 1, "the same call with another seed")
    answer.expect(not near(given, other), "another seed gives other draws", got="the same", hint=hint)
