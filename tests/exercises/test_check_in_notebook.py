"""`check` in a notebook: functions of its cells are found, stopped in time, and leave the kernel alive."""

from __future__ import annotations

import os
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

SET_UP = """
import numpy as np
from mlbook.exercises import check
offset = 0

def helper(sort_by, residual):
    return np.asarray(residual)[np.argsort(np.asarray(sort_by))].reshape(10, -1).mean(axis=1) + offset
"""
CELLS = {
    SET_UP: "",
    'check("pull-to-mean", helper)': "✓ right: pull-to-mean",
    'offset = 1\ncheck("pull-to-mean", lambda s, r: helper(s, r))': "✗ wrong: pull-to-mean",
    "def loops(sort_by, residual):\n    while True:\n        pass\n\n"
    'check("pull-to-mean", loops, seconds=1)': "it ends within 1 seconds",
    "def prints(sort_by, residual):\n    while True:\n        print('again')\n\n"
    'check("pull-to-mean", prints)': "it prints at most 100,000 characters",
    "def fails(sort_by, residual):\n    unknown = 1\n    return missing\n\n"
    'check("pull-to-mean", fails)': "in line 3: return missing",
    'import os\ncheck("pull-to-mean", lambda s, r: os._exit(1))': "it leaves Python running",
    'check("pull-to-mean")': "○ not attempted: pull-to-mean",
    "offset": "1",
}


@pytest.mark.skipif(os.name == "nt", reason="one of the answers ends its process")
def test_verdicts_appear_below_the_cells(tmp_path: Path) -> None:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code) for code in CELLS])
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(tmp_path)}}).execute()
    for cell, expected in zip(notebook.cells, CELLS.values(), strict=True):
        shown = "".join(output.get("data", {}).get("text/plain", "") for output in cell.outputs)
        assert expected in shown and all(output.output_type != "stream" for output in cell.outputs), shown
