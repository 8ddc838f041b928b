"""Runs code that nobody has read, within limits of time, output and memory, and always comes back.

- On Linux (so on Colab, Kaggle, Binder and under WSL too) in a forked child: it knows every function and
  variable of a notebook without pickling, can be killed whatever it does, and takes nothing down with it.
- Elsewhere in a thread, into which an exception is thrown when its time is over: forking is unsafe beside
  macOS's own libraries, and missing on Windows. Code that sits in C then runs on in the background, unheard.
- A child forked from a process whose compute threads have run must not use them: it gets one thread each.
- Not a sandbox: it guards against accidents, not against ill will.
"""

from __future__ import annotations

import ctypes
import faulthandler
import io
import json
import os
import selectors
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

MAX_PRINTED = 100_000  # characters
MAX_MEMORY = 2 * 2**30  # bytes beyond what the process already has
SHOWN = 2_000  # characters of what was printed that are handed on
_MAX_MESSAGES = 1_000_000  # bytes

Message = dict[str, Any]
Say = Callable[[Message], None]
Task = Callable[[Say], None]


class Stop(BaseException):
    """Ends the code that runs; no `except Exception` of its own holds it up."""

    end = ""


class OutOfTime(Stop):
    """Its time is over."""

    end = "late"


class PrintedTooMuch(Stop):
    """It has printed more than anybody reads."""

    end = "printed"


@dataclass
class Ran:
    """How a task went.

    Attributes
    ----------
    messages : list of dict
        What the task said, in order, up to its end.
    end : str
        "done", "late", "printed", the `end` of another `Stop`, "died", or "died by" and a signal.
    printed : str
        The first characters that it printed; "" if it had to be killed.
    """

    messages: list[Message] = field(default_factory=list)
    end: str = "died"
    printed: str = ""


class Tape(io.StringIO):
    """Keeps what is printed, and refuses more than `MAX_PRINTED` characters."""

    full = False

    def write(self, text: str, /) -> int:
        """Keep the text, or raise `PrintedTooMuch`."""
        if self.tell() + len(text) > MAX_PRINTED:
            self.full = True
            raise PrintedTooMuch
        return super().write(text)


def run(task: Task, seconds: float, *, fork: bool | None = None) -> Ran:
    """Run a task within limits.

    Parameters
    ----------
    task : callable
        Is given a function `say`, and says what it has found as dictionaries that JSON can hold.
    seconds : float
        Time after which it is stopped.
    fork : bool, optional
        Whether in a forked child or in a thread; by default whichever suits the platform.

    Returns
    -------
    Ran
    """
    if sys.platform.startswith("linux") if fork is None else fork:
        with suppress(BlockingIOError, MemoryError):  # no room for another process: a thread will do
            return _in_child(task, seconds)
    return _in_thread(task, seconds)


def _work(task: Task, say: Say, tape: Tape) -> str:
    """Do the task; returns how it ended."""
    try:
        task(say)
    except Stop as stop:
        return stop.end
    return "printed" if tape.full else "done"


# In a thread ------------------------------------------------------------------------------------


def _in_thread(task: Task, seconds: float) -> Ran:
    """Run the task in a thread of this process."""
    ran, tape = Ran(), Tape()

    def work() -> None:
        ran.end = _work(task, ran.messages.append, tape)

    thread = threading.Thread(target=work, name="mlbook-check", daemon=True)
    with redirect_stdout(tape), redirect_stderr(tape):
        thread.start()
        try:
            thread.join(seconds)
            late = thread.is_alive()
        finally:
            _interrupt(thread)
    return Ran(list(ran.messages), "late" if late else ran.end, tape.getvalue()[:SHOWN])


def _interrupt(thread: threading.Thread) -> None:
    """Throw `OutOfTime` into a thread that still runs; again, if the code there catches it."""
    for _ in range(5):
        if not thread.is_alive():
            return
        ctypes.pythonapi.PyThreadState_SetAsyncExc(
            ctypes.c_ulong(thread.ident or 0), ctypes.py_object(OutOfTime)
        )
        thread.join(0.2)


# In a child -------------------------------------------------------------------------------------


def _in_child(task: Task, seconds: float) -> Ran:
    """Run the task in a forked process of its own group, and end the whole group afterwards."""
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        # Python 3.12 warns of threads beside a fork; the module's docstring says what is done about them.
        warnings.simplefilter("ignore", DeprecationWarning)
        try:
            child = os.fork()
        except BaseException:
            os.close(reading)
            os.close(writing)
            raise
    if child == 0:
        _live(task, writing, seconds)
    os.close(writing)
    ran = Ran()
    try:
        ran.end = _listen(reading, time.monotonic() + seconds, ran)
        if ran.end == "died":
            os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)  # by itself, so that its status says how
    finally:
        os.close(reading)
        _kill(child)
        status = os.waitpid(child, 0)[1]
    if ran.end == "died" and os.WIFSIGNALED(status):
        ran.end = f"died by {signal.Signals(os.WTERMSIG(status)).name}"
    return ran


def _kill(child: int) -> None:
    """End the child and whatever it has started."""
    for end in (os.killpg, os.kill):
        with suppress(ProcessLookupError, PermissionError):
            end(child, signal.SIGKILL)


def _listen(pipe: int, deadline: float, ran: Ran) -> str:
    """Collect what the child says until it ends, dies or is late."""
    received, done = b"", 0
    with selectors.DefaultSelector() as selector:
        selector.register(pipe, selectors.EVENT_READ)
        while selector.select(max(0.0, deadline - time.monotonic())):
            part = os.read(pipe, 65536)
            received += part
            if not part or len(received) > _MAX_MESSAGES:
                return "died"
            *lines, rest = received[done:].split(b"\n")
            done = len(received) - len(rest)
            for message in filter(None, map(_parsed, lines)):
                if "end" in message:
                    ran.printed = str(message.get("printed", ""))
                    return str(message["end"])
                ran.messages.append(message)
    return "late"


def _parsed(line: bytes) -> Message | None:
    """Read one line of JSON; None for what is no message."""
    try:
        message = json.loads(line)
    except ValueError:
        return None
    return message if isinstance(message, dict) else None


def _live(task: Task, pipe: int, seconds: float) -> NoReturn:
    """Be the child: set the limits, do the task, tell the parent, and leave without tidying up for it."""
    try:
        os.setsid()
        null = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(null, stream)
        faulthandler.disable()  # its report of a crash would go to the reader's screen
        _bound(seconds)
        tape = Tape()
        sys.stdout = sys.stderr = tape

        def say(message: Message) -> None:
            os.write(pipe, json.dumps(message).encode() + b"\n")

        end = _work(task, say, tape)
        say({"end": end, "printed": tape.getvalue()[:SHOWN]})
    finally:
        os._exit(1)


def _bound(seconds: float) -> None:
    """Limit this process: an alarm for the case that the parent is gone, memory, one compute thread."""
    import resource

    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, seconds + 1)
    now = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    most = now + MAX_MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (most if hard < 0 else min(most, hard), hard))
    if "threadpoolctl" in sys.modules:
        sys.modules["threadpoolctl"].threadpool_limits(1)
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)
