"""The freeze: a chapter's executed form on disk, as Quarto reads it, written and checked.

`_freeze/<page>/execute-results/{html,typ}.json` and the figures beside them. Both formats come from one
execution, are written into a folder of their own and swapped in together: there is never a half of one.
"""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlbook import files
from mlbook.book.outputs import Rendered
from mlbook.book.pictures import FOLDERS, FORMATS, Format
from mlbook.book.source import Source
from mlbook.errors import BookError

_CONFLICT = re.compile(r"^(<{7} |={7}$|>{7} )", re.MULTILINE)


@dataclass(frozen=True)
class Frozen:
    """One format's frozen form of a page.

    Attributes
    ----------
    markdown : str
    figures : Path
        Folder of the figures, which the Markdown calls `<stem>_files/figure-…`.
    hash : str
        Quarto's key: MD5 of the source.
    includes : dict
        MD5 of each included file at the time, by its path.
    inlines : list of str
        Values of the inline expressions in order.
    """

    markdown: str
    figures: Path
    hash: str
    includes: dict[str, str]
    inlines: list[str]


def folder(page: str, root: Path) -> Path:
    """Return the folder that holds a page's freeze."""
    return root / "_freeze" / Path(page).with_suffix("")


def write(source: Source, rendered: dict[Format, Rendered], root: Path) -> None:
    """Write both formats of a page's freeze and swap them in.

    Raises
    ------
    BookError
        If the disk is full or the folder is not writable; the old freeze stays.
    """
    target = folder(source.path, root)
    building = target.with_name(f".new-{target.name}")
    clear(source.path, root)
    try:
        for form, done in rendered.items():
            text = json.dumps(_entry(source, form, done), indent=2, ensure_ascii=False) + "\n"
            files.write_text(building / "execute-results" / f"{form}.json", text)
            for name, content in done.figures.items():
                files.write_text(building / FOLDERS[form] / name, content)
        files.swap(building, target)
    finally:
        shutil.rmtree(building, ignore_errors=True)


def clear(page: str, root: Path) -> None:
    """Remove what a killed run may have left beside a page's freeze, and bring a retired freeze back."""
    target = folder(page, root)
    shutil.rmtree(target.with_name(f".new-{target.name}"), ignore_errors=True)
    files.recover(target)


def _entry(source: Source, form: Format, done: Rendered) -> dict[str, Any]:
    """Make the dictionary that Quarto reads; `includes` and `inlines` are ours."""
    supporting = [f"{Path(source.path).stem}_files/{FOLDERS[form]}"] if done.figures else []
    result = {"engine": "jupyter", "markdown": done.markdown, "supporting": supporting, "filters": []}
    return {"hash": source.hash, "result": result, "includes": source.includes, "inlines": done.inlines}


def load(page: str, root: Path, form: Format) -> Frozen:
    """Read one format of a page's freeze and check that it is whole.

    Raises
    ------
    BookError
        If it is missing, holds merge-conflict marks, is no JSON or not of Quarto's form, or lacks a figure.
    """
    target = folder(page, root)
    path = target / "execute-results" / f"{form}.json"
    where = path.relative_to(root).as_posix()
    committed = f"git checkout -- {target.relative_to(root).as_posix()}"
    again = f"`mlbook run {Path(page).stem}` makes it again; `{committed}` brings the last commit's back."
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise BookError("this page has no frozen results", where=where, hint=again) from None
    except (OSError, UnicodeDecodeError) as error:
        raise BookError(f"cannot be read: {error}", where=where, hint=again) from None
    frozen = _parse(text, where, again, target / FOLDERS[form])
    missing = [name for name in _figures(frozen.markdown, form) if not (frozen.figures / name).is_file()]
    if missing:
        raise BookError(f"lacks the figure {missing[0]}", where=where, hint=again)
    return frozen


def _parse(text: str, where: str, again: str, figures: Path) -> Frozen:
    """Read an entry's text."""
    conflict = _CONFLICT.search(text)
    if conflict:
        line = text.count("\n", 0, conflict.start()) + 1
        raise BookError("holds the marks of a merge conflict", where=f"{where}:{line}", hint=again)
    try:
        entry = json.loads(text)
        result = entry["result"]
        frozen = Frozen(
            result["markdown"], figures, entry["hash"], entry.get("includes", {}), entry.get("inlines", [])
        )
    except json.JSONDecodeError as error:
        raise BookError(
            f"is cut off or damaged: {error.msg}", where=f"{where}:{error.lineno}", hint=again
        ) from None
    except (KeyError, TypeError, AttributeError):
        raise BookError("is not a frozen page", where=where, hint=again) from None
    if (
        not isinstance(frozen.markdown, str)
        or not isinstance(frozen.hash, str)
        or not isinstance(frozen.includes, dict)
    ):
        raise BookError("is not a frozen page", where=where, hint=again)
    return frozen


def _figures(markdown: str, form: Format) -> list[str]:
    """List the figure files that the Markdown refers to."""
    return sorted(set(re.findall(rf"_files/{FOLDERS[form]}/([\w.-]+)", markdown)))


def stale(source: Source, root: Path) -> str:
    """Say why a page's freeze does not belong to its source: one line, or "" where it does.

    Only sources are compared (page and includes); `mlbook status` also looks at code, data and versions.
    """
    for form in FORMATS:
        try:
            frozen = load(source.path, root, form)
        except BookError as error:
            return error.message
        if frozen.hash != source.hash:
            return "the page has changed"
        changed = [name for name, value in source.includes.items() if frozen.includes.get(name) != value]
        changed += [name for name in frozen.includes if name not in source.includes]
        if changed:
            return f"{changed[0]} has changed"
    return ""
