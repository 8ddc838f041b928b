"""A small made-up table with the census columns, on which values follow income and latitude."""

from __future__ import annotations

import numpy as np
import pandas as pd


def made_up(n_rows: int = 400, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    homes = rng.integers(50, 800, n_rows).astype(float)
    frame = pd.DataFrame(
        {
            "longitude": rng.uniform(-124, -114, n_rows),
            "latitude": rng.uniform(33, 42, n_rows),
            "housing_median_age": rng.integers(1, 53, n_rows).astype(float),
            "total_rooms": 5 * homes,
            "total_bedrooms": np.where(rng.random(n_rows) < 0.05, np.nan, homes),
            "population": 3 * homes,
            "households": homes,
            "median_income": rng.uniform(0.5, 15, n_rows),
            "ocean_proximity": rng.choice(["INLAND", "NEAR BAY"], n_rows),
        }
    )
    value = 30_000 * frame.median_income + 5000 * (frame.latitude - 33)
    return frame.assign(median_house_value=value.clip(upper=500_001))
