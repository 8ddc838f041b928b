"""Answers to the exercises of chapter 2: right ones, written otherwise than the published, and wrong ones.

A wrong answer stands with words of the property that its check must name, and words of its hint.
"""

from __future__ import annotations

import json
from collections import Counter
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import numpy as np
import pandas as pd
from answer_book import AnswerBook
from sklearn.base import clone
from sklearn.impute import SimpleImputer
from sklearn.model_selection import GroupKFold, KFold, cross_val_predict, cross_val_score
from sklearn.pipeline import make_pipeline

from mlbook.ml.evaluate import bootstrap, conformal_radius, rmse
from mlbook.ml.split import hashed_split, random_split

book = AnswerBook()
right, wrong = book.right, book.wrong
RIGHT, WRONG = book.answers, book.mistakes


# which-split, median-of-medians -----------------------------------------------------------------

SPLIT = {"a": "groups", "b": "groups", "c": "period", "d": "rows"}
RIGHT["which-split"] = [SPLIT, SPLIT | {"d": "period"}, SPLIT | {"a": " Groups "}]
WRONG["which-split"] = [
    (SPLIT | {"a": "rows"}, "as unknown as", "several scans"),
    (SPLIT | {"b": "region"}, "as unknown as", "more than it takes"),
    (SPLIT | {"c": "rows"}, "as unknown as", "before and after"),
    (SPLIT | {"d": "groups"}, "as unknown as", "both the user and the film"),
    (SPLIT | {"d": "users"}, "one of 'rows', 'groups'", ""),
    (SPLIT | {"d": 1}, "one of 'rows', 'groups'", ""),
    ({"a": "groups"}, "a dictionary with the keys", ""),
    (["groups", "groups", "period", "rows"], "a dictionary with the keys", ""),
]
RIGHT["median-of-medians"] = ["too low", "Too low"]
WRONG["median-of-medians"] = [
    ("too high", "direction", "tail to the right"),
    ("neither", "direction", "their sum"),
    ("down", "one of 'too low', 'too high'", ""),
    (-1, "one of 'too low'", ""),
]


# hash-keeps-share -------------------------------------------------------------------------------


@right("hash-keeps-share")
def counted(keys, share):
    keys = list(keys)
    size = Counter(keys)
    distinct = list(size)
    test = [distinct[row] for row in hashed_split(distinct, share)[1]]
    return [sum(size[key] for key in test) / len(keys), len(test) / len(distinct)]


@wrong("hash-keeps-share", "first number is the share of rows", "divide")
def swapped(keys, share):
    rows, distinct = counted(keys, share)
    return distinct, rows


@wrong("hash-keeps-share", "first number is the share of rows", "training rows first")
def training_side(keys, share):
    chosen, _ = hashed_split(keys, share)
    return len(chosen) / len(keys), len({keys[row] for row in chosen}) / len(set(keys))


@wrong("hash-keeps-share", "second number is the share of distinct keys", "each key once")
def of_rows(keys, share):
    _, chosen = hashed_split(keys, share)
    return len(chosen) / len(keys), len({keys[row] for row in chosen}) / len(keys)


@wrong("hash-keeps-share", "first number is the share of rows")
def not_hashed(keys, share):
    _, chosen = random_split(len(keys), share, np.random.default_rng(0))
    return len(chosen) / len(keys), len({keys[row] for row in chosen}) / len(set(keys))


@wrong("hash-keeps-share", "second number is the share of distinct keys", "no index labels")
def by_label(keys, share):
    _, chosen = hashed_split(keys, share)
    return len(chosen) / len(keys), len({keys[row] for row in chosen}) / len(set(keys))


@wrong("hash-keeps-share", "two numbers")
def one_number(keys, share):
    return len(hashed_split(keys, share)[1]) / len(keys)


@wrong("hash-keeps-share", "two numbers")
def percent(keys, share):
    return tuple(f"{number:.1%}" for number in counted(keys, share))


@wrong("hash-keeps-share", "called as share_by_size")
def without_share(keys):
    return counted(keys, 0.2)


# kfold-by-group ---------------------------------------------------------------------------------


