"""The stages that DVC is given are those that the sources have, and DVC handles them as the book needs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from books import MakeBook

from mlbook.book import pipeline, record
from mlbook.errors import BookError

ROOT = Path(__file__).resolve().parents[2]
CELL = "```{{python}}\n#| label: {label}\n{code}\n```\n"
LOCK = """\
matplotlib==3.11
numpy==2.4
pandas==3.1
pillow==13
cycler==1 \\
  --hash=sha256:0
scikit-learn==1.9
scipy==1
"""


def cell(label: str, code: str) -> str:
    return CELL.format(label=label, code=code)


@pytest.fixture
def book(make_book: MakeBook, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A book with a page that loads data, and one without cells; no runs; the package lies in the book."""
    page = cell("one", "from mlbook.data import load\nload('iris')\nopen('chapters/extra.txt')")
    root = make_book(one=page + "\n{{< include two.inc >}}\n", plain="Words.\n")
    (root / "chapters" / "two.inc").write_text("`{python} 1 + 1`\n")
    (root / "chapters" / "extra.txt").write_text("extra")
    (root / "data").mkdir()
    shutil.copy(ROOT / "data" / "registry.toml", root / "data")
    (root / "requirements.lock").write_text(LOCK)
    monkeypatch.setattr(pipeline, "names", list)
    monkeypatch.setattr(pipeline, "_relative", lambda path, root: relative(path))
    return root


def relative(path: Path) -> str:
    """The package's own files as they would be called if it lay in the made-up book."""
    return path.resolve().relative_to(ROOT).as_posix()


def test_the_books_stages_are_those_of_its_sources() -> None:
    differences = pipeline.differences(ROOT)
    assert differences == [], "run `mlbook pipeline`"


def test_a_stage_lists_all_that_a_page_rests_on(book: Path) -> None:
    (stage,) = pipeline.stages(book)
    assert stage.name == "one"
    assert stage.command == "mlbook run one"
    assert {"chapters/one.qmd", "chapters/two.inc", "chapters/extra.txt"} <= set(stage.deps)
    assert {"code/mlbook/data/bundled.py", "code/mlbook/viz/style.py"} <= set(stage.deps)
    assert not any(path.startswith("code/mlbook/book") for path in stage.deps)
    assert stage.params["data/registry.toml"] == ("iris.loader",)
    assert "libraries.scikit-learn" in stage.params["versions.toml"]
    assert stage.outs == ("_freeze/chapters/one",)


def test_outs_are_kept_and_dependencies_are_files() -> None:
    for name, entry in record.entries(ROOT, "dvc.yaml").items():
        for out in entry["outs"]:  # type: ignore[attr-defined]
            assert list(out.values()) == [{"cache": False, "persist": True}], name
        for dependency in entry["deps"]:  # type: ignore[attr-defined]
            path = ROOT / dependency
            assert path.is_file() or dependency.startswith("data/outputs/"), f"{name}: {dependency}"


def test_writing_and_then_nothing_differs(book: Path) -> None:
    assert "one: has no stage" in pipeline.write(book)
    assert pipeline.write(book) == []
    assert 'numpy = "2.4"' in (book / "versions.toml").read_text()


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("    - chapters/extra.txt\n", "", "one: does not list chapters/extra.txt"),
        ("chapters/extra.txt", "chapters/other.txt", "one: lists needlessly chapters/other.txt"),
        ("iris.loader", "wine.loader", "one: does not list iris.loader of data/registry.toml"),
        ("mlbook run one", "mlbook run two", "one: has the command 'mlbook run two', not 'mlbook run one'"),
        ("  one:", "  two:", "two: is no page with cells and no run"),
        (
            "persist: true",
            "persist: false",
            "the out _freeze/chapters/one with {'cache': False, 'persist': False}",
        ),
        ("stages:", "# mine\nstages:", "dvc.yaml: has other contents, though the same dependencies"),
    ],
)
def test_every_difference_is_named(book: Path, old: str, new: str, line: str) -> None:
    pipeline.write(book)
    path = book / "dvc.yaml"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    assert any(line in found for found in pipeline.differences(book))


