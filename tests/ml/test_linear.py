"""Least squares three ways and ridge: right to the digits that the data allow, and equal to scikit-learn."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import sklearn.linear_model
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import hilbert
from sklearn.datasets import load_diabetes

from mlbook.ml.conditioning import condition_number
from mlbook.ml.linear import (
    LinearRegression,
    Ridge,
    degrees_of_freedom,
    normal_equation,
    qr_solve,
    ridge_solve,
    svd_solve,
)
from mlbook.ml.polynomial import PolynomialFeatures

EPS = float(np.finfo(float).eps)


def made_up(n_samples: int = 80, n_features: int = 6, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    X = rng.normal(loc=3, size=(n_samples, n_features))
    return X, X @ rng.normal(size=n_features) + rng.normal(size=n_samples)


def polynomial(degree: int = 15) -> tuple[np.ndarray, np.ndarray]:
    x = np.linspace(0, 1, 60)[:, None]
    X = PolynomialFeatures(degree, include_bias=False).fit_transform(x)
    return X, np.sin(6 * x[:, 0]) + np.random.default_rng(0).normal(scale=0.1, size=60)


def exactly(X: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Solve the normal equation in fractions, without any rounding."""
    columns = [[Fraction(float(value)) for value in column] for column in X.T]
    target = [Fraction(float(value)) for value in y]
    table = [[sum(map(Fraction.__mul__, a, b)) for b in [*columns, target]] for a in columns]
    for k in range(len(table)):
        table[k] = [value / table[k][k] for value in table[k]]
        for row in range(len(table)):
            if row != k:
                table[row] = [a - table[row][k] * b for a, b in zip(table[row], table[k], strict=True)]
    return np.array([float(row[-1]) for row in table])


# Solvers ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("n_features", [4, 5, 6])
def test_errors_grow_with_the_condition_number_and_the_normal_equations_with_its_square(
    n_features: int,
) -> None:
    X = hilbert(12)[:, :n_features]
    y = X @ np.ones(n_features) + 1e-3 * np.sin(np.arange(12))
    truth, k = exactly(X, y), condition_number(X)
    size = np.linalg.norm(truth)
    errors = {
        solve: np.linalg.norm(solve(X, y) - truth) / size for solve in (qr_solve, svd_solve, normal_equation)
    }
    # Golub and Van Loan, section 5.3: eps (k + k² residual / size of the fit) for QR and SVD, eps k² for
    # the normal equation; 10 stands for the sizes, which are small
    residual = np.linalg.norm(y - X @ truth) / np.linalg.norm(X @ truth)
    for solve in (qr_solve, svd_solve):
        assert errors[solve] < 10 * EPS * (k + k**2 * residual)
        assert errors[normal_equation] > 10 * errors[solve]
    assert errors[normal_equation] < 10 * EPS * k**2


@pytest.mark.parametrize("solver", ["svd", "qr", "normal"])
@pytest.mark.parametrize("fit_intercept", [True, False])
def test_least_squares_equals_scikit_learn(solver: str, fit_intercept: bool) -> None:
    X, y = made_up()
    ours = LinearRegression(solver, fit_intercept=fit_intercept).fit(X, y)
    theirs = sklearn.linear_model.LinearRegression(fit_intercept=fit_intercept).fit(X, y)
    # the condition number is about 10, its square loses two digits of sixteen
    np.testing.assert_allclose(ours.coef_, theirs.coef_, rtol=1e-11)
    assert ours.intercept_ == pytest.approx(theirs.intercept_, rel=1e-11, abs=1e-11)
    np.testing.assert_allclose(ours.predict(X), theirs.predict(X), rtol=1e-11)


@pytest.mark.parametrize("shape", [(10, 30), (30, 10)])
def test_dependent_columns_get_the_shortest_solution(shape: tuple[int, int]) -> None:
    X, y = made_up(*shape)
    X = np.column_stack([X, X[:, 0] - X[:, 1]])
    ours = LinearRegression().fit(X, y)
    theirs = sklearn.linear_model.LinearRegression().fit(X, y)
    np.testing.assert_allclose(ours.coef_, theirs.coef_, atol=1e-11)  # conditioned well but for one direction


@pytest.mark.parametrize("tol", [1e-6, 1e-15])
def test_a_polynomial_of_degree_15_is_fitted_as_scikit_learn_fits_it(tol: float) -> None:
    X, y = polynomial()
    assert condition_number(X) > 1e11
    ours = LinearRegression(tol=tol).fit(X, y)
    theirs = sklearn.linear_model.LinearRegression(tol=tol).fit(X, y)
    # coefficients err by eps times the condition number of what is kept, which is at most 1 / tol: no digit
    # is sure at 1e-15. What they fit is: it errs by eps times the size of the coefficients
    allowed = 100 * EPS * np.abs(ours.coef_).max()
    np.testing.assert_allclose(ours.predict(X), theirs.predict(X), atol=allowed)
    if tol == 1e-6:
        np.testing.assert_allclose(ours.coef_, theirs.coef_, atol=100 * EPS / tol * np.abs(ours.coef_).max())


