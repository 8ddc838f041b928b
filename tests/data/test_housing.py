"""The stand-in for the housing data has the structure that the chapters work with."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.neighbors import KNeighborsRegressor

from mlbook.data.housing import standin


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return standin()


def test_it_has_the_size_and_is_the_same_each_time(frame: pd.DataFrame) -> None:
    assert frame.shape == (20_640, 10)
    pd.testing.assert_frame_equal(frame, standin())


@pytest.mark.parametrize("rows", [500, 5160])
def test_it_can_be_smaller(rows: int) -> None:
    small = standin(rows)
    assert small.shape == (rows, 10)
    assert (small["ocean_proximity"] == "ISLAND").sum() == 5


def test_gaps_caps_and_categories(frame: pd.DataFrame) -> None:
    assert frame.isna().sum().drop("total_bedrooms").eq(0).all()
    assert 0.009 < frame["total_bedrooms"].isna().mean() < 0.011
    assert 0.03 < (frame["median_house_value"] == 500_001).mean() < 0.07
    assert 0.03 < (frame["housing_median_age"] == 52).mean() < 0.08
    counts = frame["ocean_proximity"].value_counts()
    assert list(counts.index[:2]) == ["<1H OCEAN", "INLAND"]
    assert counts["ISLAND"] == 5


def test_counts_make_sense(frame: pd.DataFrame) -> None:
    counts = frame[["total_rooms", "population", "households"]]
    assert (counts >= 1).all(axis=None)
    assert (counts == counts.round()).all(axis=None)
    known = frame.dropna()
    assert (known["total_bedrooms"] < known["total_rooms"]).all()


def test_income_matters_as_in_a_housing_market(frame: pd.DataFrame) -> None:
    correlation = frame["median_income"].corr(frame["median_house_value"])
    assert 0.5 < correlation < 0.85


def test_neighbors_know_more_than_strangers(frame: pd.DataFrame) -> None:
    """Prices are correlated over short distances: close neighbors predict far better than distant ones."""
    place = frame[["longitude", "latitude"]].to_numpy()
    price = np.log(frame["median_house_value"].to_numpy() / frame["median_income"].to_numpy())
    order = np.random.default_rng(0).permutation(len(frame))
    half, rest = order[:10_000], order[10_000:12_000]
    model = KNeighborsRegressor(8).fit(place[half], price[half])
    near = np.sqrt(np.mean((model.predict(place[rest]) - price[rest]) ** 2))
    away = np.sqrt(np.mean((model.predict(place[rest] + 0.3) - price[rest]) ** 2))
    assert near < 0.75 * np.std(price)
    assert near < 0.9 * away
