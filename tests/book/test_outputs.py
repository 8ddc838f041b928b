"""What a cell's outputs become in the two formats, and what may not be frozen."""

from __future__ import annotations

from typing import Any

import pytest

from mlbook.book.cells import Cell, Place
from mlbook.book.outputs import render
from mlbook.book.pictures import Page
from mlbook.errors import BookError
from mlbook.viz.render import FIGURE
from mlbook.viz.show import WIDGET

HTML, TYP = Page("one", "html"), Page("one", "typ")
DRAWING = {"light": "<svg>l</svg>", "dark": "<svg>d</svg>", "width": 672, "height": 288}
NUMBERED = {"fig-cap": "See $x_{1}$.", "fig-alt": 'A "line" \\ rising.'}


def cell(label: str = "a", code: str = "x\n", **options: Any) -> Cell:
    """Make a cell; "_" in an option's name is a hyphen."""
    return Cell(
        label, {key.replace("_", "-"): value for key, value in options.items()}, code, code, Place("p.qmd", 7)
    )


def stream(text: str, name: str = "stdout") -> dict[str, Any]:
    """Make a stream output."""
    return {"output_type": "stream", "name": name, "text": text}


def shown(**data: Any) -> dict[str, Any]:
    """Make a display output of MIME types, "__" for the slash."""
    return {
        "output_type": "display_data",
        "data": {key.replace("__", "/"): value for key, value in data.items()},
    }


def drawn() -> dict[str, Any]:
    """Make a figure output."""
    return {"output_type": "display_data", "data": {FIGURE: DRAWING}}


def test_text_is_a_block_in_both_formats() -> None:
    expected = (
        "::: {#cell-a .cell execution_count=3}\n``` {.python .cell-code}\nx\n```\n\n"
        "::: {.cell-output .cell-output-stdout}\n```\n1\n  2\n```\n:::\n:::\n"
    )
    for page in (HTML, TYP):
        assert render(cell(), [stream("\x1b[31m1\x1b[0m \n  2\n")], 3, page).markdown == expected


def test_fences_outgrow_what_is_inside() -> None:
    done = render(cell(code='s = """\n```\n"""\n'), [stream("````\n")], 1, HTML).markdown
    assert "\n```` {.python .cell-code}\n" in done
    assert "\n`````\n````\n`````\n" in done


def test_options_hide_code_and_outputs() -> None:
    assert "cell-code" not in render(cell(echo=False), [stream("1")], 1, HTML).markdown
    hidden = render(cell(output=False), [stream("1"), shown(text__plain="'secret'")], 1, HTML).markdown
    assert "cell-code" in hidden and "secret" not in hidden
    assert render(cell(echo=False), [], 1, HTML).markdown == ""
    assert render(cell(eval=False), [], None, HTML).markdown.startswith("::: {#cell-a .cell}\n")
    assert 'code-fold="true"' in render(cell(fold=True), [], 1, HTML).markdown
    assert "code-fold" not in render(cell(fold=True), [], 1, TYP).markdown


def test_markdown_stays_and_a_table_gets_its_caption() -> None:
    table = shown(text__markdown="| a |\n|---|\n| 1 |", text__plain="ignored")
    for page in (HTML, TYP):
        done = render(cell("tbl-t", tbl_cap="Rows: 1"), [table], 1, page).markdown
        assert "| 1 |\n\n: Rows: 1 {#tbl-t}\n:::" in done
        assert "ignored" not in done
    assert "\n\n: Rows\n:::" in render(cell("plain", tbl_cap="Rows"), [table], 1, HTML).markdown
    assert "**b**" in render(cell(), [shown(text__markdown="**b**")], 1, HTML).markdown


def test_a_numbered_figure_on_the_site_stands_below_its_cell() -> None:
    done = render(cell("fig-f", **NUMBERED), [stream("1"), drawn()], 2, HTML)
    head, _, figure = done.markdown.partition("\n:::\n\n::: {#fig-f}\n")
    assert head.count(":::") == 3 and "stdout" in head
    alt = 'fig-alt="A \\"line\\" \\\\ rising." width=672 height=288'
    assert figure == (
        "::: {.cell-output .cell-output-display}\n"
        f"![](one_files/figure-html/fig-f-output-1.svg){{.light-content {alt}}}\n"
        f"![](one_files/figure-html/fig-f-output-1-dark.svg){{.dark-content {alt}}}\n"
        ":::\n\nSee $x_{1}$.\n:::\n"
    )
    assert done.figures == {"fig-f-output-1.svg": "<svg>l</svg>", "fig-f-output-1-dark.svg": "<svg>d</svg>"}


def test_a_numbered_figure_in_print_is_the_light_one() -> None:
    done = render(cell("fig-f", **NUMBERED), [drawn()], 2, TYP)
    image = "![See $x_{1}$.](one_files/figure-typst/fig-f-output-1.svg)"
    assert f'{image}{{#fig-f fig-alt="A \\"line\\" \\\\ rising."}}' in done.markdown
    assert list(done.figures) == ["fig-f-output-1.svg"]


def test_a_plain_figure_and_several_of_them() -> None:
    done = render(cell("sol-a", fig_alt="Alt"), [drawn(), drawn()], 1, TYP)
    assert '![](one_files/figure-typst/sol-a-output-2.svg){fig-alt="Alt"}' in done.markdown
    assert "#sol-a" not in done.markdown
    assert list(done.figures) == ["sol-a-output-1.svg", "sol-a-output-2.svg"]
    with pytest.raises(BookError, match="more than one figure"):
        render(cell("fig-f", **NUMBERED), [drawn(), drawn()], 1, HTML)


