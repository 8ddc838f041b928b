"""Stored results are checked whenever they are loaded."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from coins import SOURCE, Write

from mlbook import runs
from mlbook.errors import BookError


@pytest.fixture
def stored(book: Path, write_run: Write) -> Path:
    """The folder of computed results."""
    write_run()
    runs.compute("coins")
    return book / "data" / "outputs" / "coins"


def refused(message: str) -> BookError:
    """Load the results, which must be refused with a mend."""
    with pytest.raises(BookError, match=message) as caught:
        runs.results("coins")
    assert "`mlbook compute coins`" in caught.value.hint
    assert caught.value.where.startswith("data/outputs/coins")
    return caught.value


def test_missing_results(book: Path, write_run: Write) -> None:
    write_run()
    refused("has no stored results")


def test_a_missing_manifest(stored: Path) -> None:
    (stored / "manifest.json").unlink()
    assert "git checkout" in refused("the manifest is missing").hint


@pytest.mark.parametrize("text", ["", '{"files": {', "{}", "[]", '<<<<<<< ours\n{"files": {}}\n'])
def test_a_damaged_manifest(stored: Path, text: str) -> None:
    (stored / "manifest.json").write_text(text)
    refused("the manifest is damaged")


def test_a_manifest_cut_short(stored: Path) -> None:
    path = stored / "manifest.json"
    path.write_bytes(path.read_bytes()[:-40])
    refused("the manifest is damaged")


@pytest.mark.parametrize("name", ["results.json", "arrays.npz"])
def test_truncated_altered_and_missing_files(stored: Path, name: str) -> None:
    path = stored / name
    good = path.read_bytes()
    path.write_bytes(good[:-20])
    assert name in refused("is not what the manifest says: expected sha256").where
    path.write_bytes(good[:20] + b"0" + good[21:])
    refused("is not what the manifest says")
    path.unlink()
    refused("cannot be read")


def test_changed_code_is_refused(stored: Path, write_run: Write) -> None:
    write_run(source=SOURCE.replace("integers(0, 2", "integers(0, 3"))
    refused("do not belong to the code of now: its code has changed")


def test_changed_settings_are_refused(stored: Path, write_run: Write) -> None:
    write_run(source=SOURCE.replace("throws: int = 100", "throws: int = 1000"))
    refused("its code has changed")


def test_comments_docstrings_and_layout_may_change(stored: Path, write_run: Write) -> None:
    changed = SOURCE.replace("# of each coin", "# of every coin, one after the other")
    changed = changed.replace('"""Sizes."""', '"""How many."""').replace("More in", "Less in")
    changed = changed.replace("heads = []", "heads = (\n        []\n    )")
    assert changed != SOURCE
    write_run(source=changed)
    assert runs.results("coins")["throws"] == 100


def test_changed_data_is_refused(stored: Path) -> None:
    path = stored / "manifest.json"
    made = json.loads(path.read_text())
    made["data"] = {"california_housing": "0" * 64}
    path.write_text(json.dumps(made))
    refused("the registered data set california_housing has changed")


def test_a_swap_that_was_cut_short_is_undone(stored: Path) -> None:
    stored.rename(stored.with_name(".old-coins"))
    assert runs.results("coins")["throws"] == 100
    assert stored.is_dir() and not stored.with_name(".old-coins").exists()


def test_nothing_that_could_run_code_is_loaded(stored: Path) -> None:
    import numpy as np

    with np.load(stored / "arrays.npz", allow_pickle=False) as arrays:
        assert arrays.files == ["curve"]


def test_results_load_without_what_the_run_imports(stored: Path, write_run: Write) -> None:
    """A chapter's results can be read on a machine that could not compute them."""
    path = write_run()
    code = (
        f"import mlbook.runs; mlbook.runs.__path__.insert(0, {str(path.parent)!r})\n"
        "print(mlbook.runs.results('coins')['throws'])\n"
        "import sys; print('mlbook.runs.coins' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["100", "False"]