@right("kfold-by-group")
def by_library(groups, n_folds, rng):
    splitter = GroupKFold(n_folds, shuffle=True, random_state=int(rng.integers(2**31)))
    return list(splitter.split(groups, groups=groups))


@right("kfold-by-group")
def dealt(groups, n_folds, rng):
    distinct = sorted(set(groups.tolist()))
    rng.shuffle(distinct)
    for number in range(n_folds):
        mine = set(distinct[number::n_folds])
        asked = [row for row, group in enumerate(groups.tolist()) if group in mine]
        yield [row for row in range(len(groups)) if row not in asked], asked


def cut(groups, n_folds, distinct):
    for part in np.array_split(distinct, n_folds):
        inside = np.isin(groups, part)
        yield np.flatnonzero(~inside), np.flatnonzero(inside)


@wrong("kfold-by-group", "no group is on both sides", "not the rows")
def of_rows_only(groups, n_folds, rng):
    order = rng.permutation(len(groups))
    for asked in np.array_split(order, n_folds):
        yield np.setdiff1d(order, asked), asked


@wrong("kfold-by-group", "every row is in validation exactly once", "evenly")
def forgets_the_rest(groups, n_folds, rng):
    distinct = rng.permutation(np.unique(groups))
    size = len(distinct) // n_folds
    for fold in range(n_folds):
        inside = np.isin(groups, distinct[fold * size : (fold + 1) * size])
        yield np.flatnonzero(~inside), np.flatnonzero(inside)


@wrong("kfold-by-group", "another seed gives other folds", "rng.permutation")
def without_chance(groups, n_folds, rng):
    yield from cut(groups, n_folds, np.unique(groups))


@wrong("kfold-by-group", "the same seed gives the same folds", "from rng")
def chance_of_its_own(groups, n_folds, rng):
    yield from cut(groups, n_folds, np.random.default_rng().permutation(np.unique(groups)))


@wrong("kfold-by-group", "global random state", "np.random.default_rng")
def global_chance(groups, n_folds, rng):
    yield from cut(groups, n_folds, np.random.permutation(np.unique(groups)))


@wrong("kfold-by-group", "leaves its arguments", "copy")
def sorts_in_place(groups, n_folds, rng):
    groups.sort()
    yield from cut(groups, n_folds, rng.permutation(np.unique(groups)))


@wrong("kfold-by-group", "not a mask")
def masks(groups, n_folds, rng):
    for part in np.array_split(rng.permutation(np.unique(groups)), n_folds):
        inside = np.isin(groups, part)
        yield ~inside, inside


@wrong("kfold-by-group", "row numbers lie between|it gives row numbers")
def group_names(groups, n_folds, rng):
    distinct = rng.permutation(np.unique(groups))
    for part in np.array_split(distinct, n_folds):
        yield np.setdiff1d(distinct, part), part


@wrong("kfold-by-group", "yields 3 pairs")
def one_fold(groups, n_folds, rng):
    yield next(cut(groups, n_folds, rng.permutation(np.unique(groups))))


@wrong("kfold-by-group", "at most 3 times")
def without_end(groups, n_folds, rng):
    while True:
        yield from cut(groups, n_folds, rng.permutation(np.unique(groups)))


@wrong("kfold-by-group", "a pair of training and validation rows")
def validation_alone(groups, n_folds, rng):
    for known, _ in cut(groups, n_folds, rng.permutation(np.unique(groups))):
        yield known[0]


@wrong("kfold-by-group", "rows that are not in validation")
def trains_on_all(groups, n_folds, rng):
    for known, asked in cut(groups, n_folds, rng.permutation(np.unique(groups))):
        yield known[1:], asked


# early-clean ------------------------------------------------------------------------------------

SCORING = {"scoring": "neg_root_mean_squared_error"}


@right("early-clean")
def with_pipeline(model, X, y, cv):
    early = -cross_val_score(model, X.fillna(X.median()), y, cv=cv, **SCORING)
    inside = make_pipeline(SimpleImputer(strategy="median"), model)
    return early, -cross_val_score(inside, X, y, cv=cv, **SCORING)


@wrong("early-clean", "is not negative", "scikit-learn")
def negative(model, X, y, cv):
    return [-scores for scores in with_pipeline(model, X, y, cv)]


