"""Loaders for registered tables that are text files.

Every loader takes the `DataSet` and the path of its checked file. Results rest on this module: what is
added for one kind of file stands in a module of its own, so that it does not make the others' results
stale.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from mlbook.data.registry import DataSet


def csv(dataset: DataSet, path: Path) -> pd.DataFrame:
    """Read a CSV file as it is: one row per line, the first line names the columns."""
    return pd.read_csv(path)
