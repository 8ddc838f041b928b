"""Logistic and softmax regression: scores become probabilities, whose cross-entropy is minimized.

- The cost is the mean cross-entropy plus |W|² / (2 C n_samples), which is scikit-learn's cost divided by C
  times the rows; intercepts are not penalized.
- All logarithms of sums of exponentials go through `log_sum_exp`, so no score is too large.
- Newton's method fits a bowl to the cost at each point and jumps to its bottom; for logistic regression that
  is least squares with a weight for each row, over and over (IRLS). It needs the matrix of second
  derivatives, n_params x n_params; descent needs the gradient alone.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from mlbook.ml.minimize import SOLVERS

Floats = NDArray[np.float64]


def log_sum_exp(scores: ArrayLike, axis: int = -1) -> Floats:
    """Return log(sum(exp(scores))) along an axis, which stays with length 1.

    The largest score is taken out first: what is left to exponentiate is at most 0, so nothing overflows, and
    one term is exp(0), so the logarithm never sees 0.
    """
    scores = np.asarray(scores, dtype=float)
    largest = scores.max(axis=axis, keepdims=True)
    return largest + np.log(np.exp(scores - largest).sum(axis=axis, keepdims=True))


def log_softmax(scores: ArrayLike) -> Floats:
    """Return the logarithms of `softmax`, to full precision where a probability is too small for a float."""
    scores = np.asarray(scores, dtype=float)
    shifted = scores - scores.max(axis=-1, keepdims=True)  # the largest is 0, and keeps all its digits
    return shifted - log_sum_exp(shifted)


def softmax(scores: ArrayLike) -> Floats:
    """Turn scores of shape (…, n_classes) into probabilities that sum to 1 along the last axis."""
    return np.exp(log_softmax(scores))


def sigmoid(score: ArrayLike) -> Floats:
    """Return 1 / (1 + exp(-score)): the softmax of (0, score), second entry."""
    return np.exp(-np.logaddexp(0.0, -np.asarray(score, dtype=float)))


def cross_entropy(scores: ArrayLike, labels: ArrayLike) -> float:
    """Return the mean of -log(probability of the true class), from scores.

    Parameters
    ----------
    scores : array-like of shape (n_samples, n_classes)
    labels : array-like of int of shape (n_samples,)
        Numbers of the true classes, from 0.
    """
    of_true_class = np.take_along_axis(log_softmax(scores), np.reshape(labels, (-1, 1)), axis=1)
    return float(-of_true_class.mean())


@dataclass(frozen=True)
class LogisticCost:
    """The cost of logistic regression as a function of theta, of shape (n_columns,).

    X is of shape (n_samples, n_columns), y of (n_samples,) with values 0 and 1, penalty of (n_columns,).
    """

    X: Floats
    y: Floats
    penalty: Floats

    def value(self, theta: Floats) -> float:
        """Return the mean cross-entropy plus the penalty."""
        score = self.X @ theta
        return float(np.mean(np.logaddexp(0.0, score) - self.y * score) + self.penalty @ theta**2 / 2)

    def gradient(self, theta: Floats) -> Floats:
        """Return the slopes: each row pulls by its error in probability."""
        error = sigmoid(self.X @ theta) - self.y
        return self.X.T @ error / len(error) + self.penalty * theta

    def hessian(self, theta: Floats) -> Floats:
        """Return the second derivatives: rows count most where the model is undecided."""
        p = sigmoid(self.X @ theta)
        return (self.X.T * (p * (1 - p))) @ self.X / len(p) + np.diag(self.penalty)

    def steepest(self) -> float:
        """Return a curvature that the cost never exceeds: p (1 - p) is at most 1/4."""
        return float(np.linalg.norm(self.X, ord=2) ** 2 / (4 * len(self.X)) + self.penalty.max())


@dataclass(frozen=True)
class SoftmaxCost:
    """The cost of softmax regression as a function of theta, of shape (n_classes * n_columns,).

    X is of shape (n_samples, n_columns), Y of (n_samples, n_classes) with a 1 at each row's true class and 0
    elsewhere, penalty of (n_columns,).
    """

    X: Floats
    Y: Floats
    penalty: Floats

    def value(self, theta: Floats) -> float:
        """Return the mean cross-entropy plus the penalty."""
        W = theta.reshape(self.Y.shape[1], -1)
        surprise = -(self.Y * log_softmax(self.X @ W.T)).sum(axis=1)
        return float(surprise.mean() + (self.penalty * W**2).sum() / 2)

    def gradient(self, theta: Floats) -> Floats:
        """Return the slopes: each row pulls on each class by its error in probability."""
        W = theta.reshape(self.Y.shape[1], -1)
        error = softmax(self.X @ W.T) - self.Y  # (n_samples, n_classes)
        return (error.T @ self.X / len(error) + self.penalty * W).ravel()

    def hessian(self, theta: Floats) -> Floats:
        """Return the second derivatives: for classes k and l, the mean of p_k ([k = l] - p_l) x x^T."""
        P = softmax(self.X @ theta.reshape(self.Y.shape[1], -1).T)
        (n_samples, n_classes), n_columns = P.shape, self.X.shape[1]
        spread = (P[:, :, None] * self.X[:, None, :]).reshape(n_samples, -1)  # p_k x_j
        H = -(spread.T @ spread) / n_samples
        for k in range(n_classes):
            own = slice(k * n_columns, (k + 1) * n_columns)
            H[own, own] += (self.X.T * P[:, k]) @ self.X / n_samples + np.diag(self.penalty)
        return H

    def steepest(self) -> float:
        """Return a curvature that the cost never exceeds (Böhning 1992)."""
        return float(np.linalg.norm(self.X, ord=2) ** 2 / (2 * len(self.X)) + self.penalty.max())


class LinearClassifier(ClassifierMixin, BaseEstimator):
    """What the two classifiers share: checks, the column of ones, the solver, labels.

    Parameters
    ----------
    C : float, default 1.0
        One over the strength of the penalty; above zero, infinity for none.
    solver : {"newton", "descent"}, default "newton"
    tol : float, default 1e-6
        Stop when no slope of the cost is larger.
    max_iter : int, default 1000
        Steps at most; a warning says if they did not do.
    fit_intercept : bool, default True

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
    coef_ : ndarray of shape (n_scores, n_features)
        One score for logistic regression, one a class for softmax regression.
    intercept_ : ndarray of shape (n_scores,)
    n_iter_ : int
    """

    def __init__(
        self,
        C: float = 1.0,
        *,
        solver: str = "newton",
        tol: float = 1e-6,
        max_iter: int = 1000,
        fit_intercept: bool = True,
    ) -> None:
        self.C = C
        self.solver = solver
        self.tol = tol
        self.max_iter = max_iter
        self.fit_intercept = fit_intercept

    def fit(self, X: Any, y: Any) -> Self:
        """Fit to X of shape (n_samples, n_features) and labels y of shape (n_samples,)."""
        if self.C <= 0 or self.solver not in SOLVERS:
            raise ValueError(f"C is above zero, solver in {list(SOLVERS)}; got {self.C} and {self.solver!r}")
        X, y = validate_data(self, X, y, dtype=float)
        check_classification_targets(y)
        self.classes_, codes = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(f"a classifier needs two classes; got one class, {self.classes_[0]}")
        penalty = np.full(X.shape[1], 1 / (self.C * len(X)))
        if self.fit_intercept:
            X, penalty = np.column_stack([X, np.ones(len(X))]), np.append(penalty, 0.0)
        self._minimize(*self._problem(X, codes, penalty))
        return self

    def _problem(self, X: Floats, codes: NDArray[np.intp], penalty: Floats) -> tuple[Any, int]:
        """Return the cost to minimize and the number of scores."""
        raise NotImplementedError

    def _minimize(self, cost: Any, n_scores: int) -> None:
        start = np.zeros(n_scores * len(cost.penalty))
        theta, self.n_iter_ = SOLVERS[self.solver](cost, start, tol=self.tol, max_iter=self.max_iter)
        slope = np.abs(cost.gradient(theta)).max()
        if slope > self.tol:
            message = f"after {self.n_iter_} steps a slope of {slope:.3g} is left, above tol={self.tol}"
            warnings.warn(
                f"{message}; scale the features or raise max_iter", ConvergenceWarning, stacklevel=3
            )
        W = theta.reshape(n_scores, -1)
        self.coef_, self.intercept_ = W[:, : self.n_features_in_], np.zeros(n_scores)
        if self.fit_intercept:
            self.intercept_ = W[:, -1]

    def _scores(self, X: Any) -> Floats:
        """Return the scores: ndarray of shape (n_samples, n_scores)."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=float, reset=False)
        return X @ self.coef_.T + self.intercept_


