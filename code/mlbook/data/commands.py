"""What `mlbook data list`, `get` and `verify` do."""

from __future__ import annotations

import os

from rich import box
from rich.console import Console
from rich.table import Table

from mlbook.data.fetch import cache, fault, mirror, obtain
from mlbook.data.registry import DataSet, find, registry
from mlbook.errors import BookError


def show() -> None:
    """Print a table of the data sets: id, title, size, licence, and where each is."""
    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("set", no_wrap=True)
    for name in ("what", "size", "licence", "here"):
        table.add_column(name, overflow="fold")
    for dataset in registry().values():
        size = dataset.megabytes if dataset.downloaded else ""
        table.add_row(dataset.id, dataset.title, size, dataset.licence, _state(dataset))
    console = Console()
    console.print(table)
    console.print(f"Cache: {cache()} (MLBOOK_DATA moves it)", highlight=False, soft_wrap=True, markup=False)
    if folder := mirror():
        console.print(f"Mirror: {folder}", highlight=False, soft_wrap=True, markup=False)


def get(names: list[str]) -> None:
    """Fetch data sets into the cache, and check them.

    Parameters
    ----------
    names : list of str
        Ids; all downloaded sets if empty. What is here and whole is left alone, what is damaged is replaced.

    Raises
    ------
    BookError
        If a name is unknown, a file cannot be had or the cache is not writable; the sets before it are kept.
    """
    if os.environ.get("MLBOOK_OFFLINE") == "1":
        raise BookError(
            "MLBOOK_OFFLINE=1 asks for generated stand-ins, so there is nothing to fetch",
            hint="Unset it to fetch the real data.",
        )
    console = Console(highlight=False)
    for dataset in _chosen(names):
        if not dataset.downloaded:
            if names:
                console.print(f"{dataset.id}: comes with scikit-learn, nothing to fetch")
            continue
        path = obtain(dataset)
        console.print(f"{dataset.id}: {dataset.megabytes}, checked, in {path}", soft_wrap=True, markup=False)


def verify(names: list[str]) -> int:
    """Check cached files against their checksums, and print what was found.

    Parameters
    ----------
    names : list of str
        Ids; all that are in the cache if empty. A set named that is not in the cache is a fault.

    Returns
    -------
    int
        Exit code: 0 if all are whole, 1 otherwise.
    """
    console = Console(highlight=False)
    bad = []
    for dataset in _chosen(names):
        path = cache() / dataset.file
        if not dataset.downloaded or not (names or path.exists()):
            continue
        wrong = fault(path, dataset)
        console.print(f"{dataset.id}: {wrong or 'whole'} ({path})", soft_wrap=True, markup=False)
        if wrong:
            bad.append(dataset.id)
    if bad:
        console.print(f"`mlbook data get {' '.join(bad)}` fetches them again.")
    return 1 if bad else 0


def _chosen(names: list[str]) -> list[DataSet]:
    """Return the sets named, or all."""
    return [find(name) for name in names] if names else list(registry().values())


def _state(dataset: DataSet) -> str:
    """Say in a word or two whether a set is here."""
    if not dataset.downloaded:
        return "with scikit-learn"
    wrong = fault(cache() / dataset.file, dataset)
    if not wrong:
        return "in the cache"
    if wrong != "is missing":
        return f"damaged: {wrong}"
    folder = mirror()
    if folder and not fault(folder / dataset.file, dataset):
        return "in the mirror"
    return "no"
