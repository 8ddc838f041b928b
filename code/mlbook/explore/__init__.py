"""The data of the book's explorables, their reference results, and their stills.

Each module here stands for one explorable, and has the same three functions:

- `data(…)`: what the explorable in the browser gets: plain numbers, lists and texts, with `title` and
  `question`;
- a reference for what the browser computes (`descend`, `decompose`, `solve`, `train`), against which a test
  holds the browser's arithmetic;
- `still(data)`: the same data as a figure, for print and where scripts do not run.

>>> from mlbook import viz
>>> from mlbook.explore import descent
>>> data = descent.data()
>>> viz.explorable("descent", data=data, still=descent.still(data))

The browser's side of `descent` is `_extensions/mlbook/explore/descent.js`.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def plain(values: Any, digits: int = 6) -> Any:
    """Return an array as nested lists, rounded, as JSON takes it."""
    return np.round(np.asarray(values, dtype=float), digits).tolist()
