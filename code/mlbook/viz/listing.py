"""The package's own source in a chapter, with the place it comes from."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

from mlbook.viz.show import Markdown


def listing(thing: Any) -> Markdown:
    """Show the source of a function, method or class of `mlbook`.

    Parameters
    ----------
    thing : function, method or class
        Its docstring stays in.

    Returns
    -------
    Markdown
        A `.listing` block whose header links to the file, with the code in it.

    Raises
    ------
    TypeError
        If it is no function or class, or does not come from `mlbook`.
    """
    target = inspect.unwrap(thing)
    module = getattr(target, "__module__", "") or ""
    if not (inspect.isfunction(target) or inspect.ismethod(target) or inspect.isclass(target)):
        raise TypeError(f"only functions and classes have a source to list, not {type(thing).__name__}")
    if module != "mlbook" and not module.startswith("mlbook."):
        raise TypeError(f"{target.__qualname__} comes from {module}; only mlbook's own source is listed")
    lines, first = inspect.getsourcelines(target)
    file = _place(Path(inspect.getfile(target)))
    code = inspect.cleandoc("\n" + "".join(lines)) if lines[0].startswith(" ") else "".join(lines).rstrip()
    attributes = f'of="{module}.{target.__qualname__}" file="{file}" lines="{first}-{first + len(lines) - 1}"'
    fence = "```" if "```" not in code else "`````"
    return Markdown(f"::: {{.listing {attributes}}}\n{fence} python\n{code}\n{fence}\n:::")


def _place(path: Path) -> str:
    """Return the file's path in the repository."""
    parts = path.resolve().parts
    return "code/" + "/".join(parts[len(parts) - 1 - parts[::-1].index("mlbook") :])