def test_qr_fits_a_polynomial_of_degree_15_as_the_whole_pseudo_inverse_does() -> None:
    X, y = polynomial()
    qr, svd = LinearRegression("qr").fit(X, y), LinearRegression(tol=0).fit(X, y)
    np.testing.assert_allclose(qr.predict(X), svd.predict(X), atol=100 * EPS * np.abs(svd.coef_).max())
    cut = LinearRegression().fit(X, y)  # the default leaves directions out, and fits less closely
    assert cut.score(X, y) < svd.score(X, y)
    assert np.abs(cut.coef_).max() < 1e-3 * np.abs(svd.coef_).max()


def test_what_has_no_single_answer_says_so() -> None:
    X, y = made_up(5, 10)
    for solver in ("qr", "normal"):
        with pytest.raises(ValueError, match=r"n_samples=5 and n_features=10.*solver='svd'"):
            LinearRegression(solver, fit_intercept=False).fit(np.round(X), y)
    with pytest.raises(ValueError, match="dependent columns"):
        LinearRegression("qr").fit(np.column_stack([X[:, :2], X[:, 0]]), y)
    with pytest.raises(ValueError, match="got 'magic'"):
        LinearRegression("magic").fit(X, y)


# Ridge ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(80, 6), (10, 30)])
@pytest.mark.parametrize("alpha", [1e-3, 1.0, 1e3])
def test_ridge_equals_scikit_learn(shape: tuple[int, int], alpha: float) -> None:
    X, y = made_up(*shape)
    ours = Ridge(alpha).fit(X, y)
    theirs = sklearn.linear_model.Ridge(alpha, solver="svd").fit(X, y)
    np.testing.assert_allclose(ours.coef_, theirs.coef_, rtol=1e-10, atol=1e-13)
    assert ours.intercept_ == pytest.approx(theirs.intercept_, rel=1e-10, abs=1e-12)


@pytest.mark.parametrize("alpha", [1e-8, 1e-4])
def test_ridge_equals_scikit_learn_on_a_hilbert_matrix_and_a_polynomial(alpha: float) -> None:
    for X, y in (polynomial(), (hilbert(20)[:, :12], np.sin(np.arange(20.0)))):
        ours = Ridge(alpha).fit(X, y)
        theirs = sklearn.linear_model.Ridge(alpha, solver="svd").fit(X, y)
        # the penalty leaves a condition number of largest / sqrt(alpha), at most 1e5, which counts squared
        # where the fit is bad
        np.testing.assert_allclose(
            ours.coef_, theirs.coef_, rtol=1e-6, atol=1e-6 * np.abs(theirs.coef_).max()
        )
        np.testing.assert_allclose(ours.predict(X), theirs.predict(X), atol=1e-9)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.floats(-6, 6))
def test_ridge_is_least_squares_with_a_row_more_for_each_coefficient(seed: int, power: float) -> None:
    X, y = made_up(12, 4, seed)
    alpha = 10**power
    wider = np.vstack([X, np.sqrt(alpha) * np.eye(4)])
    expected = svd_solve(wider, np.concatenate([y, np.zeros(4)]))
    # both are backward stable; the condition number of these X stays below 1e4
    np.testing.assert_allclose(ridge_solve(X, y, [alpha])[0], expected, rtol=1e-8, atol=1e-10)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([(12, 4), (5, 9)]))
def test_ridge_goes_from_least_squares_to_zero(seed: int, shape: tuple[int, int]) -> None:
    X, y = made_up(*shape, seed)
    path = ridge_solve(X, y, [0, 1e-3, 1e-1, 1e1, 1e3, 1e30])
    lengths = np.linalg.norm(path, axis=1)
    np.testing.assert_allclose(path[0], svd_solve(X, y), rtol=1e-12)
    assert (np.diff(lengths) < 0).all()
    assert lengths[-1] < 1e-20 * lengths[0]


def test_ridge_without_a_penalty_takes_the_shortest_solution() -> None:
    X, y = made_up(30, 4)
    X = np.column_stack([X, X[:, 0] - X[:, 1]])
    np.testing.assert_allclose(Ridge(0).fit(X, y).coef_, LinearRegression().fit(X, y).coef_, atol=1e-11)


def test_degrees_of_freedom_go_from_the_rank_to_zero() -> None:
    X = np.column_stack([np.eye(6)[:, :3], np.eye(6)[:, 0]])  # four columns, rank three
    free = degrees_of_freedom(X, [1e-12, 1.0, 1e12])
    np.testing.assert_allclose(free, [3, 2 / 3 + 2 * 1 / 2, 0], atol=1e-9)


def test_degrees_of_freedom_are_the_trace_of_the_fit() -> None:
    X, _ = made_up()
    fit = np.array([X @ ridge_solve(X, unit, [5.0])[0] for unit in np.eye(len(X))])
    assert degrees_of_freedom(X, [5.0])[0] == pytest.approx(np.trace(fit), rel=1e-12)


def test_a_negative_penalty_is_refused() -> None:
    with pytest.raises(ValueError, match="got -1"):
        Ridge(-1).fit(*made_up())


def test_real_data() -> None:
    X, y = load_diabetes(return_X_y=True)
    ours = LinearRegression().fit(X, y)
    theirs = sklearn.linear_model.LinearRegression().fit(X, y)
    np.testing.assert_allclose(ours.coef_, theirs.coef_, rtol=1e-9)  # condition number 22
    assert ours.score(X, y) == pytest.approx(theirs.score(X, y), rel=1e-12)
