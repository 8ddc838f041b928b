"""The bar that shows a download's progress and the time left; silent where nobody watches."""

from __future__ import annotations

from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn


class Bar:
    """A progress bar of the form that pooch's downloaders drive.

    Parameters
    ----------
    text : str
        What is being downloaded.
    """

    def __init__(self, text: str) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
        console = Console(stderr=True)
        self._progress = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
        self._task = self._progress.add_task(text, total=None)
        self.total = 0

    def __enter__(self) -> Bar:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def update(self, amount: int) -> None:
        """Advance by `amount` bytes."""
        self._progress.update(self._task, advance=amount, total=self.total or None)

    def reset(self) -> None:
        """Start again from nothing."""
        self._progress.reset(self._task)

    def close(self) -> None:
        """Do nothing: the bar ends with its block."""
