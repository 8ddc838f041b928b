"""Answers to the exercises of chapter 4: right ones, written otherwise than the published, and wrong ones.

A wrong answer stands with words of the property that its check must name, and words of its hint.
"""

from __future__ import annotations

import numpy as np
from answer_book import AnswerBook
from scipy.optimize import minimize
from scipy.special import logsumexp
from sklearn.linear_model import Lasso, LinearRegression, Ridge

from mlbook.ml.conditioning import curvatures
from mlbook.ml.lasso import soft_threshold
from mlbook.ml.losses import Huber

book = AnswerBook()
right, wrong = book.right, book.wrong
RIGHT, WRONG = book.answers, book.mistakes


def ones(X):
    return np.column_stack([X, np.ones(len(X))])


# penalty-and-units, which-cure ------------------------------------------------------------------

UNITS = {"a": "same", "b": "change", "c": "change", "d": "change", "e": "same"}
RIGHT["penalty-and-units"] = [UNITS, UNITS | {"a": " Same"}]
WRONG["penalty-and-units"] = [
    (UNITS | {"a": "change"}, "predictions stay the same", "product with x"),
    (UNITS | {"b": "same"}, "predictions stay the same", "what does that cost"),
    (UNITS | {"c": "same"}, "predictions stay the same", "absolute value"),
    (UNITS | {"d": "same"}, "predictions stay the same", "curvature"),
    (UNITS | {"e": "change"}, "predictions stay the same", "scaler"),
    (UNITS | {"e": True}, "one of 'same', 'change'", ""),
    (["same"] * 5, "a dictionary with the keys", ""),
    ({"a": "same"}, "a dictionary with the keys", ""),
]
CURE = {"a": "rows", "b": "features", "c": "penalty", "d": "stop"}
RIGHT["which-cure"] = [CURE]
WRONG["which-cure"] = [
    (CURE | {"a": "penalty"}, "next thing to try", "cost nothing"),
    (CURE | {"a": "stop"}, "next thing to try", "still falling"),
    (CURE | {"b": "rows"}, "next thing to try", "did not help"),
    (CURE | {"b": "penalty"}, "next thing to try", "its own rows"),
    (CURE | {"c": "rows"}, "next thing to try", "none to be had"),
    (CURE | {"c": "features"}, "next thing to try", "far apart"),
    (CURE | {"d": "features"}, "next thing to try", "measuring twice"),
    (CURE | {"d": "more"}, "one of 'rows', 'features'", ""),
]


# step-size-limit --------------------------------------------------------------------------------


@right("step-size-limit")
def by_singular_value(X):
    return 2 * len(X) / np.linalg.svd(ones(X), compute_uv=False)[0] ** 2


@wrong("step-size-limit", "below this rate descent converges", "safe, and not yet the limit")
def safe(X):
    return by_singular_value(X) / 2


@wrong("step-size-limit", "below this rate descent converges", "column of ones")
def no_intercept(X):
    return 2 / curvatures(X)[-1]


@wrong("step-size-limit", "below this rate descent converges", "divided by the rows")
def of_the_sum(X):
    return 2 / np.linalg.eigvalsh(ones(X).T @ ones(X))[-1]


@wrong("step-size-limit", "below this rate descent converges", "squares of singular values")
def not_squared(X):
    return 2 / np.linalg.norm(ones(X), ord=2)


@wrong("step-size-limit", "below this rate descent converges", "steepest direction")
def flattest(X):
    return 2 / curvatures(ones(X))[0]


@wrong("step-size-limit", "below this rate descent converges", "1 - rate c")
def centered(X):
    return 2 / curvatures(ones(X - X.mean(axis=0)))[-1]


@wrong("step-size-limit", "one number")
def all_rates(X):
    return 2 / curvatures(ones(X))


@wrong("step-size-limit", "called as rate_limit")
def with_target(X, y):
    return by_singular_value(X)


# curvature-from-gradients -----------------------------------------------------------------------


@right("curvature-from-gradients")
def by_lanczos(gradient, n_params, rng):
    """Grow an orthonormal basis of the directions met, and look for the steepest within it."""
    from scipy.sparse.linalg import LinearOperator, eigsh

    if n_params < 5:
        at_zero = gradient(np.zeros(n_params))
        return np.linalg.eigvalsh([gradient(row) - at_zero for row in np.eye(n_params)])[-1]
    at_zero = gradient(np.zeros(n_params))
    size = (n_params, n_params)
    product = LinearOperator(size, matvec=lambda v: gradient(v.ravel()) - at_zero, dtype=float)
    start = rng.normal(size=n_params)
    return eigsh(product, 1, v0=start, tol=1e-3, which="LA", return_eigenvectors=False)[0]


