"""Addresses: references across pages, links to sources, pictures, and everything that leads nowhere."""

from pathlib import Path

import pytest

from mlbook.book import config
from mlbook.book.press.fragments import Fragment, Text
from mlbook.book.press.links import EAGER_PICTURES, Linker
from mlbook.book.press.pictures import size
from mlbook.errors import BookError

ONE, TWO = "chapters/01-alpha.qmd", "chapters/02-beta.qmd"
FIGURE = {"kind": "fig", "number": "2.1", "text": "Figure 2.1", "title": ""}


def linker(root: Path, first: str, second: str = "", ids: dict[str, dict[str, str]] | None = None) -> Linker:
    """Two of the sample's pages with this HTML; the second defines `ids`."""
    book = config.load(root)
    texts = {p.path: Text(p, "", root / "frozen", {}, executed=True, stale=False) for p in book.pages}
    fragments = {p.path: Fragment("") for p in book.pages}
    fragments[ONE] = Fragment(first)
    fragments[TWO] = Fragment(second, ids or {})
    return Linker(book, texts, fragments)


def test_a_reference_gets_the_address_and_text_of_its_target(sample: Path) -> None:
    body = '<p>See <a href="#fig-x" class="quarto-xref" data-ref="fig-x" data-form="text">?</a>.</p>'
    found = linker(sample, body, '<div id="fig-x"></div>', {"fig-x": FIGURE}).resolve(ONE)
    assert 'href="02-beta.html#fig-x"' in found
    assert ">Figure 2.1</a>" in found
    assert 'data-ref="fig-x"' in found and "data-form" not in found


def test_a_reference_by_number_alone_and_one_with_words_of_its_own(sample: Path) -> None:
    body = (
        '<a href="#fig-x" class="quarto-xref" data-ref="fig-x" data-form="number">?</a>'
        '<a href="#fig-x" class="quarto-xref" data-ref="fig-x">that figure</a>'
    )
    found = linker(sample, body, '<div id="fig-x"></div>', {"fig-x": FIGURE}).resolve(ONE)
    assert ">2.1</a>" in found and ">that figure</a>" in found


def test_an_unknown_reference_names_page_line_and_id(sample: Path) -> None:
    body = '<a href="#fig-line" class="quarto-xref" data-ref="fig-line">?</a>'
    with pytest.raises(BookError, match="fig-line") as caught:
        linker(sample, body).resolve(ONE)
    line = (
        (sample / ONE)
        .read_text()
        .splitlines()
        .index("@fig-line shows the points, and @tbl-points lists them.")
    )
    assert caught.value.where == f"{ONE}:{line + 1}"
    assert caught.value.hint


@pytest.mark.parametrize(
    ("href", "expected"),
    [
        ("02-beta.qmd", "02-beta.html"),
        ("./02-beta.qmd#sec-x", "02-beta.html#sec-x"),
        ("../index.qmd", "../index.html"),
        ("/chapters/02-beta.qmd", "02-beta.html"),
        ("#here", "#here"),
        ("#sec-x", "02-beta.html#sec-x"),
        ("https://example.org/a.html#b", "https://example.org/a.html#b"),
        ("mailto:a@example.org", "mailto:a@example.org"),
    ],
)
def test_links(href: str, expected: str, sample: Path) -> None:
    body = f'<h2 id="here">H</h2><a href="{href}">x</a>'
    found = linker(sample, body, '<h2 id="sec-x">X</h2>', {"sec-x": FIGURE}).resolve(ONE)
    assert f'href="{expected}"' in found


def test_a_linked_file_comes_along(sample: Path) -> None:
    made = linker(sample, '<a href="dots.svg">the drawing</a>')
    assert 'href="dots.svg"' in made.resolve(ONE)
    assert made.files == {"chapters/dots.svg": sample / "chapters" / "dots.svg"}


@pytest.mark.parametrize(
    "href", ["none.qmd", "draft.qmd", "02-beta.qmd#nowhere", "#nowhere", "none.csv", "../../out.csv"]
)
def test_links_that_lead_nowhere(href: str, sample: Path) -> None:
    (sample.parent / "out.csv").write_text("outside the book")
    (sample / "chapters" / "draft.qmd").write_text("# Not in the book")
    with pytest.raises(BookError) as caught:
        linker(sample, f'<a href="{href}">x</a>').resolve(ONE)
    assert caught.value.where.startswith(ONE)


def test_pictures_get_their_size_and_the_later_ones_wait(sample: Path) -> None:
    body = '<img src="dots.svg" alt="Dots"><img src="dots.svg" width="30" height="8" alt="Dots">'
    found = linker(sample, body + '<img src="dots.svg" alt="">' * EAGER_PICTURES).resolve(ONE)
    first, second, *later = found.split("<img")[1:]
    assert 'width="300" height="80"' in first and "lazy" not in first
    assert 'width="30" height="8"' in second
    assert len(later) == EAGER_PICTURES and all('loading="lazy"' in tag for tag in later)


def test_a_frozen_picture_comes_from_the_freeze(sample: Path) -> None:
    frozen = sample / "frozen" / "figure-html"
    frozen.mkdir(parents=True)
    (frozen / "a.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 30"></svg>')
    made = linker(sample, '<img src="01-alpha_files/figure-html/a.svg" alt="A">')
    assert 'src="01-alpha_files/figure-html/a.svg" width="40" height="30"' in made.resolve(ONE)
    assert made.files == {"chapters/01-alpha_files/figure-html/a.svg": frozen / "a.svg"}


def test_a_missing_picture_is_named(sample: Path) -> None:
    with pytest.raises(BookError, match=r"gone\.png") as caught:
        linker(sample, '<img src="gone.png" alt="">').resolve(ONE)
    assert caught.value.where == ONE


def test_a_picture_elsewhere_is_refused(sample: Path) -> None:
    with pytest.raises(BookError, match="another host"):
        linker(sample, '<img src="https://example.org/a.png" alt="">').resolve(ONE)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\1\x2c\0\0\0\xc8\x08\6\0\0\0", (300, 200)),
        (b"\xff\xd8\xff\xe0\0\4\0\0\xff\xc0\0\x11\x08\0\x50\0\x78\3", (120, 80)),
        (b'<?xml version="1.0"?>\n<svg width="360pt" height="180pt" viewBox="0 0 1 1">', (480, 240)),
        (b'<svg width="100%" viewBox="0 0 64 32">', (64, 32)),
        (b"GIF89a", None),
        (b"", None),
    ],
)
def test_sizes_of_pictures(content: bytes, expected: tuple[int, int] | None, tmp_path: Path) -> None:
    path = tmp_path / "picture"
    path.write_bytes(content)
    assert size(path) == expected
