"""Place: distances, blocks, the variogram, and neighbor features that never see their own row."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.neighbors import KNeighborsRegressor
from sklearn.utils.estimator_checks import estimator_checks_generator

from mlbook.ml.spatial import NeighborTarget, RotatedCoordinates, block_ids, to_km, variogram

CROSS_FITTED = {
    "check_transformer_general": "training rows are described by other folds, on purpose",
    "check_transformer_data_not_an_array": "training rows are described by other folds, on purpose",
}


def made_up(n_rows: int = 300, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    X = np.column_stack([rng.uniform(0, 100, size=(n_rows, 2)), rng.normal(size=(n_rows, 2))])
    return X, np.sin(X[:, 0] / 20) + 0.3 * X[:, 2]


def test_known_distances_come_out_within_one_percent() -> None:
    # San Francisco (37.7749, -122.4194) to Los Angeles (34.0522, -118.2437): 559 km on the great circle
    one, two = to_km([-122.4194, -118.2437], [37.7749, 34.0522])
    assert np.hypot(*(one - two)) == pytest.approx(559, rel=0.01)


def test_blocks_hold_rows_of_one_square() -> None:
    X, _ = made_up()
    blocks = block_ids(X[:, :2], 25)
    assert sorted(set(blocks)) == list(range(16))
    for number in range(16):
        rows = X[blocks == number, :2]
        assert (np.ptp(np.floor(rows / 25), axis=0) == 0).all()


def test_variogram_of_noise_is_flat_and_of_a_slope_rises() -> None:
    X, _ = made_up(2000)
    edges = [0, 10, 30, 60]
    noise = variogram(X[:, :2], X[:, 2], edges, np.random.default_rng(0))
    slope = variogram(X[:, :2], X[:, 0], edges, np.random.default_rng(0))
    np.testing.assert_allclose(
        noise, np.sqrt(2) * X[:, 2].std(), rtol=0.05
    )  # 2,000 rows, many pairs share one
    assert slope[0] < 0.5 * slope[1] < 0.5 * slope[2]


def test_bins_without_a_pair_are_missing() -> None:
    X, _ = made_up(50)
    assert np.isnan(variogram(X[:, :2], X[:, 2], [500, 600], np.random.default_rng(0))).all()


def test_rotation_keeps_lengths_and_starts_with_the_first_column() -> None:
    X, _ = made_up()
    turned = RotatedCoordinates(n_angles=4).fit_transform(X[:, :2])
    np.testing.assert_allclose(turned[:, 0], X[:, 0])
    np.testing.assert_allclose(turned[:, 0] ** 2 + turned[:, 2] ** 2, (X[:, :2] ** 2).sum(axis=1))


def test_new_rows_get_the_mean_of_their_nearest() -> None:
    X, y = made_up()
    asked, _ = made_up(40, seed=1)
    made = NeighborTarget(n_neighbors=(1, 7)).fit(X, y).transform(asked)
    for column, k in enumerate((1, 7)):
        expected = KNeighborsRegressor(k).fit(X[:, :2], y).predict(asked[:, :2])
        np.testing.assert_allclose(made[:, column], expected)


def test_a_training_row_never_sees_its_own_target() -> None:
    X, y = made_up()
    before = NeighborTarget(random_state=0).fit_transform(X, y)
    changed = y.copy()
    changed[17] += 1000
    after = NeighborTarget(random_state=0).fit_transform(X, changed)
    np.testing.assert_array_equal(before[17], after[17])
    assert not np.array_equal(before, after)


def test_blocks_hide_the_whole_neighborhood() -> None:
    X, y = made_up()
    near = NeighborTarget(random_state=0).fit_transform(X, y)
    far = NeighborTarget(block_km=50, random_state=0).fit_transform(X, y)
    distance = list(NeighborTarget().fit(X, y).get_feature_names_out()).index("distance to nearest 1")
    assert np.median(far[:, distance]) > 2 * np.median(near[:, distance])


def test_columns_have_names() -> None:
    X, y = made_up()
    encoder = NeighborTarget(n_neighbors=(1, 5)).fit(X, y)
    names = encoder.get_feature_names_out(["east", "north", "income", "age"])
    assert len(names) == encoder.transform(X[:3]).shape[1]
    assert list(names[-2:]) == ["neighbors' income", "neighbors' age"]


@pytest.mark.parametrize("estimator", [RotatedCoordinates(), NeighborTarget(n_splits=3, random_state=0)])
def test_estimators_keep_scikit_learns_contract(estimator: object) -> None:
    known = CROSS_FITTED if isinstance(estimator, NeighborTarget) else {}
    checks = list(
        estimator_checks_generator(estimator, mark="skip", expected_failed_checks=known, legacy=True)
    )
    assert len(checks) > 20
    for made, check in checks:
        try:
            check(made)
        except BaseException as error:  # pytest's and unittest's skips are no Exceptions of one family
            if "Skip" not in type(error).__name__:
                raise
