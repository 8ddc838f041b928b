"""The book's own blocks, as the filter writes them for the web and for print."""

import json
import subprocess
from pathlib import Path

import pypandoc
import pytest

REPOSITORY = Path(__file__).parents[3]
TIMINGS = {
    "chapter": "02-beta",
    "words": 6120,
    "seconds": 48.2,
    "memory_mb": 412,
    "device": "Example CPU, 2 cores",
    "python": "3.11.7",
    "date": "2026-11-22",
    "cells": {},
}
MANIFEST = {
    "command": "mlbook compute search",
    "config": {"trials": 20, "alpha": 0.5, "sizes": [8, 16]},
    "seeds": [0, 1, 2],
    "versions": {"numpy": "2.3.0"},
    "device": "Example CPU, 2 cores",
    "seconds": 723.0,
    "memory_mb": 2048,
    "date": "2026-11-22",
}


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """A folder with the filter, one chapter's timings and one run's manifest."""
    extension = tmp_path / "_extensions" / "mlbook"
    extension.mkdir(parents=True)
    for file in (REPOSITORY / "_extensions" / "mlbook").glob("*.lua"):
        (extension / file.name).write_bytes(file.read_bytes())
    (tmp_path / "_quarto.yml").write_text('book:\n  repo-url: "https://example.org/b"\n', encoding="utf-8")
    for path, content in (
        ("data/timings/02-beta.json", TIMINGS),
        ("data/outputs/search/manifest.json", MANIFEST),
    ):
        (tmp_path / path).parent.mkdir(parents=True)
        (tmp_path / path).write_text(json.dumps(content), encoding="utf-8")
    return tmp_path


def run(book: Path, markdown: str, to: str) -> tuple[str, str]:
    """Return what pandoc writes, and what it says on stderr."""
    command = [
        str(pypandoc.get_pandoc_path()),
        f"--to={to}",
        "--wrap=none",
        "--lua-filter=_extensions/mlbook/mlbook.lua",
    ]
    done = subprocess.run(command, input=markdown, capture_output=True, text=True, cwd=book, check=True)
    return done.stdout, done.stderr


def html(book: Path, markdown: str) -> str:
    out, said = run(book, markdown, "html5")
    assert said == ""
    return out


def typst(book: Path, markdown: str) -> str:
    out, said = run(book, markdown, "typst")
    assert said == ""
    return out


BOXES = {
    "predict": "Predict",
    "from-scratch": "From scratch",
    "break-it": "Break it",
    "pitfall": "Pitfall",
    "in-practice": "In practice",
    "numbers": "Numbers to remember",
}


@pytest.mark.parametrize(("kind", "word"), BOXES.items())
def test_box_has_word_and_title(book: Path, kind: str, word: str):
    source = f'::: {{.{kind} title="Why `x` *fails*"}}\nInside.\n:::\n'
    out = html(book, source)
    assert f'<div class="box {kind}" role="note" aria-label="{word}: Why x fails">' in out
    assert f'<span class="box-kind">{word}</span>' in out
    assert "<code>x</code> <em>fails</em>" in out
    out = typst(book, source)
    assert f'#mlbook.panel("{kind}", title: [Why `x` #emph[fails]])[' in out
    assert out.count("]") == out.count("[")


def test_box_without_title_has_its_word_alone(book: Path):
    out = html(book, "::: {.pitfall}\nInside.\n:::\n")
    assert 'aria-label="Pitfall"' in out
    assert "box-heading" not in out


def test_reveal_in_predict_opens_on_the_web_and_stands_in_print(book: Path):
    source = "::: {.predict}\nWhat?\n\n::: {.reveal}\nThis.\n:::\n:::\n"
    assert '<details class="reveal"><summary>Show the answer</summary>\n<p>This.</p>\n</details>' in html(
        book, source
    )
    assert "#mlbook.reveal[" in typst(book, source)


def test_headings_in_boxes_have_no_number(book: Path):
    source = "# One\n\n::: {.callout-tip}\n## Title\nText.\n:::\n\n::: {.pitfall}\n### Inner\nText.\n:::\n"
    out = html(book, source)
    assert out.count('class="unlisted unnumbered"') == 2
    assert '<h1 id="one">' in out


def test_sections_of_a_page_without_number_have_none(book: Path):
    source = "# Preface {.unnumbered}\n\n## Who\n\n# One\n\n## What\n"
    out = html(book, source)
    assert '<h2 class="unnumbered" id="who">' in out
    assert '<h2 id="what">' in out


def test_tabs_become_bold_names_in_print_only(book: Path):
    source = "::: {.panel-tabset}\n## Linux\nA.\n\n## Windows\nB.\n:::\n"
    assert '<h2 class="unlisted unnumbered" id="linux">' in html(book, source)
    out = typst(book, source)
    assert "#strong[Linux]" in out
    assert "= Linux" not in out


