"""The PDF: what it says, its structure, its bytes, and what faults give."""

import json
import re
import subprocess
from pathlib import Path

import pypandoc
import pytest
from pypdf import PdfReader
from pypdf.generic import ArrayObject, DictionaryObject

from mlbook.book import config
from mlbook.book.press import fragments, pdf
from mlbook.errors import BookError

PRESS = Path(pdf.__file__).parent


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample book's PDF."""
    from sample_book import make_sample

    root = make_sample(tmp_path_factory.mktemp("pdf") / "book")
    return pdf.build_pdf(config.load(root), root / "book.pdf")


@pytest.fixture(scope="module")
def reader(built: Path) -> PdfReader:
    return PdfReader(built)


@pytest.fixture(scope="module")
def text(reader: PdfReader) -> str:
    return " ".join(" ".join(page.extract_text() for page in reader.pages).split())


def structure(reader: PdfReader) -> list[DictionaryObject]:
    """Every element of the structure tree."""
    found, waiting = [], [reader.trailer["/Root"]["/StructTreeRoot"]]
    while waiting:
        element = waiting.pop()
        children = element.get("/K", [])
        children = children if isinstance(children, ArrayObject) else [children]
        for child in (kid.get_object() for kid in children):
            if isinstance(child, DictionaryObject) and "/S" in child:
                found.append(child)
                waiting.append(child)
    return found


def test_declares_pdf_ua_language_and_title(reader: PdfReader):
    root = reader.trailer["/Root"]
    assert b"<pdfuaid:part>1</pdfuaid:part>" in root["/Metadata"].get_data()
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "en"
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert reader.metadata.title == "A Sample Book"
    assert reader.metadata.author == "Ada Example, Bo Example"


def test_every_number_of_the_site_is_in_the_pdf(built: Path, text: str):
    book = config.load(built.parent)
    made = fragments.make(book, [fragments.read(book, page) for page in book.pages])
    entries = [entry for fragment in made.values() for entry in fragment.ids.values()]
    shapes = {
        "fig": "{text}. {title}",
        "tbl": "{text}. {title}",
        "exr": "{text} ({title})",
        "eq": "({number})",
        "sec": "{number} {title}",
    }
    assert {entry["kind"] for entry in entries} == set(shapes)
    for entry in entries:
        expected = shapes[entry["kind"]].format(**entry).replace("\u00a0", " ")
        assert expected in text


def test_numbers_and_references_read_well(text: str):
    for expected in (
        "Chapter 1 Alpha, or how a line is drawn",
        "1.1 Seeing it",
        "Figure 1.1. Four points and a line through their middle.",
        "Table 1.1. The four points.",
        "Figure 1.1 shows the points, and Table 1.1 lists them.",
        "and Equation 1.1 is smallest",
        "(1.1)",
        "Exercise 2.1 (Slope)",
        "or 2.1 alone",
        "Appendix A More",
        "back to Chapter 1.",
    ):
        assert expected in text


def test_references_to_other_chapters_name_the_page(text: str):
    assert re.search(r"Figure 1\.1 on page \d+,", text)
    assert re.search(r"the first chapter \(p\.\s\d+\)", text)


def test_links_between_pages_of_a_folder_lead_there(sample: Path):
    replace(
        sample,
        "A tip with a title.",
        "See [back](01-alpha.qmd#sec-seeing), [all](../index.qmd), [it](../_quarto.yml).",
    )
    book = config.load(sample)
    written = pdf.to_typst(book)
    assert '#link(label("sec-seeing"))[back]#mlbook.page-mark(label("sec-seeing"))' in written
    assert '#link(label("index.qmd__preface"))[all]' in written
    assert '#link("https://example.org/sample/blob/main/_quarto.yml")[it]' in written
    assert '.qmd"' not in written.replace("// page:", "")
    PdfReader(pdf.build_pdf(book, sample / "links.pdf"))


