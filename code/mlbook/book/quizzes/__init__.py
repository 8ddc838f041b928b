"""Quizzes: `chapters/quizzes/<chapter>.yml`, checked, computed, and stored for the typesetters.

- `reading.py` reads the files; `faults.py` finds what is wrong with them, without running anything;
- `answers.py` evaluates the expressions and writes `data/quizzes/<chapter>.json`, of which the book's filter
  (`_extensions/mlbook/quiz.lua`) makes forms on the web, and questions and answers in print.

Expressions see NumPy as `np` and the question's own `given`, nothing of the chapter: so a question can come
back in any later chapter, and a changed quiz is computed in no time, without executing its chapter.
"""

from __future__ import annotations

from mlbook.book.quizzes.answers import place, stale, write
from mlbook.book.quizzes.reading import FOLDER, Question, Quiz, load

__all__ = ["FOLDER", "Question", "Quiz", "load", "place", "stale", "write"]
