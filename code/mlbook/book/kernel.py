"""One Jupyter kernel for one chapter: started, fed cell by cell, watched, and always ended.

nbclient speaks the protocol. Added here: limits (time, output), measurement (seconds, peak memory), and the
certainty that no kernel outlives its chapter. The kernel reads neither the user's IPython profile nor the
configuration of Jupyter, and talks over sockets in a temporary folder where the system has them. What child
processes write is not shown: it arrives in no fixed order.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

import psutil
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

from mlbook.book.inkernel import INLINE
from mlbook.errors import BookError

_LOG = logging.getLogger("mlbook.kernel")
_LOG.addHandler(logging.NullHandler())
_LOG.propagate = False


@dataclass(frozen=True)
class Limits:
    """What a cell may take: `timeout` in seconds, `output` in characters, `threads` for numerical work."""

    timeout: float = 300
    output: int = 2_000_000
    threads: int = 1

    @classmethod
    def of(cls, settings: dict[str, Any]) -> Limits:
        """Read them from `mlbook: execute:` in `_quarto.yml`.

        Raises
        ------
        BookError
            For a name that is not there or a value that is not a positive number.
        """
        ours = settings.get("mlbook") or {}
        given = ours.get("execute") or {} if isinstance(ours, dict) else ours
        if not isinstance(given, dict):
            raise BookError("mlbook: execute: holds no `name: value` lines", where="_quarto.yml")
        for key, value in given.items():
            if key not in cls.__dataclass_fields__:
                known = ", ".join(cls.__dataclass_fields__)
                raise BookError(
                    f"mlbook: execute: {key} is not a setting",
                    where="_quarto.yml",
                    hint=f"There are: {known}.",
                )
            if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
                raise BookError(
                    f"mlbook: execute: {key}: {value!r} is not a positive number", where="_quarto.yml"
                )
        return cls(**given)


class CellFault(Exception):
    """A cell did not finish: `kind` is "raised", "timeout", "overflow" or "died"."""

    def __init__(self, kind: str, text: str, traceback: str = "") -> None:
        super().__init__(text)
        self.kind = kind
        self.text = text
        self.traceback = traceback


@dataclass
class Ran:
    """What one cell gave: Jupyter outputs, seconds, peak resident memory in MB, its number in the kernel."""

    outputs: list[NotebookNode] = field(repr=False)
    seconds: float
    memory: float
    count: int


class _Client(NotebookClient):
    """nbclient, ending the kernel when a cell's outputs grow beyond the limit."""

    limit = 2_000_000
    overflow = False
    size = 0

    pid = 0

    def output(self, outs: list[NotebookNode], msg: dict[str, Any], *rest: Any) -> NotebookNode | None:
        self.size += _size(msg["content"])
        if self.size > self.limit:
            self.overflow = True
            outs.clear()
            with contextlib.suppress(psutil.Error):
                psutil.Process(self.pid).kill()
        return None if self.overflow else super().output(outs, msg, *rest)


def _size(content: dict[str, Any]) -> int:
    """Count the characters of a message's text; figures and widgets come as dictionaries and do not count."""
    shown = [content.get("text"), *content.get("data", {}).values()]
    return sum(len(value) for value in shown if isinstance(value, str))