@wrong("early-clean", "second array is for gaps filled by the medians of each fold", "imputer in a pipeline")
def early_twice(model, X, y, cv):
    early, _ = with_pipeline(model, X, y, cv)
    return early, early


@wrong("early-clean", "first array is for gaps filled by the medians of all rows", "imputer in a pipeline")
def other_order(model, X, y, cv):
    return with_pipeline(model, X, y, cv)[::-1]


@wrong("early-clean", "first array", "its root")
def squares(model, X, y, cv):
    return [scores**2 for scores in with_pipeline(model, X, y, cv)]


@wrong("early-clean", "second array", "imputer in a pipeline")
def own_medians(model, X, y, cv):
    scores = []
    for known, asked in cv.split(X):
        train, test = X.iloc[known], X.iloc[asked]
        fitted = clone(model).fit(train.fillna(train.median()), y.iloc[known])
        scores.append(rmse(y.iloc[asked], fitted.predict(test.fillna(test.median()))))
    return with_pipeline(model, X, y, cv)[0], scores


@wrong("early-clean", "first array", "imputer in a pipeline")
def means(model, X, y, cv):
    early = -cross_val_score(model, X.fillna(X.mean()), y, cv=cv, **SCORING)
    return early, with_pipeline(model, X, y, cv)[1]


@wrong("early-clean", "leaves its arguments", "copy")
def fills_the_table(model, X, y, cv):
    inside = with_pipeline(model, X, y, cv)[1]
    X["rooms"] = X["rooms"].fillna(X["rooms"].median())
    return -cross_val_score(model, X, y, cv=cv, **SCORING), inside


@wrong("early-clean", "two arrays, each with a number for each fold")
def two_means(model, X, y, cv):
    return [scores.mean() for scores in with_pipeline(model, X, y, cv)]


@wrong("early-clean", "it raises nothing")
def without_filling(model, X, y, cv):
    return (-cross_val_score(model, X, y, cv=cv, error_score="raise", **SCORING),) * 2


# pull-to-mean -----------------------------------------------------------------------------------


@right("pull-to-mean")
def sorted_and_cut(sort_by, residual):
    order = np.argsort(np.asarray(sort_by))
    return [part.mean() for part in np.array_split(np.asarray(residual)[order], 10)]


@right("pull-to-mean")
def by_quantiles(sort_by, residual):
    tenths = pd.qcut(np.asarray(sort_by), 10, labels=range(1, 11))
    return pd.Series(np.asarray(residual)).groupby(tenths, observed=True).mean()


@wrong("pull-to-mean", "lowest tenth first", "highest to the lowest")
def highest_first(sort_by, residual):
    return sorted_and_cut(sort_by, residual)[::-1]


@wrong("pull-to-mean", "mean residual of a tenth", "equally many rows")
def equal_width(sort_by, residual):
    bins = pd.cut(np.asarray(sort_by), 10, labels=False)
    return pd.Series(residual).groupby(bins).mean().reindex(range(10), fill_value=0.0)


@wrong("pull-to-mean", "mean residual of a tenth", "order in which they stand")
def unsorted(sort_by, residual):
    return [part.mean() for part in np.array_split(residual, 10)]


@wrong("pull-to-mean", "mean residual of a tenth")
def medians(sort_by, residual):
    return [np.median(part) for part in np.array_split(residual[np.argsort(sort_by)], 10)]


@wrong("pull-to-mean", "mean residual of a tenth|raises nothing|finite")
def aligned_by_label(sort_by, residual):
    frame = pd.DataFrame({"by": sort_by}).assign(residual=pd.Series(residual))
    return frame.groupby(pd.qcut(frame["by"], 10, labels=False)).residual.mean().to_numpy()


@wrong("pull-to-mean", "ten numbers")
def one_mean(sort_by, residual):
    return float(np.mean(residual))


# relative-error ---------------------------------------------------------------------------------


@right("relative-error")
def by_cross_val_predict(model, X, y, cv):
    held = np.maximum(cross_val_predict(model, X, y, cv=cv), 1000)
    return rmse(y, held), rmse(np.log(y), np.log(held))


