"""Symbols are read out of formulas as a reader sees them, and each must be declared somewhere."""

from __future__ import annotations

import pytest

from mlbook.book.config import Book, Page
from mlbook.book.lint import symbols
from mlbook.book.lint.text import Finding, Text

NOTATION = Text(
    "chapters/notation.qmd",
    "| Symbol | Meaning |\n|:--|:--|\n| $x_j$ | feature $j$ of $n$ |\n| $\\hat{y}$ | prediction |\n",
    page=Page("chapters/notation.qmd", "page", "", "Notation", "", ""),
)


@pytest.mark.parametrize(
    ("tex", "found"),
    [
        ("x", ["x"]),
        ("2x + 3", ["x"]),
        (r"\mathbf{x}", [r"\mathbf{x}"]),
        (r"\mathbf x", [r"\mathbf{x}"]),
        (r"\hat{y}", [r"\hat{y}"]),
        (r"\hat y", [r"\hat{y}"]),
        (r"\hat{\mathbf{y}}", [r"\hat{\mathbf{y}}"]),
        (r"\hat\mathbf y", [r"\hat{\mathbf{y}}"]),
        (r"\boldsymbol{\theta}", [r"\boldsymbol{\theta}"]),
        (r"\theta", [r"\theta"]),
        ("x_j", ["x", "j"]),
        (r"\mathbf{x}^{(i)}_j", [r"\mathbf{x}", "i", "j"]),
        (r"J_{\text{train}}", ["J_{train}"]),
        (r"J_{\mathrm{train}}", ["J_{train}"]),
        (r"J_\text{train}", ["J_{train}"]),
        (r"\hat{y}_{\text{new}}^2", [r"\hat{y}_{new}"]),
        (r"f(x) \text{ if } x \ge 0", ["f", "x", "x"]),
        (
            r"\operatorname{RMSE} = \sqrt{\frac{1}{n} \sum_{i=1}^{n} 2}",
            [r"\operatorname{RMSE}", "n", r"\sum", "i", "n"],
        ),
        (r"\operatorname*{arg\,min}_w", [r"\operatorname{arg\,min}", "w"]),
        (r"\mathbb{1}[x > 0]", [r"\mathbb{1}", "x"]),
        (r"\begin{aligned} a &= b \\ c &= d \end{aligned}", ["a", "b", "c", "d"]),
        (r"\begin{array}{cc} 1 & 2 \end{array}", []),
        (r"\underbrace{a + b}_{\text{both}}", ["a", "b"]),
        (r"\overline{x + y}", ["x", "y"]),
        (r"\left( \frac{a}{b} \right)^2 \quad \text{and}\; 3", ["a", "b"]),
        (r"f'(x)", ["f", "x"]),
        (r"\lVert x \rVert", [r"\lVert", "x", r"\rVert"]),
        (r"\| x \|", [r"\|", "x", r"\|"]),
        (r"\frac12", []),
        ("x_", ["x"]),
        (r"\hat", []),
        (r"{x", ["x"]),
        ("", []),
    ],
)
def test_symbols_of_a_formula(tex, found):
    assert symbols.symbols(tex) == found


def page(body: str, settings: str = "description: D.") -> Text:
    made = Page("chapters/02-x.qmd", "chapter", "2", "X", "sec-x", "")
    return Text(made.path, f"---\n{settings}\n---\n\n# X {{#sec-x}}\n\n{body}\n", page=made)


def findings(*texts: Text) -> list[Finding]:
    return list(symbols.undeclared(Book(None, (), {}), [NOTATION, *texts]))  # type: ignore[arg-type]


def test_what_the_notation_page_declares_may_be_used():
    assert findings(page("Here $x_1$ and $\\hat y$ of $x_j$ meet.\n\n$$\nx = \\hat{y}_j\n$$ {#eq-a}")) == []


@pytest.mark.parametrize(
    ("body", "symbol", "line"),
    [
        ("Fine.\nA $z$.", "z", 8),
        ("$$\nx = y\n$$", "y", 7),
        ("A $\\mathbf{x}$.", r"\mathbf{x}", 7),
        ("A $x_{\\text{test}}$.", "x_{test}", 7),
        ("A $\\hat{x}$.", r"\hat{x}", 7),
        ('```{python}\n#| label: fig-a\n#| fig-cap: "Of $z$."\n```', "z", 9),
        ("$n$ has its row only as an explanation.", "n", 7),
    ],
)
def test_what_nothing_declares_is_found_where_it_stands(body, symbol, line):
    (found,) = findings(page(body))
    assert (found.line, found.rule) == (line, "symbol")
    assert found.message.startswith(f"{symbol} is not on the notation page")


def test_a_symbol_is_reported_once_a_page():
    assert len(findings(page("A $z$, again $z$, and $$z$$."))) == 1


def test_a_page_declares_its_own_for_its_solutions_too():
    chapter = page("A $z$.", 'local-symbols: ["z", "\\\\mathbf{A}_{\\\\text{new}}"]')
    solutions = Text(
        "chapters/solutions/02-x.qmd", "Then $z = \\mathbf A_{\\text{new}}$.\n", includer=chapter
    )
    assert findings(chapter, solutions) == []
    assert [f.path for f in findings(page("A $x$."), page("A $z$."))] == [chapter.path]


def test_a_declaration_for_nothing_is_found():
    (found,) = findings(page("A $x$.", "local-symbols: [z]"))
    assert "local-symbols lists 'z', which no formula of the page uses" in found.message


def test_money_and_code_are_no_formulas():
    assert findings(page("From \\$5 to \\$7, or `$z$`.\n\n```bash\necho $z $w\n```")) == []


def test_a_book_without_a_notation_page_needs_no_declarations():
    assert list(symbols.undeclared(Book(None, (), {}), [page("A $z$.")])) == []  # type: ignore[arg-type]
