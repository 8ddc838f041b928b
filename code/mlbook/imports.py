"""What a piece of Python rests on, read from its text: `mlbook` modules, libraries, data sets, stored runs.

- Nothing is executed: imports and calls are found in the syntax tree, aliases resolved, `mlbook` modules
  followed.
- Data sets are found by `mlbook.data.load("id")` and the named loaders (`load_housing`), runs by
  `mlbook.runs.results("name")`. Their names have to be written out.
- A string that is a path inside the book ("chapters/roadmap.yml") counts as a file that is read.
- Plumbing (`PLUMBING`) carries results and does not make them, so nothing rests on it: what it hands over is
  checked elsewhere, by checksum.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from mlbook.errors import BookError

PACKAGE = Path(__file__).parent
PLUMBING = (
    "mlbook.book.config",
    "mlbook.cli",
    "mlbook.data",
    "mlbook.doctor",
    "mlbook.errors",
    "mlbook.exercises",
    "mlbook.files",
    "mlbook.imports",
    "mlbook.machine",
    "mlbook.runs.engine",
)
"""Modules and packages that results do not rest on; a data set's loader is named singly, by the registry."""
_NOTHING_IN = ("mlbook", "mlbook.book", "mlbook.runs")
_WHOLE_REGISTRY = "mlbook.data.registry.registry"
_PATH = re.compile(r"[\w-][\w.-]*(/[\w-][\w.-]*)*\.\w+")


@dataclass(frozen=True)
class Uses:
    """What code rests on.

    Attributes
    ----------
    modules : frozenset of str
        Modules of the package, as "mlbook.viz.style".
    libraries : frozenset of str
        Import names of other packages outside the standard library.
    data, runs : frozenset of str
        Ids of registered data sets, names of stored runs.
    paths : frozenset of str
        Strings that could be paths of files inside the book; whether they are is for the caller to see.
    """

    modules: frozenset[str] = field(default=frozenset())
    libraries: frozenset[str] = field(default=frozenset())
    data: frozenset[str] = field(default=frozenset())
    runs: frozenset[str] = field(default=frozenset())
    paths: frozenset[str] = field(default=frozenset())

    def __or__(self, other: Uses) -> Uses:
        return Uses(
            self.modules | other.modules,
            self.libraries | other.libraries,
            self.data | other.data,
            self.runs | other.runs,
            self.paths | other.paths,
        )


def file(module: str) -> Path | None:
    """Return the file of a module of `mlbook`, or None if there is none."""
    base = PACKAGE.joinpath(*module.split(".")[1:])
    for path in (base.with_suffix(".py"), base / "__init__.py"):
        if path.is_file():
            return path
    return None


def of(code: str, *, where: str, module: str = "") -> Uses:
    """Find what `code` rests on, with everything that the `mlbook` modules it imports rest on.

    Parameters
    ----------
    code : str
        Python source.
    where : str
        File or chapter, for messages.
    module : str
        Its own name, if it is a module of `mlbook`: relative imports start there.

    Raises
    ------
    BookError
        If a module of `mlbook` is not there, or the name of a data set or run is computed, not written out.
    """
    found = _direct(code, where, module)
    done: set[str] = set()
    while waiting := found.modules - done:
        for name in waiting:
            done.add(name)
            path = file(name)
            if path is not None:
                found |= _of_file(name, path, path.stat().st_mtime_ns)
    return found


@cache
def _of_file(module: str, path: Path, changed: int) -> Uses:
    """Read one module of the package; `changed` is when it last did, so that no stale answer is given."""
    return _direct(path.read_text(encoding="utf-8"), str(path), module)


def _direct(code: str, where: str, module: str) -> Uses:
    """Find what `code` itself names."""
    tree = ast.parse(code)
    names = _aliases(tree, module)
    imported = set(names.values()) | set(_plain_imports(tree))
    modules = {found for name in imported if _inside(name) for found in _modules(name, where)}
    tops = {name.split(".")[0] for name in imported}
    data, runs = _named(tree, names, where)
    return Uses(
        frozenset(name for name in modules if not _plumbing(name) and name != module),
        frozenset(tops - {"mlbook", "__future__"} - sys.stdlib_module_names),
        frozenset(data),
        frozenset(runs),
        frozenset(_paths(tree, names)),
    )


def _inside(name: str) -> bool:
    """Whether a dotted name lies in the package."""
    return name == "mlbook" or name.startswith("mlbook.")


def _plumbing(module: str) -> bool:
    """Whether a module is part of the plumbing, or a package that holds nothing itself."""
    inside = any(module == name or module.startswith(f"{name}.") for name in PLUMBING)
    return inside or module in _NOTHING_IN


