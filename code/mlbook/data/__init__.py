"""The book's data sets, by name: fetched once, checked every time, or generated where there is no network.

- `load("iris")`, `load_housing()` give frames; `get`, `show` and `verify` are the `mlbook data` commands.
- `MLBOOK_DATA` moves the cache, `MLBOOK_MIRROR` names a folder that is tried before the network.
- `MLBOOK_OFFLINE=1` gives generated stand-ins for the sets that would be downloaded: same columns, types
  and kinds of faults, invented numbers. What was computed from one is never stored; `standins_used` is how
  that is known.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from mlbook.data.commands import get, show, verify
from mlbook.data.registry import DataSet, find, function, need
from mlbook.errors import BookError

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "DataSet",
    "find",
    "get",
    "is_standin",
    "load",
    "load_housing",
    "offline",
    "show",
    "standins_used",
    "used",
    "verify",
]

_used: dict[str, bool] = {}


def load(name: str) -> Any:
    """Load a registered data set.

    Parameters
    ----------
    name : str
        Its id in the registry; `mlbook data list` shows them.

    Returns
    -------
    DataFrame or ndarray
        What the set's loader gives; see the registry. Under `MLBOOK_OFFLINE=1` a downloaded set's stand-in, a
        quarter of the rows under `MLBOOK_QUICK=1`.

    Raises
    ------
    BookError
        If the name is unknown, the file is damaged or out of reach, or it loads to another shape than
        registered.

    Examples
    --------
    >>> load("iris").shape
    (150, 5)
    """
    dataset = find(name)
    if is_standin(name):
        return _standin(dataset)
    path = None
    if dataset.downloaded:
        from mlbook.data.fetch import locate

        path = locate(dataset)
    try:
        loaded = function(dataset.loader)(dataset, path)
    except ModuleNotFoundError as error:
        raise need(error, "loading data") from None
    if loaded.shape != dataset.shape:
        raise BookError(
            f"{name} has shape {loaded.shape}, and {dataset.shape} is registered",
            where=str(path or dataset.loader),
            hint="Another version of the data, or of scikit-learn: `mlbook doctor` compares versions.",
        )
    _used.setdefault(name, False)
    return loaded


def load_housing() -> pd.DataFrame:
    """Load the California housing data of the 1990 census.

    A row is a block group, the smallest area that the census publishes, some 600 to 3,000 people. Pace and
    Barry (1997) drew the numbers from the census and averaged them over the group. A later editor, A.
    Géron, whose file this is, added `ocean_proximity` from a map and removed 207 values of
    `total_bedrooms`; totals per block group (`total_rooms`, `households`, …) are the census's.

    Returns
    -------
    DataFrame of shape (20640, 10)
        `longitude`, `latitude` (degrees, rounded to 0.01), `housing_median_age` (years, 1 to 52, capped),
        `total_rooms`, `total_bedrooms` (207 missing), `population`, `households` (counts), `median_income`
        (ten thousands of 1990 dollars, 0.4999 to 15.0001, capped), `median_house_value` (dollars, 14,999 to
        500,001, capped: 4.7 % of the rows), `ocean_proximity` (text: "<1H OCEAN", "INLAND", "NEAR OCEAN",
        "NEAR BAY", "ISLAND").

    Raises
    ------
    BookError
        As `load`.

    References
    ----------
    R. K. Pace and R. Barry (1997), Sparse spatial autoregressions, Statistics & Probability Letters 33,
    291-297.
    """
    frame: pd.DataFrame = load("california_housing")
    return frame


def offline() -> bool:
    """Whether `MLBOOK_OFFLINE=1` asks for stand-ins."""
    return os.environ.get("MLBOOK_OFFLINE") == "1"


def is_standin(what: Any = None) -> bool:
    """Say whether data is a generated stand-in.

    Parameters
    ----------
    what : DataFrame, str or None
        A frame that `load` gave, or one taken from it; or a set's name: whether loading it now gives a
        stand-in; or nothing: whether any downloaded set would be one.
    """
    if isinstance(what, str):
        return offline() and find(what).downloaded
    if what is None:
        return offline()
    return bool(getattr(what, "attrs", {}).get("standin"))


def standins_used() -> tuple[str, ...]:
    """Name the data sets for which this process was given a stand-in, in order of first use."""
    return tuple(name for name, generated in _used.items() if generated)


def used() -> tuple[str, ...]:
    """Name all data sets that this process has loaded, in order of first use."""
    return tuple(_used)


def _standin(dataset: DataSet) -> Any:
    """Generate a set's stand-in; the first time, say so."""
    quick = os.environ.get("MLBOOK_QUICK") == "1"
    rows = dataset.shape[0] // 4 if quick else dataset.shape[0]
    generated = function(dataset.standin)(rows)
    generated.attrs["standin"] = dataset.id
    if not _used.get(dataset.id):
        print(
            f"STAND-IN DATA: {dataset.id} is generated, because MLBOOK_OFFLINE=1. "
            "Its numbers mean nothing, and nothing computed from it is stored.",
            file=sys.stderr,
        )
    _used[dataset.id] = True
    return generated
