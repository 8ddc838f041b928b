"""Quizzes are checked with messages that help, computed to the right answers, and stored only when sound."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml
from books import MakeBook

from mlbook.book import config, quizzes
from mlbook.book.lint import quiz as lint
from mlbook.book.lint.text import texts
from mlbook.book.quizzes import faults
from mlbook.errors import BookError

ROOT = Path(__file__).parents[2]
NUMERIC = {
    "id": "mean",
    "kind": "numeric",
    "given": {"values": [1, 2, 6], "total": "sum(values)"},
    "question": "What is the mean of `{python} values`?",
    "answer": "np.mean(values)",
    "tolerance": 0.01,
    "near": [{"value": "np.median(values)", "feedback": "That is the median."}],
    "otherwise": "Add, then divide.",
    "explanation": "It is `{python} total` divided by three.",
}
ORDER = {
    "id": "steps",
    "kind": "order",
    "question": "In which order?",
    "steps": [{"text": f"Step {name}.", "feedback": f"Why {name}."} for name in "abcd"],
    "explanation": "So.",
}


def choice(name: str, *right: int, kind: str = "single") -> dict[str, Any]:
    options = [{"text": f"Option {n}.", "feedback": f"About {n}.", "right": n in right} for n in range(3)]
    return {"id": name, "kind": kind, "question": "Which?", "options": options, "explanation": "Because."}


def sound() -> list[dict[str, Any]]:
    singles = [choice(f"pick-{n}", n % 3) for n in range(3)]
    return deepcopy([*singles, choice("several", 0, 2, kind="multiple"), NUMERIC, ORDER])


@pytest.fixture
def book(make_book: MakeBook) -> Callable[..., config.Book]:
    """Make a book of two chapters with quizzes; given as content or text of their files."""

    def make(first: Any = None, second: Any = None) -> config.Book:
        root = make_book(one="Text.\n", two="Text.\n")
        (root / quizzes.FOLDER).mkdir()
        for name, content in (("one", first), ("two", second)):
            if content is not None:
                written = content if isinstance(content, str) else yaml.safe_dump(content, sort_keys=False)
                (root / quizzes.FOLDER / f"{name}.yml").write_text(written, encoding="utf-8")
        return config.load(root)

    return make


def questions(*changed: dict[str, Any]) -> dict[str, Any]:
    """A sound file in which questions with the given ids are replaced."""
    new = {one.get("id"): one for one in changed}
    return {"questions": [new.pop(one["id"], one) for one in sound()] + list(new.values())}


def without(question: dict[str, Any], *path: Any) -> dict[str, Any]:
    """A copy of a question that lacks what stands at `path`."""
    copy = deepcopy(question)
    place: Any = copy
    for key in path[:-1]:
        place = place[key]
    del place[path[-1]]
    return copy


FAULTY = [
    (choice("pick-0"), "question 'pick-0' has no right answer", "right: true"),
    (choice("pick-0", 0, 1), "question 'pick-0' is a single choice with 2 right answers", "kind: multiple"),
    (choice("several", kind="multiple"), "question 'several' has no right answer", "right: true"),
    (without(choice("pick-0", 0), "options", 1, "feedback"), "has no feedback for option 2", "feedback"),
    (without(choice("pick-0", 0), "options", 1, "text"), "has no text for option 2", "text"),
    (choice("pick-0", 0) | {"options": []}, "has fewer than 2 options", "options"),
    (choice("pick-0", 0) | {"kind": "guess"}, "has the kind 'guess', which is none", "single, multiple"),
    (choice("pick-0", 0) | {"hint": "Hm."}, "has 'hint', which a single question has not", "It may have"),
    (without(choice("pick-0", 0), "explanation"), "has no explanation", "explanation"),
    (without(NUMERIC, "answer"), "question 'mean' has no answer", "answer:"),
    (without(NUMERIC, "tolerance"), "has no tolerance above 0", "tolerance: 0.01"),
    (without(NUMERIC, "otherwise"), "has no feedback for other numbers", "otherwise"),
    (NUMERIC | {"answer": "np.mean("}, "has `np.mean(`, which is not Python", "expression"),
    (NUMERIC | {"question": "Is it `{python} 1 +`?"}, "has `1 +`, which is not Python", "expression"),
    (NUMERIC | {"near": [{"value": 1}]}, "has a near miss 1 that is not value and feedback", "value:"),
    (without(ORDER, "steps", 2, "feedback"), "has no feedback for step 3", "feedback"),
    (without(choice("pick-0", 0), "id"), "has no id of small letters", "id:"),
    (choice("Pick 0", 0), "question 'Pick 0' has no id of small letters", "id:"),
]


@pytest.mark.parametrize(("bad", "problem", "mend"), FAULTY, ids=[case[1] for case in FAULTY])
def test_a_fault_names_file_question_and_mend(book, bad, problem, mend):
    made = book(questions(bad))
    found = quizzes.write(made)
    mine = [fault for fault in found if problem in fault.message]
    assert mine and mine[0].where == "chapters/quizzes/one.yml"
    assert mine[0].message.startswith("question ")
    assert any(mend in fault.hint for fault in mine)
    assert not (made.root / quizzes.place("one")).exists()


def test_an_id_given_twice(book):
    twice = {"questions": [*sound(), choice("pick-0", 1)]}
    assert messages(book(twice)) == ["question 'pick-0' has the id of question number 1"]


def messages(made: config.Book) -> list[str]:
    return [fault.message for fault in quizzes.write(made)]


def test_too_few_questions(book):
    assert messages(book({"questions": sound()[:5]})) == ["has 5 questions"]


def test_a_later_quiz_brings_questions_back(book):
    first = questions()
    assert messages(book(first, {"questions": sound()})) == ["brings back 0 questions of earlier chapters"]


@pytest.mark.parametrize(
    ("first", "second", "message", "mend"),
    [
        ([], ["one/gone", "one/mean"], "draws the question 'one/gone' again, which is not there", "one/mean"),
        ([], ["one/mean", "one/mean"], "draws the question 'one/mean' twice", "Take one"),
        (
            ["two/mean"],
            ["one/mean", "one/steps"],
            "draws the question 'two/mean', which does not come earlier",
            "",
        ),
    ],
)
def test_drawn_questions_are_there_and_earlier(book, first, second, message, mend):
    found = quizzes.write(book(questions() | {"again": first}, questions() | {"again": second}))
    mine = [fault for fault in found if fault.message == message]
    assert mine
    assert mend in mine[0].hint


@pytest.mark.parametrize(
    ("text", "where", "problem"),
    [
        ("questions:\n  - id: a\n   kind: b\n", "chapters/quizzes/one.yml:3", "is not YAML"),
        ("questions: [a: b: c]\n", "chapters/quizzes/one.yml:1", "is not YAML"),
        ("- id: a\n", "chapters/quizzes/one.yml", "is not a list `questions:`"),
        ("questions: 3\n", "chapters/quizzes/one.yml", "is not a list `questions:`"),
        ("questions: []\nmore: 1\n", "chapters/quizzes/one.yml", "is not a list `questions:`"),
        ("", "chapters/quizzes/one.yml", "is not a list `questions:`"),
        ("questions: [3, null, {}, [], x, y]\n", "chapters/quizzes/one.yml", "question number 1 has no id"),
    ],
)
def test_a_broken_file(book, text, where, problem):
    found = quizzes.write(book(text))
    assert found[0].where == where
    assert problem in found[0].message
    assert all(fault.hint for fault in found)


def test_a_file_of_no_page(book):
    made = book(questions())
    (made.root / quizzes.FOLDER / "three.yml").write_text("questions: []\n", encoding="utf-8")
    (fault,) = quizzes.write(made)
    assert (fault.where, fault.message) == ("chapters/quizzes/three.yml", "belongs to no page of the book")


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        ({"answer": "np.mean(homes)"}, "name 'homes' is not defined"),
        ({"answer": "np.mean([]) if False else 1 / 0"}, "division by zero"),
        ({"answer": "float('nan')"}, "`float('nan')` is nan"),
        ({"answer": "'three'"}, "could not convert"),
        ({"near": [{"value": "3.005", "feedback": "Near."}]}, "too close to the answer 3"),
        ({"explanation": "It is `{python} values[7]`."}, "list index out of range"),
        ({"given": {"values": "numbers"}}, "name 'numbers' is not defined"),
    ],
)
def test_what_cannot_be_computed_is_not_stored(book, bad, why):
    made = book(questions(NUMERIC | bad))
    (fault,) = quizzes.write(made)
    assert fault.where == "chapters/quizzes/one.yml"
    assert "question 'mean'" in fault.message and why in fault.message
    assert not (made.root / quizzes.place("one")).exists()


def stored(made: config.Book, chapter: str) -> dict[str, Any]:
    found = json.loads((made.root / quizzes.place(chapter)).read_text(encoding="utf-8"))
    return {question["name"]: question for question in found["questions"]}


def test_answers_and_texts_are_computed(book):
    made = book(questions())
    assert quizzes.write(made) == []
    found = stored(made, "one")["one/mean"]
    assert (found["answer"], found["shown"]) == (pytest.approx(3), "3")
    assert found["question"] == "What is the mean of [1, 2, 6]?"
    assert found["explanation"] == "It is 9 divided by three."
    assert found["near"] == [{"value": 2.0, "shown": "2", "feedback": "That is the median."}]


@pytest.mark.parametrize(
    ("answer", "tolerance", "shown"),
    [("28.2843", 0.1, "28.3"), ("1234.5", 1, "1,234"), ("0.0312", 0.001, "0.031"), ("200", 5, "200")],
)
def test_an_answer_is_shown_with_the_digits_its_tolerance_warrants(book, answer, tolerance, shown):
    made = book(questions(NUMERIC | {"answer": answer, "tolerance": tolerance, "near": []}))
    quizzes.write(made)
    assert stored(made, "one")["one/mean"]["shown"] == shown


def test_steps_start_out_of_order_and_the_same_each_time(book):
    made = book(questions())
    quizzes.write(made)
    start = stored(made, "one")["one/steps"]["start"]
    assert sorted(start) == [0, 1, 2, 3] != start
    quizzes.write(made, every=True)
    assert stored(made, "one")["one/steps"]["start"] == start


def test_drawn_questions_come_last_and_say_where_from(book):
    made = book(questions(), questions() | {"again": ["one/steps", "one/mean"]})
    assert quizzes.write(made) == []
    found = stored(made, "two")
    assert list(found)[-2:] == ["one/steps", "one/mean"]
    assert found["one/mean"]["from"] == "@sec-one"
    assert found["one/mean"]["answer"] == pytest.approx(3)
    assert "from" not in found["two/mean"]


def test_a_quiz_is_stale_until_computed_and_when_one_it_draws_from_changes(book):
    made = book(questions(), questions() | {"again": ["one/steps", "one/mean"]})
    found, _ = quizzes.load(made)
    assert quizzes.stale(found["two"], found, made.root) == "data/quizzes/two.json is not there"
    quizzes.write(made)
    assert quizzes.stale(found["two"], found, made.root) == ""
    path = made.root / "chapters/quizzes/one.yml"
    path.write_text(path.read_text(encoding="utf-8") + "# A remark.\n", encoding="utf-8")
    found, _ = quizzes.load(made)
    assert quizzes.stale(found["two"], found, made.root) == "chapters/quizzes/one.yml has changed"
    (made.root / quizzes.place("two")).write_text("{", encoding="utf-8")
    assert quizzes.stale(found["two"], found, made.root) == "data/quizzes/two.json is damaged"


def test_a_fault_leaves_the_old_quiz_and_does_not_stop_the_others(book):
    made = book(questions(), questions() | {"again": ["one/steps", "one/mean"]})
    quizzes.write(made)
    old = (made.root / quizzes.place("one")).read_bytes()
    (made.root / "chapters/quizzes/two.yml").write_text(
        yaml.safe_dump(questions(NUMERIC | {"answer": "1 / 0"}) | {"again": ["one/steps", "one/mean"]}),
        encoding="utf-8",
    )
    (made.root / quizzes.place("one")).unlink()
    assert len(quizzes.write(made)) == 1
    assert (made.root / quizzes.place("one")).read_bytes() == old
    assert "one/mean" in stored(made, "two")


def test_the_lint_wants_a_quiz_computed_and_shown_on_its_own_page(book):
    made = book(questions())

    def found() -> list[str]:
        everything = texts(made)
        return [str(finding) for rule in lint.BOOK_RULES for finding in rule(made, everything)]

    assert found() == [
        "chapters/quizzes/one.yml:1: [quiz] data/quizzes/one.json is not there: `mlbook run` computes it",
        'chapters/one.qmd:1: [quiz] its quiz is shown nowhere: add `::: {.quiz chapter="one"}` and `:::`',
    ]
    quizzes.write(made)
    for name, chapter in (("one", "one"), ("two", "one")):
        page = made.root / f"chapters/{name}.qmd"
        div = f'\n::: {{.quiz chapter="{chapter}"}}\n:::\n'
        page.write_text(page.read_text(encoding="utf-8") + div, encoding="utf-8")
    (finding,) = found()
    assert finding.startswith("chapters/two.qmd:5: [quiz] a page shows its own quiz")
    assert finding.endswith('chapters/quizzes/two.yml: write `chapter="two"`')


def test_the_lint_passes_on_what_is_wrong_with_the_file(book):
    made = book("questions:\n  - id: a\n   kind: b\n")
    (finding,) = lint.sound(made, texts(made))
    assert (finding.path, finding.line) == ("chapters/quizzes/one.yml", 3)
    assert "is not YAML" in finding.message and "Mend" in finding.message


def test_the_words_of_a_quiz_are_linted_and_its_expressions_are_not(book):
    made = book(questions(NUMERIC | {"otherwise": "Simply add 0.75 and divide."}))
    (text,) = [text for text in texts(made) if text.path.endswith("one.yml")]
    assert "simply add 0.75" in text.prose.lower()
    assert "0.01" not in text.prose and "np.mean" not in text.prose


def test_the_books_quizzes_are_sound_and_computed_as_they_stand():
    book = config.load(ROOT)
    found, broken = quizzes.load(book)
    assert [str(fault) for fault in [*broken, *faults.of_book(found)]] == []
    assert found
    for quiz in found.values():
        assert quizzes.stale(quiz, found, ROOT) == ""
        kinds = {question.kind for question in quiz.questions}
        assert kinds == set(faults.KEYS), f"{quiz.path} has no {set(faults.KEYS) - kinds}"


def test_the_answers_of_the_book_are_those_that_its_expressions_give(tmp_path: Path):
    """Computed anew, each stored quiz comes out byte for byte."""
    book = config.load(ROOT)
    for name in quizzes.load(book)[0]:
        for folder in ("chapters/quizzes", "data/quizzes"):
            (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        source = ROOT / quizzes.FOLDER / f"{name}.yml"
        (tmp_path / quizzes.FOLDER / f"{name}.yml").write_bytes(source.read_bytes())
    assert quizzes.write(config.Book(tmp_path, book.pages, book.settings)) == []
    for path in sorted((tmp_path / "data/quizzes").glob("*.json")):
        assert path.read_bytes() == (ROOT / "data/quizzes" / path.name).read_bytes()


def test_a_run_computes_quizzes_and_reports_their_faults(book):
    from mlbook.book import execute

    made = book(questions())
    execute.run([], root=made.root)
    assert "one/mean" in stored(made, "one")
    (made.root / "chapters/quizzes/one.yml").write_text("questions: 3\n", encoding="utf-8")
    with pytest.raises(BookError, match="is not a list"):
        execute.run([], root=made.root)
