"""Chapter 2's models on a small made-up table with the census columns."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from housing_table import made_up
from sklearn.base import clone

from mlbook.ml import housing


def test_describe_adds_ratios_and_leaves_its_input_alone() -> None:
    frame = made_up()
    before = frame.copy()
    described = housing.describe(frame)
    pd.testing.assert_frame_equal(frame, before)
    assert described["rooms_per_home"].tolist() == pytest.approx([5.0] * len(frame))
    assert set(housing.RATIOS + housing.POSITION + housing.TRAITS) <= set(described)


@pytest.mark.parametrize("kind", housing.KINDS)
def test_every_kind_learns_and_is_reproducible(kind: str) -> None:
    frame = made_up()
    X, y = frame.drop(columns=housing.TARGET), frame[housing.TARGET]
    model = housing.pipeline(kind)
    one = clone(model).fit(X[:300], y[:300]).predict(X[300:])
    other = clone(model).fit(X[:300], y[:300]).predict(X[300:])
    np.testing.assert_array_equal(one, other)
    assert np.corrcoef(one, y[300:])[0, 1] > 0.9


def test_attributes_do_not_look_at_the_map() -> None:
    frame = made_up()
    X, y = frame.drop(columns=housing.TARGET), frame[housing.TARGET]
    model = housing.pipeline("attributes").fit(X, y)
    moved = X.assign(longitude=-120.0, latitude=35.0)
    np.testing.assert_array_equal(model.predict(X), model.predict(moved))


def test_unknown_kinds_and_unseen_categories() -> None:
    with pytest.raises(ValueError, match="attributes, coordinates, rotated, neighbors; got 'magic'"):
        housing.features("magic")
    frame = made_up()
    X, y = frame.drop(columns=housing.TARGET), frame[housing.TARGET]
    model = housing.pipeline("coordinates").fit(X, y)
    assert np.isfinite(model.predict(X.assign(ocean_proximity="ISLAND"))).all()


def test_capped_rows_are_a_stratum_of_their_own() -> None:
    value = np.concatenate([np.linspace(20_000, 500_000, 1000), np.full(50, 500_001.0)])
    strata = housing.strata(value)
    assert np.bincount(strata).tolist() == [100] * 10 + [50]
    assert (strata[value > 500_000] == 10).all()


def test_regions_are_squares() -> None:
    frame = made_up()
    described = housing.describe(frame)
    regions = housing.regions(frame, 100)
    spans = described[housing.POSITION].groupby(regions).agg(np.ptp)
    assert (spans.to_numpy() < 100).all()
    assert len(spans) > 20
