"""Loaders for the data sets that come with scikit-learn: nothing is downloaded, the path is None."""

from __future__ import annotations

import numpy as np
import pandas as pd
import sklearn.datasets

from mlbook.data.registry import DataSet


def frame(dataset: DataSet, path: None) -> pd.DataFrame:
    """Load a table: the features, then the target columns.

    The frame's `attrs["target_names"]` holds the names of the classes, where there are classes.
    """
    bunch = getattr(sklearn.datasets, f"load_{dataset.id}")(as_frame=True)
    table: pd.DataFrame = bunch.frame
    if "target_names" in bunch and table.shape[1] == bunch.data.shape[1] + 1:
        table.attrs["target_names"] = [str(name) for name in bunch.target_names]
    return table


def image(dataset: DataSet, path: None) -> np.ndarray:
    """Load a photograph: uint8 array of shape (height, width, 3)."""
    return np.asarray(sklearn.datasets.load_sample_image(f"{dataset.id}.jpg"))