@wrong("relative-error", "RMSE of held-out predictions", "fitted to")
def in_sample(model, X, y, cv):
    seen = np.maximum(clone(model).fit(X, y).predict(X), 1000)
    return rmse(y, seen), rmse(np.log(y), np.log(seen))


@wrong("relative-error", "every number that it gives is finite", "logarithm")
def without_floor(model, X, y, cv):
    held = cross_val_predict(model, X, y, cv=cv)
    return rmse(y, held), rmse(np.log(y), np.log(held))


@wrong("relative-error", "RMSE of held-out predictions", "together")
def mean_of_folds(model, X, y, cv):
    parts = []
    for known, asked in cv.split(X):
        held = np.maximum(clone(model).fit(X.iloc[known], y.iloc[known]).predict(X.iloc[asked]), 1000)
        parts.append((rmse(y.iloc[asked], held), rmse(np.log(y.iloc[asked]), np.log(held))))
    return np.mean(parts, axis=0)


@wrong("relative-error", "RMSE of the logarithms", "root")
def without_root(model, X, y, cv):
    dollars, logs = by_cross_val_predict(model, X, y, cv)
    return dollars, logs**2


@wrong("relative-error", "RMSE of held-out predictions")
def floor_for_one(model, X, y, cv):
    return rmse(y, cross_val_predict(model, X, y, cv=cv)), by_cross_val_predict(model, X, y, cv)[1]


# conformal-by-square ----------------------------------------------------------------------------


@right("conformal-by-square")
def five_folds_of_groups(model, X, y, groups, coverage):
    held = cross_val_predict(model, X, y, cv=GroupKFold(5), groups=groups)
    return conformal_radius(np.abs(y - held), coverage)


@right("conformal-by-square")
def one_group_out(model, X, y, groups, coverage):
    errors = []
    for group in np.unique(groups):
        fitted = clone(model).fit(X[groups != group], y[groups != group])
        errors += list(abs(fitted.predict(X[groups == group]) - y[groups == group]))
    return conformal_radius(errors, coverage)


@wrong("conformal-by-square", "no model is asked about a group that it was fitted to", "whole groups")
def folds_of_rows(model, X, y, groups, coverage):
    held = cross_val_predict(model, X, y, cv=KFold(5, shuffle=True, random_state=0))
    return conformal_radius(np.abs(y - held), coverage)


@wrong("conformal-by-square", "no model is asked about a group that it was fitted to")
def on_known_rows(model, X, y, groups, coverage):
    return conformal_radius(np.abs(y - clone(model).fit(X, y).predict(X)), coverage)


@wrong("conformal-by-square", "radius of these errors", "counts the new row")
def plain_quantile(model, X, y, groups, coverage):
    held = cross_val_predict(model, X, y, cv=GroupKFold(5), groups=groups)
    return np.quantile(np.abs(y - held), coverage)


@wrong("conformal-by-square", "radius of these errors", "absolute")
def signed(model, X, y, groups, coverage):
    held = cross_val_predict(model, X, y, cv=GroupKFold(5), groups=groups)
    return conformal_radius(y - held, coverage)


@wrong("conformal-by-square", "radius of these errors", "absolute")
def signed_otherwise(model, X, y, groups, coverage):
    held = cross_val_predict(model, X, y, cv=GroupKFold(5), groups=groups)
    return conformal_radius(held - y, coverage)


@wrong("conformal-by-square", "every row is held out once")
def one_split(model, X, y, groups, coverage):
    known, asked = next(GroupKFold(5).split(X, groups=groups))
    held = clone(model).fit(X.iloc[known], y.iloc[known]).predict(X.iloc[asked])
    return conformal_radius(np.abs(y.iloc[asked] - held), coverage)


@wrong("conformal-by-square", "one number")
def interval(model, X, y, groups, coverage):
    radius = five_folds_of_groups(model, X, y, groups, coverage)
    return -radius, radius


# bootstrap-of-difference ------------------------------------------------------------------------


