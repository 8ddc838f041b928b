"""Finding a Chromium and the right PyTorch."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from mlbook import machine
from mlbook.errors import BookError


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that is the whole PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("env", "sh", "chmod"):
        (folder / name).symlink_to(shutil.which(name) or name)
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setattr(machine, "PLACES", ())
    return folder


def tool(folder: Path, name: str, script: str = "exit 0") -> Path:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def test_chromium_is_found_on_the_path(tools: Path) -> None:
    assert machine.chromium() is None
    chrome = tool(tools, "google-chrome")
    assert machine.chromium() == chrome
    chromium = tool(tools, "chromium")
    assert machine.chromium() == chromium


def test_the_named_chromium_comes_first_and_must_run(
    tools: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool(tools, "chromium")
    own = tool(tmp_path, "mine")
    monkeypatch.setenv("CHROMIUM", str(own))
    assert machine.chromium() == own
    monkeypatch.setenv("CHROMIUM", str(tmp_path / "none"))
    with pytest.raises(BookError, match="none cannot be run"):
        machine.chromium()


def test_without_chromium_and_apt_the_message_says_what_to_do(
    tools: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert machine.main(["chromium"]) == 1
    said = capsys.readouterr()
    assert said.out == "" and "apt install chromium" in said.err and "make test CHROMIUM=" in said.err


def test_a_user_who_may_not_install_is_not_asked_for_a_password(
    tools: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool(tools, "apt-get", f"echo called > {tools}/called")
    tool(tools, "sudo", "exit 1")
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    with pytest.raises(BookError, match="no Chromium"):
        machine.need_chromium()
    assert not (tools / "called").exists()


@pytest.mark.parametrize("user", [0, 1000])
def test_debians_package_is_installed_where_that_is_allowed(
    tools: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], user: int
) -> None:
    install = f'echo "$@" >> {tools}/called; [ "$1" = update ] || ' + (
        f"{{ echo '#!/bin/sh' > {tools}/chromium; chmod +x {tools}/chromium; }}"
    )
    tool(tools, "apt-get", install)
    tool(tools, "sudo", '[ "$1" = -n ] && shift; [ "$1" = true ] && exit 0; exec "$@"')
    monkeypatch.setattr("os.geteuid", lambda: user)
    assert machine.main(["chromium"]) == 0
    assert capfd.readouterr().out == f"{tools}/chromium\n"
    assert (tools / "called").read_text().splitlines()[1].endswith("chromium")


def test_an_install_that_fails_is_said(tools: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tool(tools, "apt-get", "exit 100")
    monkeypatch.setattr("os.geteuid", lambda: 0)
    with pytest.raises(BookError, match="no Chromium"):
        machine.need_chromium()


class Index(BaseHTTPRequestHandler):
    """Answers as PyTorch's index would."""

    def do_GET(self) -> None:
        found = self.path == "/whl/cpu/torch/"
        self.send_response(200 if found else 404)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def index() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Index) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/whl"
        server.shutdown()
        thread.join()


def test_the_cpu_index_is_used_where_it_answers_and_no_gpu_is_there(
    tools: Path, index: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    assert machine.torch_options(f"{index}/cpu") == ["--extra-index-url", f"{index}/cpu"]
    assert machine.torch_options(f"{index}/absent") == []
    assert machine.torch_options("http://127.0.0.1:9/whl/cpu") == []
    tool(tools, "nvidia-smi")
    assert machine.torch_options(f"{index}/cpu") == []


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_elsewhere_the_plain_package_is_right(
    platform: str, index: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.platform", platform)
    assert machine.torch_options(f"{index}/cpu") == []


def test_anything_else_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert machine.main([]) == machine.main(["cuda"]) == 2
    assert "chromium|torch" in capsys.readouterr().err
