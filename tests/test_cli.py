"""The command from outside: help, messages, exit codes, Ctrl-C."""

from __future__ import annotations

import errno
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import click
import pytest
import typer.main

from mlbook import cli
from mlbook.errors import BookError

COMMANDS = ["doctor", "run", "build", "read", "status", "pipeline", "lint", "compute", "bench"]
GROUPS = {"data": ["list", "get", "verify"], "exercises": ["list", "start", "test"]}
IN_GROUPS = [[group, name] for group, names in GROUPS.items() for name in names]


def mlbook(*arguments: str, cwd: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MLBOOK_")}
    environment |= {"COLUMNS": "100", "NO_COLOR": "1", **settings}
    command = [sys.executable, "-m", "mlbook.cli", *arguments]
    return subprocess.run(
        command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=240, check=False
    )


def main(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """Run the command in this process; returns its exit code."""
    monkeypatch.setattr(sys, "argv", ["mlbook", *arguments])
    with pytest.raises(SystemExit) as left:
        cli.main()
    return int(left.value.code or 0)


def raising(error: BaseException) -> object:
    def call(**_: object) -> None:
        raise error

    return call


# Help -------------------------------------------------------------------------------------------


def every_command() -> list[tuple[str, click.Command]]:
    group = typer.main.get_command(cli.app)
    commands = group.commands  # type: ignore[attr-defined]
    return [
        (f"{name} {inner}", command) for name in GROUPS for inner, command in commands[name].commands.items()
    ] + list(commands.items())


def test_the_commands_are_those_the_readme_and_the_design_name() -> None:
    assert {name for name, _ in every_command()} == {*COMMANDS, *GROUPS, *map(" ".join, IN_GROUPS)}


@pytest.mark.parametrize(("name", "command"), every_command(), ids=lambda x: x if isinstance(x, str) else "")
def test_every_command_and_option_says_what_it_does(name: str, command: click.Command) -> None:
    assert command.help and command.help.endswith("."), f"{name} has no help"
    for parameter in command.params:
        text = getattr(parameter, "help", None)
        assert text, f"{name} {parameter.name} has no help"


@pytest.mark.parametrize("words", [[name] for name in COMMANDS] + IN_GROUPS)
def test_help_is_printed(
    words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(monkeypatch, *words, "--help") == 0
    said = capsys.readouterr().out
    assert f"Usage: mlbook {' '.join(words)}" in said and "Show this message and exit." in said


def test_help_is_quick_and_imports_nothing_heavy(tmp_path: Path) -> None:
    program = (
        "import sys\nsys.argv = ['mlbook', '--help']\nfrom mlbook import cli\n"
        "try:\n    cli.main()\nexcept SystemExit:\n    pass\n"
        "heavy = {'numpy', 'torch', 'pandas', 'plotly', 'typst', 'nbclient', 'requests'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip().endswith("[]")


# Exit codes and messages ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ("nope", "'nope'"),
        ("--nope", "--nope"),
        ("run --nope", "--nope"),
        ("run -j 0", "'--jobs'"),
        ("read --port x", "'--port'"),
        ("data nope", "'nope'"),
    ],
)
def test_a_wrong_call_is_2_and_names_what_is_wrong(words: str, named: str, tmp_path: Path) -> None:
    done = mlbook(*words.split(), cwd=tmp_path)
    assert done.returncode == 2 and named in done.stderr and "Traceback" not in done.stderr


def test_a_port_in_the_environment_that_is_none_is_a_wrong_call(tmp_path: Path) -> None:
    done = mlbook("read", cwd=tmp_path, PORT="http")
    assert done.returncode == 2 and "env var: 'PORT'" in done.stderr


@pytest.mark.parametrize("command", ["run", "build", "read --no-serve", "status", "lint"])
def test_outside_a_book_every_command_says_so(command: str, tmp_path: Path) -> None:
    done = mlbook(*command.split(), cwd=tmp_path)
    assert done.returncode == 1
    assert "no book found" in done.stderr and "Change into the folder you cloned" in done.stderr
    assert "Traceback" not in done.stderr and list(tmp_path.iterdir()) == []


def test_an_error_is_one_message_with_place_and_mend(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fault = BookError("no label [bold]", where="chapters/[x].qmd:3", hint="Give it one:\n#| label: [y]")
    monkeypatch.setattr("mlbook.book.press.build", raising(fault))
    assert main(monkeypatch, "build") == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == "error: chapters/[x].qmd:3: no label [bold]\nGive it one:\n#| label: [y]\n"


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (errno.ENOSPC, "the disk is full"),
        (errno.EROFS, "may not be written"),
        (errno.EACCES, "may not be written"),
    ],
)
def test_a_disk_that_refuses_is_explained_wherever_it_happens(
    number: int,
    text: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    fault = OSError(number, os.strerror(number), str(tmp_path / "file.json"))
    monkeypatch.setattr("mlbook.book.press.build", raising(fault))
    assert main(monkeypatch, "build") == 1
    said = capsys.readouterr().err
    assert text in said and "file.json" in said


def test_a_fault_of_the_package_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mlbook.book.press.build", raising(ZeroDivisionError("ours")))
    monkeypatch.setattr(sys, "argv", ["mlbook", "build"])
    with pytest.raises(ZeroDivisionError, match="ours"):
        cli.main()


def test_a_broken_quarto_yml_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "_quarto.yml").write_text("project:\n  type: book\nbook: [unclosed\n")
    done = mlbook("build", cwd=tmp_path)
    assert done.returncode == 1 and re.search(r"_quarto\.yml:\d+: cannot be read", done.stderr)
    assert "git diff _quarto.yml" in done.stderr and not (tmp_path / "_book").exists()


# Ctrl-C -----------------------------------------------------------------------------------------


def test_ctrl_c_is_130_with_a_word(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("mlbook.book.press.build", raising(KeyboardInterrupt()))
    assert main(monkeypatch, "build") == 130
    assert capsys.readouterr().err == "stopped; nothing was left half-written\n"


@pytest.mark.skipif(os.name == "nt", reason="sends a Unix signal")
def test_a_real_interrupt_reaches_the_command(tmp_path: Path) -> None:
    program = (
        "import sys, time\nfrom mlbook import cli\nfrom mlbook.book import press\n"
        "def build(**_):\n    print('at work', flush=True)\n    time.sleep(60)\n"
        "press.build = build\nsys.argv = ['mlbook', 'build']\ncli.main()\n"
    )
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, "-c", program], cwd=tmp_path, **pipes) as process:  # type: ignore[call-overload]
        assert process.stdout.readline() == "at work\n"
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=120)
    assert process.returncode == 130 and said == "stopped; nothing was left half-written\n"


def test_a_reader_who_has_seen_enough_gets_no_traceback(tmp_path: Path) -> None:
    program = (
        "import sys\nfrom mlbook import cli\nfrom mlbook.book import press\n"
        "def build(**_):\n    for _ in range(100000):\n        print('a line of output')\n"
        "press.build = build\nsys.argv = ['mlbook', 'build']\ncli.main()\n"
    )
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", program], cwd=tmp_path, **pipes) as process:  # type: ignore[call-overload]
        process.stdout.readline()
        process.stdout.close()
        said = process.stderr.read()
    assert b"Traceback" not in said and process.returncode != 0
