"""The first use of a glossary term leads to its entry, and the definition shows on hover and on focus."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pypandoc
import pytest
from playwright.sync_api import Browser, Page, expect
from sample_book import REPOSITORY, make_sample

from mlbook import browser as browsers
from mlbook.book import press
from mlbook.book.serve import listen, serving

GLOSSARY = """
# Glossary {.unnumbered}

<!-- As in:

[sentence]{#gloss-slug}

:   What it means. -->

[data leakage]{#gloss-data-leakage}

:   Knowledge that will be *missing*, as $x$ is. [Chapter 2](02-beta.qmd#term-shrinkage).

[instance]{#gloss-instance}

:   Another word for sample.

[leakage]{#gloss-leakage}

:   What comes out.

[shrinkage]{#gloss-shrinkage}

:   Getting smaller. [Chapter 2](02-beta.qmd#term-shrinkage).
"""
LINKS = """

It has to do with data leakage, when it [shrinks](chapters/glossary.qmd#gloss-shrinkage){.term-ref}.
"""
Convert = Callable[..., str]


@pytest.fixture
def convert(tmp_path: Path) -> Convert:
    """Pass Markdown through the filter, beside the glossary."""
    extension = tmp_path / "_extensions" / "mlbook"
    extension.mkdir(parents=True)
    for file in (REPOSITORY / "_extensions" / "mlbook").glob("*.lua"):
        (extension / file.name).write_bytes(file.read_bytes())
    (tmp_path / "chapters").mkdir()
    (tmp_path / "chapters" / "glossary.qmd").write_text(GLOSSARY, encoding="utf-8")

    def run(markdown: str, to: str = "html5") -> str:
        command = [str(pypandoc.get_pandoc_path()), f"--to={to}", "--wrap=none"]
        command.append("--lua-filter=_extensions/mlbook/mlbook.lua")
        done = subprocess.run(
            command, input=markdown, capture_output=True, text=True, cwd=tmp_path, check=True
        )
        assert done.stderr == ""
        return done.stdout

    return run


def links(html: str) -> list[tuple[str, str]]:
    """Return (entry, text) of each link to the glossary."""
    return re.findall(
        r'<a href="/chapters/glossary\.qmd#(gloss-[\w-]+)" class="term-ref"[^>]*>(.*?)</a>', html
    )


@pytest.mark.parametrize(
    ("markdown", "found"),
    [
        ("There is shrinkage here, and shrinkage there.", [("gloss-shrinkage", "shrinkage")]),
        ("Shrinkages, (shrinkage).", [("gloss-shrinkage", "Shrinkages")]),
        ("Mind data\nleakage.", [("gloss-data-leakage", "data leakage")]),
        ("Data leakage and leakage.", [("gloss-data-leakage", "Data leakage"), ("gloss-leakage", "leakage")]),
        ("Much data, leakage too.", [("gloss-leakage", "leakage")]),
        ("- Item with shrinkage", [("gloss-shrinkage", "shrinkage")]),
        ('::: {.pitfall title="Leakage"}\nOf shrinkage.\n:::', [("gloss-shrinkage", "shrinkage")]),
        ("For instance.", []),
        ("A sentence.", []),
        ("A [shrinkage]{.term} is defined; shrinkage is used.", []),
        ("---\nearly-terms: [shrinkage]\n---\n\nEveryday shrinkage.", []),
        ("# Shrinkage\n\n`shrinkage`, *shrinkage*, [shrinkage](a.html), shrinkages-free.", []),
        ("::: {.cell}\nshrinkage\n:::\n\n| a |\n|--|\n| shrinkage |\n", []),
        ('::: {#exr-a}\nDo.\n:::\n\n::: {.answer for="exr-a"}\nShrinkage.\n:::', []),
        ("[shrinkage]{#gloss-shrinkage}\n\n:   Like leakage.\n\nOf leakage.", []),
    ],
)
def test_what_becomes_a_link(convert: Convert, markdown: str, found: list[tuple[str, str]]) -> None:
    assert links(convert(markdown)) == found


def test_the_title_is_the_definition_in_plain_words(convert: Convert) -> None:
    assert 'title="Knowledge that will be missing, as x is."' in convert("On data leakage (again).")
    assert "</a> (again)." in convert("On data leakage (again).")


def test_in_print_nothing_changes(convert: Convert) -> None:
    assert convert("On data leakage.", "typst") == "On data leakage.\n"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The sample book with a glossary; the first chapter uses a word that the second defines."""
    root = make_sample(tmp_path_factory.mktemp("gloss") / "book")
    (root / "chapters" / "glossary.qmd").write_text(GLOSSARY, encoding="utf-8")
    settings = root / "_quarto.yml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(
        text.replace("chapters/references.qmd", "chapters/glossary.qmd\n    - chapters/references.qmd")
    )
    index = root / "index.qmd"
    index.write_text(index.read_text(encoding="utf-8") + LINKS, encoding="utf-8")
    press.build(site=True, pdf=False, root=root)
    with serving(listen(root / "_book", 0, prefix="/a/b/")) as running:
        yield running.url


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browsers.chromium() as started:
        yield started


@pytest.mark.browser
def test_the_definition_shows_on_hover_and_on_focus(chromium: Browser, address: str) -> None:
    page = chromium.new_page()
    page.goto(address)
    target, preview = page.get_by_role("link", name="data leakage"), page.locator("#preview")
    target.hover()
    expect(preview).to_have_text("Knowledge that will be missing, as x is.")
    page.keyboard.press("Escape")
    expect(preview).to_be_hidden()
    page.mouse.move(0, 0)
    _tab_to(page, "term-ref")
    expect(preview).to_be_visible()
    expect(target).to_have_attribute("aria-describedby", "preview")
    assert target.get_attribute("title") is None  # else the browser shows it a second time
    assert [str(found) for found in browsers.axe(page)] == []
    page.keyboard.press("Enter")
    page.wait_for_url("**/chapters/glossary.html#gloss-data-leakage")
    expect(page.locator("article a[href$='02-beta.html#term-shrinkage']").first).to_be_visible()
    page.close()


@pytest.mark.browser
def test_a_link_written_by_hand_shows_the_entry(chromium: Browser, address: str) -> None:
    page = chromium.new_page()
    page.goto(address)
    page.get_by_role("link", name="shrinks").hover()
    expect(page.locator("#preview")).to_have_text("Getting smaller. Chapter 2.")
    page.close()


def _tab_to(page: Page, wanted: str) -> None:
    """Press Tab until an element of the class has the focus."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.className") == wanted:
            return
    raise AssertionError(f"nothing of the class {wanted} can be reached by Tab")


@pytest.mark.browser
def test_without_scripts_the_link_and_its_title_remain(chromium: Browser, address: str) -> None:
    page = chromium.new_page(java_script_enabled=False)
    page.goto(address)
    target = page.get_by_role("link", name="data leakage")
    expect(target).to_have_attribute("title", "Knowledge that will be missing, as x is.")
    target.click()
    page.wait_for_url("**/chapters/glossary.html#gloss-data-leakage")
    page.close()
