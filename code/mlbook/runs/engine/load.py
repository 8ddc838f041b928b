"""Finding runs: every module directly in `mlbook.runs` is one, and says what it computes in a fixed form.

- `"housing-search"` is the module `mlbook/runs/housing_search.py`; its docstring's first line is its
  question.
- `Config` is a frozen dataclass with a default for every field, `seeds` among them; `Config()` is what a real
  computation uses, `QUICK` one that only shows that it works.
- `main(config)` returns what is to be stored. It may ask for the keywords `progress`, to be called with the
  share done and what comes next, and `device`, the kind of device to use.
- A run that can use an accelerator names the kinds in `DEVICES`, best first; else it is computed on the CPU.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlbook.data.registry import need
from mlbook.errors import BookError

Progress = Callable[[float, str], None]
"""Called by a run with the share that is done (0 to 1) and what it does next."""


@dataclass(frozen=True)
class Run:
    """One run, as its module describes it, imported.

    Attributes
    ----------
    name : str
        "housing-search".
    question : str
        What it finds out: the first line of the docstring.
    module, file : str, Path
    full, quick : dataclass
        The settings of a real computation, and those of one that only shows that it works.
    devices : tuple of str
        Kinds of device that it can use, best first.
    main : callable
    """

    name: str
    question: str
    module: str
    file: Path
    full: Any
    quick: Any
    devices: tuple[str, ...]
    main: Callable[..., dict[str, Any]]

    @property
    def command(self) -> str:
        """What to type to compute it."""
        return f"mlbook compute {self.name}"

    def do(self, config: Any, *, device: str, progress: Progress) -> dict[str, Any]:
        """Call `main` with the keywords that it asks for."""
        offered = {"device": device, "progress": progress}
        asked = inspect.signature(self.main).parameters
        return self.main(config, **{key: value for key, value in offered.items() if key in asked})


def locate(name: str) -> tuple[str, Path]:
    """Return the dotted name and the file of the module of a run, without importing it.

    Raises
    ------
    BookError
        If there is no such run.
    """
    import mlbook.runs

    stem = name.replace("-", "_")
    for folder in mlbook.runs.__path__:
        path = Path(folder) / f"{stem}.py"
        if path.is_file() and name in names():
            return f"mlbook.runs.{stem}", path
    known = names()
    listed = f"There are: {', '.join(known)}." if known else "There are none yet."
    raise BookError(f"no run called {name!r}", hint=listed)


def question(file: Path) -> str:
    """Return the first line of the docstring of a run's module."""
    text = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
    return text.partition("\n")[0]


def names() -> list[str]:
    """List the names of all runs."""
    import mlbook.runs

    found = pkgutil.iter_modules(mlbook.runs.__path__)
    return sorted(module.name.replace("_", "-") for module in found if not module.ispkg)


def load(name: str) -> Run:
    """Import the run `name` and check its form.

    Raises
    ------
    BookError
        If there is no such run, it lacks a part of its form, or it needs a package that is not installed.
    """
    dotted, file = locate(name)
    try:
        module = importlib.import_module(dotted)
    except ModuleNotFoundError as error:
        raise need(error, f"the run {name}") from None
    _check(module, str(file))
    return Run(
        name=name,
        question=question(file),
        module=dotted,
        file=file,
        full=module.Config(),
        quick=module.QUICK,
        devices=tuple(getattr(module, "DEVICES", ("cpu",))),
        main=module.main,
    )


def _check(module: Any, place: str) -> None:
    """Refuse a module that has not the form of a run."""
    lacking = [name for name in ("Config", "QUICK", "main") if not hasattr(module, name)]
    if lacking or not (module.__doc__ or "").strip():
        what = ", ".join(lacking) or "a docstring whose first line is its question"
        raise BookError(
            f"this run lacks {what}", where=place, hint="mlbook/runs/engine/load.py has the form."
        )
    parameters = getattr(module.Config, "__dataclass_params__", None)
    if parameters is None or not parameters.frozen:
        raise BookError("Config is not a frozen dataclass", where=place)
    if not isinstance(getattr(module.Config, "seeds", None), tuple):
        raise BookError("Config has no field `seeds: tuple[int, ...]` with a default", where=place)
