"""Each check of chapter 4 accepts right answers, published ones first, and says what is wrong with others."""

from __future__ import annotations

import re
from typing import Any

import published
import pytest
import training_answers

from mlbook.exercises import catalog, registry
from mlbook.exercises.judge import judge
from mlbook.exercises.verdict import Verdict

CHECKS = {
    slug: check
    for slug, check in registry.every().items()
    if check.properties.__module__ == "mlbook.exercises.checks.training"
}


def verdict(slug: str, answer: Any) -> Verdict:
    return judge(CHECKS[slug], lambda: answer, seconds=60)


def named(answer: Any) -> str:
    return getattr(answer, "__name__", str(answer))


@pytest.mark.parametrize("slug", [slug for slug, check in CHECKS.items() if check.function])
def test_the_published_solution_is_right(slug: str) -> None:
    found = verdict(slug, published.function(slug, CHECKS[slug].name))
    assert found.state == "right", found


@pytest.mark.parametrize(
    ("slug", "answer"),
    [(slug, answer) for slug, answers in training_answers.RIGHT.items() for answer in answers],
    ids=named,
)
def test_other_right_answers_are_right(slug: str, answer: Any) -> None:
    found = verdict(slug, answer)
    assert found.state == "right", found


@pytest.mark.parametrize(
    ("slug", "answer", "must", "hint"),
    [(slug, *case) for slug, cases in training_answers.WRONG.items() for case in cases],
    ids=named,
)
def test_a_wrong_answer_is_refused_for_the_right_reason(slug: str, answer: Any, must: str, hint: str) -> None:
    found = verdict(slug, answer)
    assert found.state == "wrong", found
    assert re.search(must, found.must), found
    assert hint.lower() in found.hint.lower(), found
    assert found.got, found


def test_every_check_has_right_and_wrong_answers_here() -> None:
    assert set(training_answers.RIGHT) == set(training_answers.WRONG) == set(CHECKS)


def test_every_code_exercise_of_the_chapter_has_a_check_and_every_check_an_exercise() -> None:
    listed = catalog.exercises(published.ROOT, "04-training")
    assert {one.slug for one in listed if one.kind == "code"} <= set(CHECKS)
    assert set(CHECKS) <= {one.slug for one in listed}


@pytest.mark.parametrize("slug", CHECKS)
def test_an_empty_answer_is_not_attempted_and_is_told_what_to_do(slug: str) -> None:
    found = verdict(slug, None)
    assert found.state == "not attempted" and not found
    assert CHECKS[slug].function in found.must and CHECKS[slug].task in found.must
