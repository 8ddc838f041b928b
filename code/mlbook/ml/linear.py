"""Linear models that are solved, not searched: least squares three ways, and ridge.

- Each solver is a function of a matrix and a target; the estimators add validation and the intercept.
- The intercept is never penalized: features and target are centered first, which removes it from the problem.
- The three least-squares solvers differ in how they treat nearly dependent columns. Forming X^T X squares the
  condition number; QR does not; the SVD also says which directions the data do not determine, and leaves
  them at zero (Golub and Van Loan, *Matrix Computations*, 4th ed., chapter 5).
- One target at a time; dense arrays only.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import solve_triangular
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils.validation import check_is_fitted, validate_data

Floats = NDArray[np.floating[Any]]


def normal_equation(X: Floats, y: Floats) -> Floats:
    """Solve X^T X w = X^T y, where the gradient of the squared error is zero.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
    y : ndarray of shape (n_samples,)

    Returns
    -------
    ndarray of shape (n_features,)

    Raises
    ------
    numpy.linalg.LinAlgError
        If X^T X is singular; nearly singular, it goes unnoticed.
    """
    return np.linalg.solve(X.T @ X, X.T @ y)


def qr_solve(X: Floats, y: Floats) -> Floats:
    """Solve R w = Q^T y, where X = QR with orthonormal columns in Q and triangular R.

    Parameters and result as for `normal_equation`.

    Raises
    ------
    numpy.linalg.LinAlgError
        If the columns of X are dependent to working precision, as they are if there are fewer rows.
    """
    n_samples, n_features = X.shape
    Q, R = np.linalg.qr(X)  # (n_samples, n_features), (n_features, n_features)
    pivots = np.abs(np.diag(R))
    if n_samples < n_features or pivots.min() <= cutoff(X) * pivots.max():
        raise np.linalg.LinAlgError("dependent columns")
    return solve_triangular(R, Q.T @ y)


def svd_solve(X: Floats, y: Floats, tol: float | None = None) -> Floats:
    """Return the shortest of all w that minimize the squared error: the pseudo-inverse of X, times y.

    With X = U S V^T it is V S^-1 U^T y, without the singular values that count as zero: those up to tol times
    the largest, or up to working precision if tol is None. X, y and result as for `normal_equation`.
    """
    U, s, Vt = np.linalg.svd(X, full_matrices=False)
    kept = s > (cutoff(X) if tol is None else tol) * s[0]
    return Vt[kept].T @ (U[:, kept].T @ y / s[kept])


def cutoff(X: Floats) -> float:
    """Return the share of the largest singular value below which one cannot be told from zero."""
    return max(X.shape) * float(np.finfo(float).eps)


def ridge_solve(X: Floats, y: Floats, alphas: ArrayLike) -> Floats:
    """Return the w that minimizes |y - Xw|² + alpha |w|², for many alphas at the cost of one (Hoerl 1970).

    With X = U S V^T it is V diag(s / (s² + alpha)) U^T y: least squares divides by s, ridge by a little more.

    Parameters
    ----------
    X : ndarray of shape (n_samples, n_features)
    y : ndarray of shape (n_samples,)
    alphas : array-like of shape (n_alphas,)
        Zero or more; zero gives `svd_solve`.

    Returns
    -------
    ndarray of shape (n_alphas, n_features)
    """
    U, s, Vt = np.linalg.svd(X, full_matrices=False)
    kept = s > cutoff(X) * s[0]
    U, s, Vt = U[:, kept], s[kept], Vt[kept]
    shrunk = s / (s**2 + np.reshape(alphas, (-1, 1)))  # (n_alphas, n_kept)
    return (shrunk * (U.T @ y)) @ Vt


def degrees_of_freedom(X: ArrayLike, alphas: ArrayLike) -> Floats:
    """Return how many free coefficients a ridge fit amounts to: the sum of s² / (s² + alpha).

    Falls from the rank of X towards 0 as alpha grows (Hastie, Tibshirani and Friedman, *The Elements of
    Statistical Learning*, 2nd ed., equation 3.50).

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features)
        Centered, if the model has an intercept.
    alphas : array-like of shape (n_alphas,)
        Above zero.

    Returns
    -------
    ndarray of shape (n_alphas,)
    """
    squared = np.linalg.svd(np.asarray(X, dtype=float), compute_uv=False) ** 2
    return (squared / (squared + np.reshape(alphas, (-1, 1)))).sum(axis=1)


class LinearModel(RegressorMixin, BaseEstimator):
    """What linear regressors share: checks, the intercept, prediction. Subclasses say how to solve.

    Attributes
    ----------
    coef_ : ndarray of shape (n_features,)
    intercept_ : float
    """

    fit_intercept: bool

    def fit(self, X: Any, y: Any) -> Self:
        """Fit to X of shape (n_samples, n_features) and y of shape (n_samples,)."""
        X, y = validate_data(self, X, y, dtype=float, y_numeric=True)
        x_mean, y_mean = np.zeros(X.shape[1]), 0.0
        if self.fit_intercept:
            x_mean, y_mean = X.mean(axis=0), float(y.mean())
        self.coef_ = self._solve(X - x_mean, y - y_mean)
        self.intercept_ = float(y_mean - x_mean @ self.coef_)
        return self

    def predict(self, X: Any) -> Floats:
        """Return predictions of shape (n_samples,)."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=float, reset=False)
        return X @ self.coef_ + self.intercept_

    def _solve(self, X: Floats, y: Floats) -> Floats:
        raise NotImplementedError


class LinearRegression(LinearModel):
    """Least squares.

    Parameters
    ----------
    solver : {"svd", "qr", "normal"}, default "svd"
        "svd" takes any X; the others want independent columns.
    tol : float, default 1e-6
        For "svd": directions in which the data vary by less than this share of the most are left out. The
        default is that of scikit-learn from 1.9 on. On nearly dependent columns it changes the predictions.
    fit_intercept : bool, default True
    """

    def __init__(self, solver: str = "svd", *, tol: float = 1e-6, fit_intercept: bool = True) -> None:
        self.solver = solver
        self.tol = tol
        self.fit_intercept = fit_intercept

    def _solve(self, X: Floats, y: Floats) -> Floats:
        solvers: dict[str, Callable[..., Floats]] = {
            "svd": partial(svd_solve, tol=self.tol),
            "qr": qr_solve,
            "normal": normal_equation,
        }
        if self.solver not in solvers:
            raise ValueError(f"solver is one of {', '.join(solvers)}; got {self.solver!r}")
        try:
            return solvers[self.solver](X, y)
        except np.linalg.LinAlgError as error:
            n_samples, n_features = X.shape
            raise ValueError(
                f"with n_samples={n_samples} and n_features={n_features}, the columns do not determine the "
                f"coefficients ({error}); solver='svd' takes the shortest solution"
            ) from error


class Ridge(LinearModel):
    """Least squares with a penalty of alpha times the squared length of the coefficients.

    Parameters
    ----------
    alpha : float, default 1.0
        Zero or more. The penalty is on the sum of squared errors, not on their mean, as in scikit-learn.
    fit_intercept : bool, default True
    """

    def __init__(self, alpha: float = 1.0, *, fit_intercept: bool = True) -> None:
        self.alpha = alpha
        self.fit_intercept = fit_intercept

    def _solve(self, X: Floats, y: Floats) -> Floats:
        if self.alpha < 0:
            raise ValueError(f"alpha is zero or more; got {self.alpha}")
        return ridge_solve(X, y, [self.alpha])[0]
