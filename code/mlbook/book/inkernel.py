"""What the executor loads into the kernel, as an IPython extension.

- Figures that are open at a cell's end are drawn and handed over; frames are shown as Markdown tables.
- A cell that writes more than `MLBOOK_OUTPUT` characters is stopped where it writes, before they are sent.
- `inlines` evaluates the inline expressions that stand between two cells.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from typing import Any

from mlbook.viz.render import FIGURE, drawing

INLINE = "application/vnd.mlbook.inline+json"
"""MIME type of `inlines`' answer: a list of {"text": …} or {"error": …}."""

OVERFLOW = "OutputOverflow"
"""Name of the exception that stops a cell which writes too much."""


class OutputOverflow(BaseException):
    """A cell has written more than it may. Not an `Exception`, so that no `except Exception` swallows it."""


def load_ipython_extension(shell: Any) -> None:
    """Prepare IPython's shell `shell` for a chapter."""
    import matplotlib

    from mlbook import viz

    matplotlib.rcdefaults()  # whatever the reader's own settings are
    viz.style()
    _format_frames(shell)
    _limit_output(shell, int(os.environ.get("MLBOOK_OUTPUT", "2000000")))
    shell.display_formatter.mimebundle_formatter.for_type_by_name("matplotlib.figure", "Figure", _draw)
    shell.events.register("post_run_cell", _show_open_figures)


def inlines(expressions: list[str]) -> None:
    """Evaluate inline expressions in the user's namespace and publish their texts."""
    from IPython import get_ipython
    from IPython.display import publish_display_data

    namespace = get_ipython().user_ns
    publish_display_data({INLINE: [_inline(expression, namespace) for expression in expressions]})


def standins() -> None:
    """Publish the names of the data sets for which this kernel was given a stand-in."""
    from IPython.display import publish_display_data

    data = sys.modules.get("mlbook.data")
    publish_display_data({INLINE: [{"text": name} for name in data.standins_used()] if data else []})


def _inline(expression: str, namespace: dict[str, Any]) -> dict[str, str]:
    """Evaluate one expression."""
    try:
        value = eval(expression, namespace)
        return {"text": value._repr_markdown_() if hasattr(value, "_repr_markdown_") else str(value)}
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}


def _format_frames(shell: Any) -> None:
    """Show pandas' objects as Markdown tables; pandas itself is not imported."""
    formatter = shell.display_formatter.formatters["text/markdown"]
    for module in ("pandas", "pandas.core.frame", "pandas.core.series", "pandas.io.formats.style"):
        for name in ("DataFrame", "Series", "Styler"):
            formatter.for_type_by_name(module, name, _table)


def _table(frame: Any) -> str:
    """Write a frame as a pipe table."""
    from mlbook.viz import table

    return table(frame).markdown


def _draw(figure: Any, include: Any = None, exclude: Any = None) -> dict[str, Any]:
    """Draw a figure that a cell displays itself, and close it so that it is not shown twice."""
    import matplotlib.pyplot as plt

    plt.close(figure)
    return {FIGURE: drawing(figure)}


def _show_open_figures(result: Any) -> None:
    """Publish the figures that are open at a cell's end, and close them; a failed cell shows none."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is None:
        return
    from IPython.display import publish_display_data

    for number in pyplot.get_fignums():
        if result.success:
            publish_display_data({FIGURE: drawing(pyplot.figure(number))})
    pyplot.close("all")


def _limit_output(shell: Any, limit: int) -> None:
    """Count what each cell writes, and stop the cell that writes more than `limit` characters.

    What other threads write is passed on; the executor counts it and ends the kernel.
    """
    count = 0

    def reset(_: Any) -> None:
        nonlocal count
        count = 0

    def counted(write: Callable[[str], int]) -> Callable[[str], int]:
        def limited(text: str) -> int:
            nonlocal count
            count += len(text)
            if count > limit and threading.current_thread() is threading.main_thread():
                count = 0
                raise OutputOverflow(f"more than {limit:,} characters of output")
            return write(text)

        return limited

    shell.events.register("pre_run_cell", reset)
    for stream in (sys.stdout, sys.stderr):
        stream.write = counted(stream.write)  # type: ignore[method-assign]
