"""The roadmap: complete, in step with `_quarto.yml`, drawn without collisions, refused when it is wrong."""

from __future__ import annotations

import re
import shutil
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from mlbook.book import config, roadmap, roadmap_map
from mlbook.errors import BookError

ROOT = Path(__file__).parents[2]
SVG = "{http://www.w3.org/2000/svg}"
TUTORIALS = {"numpy", "pandas", "plotting", "linear-algebra", "calculus", "probability"}


@pytest.fixture(scope="module")
def plan() -> roadmap.Roadmap:
    return roadmap.load(ROOT)


@pytest.fixture
def altered(tmp_path: Path) -> Callable[[Callable[[dict], None]], Path]:
    """Make a tiny book with a changed plan; return its folder."""

    def make(change: Callable[[dict], None]) -> Path:
        content = yaml.safe_load((ROOT / roadmap.SOURCE).read_text(encoding="utf-8"))
        change(content)
        (tmp_path / "chapters").mkdir(exist_ok=True)
        (tmp_path / roadmap.SOURCE).write_text(yaml.safe_dump(content), encoding="utf-8")
        (tmp_path / "index.qmd").write_text("# Preface {.unnumbered}\n", encoding="utf-8")
        (tmp_path / "_quarto.yml").write_text(
            "book:\n  title: Tiny\n  chapters: [index.qmd]\n", encoding="utf-8"
        )
        return tmp_path

    return make


def entry_of(content: dict, name: str) -> dict:
    return next(row for row in content["entries"] if row["id"] == name)


def links_of(plan: roadmap.Roadmap) -> list[ElementTree.Element]:
    return list(ElementTree.fromstring(plan._repr_html_()).iter("a"))


def test_every_planned_part_of_the_book_is_on_it(plan: roadmap.Roadmap) -> None:
    ids = [entry.id for entry in plan.entries]
    assert set(ids) == {str(n) for n in range(1, 20)} | set("ABCDEFGH") | TUTORIALS
    assert len(ids) == len(set(ids))
    assert {entry.id for entry in plan.entries if entry.kind == "tutorial"} == TUTORIALS
    assert {entry.id for entry in plan.entries if entry.kind == "appendix"} == set("ABCDEFGH")


def test_support_vector_machines_stand_on_the_path_of_part_one(plan: roadmap.Roadmap) -> None:
    order = [entry.id for entry in plan.entries if entry.part.startswith("Part I.")]
    assert order == ["1", "2", "3", "4", "E", "5", "6", "7", "8"]


def test_listed_is_exactly_what_quarto_yml_lists(plan: roadmap.Roadmap) -> None:
    listed = {page.path for page in config.load(ROOT).pages}
    assert {entry.page for entry in plan.entries if entry.listed} == listed & {e.page for e in plan.entries}
    numbered = {page.path for page in config.load(ROOT).pages if page.kind in ("chapter", "appendix")}
    assert numbered <= {entry.page for entry in plan.entries}, (
        "a numbered page that the roadmap does not know"
    )


def test_written_is_what_is_listed_and_more_than_an_outline(plan: roadmap.Roadmap) -> None:
    assert plan.entry("2").written and not plan.entry("3").written
    for entry in plan.entries:
        says_planned = entry.listed and "\nstatus: planned\n" in (ROOT / entry.page).read_text(
            encoding="utf-8"
        )
        assert entry.written == (entry.listed and not says_planned)


def test_numbers_agree_with_the_book(plan: roadmap.Roadmap) -> None:
    numbers = {page.path: page.number for page in config.load(ROOT).pages if page.number}
    for entry in plan.entries:
        if entry.page in numbers:
            assert numbers[entry.page] == entry.id


def test_the_map_links_every_entry_by_name_and_state(plan: roadmap.Roadmap) -> None:
    links = links_of(plan)
    assert len(links) == len(plan.entries)
    for link, entry in zip(links, plan.entries, strict=True):
        expected = entry.page.replace(".qmd", ".html") if entry.listed else f"#{entry.anchor}"
        assert link.get("href") == expected
        assert (link.get("aria-label") or "").startswith(f"{entry.full}, {entry.state}")
        words = [text.text for text in link.iter(f"{SVG}text")]
        assert entry.state in words
        assert " ".join(words[2:]) == entry.title
        hatched = [box for box in link.iter(f"{SVG}rect") if box.get("class") == "hatch"]
        assert len(hatched) == (0 if entry.written else 1)


