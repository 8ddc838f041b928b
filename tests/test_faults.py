"""What must survive: the last good site and freeze, whatever the disk, a kill, or a second command does."""

from __future__ import annotations

import errno
import hashlib
import math
import os
import random
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import writes
from mlbook import files
from mlbook.bench import sample
from mlbook.book import press
from mlbook.book.execute import run as run_chapters
from mlbook.errors import BookError

ROOT = Path(__file__).resolve().parents[1]
MLBOOK = [sys.executable, "-m", "mlbook.cli"]
CELL = "# Chapter {{#sec-c}}\n\n```{{python}}\n#| label: c-value\nprint({value})\n```\n"


def state(folder: Path) -> dict[str, str]:
    """Every file with the hash of its content."""
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.md5(path.read_bytes()).hexdigest() for path in found}


def say(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*MLBOOK, *arguments], cwd=folder, capture_output=True, text=True, timeout=120, check=False
    )


def edit(book: Path) -> None:
    """Change a page, so that the next build has something to do."""
    (book / "index.qmd").write_text(f"# Preface {{.unnumbered}}\n\nEdited {random.random():.9f}.\n")


def words(book: Path) -> str:
    """What the edited page says."""
    return re.findall(r"Edited [\d.]+\d", (book / "index.qmd").read_text())[0]


def page(book: Path) -> str:
    return (book / "_book" / "index.html").read_text()


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small book with its freeze, built once."""
    folder = tmp_path_factory.mktemp("faults") / "book"
    sample.write(folder, ROOT / "_extensions" / "mlbook", chapters=2, words=300)
    press.build(site=True, pdf=False, root=folder)
    return folder


@pytest.fixture
def book(original: Path, tmp_path: Path) -> Path:
    """A copy of the built book, with a page changed since."""
    folder = Path(shutil.copytree(original, tmp_path / "book", symlinks=True))
    edit(folder)
    return folder


@pytest.fixture(scope="module")
def executed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A book of one executed chapter, whose cell has changed since."""
    folder = tmp_path_factory.mktemp("executed") / "book"
    (folder / "chapters").mkdir(parents=True)
    names = ["index.qmd", "chapters/01-c.qmd"]
    (folder / "_quarto.yml").write_text(f"project: {{type: book}}\nbook: {{title: C, chapters: {names}}}\n")
    (folder / "index.qmd").write_text("# Preface {.unnumbered}\n")
    (folder / "chapters" / "01-c.qmd").write_text(CELL.format(value=1))
    run_chapters([], root=folder)
    (folder / "chapters" / "01-c.qmd").write_text(CELL.format(value=2))
    return folder


@pytest.fixture
def chapter(executed: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(executed, tmp_path / "executed"))


# A full disk, a folder without permission -------------------------------------------------------

SAID = {
    errno.ENOSPC: "the disk is full",
    errno.EROFS: "may not be written",
    errno.EACCES: "may not be written",
}


@pytest.mark.parametrize("number", SAID, ids=["full", "read-only", "forbidden"])
@pytest.mark.parametrize("after", [1, 2, 3, 5, 8, 13, 21])
def test_a_build_that_cannot_write_leaves_the_last_site(book: Path, number: int, after: int) -> None:
    before = state(book / "_book")
    with writes.failing(book, number, after) as fault, pytest.raises(BookError) as said:
        press.build(site=True, pdf=False, root=book)
    assert fault.met and SAID[number] in said.value.message and said.value.hint
    assert state(book / "_book") == before
    press.build(site=True, pdf=False, root=book)
    assert words(book) in page(book)
    assert [path.name for path in book.glob(".*book*")] in ([], [".mlbook"])


