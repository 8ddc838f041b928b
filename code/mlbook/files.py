"""Where the book lies on disk, and how files are written so that nothing is ever left half-written.

Every write goes to a temporary name in the same folder and is then moved into place, so a kill or a full disk
leaves the old file. Whole folders are swapped the same way. `exclusive` keeps two commands from writing at
once.
"""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from mlbook.errors import BookError


def root(start: Path | None = None) -> Path:
    """Return the book's top folder: `MLBOOK_ROOT`, else the nearest folder upwards that has a `_quarto.yml`.

    Raises
    ------
    BookError
        If there is none.
    """
    given = os.environ.get("MLBOOK_ROOT")
    here = Path(given) if given else (start or Path.cwd())
    for folder in (here.resolve(), *here.resolve().parents):
        if (folder / "_quarto.yml").is_file():
            return folder
    raise BookError(
        f"no book found: no _quarto.yml in {here} or above it",
        hint="Change into the folder you cloned, or set MLBOOK_ROOT to it.",
    )


def explain(error: OSError, path: Path) -> BookError:
    """Turn an `OSError` from writing `path` into the message a user can act on."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        free = shutil.disk_usage(path.parent if path.parent.exists() else Path("/")).free / 2**20
        return BookError(
            f"the disk is full ({free:.0f} MB free); {path.name} was not written, the old one stays",
            where=str(path),
            hint="Free some space and run the command again.",
        )
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return BookError(
            "this place may not be written to",
            where=str(path),
            hint="Make the folder writable, or work on a copy of the book in a folder of your own.",
        )
    return BookError(f"could not be written: {error.strerror or error}", where=str(path))


def write_bytes(path: Path, content: bytes) -> None:
    """Write `content` to `path` by way of a temporary file in the same folder.

    Raises
    ------
    BookError
        If the disk is full or the place is not writable; the old file stays as it was.
    """
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        temporary = Path(name)
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.chmod(0o644)
        temporary.replace(path)
    except OSError as error:
        raise explain(error, path) from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def write_text(path: Path, content: str) -> None:
    """Write text as UTF-8 with LF line ends; otherwise as `write_bytes`."""
    write_bytes(path, content.replace("\r\n", "\n").encode())


def swap(new: Path, old: Path) -> None:
    """Put the folder `new` in the place of the folder `old`; `old` is removed afterwards.

    Both must lie on one file system. A kill between the two renames leaves `old` under the name
    `.old-<name>` beside it, which the next call restores or clears (see `recover`).
    """
    retired = old.with_name(f".old-{old.name}")
    try:
        recover(old)
        if old.exists():
            old.rename(retired)
        new.rename(old)
        shutil.rmtree(retired, ignore_errors=True)
    except OSError as error:
        if retired.exists() and not old.exists():
            retired.rename(old)
        raise explain(error, old) from error


def recover(folder: Path) -> None:
    """Undo a swap that was cut short: bring `.old-<name>` back if `folder` is missing, else remove it."""
    retired = folder.with_name(f".old-{folder.name}")
    if retired.exists():
        if folder.exists():
            shutil.rmtree(retired)
        else:
            retired.rename(folder)


@contextmanager
def exclusive(name: str, base: Path, *, timeout: float = 0) -> Iterator[None]:
    """Hold the lock `name` of the book at `base`, so that two commands never write the same things at once.

    Parameters
    ----------
    name : str
        What is being done: "run", "build" or "compute-<run>".
    timeout : float, default 0
        Seconds to wait for another holder before giving up.

    Raises
    ------
    BookError
        If another process holds the lock, or the folder is not writable.
    """
    folder = base / ".mlbook"
    try:
        folder.mkdir(exist_ok=True)
        lock = FileLock(folder / f"{name}.lock", timeout=timeout)
        lock.acquire()
    except Timeout:
        raise BookError(
            f"another `mlbook {name}` is at work in this folder",
            where=str(base),
            hint="Wait until it has finished, then run the command again.",
        ) from None
    except OSError as error:
        raise explain(error, folder / f"{name}.lock") from error
    try:
        yield
    finally:
        lock.release()
