"""A generated stand-in for the California housing data: same columns, types, gaps, caps, kinds of structure.

- Made from a seeded generator, public geography (some cities, the line of the coast) and rules written down
  here. No row of it comes from the census; its numbers mean nothing.
- It has what the chapters work with: places that cluster in cities, neighbors that resemble each other, a
  price that depends on income, coast and place, a capped target, missing bedrooms, a category with five
  rows.
- What it does not have: California. Streets, districts and prices are invented.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd

SEED = 20640
ROWS = 20_640

# Longitude, latitude, share of the population in percent, spread in degrees.
CITIES = np.array(
    [
        (-118.25, 34.05, 27, 0.26),  # Los Angeles
        (-117.85, 33.75, 9, 0.16),  # Santa Ana
        (-117.15, 32.78, 9, 0.15),  # San Diego
        (-117.35, 34.05, 8, 0.22),  # Riverside
        (-122.42, 37.76, 6, 0.06),  # San Francisco
        (-122.24, 37.80, 8, 0.13),  # Oakland
        (-121.90, 37.33, 7, 0.13),  # San José
        (-121.48, 38.58, 7, 0.20),  # Sacramento
        (-119.78, 36.75, 4, 0.20),  # Fresno
        (-119.02, 35.37, 3, 0.20),  # Bakersfield
        (-121.29, 37.96, 3, 0.18),  # Stockton
        (-119.20, 34.22, 3, 0.14),  # Ventura
        (-122.70, 38.44, 2, 0.15),  # Santa Rosa
        (-121.80, 36.70, 2, 0.16),  # Salinas
        (-122.38, 40.57, 2, 0.45),  # Redding
    ]
)
# The coast from north to south, as points to draw straight lines between.
COAST = np.array(
    [
        (-124.20, 42.00),
        (-124.40, 40.43),
        (-123.75, 38.95),
        (-123.00, 38.00),
        (-122.51, 37.70),
        (-122.40, 37.15),
        (-121.90, 36.62),
        (-121.30, 35.70),
        (-120.65, 34.60),
        (-119.25, 34.15),
        (-118.50, 33.98),
        (-118.40, 33.73),
        (-117.60, 33.38),
        (-117.25, 32.86),
        (-117.12, 32.53),
    ]
)
BAY = np.array([-122.25, 37.75])
ISLAND = np.array([-118.33, 33.35])


def standin(rows: int = ROWS) -> pd.DataFrame:
    """Generate the stand-in.

    Parameters
    ----------
    rows : int, default 20640
        Block groups; at least 500.

    Returns
    -------
    DataFrame of shape (rows, 10)
        Columns and types of the real set; the same on every call. About 1 % of `total_bedrooms` is missing,
        about 5 % of `median_house_value` capped at 500,001, five rows have `ocean_proximity` "ISLAND".
    """
    rng = np.random.default_rng(SEED)
    place, city = _places(rows, rng)
    coast = _distance(place, COAST)
    proximity = _proximity(place, coast)
    age = np.clip(np.round(rng.normal(30 - 14 * _field(place, 0.5, rng), 8)), 1, 52)
    income = np.exp(1.32 + 0.22 * _field(place, 0.25, rng) + 0.22 * _field(place, 0.05, rng) - 0.06 * coast)
    income = np.clip(np.round(income * rng.lognormal(0, 0.28, rows), 4), 0.4999, 15.0001)
    homes = _homes(income, age, rng)
    value = _value(place, coast, city, income, homes, rng)
    bedrooms = homes["bedrooms"].copy()
    bedrooms[rng.choice(rows, round(rows / 100), replace=False)] = np.nan
    return pd.DataFrame(
        {
            "longitude": place[:, 0],
            "latitude": place[:, 1],
            "housing_median_age": age,
            "total_rooms": homes["rooms"],
            "total_bedrooms": bedrooms,
            "population": homes["population"],
            "households": homes["households"],
            "median_income": income,
            "median_house_value": value,
            "ocean_proximity": pd.Series(proximity, dtype="str"),
        }
    )


def _places(rows: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw places around the cities, on land and on a grid of 0.01 degrees; five of them on the island.

    Returns
    -------
    place : ndarray of shape (rows, 2)
        Longitude and latitude.
    city : ndarray of shape (rows,)
        Index of the city that each belongs to.
    """
    city = rng.choice(len(CITIES), rows, p=CITIES[:, 2] / CITIES[:, 2].sum())
    spread = CITIES[city, 3] * np.where(rng.random(rows) < 0.15, 4, 1)
    place = CITIES[city, :2] + spread[:, None] * rng.normal(size=(rows, 2))
    place = np.clip(place, [-124.35, 32.54], [-114.31, 41.95])
    shore = np.interp(place[:, 1], COAST[::-1, 1], COAST[::-1, 0])
    place[:, 0] = np.where(place[:, 0] < shore, 2 * shore - place[:, 0], place[:, 0])
    place[:, 0] = np.minimum(place[:, 0], -114.31)
    place[rng.choice(rows, 5, replace=False)] = ISLAND + rng.normal(0, 0.03, (5, 2))
    return np.round(place, 2), city