@pytest.mark.parametrize("page", [HTML, TYP])
def test_a_figure_needs_alternative_text(page: Page) -> None:
    with pytest.raises(BookError, match="without alternative text") as caught:
        render(cell("fig-f", fig_cap="c"), [drawn()], 1, page)
    assert caught.value.where == "p.qmd:7"


def test_reprs_of_artists_go_where_a_figure_is_shown() -> None:
    repr_ = shown(text__plain="[<matplotlib.lines.Line2D at 0x7f1234567890>]")
    done = render(cell("fig-f", **NUMBERED), [repr_, drawn()], 1, HTML).markdown
    assert "Line2D" not in done
    with pytest.raises(BookError, match="memory address"):
        render(cell(), [repr_], 1, HTML)


def test_a_widget_holds_its_data_and_no_script_that_runs() -> None:
    spec = {"data": [{"name": "</script><b>"}], "layout": {}, "dark": {}}
    output = {
        "output_type": "display_data",
        "data": {WIDGET: {"kind": "plotly", "spec": spec, "still": DRAWING}},
    }
    done = render(cell("fig-w", **NUMBERED), [output], 1, HTML).markdown
    assert '<div class="plotly-widget" id="widget-fig-w" data-height="288" hidden' in done
    assert 'aria-label="A &quot;line&quot; \\ rising."' in done
    assert '<script type="application/json">{"dark":{},"data":[{"name":"\\u003c/script>' in done
    assert done.index("fig-w-output-1.svg") < done.index("plotly-widget") < done.index("See $x_{1}$.")
    printed = render(cell("fig-w", **NUMBERED), [output], 1, TYP).markdown
    assert "plotly" not in printed and "fig-w-output-1.svg){#fig-w" in printed


def test_an_explorable_holds_its_data_and_no_script_that_runs() -> None:
    data = {"title": 'A "valley"', "question": "</script>?", "points": [1.5]}
    content = {"kind": "explorable", "name": "descent", "data": data, "still": DRAWING}
    output = {"output_type": "display_data", "data": {WIDGET: content}}
    done = render(cell("fig-e", **NUMBERED), [output], 1, HTML).markdown
    assert (
        '<div class="explorable" id="explorable-fig-e" data-name="descent" hidden role="group" '
        'aria-label="A &quot;valley&quot;"><script type="application/json">'
        '{"points":[1.5],"question":"\\u003c/script>?","title":"A \\"valley\\""}</script></div>'
    ) in done
    assert done.index("fig-e-output-1-dark.svg") < done.index("explorable") < done.index("See $x_{1}$.")
    printed = render(cell("fig-e", **NUMBERED), [output], 1, TYP).markdown
    assert "explorable" not in printed and "fig-e-output-1.svg){#fig-e" in printed


def test_a_widget_of_html_alone_needs_no_still_on_the_site() -> None:
    output = {
        "output_type": "display_data",
        "data": {WIDGET: {"kind": "html", "html": "<svg/>", "still": DRAWING}},
    }
    done = render(cell("fig-w", **NUMBERED), [output], 1, HTML)
    assert '```{=html}\n<div class="html-widget"><svg/></div>\n```' in done.markdown
    assert done.figures == {}
    assert "fig-w-output-1.svg" in render(cell("fig-w", **NUMBERED), [output], 1, TYP).figures


FOREIGN = {
    "<function f at 0x7f00aa11bb22>": "a memory address",
    "saved in /home/ann/book/x.csv": "an absolute path",
    "C:\\Users\\ann\\x.csv": "an absolute path",
    "File '/tmp/x.py'": "an absolute path",
    "Wall time: 3 s": "a measured time",
    "1.2 ms ± 3 µs per loop (mean ± std. dev. of 7 runs, 100 loops each)": "a measured time",
    "x.py:1: FutureWarning: soon": "a warning",
    "Traceback (most recent call last):": "a traceback",
}


@pytest.mark.parametrize("text", FOREIGN)
def test_what_differs_elsewhere_is_refused(text: str) -> None:
    for output in (stream(text), shown(text__plain=text), shown(text__markdown=text)):
        with pytest.raises(BookError, match=FOREIGN[text]) as caught:
            render(cell(), [output], 1, HTML)
        assert "'a'" in caught.value.message and caught.value.where == "p.qmd:7"
    assert text.split()[0] in render(cell(error=True), [stream(text)], 1, HTML).markdown


@pytest.mark.parametrize(
    "text",
    [
        "data/cache/housing.csv",
        "https://a.org/home/x",
        "and/or",
        "<p>a</p>",
        "at 0x",
        "3/4 of /",
        "a time: 3 s",
    ],
)
def test_what_only_looks_like_it_stays(text: str) -> None:
    assert text in render(cell(), [stream(text)], 1, HTML).markdown


def test_standard_error_is_refused_even_when_outputs_are_hidden() -> None:
    for one in (cell(), cell(output=False)):
        with pytest.raises(BookError, match="writes a warning: careful"):
            render(one, [stream("\ncareful\n", "stderr")], 1, HTML)
    assert "careful" in render(cell(error=True), [stream("careful", "stderr")], 1, HTML).markdown
