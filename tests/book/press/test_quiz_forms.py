"""Quizzes on the site, in a real browser: by mouse, by keyboard, without scripts, on a phone, from a disk."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pypandoc
import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from sample_book import make_sample

from mlbook import browser as browsers
from mlbook.book import config, press, quizzes
from mlbook.book.serve import listen, serving

PAGE = "chapters/02-beta.html"
QUIZ = r"""
questions:
  - id: capital
    kind: single
    question: "Which of these is $x$ in **bold**?"
    options:
      - {text: "$\\mathbf{x}$", right: true, feedback: "Bold stands for a vector."}
      - {text: "$x$", feedback: "That is a number."}
      - {text: "`x`", feedback: "That is code."}
    explanation: "See @sec-alpha for more."
  - id: evens
    kind: multiple
    question: "Which are even?"
    options:
      - {text: "One", feedback: "It leaves one over."}
      - {text: "Two", right: true, feedback: "Twice one."}
      - {text: "Four", right: true, feedback: "Twice two."}
      - {text: "Five", feedback: "It leaves one over, too."}
    explanation: "Even numbers are twice something."
  - id: half
    kind: numeric
    given: {whole: 5}
    question: |
      A cake is cut.

      You get half of `{python} whole`; how much is that?
    answer: whole / 2
    tolerance: 0.01
    unit: cakes
    near: [{value: whole * 2, feedback: "That is twice as much."}]
    otherwise: "Divide by two."
    explanation: "Half is the second part."
  - id: alphabet
    kind: order
    question: "Put the letters in order."
    steps:
      - {text: "A", feedback: "It is the first."}
      - {text: "B", feedback: "It follows A."}
      - {text: "C", feedback: "It follows B."}
      - {text: "D", feedback: "It is the last here."}
    explanation: "So they stand in the alphabet."
  - {id: five, kind: single, question: "Five?", options: &o [{text: "Yes", right: true, feedback: "It is."},
     {text: "No", feedback: "It is not."}], explanation: "Five."}
  - {id: six, kind: single, question: "Six?", options: *o, explanation: "Six."}
