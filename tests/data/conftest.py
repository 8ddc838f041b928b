"""A book with a register of one small set, and a server on this machine that sends it well or badly."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from shelf import CONTENT, Register, Server, Shelf

from mlbook import data


@pytest.fixture
def server() -> Iterator[Server]:
    """A server on 127.0.0.1; "/silent" never answers, what is not in `bodies` is not found."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.asked.append(self.path)
            if self.path == "/silent":
                state.hold.wait(10)
                return
            if self.path not in state.bodies:
                self.send_error(404)
                return
            body = state.bodies[self.path]
            self.send_response(200)
            self.send_header("Content-Length", str(state.announced.get(self.path, len(body))))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state = Server(f"http://127.0.0.1:{http.server_port}")
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield state
    state.hold.set()
    http.shutdown()
    http.server_close()
    thread.join()


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of the user's reaches a test, and no test's stand-ins reach the next."""
    for name in ("MLBOOK_DATA", "MLBOOK_MIRROR", "MLBOOK_OFFLINE", "MLBOOK_QUICK", "MLBOOK_ROOT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(data, "_used", {})


@pytest.fixture
def register(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Register:
    """Make the book; `urls` are the addresses of the set."""

    def make(*urls: str) -> Shelf:
        root = tmp_path / "book"
        (root / "data").mkdir(parents=True)
        (root / "_quarto.yml").write_text("")
        lines = [
            "[squares]",
            'title = "Squares"',
            'licence = "CC0"',
            'citation = "none"',
            "shape = [500, 2]",
            'loader = "mlbook.data.tables:csv"',
            'standin = "mlbook.data.housing:standin"',
            'file = "squares.csv"',
            f"urls = {list(urls)!r}",
            f'sha256 = "{hashlib.sha256(CONTENT).hexdigest()}"',
            f"bytes = {len(CONTENT)}",
        ]
        (root / "data" / "registry.toml").write_text("\n".join(lines) + "\n")
        monkeypatch.setenv("MLBOOK_ROOT", str(root))
        return Shelf(root)

    return make
