"""The run that the tests of the runs do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

SOURCE = '''
"""How far does a coin's share of heads stray from a half?

More in the docstring, which no fingerprint sees.
"""
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Config:
    """Sizes."""

    throws: int = 100  # of each coin
    seeds: tuple[int, ...] = (0, 1, 2)


QUICK = Config(throws=10, seeds=(0,))


def main(config, *, progress):
    """Throw the coins."""
    heads = []
    for number, seed in enumerate(config.seeds):
        progress(number / len(config.seeds), f"coin {seed}")
        heads.append(int(np.random.default_rng(seed).integers(0, 2, config.throws).sum()))
    return {"heads": heads, "mean": np.mean(heads), "throws": config.throws, "curve": np.arange(4.0)}
'''

Write = Callable[..., Path]
