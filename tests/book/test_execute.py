"""Executing chapters: what is frozen, that it is the same every time, and what a fault of each kind gets."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from books import FIXTURES, MakeBook, cell

from mlbook.book import freeze, timings
from mlbook.book.execute import run
from mlbook.book.source import read
from mlbook.errors import BookError

TINY = "chapters/01-tiny.qmd"


def content(folder: Path) -> dict[str, bytes]:
    """Return all files under a folder with their bytes."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def kernels(root: Path) -> list[int]:
    """Return the processes that work for the book at `root`."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("MLBOOK_ROOT") == str(root) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process.pid)
        except psutil.Error:
            continue
    return found


@pytest.fixture(scope="module")
def executed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The fixture book, executed."""
    root = Path(shutil.copytree(FIXTURES / "tiny", tmp_path_factory.mktemp("executed") / "tiny"))
    run([], root=root)
    return root


def test_freezes_both_formats_from_one_execution(executed: Path) -> None:
    html, typ = (freeze.load(TINY, executed, form) for form in ("html", "typ"))
    assert html.hash == typ.hash == read(TINY, executed).hash
    for frozen in (html, typ):
        assert "The sum is 10, and `` `{python} total` `` stays as it is." in frozen.markdown
        assert "```{python}" not in frozen.markdown
        assert "{{<" not in frozen.markdown
        assert "ZeroDivisionError: division by zero" in frozen.markdown
        assert "Traceback" not in frozen.markdown
        assert "| b\\_c " in frozen.markdown
        assert ": Three rows. {#tbl-tiny-frame}" in frozen.markdown
        assert "Line2D" not in frozen.markdown
        assert '.listing of="mlbook.viz.style.colors" file="code/mlbook/viz/style.py"' in frozen.markdown
    assert "plotly-widget" in html.markdown
    assert "plotly-widget" not in typ.markdown
    assert 'class="explorable" id="explorable-fig-tiny-explorable" data-name="descent"' in html.markdown
    assert "explorable-fig" not in typ.markdown and "{#fig-tiny-explorable fig-alt=" in typ.markdown
    address = "01-tiny_files/figure-typst/fig-tiny-line-output-1.svg"
    assert f"![A line that *rises*.]({address}){{#fig-tiny-line fig-alt=" in typ.markdown
    assert not list(typ.figures.glob("*-dark.svg"))
    assert (html.figures / "fig-tiny-line-output-1-dark.svg").is_file()
    same = "fig-tiny-line-output-1.svg"
    assert (html.figures / same).read_bytes() == (typ.figures / same).read_bytes()


def test_pages_without_cells_have_no_freeze(executed: Path) -> None:
    assert [path.name for path in (executed / "_freeze").iterdir()] == ["chapters"]
    assert [path.name for path in (executed / "_freeze" / "chapters").iterdir()] == ["01-tiny"]


