"""Checks of chapter 2, a project from first look to launch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import KFold

from mlbook.exercises.answer import Answer
from mlbook.exercises.registry import exercise
from mlbook.ml.evaluate import conformal_radius, rmse
from mlbook.ml.split import hashed_split

ARRAYS = "import numpy as np\nimport pandas as pd"


def near(one: Any, other: Any) -> bool:
    """Whether numbers agree but for rounding."""
    return bool(np.allclose(one, other, rtol=1e-6, atol=1e-9))


def beside(given: Any, right: Any) -> str:
    """Write what was given beside what is right."""
    given, right = (np.array2string(np.asarray(x), precision=4, threshold=12) for x in (given, right))
    return f"{given} where {right} is right"


# Splits -----------------------------------------------------------------------------------------


@exercise("which-split")
def which_split(answer: Answer) -> None:
    """Hand in a dictionary with the keys "a" to "d"; each value is "rows", "groups", "period" or "region"."""
    asked = {
        "a": {
            "rows": "A patient has several scans: then some are known and the others are asked about.",
            "groups": "",
            "period": "New patients differ from known ones by who they are, not by when they come.",
            "region": "The patients come to the same hospital.",
        },
        "b": {
            "rows": "The buyer's scanners, staff and patients are in none of your rows.",
            "groups": "",
            "period": "Next year in the same hospitals is not another hospital.",
            "region": "A region is more than it takes: which unit has its own scanners and staff?",
        },
        "c": {
            "rows": "Then the days before and after the one that is asked about are known.",
            "groups": "It is the same shop tomorrow.",
            "period": "",
            "region": "It is the same shop tomorrow.",
        },
        "d": {
            "rows": "",
            "groups": "Both the user and the film are known when the model is asked.",
            "period": "",
            "region": "Nothing in the question is about places.",
        },
    }
    given = answer.value
    must = 'the answer is a dictionary with the keys "a", "b", "c" and "d"'
    answer.expect(isinstance(given, dict) and set(given) == set(asked), must, got=given)
    for letter, feedback in asked.items():
        answer.about(f"task ({letter})")
        answer.choice(given[letter], feedback, "what is held out is as unknown as what will be asked about")


@exercise("median-of-medians")
def median_of_medians(answer: Answer) -> None:
    """Hand in the direction of the error: "too low", "too high" or "neither"."""
    tail = "With a tail to the right, which of mean and median lies further to the right?"
    feedback = {
        "too low": "",
        "too high": tail,
        "neither": "The number of homes times which value is their sum?",
    }
    answer.choice(answer.value, feedback, "it is the direction in which the office's sum is off")


@exercise(
    "hash-keeps-share",
    "share_by_size(keys, share)",
    imports=f"{ARRAYS}\n\nfrom mlbook.ml.split import hashed_split",
)
def hash_keeps_share(answer: Answer) -> None:
    """Return the shares of rows and of distinct keys that `hashed_split` puts into the test set."""
    uneven = ["a"] * 4 + ["b"] * 2 + ["c", "d"]
    many = [f"{number % 90}" for number in range(300)]
    shuffled = pd.Series(many).sample(frac=1, random_state=0)
    cases: list[tuple[Any, float, str]] = [
        (uneven, 0.5, ""),
        (many, 0.2, "300 rows with 90 distinct keys, share 0.2"),
        (shuffled, 0.2, "the same keys as a pandas Series whose index is not 0, 1, 2, …"),
    ]
    for keys, share, on in cases:
        given = answer(keys, share, on=on)
        rows, distinct = answer.numbers(given, (2,), "two numbers, of rows and of distinct keys")
        listed = list(keys)
        test = [listed[row] for row in hashed_split(listed, share)[1]]
        right_rows, right_distinct = len(test) / len(listed), len(set(test)) / len(set(listed))
        side = "hashed_split returns the training rows first, the test rows second."
        answer.expect(
            near(rows, right_rows),
            "the first number is the share of rows in the test set",
            got=beside(rows, right_rows),
            hint=side
            if near(rows, 1 - right_rows)
            else "Divide the number of chosen rows by that of all rows.",
        )
        answer.expect(
            near(distinct, right_distinct),
            "the second number is the share of distinct keys in the test set",
            got=beside(distinct, right_distinct),
            hint="Count each key once, among the chosen rows and among all. Row numbers are no index labels.",
        )


@exercise("kfold-by-group", "group_folds(groups, n_folds, rng)")
def kfold_by_group(answer: Answer) -> None:
    """Yield training and validation row numbers: no group on both sides, every row in validation once."""
    sizes = [9, 1, 4, 7, 2, 12, 5]
    numbers = np.random.default_rng(0).permutation(np.repeat([4, -3, 11, 0, 8, 25, 7], sizes))
    names = np.array(["north", "south", "east", "west"] * 3)
    for groups, n_folds, on in [
        (numbers, 3, "40 rows in 7 groups of unequal size, 3 folds"),
        (names, 4, "12 rows in 4 groups with names, 4 folds"),
    ]:
        made = _folds(answer, groups, n_folds, 0, on)
        answer.expect(len(made) == n_folds, f"it yields {n_folds} pairs", got=str(len(made)))
        for known, asked in made:
            both = set(groups[known]) & set(groups[asked])
            answer.expect(
                not both,
                "no group is on both sides",
                got=f"{sorted(map(str, both))} on both",
                hint="Deal out the distinct groups, not the rows.",
            )
            answer.expect(
                sorted(known) == sorted(set(range(len(groups))) - set(asked)),
                "the training rows are all rows that are not in validation",
                got=f"{len(known)} training rows beside {len(asked)} of {len(groups)} in validation",
            )
        times = np.bincount(np.concatenate([asked for _, asked in made]), minlength=len(groups))
        answer.expect(
            bool((times == 1).all()),
            "every row is in validation exactly once",
            got=f"{(times == 0).sum()} rows never, {(times > 1).sum()} more than once",
            hint="When the groups cannot be dealt evenly, some folds get one more: np.array_split does that.",
        )
    deals = [[asked.tolist() for _, asked in _folds(answer, numbers, 3, seed, "")] for seed in (1, 1, 2, 3)]
    answer.about("the same groups with generators of equal and of different seeds")
    same, other = deals[0] == deals[1], deals[1] != deals[2] or deals[2] != deals[3]
    hint = "Take all chance from rng: rng.permutation shuffles the distinct groups."
    answer.expect(same, "the same seed gives the same folds", got="others each time", hint=hint)
    answer.expect(other, "another seed gives other folds", got="the same for three seeds", hint=hint)


def _folds(
    answer: Answer, groups: NDArray[Any], n_folds: int, seed: int, on: str
) -> list[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Collect the folds that an answer yields."""
    made = []
    for pair in answer.each(groups, n_folds, np.random.default_rng(seed), most=n_folds, on=on):
        is_pair = isinstance(pair, tuple | list) and len(pair) == 2
        answer.expect(is_pair, "each thing it yields is a pair of training and validation rows", got=pair)
        known, asked = (answer.whole(rows, "row numbers") for rows in pair)
        inside = all(((rows >= 0) & (rows < len(groups))).all() for rows in (known, asked))
        answer.expect(inside, f"row numbers lie between 0 and {len(groups) - 1}", got=pair)
        made.append((known, asked))
    return made


