"""Loading by name: real sets, stand-ins, and the record of which stand-ins were used."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from shelf import CONTENT, Register

from mlbook import data
from mlbook.data.registry import registry
from mlbook.errors import BookError

ROOT = Path(__file__).parents[2]
MIRRORED = os.environ.get("MLBOOK_MIRROR", "")
BUNDLED = [name for name, dataset in registry().items() if not dataset.downloaded]
real = pytest.mark.skipif(not MIRRORED, reason="the real file is in the folder that MLBOOK_MIRROR names")


@pytest.mark.parametrize("name", BUNDLED)
def test_what_comes_with_scikit_learn_loads(name: str) -> None:
    loaded = data.load(name)
    assert loaded.shape == registry()[name].shape
    values = loaded.to_numpy() if isinstance(loaded, pd.DataFrame) else loaded
    assert np.isfinite(values.astype(float)).all()


def test_class_names_come_along() -> None:
    assert data.load("iris").attrs["target_names"] == ["setosa", "versicolor", "virginica"]
    assert "target_names" not in data.load("diabetes").attrs


def test_nothing_bundled_is_replaced_offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLBOOK_OFFLINE", "1")
    data.load("iris")
    assert data.standins_used() == ()
    assert not data.is_standin("iris")


def test_another_shape_is_refused(register: Register) -> None:
    shelf = register("http://127.0.0.1/x")
    path = shelf.root / "data" / "registry.toml"
    path.write_text(path.read_text().replace("[500, 2]", "[500, 3]"))
    shelf.cached.parent.mkdir()
    shelf.cached.write_bytes(CONTENT)
    with pytest.raises(BookError, match=r"squares has shape \(500, 2\), and \(500, 3\) is registered"):
        data.load("squares")


def test_standins_are_announced_once_and_recorded(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MLBOOK_OFFLINE", "1")
    monkeypatch.setenv("MLBOOK_QUICK", "1")
    assert data.standins_used() == ()
    frame = data.load_housing()
    again = data.load_housing()
    pd.testing.assert_frame_equal(frame, again)
    assert data.standins_used() == ("california_housing",)
    assert capsys.readouterr().err.count("STAND-IN DATA: california_housing") == 1


def test_a_standin_is_known_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not data.is_standin()
    assert not data.is_standin("california_housing")
    monkeypatch.setenv("MLBOOK_OFFLINE", "1")
    monkeypatch.setenv("MLBOOK_QUICK", "1")
    frame = data.load_housing()
    assert data.is_standin() and data.is_standin("california_housing") and data.is_standin(frame)
    assert data.is_standin(frame.drop(columns="population").query("median_income > 3"))
    monkeypatch.delenv("MLBOOK_OFFLINE")
    assert data.is_standin(frame), "a frame stays one when the setting is gone"
    assert data.standins_used() == ("california_housing",)


def test_a_quick_standin_is_smaller(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLBOOK_OFFLINE", "1")
    monkeypatch.setenv("MLBOOK_QUICK", "1")
    assert data.load_housing().shape == (5160, 10)


@real
def test_real_data_and_standin_have_one_schema(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLBOOK_MIRROR", MIRRORED)
    monkeypatch.setenv("MLBOOK_DATA", str(tmp_path))
    found = data.load_housing()
    assert not data.is_standin(found)
    monkeypatch.setenv("MLBOOK_OFFLINE", "1")
    generated = data.load_housing()
    assert generated.shape == found.shape
    assert list(generated.columns) == list(found.columns)
    assert generated.dtypes.equals(found.dtypes)
    assert generated.index.equals(found.index)
    assert set(generated["ocean_proximity"]) == set(found["ocean_proximity"])
    missing = found.isna().any()
    assert generated.isna().any().equals(missing)
    numbers = found.select_dtypes("number")
    assert (generated[numbers.columns].min() >= numbers.min()).all()
    assert (
        generated[["housing_median_age", "median_income", "median_house_value"]].max()
        == [52, 15.0001, 500_001]
    ).all()
    rows = set(map(tuple, numbers.fillna(0).to_numpy()))
    shared = sum(row in rows for row in map(tuple, generated[numbers.columns].fillna(0).to_numpy()))
    assert shared == 0, "no row of the stand-in is a real one"


def test_the_package_loads_without_pandas() -> None:
    code = (
        "import sys; sys.modules['pandas'] = sys.modules['numpy'] = None\n"
        "from mlbook import data\n"
        "data.find('iris')\n"
        "try: data.load('iris')\n"
        "except data.BookError as error: print(error.message)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip().endswith("is not installed, and loading data needs it")
