"""Front and back matter: what it promises is there, and what it quotes is what the tools say."""

from __future__ import annotations

import ast
import datetime
import re
import tomllib
from functools import cache
from pathlib import Path

import pytest
import typer
import yaml

from mlbook.book import config
from mlbook.book.lint.prose import TERM
from mlbook.book.lint.source import BOXES, CALLOUTS
from mlbook.cli import app

ROOT = Path(__file__).parents[1]
BOX = re.compile(r"^::: \{\.([\w-]+)", re.MULTILINE)


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def prose(name: str) -> str:
    """A page without its comments."""
    return re.sub(r"<!--.*?-->", "", read(name), flags=re.DOTALL)


@cache
def citation() -> dict:
    return yaml.safe_load(read("CITATION.cff"))


# Licenses and citation


def test_code_license_is_mit() -> None:
    text = read("LICENSE")
    assert text.startswith("MIT License\n")
    for clause in (
        "Permission is hereby granted, free of charge",
        "The above copyright notice",
        'PROVIDED "AS IS"',
    ):
        assert clause in text


def test_text_license_is_the_whole_of_cc_by() -> None:
    text = read("LICENSE-text")
    assert text.startswith("Attribution 4.0 International\n")
    sections = re.findall(r"^Section (\d) -- ", text, re.MULTILINE)
    assert sections == [str(number) for number in range(1, 9)]
    assert "NonCommercial" not in text and "ShareAlike" not in text
    assert text.rstrip().endswith("Creative Commons may be contacted at creativecommons.org.")


def test_citation_file_has_what_its_format_requires() -> None:
    cited = citation()
    assert {
        "cff-version",
        "message",
        "title",
        "authors",
        "version",
        "date-released",
        "license",
    } <= cited.keys()
    assert cited["cff-version"] == "1.2.0"
    assert cited["type"] in ("software", "dataset")
    datetime.date.fromisoformat(cited["date-released"])
    assert set(cited["license"]) == {"MIT", "CC-BY-4.0"}
    book = cited["preferred-citation"]
    assert {"type", "title", "authors"} <= book.keys() and book["type"] == "book"
    for author in (*cited["authors"], *book["authors"]):
        assert "name" in author or {"family-names", "given-names"} <= author.keys()


def test_citation_agrees_with_the_book_and_the_package() -> None:
    project = tomllib.loads(read("pyproject.toml"))["project"]
    book = yaml.safe_load(read("_quarto.yml"))["book"]
    assert str(citation()["version"]) == project["version"]
    assert str(citation()["preferred-citation"]["version"]) == project["version"]
    assert citation()["title"] == book["title"]
    assert citation()["preferred-citation"]["title"] == f"{book['title']}: {book['subtitle']}"
    assert citation()["authors"][0]["name"] == book["author"]
    assert project["license"] == "MIT" and "LICENSE-text" in project["license-files"]


@pytest.mark.parametrize("name", ["LICENSE", "LICENSE-text", "CITATION.cff"])
def test_licenses_and_citation_are_linked(name: str) -> None:
    assert f"](../{name})" in read("chapters/using-citing.qmd")
    assert f"]({name})" in read("README.md")


def test_the_preface_leads_to_every_page_of_the_front_matter() -> None:
    preface = read("index.qmd")
    for name in ("first-run", "self-test", "how-to-run", "conventions", "data", "trouble", "using-citing"):
        assert f"](chapters/{name}.qmd" in preface


# What the pages show and quote


def test_conventions_show_every_kind_of_box() -> None:
    shown = set(BOX.findall(read("chapters/conventions.qmd")))
    assert shown >= CALLOUTS | BOXES


def test_self_test_has_ten_answered_questions() -> None:
    questions = re.split(
        r"^::: \{\.predict title=\"Question (\d+): [^\"]+\"\}$", read("chapters/self-test.qmd"), flags=re.M
    )
    numbers, bodies = questions[1::2], questions[2::2]
    assert numbers == [str(n) for n in range(1, 11)]
    for body in bodies:
        question, opening, answer = body.partition("::: {.reveal}")
        assert "?" in question and opening and len(answer.split()) > 10


def test_notation_is_in_the_form_the_lints_read() -> None:
    rows = re.findall(r"^\| (?!Symbol|:)(.+?) \| (.+?) \|$", read("chapters/notation.qmd"), re.MULTILINE)
    assert len(rows) >= 40
    for symbol, meaning in rows:
        assert re.fullmatch(r"\$[^$]+\$", symbol), symbol
        assert meaning
    symbols = [symbol for symbol, _ in rows]
    assert len(symbols) == len(set(symbols))


def glossary() -> list[tuple[str, str, str]]:
    """Term, anchor and explanation of every entry."""
    pattern = r"^\[(?P<term>[^\]]+)\]\{#(?P<anchor>[\w-]+)\}\n\n:   (?P<text>.+)$"
    return re.findall(pattern, prose("chapters/glossary.qmd"), re.MULTILINE)


def test_glossary_is_sorted_and_its_anchors_follow_from_the_terms() -> None:
    terms = [term for term, _, _ in glossary()]
    assert len(terms) >= 50
    assert terms == sorted(terms, key=str.lower)
    assert len({term.lower() for term in terms}) == len(terms)
    for term, anchor, text in glossary():
        assert anchor == "gloss-" + re.sub(r"[^a-z0-9]+", "-", term.lower()).strip("-")
        assert text.endswith(".")


