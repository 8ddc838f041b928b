"""Each rule refuses its bad line at the right place, and the book itself breaks none."""

from pathlib import Path

import pytest

from mlbook.book import config
from mlbook.book.config import Page
from mlbook.book.lint import check, frozen, links, prose, source
from mlbook.book.lint.text import Text

ROOT = Path(__file__).parents[2]
PAGE = Page("chapters/02-x.qmd", "chapter", "2", "X", "sec-x", "")


def text(body: str, *, settings: str = "description: D.") -> Text:
    return Text(PAGE.path, f"---\n{settings}\n---\n\n# X {{#sec-x}}\n\n{body}\n", page=PAGE)


def cell(code: str, options: str = "#| label: a-cell") -> str:
    return f"```{{python}}\n{options}\n{code}\n```"


REFUSED = [
    (prose.typed_results, "The error is 41,446 here.", "typed-result"),
    (prose.typed_results, "The error is \\$41446.", "typed-result"),
    (prose.typed_results, "About 4.7 % are capped.", "typed-result"),
    (prose.typed_results, "It reaches 0.87 at best.", "typed-result"),
    (prose.typed_results, "The table has 20640 rows.", "typed-result"),
    (prose.banned_phrases, "You can simply call it.", "banned-phrase"),
    (prose.banned_phrases, "It is important to note that this holds.", "banned-phrase"),
    (prose.banned_phrases, "It works!", "exclamation-mark"),
    (prose.banned_phrases, "The colour of the map.", "spelling"),
    (prose.one_sentence_a_line, "One sentence ends here. Another one follows it.", "one-sentence"),
    (source.images, "![](a.svg)", "alt-text"),
    (source.images, "![Caption](a.svg){#fig-b}", "alt-text"),
    (source.divs, "::: {.solution}\nx\n:::", "construct"),
    (source.divs, "::: {layout-ncol=2}\nx\n:::", "construct"),
    (source.divs, '::: {.content-visible when-format="html"}\nx\n:::', "construct"),
    (source.spans, "A [word]{.smallcaps} here.", "construct"),
    (source.foreign, "{{< video a.mp4 >}}", "construct"),
    (source.foreign, "See {{< include a.qmd >}} in a line.", "construct"),
    (source.foreign, "A <b>bold</b> word.", "construct"),
    (source.foreign, "```{mermaid}\ngraph\n```", "construct"),
    (source.foreign, "```{=html}\n<p>\n```", "construct"),
]

ACCEPTED = [
    (prose.typed_results, "In 1990 the 10 columns had 3 gaps, see `41,446` and $x = 0.87$."),
    (prose.typed_results, "Python 3.11 on port 8000 under CC BY 4.0."),
    (prose.banned_phrases, "*Dive into Deep Learning* is a book."),
    (prose.typed_results, 'It is `{python} f"{rmse:,.0f}"` dollars.'),
    (prose.banned_phrases, "A simple model behaves well, != aside."),
    (prose.one_sentence_a_line, "Use it for e.g. Houses and vs. Flats that stand.\nThen go on."),
    (source.images, '![Caption](a.svg){#fig-b fig-alt="What it shows."}'),
    (
        source.divs,
        '::: {.callout-note title="T"}\nx\n:::\n\n::: {#exr-a name="N" kind="code"}\nx\n:::'
        "\n\n:::: {.predict}\n\n::: {.reveal}\n:::\n::::",
    ),
    (source.spans, "A [word]{.term} and [aside]{.aside}."),
    (
        source.foreign,
        "{{< include solutions/02-x.qmd >}}\n\nAn <https://example.org> link, x < y and y > z.\n\n"
        "```bash\nls\n```",
    ),
]


@pytest.mark.parametrize(("rule", "body", "name"), REFUSED)
def test_refuses(rule, body, name):
    found = [f for f in rule(text(body)) if f.rule == name]
    assert found
    assert all(f.path == PAGE.path and f.message for f in found)


@pytest.mark.parametrize(("rule", "body"), ACCEPTED)
def test_accepts(rule, body):
    assert list(rule(text(body))) == []


def test_typed_number_may_be_declared():
    declared = text("About 4.7 % are capped.", settings='typed-numbers: ["4.7 %"]')
    assert not list(prose.typed_results(declared))