def test_a_new_import_is_noticed(book: Path) -> None:
    pipeline.write(book)
    path = book / "chapters" / "one.qmd"
    path.write_text(path.read_text() + cell("more", "from mlbook.ml import split"))
    assert "one: does not list code/mlbook/ml/split.py" in pipeline.differences(book)


def test_an_unlocked_library_is_named(book: Path) -> None:
    path = book / "chapters" / "one.qmd"
    path.write_text(path.read_text() + cell("more", "import polars"))
    with pytest.raises(BookError, match="polars is imported, and no version of it is locked"):
        pipeline.write(book)
    assert not (book / "dvc.yaml").exists()


def test_unknown_sets_and_runs_are_named(book: Path) -> None:
    path = book / "chapters" / "one.qmd"
    good = path.read_text()
    path.write_text(good + cell("more", "from mlbook.data import load\nload('tulips')"))
    with pytest.raises(BookError, match="no data set called 'tulips'"):
        pipeline.stages(book)
    path.write_text(good + cell("more", "from mlbook.runs import results\nresults('nope')"))
    with pytest.raises(BookError, match="no run called 'nope'"):
        pipeline.stages(book)


@pytest.mark.parametrize("broken", ["stages: [1, 2]", "{", "<<<<<<< ours\n"])
def test_a_broken_pipeline_file_is_named(book: Path, broken: str) -> None:
    (book / "dvc.yaml").write_text(broken)
    with pytest.raises(BookError, match="is not a file of stages") as caught:
        pipeline.differences(book)
    assert caught.value.where == "dvc.yaml"
    assert "mlbook pipeline" in caught.value.hint


YAML = """
stages:
  one:
    cmd: {cmd}
    deps: [source.txt]
    params:
    - versions.toml: [libraries.numpy]
    outs:
    - out.txt: {{cache: false, persist: true}}
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A folder with a stage of its own, whose results are there."""
    pytest.importorskip("dvc")
    (tmp_path / ".dvc").mkdir()
    shutil.copy(ROOT / ".dvc" / "config", tmp_path / ".dvc" / "config")
    (tmp_path / "dvc.yaml").write_text(YAML.format(cmd=f"{sys.executable} -c 'raise SystemExit(1)'"))
    (tmp_path / "versions.toml").write_text('[libraries]\nnumpy = "1"\n')
    (tmp_path / "source.txt").write_text("source")
    (tmp_path / "out.txt").write_text("good")
    return tmp_path


def test_a_failing_stage_leaves_the_old_results(repository: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "dvc", "repro"], cwd=repository, capture_output=True, text=True
    )
    assert done.returncode != 0
    assert "failed to run" in done.stderr
    assert (repository / "out.txt").read_text() == "good"


def test_what_was_written_is_recorded(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DVC_STAGE", raising=False)
    old = time.time() - 100
    os.utime(repository / "out.txt", (old, old))
    with record.recorded(repository):
        pass
    assert not (repository / "dvc.lock").exists(), "nothing was written, nothing is recorded"
    with pytest.raises(ZeroDivisionError), record.recorded(repository):
        (repository / "out.txt").write_text("better")
        raise ZeroDivisionError
    assert set(record.entries(repository, "dvc.lock")) == {"one"}
    assert record.dvc(repository, "status", "--json").strip() == "{}"


def test_inside_of_dvc_nothing_is_recorded(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DVC_STAGE", "one")
    with record.recorded(repository):
        (repository / "out.txt").write_text("better")
    assert not (repository / "dvc.lock").exists()


def test_a_pipeline_that_dvc_refuses_is_a_note_not_an_end(
    repository: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DVC_STAGE", raising=False)
    (repository / "dvc.lock").write_text("schema: '9'\n")
    with record.recorded(repository):
        (repository / "out.txt").write_text("better")
    assert "note: dvc.lock was not brought up to date" in capsys.readouterr().err


def test_no_telemetry_and_no_changes_to_git() -> None:
    settings = (ROOT / ".dvc" / "config").read_text()
    for line in ("analytics = false", "check_update = false", "no_scm = true"):
        assert line in settings
