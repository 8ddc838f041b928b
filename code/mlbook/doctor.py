"""What `mlbook doctor` says about this machine: what is there, what is wrong, and how to mend it.

- Each check yields findings: "ok", "note" (works, but worth knowing) or "bad" (something will fail).
- Only what is bad makes the exit code 1. Nothing is changed and nothing but the local machine is asked.
- Works with what reading needs; what else there is, is looked for and, but for PyTorch, not imported.
"""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

from packaging.requirements import Requirement
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from mlbook import files
from mlbook.errors import BookError

OLDEST_QUARTO = (1, 9)
GIGABYTE = 2**30
_SIGNS = {"ok": "[green]✓ ok[/]", "note": "[yellow]• note[/]", "bad": "[red]✗ bad[/]"}


@dataclass(frozen=True)
class Finding:
    """One line of the report.

    Attributes
    ----------
    what : str
        What was looked at.
    state : {"ok", "note", "bad"}
    text : str
        What was found.
    mend : str
        What to do; "" where there is nothing to.
    """

    what: str
    state: Literal["ok", "note", "bad"]
    text: str
    mend: str = ""


def report(root: Path | None = None) -> int:
    """Check this machine and print a table.

    Returns
    -------
    int
        Exit code: 1 if something will fail, else 0.
    """
    findings = examine(root)
    table = Table("", "", box=box.SIMPLE_HEAD)
    table.add_column("found", overflow="fold")
    table.add_column("mend", overflow="fold")
    for finding in findings:
        table.add_row(_SIGNS[finding.state], finding.what, escape(finding.text), escape(finding.mend))
    console = Console(highlight=False)
    console.print(table)
    bad = sum(finding.state == "bad" for finding in findings)
    console.print(f"{bad} to mend" if bad else "Everything that is needed is here.")
    return 1 if bad else 0


def examine(root: Path | None = None) -> list[Finding]:
    """Do all checks; one that itself fails is a finding too."""
    findings = [_python()]
    try:
        base = root or files.root()
    except BookError as error:
        return [*findings, Finding("book", "bad", error.message, error.hint)]
    checks: list[Callable[[Path], Iterator[Finding]]] = [
        _packages,
        _quarto,
        _device,
        _chromium,
        _data,
        _disk,
        _freeze,
    ]
    for check in checks:
        try:
            findings += check(base)
        except BookError as error:
            what = check.__name__.strip("_")
            findings.append(Finding(what, "bad", f"{error.where} {error.message}".strip(), error.hint))
    return findings


def _python() -> Finding:
    """Say which Python this is."""
    return Finding("Python", "ok", f"{platform.python_version()} on {platform.system()} {platform.machine()}")


def _packages(root: Path) -> Iterator[Finding]:
    """Compare the installed packages with the lock files."""
    reading = set(_locked(root / "requirements-read.lock"))
    rest = set(_locked(root / "requirements.lock")) - reading
    yield from _compare("packages to read", reading, "bad", "make read")
    yield from _compare("packages to run", rest, "note", "make setup")


def _compare(
    what: str, locked: set[tuple[str, str]], if_missing: Literal["note", "bad"], mend: str
) -> Iterator[Finding]:
    """Say which of the locked packages are missing or have another version."""
    found = {name: _version(name) for name, _ in locked}
    missing = sorted(name for name in found if found[name] is None)
    other = [f"{name} {found[name]}, locked {want}" for name, want in sorted(locked) if found[name] != want]
    other = [line for line in other if line.partition(" ")[0] not in missing]
    if missing:
        yield Finding(what, if_missing, f"not installed: {_few(missing)}", f"`{mend}` installs them")
    if other:
        yield Finding(what, "note", _few(other), f"remove .venv, then `{mend}` installs the locked ones")
    if not (missing or other):
        yield Finding(what, "ok", f"{len(locked)}, as locked")


def _few(items: list[str]) -> str:
    """Name the first four of a list, and say how many more there are."""
    more = f" and {len(items) - 4} more" if len(items) > 4 else ""
    return ", ".join(items[:4]) + more


