"""What every result of the book rests on, written down for DVC: `dvc.yaml` and `versions.toml`.

- A stage for each page with cells and for each run, computed from the sources: nothing in `dvc.yaml` is
  typed.
- A stage depends on files (page, includes, modules, results of runs), on the registry entries of its data,
  and on the versions of the libraries that it imports. `mlbook.imports` finds them.
- Outs are kept by git and never removed before a stage runs, so a stage that fails leaves the old results.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from mlbook import files, imports
from mlbook.book import config
from mlbook.book.record import FILE, entries
from mlbook.book.source import Source, read
from mlbook.data.registry import registry
from mlbook.errors import BookError
from mlbook.imports import Uses
from mlbook.runs import locate, names
from mlbook.runs.engine import store
from mlbook.runs.engine.fingerprint import uses

VERSIONS = "versions.toml"
_REGISTRY = "data/registry.toml"
_ALWAYS = "import mlbook.viz.render\nimport numpy"
_HEAD = """\
# What every result rests on; written by `mlbook pipeline` from the sources, not by hand.
# `mlbook status` says what is stale; `mlbook run`, `mlbook compute` and, with .venv active, `dvc repro`
# make it again and note so in dvc.lock.
"""


@dataclass(frozen=True)
class Stage:
    """One stage of the pipeline.

    Attributes
    ----------
    name : str
        "02-project" or "housing-search".
    command : str
    deps : tuple of str
        Files, relative to the book's folder, sorted.
    params : dict of str to tuple of str
        Keys in `data/registry.toml` and `versions.toml`.
    outs : tuple of str
    """

    name: str
    command: str
    deps: tuple[str, ...]
    params: dict[str, tuple[str, ...]]
    outs: tuple[str, ...]

    def entry(self) -> dict[str, Any]:
        """Return the stage as `dvc.yaml` has it."""
        kept = {"cache": False, "persist": True}
        return {
            "cmd": self.command,
            "deps": list(self.deps),
            "params": [{file: list(keys)} for file, keys in self.params.items() if keys],
            "outs": [{out: dict(kept)} for out in self.outs],
        }


def stages(root: Path) -> list[Stage]:
    """Compute the stages of the book at `root`: runs first, then pages in reading order.

    Raises
    ------
    BookError
        If a source cannot be read, or names a module, run or data set that is not there.
    """
    pages = (read(page.path, root) for page in config.load(root).pages)
    return [
        *(_run_stage(name, root) for name in names()),
        *(_page_stage(source, root) for source in pages if source.cells or source.inlines),
    ]


def _page_stage(source: Source, root: Path) -> Stage:
    """Compute the stage that executes a page."""
    found = _with_loaders(imports.of(_ALWAYS, where="") | imports.of(code(source), where=source.path))
    stem = Path(source.path).stem
    own = {source.path, *source.includes}
    results = {path for name in found.runs for path in _results(name, root)}
    out = f"_freeze/{Path(source.path).with_suffix('').as_posix()}"
    return _stage(stem, f"mlbook run {stem}", own | results, found, (out,), root)


def _run_stage(name: str, root: Path) -> Stage:
    """Compute the stage that does a run."""
    module, file = locate(name)
    found = uses(module, file)
    results = {path for other in found.runs for path in _results(other, root)}
    own = {_relative(file, root)} | results
    return _stage(name, f"mlbook compute {name}", own, found, _results(name, root), root)


def code(source: Source) -> str:
    """Return the Python that a page executes: its cells and inline expressions, in order."""
    cells = [cell.code for cell in source.cells if cell.options.get("eval", True)]
    return "\n".join([*cells, *(inline.expression for inline in source.inlines)])


def _results(name: str, root: Path) -> tuple[str, ...]:
    """Return the stored files of a run that others rest on: results and arrays, not the manifest.

    Raises
    ------
    BookError
        If there is no such run.
    """
    locate(name)
    place = store.folder(name, root)
    arrays = [store.ARRAYS] if (place / store.ARRAYS).exists() else []
    return tuple(_relative(place / file, root) for file in (*arrays, store.RESULTS))


def _stage(name: str, command: str, own: set[str], found: Uses, outs: tuple[str, ...], root: Path) -> Stage:
    """Put a stage together from its own files and from what its code uses."""
    modules = {_relative(path, root) for module in found.modules if (path := imports.file(module))}
    read_files = {path for path in found.paths if (root / path).is_file()}
    params = {
        _REGISTRY: tuple(f"{name}.{key}" for name in sorted(found.data) for key in _keys(name)),
        VERSIONS: tuple(f"libraries.{library}" for library in sorted(_distributions(found))),
    }
    return Stage(name, command, tuple(sorted(own | modules | read_files)), params, outs)


def _keys(name: str) -> tuple[str, ...]:
    """Return the keys of a registered set that results rest on."""
    known = registry()
    if name not in known:
        listed = f"There are: {', '.join(known)}."
        raise BookError(f"no data set called {name!r}", where=_REGISTRY, hint=listed)
    return ("loader", "sha256") if known[name].downloaded else ("loader",)


def _with_loaders(found: Uses) -> Uses:
    """Add the loaders of the data sets."""
    known = registry()
    return imports.with_loaders(found, {known[name].loader for name in found.data if name in known})


def _distributions(found: Uses) -> set[str]:
    """Return the distributions whose versions bear on results: what is imported, and what that rests on."""
    below = {"scipy"} if "sklearn" in found.libraries else set()
    return {imports.distribution(library) for library in found.libraries | below}


def _relative(path: Path, root: Path) -> str:
    """Write a path as `dvc.yaml` has it."""
    return path.resolve().relative_to(root.resolve()).as_posix()


def text(computed: list[Stage]) -> str:
    """Write `dvc.yaml`."""
    entries = {"stages": {stage.name: stage.entry() for stage in computed}}
    return _HEAD + yaml.safe_dump(entries, sort_keys=False, width=200)


def versions(computed: list[Stage], root: Path) -> str:
    """Write `versions.toml`: the locked version of each library that a stage imports.

    Raises
    ------
    BookError
        If a library is neither in `requirements.lock` nor pinned in `pyproject.toml`.
    """
    locked = dict(_locked(root))
    libraries = sorted({key.partition(".")[2] for stage in computed for key in stage.params[VERSIONS]})
    for library in libraries:
        if library not in locked:
            raise BookError(
                f"{library} is imported, and no version of it is locked",
                where="requirements.lock",
                hint="Add it to the right group in pyproject.toml and run `make lock`.",
            )
    lines = [f'{library} = "{locked[library]}"' for library in libraries]
    head = "# Versions that results rest on; written by `mlbook pipeline` from requirements.lock."
    return "\n".join([head, "[libraries]", *lines, ""])


def _locked(root: Path) -> Iterator[tuple[str, str]]:
    """Yield the names and versions that the lock file and `pyproject.toml` pin."""
    for file, pattern in (
        ("pyproject.toml", r'"([A-Za-z0-9._-]+)==([^"\s;]+)"'),
        ("requirements.lock", r"^([A-Za-z0-9._-]+)==(\S+)"),
    ):
        try:
            pinned = (root / file).read_text(encoding="utf-8")
        except OSError:
            continue
        for name, version in re.findall(pattern, pinned, re.MULTILINE):
            yield re.sub(r"[._]+", "-", name.lower()), version


def write(root: Path | None = None) -> list[str]:
    """Write `dvc.yaml` and `versions.toml` where they differ from what the sources say.

    Returns
    -------
    list of str
        What was different, a line each; empty if nothing was written.
    """
    base = root or files.root()
    changes = differences(base)
    if changes:
        computed = stages(base)
        files.write_text(base / FILE, text(computed))
        files.write_text(base / VERSIONS, versions(computed, base))
    return changes


def differences(root: Path) -> list[str]:
    """Compare `dvc.yaml` and `versions.toml` with what the sources say.

    Returns
    -------
    list of str
        One line for each thing that differs: "02-project: does not list code/mlbook/viz/show.py".
    """
    computed = stages(root)
    there = entries(root, FILE)
    known = {stage.name for stage in computed}
    lines = [f"{name}: is no page with cells and no run" for name in there if name not in known]
    for stage in computed:
        lines += _compare(stage, there.get(stage.name))
    if not lines and there and _read(root / FILE) != text(computed):
        lines.append(f"{FILE}: has other contents, though the same dependencies")
    if _read(root / VERSIONS) != versions(computed, root):
        lines.append(f"{VERSIONS}: differs from requirements.lock")
    return lines


def _read(path: Path) -> str:
    """Return a file's text; "" if there is none."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        return ""


def _compare(stage: Stage, there: Any) -> list[str]:
    """Say how a stage in `dvc.yaml` differs from the computed one."""
    if there is None:
        return [f"{stage.name}: has no stage"]
    wanted = stage.entry()
    lines = []
    for verb, which in (
        ("does not list", _listed(wanted) - _listed(there)),
        ("lists needlessly", _listed(there) - _listed(wanted)),
    ):
        lines += [f"{stage.name}: {verb} {name}" for name in sorted(which)]
    if there.get("cmd") != wanted["cmd"]:
        lines.append(f"{stage.name}: has the command {there.get('cmd')!r}, not {wanted['cmd']!r}")
    return lines


def _listed(entry: dict[str, Any]) -> set[str]:
    """List the dependencies, parameters and outs of a stage's entry, as texts."""
    params = [(file, keys) for item in entry.get("params", []) for file, keys in item.items()]
    outs = [out for item in entry.get("outs", []) for out in item.items()]
    return {
        *entry.get("deps", []),
        *(f"{key} of {file}" for file, keys in params for key in keys),
        *(f"the out {name} with {options}" for name, options in outs),
    }