def _distance(place: np.ndarray, line: np.ndarray) -> np.ndarray:
    """Return each place's distance, in degrees, to the polygonal line through the points of `line`."""
    nearest = np.full(len(place), np.inf)
    for start, end in pairwise(line):
        along = end - start
        share = np.clip((place - start) @ along / (along @ along), 0, 1)
        nearest = np.minimum(nearest, np.linalg.norm(place - start - share[:, None] * along, axis=1))
    return nearest


def _proximity(place: np.ndarray, coast: np.ndarray) -> np.ndarray:
    """Sort places into the five kinds of nearness to the ocean."""
    kinds = ["ISLAND", "NEAR BAY", "NEAR OCEAN", "<1H OCEAN"]
    on_island = np.linalg.norm(place - ISLAND, axis=1) < 0.2
    near_bay = np.linalg.norm(place - BAY, axis=1) < 0.3
    return np.select([on_island, near_bay, coast < 0.1, coast < 0.55], kinds, "INLAND")


def _field(place: np.ndarray, scale: float, rng: np.random.Generator, waves: int = 48) -> np.ndarray:
    """Draw a smooth random function of place: mean 0, variance 1, correlated over `scale` degrees.

    Random Fourier features of a Gaussian kernel (Rahimi and Recht, 2007).
    """
    frequency = rng.normal(0, 1 / scale, (2, waves))
    phase = rng.uniform(0, 2 * np.pi, waves)
    waves_at = np.cos((place - place.mean(axis=0)) @ frequency + phase)
    return waves_at @ rng.normal(size=waves) * np.sqrt(2 / waves)


def _homes(income: np.ndarray, age: np.ndarray, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Draw households, and the rooms, bedrooms and people in them; newer block groups are larger."""
    rows = len(income)
    households = np.round(rng.lognormal(6.05 - 0.015 * (age - 28), 0.62, rows)) + 1
    per_home = np.clip(4.2 + 0.45 * (income - 3) + rng.normal(0, 0.8, rows), 1.5, 12)
    crowding = np.clip(2.9 * rng.lognormal(0, 0.22, rows) - 0.05 * (income - 3.9), 1.1, 8)
    rooms = np.maximum(np.round(households * per_home), 2)
    share = np.clip(0.21 - 0.012 * (income - 3.9) + rng.normal(0, 0.02, rows), 0.1, 0.5)
    return {
        "households": households,
        "rooms": rooms,
        "bedrooms": np.maximum(np.round(rooms * share), 1),
        "population": np.maximum(np.round(households * crowding), 3),
    }


def _value(
    place: np.ndarray,
    coast: np.ndarray,
    city: np.ndarray,
    income: np.ndarray,
    homes: dict[str, np.ndarray],
    rng: np.random.Generator,
) -> np.ndarray:
    """Make the median house value in dollars: income, coast, city, crowding, neighborhood, chance; capped."""
    premium = np.array(
        [0.15, 0.2, 0.1, -0.15, 0.5, 0.2, 0.3, -0.1, -0.35, -0.35, -0.25, 0.1, 0.1, 0.05, -0.4]
    )
    log_value = (
        11.53
        + 0.85 * np.log(income / 3)
        - 0.45 * np.sqrt(coast)
        + premium[city]
        - 0.09 * (homes["population"] / homes["households"] - 2.9)
        + 0.14 * _field(place, 0.4, rng)
        + 0.13 * _field(place, 0.06, rng)
        + rng.normal(0.75, 0.19, len(place))
    )
    value = np.round(np.exp(log_value), -2)
    return np.where(value > 500_000, 500_001.0, np.maximum(value, 14_999.0))
