"""What code rests on is read from its text."""

from __future__ import annotations

import pytest

from mlbook import imports
from mlbook.errors import BookError
from mlbook.imports import of


@pytest.mark.parametrize(
    "code",
    [
        "from mlbook.data import load_housing\nload_housing()",
        "from mlbook.data import load_housing as get\nx = get()",
        "from mlbook import data\ndata.load_housing()",
        "import mlbook.data\nmlbook.data.load_housing()",
        "import mlbook.data as d\nd.load('california_housing')",
        "from mlbook.data import load\nload('california_housing')",
    ],
)
def test_every_way_to_ask_for_a_data_set(code: str) -> None:
    found = of(code, where="x")
    assert found.data == {"california_housing"}
    assert found.modules == set(), "how data is fetched makes no result"


@pytest.mark.parametrize(
    "code",
    [
        "from mlbook.runs import results\nresults('housing-search')",
        "from mlbook import runs\nruns.results('housing-search')['best']",
        "import mlbook.runs\nmlbook.runs.results('housing-search')",
    ],
)
def test_every_way_to_ask_for_a_run(code: str) -> None:
    assert of(code, where="x").runs == {"housing-search"}


def test_other_loads_are_not_meant() -> None:
    code = "import json, numpy as np\njson.load(f)\nnp.load(name)\nload(name)\nresults(name)"
    found = of(code, where="x")
    assert (found.data, found.runs, found.libraries) == (set(), set(), {"numpy"})


@pytest.mark.parametrize(
    "code",
    [
        "from mlbook.data import load\nfor n in names: load(n)",
        "from mlbook.runs import results\nresults(name)",
    ],
)
def test_a_computed_name_is_refused(code: str) -> None:
    with pytest.raises(BookError, match="by a name that is computed") as caught:
        of(code, where="chapters/02-project.qmd")
    assert caught.value.where == "chapters/02-project.qmd"
    assert "Write the name out" in caught.value.hint


def test_modules_are_followed_and_packages_counted() -> None:
    found = of("from mlbook.viz.style import style", where="x")
    assert {"mlbook.viz", "mlbook.viz.style", "mlbook.viz.palette", "mlbook.viz.render"} <= found.modules
    assert "matplotlib" in found.libraries
    assert not {"mlbook", "mlbook.errors", "mlbook.files"} & found.modules


def test_relative_imports_start_at_the_module() -> None:
    found = of("from . import palette\nfrom .style import style", where="x", module="mlbook.viz.other")
    assert {"mlbook.viz.palette", "mlbook.viz.style"} <= found.modules
    found = of("from .palette import LIGHT", where="x", module="mlbook.viz")
    assert "mlbook.viz.palette" in found.modules


def test_an_import_inside_a_function_counts() -> None:
    assert "mlbook.viz.palette" in of("def f():\n    from mlbook.viz.palette import LIGHT", where="x").modules


def test_a_missing_module_is_named() -> None:
    with pytest.raises(BookError, match=r"imports from mlbook\.nothing, and there is no such module"):
        of("from mlbook.nothing import x", where="x")


def test_paths_and_the_whole_register_are_files_that_are_read() -> None:
    code = (
        "from mlbook.data.registry import registry\n"
        "open('chapters/roadmap.yml'); open('CITATION.cff'); print('a sentence', '1/2', 'and/or')\n"
        "registry()"
    )
    assert of(code, where="x").paths == {"chapters/roadmap.yml", "CITATION.cff", "data/registry.toml"}


def test_loaders_are_added_by_the_register() -> None:
    found = imports.with_loaders(
        of("", where="x"), ["mlbook.data.bundled:frame", "sklearn.datasets:load_iris"]
    )
    assert found.modules == {"mlbook.data.bundled"}
    assert "sklearn" in found.libraries


def test_distributions() -> None:
    assert [imports.distribution(name) for name in ("sklearn", "numpy", "PIL", "a_b")] == [
        "scikit-learn",
        "numpy",
        "pillow",
        "a-b",
    ]


def test_what_a_chapter_shows_does_not_rest_on_the_checks_of_its_exercises() -> None:
    found = of("from mlbook.exercises import check\ncheck('a-slug', f)", where="x")
    assert found.modules == set() and found.libraries == set()
