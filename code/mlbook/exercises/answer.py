"""What a check is given: an answer that it may call, and ask properties of, without being hurt by it."""

from __future__ import annotations

import copy
import inspect
import linecache
import reprlib
import runpy
import traceback
import warnings
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlbook.exercises.guards import random_state_kept, same
from mlbook.exercises.limits import Say, Stop


class Short(reprlib.Repr):
    """Writes values briefly, and random generators without their address."""

    def repr_Generator(self, generator: np.random.Generator, level: int) -> str:
        """Write a generator by the name that it mostly has."""
        return "rng"


_SHORT = Short()
_SHORT.maxlist = _SHORT.maxtuple = _SHORT.maxarray = _SHORT.maxdict = _SHORT.maxset = 8
_SHORT.maxstring = _SHORT.maxother = 120


class Wrong(Exception):
    """A property does not hold.

    Parameters
    ----------
    must : str
        The property, as a sentence that should be true.
    got : str
        What came instead.
    hint : str
        Where to look.
    """

    def __init__(self, must: str, *, got: str = "", hint: str = "") -> None:
        super().__init__(must)
        self.must, self.got, self.hint = must, got, hint


class NotAttempted(Exception):
    """The answer is still empty."""


class Answer:
    """An answer that was handed in.

    Call it as the function that it should be. Each call makes sure that it takes these arguments, raises
    nothing, returns something, and leaves its arguments and the global random state alone; else `Wrong`.

    Parameters
    ----------
    value : object
        Whatever was handed in.
    function : str
        The function that is asked for, as "share_by_size(keys, share)"; "" if a value is.
    say : callable
        Is told, before each call, the input on which it happens.
    """

    def __init__(self, value: Any, function: str, say: Say) -> None:
        self.value = value
        self.function = function
        self._say = say

    def __call__(self, *arguments: Any, on: str = "") -> Any:
        """Call the function once; `on` describes arguments that are too long to show."""
        return self._call(lambda given: given, arguments, on)

    def each(self, *arguments: Any, most: int, on: str = "") -> list[Any]:
        """Call the function and collect what it yields; more than `most` things are too many."""

        def collect(given: Any) -> list[Any]:
            if not hasattr(given, "__iter__"):
                raise Wrong("it yields one thing after another", got=described(given))
            return list(islice(given, most + 1))

        collected = self._call(collect, arguments, on)
        self.expect(len(collected) <= most, f"it yields at most {most} times", got=f"more than {most}")
        return collected

    def about(self, on: str) -> None:
        """Say on which input the next properties are tried; calls do so by themselves."""
        self._say({"on": on})

    def expect(self, holds: bool, must: str, *, got: Any = "", hint: str = "") -> None:
        """Raise `Wrong` unless a property holds; `got` that is no text is described."""
        if not holds:
            raise Wrong(must, got=got if isinstance(got, str) else described(got), hint=hint)

    def close(self, given: Any, right: Any, must: str, *, hint: str = "") -> None:
        """Expect numbers that agree with the right ones but for rounding."""
        self.expect(
            near(given, right), must, got=f"{written(given)} where {written(right)} is right", hint=hint
        )

    def numbers(self, given: Any, shape: tuple[int, ...], what: str) -> NDArray[np.float64]:
        """Return what was given as an array of finite numbers of this shape; `what` names it in words."""
        array = _array(given, what)
        self.expect(array.dtype.kind in "iuf", f"it gives {what}", got=described(given))
        self.expect(array.shape == shape, f"it gives {what}: shape {shape}", got=f"shape {array.shape}")
        self.expect(
            bool(np.isfinite(array).all()),
            "every number that it gives is finite",
            got=described(given),
            hint="NaN and infinity come from 0/0, the logarithm of what is not above zero, or empty means.",
        )
        return array.astype(float)

    def whole(self, given: Any, what: str) -> NDArray[np.intp]:
        """Return what was given as a flat array of whole numbers; `what` names it in words."""
        array, got = _array(given, what), described(given)
        self.expect(array.dtype.kind != "b", f"it gives {what}, not a mask of True and False", got=got)
        is_flat = array.ndim == 1 and (array.dtype.kind in "iu" or array.size == 0)
        self.expect(is_flat, f"it gives {what}", got=got)
        return array.astype(np.intp)

    def choice(self, given: Any, feedback: dict[str, str], must: str) -> None:
        """Expect one of several words; `feedback` says what is wrong with each, and "" of the right ones."""
        word = given.strip().lower() if isinstance(given, str) else ""
        self.expect(
            word in feedback, f"the answer is one of {', '.join(map(repr, feedback))}", got=short(given)
        )
        self.expect(not feedback[word], must, got=short(given), hint=feedback[word])

    def _call(self, use: Callable[[Any], Any], arguments: tuple[Any, ...], on: str) -> Any:
        """Call the function and `use` what it returns, both under guard."""
        name = self.function.partition("(")[0]
        self.about(on or f"{name}({', '.join(map(short, arguments))})")
        self._takes(arguments)
        before = copy.deepcopy(arguments)
        with random_state_kept() as changed, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                given = use(self.value(*arguments))
            except (Stop, Wrong):
                raise
            except BaseException as error:
                raise self._raised(error) from None
        if changed:
            raise Wrong(
                "it leaves the global random state alone",
                got=f"the state of {' and '.join(changed)} has changed",
                hint="Draw from the generator that is passed in or from np.random.default_rng(seed); "
                "give scikit-learn a random_state.",
            )
        for number, (old, new) in enumerate(zip(before, arguments, strict=True), 1):
            if not same(old, new):
                raise Wrong(
                    "it leaves its arguments as they are",
                    got=f"argument {number} was {short(old)} and is {short(new)} afterwards",
                    hint="Work on a copy: sorting or filling in place changes what is the caller's.",
                )
        if given is None:
            raise Wrong("it returns something", got="None", hint="Is the `return` missing, or not reached?")
        return given

    def _takes(self, arguments: tuple[Any, ...]) -> None:
        """Raise `Wrong` unless the answer can be called with so many arguments."""
        must = f"it is called as {self.function}"
        if not callable(self.value):
            hint = f"Hand in the function itself, without calling it: {self.function.partition('(')[0]}"
            raise Wrong(must, got=described(self.value), hint=hint)
        try:
            signature = inspect.signature(self.value)
        except Exception:  # built-in functions have none; the call will tell
            return
        try:
            signature.bind(*arguments)
        except TypeError:
            raise Wrong(must, got=f"a function that takes {signature}") from None

    def _raised(self, error: BaseException) -> Exception:
        """Turn what the function raised into the verdict on it."""
        own = getattr(self.value, "__code__", None)
        innermost = [frame for frame, _ in traceback.walk_tb(error.__traceback__)][-1]
        if isinstance(error, NotImplementedError) and innermost.f_code is own:
            return NotAttempted()
        return raised(error, own.co_filename if own else "", "it raises nothing")


