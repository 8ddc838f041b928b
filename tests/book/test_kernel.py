"""The kernel: what a cell finds in it, what it gives back, and that it ends."""

from __future__ import annotations

import asyncio
import stat
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from mlbook.book.kernel import CellFault, Kernel, Limits
from mlbook.errors import BookError
from mlbook.viz.render import FIGURE


def within(folder: Path, work: Callable[[Kernel], Awaitable[Any]], **variables: str) -> Any:
    """Do some work in a kernel, and check that it is gone afterwards."""

    async def started() -> tuple[Any, int]:
        async with Kernel(folder, Limits(timeout=60, output=10_000), variables) as kernel:
            return await work(kernel), kernel._pid

    result, pid = asyncio.run(started())
    assert not psutil.pid_exists(pid)
    return result


def test_cells_share_their_names_and_count(tmp_path: Path) -> None:
    async def work(kernel: Kernel) -> None:
        first = await kernel.run("a = 2\nprint(a)")
        assert [output["text"] for output in first.outputs] == ["2\n"]
        assert await kernel.ask("inlines(['a + 1', 'b', 'f\"{a:.2f}\"'])") == [
            {"text": "3"},
            {"error": "NameError: name 'b' is not defined"},
            {"text": "2.00"},
        ]
        names = await kernel.run("[name for name in dir() if 'mlbook' in name]")
        assert names.outputs[0]["data"]["text/plain"] == "[]"
        assert (first.count, names.count) == (1, 2)
        assert first.seconds > 0 and 20 < first.memory < 2000
        with pytest.raises(CellFault) as caught:
            await kernel.run("1 / 0")
        assert (caught.value.kind, caught.value.text) == ("raised", "ZeroDivisionError: division by zero")
        assert (await kernel.run("a")).outputs[0]["data"]["text/plain"] == "2"

    within(tmp_path, work)


def test_the_kernel_is_the_same_on_every_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "matplotlibrc").write_text("lines.linewidth: 9\naxes.titley: 0.5\n")
    (tmp_path / "ipython/profile_default/startup").mkdir(parents=True)
    (tmp_path / "ipython/profile_default/startup/0.py").write_text("leaked = 1\n")
    monkeypatch.setenv("MATPLOTLIBRC", str(tmp_path))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("OMP_NUM_THREADS", "31")
    monkeypatch.setenv("PYTHONHASHSEED", "7")
    code = (
        "import os\nfrom matplotlib import rcParams\n"
        "print('leaked' in dir(), rcParams['axes.titley'], rcParams['lines.linewidth'])\n"
        "print(os.environ['OMP_NUM_THREADS'], os.environ['PYTHONHASHSEED'], os.environ['MINE'], os.getcwd())"
    )

    async def work(kernel: Kernel) -> str:
        return str((await kernel.run(code)).outputs[0]["text"])

    shown = within(tmp_path, work, MINE="yes")
    assert shown == f"False None 1.8\n1 0 yes {tmp_path}\n"


def test_each_figure_is_shown_once(tmp_path: Path) -> None:
    async def work(kernel: Kernel) -> list[int]:
        counts = []
        for code in (
            "import matplotlib.pyplot as plt\nfigure, axes = plt.subplots()\nplt.show()",
            "figure, axes = plt.subplots()\nfigure",
            "plt.figure()\nplt.figure()",
            "plt.subplots()\nplt.close()",
            "figure = plt.figure()\nfigure.canvas.draw()\nfigure.canvas.buffer_rgba()\nplt.close()",
            "pass",
        ):
            ran = await kernel.run(code)
            counts.append(sum(FIGURE in output.get("data", {}) for output in ran.outputs))
            assert not any(output["output_type"] == "error" for output in ran.outputs)
        with pytest.raises(CellFault):
            await kernel.run("plt.subplots()\n1 / 0")
        assert (await kernel.run("plt.get_fignums()")).outputs[0]["data"]["text/plain"] == "[]"
        return counts

    assert within(tmp_path, work) == [1, 1, 2, 0, 0, 0]


def test_frames_are_shown_as_markdown(tmp_path: Path) -> None:
    async def work(kernel: Kernel) -> list[str]:
        await kernel.run("import pandas as pd\nframe = pd.DataFrame({'n': [1]})")
        shown = [await kernel.run(code) for code in ("frame", "frame.n", "frame.style.hide(axis='index')")]
        return [ran.outputs[0]["data"]["text/markdown"] for ran in shown]

    expected = "|   n |\n|----:|\n|   1 |"
    assert within(tmp_path, work) == [expected] * 3


def test_a_kernel_that_does_not_start_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho 'ModuleNotFoundError: no zmq' >&2\nexit 1\n")
    broken.chmod(broken.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setattr(sys, "executable", str(broken))

    async def work(kernel: Kernel) -> None:
        raise AssertionError("not reached")

    with pytest.raises(BookError, match="does not start: ModuleNotFoundError: no zmq"):
        within(tmp_path, work)