def test_links_out_of_the_book_have_a_footnote(sample: Path):
    replace(sample, "A tip with a title.", "See [a place](https://example.org/a_b), <https://example.org/c>.")
    written = pdf.to_typst(config.load(sample))
    assert '[a place]#footnote[#link("https://example.org/a_b")' in written
    assert written.count("example.org/c") == 1


def test_boxes_have_their_words_and_titles(text: str):
    for expected in ("Predict Which way?", "The answer: It rises.", "Tip Save often", "Numbers to remember"):
        assert expected in text
    assert "Hint. Divide." in text


def test_solutions_are_collected_at_the_end(text: str):
    at = text.rindex("Solutions Beta and everything else Exercise 2.1 (Slope) The slope is")
    assert at > text.index("Appendix A More")


def test_every_figure_and_formula_is_spoken(reader: PdfReader):
    elements = structure(reader)
    kinds = [element["/S"] for element in elements]
    alts = {
        str(element["/Alt"])
        for element in elements
        if element["/S"] in ("/Figure", "/Formula") and "/Alt" in element
    }
    assert kinds.count("/Formula") >= 3
    assert "Four dots rise from left to right along a straight line." in alts
    assert "Three dots in a row." in alts
    assert any(
        alt.startswith("S open parenthesis beta close parenthesis equals the sum from i equals 1 to n")
        for alt in alts
    )
    missing = [e for e in elements if e["/S"] == "/Formula" and not e.get("/Alt")]
    assert missing == []


def test_tables_have_header_cells(reader: PdfReader):
    kinds = [element["/S"] for element in structure(reader)]
    assert kinds.count("/Table") == 2
    assert kinds.count("/TH") == 7
    assert "/Code" in kinds
    assert "/Note" in kinds or "/FENote" in kinds


def test_bookmarks_follow_the_book(reader: PdfReader):
    def titles(entries: list) -> list:
        return [titles(entry) if isinstance(entry, list) else entry.title for entry in entries]

    found = titles(reader.outline)
    assert "Part I. First things" in found
    at = found.index("1 Alpha, or how a line is drawn")
    assert found[at + 1] == ["1.1 Seeing it", "1.2 Saying it"]


def test_pages_are_numbered_and_headed(reader: PdfReader):
    assert reader.page_labels[2:5] == ["i", "1", "2"]
    heads = [page.extract_text() for page in reader.pages]
    assert any(
        text.startswith("1 Alpha, or how a line is drawn") and "1.1 Seeing it" in text[:60] for text in heads
    )


def test_fonts_are_embedded(built: Path):
    listed = subprocess.run(["pdffonts", str(built)], capture_output=True, text=True, check=True).stdout
    rows = [line.split() for line in listed.splitlines()[2:]]
    assert len(rows) >= 4
    assert all(row[-5] == "yes" for row in rows)


def test_same_sources_give_the_same_bytes(sample: Path, built: Path):
    again = pdf.build_pdf(config.load(sample), sample / "again.pdf")
    assert again.read_bytes() == built.read_bytes()


def replace(root: Path, old: str, new: str) -> None:
    """Change the sample's second chapter."""
    path = root / "chapters" / "02-beta.qmd"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("@tbl-methods", "@tbl-nothing", "@tbl-nothing leads nowhere"),
        ("](dots.svg)", "](lost.svg)", "the picture lost.svg is not there"),
        ('fig-alt="Three dots in a row."', 'fig-alt=""', "has no alternative text"),
        ("$\\hat\\beta$", "$\\unknownmacro{x}$", "TeX math"),
        ("](#tbl-points)", "](#tbl-nowhere)", "the link to #tbl-nowhere leads nowhere"),
        (
            "A picture from a file.](dots.svg){#fig-dots",
            "A picture.](dots.svg){#fig-line",
            "fig-line is given twice",
        ),
    ],
)
def test_faults_name_the_page_and_leave_the_old_pdf(sample: Path, old: str, new: str, message: str):
    replace(sample, old, new)
    out = sample / "book.pdf"
    out.write_bytes(b"old")
    with pytest.raises(BookError) as caught:
        pdf.build_pdf(config.load(sample), out)
    assert message in str(caught.value)
    assert caught.value.where == "chapters/02-beta.qmd"
    assert out.read_bytes() == b"old"


