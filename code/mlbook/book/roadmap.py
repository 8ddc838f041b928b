"""What the book is to hold, what of it is written, and what rests on what.

`chapters/roadmap.yml` names every planned chapter, appendix and tutorial, and what each builds on;
`_quarto.yml` decides what counts as written. The preface shows them as a map (`roadmap_map.py`), as a list
that says the same in words, and as a table of things people come to do. A name that nobody knows, a circle,
or two boxes in one place is refused when the file is read, so that the map cannot be wrong in those ways.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import yaml

from mlbook import files
from mlbook.book import config
from mlbook.errors import BookError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Kind = Literal["chapter", "appendix", "tutorial"]
SOURCE = "chapters/roadmap.yml"


@dataclass(frozen=True)
class Entry:
    """One chapter, appendix or tutorial.

    Attributes
    ----------
    id : str
        "4", "E" or "linear-algebra"; unique.
    kind : {"chapter", "appendix", "tutorial"}
        What it is.
    part : str
        Heading of the list under which it stands.
    title : str
        Its name on the map.
    page : str
        Its source, relative to the book's folder.
    about : str
        What it is for, one sentence.
    needs : tuple of str
        Ids of what it builds on.
    column, row : int
        Place on the map, from the upper left.
    listed, written : bool
        Whether `_quarto.yml` lists its page, and whether that page is more than an outline (one says
        `status: planned` in its front matter).
    """

    id: str
    kind: Kind
    part: str
    title: str
    page: str
    about: str
    needs: tuple[str, ...]
    column: int
    row: int
    listed: bool
    written: bool

    @property
    def short(self) -> str:
        """How other entries name it: "Chapter 4", "Appendix E", "NumPy"."""
        return self.title if self.kind == "tutorial" else f"{self.kind.capitalize()} {self.id}"

    @property
    def full(self) -> str:
        """Name and title: "Chapter 4. Training models", "Tutorial. NumPy"."""
        head = "Tutorial" if self.kind == "tutorial" else self.short
        return f"{head}. {self.title}"

    @property
    def anchor(self) -> str:
        """Id of its line in the list."""
        return f"plan-{self.id.lower()}"

    @property
    def state(self) -> str:
        """ "written" or "planned"."""
        return "written" if self.written else "planned"


@dataclass(frozen=True)
class Use:
    """Something people come to do, the chapters that teach it, and the project that does it.

    Attributes
    ----------
    want, project, page, data : str
        What they want; the project's title, source and data.
    chapters : tuple of Entry
        Where it is taught.
    listed : bool
        Whether `_quarto.yml` lists the project's page.
    """

    want: str
    chapters: tuple[Entry, ...]
    project: str
    page: str
    data: str
    listed: bool


@dataclass(frozen=True)
class Roadmap:
    """All entries in the order of the list, and all uses."""

    entries: tuple[Entry, ...]
    uses: tuple[Use, ...]

    def entry(self, name: str) -> Entry:
        """Return the entry with the id `name`; `KeyError` if there is none."""
        return {entry.id: entry for entry in self.entries}[name]

    def _repr_html_(self) -> str:
        """The map as a drawing with links, for the site."""
        from mlbook.book.roadmap_map import to_html

        return to_html(self)

    def still(self) -> Figure:
        """The map as a Matplotlib figure, for print."""
        from mlbook.book.roadmap_map import to_figure

        return to_figure(self)


def load(root: Path | None = None) -> Roadmap:
    """Read the plan and compare it with `_quarto.yml`.

    Parameters
    ----------
    root : Path, optional
        The book's folder; found from the working folder if not given.

    Raises
    ------
    BookError
        If the file is not as its first lines describe it, names something unknown, or holds a circle.
    """
    base = root or files.root()
    listed = {page.path: not _outline(base / page.path) for page in config.load(base).pages}
    try:
        plan = yaml.safe_load((base / SOURCE).read_text(encoding="utf-8"))
        entries = tuple(_entry(row, listed) for row in plan["entries"])
        _check(entries)
        known = {entry.id: entry for entry in entries}
        uses = tuple(_use(row, known, listed) for row in plan["uses"])
    except OSError as error:
        raise BookError(f"cannot be read: {error.strerror}", where=SOURCE) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise _fault("is not YAML", line=mark.line + 1 if mark else 0) from None
    except (KeyError, TypeError, ValueError) as error:
        raise _fault(f"has an entry that lacks or misstates {error}") from None
    return Roadmap(entries, uses)


def _fault(problem: str, line: int = 0) -> BookError:
    """Say what is wrong with the file."""
    where = f"{SOURCE}:{line}" if line else SOURCE
    return BookError(problem, where=where, hint="The comment at the top of the file describes an entry.")


def _outline(path: Path) -> bool:
    """Tell whether a page only says what it will hold: `status: planned` in its front matter."""
    front = re.match(r"---\n(.*?\n)---\n", path.read_text(encoding="utf-8"), re.DOTALL)
    return bool(front and re.search(r"^status:\s*planned\s*$", front[1], re.MULTILINE))


def _entry(row: dict[str, Any], listed: dict[str, bool]) -> Entry:
    """Make one entry from its row of the file; `listed` says of each page whether it is written."""
    column, place = row["at"]
    if row["kind"] not in ("chapter", "appendix", "tutorial"):
        raise ValueError(f"kind: {row['kind']!r}")
    return Entry(
        id=str(row["id"]),
        kind=row["kind"],
        part=row["part"],
        title=row["title"],
        page=row["page"],
        about=row["about"],
        needs=tuple(str(name) for name in row["needs"]),
        column=int(column),
        row=int(place),
        listed=row["page"] in listed,
        written=listed.get(row["page"], False),
    )


def _use(row: dict[str, Any], known: dict[str, Entry], listed: dict[str, bool]) -> Use:
    """Make one use from its row of the file."""
    chapters = tuple(known[str(name)] for name in row["chapters"])
    return Use(row["want"], chapters, row["project"], row["page"], row["data"], row["page"] in listed)


def _check(entries: tuple[Entry, ...]) -> None:
    """Refuse double names, unknown names, double places, and and needs that stand no higher (so circles)."""
    known: dict[str, Entry] = {}
    places: dict[tuple[int, int], str] = {}
    for entry in entries:
        if entry.id in known:
            raise _fault(f"has two entries {entry.id!r}")
        known[entry.id] = entry
        other = places.setdefault((entry.column, entry.row), entry.id)
        if other != entry.id:
            raise _fault(f"puts {other!r} and {entry.id!r} in one place, {[entry.column, entry.row]}")
    for entry in entries:
        for name in entry.needs:
            if name not in known:
                raise _fault(f"says that {entry.id!r} needs {name!r}, which is no entry")
            if known[name].row >= entry.row:
                raise _fault(f"says that {entry.id!r} needs {name!r}, which stands no higher on the map")


def listing(roadmap: Roadmap) -> str:
    """The map in words, as Markdown: for each part a list of its entries and of what each builds on.

    Every entry carries the anchor that its box on the map links to while the page is not written.
    """
    parts = dict.fromkeys(entry.part for entry in roadmap.entries)
    blocks = []
    for part in parts:
        lines = [_line(roadmap, entry) for entry in roadmap.entries if entry.part == part]
        blocks.append(f"**{part}**\n\n" + "\n".join(lines))
    return "\n\n".join(blocks)


def _line(roadmap: Roadmap, entry: Entry) -> str:
    """One entry of the list."""
    name = f"[{entry.full}]({entry.page})" if entry.listed else entry.full
    state = "" if entry.written else " (planned)"
    needs = [f"[{needed.short}](#{needed.anchor})" for needed in map(roadmap.entry, entry.needs)]
    tail = f" Builds on {_series(needs)}." if needs else ""
    return f"- [{name}]{{#{entry.anchor}}}{state}. {entry.about}{tail}"


def _series(names: list[str]) -> str:
    """Join names as a sentence does: "a", "a and b", "a, b and c"."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def uses_table(roadmap: Roadmap) -> str:
    """What people come to do, as a Markdown pipe table: where it is taught, and the project that does it."""
    rows = [
        "| You want to | Chapters | Project | Its data |",
        "|:----------------------|:---------|:---------------------|:-------------------------|",
    ]
    for use in roadmap.uses:
        chapters = ", ".join(_named(entry) for entry in use.chapters)
        project = f"[{use.project}]({use.page})" if use.listed else f"{use.project} (planned)"
        rows.append(f"| {use.want} | {chapters} | {project} | {use.data} |")
    return "\n".join(rows)


def _named(entry: Entry) -> str:
    """A chapter's number, linked to its page or to its line in the list."""
    return f"[{entry.id}]({entry.page if entry.listed else '#' + entry.anchor})"
