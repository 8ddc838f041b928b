"""Numbers and references as the press's filter makes them."""

import json
import subprocess
from pathlib import Path

import pypandoc
import pytest

REPOSITORY = Path(__file__).parents[3]
FILTER = REPOSITORY / "code" / "mlbook" / "book" / "press" / "crossref.lua"
NBSP = "\u00a0"


class Page:
    """What pandoc made of a page: HTML, the index, and what was said."""

    def __init__(self, markdown: str, folder: Path, number: str = "2") -> None:
        index = folder / "index.json"
        command = [
            str(pypandoc.get_pandoc_path()),
            "--to=html5",
            "--mathml",
            "--wrap=none",
            f"--metadata=mlbook-number:{number}",
            f"--metadata=mlbook-index:{index}",
            f"--lua-filter={FILTER}",
        ]
        done = subprocess.run(command, input=markdown, capture_output=True, text=True, check=True)
        self.html, self.said = done.stdout, done.stderr
        self.index = json.loads(index.read_text(encoding="utf-8"))
        self.ids = self.index["ids"]


def test_sections_are_numbered_to_the_third_level(tmp_path: Path):
    page = Page(
        "# A {#sec-a}\n\n## B {#sec-b}\n\n### C\n\n#### D\n\n## E {.unnumbered}\n\n## F {#sec-f}\n\n### G\n",
        tmp_path,
    )
    assert [h["number"] for h in page.index["headings"]] == ["2", "2.1", "2.1.1", "", "", "2.2", "2.2.1"]
    assert page.ids["sec-a"]["text"] == f"Chapter{NBSP}2"
    assert page.ids["sec-f"] == {"kind": "sec", "number": "2.2", "text": f"Section{NBSP}2.2", "title": "F"}
    assert '<h2 id="sec-b"><span class="header-section-number">2.1</span> B</h2>' in page.html


def test_appendix_is_lettered(tmp_path: Path):
    page = Page("# A {#sec-a}\n\n## B {#sec-b}\n\nSee @sec-a and @sec-b.\n", tmp_path, "C")
    assert f">Appendix{NBSP}C</a>" in page.html
    assert f">Section{NBSP}C.1</a>" in page.html


def test_page_without_number_has_plain_figure_numbers(tmp_path: Path):
    page = Page('# A {.unnumbered}\n\n## B\n\n![Cap](a.svg){#fig-a fig-alt="Alt"}\n', tmp_path, "")
    assert page.ids["fig-a"]["text"] == f"Figure{NBSP}1"
    assert [h["number"] for h in page.index["headings"]] == ["", ""]


FROZEN = """# A

::: {#fig-map}
::: {.cell-output .cell-output-display}
![](a.svg){.light-content fig-alt="Alt \\"one\\"" width=576 height=384}
![](b.svg){.dark-content fig-alt="Alt" width=576 height=384}

```{=html}
<div class="plotly-widget"></div>
```
:::

Caption with $x^2$.
:::
"""


def test_figure_with_two_themes_and_a_widget(tmp_path: Path):
    page = Page(FROZEN, tmp_path)
    assert page.said == ""
    assert page.html.count("<figure") == 1
    assert page.html.count("<img") == 2
    assert 'alt="Alt &quot;one&quot;"' in page.html
    assert '<div class="plotly-widget"></div>' in page.html
    assert f"<figcaption>Figure{NBSP}2.1: Caption with <math" in page.html
    assert page.ids["fig-map"]["number"] == "2.1"


def test_figure_without_caption_is_a_warning(tmp_path: Path):
    page = Page("::: {#fig-map}\n![](a.svg)\n:::\n", tmp_path)
    assert page.said.startswith("[WARNING] the figure fig-map needs a picture, and a caption")


def test_table_caption_has_its_number(tmp_path: Path):
    page = Page("| a |\n|--:|\n| 1 |\n\n: Cap *x*. {#tbl-t}\n\nSee @tbl-t.\n", tmp_path)
    assert f"<caption>Table{NBSP}2.1: Cap <em>x</em>.</caption>" in page.html
    assert '<table id="tbl-t">' in page.html
    assert f'<a href="#tbl-t" class="quarto-xref">Table{NBSP}2.1</a>' in page.html