def test_the_map_has_no_links_inside_a_drawing(plan: roadmap.Roadmap) -> None:
    """Scripts that go through a page's links, Quarto's among them, fail on SVG's."""
    assert list(ElementTree.fromstring(plan._repr_html_()).iter(f"{SVG}a")) == []


def test_the_links_lie_on_their_boxes(plan: roadmap.Roadmap) -> None:
    width, height = roadmap_map.size(plan)
    for link, entry in zip(links_of(plan), plan.entries, strict=True):
        box = roadmap_map.box_of(entry)
        shares = [float(share) for share in re.findall(r":([\d.]+)%", link.get("style", ""))]
        expected = [box.x / width, box.y / height, box.width / width, box.height / height]
        assert shares == pytest.approx([100 * share for share in expected], abs=0.001)
        drawing = link.find(f"{SVG}svg")
        assert drawing is not None
        assert drawing.get("viewBox") == f"{box.x:g} {box.y:g} {box.width:g} {box.height:g}"


def test_the_map_draws_a_line_for_every_need(plan: roadmap.Roadmap) -> None:
    for link, entry in zip(links_of(plan), plan.entries, strict=True):
        assert len([path for path in link.iter(f"{SVG}path")]) == len(entry.needs)


def test_lines_keep_clear_of_boxes(plan: roadmap.Roadmap) -> None:
    boxes = {entry.id: roadmap_map.box_of(entry) for entry in plan.entries}
    checked = 0
    for entry in plan.entries:
        for name in entry.needs:
            points = roadmap_map.route(plan, plan.entry(name), entry)
            for x, y in samples(points):
                for other, box in boxes.items():
                    if other not in (name, entry.id):
                        inside = box.x < x < box.x + box.width and box.y < y < box.y + box.height
                        assert not inside, f"the line from {name} to {entry.id} crosses {other}"
                        checked += 1
    assert checked > 1000


