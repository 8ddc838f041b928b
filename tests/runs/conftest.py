"""A book without chapters, and a folder of runs that stands in for those of the package."""

from __future__ import annotations

import importlib
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
from coins import SOURCE, Write

import mlbook.runs
from mlbook import data


@pytest.fixture
def book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a book, which commands find by its setting."""
    for name in ("MLBOOK_OFFLINE", "MLBOOK_QUICK", "MLBOOK_MIRROR", "MLBOOK_DATA"):
        monkeypatch.delenv(name, raising=False)
    root = tmp_path / "book"
    root.mkdir()
    (root / "_quarto.yml").write_text("")
    monkeypatch.setenv("MLBOOK_ROOT", str(root))
    monkeypatch.setattr(data, "_used", {})
    return root


@pytest.fixture
def write_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Write]:
    """Write the module of a run; the folder it is in takes the place of `mlbook.runs`."""
    folder = tmp_path / "runs"
    folder.mkdir()
    engine = mlbook.runs.__path__
    monkeypatch.setattr(mlbook.runs, "__path__", [str(folder), *engine])
    written: set[str] = set()

    def write(name: str = "coins", source: str = SOURCE) -> Path:
        module = f"mlbook.runs.{name.replace('-', '_')}"
        written.add(module)
        sys.modules.pop(module, None)
        path = folder / f"{name.replace('-', '_')}.py"
        path.write_text(textwrap.dedent(source).lstrip())
        importlib.invalidate_caches()
        return path

    yield write
    for module in written:
        sys.modules.pop(module, None)