@right("curvature-from-gradients")
def by_rayleigh(gradient, n_params, rng):
    base = rng.normal(size=n_params)
    here, direction = gradient(base), rng.normal(size=n_params)
    for _ in range(150):
        direction /= np.linalg.norm(direction)
        bent = gradient(base + direction) - here
        curvature, direction = direction @ bent, bent
    return curvature


@wrong("curvature-from-gradients", "the largest curvature", "difference of two gradients")
def gradient_alone(gradient, n_params, rng):
    direction = np.ones(n_params) / np.sqrt(n_params)
    return np.linalg.norm(gradient(np.zeros(n_params)) + 0 * direction)


@wrong("curvature-from-gradients", "the largest curvature")
def without_base(gradient, n_params, rng):
    direction = rng.normal(size=n_params)
    for _ in range(100):
        direction = gradient(direction / np.linalg.norm(direction))
    return np.linalg.norm(direction)


@wrong("curvature-from-gradients", "the largest curvature", "repeat")
def few_rounds(gradient, n_params, rng):
    direction, at_zero = rng.normal(size=n_params), gradient(np.zeros(n_params))
    for _ in range(3):
        direction = gradient(direction / np.linalg.norm(direction)) - at_zero
    return np.linalg.norm(direction)


@wrong("curvature-from-gradients", "the largest curvature", "length 1")
def never_scaled(gradient, n_params, rng):
    direction, at_zero = np.ones(n_params), gradient(np.zeros(n_params))
    for _ in range(3):
        direction = gradient(direction) - at_zero
    return np.linalg.norm(direction)


@wrong("curvature-from-gradients", "at most 200 gradients", "a gradient for each parameter")
def whole_matrix(gradient, n_params, rng):
    at_zero = gradient(np.zeros(n_params))
    return np.linalg.eigvalsh([gradient(row) - at_zero for row in np.eye(n_params)])[-1]


@wrong("curvature-from-gradients", "asks for gradients")
def guessed(gradient, n_params, rng):
    return 9.0


# sgd-epoch --------------------------------------------------------------------------------------


def descend(theta, X, y, rate, rows):
    return theta - rate * X[rows].T @ (X[rows] @ theta - y[rows]) / len(rows)


@right("sgd-epoch")
def by_slices(theta, X, y, rate, size, rng):
    order = rng.permutation(len(y))
    X, y = X[order], y[order]
    for first in range(0, len(y), size):
        theta = descend(theta, X[first : first + size], y[first : first + size], rate,
                        np.arange(min(size, len(y) - first)))  # fmt: skip
    return list(theta)


