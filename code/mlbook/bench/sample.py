"""A generated book of any size, with what real chapters hold, to measure typesetters on.

Everything follows from a seed: sections, prose, formulas, code with output, figures light and dark, tables,
cross-references within and between chapters, citations, boxes, exercises. The sources are `.qmd` files with
cells, and the freeze beside them is in the form that Quarto and the built-in press read.
"""

from __future__ import annotations

import hashlib
import json
import math
import shutil
from pathlib import Path
from random import Random

WORDS = """
a about after again all an and any are as at be because before between both but by can column cost could
data day each error every example few field figure first fit flat for from function give given good half
has have high how if in into is it its kind know large last learn less line list long low make many mean
measure model more most much need new no not number of off often on once one only or other out over own
part plain point question rate result right row same sample scale see set shape short should show since
slope small so some split start step still such table take test than that the their them then there
these they this those time to train tree true two under unit until up use value very want was way we
weight well what when where which while why wide will with without word work would wrong year you your
""".split()  # noqa: SIM905, a list of words reads better so
SECTIONS = 10
FORMULA = r"\hat{\theta} = \left(X^\top X + \alpha I\right)^{-1} X^\top y"
CODE = """\
from sklearn.linear_model import Ridge

model = Ridge(alpha={alpha}).fit(X_train, y_train)
print(model.score(X_test, y_test))"""
CELL = "::: {{#cell-{n} .cell execution_count=1}}\n``` {{.python .cell-code}}\n{code}\n```\n"
IMAGE = '![{caption}]({name}_files/{folder}/{file}){{{attributes}fig-alt="{alt}" width=576 height=384}}\n'


def write(folder: Path, extension: Path, *, chapters: int = 30, words: int = 6000, seed: int = 0) -> Path:
    """Write a book into a new folder.

    Parameters
    ----------
    folder : Path
        Where to; made if it is not there.
    extension : Path
        The book's `_extensions/mlbook`, copied.
    chapters, words : int
        How many chapters, and about how many words of prose in each.
    seed : int
        Of the prose, the figures and the numbers.

    Returns
    -------
    Path
        `folder`.
    """
    names = [f"{number:02d}-chapter" for number in range(1, chapters + 1)]
    (folder / "chapters").mkdir(parents=True)
    shutil.copytree(extension, folder / "_extensions" / "mlbook")
    (folder / "_quarto.yml").write_text(_settings(names))
    (folder / "references.bib").write_text(
        "@article{someone2020, author={Someone, Anna}, title={A title}, journal={A journal}, year={2020}}\n"
    )
    (folder / "index.qmd").write_text("# Preface {.unnumbered}\n\nA generated book, to measure with.\n")
    (folder / "chapters" / "references.qmd").write_text("# References {.unnumbered}\n\n::: {#refs}\n:::\n")
    for number, name in enumerate(names, 1):
        _Chapter(Random(f"{seed}-{number}"), number, chapters, words).write(folder, name)
    return folder


def _settings(names: list[str]) -> str:
    """Return a `_quarto.yml` like the book's own."""
    book = {
        "title": "A generated book",
        "author": "Nobody",
        "chapters": ["index.qmd", *(f"chapters/{name}.qmd" for name in names), "chapters/references.qmd"],
    }
    filters = [{"path": "_extensions/mlbook/mlbook.lua", "at": "pre-ast"}]
    formats = {"html": {"html-math-method": "mathml"}, "typst": {"citeproc": True}}
    settings = {
        "project": {"type": "book", "output-dir": "_book", "execute-dir": "project"},
        "book": book,
        "bibliography": "references.bib",
        "execute": {"freeze": "auto", "daemon": False},
        "filters": filters,
        "format": formats,
    }
    return json.dumps(settings, indent=1)  # JSON is YAML