def test_every_term_that_a_chapter_defines_is_in_the_glossary() -> None:
    entries = {term.lower() for term, _, _ in glossary()}
    entries |= {f"{term}s" for term in entries}
    for page in config.load(ROOT).pages:
        defined = {match["term"].lower() for match in TERM.finditer(prose(page.path))}
        assert defined <= entries, (
            f"{page.path} defines {sorted(defined - entries)}: add them to chapters/glossary.qmd"
        )


def test_glossary_entries_link_to_the_definition() -> None:
    places: dict[str, str] = {}
    for page in config.load(ROOT).pages:
        for match in TERM.finditer(prose(page.path)):
            slug = re.sub(r"[^a-z0-9]+", "-", match["term"].lower()).strip("-")
            places[slug] = f"]({Path(page.path).name}#term-{slug})."
    for term, anchor, text in glossary():
        slug = anchor.removeprefix("gloss-")
        place = places.get(slug, places.get(f"{slug}s"))
        if place:
            assert text.endswith(place), (
                f"the entry {term!r} should end with a link to its definition: {place}"
            )
        else:
            assert "#term-" not in text, f"the entry {term!r} links to a definition that is not there"


@cache
def literals() -> str:
    """Every text in the package's source and the Makefile, the fixed pieces of f-strings apart."""
    found = [read("Makefile")]
    for path in sorted((ROOT / "code/mlbook").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.append(node.value)
    return "\n".join(found)


def said(text: str) -> bool:
    """Whether the package can say this: one of its texts holds it, or it is put together from several."""
    if text in literals():
        return True
    gaps = [gap.start() for gap in re.finditer(" ", text) if gap.start() >= 7 and len(text) - gap.start() > 7]
    return any(text[:gap] in literals() and said(text[gap + 1 :]) for gap in gaps)


def messages() -> list[str]:
    """The messages that the page on trouble quotes: lines that are nothing but code."""
    return re.findall(r"^`([^`\n]+)`$", read("chapters/trouble.qmd"), re.MULTILINE)


def test_quoted_messages_are_what_the_tools_say() -> None:
    quoted = [message for message in messages() if message != "mlbook: command not found"]
    assert len(quoted) >= 15
    for message in quoted:
        pieces = [piece.strip() for piece in message.split("…") if len(piece.strip()) > 4]
        assert pieces, message
        for piece in pieces:
            assert said(piece), f"no tool says {piece!r}; mend chapters/trouble.qmd"


def test_every_trouble_has_a_cause() -> None:
    assert prose("chapters/trouble.qmd").count("\n\n:   ") >= len(messages()) + 5


# Commands


def commands() -> set[str]:
    """The subcommands of `mlbook`, with those of groups as two words."""
    group = typer.main.get_command(app)
    found: set[str] = set()
    for name, command in group.commands.items():  # type: ignore[attr-defined]
        found.add(name)
        found |= {f"{name} {inner}" for inner in getattr(command, "commands", {})}
    return found


@pytest.mark.parametrize(
    "name", ["README.md", *(f"chapters/{n}.qmd" for n in ("first-run", "how-to-run", "trouble", "data"))]
)
def test_commands_that_pages_name_exist(name: str) -> None:
    text = read(name)
    named = re.findall(
        r"(?<![\w./-])(?:[.\w\\/]*bin/|[.\w]*\\Scripts\\)?mlbook (\w+)(?: (\w+))?", code_of(text)
    )
    assert named
    for first, second in named:
        assert first in commands(), f"`mlbook {first}` is not a command"
        assert first != "data" or f"data {second}" in commands()
    targets = set(re.findall(r"^([\w-]+):", read("Makefile"), re.MULTILINE))
    for target in re.findall(r"\bmake ([a-z][\w-]*)", code_of(text)):
        assert target in targets, f"`make {target}` is not a target"


def code_of(text: str) -> str:
    """What stands in code: spans and fences."""
    fences = re.findall(r"^```(?:bash|powershell|text)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    spans = re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL))
    return "\n".join([*fences, *spans])


def test_settings_that_pages_name_are_read_by_the_code() -> None:
    named = set(re.findall(r"^\| `([A-Z_]+)` \|", read("chapters/how-to-run.qmd"), re.MULTILINE))
    assert {"MLBOOK_DATA", "MLBOOK_MIRROR", "MLBOOK_OFFLINE"} <= named
    for name in named:
        assert re.search(rf"^{name}$", literals(), re.MULTILINE), f"nothing reads {name}"


def test_the_newcomers_path_is_short_and_leads_somewhere() -> None:
    path = read("README.md").split("<!-- newcomer")[1].split("<!-- /newcomer")[0]
    assert path.count("\n") < 40
    for step in ("git clone", "make read", 'pip install -e ".[run]"', "mlbook run first-run"):
        assert step in path
    for change in re.findall(r"`(n_neighbors=5)`", path):
        assert change in read("chapters/first-run.qmd")
    assert "chapters/first-run.qmd" in path