class LogisticRegression(LinearClassifier):
    """Two classes: the probability of the second is the sigmoid of a linear score.

    Parameters and attributes as for `LinearClassifier`.
    """

    def _problem(self, X: Floats, codes: NDArray[np.intp], penalty: Floats) -> tuple[LogisticCost, int]:
        if len(self.classes_) > 2:
            raise ValueError(
                f"Only binary classification is supported; got {len(self.classes_)} classes: "
                "SoftmaxRegression takes them"
            )
        return LogisticCost(X, codes.astype(float), penalty), 1

    def decision_function(self, X: Any) -> Floats:
        """Return the score of the second class, of shape (n_samples,); above 0 it is predicted."""
        return self._scores(X)[:, 0]

    def predict_proba(self, X: Any) -> Floats:
        """Return the probabilities of both classes: ndarray of shape (n_samples, 2)."""
        score = self.decision_function(X)
        return np.column_stack([sigmoid(-score), sigmoid(score)])

    def predict(self, X: Any) -> NDArray[Any]:
        """Return the more probable class of each row."""
        likelier = self.decision_function(X) > 0
        return self.classes_[likelier.astype(int)]

    def __sklearn_tags__(self) -> Any:
        """Tell scikit-learn that two classes are the limit."""
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        return tags


class SoftmaxRegression(LinearClassifier):
    """Any number of classes: a linear score for each, made probabilities by the softmax.

    Parameters and attributes as for `LinearClassifier`. The weights of all classes sum to zero: adding the
    same to each changes no probability, and the penalty prefers the shortest.
    """

    def _problem(self, X: Floats, codes: NDArray[np.intp], penalty: Floats) -> tuple[SoftmaxCost, int]:
        n_classes = len(self.classes_)
        return SoftmaxCost(X, np.eye(n_classes)[codes], penalty), n_classes

    def decision_function(self, X: Any) -> Floats:
        """Return the score of each class: (n_samples, n_classes); for two, (n_samples,), their difference."""
        scores = self._scores(X)
        return scores[:, 1] - scores[:, 0] if len(self.classes_) == 2 else scores

    def predict_proba(self, X: Any) -> Floats:
        """Return the probability of each class: ndarray of shape (n_samples, n_classes)."""
        return softmax(self._scores(X))

    def predict(self, X: Any) -> NDArray[Any]:
        """Return the most probable class of each row."""
        likeliest = self._scores(X).argmax(axis=1)
        return self.classes_[likeliest]
