"""The checks by name: each is a short function of properties in a module of `mlbook.exercises.checks`.

    @exercise("doubles", "double(values)")
    def doubles(answer: Answer) -> None:
        '''Return twice each number.'''
        doubled = answer.numbers(answer([1, 2]), (2,), "two numbers")
        answer.close(doubled, [2, 4], "each number is doubled", hint="Add each to itself.")

The docstring says what is asked for. Each call says on which input, each property is a sentence that should
be true, and a hint says where to look. Data is generated, small and seeded. Two or three cases that tell the
plausible mistakes apart are better than many; `tests/exercises` holds those mistakes, each with the reason
for which it is refused.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlbook.errors import BookError
from mlbook.exercises import checks

if TYPE_CHECKING:
    from mlbook.exercises.answer import Answer

Properties = Callable[["Answer"], None]
_CHECKS: dict[str, Check] = {}


@dataclass(frozen=True)
class Check:
    """The check of one exercise.

    Attributes
    ----------
    slug : str
        The exercise's id without "exr-".
    function : str
        The function that is asked for, with its parameters; "" if the answer is a value.
    properties : callable
        Calls an `Answer` and expects things of it; raises `Wrong` at the first that does not hold.
    imports : str
        Lines of imports that a starter file begins with.
    seconds : float
        Time limit.
    """

    slug: str
    function: str
    properties: Properties
    imports: str = ""
    seconds: float = 10

    @property
    def name(self) -> str:
        """What the answer is called in a file: the function's name, or "answer"."""
        return self.function.partition("(")[0] or "answer"

    @property
    def task(self) -> str:
        """What is asked for, in a sentence: the docstring of the check."""
        return " ".join((self.properties.__doc__ or "").split())


def exercise(
    slug: str, function: str = "", *, imports: str = "import numpy as np", seconds: float = 10
) -> Callable[[Properties], Properties]:
    """Register the function below as the check of an exercise; its docstring says what is asked for."""

    def register(properties: Properties) -> Properties:
        known = _CHECKS.get(slug)
        assert known is None or known.properties.__qualname__ == properties.__qualname__, (
            f"two checks: {slug}"
        )
        _CHECKS[slug] = Check(slug, function, properties, imports if function else "", seconds)
        return properties

    return register


def every() -> dict[str, Check]:
    """Return all checks by slug.

    Raises
    ------
    BookError
        If the packages that run chapters are not installed.
    """
    try:
        for module in pkgutil.iter_modules(checks.__path__, f"{checks.__name__}."):
            importlib.import_module(module.name)
    except ModuleNotFoundError as error:
        raise BookError(
            f"checking answers needs {error.name}, which is not installed",
            hint="`make setup` installs what running chapters needs; without make: pip install -e '.[run]'",
        ) from None
    return dict(_CHECKS)
