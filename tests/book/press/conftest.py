"""The press's tests get a small book to build."""

from pathlib import Path

import pytest
from sample_book import make_sample


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    """The folder of a fresh sample book."""
    return make_sample(tmp_path / "book")
