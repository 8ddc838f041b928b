"""Getting a registered file onto this machine: cache, then mirror, then network, and never half of it.

- The cache is `MLBOOK_DATA`, else `data/cache` in the book's folder, else the platform's cache folder.
- `MLBOOK_MIRROR` names a folder that holds the files under their registered names; it is tried before the
  network.
- Every file is checked (size, then sha256) before it is used. A damaged file in the cache is reported, never
  silently replaced: `mlbook data get` replaces it.
"""

from __future__ import annotations

import hashlib
import os
import sys
import time
import warnings
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests

from mlbook import files
from mlbook.data.bar import Bar
from mlbook.data.registry import DataSet
from mlbook.errors import BookError

with warnings.catch_warnings():
    # In a kernel without ipywidgets, tqdm, which pooch imports, warns about bars that we do not use.
    warnings.simplefilter("ignore")
    import pooch

TIMEOUT = 30
"""Seconds without an answer, or between two parts of one, after which an address is given up."""


def cache() -> Path:
    """Return the folder where downloaded files are kept; it need not exist yet."""
    given = os.environ.get("MLBOOK_DATA")
    if given:
        return Path(given).expanduser().resolve()
    try:
        return files.root() / "data" / "cache"
    except BookError:
        return Path(pooch.os_cache("mlbook"))


def mirror() -> Path | None:
    """Return the folder that `MLBOOK_MIRROR` names.

    Raises
    ------
    BookError
        If it is set and is not a folder.
    """
    given = os.environ.get("MLBOOK_MIRROR")
    if not given:
        return None
    folder = Path(given).expanduser().resolve()
    if not folder.is_dir():
        raise BookError(
            "MLBOOK_MIRROR names no folder",
            where=str(folder),
            hint="Set it to a folder that holds the data files, or unset it.",
        )
    return folder


def fault(path: Path, dataset: DataSet) -> str:
    """Say what is wrong with a file: "" if it is the registered one, else what was expected and found."""
    try:
        size = path.stat().st_size
        if size != dataset.bytes:
            what = "is cut short" if size < dataset.bytes else "is too long"
            return f"{what}: expected {dataset.bytes:,} bytes, found {size:,}"
        with path.open("rb") as stream:
            found = hashlib.file_digest(stream, "sha256").hexdigest()
    except FileNotFoundError:
        return "is missing"
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    if found != dataset.sha256:
        return f"has other contents: expected sha256 {dataset.sha256[:16]}…, found {found[:16]}…"
    return ""


def locate(dataset: DataSet) -> Path:
    """Return the checked file of a set, downloading it where it is not here yet.

    Raises
    ------
    BookError
        If the cached file is damaged, or the file can be had from nowhere.
    """
    target = cache() / dataset.file
    if target.exists():
        wrong = fault(target, dataset)
        if wrong:
            raise BookError(
                f"the data file {wrong}",
                where=str(target),
                hint=f"`mlbook data get {dataset.id}` fetches it again and replaces this one.",
            )
        return target
    notes: list[str] = []
    return _from_mirror(dataset, notes) or _download(dataset, target, notes)


def obtain(dataset: DataSet) -> Path:
    """Put the file of a set into the cache, replacing a damaged one; return its path.

    Raises
    ------
    BookError
        If the file can be had from nowhere, or the cache is not writable; a damaged file then stays.
    """
    target = cache() / dataset.file
    if not fault(target, dataset):
        return target
    notes: list[str] = []
    mirrored = _from_mirror(dataset, notes)
    if mirrored is None:
        return _download(dataset, target, notes)
    files.write_bytes(target, mirrored.read_bytes())
    return target


def _from_mirror(dataset: DataSet, notes: list[str]) -> Path | None:
    """Return the mirror's file if it is there and whole; note why not otherwise."""
    folder = mirror()
    if folder is None:
        return None
    path = folder / dataset.file
    wrong = fault(path, dataset)
    if not wrong:
        return path
    notes.append(f"{path}: {wrong}")
    return None


def _download(dataset: DataSet, target: Path, notes: list[str]) -> Path:
    """Download into a folder of its own beside the target, check there, and move into place."""
    partial = target.parent / ".partial"
    try:
        partial.mkdir(parents=True, exist_ok=True)
        _sweep(partial)
        for url in dataset.urls:
            try:
                done = _retrieve(url, dataset, partial)
            except (requests.RequestException, _Damaged) as error:
                notes.append(f"{url}: {_reason(error)}")
                continue
            for note in notes:
                print(f"note: {note}", file=sys.stderr)
            done.replace(target)
            return target
    except OSError as error:
        failed = files.explain(error, target)
        failed.hint = f"{failed.hint} MLBOOK_DATA moves the data to another folder.".strip()
        raise failed from error
    raise _unreachable(dataset, target, notes)


class _Damaged(Exception):
    """What an address gave is not the registered file."""


def _retrieve(url: str, dataset: DataSet, folder: Path) -> Path:
    """Download one address with pooch, into `folder`, checked before it gets its name."""
    name = f"{os.getpid()}-{Path(dataset.file).name}"

    def download(url: str, output: Any, caller: Any) -> None:
        with Bar(f"{dataset.id} ({dataset.megabytes})") as bar:
            pooch.HTTPDownloader(timeout=TIMEOUT, chunk_size=2**16, progressbar=bar)(url, output, caller)
        if wrong := fault(Path(output), dataset):
            raise _Damaged(f"what it sent {wrong}")

    pooch.get_logger().setLevel("WARNING")
    done = pooch.retrieve(url, f"sha256:{dataset.sha256}", fname=name, path=folder, downloader=download)
    return Path(done)


def _sweep(folder: Path) -> None:
    """Remove what downloads that were killed left behind, once it is an hour old."""
    for path in folder.iterdir():
        if time.time() - path.stat().st_mtime > 3600:
            path.unlink(missing_ok=True)


def _reason(error: Exception) -> str:
    """Say in one line why a download failed."""
    if isinstance(error, requests.HTTPError) and error.response is not None:
        return f"answers {error.response.status_code} {error.response.reason}".strip()
    if isinstance(error, requests.Timeout):
        return f"no answer in {TIMEOUT} s"
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return "the connection broke off half-way"
    if isinstance(error, requests.ConnectionError):
        return "cannot be reached"
    return str(error)


def _unreachable(dataset: DataSet, target: Path, notes: list[str]) -> BookError:
    """Make the error for a file that is nowhere to be had."""
    host = urlsplit(dataset.urls[0]).hostname
    lines = [
        *notes,
        f"Expected: {dataset.bytes:,} bytes, sha256 {dataset.sha256}.",
        f"With a network that reaches {host}, run `mlbook data get {dataset.id}`. Or put the file there by",
        "hand, set MLBOOK_MIRROR to a folder that holds it, or try out on stand-in data: MLBOOK_OFFLINE=1.",
    ]
    return BookError(
        f"the data set {dataset.id} is not here and could not be fetched",
        where=str(target),
        hint="\n".join(lines),
    )