def _array(given: Any, what: str) -> NDArray[Any]:
    """Make an array of what was given, if one can be made."""
    try:
        return np.asarray(given)
    except Exception as error:
        raise Wrong(f"it gives {what}", got=f"{described(given)}: {words(error)}") from None


def near(one: Any, other: Any) -> bool:
    """Whether numbers, or arrays of them, agree but for rounding: to a millionth of their size."""
    return bool(np.allclose(one, other, rtol=1e-6, atol=1e-9))


def written(numbers: Any) -> str:
    """Write a number or an array with four digits."""
    return np.array2string(np.asarray(numbers), precision=4, threshold=12)


def beside(given: Any, right: Any) -> str:
    """Write what was given beside what is right."""
    return f"{written(given)} where {written(right)} is right"


def from_file(path: Path, name: str) -> Any:
    """Execute a file of Python and return what it calls `name`.

    Raises
    ------
    NotAttempted
        If it defines no such name.
    Wrong
        If it raises.
    """
    try:
        names = runpy.run_path(str(path), run_name="answer")
    except Stop:
        raise
    except BaseException as error:
        raise raised(error, str(path), "the file can be executed") from None
    if names.get(name) is None:
        raise NotAttempted(f"{path.name} defines no {name}.")
    return names[name]


def raised(error: BaseException, file: str, must: str) -> Wrong:
    """Return the verdict on something raised by code that stands in `file`, with the line that did it."""
    if isinstance(error, SyntaxError):
        return Wrong(must, got=f"SyntaxError: {error.msg} (line {error.lineno})")
    lines = [
        line for frame, line in traceback.walk_tb(error.__traceback__) if frame.f_code.co_filename == file
    ]
    if not lines:
        return Wrong(must, got=words(error))
    source = linecache.getline(file, lines[-1]).strip()
    return Wrong(must, got=f"{words(error)}\nin line {lines[-1]}: {source}")


def words(error: BaseException) -> str:
    """Return an exception's name and the beginning of its message, whatever its message does."""
    try:
        text = " ".join(str(error).split())
    except Exception:
        text = ""
    return f"{type(error).__name__}: {text[:200]}" if text else type(error).__name__


def described(value: Any) -> str:
    """Return a few words for a value that may be anything."""
    name = type(value).__name__
    try:
        return f"the {name} {value.__name__}" if callable(value) else short(value)
    except Exception:
        return f"a {name}"


def short(value: Any) -> str:
    """Return a value's representation on one line, cut in the middle where it is long."""
    try:
        return " ".join(_SHORT.repr(value).split())
    except Exception:
        return f"a {type(value).__name__} that cannot be shown"
