"""Right and wrong answers to the exercises of a chapter, collected by decorators."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Function = Callable[..., Any]


class AnswerBook:
    """Answers by exercise; a wrong one with words of the property its check must name, and of its hint."""

    def __init__(self) -> None:
        self.answers: dict[str, list[Any]] = {}
        self.mistakes: dict[str, list[tuple[Any, str, str]]] = {}

    def right(self, slug: str) -> Callable[[Function], Function]:
        def add(function: Function) -> Function:
            self.answers.setdefault(slug, []).append(function)
            return function

        return add

    def wrong(self, slug: str, must: str, hint: str = "") -> Callable[[Function], Function]:
        def add(function: Function) -> Function:
            self.mistakes.setdefault(slug, []).append((function, must, hint))
            return function

        return add
