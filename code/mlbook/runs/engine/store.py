"""Stored results of a run: written whole or not at all, and checked whenever they are read.

    data/outputs/<name>/results.json    numbers and texts, as the run returned them
                        arrays.npz      its arrays, where it returned any; never pickled
                        manifest.json   where they come from, and the sha256 of each file

The three are built in a folder beside and swapped in together, so a kill at any point leaves the last good
ones.
"""

from __future__ import annotations

import datetime
import hashlib
import io
import json
import shutil
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from platform import python_version
from typing import TYPE_CHECKING, Any

from mlbook import files, imports
from mlbook.errors import BookError

if TYPE_CHECKING:
    import numpy as np

LIMIT = 5_000_000
"""Bytes that the results of one run may have."""
RESULTS, ARRAYS, MANIFEST = "results.json", "arrays.npz", "manifest.json"


def folder(name: str, root: Path) -> Path:
    """Return the folder of a run's stored results."""
    return root / "data" / "outputs" / name


def pack(results: dict[str, Any], where: str) -> dict[str, bytes]:
    """Make the files of what a run returned.

    Parameters
    ----------
    results : dict
        Values that JSON knows, NumPy scalars, and arrays (at the top only; these go to `arrays.npz`).
    where : str
        The run's module, for messages.

    Returns
    -------
    dict of str to bytes
        Contents by file name.

    Raises
    ------
    BookError
        If a value is neither, is not finite, or all of it is larger than 5 MB.
    """
    import numpy as np

    arrays = {key: value for key, value in results.items() if isinstance(value, np.ndarray)}
    plain = {key: value for key, value in results.items() if key not in arrays}
    try:
        text = json.dumps(plain, indent=1, ensure_ascii=False, allow_nan=False, default=_plain)
    except (TypeError, ValueError) as error:
        raise BookError(
            f"the results cannot be stored: {error}",
            where=where,
            hint="Return numbers (finite ones), texts, lists, dictionaries, and arrays at the top.",
        ) from None
    packed = {RESULTS: f"{text}\n".encode()}
    if arrays:
        packed[ARRAYS] = _npz(arrays, where)
    size = sum(map(len, packed.values()))
    if size > LIMIT:
        raise BookError(
            f"the results have {size / 1e6:.1f} MB, and at most {LIMIT / 1e6:.0f} MB are stored",
            where=where,
            hint="Return what the chapter shows: summaries, fewer points, smaller types.",
        )
    return packed


def _plain(value: object) -> object:
    """Turn a NumPy scalar into the number it is."""
    import numpy as np

    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value).__name__} is not a number, text, list or dictionary")


def _npz(arrays: dict[str, np.ndarray], where: str) -> bytes:
    """Pack arrays without pickles."""
    import numpy as np

    for key, array in arrays.items():
        if array.dtype.hasobject:
            raise BookError(
                f"the array {key!r} holds Python objects", where=where, hint="Give it a number type."
            )
    stream = io.BytesIO()
    np.savez_compressed(stream, **arrays)  # type: ignore[arg-type]
    return stream.getvalue()


def write(name: str, packed: dict[str, bytes], provenance: dict[str, Any], root: Path) -> None:
    """Write a run's results and their manifest, and swap them in.

    Raises
    ------
    BookError
        If the disk is full or the place not writable; the old results stay.
    """
    target = folder(name, root)
    building = target.with_name(f".new-{name}")
    shutil.rmtree(building, ignore_errors=True)
    try:
        for file, content in packed.items():
            files.write_bytes(building / file, content)
        sums = {file: hashlib.sha256(content).hexdigest() for file, content in packed.items()}
        manifest = {"name": name, **provenance, "files": sums}
        text = json.dumps(manifest, indent=1, ensure_ascii=False) + "\n"
        files.write_text(building / MANIFEST, text)
        files.swap(building, target)
    finally:
        shutil.rmtree(building, ignore_errors=True)


def manifest(name: str, root: Path) -> dict[str, Any]:
    """Read a run's manifest and check its files against it.

    Raises
    ------
    BookError
        If results or manifest are missing, cut short, altered, or the manifest cannot be read.
    """
    target = folder(name, root)
    if not target.exists():
        files.recover(target)
    path = target / MANIFEST
    again = _again(name, root)
    if not target.is_dir():
        raise BookError(f"the run {name} has no stored results", where=_short(target, root), hint=again)
    try:
        record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        sums = dict(record["files"])
        _ = record["fingerprint"]
    except FileNotFoundError:
        raise BookError("the manifest is missing", where=_short(path, root), hint=again) from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BookError(f"the manifest is damaged: {error}", where=_short(path, root), hint=again) from None
    for file, expected in sums.items():
        _check(target / file, expected, root, again)
    return record


def _again(name: str, root: Path) -> str:
    """Say how to get good results back."""
    place = _short(folder(name, root), root)
    return f"`git checkout -- {place}` brings the committed back; `mlbook compute {name}` makes them anew."


def _short(path: Path, root: Path) -> str:
    """Write a path relative to the book."""
    return path.relative_to(root).as_posix()


def _check(path: Path, expected: str, root: Path, again: str) -> None:
    """Compare one file with its checksum."""
    try:
        found = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise BookError(f"cannot be read: {error.strerror}", where=_short(path, root), hint=again) from None
    if found != expected:
        raise BookError(
            f"is not what the manifest says: expected sha256 {expected[:16]}…, found {found[:16]}…",
            where=_short(path, root),
            hint=again,
        )


def read(name: str, root: Path) -> dict[str, Any]:
    """Read stored results that `manifest` has found to be whole; arrays stand beside the other values."""
    import numpy as np

    target = folder(name, root)
    results: dict[str, Any] = json.loads((target / RESULTS).read_text(encoding="utf-8"))
    if (target / ARRAYS).exists():
        with np.load(target / ARRAYS, allow_pickle=False) as arrays:
            results |= {key: arrays[key] for key in arrays.files}
    return results


def versions(libraries: frozenset[str]) -> dict[str, str]:
    """Return the versions of Python and of the libraries with these import names, if installed."""
    found = {"python": python_version()}
    for library in sorted(libraries):
        distribution = imports.distribution(library)
        try:
            found[distribution] = version(distribution)
        except PackageNotFoundError:
            continue
    return found


def today() -> str:
    """Return today's date, as 2026-01-31."""
    return datetime.datetime.now(datetime.UTC).date().isoformat()
