"""Checks of chapter 4, training linear models."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlbook.exercises.answer import Answer, beside, near
from mlbook.exercises.registry import exercise
from mlbook.ml.conditioning import curvatures
from mlbook.ml.lasso import soft_threshold
from mlbook.ml.linear import ridge_solve, svd_solve
from mlbook.ml.logistic import log_sum_exp
from mlbook.ml.losses import Huber

Floats = NDArray[np.float64]
Reals = NDArray[np.floating[Any]]


def reason(given: Any, others: list[tuple[Any, str]], otherwise: str) -> str:
    """Return the text that stands with what was given among wrong results, or else `otherwise`."""
    return next((text for other, text in others if near(given, other)), otherwise)


def with_ones(X: Floats) -> Floats:
    """Return X with a column of ones at the end."""
    return np.column_stack([X, np.ones(len(X))])


# Words ------------------------------------------------------------------------------------------


def by_letter(answer: Answer, asked: dict[str, dict[str, str]], must: str) -> None:
    """Expect a dictionary that has the right word for each letter."""
    given = answer.value
    letters = ", ".join(f'"{letter}"' for letter in asked)
    form = f"the answer is a dictionary with the keys {letters}"
    answer.expect(isinstance(given, dict) and set(given) == set(asked), form, got=given)
    for letter, feedback in asked.items():
        answer.about(f"case ({letter})")
        answer.choice(given[letter], feedback, must)


@exercise("penalty-and-units")
def penalty_and_units(answer: Answer) -> None:
    """Hand in a dictionary with the keys "a" to "e"; each value is "same" or "change"."""
    asked = {
        "a": {
            "same": "",
            "change": "The coefficient grows a thousandfold; what happens to its product with x?",
        },
        "b": {
            "same": "For the same predictions the coefficient must grow a thousandfold. What does that cost?",
            "change": "",
        },
        "c": {
            "same": "The penalty on its absolute value becomes a thousand times as dear.",
            "change": "",
        },
        "d": {
            "same": "The curvature along this coefficient falls to a millionth, and the rate stays.",
            "change": "",
        },
        "e": {
            "same": "",
            "change": "What does the scaler hand on if a column is divided by the same number throughout?",
        },
    }
    by_letter(answer, asked, "it says whether the predictions stay the same")


@exercise("which-cure")
def which_cure(answer: Answer) -> None:
    """Hand in a dictionary, "a" to "d"; each value is "rows", "features", "penalty" or "stop"."""
    gap = "The two errors are far apart: the model bends to its rows, and more freedom makes it worse."
    floor = "The held-out error is nearly that of measuring twice; nothing can go below it."
    bias = "Training and held-out error meet far above the noise, and twice the rows did not help."
    asked = {
        "a": {
            "rows": "",
            "features": gap,
            "penalty": "It would narrow the gap, but here the rows cost nothing, and they still help.",
            "stop": "The held-out error is far above the noise, and still falling.",
        },
        "b": {
            "rows": bias,
            "features": "",
            "penalty": "A penalty takes freedom away, and this model does not even fit its own rows.",
            "stop": "The noise is far below: there is something left to learn.",
        },
        "c": {
            "rows": "There are none to be had.",
            "features": gap,
            "penalty": "",
            "stop": "No error on its own rows and a large one on others: that can be mended.",
        },
        "d": {"rows": floor, "features": floor, "penalty": floor, "stop": ""},
    }
    by_letter(answer, asked, "it is the next thing to try")


# Descent ----------------------------------------------------------------------------------------


@exercise("step-size-limit", "rate_limit(X)")
def step_size_limit(answer: Answer) -> None:
    """Return the rate above which batch descent diverges: linear model with intercept, half the mean
    squared error.
    """
    rng = np.random.default_rng(0)
    for X, on in [
        (np.array([[1.0], [3.0], [4.0]]), ""),
        (rng.normal(3, 1, (50, 2)), "50 rows, 2 features whose means are not zero"),
        (rng.normal(0, [1, 10, 0.1], (40, 3)), "40 rows, 3 features of different sizes"),
    ]:
        given = float(answer.numbers(answer(X, on=on), (), "one number"))
        flattest, *_, steepest = curvatures(with_ones(X))
        right = 2 / steepest
        others = [
            (right / 2, "At one over the curvature |1 - rate c| is zero: safe, and not yet the limit."),
            (2 / curvatures(X)[-1], "The intercept is a parameter too: the coefficient of a column of ones."),
            (right / len(X), "The cost is a mean: its curvatures are those of X^T X divided by the rows."),
            (
                2 / np.sqrt(steepest * len(X)),
                "Curvatures are squares of singular values, divided by the rows.",
            ),
            (2 / flattest, "The steepest direction diverges first, not the flattest."),
        ]
        hint = "Along a direction of curvature c each step multiplies the distance by 1 - rate c."
        hint = reason(given, others, hint)
        must = "just below this rate descent converges, just above it diverges"
        answer.expect(near(given, right), must, got=beside(given, right), hint=hint)


class Bowl:
    """The gradient of a quadratic cost; counts how often it is asked."""

    def __init__(self, curvature: Floats, rng: np.random.Generator) -> None:
        self.axes = np.linalg.qr(rng.normal(size=(len(curvature), len(curvature))))[0]
        self.curvature = curvature
        self.slope = rng.normal(size=len(curvature))
        self.calls = 0

    def __call__(self, theta: Floats) -> Floats:
        """Return the gradient at theta."""
        self.calls += 1
        return self.axes @ (self.curvature * (self.axes.T @ theta)) + self.slope

    def __deepcopy__(self, memo: Any) -> Bowl:
        """Stay the same: it is asked, not changed."""
        return self


@exercise("curvature-from-gradients", "steepest(gradient, n_params, rng)")
def curvature_from_gradients(answer: Answer) -> None:
    """Return the largest curvature of a quadratic cost, within a hundredth, from at most 200 gradients."""
    rng = np.random.default_rng(0)
    for curvature, on in [
        (np.array([9.0, 1.0]), "a bowl with curvatures 9 and 1, its minimum not at zero"),
        (np.array([0.02, 0.001, 0.004]), "a flat bowl: curvatures 0.02, 0.004 and 0.001"),
        (np.append(rng.uniform(0, 5, 299), 8.0), "a bowl with 300 parameters and a largest curvature of 8"),
    ]:
        bowl = Bowl(curvature, rng)
        found = answer(bowl, len(curvature), np.random.default_rng(1), on=on)
        given, right = float(answer.numbers(found, (), "one number")), curvature.max()
        few = "The matrix of second derivatives takes a gradient for each parameter: too many."
        answer.expect(bowl.calls <= 200, "it asks for at most 200 gradients", got=str(bowl.calls), hint=few)
        answer.expect(bowl.calls > 0, "it asks for gradients", got="none")
        hint = "The difference of two gradients is curvature times direction: scale it to length 1, repeat."
        must = "it is the largest curvature, within a hundredth of it"
        answer.expect(abs(given - right) <= 0.01 * right, must, got=beside(given, right), hint=hint)


@exercise("sgd-epoch", "one_epoch(theta, X, y, rate, size, rng)")
def sgd_epoch(answer: Answer) -> None:
    """Return theta after one epoch of mini-batch descent on half the mean squared error."""
    # With X = I a row moves its own parameter alone, so the moves tell which batches there were.
    on = "X the identity matrix of 7 rows, y = -1, theta = 0, rate 0.5, batches of 3"
    found = answer(np.zeros(7), np.eye(7), -np.ones(7), 0.5, 3, np.random.default_rng(0), on=on)
    moves = -answer.numbers(found, (7,), "the parameters")
    _expect_batches(answer, moves)
    rng = np.random.default_rng(0)
    X, y, theta = rng.normal(size=(20, 2)), rng.normal(size=20), np.array([3.0, -2.0])

    def epoch(size: int, seed: int, on: str) -> Floats:
        given = answer(theta, X, y, 0.1, size, np.random.default_rng(seed), on=on)
        return answer.numbers(given, (2,), "the parameters")

    whole = epoch(20, 0, "20 rows in one batch")
    right = theta - 0.1 * X.T @ (X @ theta - y) / 20
    hint = "The slope is X^T (X theta - y), divided by the rows of the batch, without a factor 2."
    answer.expect(near(whole, right), "one batch of all rows is one step of batch descent",
                  got=beside(whole, right), hint=hint)  # fmt: skip
    deals = [epoch(4, seed, "20 rows in batches of 4") for seed in (1, 1, 2, 3)]
    answer.about("20 rows in batches of 4, generators of equal and of different seeds")
    hint = "Take all chance from rng: rng.permutation(len(y)) deals the rows."
    answer.expect(near(deals[0], deals[1]), "the same seed gives the same epoch", got="others", hint=hint)
    other = not (near(deals[1], deals[2]) and near(deals[2], deals[3]))
    answer.expect(other, "another seed gives another order", got="the same for three seeds", hint=hint)


def _expect_batches(answer: Answer, moves: Floats) -> None:
    """Expect that six rows were moved by a batch of three, and one by a batch of its own."""
    right, moves = np.array([1, 1, 1, 1, 1, 1, 3]) / 6, np.sort(moves)
    must, hint = "every row is in exactly one batch", "Shuffle the row numbers once, then cut them up."
    down = "theta - rate * slope"
    answer.expect(not near(moves, 0), "the parameters move", got=-moves, hint=down)
    answer.expect(bool((moves > -1e-12).all()), "the parameters move towards y", got=-moves, hint=down)
    if near(moves[-6:], np.full(6, 1 / 6)) and near(moves[0], 0):
        hint = "The last batch holds what is left, here one row: do not drop it."
    answer.expect(bool((moves > 1e-12).all()), must, got=f"{(moves < 1e-12).sum()} rows never", hint=hint)
    batch = "each step follows the mean slope of its batch"
    reasons = [
        (np.full(7, 0.5), "That is the sum over the batch: divide by its rows."),
        (np.full(7, 1 / 6), "The last batch has one row, and is divided by one."),
        (np.full(7, 0.5 / 7), "Divide by the rows of the batch, not by all rows."),
        (2 * right, "Half the squared error has the error as its slope, without a factor 2."),
    ]
    for other, why in reasons:
        answer.expect(not near(moves, other), batch, got=beside(moves, right), hint=why)
    answer.expect(near(moves, right), must, got=f"moves of {beside(moves, right)}", hint=hint)


@exercise("stopping-shrinks-like-ridge", "share_after(X, rate, n_steps)")
def stopping_shrinks_like_ridge(answer: Answer) -> None:
    """Return, for each singular value of X, largest first, the share of the least-squares coefficient that
    batch descent from zero has reached.
    """
    rng = np.random.default_rng(0)
    for X, rate, n_steps, on in [
        (np.array([[2.0, 0.0], [0.0, 1.0]]), 0.25, 3, ""),
        (rng.normal(0, [1, 3, 0.2], (30, 3)), 0.05, 40, "30 rows, 3 features, rate 0.05, 40 steps"),
        (rng.normal(0, 1, (30, 3)), 0.05, 0, "30 rows, 3 features, rate 0.05, no step"),
    ]:
        s = np.linalg.svd(X, compute_uv=False)
        left = (1 - rate * s**2 / len(X)) ** n_steps
        given = answer.numbers(answer(X, rate, n_steps, on=on), s.shape, "a share for each singular value")
        others = [
            (left, "That is what is still missing."),
            ((1 - left)[::-1], "These are the right shares from the smallest singular value to the largest."),
            (1 - (1 - rate * s**2) ** n_steps, "The cost is a mean: divide the curvature by the rows."),
            (1 - (1 - rate * s / len(X)) ** n_steps, "Curvatures are squares of singular values."),
        ]
        hint = "Each step multiplies what is missing by 1 - rate c, and at the start all of it is."
        hint = reason(given, others, hint)
        must = "it is the share that is reached along each direction, largest singular value first"
        answer.expect(near(given, 1 - left), must, got=beside(given, 1 - left), hint=hint)


# Penalties --------------------------------------------------------------------------------------


@exercise("ridge-by-extra-rows", "ridge_by_rows(X, y, alpha)")
def ridge_by_extra_rows(answer: Answer) -> None:
    """Return the coefficients and the intercept of ridge regression, found by plain least squares."""
    rng = np.random.default_rng(0)
    for shape, alpha, on in [
        ((12, 3), 4.0, "12 rows, 3 features with a mean of 5, alpha = 4"),
        ((4, 6), 0.25, "4 rows, 6 features with a mean of 5, alpha = 0.25"),
    ]:
        X, y = rng.normal(5, 1, shape), rng.normal(20, 3, shape[0])
        given = answer(X, y, alpha, on=on)
        pair = isinstance(given, tuple | list) and len(given) == 2
        answer.expect(pair, "it returns two things, coefficients and intercept", got=given)
        coef = answer.numbers(given[0], shape[1:], "a coefficient for each feature")
        intercept = float(answer.numbers(given[1], (), "the intercept as one number"))
        right, right_intercept = _ridge(X, y, alpha)
        punished = ridge_solve(with_ones(X), y, [alpha])[0]
        others = [
            (_ridge(X, y, alpha**2)[0], "Errors of the extra rows are squared: take the root of alpha."),
            (punished[:-1], "The intercept is not punished: center X and y first."),
            (ridge_solve(X, y, [alpha])[0], "That is a plane through zero: center X and y first."),
            (_ridge(X, y, alpha * len(X))[0], "The penalty is on the sum of squares, not the mean."),
            (_ridge(X, y, 0)[0], "These are the coefficients without a penalty."),
        ]  # fmt: skip
        hint = "Below X come rows that ask each coefficient to be zero, and below y come zeros."
        hint = reason(coef, others, hint)
        must = "the coefficients are those of ridge regression"
        answer.expect(near(coef, right), must, got=beside(coef, right), hint=hint)
        hint = "At the means of the features the prediction is the mean of the target."
        must = "the intercept belongs to X and y as they were given"
        answer.expect(
            near(intercept, right_intercept), must, got=beside(intercept, right_intercept), hint=hint
        )


def _ridge(X: Floats, y: Floats, alpha: float) -> tuple[Floats, float]:
    """Return coefficients and intercept."""
    coef = ridge_solve(X - X.mean(axis=0), y - y.mean(), [alpha])[0]
    return coef, float(y.mean() - X.mean(axis=0) @ coef)


@exercise("lasso-orthogonal", "lasso_orthogonal(X, y, alpha)")
def lasso_orthogonal(answer: Answer) -> None:
    """Return the coefficients of the lasso, without a search; the columns of X are orthogonal."""
    columns = np.linalg.qr(np.random.default_rng(0).normal(size=(16, 4)))[0]
    X = columns * [4.0, 8.0, 2.0, 12.0]
    y = X @ [3.0, -0.5, 0.4, -2.0]
    for alpha, on in [(0.5, "16 rows, 4 orthogonal columns of different length, alpha = 0.5"),
                      (1e-6, "the same with hardly any penalty"),
                      (1e6, "the same with an alpha that nothing withstands")]:  # fmt: skip
        given = answer.numbers(answer(X, y, alpha, on=on), (4,), "a coefficient for each column")
        pull, curvature = X.T @ y / 16, (X**2).mean(axis=0)
        right = soft_threshold(pull, alpha) / curvature
        others = [
            (soft_threshold(pull / curvature, alpha), "Take alpha off first, then divide by the curvature."),
            (soft_threshold(pull, alpha / 16) / curvature, "The squares are a mean: divide by the rows."),
            (soft_threshold(pull, alpha / 2) / curvature, "Half the square has no 2 in its slope."),
            (np.where(np.abs(pull) > alpha, pull, 0) / curvature, "What is kept is pulled to zero, too."),
            (np.abs(right), "The sign is lost: negative coefficients stay negative."),
            (np.maximum(pull - alpha, 0) / curvature, "Negative coefficients are pulled up, towards zero."),
            (pull / curvature, "That is least squares: the penalty is missing."),
        ]  # fmt: skip
        hint = "With orthogonal columns each coefficient has a cost of its own; set its slope to zero."
        hint = reason(given, others, hint)
        must = "these coefficients minimize the cost of the lasso"
        answer.expect(near(given, right), must, got=beside(given, right), hint=hint)


# Losses -----------------------------------------------------------------------------------------


class Parts:
    """Gives arrays one after the other, once, all in the same piece of memory."""

    def __init__(self, *parts: list[float]) -> None:
        self.parts = list(parts)

    def __iter__(self) -> Iterator[Floats]:
        memory = np.empty(max(map(len, self.parts), default=0))
        while self.parts:
            part = self.parts.pop(0)
            memory[: len(part)] = part
            yield memory[: len(part)]


@exercise("log-sum-exp-in-parts", "log_sum_exp_of(parts)")
def log_sum_exp_in_parts(answer: Answer) -> None:
    """Return log(sum(exp(scores))) of scores that come in parts, each seen once."""
    for parts, on in [
        ([[0.0, 1.0], [2.0, 1.5]], "the parts [0, 1] and [2, 1.5]"),
        ([[-3.0, 2.0, 0.5], [1.0], [4.0, -1.0]], "the parts [-3, 2, 0.5], [1] and [4, -1]"),
        ([[1000.0, 999.0], [1001.0, 0.0]], "the parts [1000, 999] and [1001, 0]"),
        ([[-1000.0], [-1001.0, -2000.0]], "the parts [-1000] and [-1001, -2000]"),
        ([[0.0], [-2000.0, -1990.0], [3000.0]], "the parts [0], [-2000, -1990] and [3000]"),
    ]:
        found = answer(Parts(*parts), on=on)
        overflow = isinstance(found, float) and not np.isfinite(found)
        hint = "Take the largest score out before you exponentiate, in every part and across parts."
        answer.expect(not overflow, "it is finite", got=found, hint=hint)
        given = float(answer.numbers(found, (), "one number"))
        sizes = [float(log_sum_exp(part)[0]) for part in parts]
        others = [
            (sum(sizes), "Logarithms of sums do not add; their exponentials do."),
            (max(map(max, parts)), "That is the largest score alone."),
            (sizes[0], "That is the first part alone."),
            (sizes[-1], "That is the last part alone; keep what the others said."),
        ]
        right = float(log_sum_exp(sizes)[0])
        hint = "Keep the largest score so far and a sum that is measured from it; what if a larger one comes?"
        must = "it is the logarithm of the sum over all parts"
        answer.expect(near(given, right), must, got=beside(given, right), hint=reason(given, others, hint))


@exercise("huber-by-weights", "huber_by_weights(X, y, delta)")
def huber_by_weights(answer: Answer) -> None:
    """Return the parameters that minimize the Huber loss, by weighted least squares, over and over."""
    rng = np.random.default_rng(0)
    for n_far, delta, on in [
        (0, 50.0, "30 rows on a noisy line, delta above all errors"),
        (6, 1.0, "30 rows on a noisy line, 6 of them far above it, delta = 1"),
        (6, 0.2, "the same rows, delta = 0.2"),
    ]:
        x = np.linspace(0, 10, 30)
        X = with_ones(x[:, None])
        y = 2 * x + 1 + rng.normal(0, 0.5, 30)
        y[30 - n_far :] += 25
        theta = answer.numbers(answer(X, y, delta, on=on), (2,), "a parameter for each column of X")
        slope = float(np.abs(Huber(delta).gradient(theta, X, y)).max())
        hint = "Weights are 1 for errors up to delta and delta / |error| beyond; repeat until nothing moves."
        hint = reason(theta, _not_yet_huber(X, y, delta), hint)
        must = "the Huber cost is flat there: no slope is larger than a thousandth"
        answer.expect(slope <= 1e-3, must, got=f"a slope of {slope:.3g} at {theta}", hint=hint)


def _not_yet_huber(X: Floats, y: Floats, delta: float) -> list[tuple[Reals, str]]:
    """Return parameters that an answer may have come to, and what is missing."""
    squares = svd_solve(X, y)
    root = np.sqrt(np.minimum(1, delta / np.abs(y - X @ squares)))
    once = svd_solve(X * root[:, None], y * root)
    return [
        (once, "One round of weights is not enough: the errors have changed, so the weights must, too."),
        (squares, "These are plain least squares: far points still pull with all their error."),
    ]


# Coefficients -----------------------------------------------------------------------------------


@exercise("coefficient-draws", "coefficient_draws(X, y, rng, n_draws)")
def coefficient_draws(answer: Answer) -> None:
    """Return the slopes of least squares with an intercept on rows drawn with replacement, draw by draw."""
    rng = np.random.default_rng(0)
    X = rng.normal(10, 1, (60, 2))
    X[:, 1] = X[:, 0] + rng.normal(0, 0.1, 60)
    y = 200 + X @ [2.0, -1.0] + rng.normal(0, 1, 60)

    def draws(n_draws: int, seed: int, on: str) -> Floats:
        given = answer(X, y, np.random.default_rng(seed), n_draws, on=on)
        return answer.numbers(given, (n_draws, 2), "a row of slopes for each draw")

    right, reference = _slopes(X, y, np.arange(60)), np.random.default_rng(5)
    spread = np.std([_slopes(X, y, reference.integers(60, size=60)) for _ in range(400)], axis=0)
    given = draws(300, 0, "60 rows, 2 features that are nearly the same, 300 draws")
    answer.expect(bool((given.std(axis=0) > 1e-9).all()), "the draws differ", got=f"all are {given[0]}",
                  hint="Rows are drawn with replacement: some come twice, some not at all.")  # fmt: skip
    hint = "Draw row numbers once, and take those rows of X and of y; fit an intercept, and leave it out."
    answer.expect(bool((np.abs(given.mean(axis=0) - right) < spread / 2).all()),
                  "the draws lie around the slopes of all rows", got=beside(given.mean(axis=0), right),
                  hint=hint)  # fmt: skip
    ratio = given.std(axis=0) / spread
    answer.expect(bool(((ratio > 0.75) & (ratio < 1.35)).all()), "each draw has as many rows as there are",
                  got=f"a spread of {beside(given.std(axis=0), spread)}",
                  hint="rng.integers(len(y), size=len(y)) draws as many as there are.")  # fmt: skip
    same, hint = "the same call again", "Take all chance from rng."
    answer.expect(
        near(given, draws(300, 0, same)), "the same seed gives the same draws", got="others", hint=hint
    )
    other = draws(300, 1, "the same call with another seed")
    answer.expect(not near(given, other), "another seed gives other draws", got="the same", hint=hint)


def _slopes(X: Floats, y: Floats, rows: NDArray[np.intp]) -> Reals:
    """Return the slopes on some rows."""
    return svd_solve(with_ones(X[rows]), y[rows])[:-1]