class _Chapter:
    """Makes one chapter: its source, and what the freeze holds of it in each format."""

    def __init__(self, random: Random, number: int, chapters: int, words: int) -> None:
        self.random = random
        self.number = number
        self.chapters = chapters
        self.words = words
        self.figures: dict[str, str] = {}

    def write(self, folder: Path, name: str) -> None:
        """Write the source, both freeze entries and the figures."""
        source, frozen = [self._opening()], {"html": [self._opening()], "typ": [self._opening()]}
        for section in range(1, SECTIONS + 1):
            for text, out in ((self._section(section), None), *self._cells(section, name)):
                source.append(text)
                for kind, parts in frozen.items():
                    parts.append(out[kind] if out else text)
        page = folder / "chapters" / f"{name}.qmd"
        page.write_text("\n".join(source))
        freeze = folder / "_freeze" / "chapters" / name
        (freeze / "execute-results").mkdir(parents=True)
        for kind, figures in (("html", "figure-html"), ("typ", "figure-typst")):
            result = {
                "engine": "jupyter",
                "markdown": "\n".join(frozen[kind]),
                "supporting": [f"{name}_files/{figures}"],
                "filters": [],
            }
            entry = {"hash": hashlib.md5(page.read_bytes()).hexdigest(), "result": result}
            (freeze / "execute-results" / f"{kind}.json").write_text(json.dumps(entry, indent=2))
            (freeze / figures).mkdir()
            for file, drawing in self.figures.items():
                if kind == "html" or "-dark" not in file:
                    (freeze / figures / file).write_text(drawing)

    def _opening(self) -> str:
        """Return front matter and heading."""
        head = f'---\ndescription: "Chapter {self.number}."\n---\n'
        return f"{head}\n# Chapter {self._prose(3)} {{#sec-{self.number}}}\n"

    def _prose(self, count: int) -> str:
        """Return that many words."""
        return " ".join(self.random.choices(WORDS, k=count))

    def _paragraph(self, count: int) -> str:
        """Return sentences with emphasis, code and formulas here and there."""
        sentences = []
        for _ in range(max(1, count // 15)):
            extra = self.random.choice(
                ["", "", "", " *term*", " `fit(X, y)`", r" $x_i \in \mathbb{R}^d$", " **so**"]
            )
            sentences.append(f"{self._prose(15).capitalize()}{extra}.")
        return "\n".join(sentences) + "\n"

    def _section(self, section: int) -> str:
        """Return one section's prose with its formula, box, exercise and references."""
        n, other = f"{self.number}-{section}", self.random.randint(1, self.chapters)
        each = self.words // SECTIONS // 6
        return "\n".join(
            [
                f"## Section {self._prose(4)} {{#sec-{n}}}\n",
                self._paragraph(each),
                f"As @fig-{n} and @tbl-{n} show, @eq-{n} holds [@someone2020].",
                f"See @sec-{other}.[^{section}]\n",
                f"[^{section}]: {self._prose(12)}.\n",
                f"$$\n{FORMULA}\n$$ {{#eq-{n}}}\n",
                self._paragraph(each * 2),
                f"::: {{.callout-note}}\n## {self._prose(3)}\n{self._paragraph(each)}:::\n",
                self._paragraph(each),
                f'::: {{#exr-{n} name="{self._prose(3)}"}}\n{self._paragraph(each)}\nSee @exr-{n}.\n:::\n',
            ]
        )

    def _cells(self, section: int, name: str) -> list[tuple[str, dict[str, str]]]:
        """Return a section's three cells: source, and what is frozen of each."""
        n = f"{self.number}-{section}"
        return [self._text_cell(n), self._figure_cell(n, name), self._table_cell(n)]

    def _text_cell(self, n: str) -> tuple[str, dict[str, str]]:
        """Return a cell that prints."""
        code = CODE.format(alpha=round(self.random.random(), 3))
        value = f"::: {{.cell-output .cell-output-stdout}}\n```\n{self.random.random():.6f}\n```\n:::\n:::\n"
        out = f"{CELL.format(n=n, code=code)}\n{value}"
        return f"```{{python}}\n#| label: cell-{n}\n{code}\n```\n", {"html": out, "typ": out}

    def _figure_cell(self, n: str, name: str) -> tuple[str, dict[str, str]]:
        """Return a cell that draws a figure, light and dark."""
        caption, alt, file = f"{self._prose(10)}.", self._prose(15), f"fig-{n}-output-1"
        self.figures[f"{file}.svg"] = _drawing(self.random, "#0b62a8")
        self.figures[f"{file}-dark.svg"] = _drawing(self.random, "#6cb2f0")
        code = f"draw({n.replace('-', ', ')})"
        shown = CELL.format(n=f"fig-{n}", code=code)
        display = "::: {.cell-output .cell-output-display}\n"

        def image(folder: str, ending: str, attributes: str, caption: str = "") -> str:
            return IMAGE.format(
                caption=caption, name=name, folder=folder, file=file + ending, attributes=attributes, alt=alt
            )

        both = image("figure-html", ".svg", ".light-content ") + image(
            "figure-html", "-dark.svg", ".dark-content "
        )
        html = f"{shown}:::\n\n::: {{#fig-{n}}}\n{display}{both}:::\n\n{caption}\n:::\n"
        typ = f"{shown}\n{display}{image('figure-typst', '.svg', f'#fig-{n} ', caption)}:::\n:::\n"
        head = f'#| label: fig-{n}\n#| fig-cap: "{caption}"\n#| fig-alt: "{alt}"\n'
        return f"```{{python}}\n{head}{code}\n```\n", {"html": html, "typ": typ}

    def _table_cell(self, n: str) -> tuple[str, dict[str, str]]:
        """Return a cell that shows a table."""
        rows = "\n".join(f"| {self._prose(1)} | {self.random.random():.3f} | {row} |" for row in range(8))
        caption, code = f"{self._prose(8)}.", "show(results)"
        table = f"| name | score | n |\n|:--|--:|--:|\n{rows}\n\n: {caption} {{#tbl-{n}}}\n"
        display = f"::: {{.cell-output .cell-output-display}}\n{table}:::\n:::\n"
        out = f"{CELL.format(n=f'tbl-{n}', code=code)}\n{display}"
        head = f'#| label: tbl-{n}\n#| tbl-cap: "{caption}"\n'
        return f"```{{python}}\n{head}{code}\n```\n", {"html": out, "typ": out}


def _drawing(random: Random, color: str) -> str:
    """Return an SVG of the size that Matplotlib writes for a chapter's figure (some 20 KB)."""
    lines = []
    for _ in range(4):
        phase = random.random() * 6
        points = " ".join(f"{x:.2f},{190 + 90 * math.sin(x / 60 + phase):.4f}" for x in range(0, 576, 2))
        lines.append(f'<polyline fill="none" stroke="{color}" points="{points}"/>')
    box = 'viewBox="0 0 576 384" width="576" height="384"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {box}>{"".join(lines)}</svg>\n'
