"""The book's PDF as built: tagged, named, with bookmarks, and declared PDF/UA-1."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
from pypdf import PdfReader
from pypdf.generic import DictionaryObject
from visiting import ROOT

from mlbook.book import config


@cache
def reader(path: Path) -> PdfReader:
    return PdfReader(path)


@pytest.fixture
def pdf(built: Path) -> PdfReader:
    return reader(built / "book.pdf")


def root(pdf: PdfReader) -> DictionaryObject:
    return pdf.trailer["/Root"].get_object()  # type: ignore[return-value]


def structure(pdf: PdfReader) -> list[tuple[str, DictionaryObject]]:
    """Every element of the structure tree with its role."""
    found: list[tuple[str, DictionaryObject]] = []
    todo = [root(pdf)["/StructTreeRoot"].get_object()]
    while todo:
        element = todo.pop()
        if not isinstance(element, DictionaryObject):
            continue
        if "/S" in element:
            found.append((str(element["/S"]), element))
        children = element.get("/K", [])
        children = children.get_object() if hasattr(children, "get_object") else children
        todo += [child.get_object() for child in (children if isinstance(children, list) else [children])]
    return found


def test_it_declares_pdf_ua_1(pdf: PdfReader) -> None:
    text = root(pdf)["/Metadata"].get_object().get_data().decode()
    assert re.search(r"pdfuaid:part(>|=\")1", text)


def test_it_is_tagged_titled_and_has_a_language(pdf: PdfReader) -> None:
    catalog = root(pdf)
    assert catalog["/MarkInfo"]["/Marked"]
    assert str(catalog["/Lang"]).startswith("en")
    assert catalog["/ViewerPreferences"]["/DisplayDocTitle"]
    assert pdf.metadata and pdf.metadata.title == config.load(ROOT).title


def test_every_figure_and_formula_has_an_alternative(pdf: PdfReader) -> None:
    elements = structure(pdf)
    roles = [role for role, _ in elements]
    assert {"/H1", "/P", "/Figure", "/Table", "/Link"} <= set(roles)
    without = [
        role for role, element in elements if role in ("/Figure", "/Formula") and not element.get("/Alt")
    ]
    assert without == []


def test_bookmarks_lead_to_every_chapter(pdf: PdfReader) -> None:
    def titles(outline: list[object]) -> list[str]:
        return [
            title
            for entry in outline
            for title in (titles(entry) if isinstance(entry, list) else [str(entry.title)])  # type: ignore[attr-defined]
        ]

    marks = "\n".join(titles(pdf.outline))
    wanted = [page.title for page in config.load(ROOT).pages if page.kind == "chapter"]
    assert wanted and [title for title in wanted if re.sub(r"[*_`]", "", title) not in marks] == []


def test_all_fonts_are_embedded(pdf: PdfReader) -> None:
    loose = set()
    for page in pdf.pages:
        for font in page.get("/Resources", {}).get("/Font", {}).values():
            real = font.get_object()
            inner = real["/DescendantFonts"][0].get_object() if "/DescendantFonts" in real else real
            if not {"/FontFile", "/FontFile2", "/FontFile3"} & inner["/FontDescriptor"].keys():
                loose.add(str(real["/BaseFont"]))
    assert loose == set()


def test_no_reference_is_left_open(pdf: PdfReader) -> None:
    text = "\n".join(page.extract_text() for page in pdf.pages)
    assert len(text.split()) > 3000
    assert re.findall(r"\?@?(?:sec|fig|tbl|eq|exr)-\w+|@(?:sec|fig|tbl|eq|exr)-\w+", text) == []


def test_it_keeps_within_its_size(built: Path) -> None:
    assert (built / "book.pdf").stat().st_size <= 25_000_000
