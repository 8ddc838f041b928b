"""A small book with every explorable on one page, as the executor freezes it, and a page of broken ones."""

from __future__ import annotations

import json
import os
import re
import shutil
from importlib import import_module
from pathlib import Path
from unittest.mock import patch

from sklearn.datasets import load_diabetes, load_iris
from visiting import ROOT

from mlbook import viz
from mlbook.book import press
from mlbook.book.cells import Cell, Place
from mlbook.book.outputs import render
from mlbook.book.pictures import FOLDERS, FORMATS, Page
from mlbook.book.source import md5

SETTINGS = """\
project: {type: book, output-dir: _book, execute-dir: project}
book:
  title: "A Book to Turn"
  author: "Ada Example"
  chapters: [index.qmd, chapters/01-turning.qmd, chapters/02-broken.qmd]
execute: {freeze: auto, daemon: false}
filters: [mlbook]
format:
  html:
    css: _extensions/mlbook/mlbook.css
    html-math-method: mathml
    respect-user-color-scheme: true
    theme:
      light: [default, _extensions/mlbook/theme.scss, _extensions/mlbook/theme-light.scss]
      dark: [default, _extensions/mlbook/theme.scss, _extensions/mlbook/theme-dark.scss]
"""
BROKEN = {
    "no-data": lambda block: re.sub(r"<script.*?</script>", "", block),
    "cut-off": lambda block: re.sub(r".{40}</script>", "</script>", block),
    "not-a-number": lambda block: block.replace('"steps":120', '"steps":"many"'),
    "half-a-list": lambda block: re.sub(r'"residuals":\[[^,]*,', '"residuals":[', block),
    "unheard-of": lambda block: block.replace('data-name="descent"', 'data-name="unheard-of"'),
}
"""Ways in which the block of an explorable can be broken."""


def explorables() -> dict[str, viz.explorable]:  # type: ignore[valid-type]
    """Return every explorable with its data, as a chapter makes them."""
    diabetes, iris = load_diabetes(), load_iris()
    columns = [diabetes.feature_names.index(name) for name in ("bmi", "bp")]
    arguments = {
        "descent": {},
        "bias-variance": {},
        "ridge-lasso": {
            "features": diabetes.data[:, columns],
            "target": diabetes.target,
            "names": ("body mass", "blood pressure"),
        },
        "softmax": {
            "features": iris.data[:, 2:],
            "labels": iris.target,
            "names": ("petal length (cm)", "petal width (cm)"),
            "classes": tuple(map(str, iris.target_names)),
        },
    }
    made = {}
    viz.style()
    for name, given in arguments.items():
        module = import_module(f"mlbook.explore.{name.replace('-', '_')}")
        data = module.data(**given)
        made[name] = viz.explorable(name, data=data, still=module.still(data))
    return made


def frozen(label: str, shown: object, page: Page) -> tuple[str, dict[str, str]]:
    """Render the cell of one explorable."""
    options = {
        "label": label,
        "fig-cap": f"What {label} shows.",
        "fig-alt": f"A still of {label}.",
        "echo": False,
    }
    with patch.dict(os.environ, {"MLBOOK_EXECUTE": "1"}):
        output = {"output_type": "display_data", "data": shown._repr_mimebundle_()}  # type: ignore[attr-defined]
    done = render(Cell(label, options, "", "", Place("p.qmd", 1)), [output], 1, page)
    return done.markdown, done.figures


def make_book(root: Path) -> Path:
    """Write the book and its freeze."""
    made = explorables()
    (root / "chapters").mkdir(parents=True)
    (root / "_quarto.yml").write_text(SETTINGS)
    (root / "index.qmd").write_text("# Preface {.unnumbered}\n\nTurn @fig-descent.\n")
    shutil.copytree(ROOT / "_extensions", root / "_extensions")
    sections = {name: (f"fig-{name}", made[name], None) for name in made}
    write_page(root, "01-turning", "Turning", sections)
    ways = {way: (f"fig-{way}", made["descent"], change) for way, change in BROKEN.items()}
    write_page(root, "02-broken", "Broken", ways | {"whole": ("fig-whole", made["descent"], None)})
    return root


def write_page(root: Path, stem: str, title: str, sections: dict) -> None:
    """Write a page with one explorable in each section, and its freeze."""
    text = f"# {title} {{#sec-{stem[3:]}}}\n\nWhat can be turned is shown below.\n"
    cell = "```{{python}}\n#| label: {}\n#| fig-cap: c\n#| fig-alt: a\nx\n```\n"
    source = root / "chapters" / f"{stem}.qmd"
    source.write_text(text + "".join(f"\n{cell.format(label)}" for label, *_ in sections.values()))
    folder = root / "_freeze" / "chapters" / stem
    for form in FORMATS:
        parts, figures = [text], {}
        for name, (label, shown, change) in sections.items():
            block, files = frozen(label, shown, Page(stem, form))
            parts += [f"## About {name}\n\nSee @{label}.\n", change(block) if change else block]
            figures |= files
        entry = {
            "engine": "jupyter",
            "markdown": "\n".join(parts),
            "supporting": [f"{stem}_files/{FOLDERS[form]}"],
            "filters": [],
        }
        (folder / "execute-results").mkdir(parents=True, exist_ok=True)
        (folder / "execute-results" / f"{form}.json").write_text(
            json.dumps({"hash": md5(source.read_text()), "result": entry})
        )
        (folder / FOLDERS[form]).mkdir()
        for name, content in figures.items():
            (folder / FOLDERS[form] / name).write_text(content)


def build(root: Path) -> Path:
    """Make the book's site; returns its folder."""
    press.build(site=True, pdf=False, root=make_book(root))
    return root / "_book"