def test_a_second_execution_gives_the_same_bytes(executed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = content(executed / "_freeze")
    stamp = timings.path("01-tiny", executed).stat().st_mtime_ns
    run([], root=executed)
    assert "fresh" in capsys.readouterr().err
    assert timings.path("01-tiny", executed).stat().st_mtime_ns == stamp
    run(["1"], root=executed)
    assert timings.path("01-tiny", executed).stat().st_mtime_ns > stamp
    assert content(executed / "_freeze") == before
    # Two entries; four figures: light and dark for the site, light for print.
    assert len(before) == 2 + 4 * 3


def test_nothing_of_this_machine_is_frozen(executed: Path) -> None:
    for name, data in content(executed / "_freeze").items():
        text = data.decode()
        assert str(executed) not in text, name
        assert str(Path.home()) not in text, name
        assert "at 0x" not in text, name


def test_timings_hold_each_cell_and_the_machine_without_its_name(executed: Path) -> None:
    record = timings.read("01-tiny", executed)
    assert list(record["cells"]) == [cell.label for cell in read(TINY, executed).cells]
    assert all(cell["seconds"] > 0 and cell["memory_mb"] > 20 for cell in record["cells"].values())
    assert record["seconds"] > sum(cell["seconds"] for cell in record["cells"].values())
    assert record["memory_mb"] == max(cell["memory_mb"] for cell in record["cells"].values())
    assert "core" in record["device"]
    assert os.uname().nodename not in json.dumps(record)
    assert 15 < record["words"] < 30


def test_an_edited_page_or_include_is_stale(tiny: Path, executed: Path) -> None:
    shutil.copytree(executed / "_freeze", tiny / "_freeze")
    assert freeze.stale(read(TINY, tiny), tiny) == ""
    include = tiny / "chapters/solutions/01-tiny.qmd"
    include.write_text(include.read_text() + "\nMore.\n")
    assert freeze.stale(read(TINY, tiny), tiny) == "chapters/solutions/01-tiny.qmd has changed"
    (tiny / TINY).write_text((tiny / TINY).read_text() + "\nMore.\n")
    assert freeze.stale(read(TINY, tiny), tiny) == "the page has changed"


BAD = {
    "raises": cell("load", "def half(x):\n    return 1 / x\n") + cell("use", "n = 0\nhalf(n)"),
    "endless": cell("loop", "while True:\n    pass", "timeout: 1"),
    "floods": cell("flood", 'for _ in range(100):\n    print("x" * 1_000_000)'),
    "swallows": cell(
        "deaf", 'while True:\n    try:\n        print("x" * 1000)\n    except Exception:\n        pass'
    ),
    "displays": cell(
        "display", "from IPython.display import display\nwhile True:\n    display('x' * 50_000)"
    ),
    "threads": cell(
        "thread",
        "import threading\n"
        "def work():\n    while True:\n        print('x' * 10_000)\n"
        "thread = threading.Thread(target=work)\nthread.start()\nthread.join()",
    ),
    "dies": cell("die", "import os\nos._exit(3)"),
    "warns": cell("warn", "import warnings\nwarnings.warn('mind the step')"),
    "standin": cell(
        "fake",
        "import sys, types\n"
        "data = types.SimpleNamespace(standins_used=lambda: ('houses',))\n"
        "sys.modules['mlbook.data'] = data",
    ),
    "inline": cell("known", "a = 1") + "\nThe value is `{python} a + b`.\n",
    "tame": cell("tame", "1 + 1", "error: true"),
    "syntax": cell("broken", "1 +"),
}


def test_every_fault_is_named_and_stops_its_chapter_only(make_book: MakeBook) -> None:
    settings: dict[str, object] = {"mlbook": {"execute": {"output": 500_000}}}
    root = make_book(
        settings=settings, **BAD, good=cell("good", "import os\nos.system('yes | head -c 9000000')")
    )
    old = root / "_freeze/chapters/raises/execute-results"
    old.mkdir(parents=True)
    (old / "html.json").write_text("the old one")
    start = time.monotonic()
    with pytest.raises(BookError) as caught:
        run([], jobs=3, root=root)
    assert time.monotonic() - start < 90
    text = str(caught.value)
    assert text.startswith(f"{len(BAD)} pages failed")
    for expected in (
        "chapters/raises.qmd:12: cell 'use' raises ZeroDivisionError: division by zero\n"
        "  chapters/raises.qmd:12: half(n)\n  chapters/raises.qmd:6: return 1 / x",
        "chapters/endless.qmd:3: cell 'loop' did not finish in 1 s",
        "chapters/floods.qmd:3: cell 'flood' shows more than 500,000 characters",
        "chapters/swallows.qmd:3: cell 'deaf' shows more than 500,000 characters",
        "chapters/displays.qmd:3: cell 'display' shows more than 500,000 characters",
        "chapters/threads.qmd:3: cell 'thread' shows more than 500,000 characters",
        "chapters/dies.qmd:3: cell 'die' took the kernel down",
        "chapters/warns.qmd:3: cell 'warn' writes a warning: ",
        "chapters/standin.qmd: stand-in data was used for houses",
        "chapters/inline.qmd:8: the inline expression `a + b` raises NameError",
        "chapters/tame.qmd:3: cell 'tame' is marked `error: true` but raises nothing",
        "chapters/syntax.qmd:5: cell 'broken' is not Python",
    ):
        assert expected in text
    assert content(root / "_freeze").keys() == {
        "chapters/raises/execute-results/html.json",
        "chapters/good/execute-results/html.json",
        "chapters/good/execute-results/typ.json",
    }
    assert (old / "html.json").read_text() == "the old one"
    assert kernels(root) == []


def test_named_chapters_ignore_the_faults_of_others(make_book: MakeBook) -> None:
    root = make_book(bad=cell("broken", "1 +"), good=cell("good", "print('fine')"), plain="No cells.")
    run(["good"], root=root)
    assert "fine" in freeze.load("chapters/good.qmd", root, "html").markdown
    with pytest.raises(BookError, match="no cells"):
        run(["plain"], root=root)
    with pytest.raises(BookError, match="no chapter called 'nine'"):
        run(["nine"], root=root)
    with pytest.raises(BookError, match="broken"):
        run(["bad", "good"], root=root)


def test_a_label_on_two_pages(make_book: MakeBook) -> None:
    root = make_book(one=cell("same", "1"), two=cell("same", "2"))
    with pytest.raises(BookError) as caught:
        run(["two"], root=root)
    assert caught.value.where == "chapters/two.qmd:3"
    assert "chapters/one.qmd:3" in caught.value.hint


def test_quick_executes_everything_and_freezes_nothing(make_book: MakeBook) -> None:
    code = "import os\nassert os.environ['MLBOOK_OFFLINE'] == os.environ['MLBOOK_QUICK'] == '1'"
    root = make_book(good=cell("good", code), bad=cell("bad", "raise ValueError('seen')"))
    with pytest.raises(BookError, match="seen"):
        run([], quick=True, root=root)
    assert not (root / "_freeze").exists()
    assert not (root / "data").exists()


def test_runs_where_an_event_loop_runs_already_as_in_a_notebook(make_book: MakeBook) -> None:
    root = make_book(good=cell("good", "1"))

    async def in_a_notebook() -> None:
        run([], root=root)

    asyncio.run(in_a_notebook())
    assert (root / "_freeze/chapters/good/execute-results/html.json").is_file()


def test_nothing_is_frozen_offline(make_book: MakeBook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLBOOK_OFFLINE", "1")
    with pytest.raises(BookError, match="stand-in"):
        run([], root=make_book(good=cell("good", "1")))


@pytest.mark.parametrize(
    ("setting", "message"),
    [({"timeout": -1}, "not a positive number"), ({"speed": 3}, "not a setting"), ([3], "holds no")],
)
def test_bad_settings(make_book: MakeBook, setting: object, message: str) -> None:
    root = make_book(settings={"mlbook": {"execute": setting}}, good=cell("good", "1"))
    with pytest.raises(BookError, match=message):
        run([], root=root)


def test_a_missing_package_is_named(make_book: MakeBook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mlbook.book.execute.NEEDED", ("json", "no_such_package"))
    with pytest.raises(BookError, match="not installed: no_such_package"):
        run([], root=make_book(good=cell("good", "1")))


def test_the_command_prints_one_message_and_leaves_with_1(make_book: MakeBook) -> None:
    root = make_book(bad=cell("bad", "x = {}\nx['k']"))
    command = [sys.executable, "-m", "mlbook.cli", "run"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "error: chapters/bad.qmd:6: cell 'bad' raises KeyError: 'k'" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def start(root: Path, *arguments: str) -> subprocess.Popen[str]:
    """Start `mlbook run` and wait until its cell is at work."""
    (root / "started").unlink(missing_ok=True)
    command = [sys.executable, "-m", "mlbook.cli", "run", *arguments]
    process = subprocess.Popen(command, cwd=root, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while not (root / "started").exists():
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.05)
    return process


def slow_book(make_book: MakeBook) -> Path:
    """Make a book whose cell takes long as long as a file "slow" is there."""
    code = (
        "import pathlib, time\npathlib.Path('started').touch()\n"
        "while pathlib.Path('slow').exists():\n    time.sleep(0.1)"
    )
    root = make_book(slow=cell("slow", code))
    run([], root=root)
    (root / "slow").touch()
    return root


def wait_for_end(root: Path) -> None:
    """Wait until no process works for the book."""
    deadline = time.monotonic() + 20
    while kernels(root):
        assert time.monotonic() < deadline, "a kernel survives"
        time.sleep(0.1)


def test_ctrl_c_and_kill_leave_the_old_freeze_and_no_kernel(make_book: MakeBook) -> None:
    root = slow_book(make_book)
    before = content(root / "_freeze")

    process = start(root, "slow")
    with pytest.raises(BookError, match="another `mlbook run`"):
        run(["slow"], root=root)
    process.send_signal(signal.SIGINT)
    _, shown = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Traceback" not in shown
    wait_for_end(root)
    assert content(root / "_freeze") == before

    process = start(root, "slow")
    process.kill()
    process.communicate(timeout=30)
    wait_for_end(root)
    assert content(root / "_freeze") == before

    (root / "slow").unlink()
    run(["slow"], root=root)
    assert content(root / "_freeze") == before