@pytest.mark.parametrize(
    ("number", "after"),
    [*((errno.ENOSPC, n) for n in (1, 2, 3, 5)), (errno.EROFS, 2), (errno.EACCES, 2)],
)
def test_a_run_that_cannot_write_leaves_the_last_freeze(
    chapter: Path, number: int, after: int, capsys: pytest.CaptureFixture[str]
) -> None:
    before = state(chapter / "_freeze")
    assert len(before) == 2
    with writes.failing(chapter, number, after) as fault, pytest.raises(BookError) as said:
        run_chapters([], root=chapter)
    assert fault.met and state(chapter / "_freeze") == before
    heard = capsys.readouterr()
    assert SAID[number] in f"{said.value}{heard.out}{heard.err}"


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A real disk of its own, which can be filled and made read-only; needs the right to mount."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = shutil.which("mount") and subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64m", "none", str(folder)], capture_output=True, check=False
    )
    if not mounted or mounted.returncode:
        pytest.skip("no right to mount a disk here; the injected faults above cover the same")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def remount(folder: Path, option: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{option}", str(folder)], check=True)


def test_a_really_full_disk(book: Path, disk: Path) -> None:
    folder = Path(shutil.copytree(book, disk / "book", symlinks=True))
    before = state(folder / "_book")
    used = shutil.disk_usage(disk).used // 1024
    remount(disk, f"size={used + 64}k")
    done = say(folder, "build", "--site")
    assert done.returncode == 1 and "the disk is full" in done.stderr and "Free some space" in done.stderr
    assert "Traceback" not in done.stderr and state(folder / "_book") == before
    remount(disk, "size=64m")
    assert say(folder, "build", "--site").returncode == 0


def test_a_really_read_only_checkout(book: Path, disk: Path) -> None:
    folder = Path(shutil.copytree(book, disk / "book", symlinks=True))
    before = state(folder)
    remount(disk, "ro")
    for command in (["build", "--site"], ["run"], ["read", "--no-serve"]):
        done = say(folder, *command)
        assert done.returncode == 1 and "may not be written" in done.stderr, (command, done.stderr)
        assert "Traceback" not in done.stderr
    assert state(folder) == before
    out = book.parent / "elsewhere"
    done = say(folder, "build", "--site", "--out", str(out))
    assert done.returncode in (0, 1) and "Traceback" not in done.stderr


# Killed -----------------------------------------------------------------------------------------


# The command, with a signal sent to itself before a given write.
KILLED = """
import sys
from pathlib import Path
import writes
from mlbook import cli
how, after = map(int, sys.argv[1:])
sys.argv = ["mlbook", "build", "--site"]
with writes.failing(Path.cwd(), 0, after, how):
    cli.main()
"""


@pytest.mark.skipif(os.name == "nt", reason="sends a Unix signal")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT], ids=lambda s: s.name)
@pytest.mark.parametrize("part", [0.0, 0.5, 0.999, 1.0])
def test_a_killed_build_leaves_a_whole_site(
    book: Path, tmp_path: Path, how: signal.Signals, part: float
) -> None:
    """Killed before the first write, midway, and before each of the two renames that swap the new site in."""
    spare = shutil.copytree(book, tmp_path / "spare", symlinks=True)
    with writes.failing(spare, 0, after=10**9) as counted:
        press.build(site=True, pdf=False, root=spare)
    before = state(book / "_book")
    after = max(1, math.floor(counted.seen * part))
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "tests")}
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(int(how)), str(after)],
        cwd=book, env=environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == (130 if how == signal.SIGINT else -how), done.stderr
    assert "Traceback" not in done.stderr
    files.recover(book / "_book")  # what the next command does first
    assert state(book / "_book") == before
    press.build(site=True, pdf=False, root=book)
    assert words(book) in page(book)
    assert [path.name for path in book.iterdir() if path.name.startswith((".new-", ".old-"))] == []


# Two at once ------------------------------------------------------------------------------------


def test_a_second_build_waits_for_nobody_and_says_so(book: Path) -> None:
    before = state(book / "_book")
    with files.exclusive("build", book):
        done = say(book, "build", "--site")
    assert done.returncode == 1 and "another `mlbook build` is at work" in done.stderr
    assert state(book / "_book") == before


def test_builds_at_the_same_time_end_in_a_whole_site(book: Path) -> None:
    command = [*MLBOOK, "build", "--site"]
    both = [subprocess.Popen(command, cwd=book, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    said = [process.communicate(timeout=120)[1] for process in both]
    codes = [process.returncode for process in both]
    assert 0 in codes and set(codes) <= {0, 1}
    assert all("another" in text for text, code in zip(said, codes, strict=True) if code)
    assert words(book) in page(book)


def test_reading_while_a_build_swaps_the_site_finds_a_whole_page(book: Path) -> None:
    """The gap between two renames is the only moment without a site; the server answers through it."""
    from http.client import HTTPConnection

    from mlbook.book.serve import listen, serving

    with serving(listen(book / "_book", 0)) as server:
        process = subprocess.Popen([*MLBOOK, "build", "--site"], cwd=book)
        statuses = []
        while process.poll() is None:
            connection = HTTPConnection("127.0.0.1", server.server_port, timeout=10)
            connection.request("GET", "/index.html")
            answer = connection.getresponse()
            statuses.append((answer.status, answer.read().rstrip().endswith(b"</html>")))
            connection.close()
    assert process.returncode == 0 and len(statuses) > 10
    assert set(statuses) == {(200, True)}