def samples(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Points along a route: its straight piece and its Bézier curve."""
    first = roadmap_map.straight_first(points)
    line, curve = (points[:2], points[1:]) if first else (points[3:], points[:4])
    ts = [step / 20 for step in range(21)]
    straight = [tuple(a + t * (b - a) for a, b in zip(*line, strict=True)) for t in ts]
    weights = [((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3) for t in ts]
    bent = [
        tuple(sum(w * p[axis] for w, p in zip(ws, curve, strict=True)) for axis in (0, 1)) for ws in weights
    ]
    return [(x, y) for x, y in straight + bent]


def test_titles_fit_their_boxes(plan: roadmap.Roadmap) -> None:
    for entry in plan.entries:
        lines = roadmap_map.lines_of(entry)
        assert len(lines) <= 2, f"{entry.title!r} takes {len(lines)} lines"
        assert max(map(len, lines)) <= roadmap_map.TITLE_CHARACTERS, f"{entry.title!r} is too wide"


def test_legend_and_names_lie_clear_of_the_boxes(plan: roadmap.Roadmap) -> None:
    boxes = [roadmap_map.box_of(entry) for entry in plan.entries]
    for small, _, words in roadmap_map.legend(plan):
        right = small.x + 46 + 6.5 * len(words)
        for box in boxes:
            apart = box.x > right or box.y > small.y + small.height or box.y + box.height < small.y
            assert apart, f"the legend's {words!r} runs into a box"


def test_the_same_plan_gives_the_same_bytes(plan: roadmap.Roadmap) -> None:
    assert plan._repr_html_() == roadmap.load(ROOT)._repr_html_()


def test_still_shows_every_title(plan: roadmap.Roadmap) -> None:
    shown = " ".join(text.get_text() for text in plan.still().axes[0].texts)
    for entry in plan.entries:
        assert " ".join(roadmap_map.lines_of(entry)) in shown
    assert shown.count("planned") >= sum(not entry.written for entry in plan.entries)


def test_list_says_the_same_as_the_map(plan: roadmap.Roadmap) -> None:
    lines = {
        m[1]: m[0] for m in re.finditer(r"^- .*\{#(plan-[\w-]+)\}.*$", roadmap.listing(plan), re.MULTILINE)
    }
    assert set(lines) == {entry.anchor for entry in plan.entries}
    for entry in plan.entries:
        line = lines[entry.anchor]
        assert entry.title in line and entry.about in line
        assert ("(planned)" in line) is not entry.written
        assert (f"]({entry.page})" in line) is entry.listed
        assert set(re.findall(r"\]\(#(plan-[\w-]+)\)", line)) == {
            plan.entry(name).anchor for name in entry.needs
        }


def test_uses_name_six_tasks_with_chapters_and_projects(plan: roadmap.Roadmap) -> None:
    wants = " ".join(use.want.lower() for use in plan.uses)
    for word in ("segment", "recommend", "fraud", "revenue", "peak load", "staff", "chatbot"):
        assert word in wants
    table = roadmap.uses_table(plan).splitlines()
    assert len(table) == 2 + len(plan.uses)
    assert all(use.chapters and line.count("|") == 5 for use, line in zip(plan.uses, table[2:], strict=True))


def test_a_page_becomes_written_by_being_listed(altered: Callable) -> None:
    folder = altered(lambda content: None)
    assert not any(entry.written for entry in roadmap.load(folder).entries)
    shutil.copy(ROOT / "chapters/solutions.qmd", folder / "chapters/solutions.qmd")
    (folder / "_quarto.yml").write_text(
        "book:\n  title: Tiny\n  chapters: [index.qmd, chapters/solutions.qmd]\n", encoding="utf-8"
    )
    assert [entry.id for entry in roadmap.load(folder).entries if entry.written] == ["H"]
    outline = folder / "chapters/solutions.qmd"
    outline.write_text("---\nstatus: planned\n---\n\n# Solutions {.unnumbered}\n", encoding="utf-8")
    planned = roadmap.load(folder).entry("H")
    assert planned.listed and not planned.written


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: entry_of(c, "9").update(needs=["40"]), "'9' needs '40', which is no entry"),
        (lambda c: entry_of(c, "4").update(needs=["9"]), "'4' needs '9', which stands no higher"),
        (lambda c: entry_of(c, "5").update(at=[1, 1]), "in one place, [1, 1]"),
        (lambda c: entry_of(c, "5").update(id="6"), "two entries '6'"),
        (lambda c: entry_of(c, "5").update(kind="essay"), "kind: 'essay'"),
        (lambda c: entry_of(c, "5").pop("about"), "'about'"),
        (lambda c: c["uses"][0].update(chapters=["77"]), "'77'"),
        (lambda c: c.pop("entries"), "'entries'"),
    ],
)
def test_a_wrong_plan_is_refused(altered: Callable, change: Callable[[dict], None], message: str) -> None:
    folder = altered(change)
    with pytest.raises(BookError) as caught:
        roadmap.load(folder)
    assert message in caught.value.message
    assert caught.value.where.startswith(roadmap.SOURCE)


def test_broken_yaml_names_the_line(altered: Callable) -> None:
    folder = altered(lambda content: None)
    (folder / roadmap.SOURCE).write_text("entries:\n  - id: [1\n", encoding="utf-8")
    with pytest.raises(BookError) as caught:
        roadmap.load(folder)
    assert re.fullmatch(rf"{roadmap.SOURCE}:\d+", caught.value.where)


def test_a_missing_plan_is_refused(altered: Callable) -> None:
    folder = altered(lambda content: None)
    (folder / roadmap.SOURCE).unlink()
    with pytest.raises(BookError, match="cannot be read"):
        roadmap.load(folder)


def test_a_blocked_way_is_refused(altered: Callable) -> None:
    def block(content: dict) -> None:
        entry_of(content, "19")["at"] = [4, 4]
        entry_of(content, "19")["needs"] = []
        entry_of(content, "9")["needs"] = ["7"]
        entry_of(content, "7")["at"] = [5, 3]

    plan = roadmap.load(altered(block))
    with pytest.raises(ValueError, match="no free way"):
        roadmap_map.to_html(plan)
