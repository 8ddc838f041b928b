"""Progress is kept whole, whatever happens around it."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock

import writes
from mlbook.exercises import check, progress
from mlbook.exercises.progress import Entry


def test_what_was_tried_and_what_is_right_is_kept(progress_file: Path) -> None:
    assert progress.load() == ({}, "")
    assert check("median-of-medians", "too high").note == ""
    check("median-of-medians", "neither")
    assert progress.load() == ({"median-of-medians": Entry(False, 2)}, "")
    check("median-of-medians", "too low")
    check("median-of-medians", "too high")  # later tries take nothing away
    assert progress.load() == ({"median-of-medians": Entry(True, 3)}, "")
    assert json.loads(progress_file.read_text()) == {
        "exercises": {"median-of-medians": {"right": True, "tries": 3}}
    }


def test_nothing_attempted_is_nothing_kept(progress_file: Path) -> None:
    assert check("median-of-medians").state == "not attempted"
    assert not progress_file.exists()


def test_the_books_own_run_keeps_nothing(progress_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLBOOK_EXECUTE", "1")
    assert check("median-of-medians", "too low")
    assert not progress_file.exists()


def test_the_file_lies_with_the_users_data_unless_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLBOOK_PROGRESS", "~/mine.json")
    assert progress.path() == Path("~/mine.json").expanduser()
    monkeypatch.delenv("MLBOOK_PROGRESS")
    assert progress.path().name == "progress.json" and "mlbook" in str(progress.path().parent)


DAMAGED = [
    b"",
    b'{"exercises": {"a": {"right": true, "tr',
    b"\xff\xfe\x00",
    b"[]",
    b"null",
    b'{"exercises": []}',
    b'{"exercises": {"a": 1}}',
    b'{"exercises": {"a": {"right": "yes", "tries": 1}}}',
    b"[" * 100_000,
]


@pytest.mark.parametrize("content", DAMAGED, ids=range(len(DAMAGED)))
def test_a_damaged_file_is_set_aside_and_a_new_one_begins(content: bytes, progress_file: Path) -> None:
    progress_file.parent.mkdir()
    progress_file.write_bytes(content)
    entries, note = progress.load()
    assert entries == {} and "cannot be read" in note
    assert progress_file.read_bytes() == content, "looking changes nothing"
    found = check("median-of-medians", "too low")
    aside = progress_file.with_name("progress.damaged-1.json")
    assert found.state == "right" and str(aside) in found.note and str(aside) in str(found)
    assert aside.read_bytes() == content
    assert progress.load() == ({"median-of-medians": Entry(True, 1)}, "")
    progress_file.write_bytes(content)
    check("which-split", 1)
    assert aside.with_name("progress.damaged-2.json").read_bytes() == content


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES, errno.EROFS])
def test_a_disk_that_refuses_spoils_neither_file_nor_verdict(number: int, progress_file: Path) -> None:
    check("median-of-medians", "too high")
    before = progress_file.read_bytes()
    with writes.failing(progress_file.parent, number) as fault:
        found = check("median-of-medians", "too low")
    assert fault.met and found.state == "right" and "progress was not kept" in found.note
    assert progress_file.read_bytes() == before


def test_a_place_that_is_no_folder_spoils_no_verdict(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("MLBOOK_PROGRESS", str(tmp_path / "file" / "progress.json"))
    found = check("median-of-medians", "too low")
    assert found.state == "right" and "progress was not kept" in found.note


def test_a_lock_that_stays_held_is_said_and_spoils_no_verdict(
    progress_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "_PATIENCE", 0.1)
    progress_file.parent.mkdir()
    with FileLock(progress_file.with_name(".progress.json.lock")):
        found = check("median-of-medians", "too low")
    assert found.state == "right" and "another check has held" in found.note


@pytest.mark.skipif(os.name == "nt", reason="sends a Unix signal")
@pytest.mark.parametrize("write", [1, 2, 3])
def test_a_kill_while_writing_leaves_the_old_or_the_new(write: int, progress_file: Path) -> None:
    program = (
        "import signal\nfrom pathlib import Path\nimport writes\nfrom mlbook.exercises import progress\n"
        "progress.keep('a', 'right')\n"
        f"with writes.failing(Path({str(progress_file.parent)!r}), 0, {write}, signal.SIGKILL):\n"
        "    progress.keep('b', 'right')\n"
    )
    tests = Path(writes.__file__).parent
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(tests), os.environ.get("PYTHONPATH", "")])}
    done = subprocess.run([sys.executable, "-c", program], env=environment, check=False)
    assert done.returncode == -9
    entries, note = progress.load()
    assert entries["a"] == Entry(True, 1) and note == ""
    assert progress.keep("c", "wrong") == ""
    assert progress.load()[0]["c"] == Entry(False, 1)


def test_checks_at_once_lose_nothing_of_each_other(progress_file: Path) -> None:
    program = (
        "import sys\nfrom mlbook.exercises import progress\n"
        "for number in range(8):\n    assert progress.keep(f'{sys.argv[1]}-{number}', 'right') == ''\n"
    )
    started = [subprocess.Popen([sys.executable, "-c", program, name]) for name in "abc"]
    assert [process.wait(120) for process in started] == [0, 0, 0]
    assert len(progress.load()[0]) == 24