@wrong("sgd-epoch", "every row is in exactly one batch", "do not drop it")
def drops_the_rest(theta, X, y, rate, size, rng):
    order = rng.permutation(len(y))
    for number in range(len(y) // size):
        theta = descend(theta, X, y, rate, order[number * size : (number + 1) * size])
    return theta


@wrong("sgd-epoch", "every row is in exactly one batch", "shuffle the row numbers once")
def with_replacement(theta, X, y, rate, size, rng):
    for _ in range(0, len(y), size):
        theta = descend(theta, X, y, rate, rng.integers(len(y), size=size))
    return theta


@wrong("sgd-epoch", "mean slope of its batch", "divide by its rows")
def sums(theta, X, y, rate, size, rng):
    order = rng.permutation(len(y))
    for first in range(0, len(y), size):
        rows = order[first : first + size]
        theta = descend(theta, X, y, rate * len(rows), rows)
    return theta


@wrong("sgd-epoch", "mean slope of its batch", "divided by one")
def by_size(theta, X, y, rate, size, rng):
    order = rng.permutation(len(y))
    for first in range(0, len(y), size):
        rows = order[first : first + size]
        theta = descend(theta, X, y, rate * len(rows) / size, rows)
    return theta


@wrong("sgd-epoch", "mean slope of its batch", "not by all rows")
def by_all_rows(theta, X, y, rate, size, rng):
    order = rng.permutation(len(y))
    for first in range(0, len(y), size):
        rows = order[first : first + size]
        theta = descend(theta, X, y, rate * len(rows) / len(y), rows)
    return theta


@wrong("sgd-epoch", "mean slope of its batch", "factor 2")
def doubled(theta, X, y, rate, size, rng):
    return by_slices(theta, X, y, 2 * rate, size, rng)


@wrong("sgd-epoch", "another seed gives another order", "rng.permutation")
def in_their_order(theta, X, y, rate, size, rng):
    for first in range(0, len(y), size):
        theta = descend(theta, X, y, rate, np.arange(len(y))[first : first + size])
    return theta


@wrong("sgd-epoch", "the same seed gives the same epoch", "from rng")
def chance_of_its_own(theta, X, y, rate, size, rng):
    return by_slices(theta, X, y, rate, size, np.random.default_rng())


@wrong("sgd-epoch", "global random state", "default_rng")
def global_chance(theta, X, y, rate, size, rng):
    np.random.shuffle(np.arange(3))
    return by_slices(theta, X, y, rate, size, rng)


@wrong("sgd-epoch", "leaves its arguments", "copy")
def in_place(theta, X, y, rate, size, rng):
    theta -= rate * X.T @ (X @ theta - y) / len(y)
    return theta


@wrong("sgd-epoch", "move towards y", "theta - rate")
def uphill(theta, X, y, rate, size, rng):
    return by_slices(theta, X, y, -rate, size, rng)


@wrong("sgd-epoch", "the parameters move")
def stays(theta, X, y, rate, size, rng):
    return theta


@wrong("sgd-epoch", "it returns something", "return")
def forgets_to_return(theta, X, y, rate, size, rng):
    by_slices(theta, X, y, rate, size, rng)


# stopping-shrinks-like-ridge --------------------------------------------------------------------


@right("stopping-shrinks-like-ridge")
def by_walking(X, rate, n_steps):
    """Descend towards a target whose least-squares coefficient is 1 along every direction."""
    U, s, Vt = np.linalg.svd(X, full_matrices=False)
    y, w = U @ s, np.zeros(X.shape[1])
    for _ in range(n_steps):
        w = w - rate * X.T @ (X @ w - y) / len(y)
    return Vt @ w


@wrong("stopping-shrinks-like-ridge", "the share that is reached", "still missing")
def what_is_left(X, rate, n_steps):
    return (1 - rate * np.linalg.svd(X, compute_uv=False) ** 2 / len(X)) ** n_steps


@wrong("stopping-shrinks-like-ridge", "the share that is reached", "smallest singular value to the largest")
def ascending(X, rate, n_steps):
    return 1 - (1 - rate * curvatures(X)) ** n_steps


@wrong("stopping-shrinks-like-ridge", "the share that is reached", "divide the curvature")
def of_the_total(X, rate, n_steps):
    return 1 - (1 - rate * np.linalg.svd(X, compute_uv=False) ** 2) ** n_steps


@wrong("stopping-shrinks-like-ridge", "the share that is reached", "squares of singular values")
def of_singular_values(X, rate, n_steps):
    return 1 - (1 - rate * np.linalg.svd(X, compute_uv=False) / len(X)) ** n_steps


@wrong("stopping-shrinks-like-ridge", "the share that is reached", "multiplies what is missing")
def one_step_more(X, rate, n_steps):
    return by_walking(X, rate, n_steps + 1)


@wrong("stopping-shrinks-like-ridge", "a share for each singular value")
def a_single_share(X, rate, n_steps):
    return by_walking(X, rate, n_steps).mean()


# ridge-by-extra-rows ----------------------------------------------------------------------------


@right("ridge-by-extra-rows")
def by_library(X, y, alpha):
    model = Ridge(alpha).fit(X, y)
    return model.coef_, model.intercept_


@right("ridge-by-extra-rows")
def with_free_ones(X, y, alpha):
    d = X.shape[1]
    below = np.hstack([np.sqrt(alpha) * np.eye(d), np.zeros((d, 1))])
    theta = np.linalg.lstsq(np.vstack([ones(X), below]), np.append(y, np.zeros(d)))[0]
    return [list(theta[:-1]), theta[-1]]


@wrong("ridge-by-extra-rows", "coefficients are those of ridge", "root of alpha")
def root_forgotten(X, y, alpha):
    return by_library(X, y, alpha**2)


@wrong("ridge-by-extra-rows", "coefficients are those of ridge", "intercept is not punished")
def punishes_the_intercept(X, y, alpha):
    theta = Ridge(alpha, fit_intercept=False).fit(ones(X), y).coef_
    return theta[:-1], theta[-1]


@wrong("ridge-by-extra-rows", "coefficients are those of ridge", "through zero")
def through_zero(X, y, alpha):
    return Ridge(alpha, fit_intercept=False).fit(X, y).coef_, 0.0


@wrong("ridge-by-extra-rows", "coefficients are those of ridge", "not the mean")
def on_the_mean(X, y, alpha):
    return by_library(X, y, alpha * len(X))


@wrong("ridge-by-extra-rows", "coefficients are those of ridge", "without a penalty")
def no_penalty(X, y, alpha):
    model = LinearRegression(tol=1e-12).fit(X, y)
    return model.coef_, model.intercept_


@wrong("ridge-by-extra-rows", "intercept belongs to X and y", "means of the features")
def intercept_of_centered(X, y, alpha):
    return by_library(X, y, alpha)[0], y.mean()


@wrong("ridge-by-extra-rows", "returns two things")
def all_in_one(X, y, alpha):
    return np.append(*by_library(X, y, alpha))


@wrong("ridge-by-extra-rows", "leaves its arguments", "copy")
def centers_in_place(X, y, alpha):
    X -= X.mean(axis=0)
    return by_library(X, y, alpha)


# lasso-orthogonal -------------------------------------------------------------------------------


@right("lasso-orthogonal")
def by_search(X, y, alpha):
    return Lasso(alpha, fit_intercept=False, tol=1e-12, random_state=0).fit(X, y).coef_


@right("lasso-orthogonal")
def by_cases(X, y, alpha):
    coef = []
    for x in X.T:
        pull = x @ y / len(y)
        left = pull - alpha if pull > alpha else pull + alpha if pull < -alpha else 0
        coef.append(left / np.mean(x**2))
    return coef


@wrong("lasso-orthogonal", "global random state", "random_state")
def by_search_with_chance(X, y, alpha):
    return Lasso(alpha, fit_intercept=False).fit(X, y).coef_


@wrong("lasso-orthogonal", "minimize the cost of the lasso", "alpha off first")
def after_division(X, y, alpha):
    return soft_threshold(X.T @ y / (X**2).sum(axis=0), alpha)


@wrong("lasso-orthogonal", "minimize the cost of the lasso", "divide by the rows")
def of_sums(X, y, alpha):
    return soft_threshold(X.T @ y, alpha) / (X**2).sum(axis=0)


@wrong("lasso-orthogonal", "minimize the cost of the lasso", "no 2 in")
def half_alpha(X, y, alpha):
    return by_cases(X, y, alpha / 2)


@wrong("lasso-orthogonal", "minimize the cost of the lasso", "pulled to zero, too")
def hard(X, y, alpha):
    pull = X.T @ y / len(y)
    return np.where(np.abs(pull) > alpha, pull, 0) / (X**2).mean(axis=0)


@wrong("lasso-orthogonal", "minimize the cost of the lasso", "sign is lost")
def absolute(X, y, alpha):
    return np.maximum(np.abs(X.T @ y / len(y)) - alpha, 0) / (X**2).mean(axis=0)


@wrong("lasso-orthogonal", "minimize the cost of the lasso", "towards zero")
def cut_below(X, y, alpha):
    return np.maximum(X.T @ y / len(y) - alpha, 0) / (X**2).mean(axis=0)


@wrong("lasso-orthogonal", "minimize the cost of the lasso", "penalty is missing")
def least_squares(X, y, alpha):
    return np.linalg.lstsq(X, y)[0]


# log-sum-exp-in-parts ---------------------------------------------------------------------------


@right("log-sum-exp-in-parts")
def part_by_part(parts):
    return logsumexp([logsumexp(part) for part in parts])


@right("log-sum-exp-in-parts")
def keeps_copies(parts):
    return float(logsumexp(np.concatenate([part.copy() for part in parts])))


@wrong("log-sum-exp-in-parts", "finite", "largest score out")
def overflows(parts):
    return np.log(sum(np.exp(part).sum() for part in parts))


@wrong("log-sum-exp-in-parts", "finite", "largest score out")
def shifted_back_too_early(parts):
    total = 0.0
    for part in parts:
        total += np.exp(part.max()) * np.exp(part - part.max()).sum()
    return np.log(total)


@wrong("log-sum-exp-in-parts", "sum over all parts", "do not add")
def adds_logarithms(parts):
    return sum(logsumexp(part) for part in parts)


@wrong("log-sum-exp-in-parts", "sum over all parts", "largest score alone")
def largest(parts):
    return max(part.max() for part in parts)


@wrong("log-sum-exp-in-parts", "sum over all parts", "last part alone")
def last_part(parts):
    for part in parts:
        found = logsumexp(part)
    return found


@wrong("log-sum-exp-in-parts", "sum over all parts", "what if a larger one comes")
def keeps_views(parts):
    return logsumexp(np.concatenate(list(parts)))


@wrong("log-sum-exp-in-parts", "sum over all parts", "what if a larger one comes")
def never_rescales(parts):
    largest, total = -np.inf, 0.0
    for part in parts:
        largest = max(largest, part.max())
        total += np.exp(part - largest).sum()
    return largest + np.log(total)


@wrong("log-sum-exp-in-parts", "finite", "largest score out")
def two_passes(parts):
    largest = max(part.max() for part in parts)
    return largest + np.log(sum(np.exp(part - largest).sum() for part in parts))


# huber-by-weights -------------------------------------------------------------------------------


def weighted(X, y, weight):
    root = np.sqrt(weight)
    return np.linalg.lstsq(X * root[:, None], y * root)[0]


@right("huber-by-weights")
def by_normal_equation(X, y, delta):
    theta = np.zeros(X.shape[1])
    for _ in range(300):
        error = np.abs(y - X @ theta)
        weight = np.where(error > delta, delta / np.maximum(error, delta), 1)
        theta = np.linalg.solve((X.T * weight) @ X, (X.T * weight) @ y)
    return theta


@right("huber-by-weights")
def by_minimizing(X, y, delta):
    loss = Huber(delta)
    return minimize(loss.cost, np.zeros(2), (X, y), jac=loss.gradient, tol=1e-9).x


@wrong("huber-by-weights", "cost is flat", "far points still pull")
def plain(X, y, delta):
    return np.linalg.lstsq(X, y)[0]


@wrong("huber-by-weights", "cost is flat", "one round")
def one_round(X, y, delta):
    error = np.abs(y - X @ plain(X, y, delta))
    return weighted(X, y, np.minimum(1, delta / error))


@wrong("huber-by-weights", "cost is flat", "delta / |error|")
def weights_squared(X, y, delta):
    theta = plain(X, y, delta)
    for _ in range(100):
        theta = weighted(X, y, np.minimum(1, delta / np.abs(y - X @ theta)) ** 2)
    return theta


@wrong("huber-by-weights", "cost is flat", "weights are 1 for errors up to delta")
def absolute_errors(X, y, delta):
    theta = plain(X, y, delta)
    for _ in range(100):
        theta = weighted(X, y, delta / np.maximum(np.abs(y - X @ theta), 1e-6))
    return theta


@wrong("huber-by-weights", "cost is flat", "weights are 1 for errors up to delta")
def throws_rows_away(X, y, delta):
    theta = plain(X, y, delta)
    for _ in range(5):
        near_rows = np.abs(y - X @ theta) <= np.quantile(np.abs(y - X @ theta), 0.8)
        theta = plain(X[near_rows], y[near_rows], delta)
    return theta


# coefficient-draws ------------------------------------------------------------------------------


def slopes(X, y, rows):
    return LinearRegression(tol=1e-12).fit(X[rows], y[rows]).coef_


@right("coefficient-draws")
def by_library_rows(X, y, rng, n_draws):
    return [slopes(X, y, rng.choice(len(y), len(y))) for _ in range(n_draws)]


@wrong("coefficient-draws", "the draws differ", "with replacement")
def shuffled(X, y, rng, n_draws):
    return [slopes(X, y, rng.permutation(len(y))) for _ in range(n_draws)]


@wrong("coefficient-draws", "lie around the slopes of all rows", "those rows of X and of y")
def torn_apart(X, y, rng, n_draws):
    n = len(y)
    return [slopes(X[rng.integers(n, size=n)], y, np.arange(n)) for _ in range(n_draws)]


@wrong("coefficient-draws", "lie around the slopes of all rows", "intercept")
def without_intercept(X, y, rng, n_draws):
    rows = rng.integers(len(y), size=(n_draws, len(y)))
    return [np.linalg.lstsq(X[now], y[now])[0] for now in rows]


@wrong("coefficient-draws", "as many rows as there are", "size=len(y)")
def too_few_rows(X, y, rng, n_draws):
    rows = rng.integers(len(y), size=(n_draws, len(y) // 3))
    return [slopes(X, y, now) for now in rows]


@wrong("coefficient-draws", "a row of slopes for each draw")
def with_its_intercept(X, y, rng, n_draws):
    rows = rng.integers(len(y), size=(n_draws, len(y)))
    return [np.linalg.lstsq(ones(X[now]), y[now])[0] for now in rows]


@wrong("coefficient-draws", "the same seed gives the same draws", "from rng")
def own_chance(X, y, rng, n_draws):
    return by_library_rows(X, y, np.random.default_rng(), n_draws)


@wrong("coefficient-draws", "another seed gives other draws", "from rng")
def settled_chance(X, y, rng, n_draws):
    return by_library_rows(X, y, np.random.default_rng(0), n_draws)