def _paths(tree: ast.AST, names: dict[str, str]) -> Iterator[str]:
    """Yield the strings that look like paths of files, and the registry's where all of it is read."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name | ast.Attribute) and _dotted(node, names) == _WHOLE_REGISTRY:
            yield "data/registry.toml"
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _PATH.fullmatch(node.value):
            yield node.value


def _plain_imports(tree: ast.AST) -> Iterator[str]:
    """Yield the modules of `import a.b` statements."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def _aliases(tree: ast.AST, module: str) -> dict[str, str]:
    """Map each name that an import binds to the dotted name it stands for."""
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                bound = alias.asname or alias.name.split(".")[0]
                names[bound] = alias.name if alias.asname else bound
        elif isinstance(node, ast.ImportFrom):
            base = _base(node, module)
            names |= {alias.asname or alias.name: f"{base}.{alias.name}" for alias in node.names}
    return names


def _base(node: ast.ImportFrom, module: str) -> str:
    """Return the absolute module of a `from … import`; relative ones start at `module`."""
    if not node.level:
        return node.module or ""
    path = file(module)
    parts = module.split(".")
    keep = len(parts) - node.level + (path is not None and path.name == "__init__.py")
    return ".".join([*parts[:keep], *([node.module] if node.module else [])])


def _modules(name: str, where: str) -> Iterator[str]:
    """Yield the modules that importing a dotted name loads: parents, and itself where it is one."""
    parts = name.split(".")
    for count in range(1, len(parts) + 1):
        module = ".".join(parts[:count])
        if file(module) is not None:
            yield module
        elif count < len(parts) and file(".".join(parts[:-1])) is None:
            raise BookError(f"imports from {'.'.join(parts[:-1])}, and there is no such module", where=where)


def _named(tree: ast.AST, names: dict[str, str], where: str) -> tuple[set[str], set[str]]:
    """Find the data sets and runs that are asked for by name."""
    data: set[str] = set()
    runs: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name | ast.Attribute):
            data |= _named_loaders().get(_dotted(node, names), set())
        if not isinstance(node, ast.Call):
            continue
        called = _dotted(node.func, names)
        if called == "mlbook.data.load":
            data.add(_literal(node, where, "a data set"))
        elif called == "mlbook.runs.results":
            runs.add(_literal(node, where, "a run"))
    return data, runs


def _dotted(node: ast.AST, names: dict[str, str]) -> str:
    """Write a name or attribute with its import resolved: "data.load" becomes "mlbook.data.load"."""
    if isinstance(node, ast.Name):
        return names.get(node.id, "")
    if isinstance(node, ast.Attribute) and (base := _dotted(node.value, names)):
        return f"{base}.{node.attr}"
    return ""


def _literal(node: ast.Call, where: str, what: str) -> str:
    """Return a call's first argument, which has to be written out."""
    first = node.args[0] if node.args else None
    if isinstance(first, ast.Constant) and isinstance(first.value, str):
        return first.value
    raise BookError(
        f"asks for {what} by a name that is computed: {ast.unparse(node)}",
        where=where,
        hint="Write the name out, so that what results rest on can be read from the source.",
    )


@cache
def _named_loaders() -> dict[str, set[str]]:
    """Map the named loaders of `mlbook.data` to the sets they load, from their source."""
    path = PACKAGE / "data" / "__init__.py"
    loaders: dict[str, set[str]] = {}
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if not isinstance(node, ast.FunctionDef) or node.name == "load":
            continue
        calls = [call for call in ast.walk(node) if isinstance(call, ast.Call)]
        loads = {call.args[0].value for call in calls if _loads(call)}  # type: ignore[attr-defined]
        if loads:
            loaders[f"mlbook.data.{node.name}"] = loads
    return loaders


def _loads(call: ast.Call) -> bool:
    """Whether a call is `load("…")`."""
    named = isinstance(call.func, ast.Name) and call.func.id == "load"
    return named and bool(call.args) and isinstance(call.args[0], ast.Constant)


def distribution(library: str) -> str:
    """Return the name under which the package index has a library: "scikit-learn" for `sklearn`."""
    return {"sklearn": "scikit-learn", "PIL": "pillow", "yaml": "pyyaml"}.get(library, library).replace(
        "_", "-"
    )


def with_loaders(found: Uses, loaders: Iterable[str]) -> Uses:
    """Add the modules of loaders ("module:function"), which the registry names and no import does."""
    for loader in loaders:
        module = loader.partition(":")[0]
        path = file(module) if _inside(module) else None
        if path is not None:
            code = path.read_text(encoding="utf-8")
            found |= Uses(modules=frozenset({module})) | of(code, where=str(path), module=module)
    return found
