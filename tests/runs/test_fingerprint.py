"""The fingerprint sees what code does, whichever Python writes its tree."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from coins import SOURCE, Write

from mlbook.runs import locate
from mlbook.runs.engine.fingerprint import fingerprint, shape, uses


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("x = 1", "x = 1  # one"),
        ("x = 'a'", 'x = "a"'),
        ("def f():\n    'doc'\n    return 1", "def f():\n    return 1"),
        ("'module'\nclass A:\n    'doc'\n    b = 2", "class A:\n\n    b = 2"),
        ("x = (1 + 2)", "x = 1 + 2"),
    ],
)
def test_the_same_code(one: str, other: str) -> None:
    assert shape(one) == shape(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("x = 1", "x = 2"),
        ("x = 1", "x = 1.0"),
        ("x = 1", "x = True"),
        ("x = a + b", "x = b + a"),
        ("def f(a): return a", "def f(a, *, b=0): return a"),
        ("x = 'doc'", "x = 'docs'"),
        ("def f():\n    return 1\n    'text'", "def f():\n    return 1"),
        ("f(a)[b]", "f(a, b)"),
        ("x = [[a], b]", "x = [[a, b]]"),
    ],
)
def test_other_code(one: str, other: str) -> None:
    assert shape(one) != shape(other)


def test_parts_that_only_newer_pythons_have_do_not_show() -> None:
    tree = ast.parse("def f(): return 1")
    function = tree.body[0]
    assert "type_params" not in shape("def f(): return 1")
    function.type_params = []  # type: ignore[attr-defined]
    assert "type_comment" not in shape("def f(): return 1")


def test_a_known_tree_keeps_its_shape() -> None:
    """Stored manifests hold fingerprints: a change here makes all of them stale, and has to be wanted."""
    assert shape("x = f(1)") == (
        "(Module body= [ (Assign targets= [ (Name id= 'x' ctx= (Store ) ) ] "
        "value= (Call func= (Name id= 'f' ctx= (Load ) ) args= [ (Constant value= 1 ) ] ) ) ] )"
    )


def test_a_loader_counts_and_plumbing_does_not(book: Path, write_run: Write) -> None:
    source = SOURCE.replace("import numpy as np", "import numpy as np\nfrom mlbook.data import load")
    write_run(source=source.replace("heads = []", "heads = [len(load('iris'))]"))
    found = uses(*locate("coins"))
    assert found.data == {"iris"}
    assert found.modules == {"mlbook.data.bundled"}
    assert found.libraries == {"numpy", "pandas", "sklearn"}


def test_every_module_that_is_imported_counts(
    book: Path, write_run: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_run()
    alone = fingerprint(*locate("coins"))
    write_run(
        source=SOURCE.replace("import numpy as np", "import numpy as np\nfrom mlbook.viz import palette")
    )
    assert "mlbook.viz.palette" in uses(*locate("coins")).modules
    assert fingerprint(*locate("coins")) != alone