def test_fault_of_typst_names_the_page(sample: Path):
    replace(sample, "A note without a title.", "`#undefined-thing`{=typst}")
    with pytest.raises(BookError, match="unknown variable: undefined-thing") as caught:
        pdf.build_pdf(config.load(sample), sample / "book.pdf")
    assert caught.value.where == "chapters/02-beta.qmd"


def test_missing_freeze_is_told(sample: Path):
    (sample / "_freeze/chapters/01-alpha/execute-results/typ.json").unlink()
    with pytest.raises(BookError, match="no frozen results"):
        pdf.build_pdf(config.load(sample), sample / "book.pdf")


SPOKEN = {
    "x": "x",
    "x^2 + y_i": "x squared plus y sub i",
    r"\frac{a}{b}": "a over b",
    r"\frac{a + b}{c}": "the fraction a plus b over c, end fraction",
    r"\sum_{i=1}^{n} x_i": "the sum from i equals 1 to n of x sub i",
    r"\hat{y} = \mathbf{X}\boldsymbol{\theta}": "y hat equals bold X bold theta",
    r"\sqrt{\frac1m \sum_i e_i^2}": "the square root of 1 over m the sum over i of e sub i squared, end root",
    r"\min_{\theta} J(\theta)": "the minimum over theta of J open parenthesis theta close parenthesis",
    r"\text{RMSE} \le 12.5": "RMSE is at most 12.5",
    r"\text{if } x > 0": "if x is greater than 0",
    r"A^{-1}": "A to the power of minus 1, end power",
    r"\mathbf{w}^\top \mathbf{x}": "bold w transposed bold x",
    r"\Delta \in \mathbb{R}": "capital delta in blackboard R",
    r"\begin{cases} 1 & x \\ 0 \end{cases}": "cases: 1, x; 0, end cases",
    r"\left( a \right)": "open parenthesis a close parenthesis",
    r"\unheardof x": "unheardof x",
    "f'(x)": "f prime open parenthesis x close parenthesis",
}


def test_formulas_are_spoken_in_words(tmp_path: Path):
    script = tmp_path / "speak.lua"
    script.write_text(
        f"local speech = dofile({json.dumps(str(PRESS / 'speech.lua'))})\n"
        "local said = {}\n"
        "for line in io.lines(arg[1]) do table.insert(said, speech(line)) end\n"
        "print(pandoc.json.encode(said))\n",
        encoding="utf-8",
    )
    (tmp_path / "formulas").write_text("\n".join(SPOKEN), encoding="utf-8")
    command = [str(pypandoc.get_pandoc_path()), "lua", str(script), str(tmp_path / "formulas")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert dict(zip(SPOKEN, json.loads(done.stdout), strict=True)) == SPOKEN


def test_a_picture_of_a_solution_is_found_from_the_chapter_of_solutions(tmp_path: Path):
    from sample_book import make_sample

    root = make_sample(tmp_path / "book")
    place = root / "_freeze/chapters/01-alpha/execute-results/typ.json"
    entry = json.loads(place.read_text(encoding="utf-8"))
    figure = "figure-typst/fig-turn-output-1.svg"
    drawn = f'![](01-alpha_files/{figure}){{fig-alt="A turn, solved"}}'
    entry["result"]["markdown"] += f'\n\n::: {{.answer for="exr-slope"}}\n{drawn}\n:::\n'
    place.write_text(json.dumps(entry), encoding="utf-8")
    text = pdf.to_typst(config.load(root))
    expected = f'mlbook.picture("/_freeze/chapters/01-alpha/{figure}", alt: "A turn, solved"'
    assert expected in text and text.index(expected) > text.index("// page: chapters/02-beta.qmd")
