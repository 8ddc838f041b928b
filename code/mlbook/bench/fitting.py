"""How long the book's own estimators take to fit, beside scikit-learn's: there is no budget, only candor."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from mlbook.bench.row import Row, Workshop
from mlbook.data.registry import need

if TYPE_CHECKING:
    import numpy as np

Pair = tuple[str, Any, Any, "np.ndarray[Any, Any]"]  # what, ours, scikit-learn's, target


def linear_models(shop: Workshop, *, n_samples: int = 5000, n_features: int = 50) -> Iterator[Row]:
    """Fit chapter 4's estimators and scikit-learn's to the same rows, on one thread; the fastest of three."""
    try:
        import numpy as np
        from sklearn.exceptions import ConvergenceWarning
        from threadpoolctl import threadpool_limits
    except ModuleNotFoundError as error:
        raise need(error, "fitting models") from None
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n_samples, n_features))
    score = X @ rng.normal(size=n_features) + rng.normal(size=n_samples)
    size = f"{n_samples:,} × {n_features}"
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        for what, ours, theirs, y in _pairs(score):
            value, other = _fastest(ours, X, y), _fastest(theirs, X, y)
            yield Row(what, None, "ms", value, note=f"scikit-learn {other:,.3g} ms; {size}")


def _pairs(score: np.ndarray[Any, Any]) -> Iterator[Pair]:
    """Yield each estimator with its counterpart, set to the same work as nearly as their settings allow."""
    import numpy as np
    from sklearn import linear_model as library
    from sklearn import preprocessing

    from mlbook.ml import descent, lasso, linear, logistic, polynomial, stopping

    yield "polynomial, degree 2", polynomial.PolynomialFeatures(), preprocessing.PolynomialFeatures(), score
    side, quarter = (score > 0).astype(int), np.digitize(score, np.quantile(score, [0.25, 0.5, 0.75]))
    for solver in ("svd", "qr", "normal"):
        yield f"least squares, {solver}", linear.LinearRegression(solver), library.LinearRegression(), score
    yield "ridge, SVD", linear.Ridge(), library.Ridge(solver="svd"), score
    yield "lasso", lasso.Lasso(0.05), library.Lasso(0.05), score
    yield "elastic net", lasso.ElasticNet(0.05), library.ElasticNet(0.05), score
    for rows in (1, 32):
        ours = descent.DescentRegressor(batch_size=rows, learning_rate=0.005, max_iter=5, tol=0)
        theirs = library.SGDRegressor(alpha=0, learning_rate="constant", eta0=0.005, max_iter=5, tol=None)
        yield f"descent, 5 epochs in batches of {rows}", ours, theirs, score
    stopped = stopping.StoppedRegressor(batch_size=32, random_state=0)
    yield "early stopping, its own rules", stopped, library.SGDRegressor(early_stopping=True), score
    newton = library.LogisticRegression(solver="newton-cholesky", tol=1e-6)
    yield "logistic regression, Newton", logistic.LogisticRegression(), newton, side
    softmax = library.LogisticRegression(tol=1e-6)
    yield "softmax regression, Newton", logistic.SoftmaxRegression(), softmax, quarter
    yield "softmax regression, descent", logistic.SoftmaxRegression(solver="descent"), softmax, quarter


def _fastest(model: Any, X: np.ndarray[Any, Any], y: np.ndarray[Any, Any]) -> float:
    """Return the milliseconds of the fastest of three fits."""
    times = []
    for _ in range(3):
        start = time.perf_counter()
        getattr(model, "fit_transform", model.fit)(X, y)
        times.append(1000 * (time.perf_counter() - start))
    return min(times)
