"""Splits: every row on one side, shares as asked, and scores equal to scikit-learn's."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge
from sklearn.model_selection import cross_val_score

from mlbook.ml.split import cross_validate, folds, hashed_split, random_split, stratified_split


def test_random_split_takes_every_row_once() -> None:
    train, test = random_split(101, 0.2, np.random.default_rng(0))
    assert len(test) == 20
    assert sorted(np.concatenate([train, test])) == list(range(101))


def test_hashed_rows_keep_their_side_when_rows_are_added() -> None:
    keys = [f"row {number}" for number in range(3000)]
    _, before = hashed_split(keys, 0.2)
    _, after = hashed_split(["new", *keys, "newer"], 0.2)
    assert set(before) == {row - 1 for row in after if 0 < row <= 3000}
    assert 0.17 < len(before) / 3000 < 0.23  # four standard deviations of a binomial share


def test_equal_keys_land_on_the_same_side() -> None:
    train, test = hashed_split(["a", "b", "c", "d", "e", "f"] * 5, 0.5)
    assert {row % 6 for row in train}.isdisjoint({row % 6 for row in test})
    assert len(train) and len(test)


def test_strata_give_equal_shares() -> None:
    strata = np.repeat([0, 1, 2], [700, 200, 100])
    train, test = stratified_split(strata, 0.2, np.random.default_rng(0))
    assert np.bincount(strata[test]).tolist() == [140, 40, 20]
    assert sorted(np.concatenate([train, test])) == list(range(1000))


def test_folds_hold_each_row_out_once() -> None:
    parts = list(folds(23, 5, np.random.default_rng(0)))
    assert sorted(np.concatenate([held_out for _, held_out in parts])) == list(range(23))
    for train, held_out in parts:
        assert set(train).isdisjoint(held_out)
        assert len(train) + len(held_out) == 23


@pytest.mark.parametrize("n_folds", [0, 1, 24])
def test_impossible_numbers_of_folds_are_refused(n_folds: int) -> None:
    with pytest.raises(ValueError, match=f"between 2 and the number of rows, 23; got {n_folds}"):
        list(folds(23, n_folds, np.random.default_rng(0)))


def test_cross_validation_equals_scikit_learn() -> None:
    rng = np.random.default_rng(1)
    X = pd.DataFrame(rng.normal(size=(90, 4)))
    y = X[0] + rng.normal(size=90)
    splits = list(folds(90, 5, rng))
    ours = cross_validate(Ridge(), X, y, splits)
    theirs = -cross_val_score(Ridge(), X, y, cv=splits, scoring="neg_root_mean_squared_error")
    np.testing.assert_allclose(ours, theirs, rtol=1e-12)  # the same sums, in another order
