"""Whatever is handed in, the verdict comes, says why, and leaves this process as it was."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mlbook.exercises import check
from mlbook.exercises.answer import Answer
from mlbook.exercises.judge import judge
from mlbook.exercises.registry import Check
from mlbook.exercises.verdict import Verdict

ROOT = Path(__file__).resolve().parents[2]
FORKS = [pytest.param(True, marks=pytest.mark.skipif(os.name == "nt", reason="needs fork")), False]
fork = pytest.mark.parametrize("fork", FORKS, ids=["child", "thread"])


def doubles(answer: Answer) -> None:
    """Return twice each number."""
    values = np.arange(3.0)
    doubled = answer.numbers(answer(values, np.random.default_rng(0)), (3,), "three numbers")
    answer.expect(bool((doubled == 2 * values).all()), "each number is doubled", got=doubled)


CHECK = Check("doubles", "double(values, rng)", doubles)


def verdict(answer: Any, *, fork: bool, seconds: float = 30) -> Verdict:
    return judge(CHECK, lambda: answer, seconds=seconds, fork=fork)


# Answers ----------------------------------------------------------------------------------------


def right(values, rng):
    return 2 * values


def empty(values, rng):
    raise NotImplementedError


def forgets_return(values, rng):
    2 * values


def divides(values, rng):
    return values / 0 if False else 1 / 0


def leaves(values, rng):
    sys.exit("done")


def interrupts(values, rng):
    raise KeyboardInterrupt


def recurses(values, rng):
    return recurses(values, rng)


def changes_argument(values, rng):
    values *= 2
    return values


def seeds_numpy(values, rng):
    np.random.seed(0)
    return 2 * values


def draws_globally(values, rng):
    random.random()
    return 2 * values


class Unshowable(Exception):
    def __str__(self) -> str:
        raise ValueError("no words")


def raises_strangely(values, rng):
    raise Unshowable


class Hostile:
    """Raises at whatever is done with it."""

    def __getattribute__(self, name: str) -> Any:
        raise RuntimeError(name)

    def __repr__(self) -> str:
        raise RuntimeError("repr")

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("eq")

    def __bool__(self) -> bool:
        raise RuntimeError("bool")

    __hash__ = None  # type: ignore[assignment]


class BadArray:
    def __array__(self, *_: Any, **__: Any) -> Any:
        raise ZeroDivisionError("no array")


def made(value: Any) -> Any:
    """Make what pytest itself could not handle as a parameter."""
    return value() if any(value is kind for kind in (Hostile, BadArray)) else value


RETURNED = [
    (None, "it returns something", "None"),
    ("six", "three numbers", "'six'"),
    ([0, 2], r"shape \(3,\)", "shape (2,)"),
    ([[0, 2, 4]], r"shape \(3,\)", "shape (1, 3)"),
    ([0, 2, [4]], "three numbers", "inhomogeneous"),
    ([0, 2, np.nan], "finite", "nan"),
    ([0, 2, np.inf], "finite", "inf"),
    ([0, 2, 4j], "three numbers", "4j"),
    ([True, False, True], "three numbers", "True"),
    (["0", "2", "4"], "three numbers", "'4'"),
    ({0, 2, 4}, "three numbers", "{0, 2, 4}"),
    ({"a": 1}, "three numbers", "{'a': 1}"),
    (iter([0, 2, 4]), "three numbers", "iterator"),
    (print, "three numbers", "print"),
    (int, "three numbers", "type int"),
    (Hostile, "three numbers", "cannot be shown"),
    (BadArray, "three numbers", "ZeroDivisionError: no array"),
    (np.zeros((1000, 1000)), r"shape \(3,\)", "shape (1000, 1000)"),
    ([0, 2, 5], "each number is doubled", "5"),
]


@fork
@pytest.mark.parametrize(("value", "must", "got"), RETURNED, ids=lambda x: type(x).__name__)
def test_what_a_function_may_return(value: Any, must: str, got: str, fork: bool) -> None:
    given = made(value)
    found = verdict(lambda values, rng: given, fork=fork)
    assert found.state == "wrong"
    assert re.search(must, found.must), found
    assert got in found.got, found
    assert found.on == "double(array([0., 1., 2.]), rng)"


CALLED = [
    (divides, "it raises nothing", "ZeroDivisionError: division by zero\nin line"),
    (leaves, "it raises nothing", "SystemExit: done"),
    (interrupts, "it raises nothing", "KeyboardInterrupt"),
    (recurses, "it raises nothing", "RecursionError"),
    (raises_strangely, "it raises nothing", "Unshowable"),
    (forgets_return, "it returns something", "None"),
    (changes_argument, "it leaves its arguments", "argument 1 was array([0., 1., 2.])"),
    (seeds_numpy, "it leaves the global random state", "np.random"),
    (draws_globally, "it leaves the global random state", "random"),
    (lambda: 0, "it is called as double(values, rng)", "takes ()"),
    (lambda values, rng, more: 0, "it is called as double(values, rng)", "takes (values, rng, more)"),
    (3, "it is called as double(values, rng)", "3"),
    ("double", "it is called as double(values, rng)", "'double'"),
    (np.zeros(3), "it is called as double(values, rng)", "array([0., 0., 0.])"),
    (Hostile, "it is called as double(values, rng)", "cannot be shown"),
    (dict, "it raises nothing", "TypeError"),
]


@fork
@pytest.mark.parametrize(("answer", "must", "got"), CALLED)
def test_what_may_be_handed_in(answer: Any, must: str, got: str, fork: bool) -> None:
    before = random.getstate(), np.random.get_state()[1].tolist()
    found = verdict(made(answer), fork=fork)
    assert (random.getstate(), np.random.get_state()[1].tolist()) == before
    assert found.state == "wrong" and must in found.must and got in found.got, found


@fork
@pytest.mark.parametrize("answer", [None, ..., empty], ids=["None", "Ellipsis", "starter"])
def test_an_empty_answer_is_not_attempted(answer: Any, fork: bool) -> None:
    found = verdict(answer, fork=fork)
    assert found.state == "not attempted" and not found
    assert "Write double(values, rng)" in found.must and "twice each number" in found.must


@fork
def test_a_right_answer_is_right_and_a_callable_object_will_do(fork: bool) -> None:
    class Double:
        def __call__(self, values: Any, rng: Any) -> Any:
            return 2 * values

    assert verdict(right, fork=fork) and verdict(Double(), fork=fork)
    assert verdict(lambda *args, **more: 2 * args[0], fork=fork).state == "right"


# Without end ------------------------------------------------------------------------------------


def loops(values, rng):
    while True:
        pass


def loops_and_swallows(values, rng):
    while True:
        try:
            time.sleep(0.01)
        except Exception:
            continue


def prints(values, rng):
    while True:
        print("again")


def prints_and_swallows(values, rng):
    for _ in range(50_000):
        with suppress(BaseException):
            print("again")
    return 2 * values


def writes_errors(values, rng):
    while True:
        sys.stderr.write("again\n")


@fork
@pytest.mark.parametrize("answer", [loops, loops_and_swallows])
def test_a_loop_without_end_is_stopped(answer: Callable[..., Any], fork: bool) -> None:
    threads = threading.active_count()
    found = verdict(answer, fork=fork, seconds=0.5)
    assert found.state == "wrong" and found.must == "it ends within 0.5 seconds", found
    assert found.on == "double(array([0., 1., 2.]), rng)" and "never ends" in found.hint
    assert threading.active_count() == threads, "nothing runs on"


@pytest.mark.skipif(os.name == "nt", reason="needs fork")
def test_code_that_sits_in_c_is_stopped_too() -> None:
    def sits(values, rng):
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
        return sum(range(10**12))

    assert verdict(sits, fork=True, seconds=0.5).must == "it ends within 0.5 seconds"


@fork
@pytest.mark.parametrize("answer", [prints, prints_and_swallows, writes_errors])
def test_printing_without_end_is_stopped_and_the_beginning_shown(
    answer: Callable[..., Any], fork: bool, capfd: pytest.CaptureFixture[str]
) -> None:
    found = verdict(answer, fork=fork)
    assert found.state == "wrong" and found.must == "it prints at most 100,000 characters", found
    assert found.printed.splitlines() == ["again"] * 8 + ["…"]
    assert capfd.readouterr() == ("", "")


@fork
def test_what_a_wrong_answer_prints_is_shown(fork: bool) -> None:
    def says(values, rng):
        print("values", values)
        return 0

    assert verdict(says, fork=fork).printed == "values [0. 1. 2.]"


# The process ------------------------------------------------------------------------------------

only_child = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs the forked child")


@only_child
@pytest.mark.parametrize(
    ("end", "got"),
    [
        (lambda: os._exit(0), "died"),
        (lambda: os.kill(os.getpid(), signal.SIGSEGV), "died by SIGSEGV"),
        (lambda: os.kill(os.getpid(), signal.SIGKILL), "died by SIGKILL"),
        (lambda: os.closerange(3, 256), "died"),
    ],
)
def test_an_answer_that_ends_the_process_ends_its_own(end: Callable[[], Any], got: str) -> None:
    found = verdict(lambda values, rng: end() or 2 * values, fork=True, seconds=5)
    assert found.state == "wrong" and found.must == "it leaves Python running" and got in found.got, found


@only_child
def test_memory_has_an_end() -> None:
    def grows(values, rng):
        held = []
        while True:
            held.append(np.empty(2**25))  # 256 MB

    found = verdict(grows, fork=True)
    assert found.must == "it raises nothing" and "MemoryError" in found.got


@only_child
def test_what_an_answer_starts_ends_with_it(tmp_path: Path) -> None:
    noted = tmp_path / "pid"

    def starts(values, rng):
        process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        noted.write_text(str(process.pid))
        return 2 * values

    assert verdict(starts, fork=True)
    status = Path(f"/proc/{noted.read_text()}/stat")
    deadline = time.monotonic() + 20
    while status.exists() and status.read_text().rpartition(")")[2].split()[0] not in "ZX":
        assert time.monotonic() < deadline, "it still runs"
        time.sleep(0.05)


@only_child
def test_an_answer_changes_nothing_in_the_process_that_asks() -> None:
    def settles_in(values, rng):
        os.environ["MLBOOK_TRACE"] = "1"
        os.chdir("/")
        sys.path.clear()
        return 2 * values

    before = dict(os.environ), Path.cwd(), list(sys.path)
    assert verdict(settles_in, fork=True)
    assert (dict(os.environ), Path.cwd(), list(sys.path)) == before


@only_child
def test_compute_threads_of_the_parent_do_not_stall_the_child() -> None:
    from sklearn.ensemble import HistGradientBoostingRegressor

    X = np.random.default_rng(0).normal(size=(2000, 4))
    model = HistGradientBoostingRegressor(max_iter=3, random_state=0)
    model.fit(X, X[:, 0])  # starts OpenMP's threads, which a forked child lacks

    def fits(values, rng):
        model.fit(X, X[:, 0])
        return 2 * values

    assert verdict(fits, fork=True, seconds=30)


# Peeking ----------------------------------------------------------------------------------------


@fork
@pytest.mark.parametrize(
    "path", ["chapters/solutions/02-project.qmd", "code/mlbook/exercises/checks/project_splits.py"]
)
def test_reading_the_solution_is_refused(path: str, fork: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLBOOK_ROOT", str(ROOT))

    def peeks(values, rng):
        (ROOT / path).read_text(encoding="utf-8")
        return 2 * values

    def hides_it(values, rng):
        with suppress(BaseException):
            (ROOT / "chapters" / ".." / path).open().close()
        return 2 * values

    for answer in (peeks, hides_it):
        found = verdict(answer, fork=fork)
        assert found.state == "wrong" and found.must == "it finds the answer by itself", found
        assert path in found.got.replace(os.sep, "/")
    assert (ROOT / path).read_text(encoding="utf-8"), "afterwards it may be read"


# A check's own slips ----------------------------------------------------------------------------


@fork
def test_a_check_that_trips_over_an_answer_still_gives_a_verdict(fork: bool) -> None:
    def careless(answer: Answer) -> None:
        """Return a list."""
        answer.expect(answer(1)[0] == 0, "it gives 0")

    found = judge(Check("careless", "f(x)", careless), lambda: lambda x: {}, fork=fork)
    assert found.state == "wrong" and "KeyError" in found.got


def test_the_public_call_notes_the_verdict_and_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    found = check("median-of-medians", "too high")
    assert found.state == "wrong" and str(found) == repr(found)
    assert str(found).splitlines()[0] == "✗ wrong: median-of-medians"
    assert capfd.readouterr() == ("", "")
    with pytest.raises(AssertionError):
        assert check("median-of-medians", "neither")