@right("bootstrap-of-difference")
def with_numpy(truth, one, two, rng, n_draws):
    rows = rng.integers(len(truth), size=(n_draws, len(truth)))
    first, second = ((made - truth)[rows] ** 2 for made in (one, two))
    return np.sqrt(first.mean(axis=1)) - np.sqrt(second.mean(axis=1))


@wrong("bootstrap-of-difference", "does not differ from itself", "row numbers once")
def unpaired(truth, one, two, rng, n_draws):
    return bootstrap(truth, one, rng, n_draws=n_draws) - bootstrap(truth, two, rng, n_draws=n_draws)


@wrong("bootstrap-of-difference", "the draws differ", "with replacement")
def permuted(truth, one, two, rng, n_draws):
    rows = np.arange(len(truth))
    return [rmse(truth[rows], one[rows]) - rmse(truth[rows], two[rows]) for rows in [rows] * n_draws]


@wrong("bootstrap-of-difference", "lie around", "order of the two")
def other_sign(truth, one, two, rng, n_draws):
    return -with_numpy(truth, one, two, rng, n_draws)


@wrong("bootstrap-of-difference", "lie around", "root")
def mean_squares(truth, one, two, rng, n_draws):
    rows = rng.integers(len(truth), size=(n_draws, len(truth)))
    return ((one - truth)[rows] ** 2 - (two - truth)[rows] ** 2).mean(axis=1)


@wrong("bootstrap-of-difference", "as many rows as there are", "rng.integers")
def half_the_rows(truth, one, two, rng, n_draws):
    half = len(truth) // 4
    draws = []
    for _ in range(n_draws):
        rows = rng.integers(len(truth), size=half)
        draws.append(rmse(truth[rows], one[rows]) - rmse(truth[rows], two[rows]))
    return draws


@wrong("bootstrap-of-difference", "the same seed gives the same draws", "from rng")
def chance_from_elsewhere(truth, one, two, rng, n_draws):
    return with_numpy(truth, one, two, np.random.default_rng(), n_draws)


@wrong("bootstrap-of-difference", "another seed gives other draws")
def seed_of_its_own(truth, one, two, rng, n_draws):
    return with_numpy(truth, one, two, np.random.default_rng(7), n_draws)


@wrong("bootstrap-of-difference", "n_draws numbers")
def ends_of_interval(truth, one, two, rng, n_draws):
    return np.quantile(with_numpy(truth, one, two, rng, n_draws), [0.025, 0.975])


# service-door -----------------------------------------------------------------------------------


def post(address, body):
    try:
        with urlopen(Request(f"{address}/value", data=body), timeout=10) as response:
            return response.status, response.read()
    except HTTPError as error:
        with error:
            return error.code, error.read()


def says_why(content):
    try:
        return bool(json.loads(content)["error"])
    except (ValueError, KeyError):
        return False


@right("service-door")
def leaning(address, bad, good):
    before, found = post(address, good), []
    for number, body in enumerate(bad):
        status, content = post(address, body)
        if not (400 <= status < 500 and says_why(content)) or post(address, good) != before:
            found.append(number)
    return np.array(found, dtype=int)


@wrong("service-door", "it raises nothing")
def forgets_http_error(address, bad, good):
    found = []
    for number, body in enumerate(bad):
        with urlopen(f"{address}/value", data=body) as response:
            if response.status == 200:
                found.append(number)
    return found


@wrong("service-door", "positions of the bodies", "urlopen raises")
def any_refusal(address, bad, good):
    return [number for number, body in enumerate(bad) if post(address, body)[0] < 400]


@wrong("service-door", "positions of the bodies")
def without_a_sentence(address, bad, good):
    return [number for number, body in enumerate(bad) if not 400 <= post(address, body)[0] < 500]


@wrong("service-door", "positions of the bodies", "again after each")
def never_asks_again(address, bad, good):
    found = []
    for number, body in enumerate(bad):
        status, content = post(address, body)
        if not (400 <= status < 500 and says_why(content)):
            found.append(number)
    return found


@wrong("service-door", "positions of the bodies")
def the_others(address, bad, good):
    return [number for number in range(len(bad)) if number not in leaning(address, bad, good)]


@wrong("service-door", "a list of positions")
def the_bodies(address, bad, good):
    return [bad[number] for number in leaning(address, bad, good)]