def test_answer_stands_below_its_exercise_on_the_web(book: Path):
    source = (
        '::: {#exr-a name="First" kind="code" difficulty="2"}\nDo.\n:::\n\nBetween.\n\n'
        '::: {.answer for="exr-a"}\nDone.\n:::\n'
    )
    out = html(book, source)
    assert '<span class="exercise-kind">Code, medium</span>' in out
    assert "kind=" not in out.replace("exercise-kind", "")
    at = [
        out.index(text)
        for text in ('id="exr-a"', '<details class="answer" id="answer-a">', "Done", "Between")
    ]
    assert at == sorted(at)


def test_answers_are_collected_by_chapter_in_print(book: Path):
    chapter = '# {0}\n\n::: {{#exr-{1} name="N{1}" kind="think"}}\nDo {1}.\n:::\n\n'
    chapter += '::: {{.answer for="exr-{1}"}}\nDone {1}.\n:::\n\n'
    source = (
        chapter.format("One", "a")
        + chapter.format("Two", "b")
        + "# Solutions {.unnumbered}\n\n::: {.solutions-here}\nWeb only.\n:::\n"
    )
    out = typst(book, source)
    assert "Web only" not in out
    at = [
        out.index(text)
        for text in ("Do a", "Do b", "numbering: none)[Solutions", "[One]", "Done a", "[Two]", "Done b")
    ]
    assert at == sorted(at)
    assert "(Na)" in out
    assert "#mlbook.answer[" in out


def test_answer_without_exercise_is_a_warning(book: Path):
    _, said = run(book, '::: {.answer for="exr-none"}\nDone.\n:::\n', "html5")
    assert said == "[WARNING] an answer is for exr-none, and there is no such exercise on the page\n"


def test_facts_come_from_the_timings(book: Path):
    source = '::: {.facts chapter="02-beta"}\n:::\n'
    out = html(book, source)
    assert '<div class="facts">' in out
    assert "<dd>\nabout 30 minutes\n</dd>" in out
    assert "<dd>\n48 seconds\n</dd>" in out
    assert "<dd>\n412 MB\n</dd>" in out
    assert "Example CPU, 2 cores, Python 3.11.7, 2026-11-22" in out
    assert '#mlbook.facts(("To read", "about 30 minutes"), ("To run", "48 seconds")' in typst(book, source)


def test_missing_timings_are_a_warning_with_the_mend(book: Path):
    _, said = run(book, '::: {.facts chapter="09-none"}\n:::\n', "html5")
    assert said == "[WARNING] data/timings/09-none.json is not there; `mlbook run 09-none` makes it\n"


def test_broken_manifest_is_a_warning(book: Path):
    (book / "data/outputs/search/manifest.json").write_text('{"device": ', encoding="utf-8")
    _, said = run(book, '::: {.provenance run="search"}\n:::\n', "html5")
    assert "data/outputs/search/manifest.json cannot be read" in said


def test_provenance_says_where_when_and_how_again(book: Path):
    source = '::: {.provenance run="search"}\n:::\n'
    out = html(book, source)
    assert "Computed on Example CPU, 2 cores in 12 minutes, seeds 0, 1, 2, 2026-11-22." in out
    assert "<code>mlbook compute search</code>" in out
    assert "alpha 0.5; sizes 8, 16; trials 20" in out
    assert "2.0 GB" in out
    out = typst(book, source)
    assert "To do it again: `mlbook compute search`." in out


def test_listing_links_to_its_lines(book: Path):
    source = '::: {.listing of="mlbook.files.swap" file="code/mlbook/files.py" lines="3-9"}\n'
    source += "``` python\nx\n```\n:::\n"
    out = html(book, source)
    assert 'href="https://example.org/b/blob/main/code/mlbook/files.py#L3-L9"' in out
    assert out.index("listing-title") < out.index("sourceCode")
    assert "#mlbook.listing[" in typst(book, source)


def test_terms_and_typed_text(book: Path):
    source = "A [Decision Tree]{.term}; type [`ls`]{.to-type}, replace [`NAME`]{.to-replace}.\n"
    out = html(book, source)
    assert '<dfn id="term-decision-tree" class="term">Decision Tree</dfn>' in out
    assert "<strong><code>ls</code></strong>" in out
    assert "<em><code>NAME</code></em>" in out
    assert "<term-decision-tree>" in typst(book, source)


def test_same_bytes_every_time(book: Path):
    source = '::: {.provenance run="search"}\n:::\n\n::: {.pitfall title="T"}\nX.\n:::\n'
    assert len({html(book, source) for _ in range(4)}) == 1