"""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample book, with a quiz in its second chapter, which brings back two questions of the first's."""
    folder = make_sample(tmp_path_factory.mktemp("quiz") / "book")
    (folder / quizzes.FOLDER).mkdir()
    (folder / quizzes.FOLDER / "01-alpha.yml").write_text(QUIZ, encoding="utf-8")
    drawn = "again: [01-alpha/half, 01-alpha/five]\n"
    (folder / quizzes.FOLDER / "02-beta.yml").write_text(drawn + QUIZ, encoding="utf-8")
    assert quizzes.write(config.load(folder)) == []
    page = folder / "chapters" / "02-beta.qmd"
    text = page.read_text(encoding="utf-8")
    page.write_text(f'{text}\n\n## Quiz\n\n::: {{.quiz chapter="02-beta"}}\n:::\n', encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def site(root: Path) -> Path:
    press.build(site=True, pdf=True, root=root)
    return root / "_book"


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    with serving(listen(site, 0, prefix="/a/b/")) as running:
        yield running.url + PAGE


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browsers.chromium() as started:
        yield started


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A page on which any error in the console is a failure."""
    faults: list[str] = []
    context = chromium.new_context(color_scheme="light")
    opened = context.new_page()
    opened.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    opened.on("pageerror", lambda error: faults.append(str(error)))
    yield opened
    context.close()
    assert faults == []


def question(page: Page, name: str, chapter: str = "02-beta") -> Locator:
    return page.locator(f"#quiz-{chapter}-{name}")


def check(asked: Locator) -> Locator:
    """Press the button; return what is announced."""
    asked.get_by_role("button", name="Check").click()
    return asked.get_by_role("status")


@pytest.mark.browser
def test_a_single_choice_by_mouse(page: Page, address: str) -> None:
    page.goto(address)
    asked = question(page, "capital")
    expect(asked.get_by_role("group", name="Question 1. Which of these is x in bold?")).to_be_visible()
    expect(check(asked)).to_have_text("Choose an answer first.")
    asked.get_by_role("radio").nth(1).check()
    said = check(asked)
    expect(said).to_contain_text("Not this one. That is a number.")
    expect(said).not_to_contain_text("See Chapter 1")
    asked.locator("label").first.click()
    expect(said).to_be_empty()
    expect(check(asked)).to_contain_text("Right. Bold stands for a vector.")
    expect(said).to_contain_text("See Chapter 1 for more.")
    expect(page.locator(".quiz-score")).to_have_text("1 of 8 solved")


@pytest.mark.browser
def test_a_multiple_choice_wants_all_and_no_other(page: Page, address: str) -> None:
    page.goto(address)
    asked = question(page, "evens")
    boxes = asked.get_by_role("checkbox")
    boxes.nth(1).check()
    boxes.nth(3).check()
    said = check(asked)
    expect(said).to_contain_text("You have 1 of 2 right answers, and 1 that is not right.")
    expect(said).to_contain_text("Five")
    expect(said).to_contain_text("It leaves one over, too.")
    expect(said).not_to_contain_text("Twice two.")
    boxes.nth(3).uncheck()
    expect(check(asked)).to_contain_text("You have 1 of 2 right answers, and 0 that are not right.")
    boxes.nth(2).check()
    expect(check(asked)).to_contain_text("All of them, and no other.")
    expect(said).to_contain_text("Even numbers are twice something.")


@pytest.mark.browser
@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "Type a number first"),
        ("10", "That is twice as much."),
        ("7", "Divide by two."),
        ("-2.5", "Divide by two."),
        ("2.5", "Right. Half is the second part."),
        ("2.509", "Right."),
        ("2.52", "Divide by two."),
        ("25e-1", "Right."),
    ],
)
def test_a_number(page: Page, address: str, typed: str, said: str) -> None:
    page.goto(address)
    asked = question(page, "half")
    asked.get_by_role("spinbutton", name="Your answer, in cakes").fill(typed)
    expect(check(asked)).to_contain_text(said)


@pytest.mark.browser
def test_a_question_that_comes_back_says_where_from_and_works_beside_its_like(
    page: Page, address: str
) -> None:
    page.goto(address)
    own, drawn = question(page, "five"), question(page, "five", "01-alpha")
    expect(drawn).to_contain_text("Again, from Chapter 1.")
    expect(own).not_to_contain_text("Again")
    drawn.get_by_role("radio").nth(1).check()
    own.get_by_role("radio").first.check()
    expect(check(drawn)).to_contain_text("It is not.")
    expect(check(own)).to_contain_text("It is.")


@pytest.mark.browser
def test_steps_by_keyboard_alone(page: Page, address: str) -> None:
    page.goto(address)
    asked = question(page, "alphabet")
    rows = asked.locator(".quiz-order > li")
    expect(check(asked)).to_contain_text("belongs elsewhere.")
    for place, letter in enumerate("ABCD"):
        up = asked.get_by_role("button", name=f"Move up: {letter}")
        up.focus()
        for _ in range(4):
            if rows.nth(place).locator("span").inner_text() == letter:
                break
            page.keyboard.press("Enter")
            expect(up).to_be_focused()
            expect(asked.get_by_role("status")).to_contain_text("Now at place")
        expect(rows.nth(place).locator("span")).to_have_text(letter)
    expect(asked.get_by_role("button", name="Move up: A")).to_have_attribute("aria-disabled", "true")
    asked.get_by_role("button", name="Check").focus()
    page.keyboard.press("Space")
    expect(asked.get_by_role("status")).to_contain_text("Right, all in order.")


@pytest.mark.browser
def test_a_whole_question_by_keyboard_alone(page: Page, address: str) -> None:
    page.goto(address)
    asked = question(page, "capital")
    asked.get_by_role("radio").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(asked.get_by_role("status")).to_contain_text("That is a number.")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Tab")
    expect(asked.get_by_role("button", name="Check")).to_be_focused()
    page.keyboard.press("Enter")
    expect(asked.get_by_role("status")).to_contain_text("Bold stands for a vector.")
    for _ in range(2):  # past the link in the explanation
        page.keyboard.press("Tab")
    expect(asked.locator("summary")).to_be_focused()
    page.keyboard.press("Enter")
    expect(asked.locator(".quiz-explanation")).to_be_visible()


@pytest.mark.browser
def test_without_scripts_questions_stand_readable_and_answers_are_folded(
    chromium: Browser, address: str
) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address)
    expect(page.locator(".quiz input, .quiz button")).to_have_count(0)
    expect(page.locator(".quiz-note")).to_be_visible()
    asked = question(page, "evens")
    assert asked.locator("li:visible").all_inner_texts() == ["One", "Two", "Four", "Five"]
    expect(asked.locator("details p").first).to_be_hidden()
    asked.locator("summary").click()
    expect(asked.locator("details")).to_contain_text("Answer: B, C")
    expect(asked.locator("details")).to_contain_text("Not this one. It leaves one over, too.")
    context.close()


@pytest.mark.browser
def test_from_a_disk(page: Page, site: Path) -> None:
    page.goto((site / PAGE).as_uri())
    asked = question(page, "five")
    asked.get_by_role("radio").first.check()
    expect(check(asked)).to_contain_text("It is.")


@pytest.mark.browser
def test_a_page_without_a_quiz_loads_no_script_for_it(page: Page, address: str) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address.replace("02-beta", "01-alpha"))
    assert not [url for url in asked if "quiz" in url]


@pytest.mark.browser
@pytest.mark.parametrize("width", [390, 320])
def test_on_a_phone_nothing_is_cut_and_targets_are_large(page: Page, address: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(address)
    check(question(page, "alphabet"))
    browsers.unfold(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    sizes = page.locator(".quiz button, label.quiz-row").evaluate_all(
        "all => all.map((one) => one.getBoundingClientRect()).map((box) => Math.min(box.width, box.height))"
    )
    assert min(sizes) >= 24


@pytest.mark.browser
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_with_everything_answered_and_open(page: Page, address: str, theme: str) -> None:
    page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    page.goto(address)
    question(page, "capital").get_by_role("radio").nth(1).check()
    question(page, "evens").get_by_role("checkbox").nth(1).check()
    question(page, "half").get_by_role("spinbutton").fill("2.5")
    for asked in page.locator(".quiz-question").all():
        check(asked)
    browsers.unfold(page)
    assert [str(found) for found in browsers.axe(page)] == []


def in_print(root: Path) -> str:
    """Return the second chapter as the filter hands it to Typst."""
    command = [str(pypandoc.get_pandoc_path()), "--to=typst", "--wrap=none"]
    command += ["--lua-filter=_extensions/mlbook/mlbook.lua", "chapters/02-beta.qmd"]
    return subprocess.run(command, capture_output=True, text=True, cwd=root, check=True).stdout


def test_in_print_questions_stand_in_the_chapter_and_answers_among_the_solutions(root: Path) -> None:
    out = in_print(root)
    chapter, _, solutions = out.partition("Solutions")
    assert "Put the letters in order." in chapter and "on-page(<quiz-answers-02-beta>)" in chapter
    assert "Twice two." not in chapter
    assert "<quiz-answers-02-beta>" in solutions
    assert "B, C." in solutions and "2.5 cakes, within 0.01." in solutions
    assert "Again, from" in chapter
    assert "Twice two." in solutions and "So they stand in the alphabet." in solutions


def test_the_pdf_holds_both(site: Path) -> None:
    from pypdf import PdfReader

    text = " ".join(" ".join(sheet.extract_text().split()) for sheet in PdfReader(site / "book.pdf").pages)
    assert text.index("Put the letters in order.") < text.index(
        "The answers, with a word on each choice, are on page"
    )
    assert (
        text.index("The answers, with")
        < text.index("Twice two.")
        < text.index("So they stand in the alphabet.")
    )


def test_a_missing_quiz_is_a_warning_with_the_mend(root: Path) -> None:
    command = [str(pypandoc.get_pandoc_path()), "--to=html5", "--lua-filter=_extensions/mlbook/mlbook.lua"]
    done = subprocess.run(
        command,
        input='::: {.quiz chapter="09-none"}\n:::\n',
        capture_output=True,
        text=True,
        cwd=root,
        check=True,
    )
    assert done.stderr == "[WARNING] data/quizzes/09-none.json is not there; `mlbook run` makes it\n"
