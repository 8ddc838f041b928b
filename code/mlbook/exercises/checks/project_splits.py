"""Checks of chapter 2: what to hold out, and how."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlbook.exercises.answer import Answer, near
from mlbook.exercises.registry import exercise
from mlbook.ml.split import hashed_split


@exercise("which-split")
def which_split(answer: Answer) -> None:
    """Hand in a dictionary with the keys "a" to "d"; each value is "rows", "groups", "period" or "region"."""
    asked = {
        "a": {
            "rows": "A patient has several scans: then some are known and the others are asked about.",
            "groups": "",
            "period": "New patients differ from known ones by who they are, not by when they come.",
            "region": "The patients come to the same hospital.",
        },
        "b": {
            "rows": "The buyer's scanners, staff and patients are in none of your rows.",
            "groups": "",
            "period": "Next year in the same hospitals is not another hospital.",
            "region": "A region is more than it takes: which unit has its own scanners and staff?",
        },
        "c": {
            "rows": "Then the days before and after the one that is asked about are known.",
            "groups": "It is the same shop tomorrow.",
            "period": "",
            "region": "It is the same shop tomorrow.",
        },
        "d": {
            "rows": "",
            "groups": "Both the user and the film are known when the model is asked.",
            "period": "",
            "region": "Nothing in the question is about places.",
        },
    }
    given = answer.value
    must = 'the answer is a dictionary with the keys "a", "b", "c" and "d"'
    answer.expect(isinstance(given, dict) and set(given) == set(asked), must, got=given)
    for letter, feedback in asked.items():
        answer.about(f"task ({letter})")
        answer.choice(given[letter], feedback, "what is held out is as unknown as what will be asked about")


@exercise("median-of-medians")
def median_of_medians(answer: Answer) -> None:
    """Hand in the direction of the error: "too low", "too high" or "neither"."""
    tail = "With a tail to the right, which of mean and median lies further to the right?"
    feedback = {
        "too low": "",
        "too high": tail,
        "neither": "The number of homes times which value is their sum?",
    }
    answer.choice(answer.value, feedback, "it is the direction in which the office's sum is off")


@exercise(
    "hash-keeps-share",
    "share_by_size(keys, share)",
    imports="import numpy as np\nimport pandas as pd\n\nfrom mlbook.ml.split import hashed_split",
)
def hash_keeps_share(answer: Answer) -> None:
    """Return the shares of rows and of distinct keys that `hashed_split` puts into the test set."""
    uneven = ["a"] * 4 + ["b"] * 2 + ["c", "d"]
    many = [f"{number % 90}" for number in range(300)]
    shuffled = pd.Series(many).sample(frac=1, random_state=0)
    cases: list[tuple[Any, float, str]] = [
        (uneven, 0.5, ""),
        (many, 0.2, "300 rows with 90 distinct keys, share 0.2"),
        (shuffled, 0.2, "the same keys as a pandas Series whose index is not 0, 1, 2, …"),
    ]
    for keys, share, on in cases:
        given = answer(keys, share, on=on)
        rows, distinct = answer.numbers(given, (2,), "two numbers, of rows and of distinct keys")
        listed = list(keys)
        test = [listed[row] for row in hashed_split(listed, share)[1]]
        right_rows, right_distinct = len(test) / len(listed), len(set(test)) / len(set(listed))
        hint = "Divide the number of chosen rows by that of all rows."
        if near(rows, 1 - right_rows):
            hint = "hashed_split returns the training rows first, the test rows second."
        answer.close(rows, right_rows, "the first number is the share of rows in the test set", hint=hint)
        must = "the second number is the share of distinct keys in the test set"
        hint = "Count each key once, among the chosen rows and among all. Row numbers are no index labels."
        answer.close(distinct, right_distinct, must, hint=hint)


@exercise("kfold-by-group", "group_folds(groups, n_folds, rng)")
def kfold_by_group(answer: Answer) -> None:
    """Yield training and validation row numbers: no group on both sides, every row in validation once."""
    sizes = [9, 1, 4, 7, 2, 12, 5]
    numbers = np.random.default_rng(0).permutation(np.repeat([4, -3, 11, 0, 8, 25, 7], sizes))
    names = np.array(["north", "south", "east", "west"] * 3)
    for groups, n_folds, on in [
        (numbers, 3, "40 rows in 7 groups of unequal size, 3 folds"),
        (names, 4, "12 rows in 4 groups with names, 4 folds"),
    ]:
        made = _folds(answer, groups, n_folds, 0, on)
        answer.expect(len(made) == n_folds, f"it yields {n_folds} pairs", got=str(len(made)))
        for known, asked in made:
            both = set(groups[known]) & set(groups[asked])
            answer.expect(
                not both,
                "no group is on both sides",
                got=f"{sorted(map(str, both))} on both",
                hint="Deal out the distinct groups, not the rows.",
            )
            answer.expect(
                sorted(known) == sorted(set(range(len(groups))) - set(asked)),
                "the training rows are all rows that are not in validation",
                got=f"{len(known)} training rows beside {len(asked)} of {len(groups)} in validation",
            )
        times = np.bincount(np.concatenate([asked for _, asked in made]), minlength=len(groups))
        answer.expect(
            bool((times == 1).all()),
            "every row is in validation exactly once",
            got=f"{(times == 0).sum()} rows never, {(times > 1).sum()} more than once",
            hint="When the groups cannot be dealt evenly, some folds get one more: np.array_split does that.",
        )
    deals = [[asked.tolist() for _, asked in _folds(answer, numbers, 3, seed, "")] for seed in (1, 1, 2, 3)]
    answer.about("the same groups with generators of equal and of different seeds")
    same, other = deals[0] == deals[1], deals[1] != deals[2] or deals[2] != deals[3]
    hint = "Take all chance from rng: rng.permutation shuffles the distinct groups."
    answer.expect(same, "the same seed gives the same folds", got="others each time", hint=hint)
    answer.expect(other, "another seed gives other folds", got="the same for three seeds", hint=hint)


def _folds(
    answer: Answer, groups: NDArray[Any], n_folds: int, seed: int, on: str
) -> list[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Collect the folds that an answer yields."""
    made = []
    for pair in answer.each(groups, n_folds, np.random.default_rng(seed), most=n_folds, on=on):
        is_pair = isinstance(pair, tuple | list) and len(pair) == 2
        answer.expect(is_pair, "each thing it yields is a pair of training and validation rows", got=pair)
        known, asked = (answer.whole(rows, "row numbers") for rows in pair)
        inside = all(((rows >= 0) & (rows < len(groups))).all() for rows in (known, asked))
        answer.expect(inside, f"row numbers lie between 0 and {len(groups) - 1}", got=pair)
        made.append((known, asked))
    return made
