"""Building the sample's site: what stands on its pages, what is made again, and what faults leave behind."""

import errno
import json
import os
import re
import shutil
import sys
import types
from collections.abc import Iterator
from pathlib import Path

import pytest
from sample_book import freeze_page, make_sample

from mlbook import files
from mlbook.book import press
from mlbook.book.press import fragments, search, site
from mlbook.errors import BookError

ALPHA, BETA = "chapters/01-alpha.qmd", "chapters/02-beta.qmd"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A built sample; tests that change something copy it."""
    root = make_sample(tmp_path_factory.mktemp("press") / "book")
    press.build(site=True, pdf=False, root=root)
    return root


@pytest.fixture
def book(made: Path, tmp_path: Path) -> Path:
    """A copy of the built sample, times kept, so that nothing in it counts as changed."""
    return Path(shutil.copytree(made, tmp_path / "book", copy_function=shutil.copy2))


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The pages that pandoc is run for."""
    pages: list[str] = []
    pandoc = fragments._pandoc

    def counted(book: object, text: fragments.Text, **options: object) -> fragments.Fragment:
        pages.append(text.page.path)
        return pandoc(book, text, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(fragments, "_pandoc", counted)
    return pages


def read(root: Path, name: str) -> str:
    return (root / "_book" / name).read_text(encoding="utf-8")


def append(root: Path, name: str, text: str) -> None:
    path = root / name
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")


def build(root: Path) -> None:
    press.build(site=True, pdf=False, root=root)


def state(root: Path) -> dict[str, bytes]:
    """Everything in the built folder."""
    folder = root / "_book"
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


# What stands on the pages -----------------------------------------------------------------------


def test_every_page_is_there(made: Path) -> None:
    names = set(state(made))
    assert {
        "index.html",
        "404.html",
        "sitemap.xml",
        "chapters/01-alpha.html",
        "chapters/01-alpha.ipynb",
        "chapters/01-alpha_files/figure-html/fig-line-output-1-dark.svg",
        "chapters/dots.svg",
        "chapters/02-beta.html",
        "chapters/A-gamma.html",
        "chapters/references.html",
        "assets/site.js",
        "assets/plotly.min.js",
        "assets/fonts/STIXTwoMath-subset.woff2",
        "pagefind/pagefind.js",
    } <= names
    assert "chapters/02-beta.ipynb" not in names
    assert not [name for name in names if name.startswith("pagefind/pagefind-") and "ui" in name]


def test_references_have_number_and_address(made: Path) -> None:
    alpha, beta = read(made, "chapters/01-alpha.html"), read(made, "chapters/02-beta.html")
    assert re.search(r'<a href="02-beta.html#sec-beta"[^>]*>Chapter\s2</a>', alpha)
    assert re.search(r'<a href="#fig-line"[^>]*>Figure\s1\.1</a>', alpha)
    assert re.search(r'<a href="01-alpha.html#fig-line"[^>]*>Figure\s1\.1</a>', beta)
    assert 'href="01-alpha.html#tbl-points"' in beta and 'href="01-alpha.html#eq-sum"' in beta
    assert re.search(
        r'<a href="chapters/01-alpha.html#fig-line"[^>]*>Figure\s1\.1</a>', read(made, "index.html")
    )


def test_no_reference_is_left_open(made: Path) -> None:
    for name in ("index.html", "chapters/01-alpha.html", "chapters/02-beta.html", "chapters/A-gamma.html"):
        article = re.search(r"<article.*</article>", read(made, name), re.DOTALL)
        assert article
        assert not re.findall(r"@(?:sec|fig|tbl|eq|exr)-|\.qmd|data-form", article[0])


def test_works_are_cited_once_and_listed_together(made: Path) -> None:
    alpha, listed = read(made, "chapters/01-alpha.html"), read(made, "chapters/references.html")
    assert 'href="references.html#ref-legendre1805"' in alpha
    assert 'id="ref-legendre1805"' not in alpha
    assert 'id="ref-legendre1805"' in listed and 'id="ref-galton1889"' in listed


def test_the_frame(made: Path) -> None:
    page = read(made, "chapters/02-beta.html")
    assert '<a href="../chapters/02-beta.html" aria-current="page">' in page
    assert re.search(r'rel="prev" href="\.\./chapters/01-alpha.html"', page)
    assert re.search(r'rel="next" href="\.\./chapters/references.html"', page)
    assert "<li>Part I. First things</li>" in page
    assert 'href="https://example.org/sample/edit/main/chapters/02-beta.qmd"' in page
    assert "Report a problem" in page
    contents = re.search(r'<nav class="toc".*?</nav>', page, re.DOTALL)
    assert contents and 'href="#sec-boxes"' in contents[0] and "A deeper part" in contents[0]
    assert "Save often" not in contents[0]
    assert contents[0].count("<ul>") == contents[0].count("</ul>") == 2
    assert contents[0].count("<li>") == contents[0].count("</li>")


def test_what_a_page_says_about_itself(made: Path) -> None:
    page = read(made, "chapters/02-beta.html")
    assert (
        '<meta name="description" content="A chapter without cells: boxes, tabs, notes, exercises.">' in page
    )
    assert '<link rel="canonical" href="https://example.org/books/sample/chapters/02-beta.html">' in page
    assert page.count('name="citation_author"') == 2
    assert "<title>2 Beta and everything else – A Sample Book</title>" in page
    assert "<loc>https://example.org/books/sample/chapters/A-gamma.html</loc>" in read(made, "sitemap.xml")


def test_every_address_is_relative_and_nothing_is_asked_elsewhere(made: Path) -> None:
    for name in ("index.html", "chapters/01-alpha.html", "chapters/02-beta.html", "404.html"):
        page = read(made, name)
        loaded = re.findall(r'<(?:script|img|iframe|source)\b[^>]*\bsrc="([^"]*)"', page)
        loaded += re.findall(r'<link rel="(?:preload|stylesheet|icon)" href="([^"]*)"', page)
        loaded += re.findall(r"url\(([^)]*)\)", page)
        outside = [at for at in loaded if re.match(r"['\"]?(?:[a-z]+:|/)", at) and "data:" not in at[:6]]
        assert loaded and outside == []


def test_code_figures_and_formulas(made: Path) -> None:
    page = read(made, "chapters/01-alpha.html")
    assert 'class="sourceCode python' in page and 'href="#cb' not in page
    assert '<details class="code-fold"><summary>Code</summary>' in page
    assert '<math display="block"' in page and "assets/fonts/STIXTwoMath-subset.woff2" in page
    dark = re.search(r"<img[^>]*-dark\.svg[^>]*>", page)
    assert (
        dark
        and 'class="dark-content"' in dark[0]
        and 'width="480"' in dark[0]
        and 'alt="Four dots' in dark[0]
    )
    assert '<div class="table-scroll" role="group" aria-label="Table" tabindex="0">' in page


def test_boxes_and_tabs(made: Path) -> None:
    page = read(made, "chapters/02-beta.html")
    for word in ("Note", "Tip", "Warning", "Caution", "Important"):
        assert f'<span class="callout-kind">{word}</span>' in page
    assert 'aria-label="Tip: Save often"' in page
    assert page.count('role="tab"') == 2 and page.count('role="tabpanel"') == 2
    assert 'data-title="Windows"' in page


def test_a_page_weighs_little(made: Path) -> None:
    import gzip

    own = [read(made, "chapters/02-beta.html"), read(made, "assets/site.js")]
    assert sum(len(gzip.compress(part.encode())) for part in own) < 40_000


def test_without_addresses_nothing_points_to_them(book: Path) -> None:
    settings = (book / "_quarto.yml").read_text()
    (book / "_quarto.yml").write_text(re.sub(r"  (?:repo|site)-url: .*\n", "", settings))
    build(book)
    page = read(book, "chapters/02-beta.html")
    assert "Edit this page" not in page and "canonical" not in page
    assert not (book / "_book" / "sitemap.xml").exists()


# What is made again -----------------------------------------------------------------------------


def test_a_second_build_does_nothing(book: Path, runs: list[str]) -> None:
    build(book)
    before = (book / "_book").stat().st_ino, (book / "_book" / "index.html").stat().st_mtime_ns
    build(book)
    assert ((book / "_book").stat().st_ino, (book / "_book" / "index.html").stat().st_mtime_ns) == before
    assert runs == []


def test_only_the_changed_page_is_made_again(book: Path, runs: list[str]) -> None:
    append(book, BETA, "\nA new sentence.\n")
    build(book)
    assert runs == [BETA]
    assert "A new sentence." in read(book, "chapters/02-beta.html")


def test_a_changed_picture_is_taken(book: Path, runs: list[str]) -> None:
    drawing = book / "chapters" / "dots.svg"
    drawing.write_text(drawing.read_text().replace('width="300"', 'width="310"'))
    build(book)
    assert 'width="310"' in read(book, "chapters/02-beta.html")
    assert 'width="310"' in read(book, "chapters/dots.svg")
    assert runs == []


def test_the_same_sources_give_the_same_bytes(book: Path) -> None:
    before = state(book)
    shutil.rmtree(book / "_book")
    shutil.rmtree(book / ".mlbook")
    build(book)
    after = state(book)
    own = {name for name in before if not name.startswith((".", "pagefind/"))}
    assert own == {name for name in after if not name.startswith((".", "pagefind/"))}
    assert [name for name in sorted(own) if before[name] != after[name]] == []


def test_site_and_pdf_are_kept_apart(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    fake = types.ModuleType("mlbook.book.press.pdf")

    def build_pdf(_: object, out: Path) -> Path:
        made.append(out.name)
        out.write_bytes(b"%PDF-1.7")
        return out

    fake.build_pdf = build_pdf  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "mlbook.book.press.pdf", fake)
    pages = {name: content for name, content in state(book).items() if name.endswith(".html")}
    press.build(site=False, pdf=True, root=book)
    assert state(book)["book.pdf"] == b"%PDF-1.7"
    assert {name: content for name, content in state(book).items() if name.endswith(".html")} == pages
    press.build(site=True, pdf=True, root=book)
    assert 'href="book.pdf"' in read(book, "index.html")
    append(book, BETA, "\nMore.\n")
    build(book)
    assert made == ["book.pdf"] and state(book)["book.pdf"] == b"%PDF-1.7"
    press.build(site=True, pdf=True, root=book)
    assert made == ["book.pdf", "book.pdf"]


def test_a_stale_chapter_is_built_and_named(book: Path, capfd: pytest.CaptureFixture[str]) -> None:
    append(book, ALPHA, "\nNot executed since.\n")
    build(book)
    assert "01-alpha" in capfd.readouterr().err
    build(book)
    assert "mlbook run 01-alpha" in " ".join(capfd.readouterr().err.split())
    assert "Not executed since." not in read(book, "chapters/01-alpha.html")


def test_watching_builds_again_and_survives_a_fault(
    book: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def changes(_: Path) -> Iterator[list[str]]:
        append(book, BETA, "\nSee @fig-nothing.\n")
        yield [BETA]
        text = (book / BETA).read_text().replace("See @fig-nothing.", "All is well.")
        (book / BETA).write_text(text)
        yield [BETA]

    monkeypatch.setattr(press.watching, "changes", changes)
    press.build(site=True, pdf=False, watch=True, root=book)
    assert "fig-nothing" in capfd.readouterr().err
    assert "All is well." in read(book, "chapters/02-beta.html")


def test_a_preview_is_told_before_the_index_is_made(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []
    real = search.index

    def index(pages: Path, out: Path) -> None:
        order.append("index")
        real(pages, out)

    def ready() -> None:
        order.append("ready")
        assert "A zebra." in read(book, "chapters/02-beta.html")
        assert (book / "_book" / "pagefind" / "pagefind.js").is_file()

    monkeypatch.setattr(search, "index", index)
    append(book, BETA, "\nA zebra.\n")
    before = {name for name in state(book) if name.startswith("pagefind/")}
    press.build(site=True, pdf=False, root=book, ready=ready)
    assert order == ["ready", "index"]
    assert {name for name in state(book) if name.startswith("pagefind/")} != before
    assert not [name for name in state(book) if name.startswith((".new", ".old"))]
    build(book)
    assert order == ["ready", "index"]


def test_an_index_that_was_not_finished_is_made_next_time(
    book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: Path) -> None:
        raise KeyboardInterrupt

    append(book, BETA, "\nA zebra.\n")
    with monkeypatch.context() as patch:
        patch.setattr(search, "index", interrupt)
        with pytest.raises(KeyboardInterrupt):
            press.build(site=True, pdf=False, root=book, ready=lambda: None)
    before = {name for name in state(book) if name.startswith("pagefind/")}
    build(book)
    assert {name for name in state(book) if name.startswith("pagefind/")} != before


# Faults: one clear message, and the last good site stays ----------------------------------------


def fails(root: Path, match: str | None = None) -> BookError:
    """Build, expect this message, and see that the site is as it was with nothing left beside it."""
    before = state(root)
    with pytest.raises(BookError, match=match) as caught:
        build(root)
    assert state(root) == before
    assert [path.name for path in root.iterdir() if path.name.startswith((".new", ".old"))] == []
    return caught.value


def test_an_unknown_reference(book: Path) -> None:
    append(book, BETA, "\nSee @fig-nothing.\n")
    fault = fails(book, "fig-nothing")
    assert re.fullmatch(rf"{BETA}:\d+", fault.where) and fault.hint


def test_an_unknown_citation(book: Path) -> None:
    append(book, BETA, "\nAs is known [@nobody2020].\n")
    fault = fails(book, "nobody2020")
    assert fault.where.startswith(BETA) and "references.bib" in fault.message + fault.hint


def test_broken_mathematics(book: Path) -> None:
    append(book, BETA, "\nHere $\\frac{a$ and $\\nosuchmacro{x}$.\n")
    assert fails(book).where.startswith(BETA)


def test_a_missing_picture(book: Path) -> None:
    (book / "chapters" / "dots.svg").unlink()
    assert fails(book, r"dots\.svg").where.startswith(BETA)


def test_a_missing_page(book: Path) -> None:
    (book / BETA).unlink()
    assert fails(book, "02-beta").hint


def test_a_broken_configuration(book: Path) -> None:
    append(book, "_quarto.yml", "\n   bad: [\n")
    assert fails(book, "cannot be read").where.startswith("_quarto.yml")


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[: len(text) // 2],
        lambda text: f"<<<<<<< HEAD\n{text}\n=======\n{text}\n>>>>>>> other\n",
        lambda _: "",
        lambda _: '{"hash": 3}',
    ],
    ids=["truncated", "conflict", "empty", "foreign"],
)
def test_a_damaged_freeze(damage: object, book: Path) -> None:
    path = book / "_freeze" / "chapters" / "01-alpha" / "execute-results" / "html.json"
    path.write_text(damage(path.read_text()))  # type: ignore[operator]
    fault = fails(book)
    assert "html.json" in fault.where and "mlbook run" in fault.hint


def test_no_freeze_at_all(book: Path) -> None:
    shutil.rmtree(book / "_freeze" / "chapters" / "01-alpha")
    assert "mlbook run" in fails(book).hint


def test_a_missing_filter(book: Path) -> None:
    (book / "_extensions" / "mlbook" / "mlbook.lua").unlink()
    assert "git checkout" in fails(book, "filter").hint


@pytest.mark.parametrize(
    ("number", "said"), [(errno.ENOSPC, "disk is full"), (errno.EROFS, "may not be written")]
)
def test_a_disk_that_takes_nothing(
    number: int, said: str, book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    append(book, BETA, "\nMore.\n")
    monkeypatch.setattr(site, "place", refuse)
    fails(book, said)


def test_no_room_beside_the_target(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    append(book, BETA, "\nMore.\n")
    real = Path.mkdir

    def mkdir(self: Path, *arguments: object, **options: object) -> None:
        if self.name == ".new-_book":
            raise PermissionError(errno.EACCES, "Permission denied")
        real(self, *arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(Path, "mkdir", mkdir)
    assert fails(book, "may not be written").hint


def test_two_builds_at_once(book: Path) -> None:
    append(book, BETA, "\nMore.\n")
    with files.exclusive("build", book):
        assert "Wait" in fails(book, "another `mlbook build`").hint
    build(book)
    assert "More." in read(book, "chapters/02-beta.html")


def test_an_interrupted_build_leaves_the_old_site(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: Path) -> None:
        raise KeyboardInterrupt

    append(book, BETA, "\nMore.\n")
    before = state(book)
    with monkeypatch.context() as patch:
        patch.setattr(search, "index", interrupt)
        with pytest.raises(KeyboardInterrupt):
            build(book)
    assert state(book) == before
    build(book)
    assert "More." in read(book, "chapters/02-beta.html")


def test_what_a_killed_build_leaves_is_cleared_away(book: Path) -> None:
    shutil.copytree(book / "_book", book / ".new-_book")
    (book / "_book").rename(book / ".old-_book")
    build(book)
    assert "Beta" in read(book, "chapters/02-beta.html")
    assert not (book / ".old-_book").exists()
    append(book, BETA, "\nMore.\n")
    build(book)
    assert not (book / ".new-_book").exists()


def test_a_folder_with_other_things_is_not_replaced(book: Path, tmp_path: Path) -> None:
    other = tmp_path / "mine"
    other.mkdir()
    (other / "letter.txt").write_text("dear")
    with pytest.raises(BookError, match="other things"):
        press.build(site=True, pdf=False, out=other, root=book)
    assert (other / "letter.txt").read_text() == "dear"


def test_another_folder_can_be_built_into(book: Path, tmp_path: Path) -> None:
    press.build(site=True, pdf=False, out=tmp_path / "elsewhere" / "site", root=book)
    assert (tmp_path / "elsewhere" / "site" / "index.html").is_file()
    stamp = json.loads((tmp_path / "elsewhere" / "site" / ".build.json").read_text())
    assert stamp["site"] and stamp["pdf"] == ""


def test_a_broken_cache_is_made_anew(book: Path, runs: list[str]) -> None:
    for kept in (book / ".mlbook" / "press").glob("*.json"):
        kept.write_text("{")
    append(book, BETA, "\nMore.\n")
    build(book)
    assert ALPHA in runs and "More." in read(book, "chapters/02-beta.html")


def test_a_chapter_executed_again_is_shown(book: Path) -> None:
    frozen = book / "_freeze" / "chapters" / "01-alpha" / "execute-results" / "html.json"
    markdown = json.loads(frozen.read_text())["result"]["markdown"]
    freeze_page(book, ALPHA, markdown.replace("through 4 points", "through 5 points"), {})
    build(book)
    assert "through 5 points" in read(book, "chapters/01-alpha.html")
