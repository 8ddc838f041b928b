"""The preview server, attacked over real sockets, and the loop that builds again."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

import pytest

from mlbook.book import press, serve, watch
from mlbook.book.server import EVENTS, SCRIPT, TYPES, Channel, Refused, Server, locate
from mlbook.errors import BookError

PAGE = b"<!doctype html><html><body><p>the page</p></body></html>"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small site with a secret beside it and links that lead out."""
    tmp_path = tmp_path_factory.mktemp("served")
    folder = tmp_path / "_book"
    (folder / "chapters").mkdir(parents=True)
    (folder / "index.html").write_bytes(PAGE)
    (folder / "404.html").write_bytes(b"<!doctype html><body>no such page</body>")
    (folder / "chapters" / "index.html").write_bytes(PAGE)
    (folder / "chapters" / "a b.html").write_bytes(PAGE)
    (folder / "style.css").write_text("p {}")
    (tmp_path / "secret.txt").write_text("the secret")
    (tmp_path / "_book2").mkdir()
    (tmp_path / "_book2" / "secret.txt").write_text("the secret")
    (folder / "out").symlink_to(tmp_path / "secret.txt")
    (folder / "outside").symlink_to(tmp_path)
    (folder / "inside").symlink_to(folder / "chapters")
    (folder / "round").symlink_to(folder / "round")
    return folder


@pytest.fixture(scope="module")
def server(site: Path) -> Iterator[Server]:
    with serve.serving(serve.listen(site, 0)) as running:
        yield running


@pytest.fixture
def live(site: Path) -> Iterator[Server]:
    with serve.serving(serve.listen(site, 0, Channel())) as running:
        yield running


def ask(server: Server, path: str, method: str = "GET", **headers: str) -> tuple[HTTPResponse, bytes]:
    connection = HTTPConnection("127.0.0.1", server.server_port, timeout=30)
    try:
        connection.request(method, path, headers=headers)
        response = connection.getresponse()
        return response, response.read()
    finally:
        connection.close()


def raw(server: Server, request: bytes) -> bytes:
    """Send bytes no client would send; return all that comes back until the server hangs up."""
    with socket.create_connection(("127.0.0.1", server.server_port), timeout=30) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
        return answer


def test_it_listens_on_the_loopback_address_alone(server: Server) -> None:
    assert server.server_address[0] == "127.0.0.1"
    assert server.url == f"http://127.0.0.1:{server.server_port}/"


def test_pages_files_and_folders_are_served(server: Server) -> None:
    for path in ("/", "/index.html", "/chapters/", "/chapters/a%20b.html", "/inside/", "/index.html?x=..#y"):
        response, body = ask(server, path)
        assert (response.status, body) == (200, PAGE), path
        assert response.headers["Content-Type"] == "text/html; charset=utf-8"
        assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_a_folder_without_its_slash_is_redirected_within_the_site(server: Server) -> None:
    response, _ = ask(server, "/chapters")
    assert (response.status, response.headers["Location"]) == (301, "/chapters/")


def test_head_has_the_headers_and_no_body(server: Server) -> None:
    answer = raw(server, b"HEAD / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200") and f"Content-Length: {len(PAGE)}".encode() in head
    assert body == b""


@pytest.mark.parametrize("suffix", [".mjs", ".wasm", ".woff2", ".svg", ".pdf", ".js", ".css", ".json"])
def test_content_types_do_not_depend_on_the_system(server: Server, suffix: str) -> None:
    (server.folder / f"file{suffix}").write_bytes(b"x")
    response, body = ask(server, f"/file{suffix}")
    assert (response.headers["Content-Type"], body) == (TYPES[suffix], b"x")
    (server.folder / "file.pf_meta").write_bytes(b"x")
    assert ask(server, "/file.pf_meta")[0].headers["Content-Type"] == "application/octet-stream"


def test_what_is_not_there_gets_the_sites_own_page(server: Server) -> None:
    response, body = ask(server, "/chapters/none.html")
    assert (response.status, body) == (404, (server.folder / "404.html").read_bytes())


def test_the_page_for_missing_ones_works_at_any_depth(tmp_path: Path) -> None:
    page = (
        '<a class="skip" href="404.html#content">skip</a><a href="index.html">first</a>'
        '<a href="https://example.org/">far</a>'
        '<script src="assets/a.js" data-root=""></script><style>@font-face{src:url(assets/f.woff2)}</style>'
    )
    (tmp_path / "404.html").write_text(page)
    with serve.serving(serve.listen(tmp_path, 0, prefix="/some/prefix/")) as served:
        said = ask(served, "/some/prefix/chapters/none.html")[1].decode()
    assert said == (
        '<a class="skip" href="#content">skip</a><a href="/some/prefix/index.html">first</a>'
        '<a href="https://example.org/">far</a>'
        '<script src="/some/prefix/assets/a.js" data-root="/some/prefix/"></script>'
        "<style>@font-face{src:url(/some/prefix/assets/f.woff2)}</style>"
    )


