"""Keeps the tests away from the reader's own progress file."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def progress_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("MLBOOK_EXECUTE", raising=False)
    monkeypatch.setenv("MLBOOK_PROGRESS", str(tmp_path / "kept" / "progress.json"))
    return tmp_path / "kept" / "progress.json"