# Scores -----------------------------------------------------------------------------------------


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
        answer.expect(near(given, right), must, got=beside(given, right), hint=hint)


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
        answer.expect(near(given, right), must, got=beside(given, right), hint=hint)


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
        answer.expect(near(number, right), must, got=beside(number, right), hint=hint)


# Intervals --------------------------------------------------------------------------------------


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
    answer.expect(
        near(radius, right), "it is the radius of these errors", got=beside(radius, right), hint=hint
    )


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


# The service ------------------------------------------------------------------------------------


@exercise(
    "service-door",
    "let_in(address, bad, good)",
    imports="import json\nfrom urllib.error import HTTPError\nfrom urllib.request import Request, urlopen",
    seconds=20,
)
def service_door(answer: Answer) -> None:
    """Return the positions of those bodies in `bad` that a service fails to refuse, or is changed by."""
    bad = [b"[]", b'"text"', b"{not json", b"[[]]"]
    fine, refused = (200, b'{"block_groups": [1]}'), (400, b'{"error": "send a list of objects"}')
    gone = (200, b'{"block_groups": [2]}')
    for on, answers, after, right in [
        ("a service that refuses all of them", {}, fine, []),
        ("a service that answers body 1 as if it were good", {1: fine}, fine, [1]),
        (
            "a service that fails with status 500 on bodies 0 and 2",
            {0: (500, b"oops"), 2: (500, b"")},
            fine,
            [0, 2],
        ),
        ("a service that refuses body 2 without a word", {2: (400, b"{}")}, fine, [2]),
        ("a service that answers the good request otherwise after body 3", {}, gone, [3]),
    ]:
        replies = {body: answers.get(number, refused) for number, body in enumerate(bad)}
        with serving(replies, b"[1]", fine, after) as address:
            given = answer(address, bad, b"[1]", on=on)
        numbers = answer.whole(given, "a list of positions").tolist() if np.size(given) else []
        hint = (
            "Send the good request first, and again after each bad one; urlopen raises HTTPError above 399."
        )
        must = "it gives the positions of the bodies that the service does not stand, and of no others"
        answer.expect(numbers == right, must, got=f"{numbers} where {right} is right", hint=hint)


Reply = tuple[int, bytes]


@contextmanager
def serving(replies: dict[bytes, Reply], good: bytes, fine: Reply, after: Reply) -> Iterator[str]:
    """Serve fixed replies at /value; the good request gets `fine`, and `after` after the last bad one."""
    seen: list[bytes] = []

    def reply(body: bytes) -> Reply:
        if body == good:
            return after if seen and seen[-1] == list(replies)[-1] else fine
        seen.append(body)
        return replies.get(body, (400, b'{"error": "not asked for"}'))

    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(reply))
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def _handler(reply: Callable[[bytes], Reply]) -> type[BaseHTTPRequestHandler]:
    """Return a request handler that answers POST /value by a function of the body."""

    class Handler(BaseHTTPRequestHandler):
        """Answers from a table."""

        def do_POST(self) -> None:
            """Answer one body."""
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, content = reply(body) if self.path == "/value" else (404, b"{}")
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:
            """Keep quiet."""

    return Handler
