"""A run's code in one number: changed code changes it, comments, docstrings and layout do not.

The syntax tree is written out by hand rather than by `ast.dump`, whose form differs between versions of
Python: a result stored under 3.11 must be known again under 3.13.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator
from pathlib import Path

from mlbook import imports
from mlbook.data.registry import registry
from mlbook.imports import Uses

_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def uses(module: str, file: Path) -> Uses:
    """Find what a run's module rests on, the loaders of its data sets included."""
    found = imports.of(file.read_text(encoding="utf-8"), where=str(file), module=module)
    known = registry()
    loaders = {known[name].loader for name in found.data if name in known}
    return imports.with_loaders(found, loaders)


def fingerprint(module: str, file: Path) -> str:
    """Return the fingerprint of a run's code: of its module and all modules of `mlbook` that it rests on.

    Parameters
    ----------
    module : str
        Dotted name of the run's module.
    file : Path
        Its file.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    digest = hashlib.sha256()
    others = {name: path for name in uses(module, file).modules if (path := imports.file(name))}
    for name, path in sorted({**others, module: file}.items()):
        digest.update(f"{name}\n{shape(path.read_text(encoding='utf-8'))}\n".encode())
    return digest.hexdigest()


def shape(code: str) -> str:
    """Write the syntax tree of `code` without comments, docstrings, places and empty parts."""
    return " ".join(_written(ast.parse(code)))


def _written(node: object) -> Iterator[str]:
    """Yield the parts of a node: its kind, then name and value of each part that is not empty."""
    if isinstance(node, list):
        yield "["
        for item in node:
            yield from _written(item)
        yield "]"
    elif isinstance(node, ast.AST):
        yield f"({type(node).__name__}"
        for name, value in ast.iter_fields(node):
            value = _body(node, value) if name == "body" else value
            if value is not None and value != [] and name not in ("kind", "type_comment"):
                yield f"{name}="
                yield from _written(value)
        yield ")"
    else:
        yield repr(node)


def _body(node: ast.AST, body: object) -> object:
    """Leave a docstring out of a body."""
    if isinstance(node, _DOCUMENTED) and isinstance(body, list) and ast.get_docstring(node) is not None:
        return body[1:]
    return body
