"""Doing runs: what is stored, what is refused, and what survives a kill."""

from __future__ import annotations

import errno
import json
import multiprocessing
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from coins import SOURCE, Write

from mlbook import files, runs
from mlbook.errors import BookError
from mlbook.runs.engine import measure, store


def manifest(book: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((book / "data/outputs/coins/manifest.json").read_text())
    return found


def test_a_run_is_stored_with_its_provenance(book: Path, write_run: Write) -> None:
    write_run()
    returned = runs.compute("coins")
    stored = runs.results("coins")
    assert stored["heads"] == returned["heads"] and len(stored["heads"]) == 3
    assert stored["mean"] == pytest.approx(sum(stored["heads"]) / 3)
    assert stored["curve"].tolist() == [0, 1, 2, 3]
    made = manifest(book)
    assert made["name"] == "coins"
    assert made["question"] == "How far does a coin's share of heads stray from a half?"
    assert made["command"] == "mlbook compute coins"
    assert made["config"] == {"throws": 100, "seeds": [0, 1, 2]}
    assert made["seeds"] == [0, 1, 2]
    assert made["standins"] == []
    assert made["seconds"] >= 0 and made["memory_mb"] > 10
    assert "core" in made["device"]
    assert set(made["versions"]) == {"python", "numpy"}
    assert len(made["fingerprint"]) == 64
    assert set(made["files"]) == {"results.json", "arrays.npz"}
    assert len(made["date"]) == 10
    assert str(book) not in json.dumps(made), "no path of this machine"


def test_twice_gives_the_same_results(book: Path, write_run: Write) -> None:
    write_run()
    runs.compute("coins")
    first = manifest(book)["files"]
    runs.compute("coins")
    assert manifest(book)["files"] == first


def test_a_quick_run_stores_nothing(book: Path, write_run: Write, capsys: pytest.CaptureFixture[str]) -> None:
    write_run()
    assert runs.compute("coins", quick=True)["throws"] == 10
    assert not (book / "data").exists()
    assert "nothing was stored" in capsys.readouterr().err
    assert "MLBOOK_OFFLINE" not in os.environ and "MLBOOK_QUICK" not in os.environ


HOUSING = SOURCE.replace(
    "import numpy as np", "import numpy as np\nfrom mlbook.data import load_housing"
).replace("heads = []", "heads = [len(load_housing())]")


def test_a_quick_run_has_standins(book: Path, write_run: Write) -> None:
    write_run(source=HOUSING)
    assert runs.compute("coins", quick=True)["heads"][0] == 5160


def test_offline_nothing_is_computed_to_be_stored(
    book: Path, write_run: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_run()
    monkeypatch.setenv("MLBOOK_OFFLINE", "1")
    with pytest.raises(BookError, match="stand-in data"):
        runs.compute("coins")


def test_a_standin_used_on_the_way_is_refused(book: Path, write_run: Write) -> None:
    sneaky = HOUSING.replace("heads = [", "import os; os.environ['MLBOOK_OFFLINE'] = '1'\n    heads = [")
    write_run(source=sneaky)
    try:
        with pytest.raises(BookError, match="stand-in data was used for california_housing"):
            runs.compute("coins")
    finally:
        del os.environ["MLBOOK_OFFLINE"]
    assert not (book / "data").exists()


def test_a_run_that_fails_leaves_the_old_results(book: Path, write_run: Write) -> None:
    write_run()
    runs.compute("coins")
    before = manifest(book)
    path = write_run(source=SOURCE.replace("heads = []", "raise RuntimeError('no coins')"))
    with pytest.raises(RuntimeError, match="no coins"):
        runs.compute("coins")
    assert manifest(book) == before
    assert [entry.name for entry in (book / "data/outputs").iterdir()] == ["coins"]
    assert path.exists()


def test_code_that_changes_meanwhile_is_noticed(book: Path, write_run: Write) -> None:
    rewrites = "import pathlib; p = pathlib.Path(__file__); p.write_text(p.read_text() + 'X = 1\\n')"
    write_run(source=SOURCE.replace("heads = []", f"{rewrites}\n    heads = []"))
    with pytest.raises(BookError, match="code was changed while it was computing"):
        runs.compute("coins")
    assert not (book / "data").exists()


@pytest.mark.parametrize(
    ("returned", "message"),
    [
        ("{'x': float('nan')}", "the results cannot be stored: Out of range float"),
        ("{'x': object()}", "object is not a number, text, list or dictionary"),
        ("{'x': 'y' * 6_000_000}", "have 6.0 MB, and at most 5 MB"),
        ("{'x': np.array([None])}", "the array 'x' holds Python objects"),
    ],
)
def test_what_cannot_be_stored_is_refused(book: Path, write_run: Write, returned: str, message: str) -> None:
    write_run(source=SOURCE.replace("heads = []", f"return {returned}"))
    with pytest.raises(BookError, match=message):
        runs.compute("coins")
    assert not (book / "data").exists()


def test_a_full_disk_leaves_the_old_results(
    book: Path, write_run: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_run()
    runs.compute("coins")
    before = manifest(book)

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(BookError, match="the disk is full"):
        runs.compute("coins")
    assert manifest(book) == before
    assert [entry.name for entry in (book / "data/outputs").iterdir()] == ["coins"]


def test_a_place_that_may_not_be_written_is_named(
    book: Path, write_run: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_run()

    def refuse(*_: Any, **__: Any) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(BookError, match="may not be written to") as caught:
        runs.compute("coins")
    assert str(book) in caught.value.where


def test_two_at_once_are_refused(book: Path, write_run: Write) -> None:
    write_run()
    with (
        files.exclusive("compute-coins", book),
        pytest.raises(BookError, match="another `mlbook compute-coins` is at work"),
    ):
        runs.compute("coins")


def test_an_unknown_run_lists_the_known_ones(book: Path, write_run: Write) -> None:
    write_run()
    with pytest.raises(BookError, match="no run called 'dice'") as caught:
        runs.compute("dice")
    assert "coins" in caught.value.hint
    with pytest.raises(BookError, match="no run called 'engine'"):
        runs.compute("engine")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("QUICK =", "SLOW =", "lacks QUICK"),
        ("frozen=True", "frozen=False", "Config is not a frozen dataclass"),
        ("seeds: tuple[int, ...]", "salts: tuple[int, ...]", "no field `seeds"),
        ("import numpy as np", "import nopackage", "nopackage is not installed"),
    ],
)
def test_a_run_of_another_form_is_refused(
    book: Path, write_run: Write, old: str, new: str, message: str
) -> None:
    source = SOURCE.replace(old, new).replace(
        "QUICK = Config(throws=10, seeds=(0,))", "QUICK = Config(throws=10)"
    )
    write_run(source=source)
    with pytest.raises(BookError, match=message):
        runs.compute("coins")


def test_a_run_without_a_question_is_refused(book: Path, write_run: Write) -> None:
    write_run(source=SOURCE[SOURCE.index("from dataclasses") :])
    with pytest.raises(BookError, match="docstring whose first line is its question"):
        runs.compute("coins")


def test_devices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measure, "has", lambda kind: kind == "cuda")
    assert measure.choose("auto", ("cpu",)) == "cpu"
    assert measure.choose("auto", ("mps", "cuda", "cpu")) == "cuda"
    assert measure.choose("cuda", ("cuda", "cpu")) == "cuda"
    for wanted, possible, message in (
        ("tpu", ("cpu",), "no device called 'tpu'"),
        ("cuda", ("cpu",), "cannot use cuda"),
        ("mps", ("mps", "cpu"), "has no mps"),
    ):
        with pytest.raises(BookError, match=message):
            measure.choose(wanted, possible)


def test_the_meter_sees_memory_and_time() -> None:
    with measure.Meter() as meter:
        block = bytearray(b"x" * 200 * 2**20)
        time.sleep(0.25)
    assert len(block) and meter.memory_mb > 200
    assert meter.seconds >= 0.25


def test_progress_without_a_terminal_is_a_few_lines(
    book: Path, write_run: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    write_run()
    runs.compute("coins")
    lines = capsys.readouterr().err.splitlines()
    assert [line for line in lines if "coin 1" in line] == ["coins:  33% coin 1"]


WRITING = ("open", "os.rename", "os.mkdir", "os.rmdir", "os.remove")


def compute_until(at: int, outputs: str) -> None:
    """Do the run, and kill the process at its `at`-th write below `outputs`."""
    count = 0

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal count
        if event not in WRITING or outputs not in str(arguments[0]):
            return
        if event == "open" and not arguments[2] & (os.O_WRONLY | os.O_RDWR):
            return
        count += 1
        if count == at:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)
    runs.compute("coins")


@pytest.mark.skipif(sys.platform == "win32", reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_kill_at_any_write_leaves_good_results(book: Path, write_run: Write) -> None:
    write_run()
    runs.compute("coins")
    other = SOURCE.replace('"throws": config.throws', '"throws": config.throws, "extra": 1')
    for at in range(1, 100):
        write_run(source=other)
        arguments = (at, str(book / "data" / "outputs"))
        process = multiprocessing.get_context("fork").Process(target=compute_until, args=arguments)
        process.start()
        process.join(60)
        assert store.manifest("coins", book)
        stored = store.read("coins", book)
        assert len(stored["heads"]) == 3, "whatever is there is whole"
        if "extra" not in stored:
            write_run()
        assert runs.results("coins")["throws"] == 100
        if process.exitcode == 0:
            break
        assert process.exitcode == -signal.SIGKILL
    assert at > 5, "the kills came while writing"
    assert process.exitcode == 0
    assert "extra" in stored
    assert [entry.name for entry in (book / "data/outputs").iterdir()] == ["coins"], "no leftovers"


def test_list_shows_question_and_state(
    book: Path, write_run: Write, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    write_run()
    runs.show()
    assert "has no stored results" in capsys.readouterr().out
    runs.compute("coins")
    runs.show()
    printed = capsys.readouterr().out
    assert "How far does a coin's share of heads stray from a half?" in printed
    assert f"s on {manifest(book)['device']}" in printed
