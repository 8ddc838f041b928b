"""A small book with every construct a chapter may use, its freeze written as the executor writes it."""

import json
import shutil
from pathlib import Path

from mlbook.book.source import md5

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[2]
SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="360pt" height="180pt" viewBox="0 0 360 180">'
    '<path d="M20 160 340 20" stroke="{color}" fill="none" stroke-width="3"/>'
    '<g fill="{color}"><circle cx="60" cy="150" r="7"/><circle cx="140" cy="90" r="7"/>'
    '<circle cx="220" cy="96" r="7"/><circle cx="300" cy="30" r="7"/></g></svg>'
)


def freeze_page(root: Path, page: str, markdown: str, figures: dict[str, str]) -> None:
    """Write a page's freeze, both formats, as `mlbook run` would."""
    folder = root / "_freeze" / Path(page).with_suffix("")
    stem = Path(page).stem
    written = (root / page).read_text(encoding="utf-8")
    for form, name in (("html", "figure-html"), ("typ", "figure-typst")):
        text = markdown.replace("figure-html", name)
        entry = {
            "hash": md5(written),
            "result": {
                "engine": "jupyter",
                "markdown": text,
                "supporting": [f"{stem}_files/{name}"],
                "filters": [],
            },
        }
        (folder / "execute-results").mkdir(parents=True, exist_ok=True)
        (folder / "execute-results" / f"{form}.json").write_text(json.dumps(entry), encoding="utf-8")
        (folder / name).mkdir(exist_ok=True)
        for file, content in figures.items():
            (folder / name / file).write_text(content, encoding="utf-8")


def make_sample(root: Path) -> Path:
    """Copy the sample book to `root` and freeze its one chapter with cells."""
    shutil.copytree(HERE / "sample", root, dirs_exist_ok=True)
    frozen = root / "chapters" / "01-alpha.frozen.md"
    figures = {
        f"{label}-output-1{ending}.svg": SVG.format(color=color)
        for label in ("fig-line", "fig-turn")
        for ending, color in (("", "#0b62a8"), ("-dark", "#6cb2f0"))
    }
    freeze_page(root, "chapters/01-alpha.qmd", frozen.read_text(encoding="utf-8"), figures)
    frozen.unlink()
    shutil.copytree(REPOSITORY / "_extensions", root / "_extensions")
    return root