def test_table_without_id_stays_as_it_is(tmp_path: Path):
    page = Page("| a |\n|--:|\n| 1 |\n\n: Cap.\n", tmp_path)
    assert "<caption>Cap.</caption>" in page.html
    assert page.ids == {}


@pytest.mark.parametrize(
    "source", ["$$\na = b\n$$ {#eq-x}\n", "Text $$a = b$$ {#eq-x}, and on.\n", "- $$a$$ {#eq-x}\n"]
)
def test_equation_takes_its_label(tmp_path: Path, source: str):
    page = Page(f"# A\n\n{source}\nSee @eq-x, [-@eq-x].\n", tmp_path)
    assert "{#eq" not in page.html
    assert '<span id="eq-x" class="equation"><math' in page.html
    assert '<span class="equation-number">(2.1)</span>' in page.html
    assert f">Equation{NBSP}2.1</a>, <a" in page.html
    if "and on" in source:
        assert "</span>, and on." in page.html


def test_exercise_has_number_and_name(tmp_path: Path):
    page = Page(
        '::: {#exr-a name="First *one*"}\nDo it.\n:::\n\n::: {#exr-b}\n- List.\n:::\n\n@exr-b\n', tmp_path
    )
    assert '<div id="exr-a" class="theorem exercise">' in page.html
    assert f'<span class="theorem-title"><strong>Exercise{NBSP}2.1 (First' in page.html
    assert f'<p><span class="theorem-title"><strong>Exercise{NBSP}2.2</strong></span></p>' in page.html
    assert [e["id"] for e in page.index["exercises"]] == ["exr-a", "exr-b"]


def test_references_to_other_pages_stay_open(tmp_path: Path):
    page = Page("See @fig-far, [-@fig-far], [Plot @fig-far].\n", tmp_path)
    assert (
        '<a href="#fig-far" class="quarto-xref" data-ref="fig-far" data-form="text">fig-far</a>' in page.html
    )
    assert page.html.count('data-form="number"') == 2
    assert f"Plot{NBSP}<a" in page.html


def test_capital_and_several_references(tmp_path: Path):
    page = Page("![Cap](a.svg){#fig-a}\n\n![Cap](b.svg){#fig-b}\n\n@Fig-a and [@fig-a; @fig-b]\n", tmp_path)
    link = '<a href="#fig-{0}" class="quarto-xref">Figure{1}2.{2}</a>'
    first, second = link.format("a", NBSP, 1), link.format("b", NBSP, 2)
    assert f"<p>{first} and {first}, {second}</p>" in page.html


def test_citations_are_left_alone(tmp_path: Path):
    page = Page("@someone2020 and [@figure1999].\n", tmp_path)
    assert 'data-cites="someone2020"' in page.html
    assert 'data-cites="figure1999"' in page.html


def test_mixed_citation_is_a_warning(tmp_path: Path):
    page = Page("![Cap](a.svg){#fig-a}\n\n[@fig-a; @someone2020]\n", tmp_path)
    assert "mixes cross-references and citations" in page.said


def test_double_id_is_a_warning(tmp_path: Path):
    page = Page("![Cap](a.svg){#fig-a}\n\n![Cap](b.svg){#fig-a}\n", tmp_path)
    assert page.said == "[WARNING] the id fig-a is given twice\n"


def test_box_titles_are_no_headings(tmp_path: Path):
    page = Page("# A\n\n::: {.callout-tip}\n## T {.unnumbered .unlisted}\nX.\n:::\n\n## B\n", tmp_path)
    assert [h["text"] for h in page.index["headings"]] == ["A", "B"]
    assert page.index["headings"][1]["number"] == "2.1"


def test_terms_are_listed(tmp_path: Path):
    page = Page("A [tree]{#term-tree .dfn .term}.\n", tmp_path)
    assert page.index["terms"] == [{"id": "term-tree", "term": "tree"}]
