"""Where a run is computed and what it takes: device, wall time, peak memory."""

from __future__ import annotations

import threading
import time
from types import TracebackType

import psutil

from mlbook.book.timings import device as cpu
from mlbook.errors import BookError

KINDS = ("auto", "cpu", "cuda", "mps")


def choose(wanted: str, possible: tuple[str, ...]) -> str:
    """Choose the kind of device: the one wanted, or the best that the run can use and the machine has.

    Parameters
    ----------
    wanted : {"auto", "cpu", "cuda", "mps"}
    possible : tuple of str
        What the run can use, best first.

    Raises
    ------
    BookError
        If the wanted kind is unknown, or the run cannot use it, or the machine has none.
    """
    if wanted not in KINDS:
        raise BookError(f"no device called {wanted!r}", hint=f"There are: {', '.join(KINDS)}.")
    if wanted == "auto":
        return next(kind for kind in (*possible, "cpu") if kind == "cpu" or has(kind))
    if wanted not in possible:
        raise BookError(
            f"this run cannot use {wanted}", hint=f"It can use {' or '.join(possible)}; leave out --device."
        )
    if wanted != "cpu" and not has(wanted):
        raise BookError(
            f"this machine has no {wanted} that PyTorch can use",
            hint="`mlbook doctor` shows the devices; --device cpu computes on the processor.",
        )
    return wanted


def has(kind: str) -> bool:
    """Whether PyTorch is installed and can use "cuda" or "mps" here."""
    try:
        import torch
    except ImportError:
        return False
    return bool(torch.cuda.is_available() if kind == "cuda" else torch.backends.mps.is_available())


def describe(kind: str) -> str:
    """Name the device: the GPU's model, or the processor's and its number of cores."""
    if kind == "cuda":
        import torch

        return f"{torch.cuda.get_device_name()}, {torch.cuda.device_count()} GPU"
    return f"{cpu()}, MPS" if kind == "mps" else cpu()


class Meter:
    """Measure a block: `seconds` of wall time, `memory_mb` at the peak, child processes included.

    Memory is looked at ten times a second, so a peak that is shorter can be missed.
    """

    def __enter__(self) -> Meter:
        self.seconds = 0.0
        self.memory_mb = 0
        self._process = psutil.Process()
        self._done = threading.Event()
        self._watch = threading.Thread(target=self._sample, daemon=True)
        self._start = time.perf_counter()
        self._watch.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.seconds = time.perf_counter() - self._start
        self._done.set()
        self._watch.join()

    def _sample(self) -> None:
        """Look at the memory until the block ends."""
        while True:
            self.memory_mb = max(self.memory_mb, self._resident())
            if self._done.wait(0.1):
                return

    def _resident(self) -> int:
        """Return the memory in use now, in MiB."""
        total = 0
        for process in (self._process, *self._process.children(recursive=True)):
            try:
                total += process.memory_info().rss
            except psutil.Error:
                continue
        return round(total / 2**20)