def test_a_site_without_such_a_page_gets_one_line(tmp_path: Path) -> None:
    with serve.serving(serve.listen(tmp_path, 0)) as bare:
        response, body = ask(bare, "/none")
        assert (response.status, body) == (404, b"not found\n")


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.txt",
        "/chapters/../../secret.txt",
        "/chapters/../index.html",
        "/%2e%2e/secret.txt",
        "/%2E%2e%2fsecret.txt",
        "/..%2fsecret.txt",
        "/..%5csecret.txt",
        "/..\\secret.txt",
        "/../_book2/secret.txt",
        "/out",
        "/outside/secret.txt",
        "/outside/_book2/secret.txt",
        "/%2fetc/passwd",
        "/C:/Windows/win.ini",
        "/index.html::$DATA",
        "/index.html%00.txt",
        "/%ff%fe",
    ],
)
def test_paths_that_leave_the_site_are_refused(server: Server, path: str) -> None:
    answer = raw(server, f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
    assert answer.startswith((b"HTTP/1.1 403", b"HTTP/1.1 400"))
    assert b"secret" not in answer.partition(b"\r\n\r\n")[2] and b"root:" not in answer


@pytest.mark.parametrize(
    "path", ["//etc/passwd", "/....//x", "/%252e%252e/secret.txt", "/.../x", "/round", "/" + "a" * 5000]
)
def test_paths_that_only_look_like_leaving_are_not_there(server: Server, path: str) -> None:
    answer = raw(server, f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
    assert answer.startswith((b"HTTP/1.1 404", b"HTTP/1.1 403")) and b"the secret" not in answer


def test_another_server_in_the_address_is_refused(server: Server) -> None:
    answer = raw(server, b"GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 400") and b"the page" not in answer
    answer = raw(server, b"GET //evil.example/chapters HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert b"Location" not in answer


@pytest.mark.parametrize(
    "headers",
    [
        "Host: evil.example",
        "Host: evil.example:{port}",
        "Host: 127.0.0.1.evil.example:{port}",
        "Host: localhost@evil.example",
        "Host: [",
        "Host: ",
        "Host: 0.0.0.0:{port}",
        "Host: localhost\r\nHost: evil.example",
        "Accept: text/html",
    ],
)
def test_foreign_hosts_are_refused(server: Server, headers: str) -> None:
    lines = headers.format(port=server.server_port)
    answer = raw(server, f"GET / HTTP/1.1\r\n{lines}\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 403") and b"the page" not in answer


@pytest.mark.parametrize("host", ["127.0.0.1:{port}", "localhost:{port}", "localhost", "LOCALHOST:9999"])
def test_this_machines_names_are_answered_through_any_forwarded_port(server: Server, host: str) -> None:
    assert ask(server, "/", Host=host.format(port=server.server_port))[1] == PAGE


@pytest.mark.parametrize(
    "method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "BREW", "get"]
)
def test_other_methods_are_refused(server: Server, method: str) -> None:
    answer = raw(server, f"{method} / HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 405") and b"Allow: GET, HEAD" in answer


@pytest.mark.parametrize("header", ["Content-Length: 5", "Content-Length: -1", "Transfer-Encoding: chunked"])
def test_a_body_is_refused_and_never_read_as_a_second_request(server: Server, header: str) -> None:
    smuggled = "GET /style.css HTTP/1.1\r\nHost: localhost\r\n\r\n"
    answer = raw(server, f"GET / HTTP/1.1\r\nHost: localhost\r\n{header}\r\n\r\n{smuggled}".encode())
    assert answer.startswith(b"HTTP/1.1 400") and answer.count(b"HTTP/1.1") == 1


@pytest.mark.parametrize(
    "request_",
    [b"\x00\x01\x02\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"GET / HTTP/1.1\r\nHost"],
)
def test_nonsense_does_not_stop_the_server(server: Server, request_: bytes) -> None:
    assert b"the page" not in raw(server, request_)
    assert ask(server, "/")[1] == PAGE


def test_a_connection_can_be_used_again(server: Server) -> None:
    two = b"GET /style.css HTTP/1.1\r\nHost: localhost\r\n\r\n" * 2
    assert raw(server, two).count(b"HTTP/1.1 200") == 2


def test_one_reader_does_not_hold_up_another(server: Server) -> None:
    with socket.create_connection(("127.0.0.1", server.server_port)) as idle:
        idle.sendall(b"GET / HT")
        assert ask(server, "/")[1] == PAGE


def test_a_prefix_hides_everything_else(site: Path) -> None:
    with serve.serving(serve.listen(site, 0, prefix="/some/prefix/")) as server:
        assert ask(server, "/some/prefix/")[1] == PAGE
        assert ask(server, "/some/prefix/chapters")[0].headers["Location"] == "/some/prefix/chapters/"
        for path in ("/", "/index.html", "/some/", "/some/prefixindex.html"):
            assert ask(server, path)[0].status == 404, path
        assert ask(server, "/some/prefix/../../index.html")[0].status == 403


def test_a_taken_port_gives_way_to_the_next(site: Path) -> None:
    with serve.listen(site, 0) as first, serve.listen(site, first.server_port) as second:
        assert first.server_port < second.server_port < first.server_port + serve.TRIES


@pytest.mark.parametrize("port", [-1, 65536, 70000])
def test_a_number_that_is_no_port_is_named(site: Path, port: int) -> None:
    with pytest.raises(BookError, match=f"{port} is not a port"):
        serve.listen(site, port)


def test_no_free_port_is_said_with_a_mend(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serve, "TRIES", 1)
    with serve.listen(site, 0) as first, pytest.raises(BookError, match="taken") as fault:
        serve.listen(site, first.server_port)
    assert "--port" in fault.value.hint


def test_locate_refuses_before_it_looks(tmp_path: Path) -> None:
    with pytest.raises(Refused):
        locate(tmp_path / "absent", "../x")
    assert locate(tmp_path, "a/./b") == tmp_path.resolve() / "a" / "b"


# The live part ---------------------------------------------------------------------------------


def test_only_the_preview_adds_its_script_and_never_to_the_file(live: Server, server: Server) -> None:
    tag = f'<script src="/{SCRIPT}" data-version="1" defer></script></body>'.encode()
    response, body = ask(live, "/")
    assert body == PAGE.replace(b"</body>", tag) and int(response.headers["Content-Length"]) == len(body)
    assert tag in ask(live, "/none")[1]
    assert ask(live, f"/{SCRIPT}")[1].count(b"EventSource") == 1
    assert (live.folder / "index.html").read_bytes() == PAGE
    assert ask(server, "/")[1] == PAGE
    assert ask(server, f"/{SCRIPT}")[0].status == ask(server, f"/{EVENTS}")[0].status == 404


def test_open_pages_hear_of_builds_and_faults(live: Server) -> None:
    connection = HTTPConnection("127.0.0.1", live.server_port, timeout=30)
    connection.request("GET", f"/{EVENTS}")
    stream = connection.getresponse()
    assert stream.headers["Content-Type"] == "text/event-stream"

    def event() -> dict[str, object]:
        line = stream.readline()
        assert stream.readline() == b"\n"
        return dict(json.loads(line.removeprefix(b"data: ")))

    assert event() == {"version": 1, "fault": ""}
    assert live.channel is not None
    live.channel.tell()
    assert event() == {"version": 2, "fault": ""}
    live.channel.tell(fault="chapters/x.qmd:3: no label")
    assert event() == {"version": 3, "fault": "chapters/x.qmd:3: no label"}
    connection.close()


@pytest.fixture
def book(tmp_path: Path) -> Path:
    (tmp_path / "_quarto.yml").write_text("project: {type: book}\n")
    (tmp_path / "chapters").mkdir()
    (tmp_path / "chapters" / "a.qmd").write_text("# A\n")
    return tmp_path


def test_changes_names_what_changed_came_and_went(book: Path) -> None:
    (book / "chapters" / "gone.qmd").write_text("# Gone\n")
    steps: list[Callable[[], object]] = [
        lambda: None,
        lambda: (
            (book / "chapters" / "a.qmd").write_text("# A, longer\n"),
            (book / "chapters" / "new.qmd").write_text("# New\n"),
            (book / "chapters" / "gone.qmd").unlink(),
            (book / "chapters" / ".a.qmd.swp").write_text("an editor's"),
            (book / "elsewhere.txt").write_text("no source"),
        ),
    ]
    found = watch.changes(book, sleep=lambda _: steps.pop(0)() if steps else None)
    assert next(found) == ["chapters/a.qmd", "chapters/gone.qmd", "chapters/new.qmd"]


def test_changes_waits_until_a_file_is_still(book: Path) -> None:
    target = book / "chapters" / "a.qmd"
    texts = ["# half", "# half and more", "# half and more and all"]
    found = watch.changes(book, sleep=lambda _: target.write_text(texts.pop(0)) if texts else None)
    assert next(found) == ["chapters/a.qmd"]
    assert not texts and target.read_text().endswith("all")


class Builds:
    """Stands in for the press: writes a page with the number of the build, or fails when told to."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.calls: list[tuple[bool, bool]] = []
        self.fail = False

    def __call__(self, *, site: bool, pdf: bool, root: Path, ready: Callable[[], None] | None = None) -> None:
        assert root == self.root
        self.calls.append((site, pdf))
        if self.fail:
            raise BookError("the equation has no end", where="chapters/a.qmd:3")
        (root / "_book").mkdir(exist_ok=True)
        (root / "_book" / "index.html").write_text(f"<body>build {len(self.calls)}</body>")
        if ready is not None:
            ready()


@pytest.fixture
def builds(book: Path, monkeypatch: pytest.MonkeyPatch) -> Builds:
    stand_in = Builds(book)
    monkeypatch.setattr(press, "build", stand_in)
    return stand_in


def test_read_without_serving_builds_both_and_returns(book: Path, builds: Builds) -> None:
    serve.read(serve=False, root=book)
    assert builds.calls == [(True, True)]


def test_a_first_build_that_fails_serves_nothing(book: Path, builds: Builds) -> None:
    builds.fail = True
    with pytest.raises(BookError, match="no end"):
        serve.read(port=0, root=book)


def test_read_builds_again_reports_a_fault_and_recovers(
    book: Path, builds: Builds, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    servers: list[Server] = []
    listen = serve.listen
    monkeypatch.setattr(serve, "listen", lambda *given: servers.append(listen(*given)) or servers[-1])

    def scenario(root: Path) -> Iterator[list[str]]:
        """The edits of one session, ended with Ctrl-C."""
        channel = servers[0].channel
        assert channel is not None and b"build 1" in ask(servers[0], "/")[1]
        yield ["chapters/a.qmd"]
        assert b"build 2" in ask(servers[0], "/")[1] and channel.version == 2
        builds.fail = True
        yield ["chapters/a.qmd", "references.bib"]
        assert b"build 2" in ask(servers[0], "/")[1] and channel.fault.startswith("chapters/a.qmd:3")
        builds.fail = False
        yield ["chapters/a.qmd"]
        assert b"build 4" in ask(servers[0], "/")[1] and channel.fault == ""
        raise KeyboardInterrupt

    monkeypatch.setattr(watch, "changes", scenario)
    serve.read(port=0, browser=False, root=book)
    assert builds.calls == [(True, True), (True, False), (True, False), (True, False)]
    said = capsys.readouterr().out
    assert servers[0].url in said and "the equation has no end" in said and said.endswith("stopped\n")
    with pytest.raises(ConnectionError):
        ask(servers[0], "/")


@pytest.mark.parametrize(("screen", "opened"), [({"DISPLAY": ":0"}, True), ({}, False)])
def test_a_browser_opens_only_where_there_is_a_screen(
    book: Path, builds: Builds, monkeypatch: pytest.MonkeyPatch, screen: dict[str, str], opened: bool
) -> None:
    seen: list[str] = []
    monkeypatch.setattr(sys, "platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    for name, value in screen.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("webbrowser.open", seen.append)

    def stop(_: Path) -> Iterator[list[str]]:
        raise KeyboardInterrupt
        yield []

    monkeypatch.setattr(watch, "changes", stop)
    serve.read(port=0, root=book)
    assert bool(seen) is opened


@pytest.mark.skipif(os.name == "nt", reason="sends a Unix signal")
def test_ctrl_c_ends_the_process_cleanly_and_frees_the_port(book: Path) -> None:
    program = (
        "import pathlib, sys\nfrom mlbook.book import press, serve\n"
        "root = pathlib.Path(sys.argv[1])\n"
        "def build(**_):\n"
        "    (root / '_book').mkdir(exist_ok=True)\n"
        "    (root / '_book/index.html').write_text('x')\n"
        "press.build = build\nserve.read(port=0, browser=False, root=root)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-u", "-c", program, str(book)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        watchdog = threading.Timer(120, process.kill)
        watchdog.start()
        address = process.stdout.readline().split()[4]
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        assert process.stdout.read() == "stopped\n"
        assert process.wait() == 0
        port = int(address.rsplit(":", 1)[1].strip("/"))
        with socket.socket() as free:
            free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            free.bind(("127.0.0.1", port))
    finally:
        watchdog.cancel()
        process.kill()
        process.wait()