def test_finding_names_the_line():
    found = next(prose.banned_phrases(text("Fine.\nYou simply call it.")))
    assert found.line == 8


@pytest.fixture
def book(tmp_path):
    (tmp_path / "chapters").mkdir()
    (tmp_path / "references.bib").write_text("@article{known2020,\n title={A}}\n")
    (tmp_path / "_quarto.yml").write_text(
        "book:\n  title: T\n  chapters: [index.qmd, chapters/02-x.qmd]\nbibliography: references.bib\n"
    )
    (tmp_path / "index.qmd").write_text("---\ndescription: D.\n---\n\n# Preface {.unnumbered}\n")
    return tmp_path


def rules_of(root: Path, body: str) -> list[str]:
    (root / PAGE.path).write_text(text(body).text)
    return [f"{f.rule}:{f.line}" for f in check(config.load(root))]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("See @fig-gone.", "reference:7"),
        ("Says @gone2020.", "citation:7"),
        ("[there](../gone.qmd)", "link:7"),
        ("[there](gone.csv)", "link:7"),
        ("[there](../index.qmd#gone)", "link:7"),
        ("[there](#preface)", "link:7"),
        ("A [pit]{.term}.\n\nA [pit]{.term}.", "term-twice:9"),
        ("The pit is deep.\n\nA [pit]{.term} is a hole.", "term-before-definition:7"),
        ("$$ a $$ {#eq-a}\n\n$$ b $$ {#eq-a}", "duplicate-id:9"),
        ("# Second", "heading:1"),
        (cell("x = 1"), "freeze:1"),
        (cell("\n".join("x = 1" for _ in range(26))), "long-cell:7"),
        (cell("x = " + "1 + " * 30 + "1"), "wide-cell:7"),
        (cell("f()", "#| label: fig-a\n#| fig-alt: seen"), "caption:7"),
        (cell("f()", "#| label: fig-a\n#| fig-cap: A."), "alt-text:7"),
        (cell("f()", "#| label: tbl-a"), "caption:7"),
        (cell("warnings.filterwarnings('ignore')"), "hidden-warning:7"),
        ("```{python}\nx = 1\n```", "cell:7"),
        (cell("x = = 1"), "cell:9"),
        (cell("x = 1") + "\n\n" + cell("y = 1"), "cell:12"),
    ],
)
def test_book_rules_refuse(book, body, expected):
    assert expected in rules_of(book, body)


def test_book_rules_accept(book):
    body = "See @sec-x, @eq-a and [@known2020].\n\n$$ a $$ {#eq-a}\n\n"
    body += "[home](../index.qmd#preface) [here](#sec-x)"
    assert rules_of(book, body) == []


def test_large_file(book):
    (book / "big.bin").write_bytes(b"0" * 1_000_001)
    assert "large-file:1" in rules_of(book, "Fine.")


def test_stored_results_need_manifest_and_real_data(book):
    run = book / "data/outputs/a-run"
    run.mkdir(parents=True)
    assert "results:1" in rules_of(book, "Fine.")
    (run / "manifest.json").write_text('{"standins": ["california_housing"]}')
    assert "results:1" in rules_of(book, "Fine.")
    (run / "manifest.json").write_text('{"standins": []}')
    assert rules_of(book, "Fine.") == []
    (run / "model.pkl").write_bytes(b"x")
    assert "results:1" in rules_of(book, "Fine.")


@pytest.mark.parametrize(
    "markdown",
    [
        "saved to /home/ann/model",
        "UserWarning: careful",
        "Traceback (most recent call last)",
        "<Foo object at 0x7f00aabbccdd>",
    ],
)
def test_foreign_freeze(markdown):
    assert list(frozen.foreign("p", "html", markdown))


def test_an_explorable_without_a_module_is_found():
    block = '<div class="explorable" id="explorable-fig-x" data-name="{}" hidden role="group">'
    assert list(frozen.unknown_explorables("p", block.format("descent"), ROOT)) == []
    (found,) = frozen.unknown_explorables("p", block.format("desent"), ROOT)
    assert "'desent'" in str(found) and "explore/desent.js" in str(found)


def test_slug_is_pandocs():
    assert links.slug("2. Why *accuracy* lies, `really`") == "why-accuracy-lies-really"


def test_the_book_breaks_no_rule():
    findings = check(config.load(ROOT))
    assert not findings, "\n".join(map(str, findings[:50]))