def _locked(path: Path) -> Iterator[tuple[str, str]]:
    """Yield name and version of each package that a lock file has for this machine.

    Raises
    ------
    BookError
        If the lock file is missing.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        again = f"`git checkout -- {path.name}` restores it."
        raise BookError(f"cannot be read: {error.strerror}", where=path.name, hint=again) from None
    for line in lines:
        if line[:1].isalnum():
            requirement = Requirement(line.rstrip("\\ "))
            if requirement.marker is None or requirement.marker.evaluate():
                yield requirement.name, str(requirement.specifier).removeprefix("==")


def _version(name: str) -> str | None:
    """Return the installed version of a package, without a local part ("+cpu"); None if there is none."""
    try:
        return version(name).partition("+")[0]
    except PackageNotFoundError:
        return None


def _quarto(root: Path) -> Iterator[Finding]:
    """Say which Quarto there is; the press does without."""
    found = shutil.which("quarto")
    if found is None:
        yield Finding("Quarto", "ok", "not here; the built-in press makes site and PDF")
        return
    asked = subprocess.run([found, "--version"], capture_output=True, text=True, check=False)
    text = asked.stdout.strip()
    numbers = tuple(int(part) for part in text.split(".")[:2] if part.isdigit())
    if numbers >= OLDEST_QUARTO:
        yield Finding("Quarto", "ok", text)
    else:
        wanted = ".".join(map(str, OLDEST_QUARTO))
        yield Finding("Quarto", "note", text or "does not start", f"`quarto render` needs {wanted} or later")


def _device(root: Path) -> Iterator[Finding]:
    """Say what there is to compute on; warn before gigabytes are fetched for a GPU that is not there."""
    from mlbook.book.timings import device
    from mlbook.machine import CPU_INDEX

    yield Finding("processor", "ok", device())
    gpu = shutil.which("nvidia-smi") is not None
    installed = _full_version("torch")
    if installed is None:
        mend = "`make setup` installs it"
        if sys.platform == "linux" and not gpu:
            mend += f"; by hand use --extra-index-url {CPU_INDEX}, or pip fetches 2 GB for GPUs"
        yield Finding("PyTorch", "note", "not installed; Part II needs it", mend)
        return
    import torch

    if torch.cuda.is_available():
        yield Finding("PyTorch", "ok", f"{installed}, {torch.cuda.get_device_name()}")
    elif torch.backends.mps.is_available():
        yield Finding("PyTorch", "ok", f"{installed}, Apple GPU (mps)")
    elif gpu:
        yield Finding(
            "PyTorch", "note", f"{installed} does not see the GPU", "install the CUDA build of PyTorch"
        )
    else:
        yield Finding("PyTorch", "ok", f"{installed}, on the processor")


def _full_version(name: str) -> str | None:
    """Return the installed version of a package with its local part; None if it cannot be imported."""
    return version(name) if importlib.util.find_spec(name) else None


def _chromium(root: Path) -> Iterator[Finding]:
    """Say whether there is a browser for the tests."""
    from mlbook.machine import chromium

    found = chromium()
    if found:
        yield Finding("Chromium", "ok", str(found))
    else:
        yield Finding(
            "Chromium",
            "note",
            "none; only `make test` needs one",
            "install Chromium, or set CHROMIUM",
        )


def _data(root: Path) -> Iterator[Finding]:
    """Look at the data cache and the settings that bear on it."""
    from mlbook.data import offline
    from mlbook.data.fetch import cache, fault, mirror
    from mlbook.data.registry import registry

    folder = cache()
    sets = [dataset for dataset in registry().values() if dataset.downloaded]
    faults = {dataset.id: fault(folder / dataset.file, dataset) for dataset in sets}
    here = sum(not wrong for wrong in faults.values())
    yield Finding("data", "ok", f"{here} of {len(sets)} fetched sets in {folder}, {_size(folder)}")
    for name, wrong in faults.items():
        if wrong not in ("", "is missing"):
            yield Finding("data", "bad", f"{name} {wrong}", f"`mlbook data get {name}` fetches it again")
    if not _writable(folder):
        yield Finding(
            "data", "bad", f"{folder} may not be written to", "set MLBOOK_DATA to a folder of your own"
        )
    if mirrored := mirror():
        yield Finding("data", "ok", f"MLBOOK_MIRROR: {mirrored}")
    if offline():
        yield Finding("data", "note", "MLBOOK_OFFLINE=1 gives stand-in data", "unset it for the real data")


def _writable(folder: Path) -> bool:
    """Whether files can be created in a folder, or the folder itself."""
    while not folder.exists():
        folder = folder.parent
    return os.access(folder, os.W_OK)


def _size(folder: Path) -> str:
    """Return the size of all files in a folder: "1.4 MB"."""
    total = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) if folder.exists() else 0
    return f"{total / 1e6:.1f} MB"


def _disk(root: Path) -> Iterator[Finding]:
    """Look at free disk space and at what the book's own folders take."""
    free = shutil.disk_usage(root).free
    text = f"{free / GIGABYTE:.1f} GB free; _book {_size(root / '_book')}, .mlbook {_size(root / '.mlbook')}"
    if free < GIGABYTE / 5:
        yield Finding("disk", "bad", text, "free some space; `make clean` removes the built book")
    elif free < 4 * GIGABYTE and _version("torch") is None:
        yield Finding("disk", "note", text, "`make setup` needs up to 4 GB")
    else:
        yield Finding("disk", "ok", text)
    if not os.access(root, os.W_OK):
        yield Finding(
            "disk",
            "bad",
            f"{root} may not be written to",
            "work on a copy in a folder of your own",
        )


def _freeze(root: Path) -> Iterator[Finding]:
    """Count the pages whose frozen results belong to their source."""
    from mlbook.book import config, freeze
    from mlbook.book.source import read

    sources = [read(page.path, root) for page in config.load(root).pages]
    active = [source for source in sources if source.cells or source.inlines]
    stale = [Path(source.path).stem for source in active if freeze.stale(source, root)]
    text = f"{len(active) - len(stale)} of {len(active)} pages with code are fresh"
    if stale:
        yield Finding(
            "freeze", "note", f"{text}; stale: {', '.join(stale)}", f"`mlbook run {' '.join(stale)}`"
        )
    else:
        yield Finding("freeze", "ok", text)