class Kernel:
    """A kernel for one chapter, as an asynchronous context manager.

    Parameters
    ----------
    folder : Path
        Working folder of the cells.
    limits : Limits
    environment : dict of str to str
        Variables besides the inherited ones.
    """

    def __init__(self, folder: Path, limits: Limits, environment: dict[str, str]) -> None:
        self.folder = folder
        self.limits = limits
        self.environment = environment
        self._count = 0

    async def __aenter__(self) -> Kernel:
        self._temporary = tempfile.TemporaryDirectory(prefix="mlbook-", ignore_cleanup_errors=True)
        self._manager = _manager(Path(self._temporary.name))
        self._client = _Client(
            new_notebook(),
            km=self._manager,
            timeout=int(self.limits.timeout),
            startup_timeout=120,
            coalesce_streams=True,
            store_widget_state=False,
            log=_LOG,
        )
        self._client.limit = self.limits.output
        try:
            await self._client.async_start_new_kernel(
                cwd=str(self.folder),
                env=self._variables(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            await self._client.async_start_new_kernel_client()
        except RuntimeError as error:
            await self._end()
            raise BookError(
                f"the Jupyter kernel does not start: {_why(error)}",
                hint='Install what executing needs anew: python -m pip install --force-reinstall -e ".[run]"',
            ) from None
        except BaseException:
            await self._end()
            raise
        self._client.pid = self._pid
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._end()

    async def run(self, code: str, *, timeout: float | None = None, may_raise: bool = False) -> Ran:
        """Run one cell.

        Parameters
        ----------
        code : str
        timeout : float, optional
            Seconds, in place of the limit.
        may_raise : bool, default False
            Whether an exception is a result; it is then the last output.

        Raises
        ------
        CellFault
            If the cell raises, takes too long, writes too much or takes the kernel down.
        """
        seconds = timeout or self.limits.timeout
        cell = new_code_cell(code)
        if may_raise:
            cell.metadata["tags"] = ["raises-exception"]
        self._client.nb.cells = [cell]
        self._client.timeout = int(seconds) or 1
        self._client.size = 0
        self._count += 1
        async with _Memory(self._pid) as memory:
            start = time.perf_counter()
            await self._execute(cell, seconds)
            taken = time.perf_counter() - start
        return Ran(cell.outputs, taken, memory.peak, self._count)

    async def ask(self, call: str) -> list[dict[str, str]]:
        """Run a call of `inkernel` that publishes a list, and return that list."""
        ran = await self.run(f"import mlbook.book.inkernel as _mlbook\n_mlbook.{call}\ndel _mlbook")
        self._count -= 1
        return [entry for out in ran.outputs for entry in out.get("data", {}).get(INLINE, [])]

    @property
    def _pid(self) -> int:
        return int(self._manager.provisioner.pid)  # type: ignore[union-attr]

    async def _execute(self, cell: NotebookNode, seconds: float) -> None:
        """Hand the cell to nbclient and name what went wrong."""
        task = asyncio.current_task()
        try:
            await self._client.async_execute_cell(cell, 0, execution_count=self._count)
        except CellTimeoutError:
            raise CellFault("timeout", f"did not finish in {seconds:g} s") from None
        except DeadKernelError:
            if task is not None and task.cancelling():
                raise asyncio.CancelledError from None
            if self._client.overflow:
                raise CellFault("overflow", self._overflow) from None
            raise CellFault(
                "died", "took the kernel down (out of memory, or a crash in compiled code)"
            ) from None
        except CellExecutionError as error:
            if error.ename == "OutputOverflow":
                raise CellFault("overflow", self._overflow) from None
            raise CellFault(
                "raised", f"{error.ename}: {error.evalue}".rstrip(": "), error.traceback
            ) from None

    @property
    def _overflow(self) -> str:
        return f"shows more than {self.limits.output:,} characters"

    def _variables(self) -> dict[str, str]:
        """Give the kernel's environment: deterministic, with a fixed number of threads."""
        threads = str(self.limits.threads)
        names = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS")
        return {
            **os.environ,
            **dict.fromkeys(names, threads),
            "IPYTHONDIR": str(Path(self._temporary.name) / "ipython"),
            "JUPYTER_CONFIG_DIR": str(Path(self._temporary.name) / "jupyter"),
            "MLBOOK_EXECUTE": "1",
            "MLBOOK_OUTPUT": str(self.limits.output),
            # One thread by default: boosting hands its threads small pieces, and two take longer than one
            # even on an idle machine. Of more, those that wait must sleep: spinning costs tenfold.
            "OMP_WAIT_POLICY": "PASSIVE",
            "MPLBACKEND": "module://mlbook.book.backend",
            "PYDEVD_DISABLE_FILE_VALIDATION": "1",
            "PYTHONHASHSEED": "0",
            "TZ": "UTC",
            **self.environment,
        }

    async def _end(self) -> None:
        """End the kernel and whatever it started, and clear its folder."""
        with contextlib.suppress(Exception):
            await asyncio.shield(self._manager.shutdown_kernel(now=True))
        if self._client.kc is not None:
            self._client.kc.stop_channels()
            self._client.kc = None
        self._temporary.cleanup()


def _manager(folder: Path) -> AsyncKernelManager:
    """Make the manager of a kernel of this very Python, whatever kernels are registered on the machine."""
    command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    quiet = [
        "--HistoryManager.enabled=False",
        "--Application.log_level=ERROR",
        "--IPKernelApp.capture_fd_output=False",
    ]
    manager = AsyncKernelManager(connection_file=str(folder / "kernel.json"))
    if os.name == "posix":
        manager.transport = "ipc"
        manager.ip = str(folder / "socket")
    manager._kernel_spec = KernelSpec(
        argv=[*command, *quiet, "--ext=mlbook.book.inkernel"], language="python"
    )
    return manager


def _why(error: RuntimeError) -> str:
    """Say why no kernel starts: what importing its parts complains about, else nbclient's own words."""
    command = [sys.executable, "-c", "import ipykernel.kernelapp, mlbook.book.inkernel"]
    lines = subprocess.run(command, capture_output=True, text=True, check=False).stderr.splitlines()
    return lines[-1] if lines else str(error)


class _Memory:
    """Watches a process and its children, 20 times a second; `peak` is their largest memory in MB."""

    def __init__(self, pid: int) -> None:
        self.peak = 0.0
        self._pid = pid

    async def __aenter__(self) -> _Memory:
        self._task = asyncio.ensure_future(self._watch())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
        self._look()

    async def _watch(self) -> None:
        while True:
            self._look()
            await asyncio.sleep(0.05)

    def _look(self) -> None:
        with contextlib.suppress(psutil.Error):
            process = psutil.Process(self._pid)
            self.peak = max(
                self.peak, sum(_resident(one) for one in [process, *process.children(recursive=True)])
            )


def _resident(process: psutil.Process) -> float:
    """Return a process's resident memory in MB, 0 if it is gone."""
    try:
        return float(process.memory_info().rss) / 2**20
    except psutil.Error:
        return 0.0
