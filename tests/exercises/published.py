"""The functions that the published solutions define, taken from the cells of `chapters/solutions/`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from mlbook.book import config
from mlbook.book.cells import Cell
from mlbook.book.source import Text, read

ROOT = Path(__file__).resolve().parents[2]
_ANSWER = re.compile(r'^:{3,}\s*\{\.answer for="exr-(?P<slug>[\w-]+)"', re.MULTILINE)


@cache
def answers() -> dict[str, tuple[str, str]]:
    """Return for each exercise with an answer: its page, and the code of the answer's cells."""
    found = {}
    for page in config.load(ROOT).pages:
        slug = ""
        for piece in read(page.path, ROOT).pieces:
            if isinstance(piece, Text) and not piece.code:
                heads = [match["slug"] for match in _ANSWER.finditer(piece.text)]
                found |= {head: (page.path, "") for head in heads}
                slug = heads[-1] if heads else slug
            elif isinstance(piece, Cell) and slug:
                found[slug] = (page.path, f"{found[slug][1]}\n{piece.code}")
    return found


def defines(slug: str, name: str) -> bool:
    """Whether the published answer defines a function of this name."""
    tree = ast.parse(answers().get(slug, ("", ""))[1])
    return any(isinstance(node, ast.FunctionDef) and node.name == name for node in tree.body)


def function(slug: str, name: str) -> Any:
    """Return a function of the published answer, with with what it uses of the answer and the page."""
    page, code = answers()[slug]
    tree = ast.parse(code)
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    wanted = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)
    body = [node for node in _given(page) if used & set(_bound(node))]
    body += [node for node in tree.body if isinstance(node, wanted)]
    names: dict[str, Any] = {}
    exec(compile(ast.Module(body, []), f"{page}: {slug}", "exec"), names)
    return names[name]


def _given(page: str) -> Iterator[ast.stmt]:
    """Give the statements of a page's own cells."""
    for cell in read(page, ROOT).cells:
        if cell.place.file == page:
            yield from ast.parse(cell.code).body


def _bound(node: ast.stmt) -> Iterator[str]:
    """Give the names that an import binds, or that are given to a constant."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        yield from (alias.asname or alias.name.partition(".")[0] for alias in node.names)
    elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
        yield from (target.id for target in node.targets if isinstance(target, ast.Name))
