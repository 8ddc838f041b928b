"""What the preview server answers: files of one folder on 127.0.0.1, and nothing else.

- Paths that leave the folder (by `..`, by encodings, by symbolic links) are refused, and so are other methods
  than GET and HEAD, and requests that name another host: a page elsewhere whose name is made to point at
  127.0.0.1 could otherwise read the site (DNS rebinding).
- Pages get one script more on their way out; the files on disk have none of it. The script listens to
  `_preview/events` (server-sent events) and reloads, or shows why the last build failed.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files as package_files
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

ADDRESS = "127.0.0.1"
HOSTS = frozenset({"127.0.0.1", "localhost"})
METHODS = frozenset({"GET", "HEAD"})
HEARTBEAT = 15.0  # seconds between two signs of life to a listening page
EVENTS, SCRIPT = "_preview/events", "_preview/reload.js"
# What comes before a relative address in a page: in an attribute, or in its style sheet.
_RELATIVE = re.compile(rb'(?:\b(?:href|src|data-root)="|\burl\()(?![a-z]+:|[/#])')
# Python's own table asks the system, which on Windows may call JavaScript plain text.
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".ipynb": "application/x-ipynb+json",
    ".txt": "text/plain; charset=utf-8",
    ".xml": "application/xml",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".webp": "image/webp",
    ".ico": "image/vnd.microsoft.icon",
    ".woff2": "font/woff2",
    ".wasm": "application/wasm",
    ".pdf": "application/pdf",
    ".events": "text/event-stream",
}


class Refused(Exception):
    """A request that is answered with an error status and one line of text."""

    def __init__(self, status: HTTPStatus, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


class Channel:
    """What open pages are told: the number of the build they show, and why the last one failed, if it did."""

    def __init__(self) -> None:
        self.version = 1
        self.fault = ""
        self._changed = threading.Condition()

    def tell(self, fault: str = "") -> None:
        """Announce a new build, or the `fault` that stopped it."""
        with self._changed:
            self.version += 1
            self.fault = fault
            self._changed.notify_all()

    def wait(self, seen: int, timeout: float) -> None:
        """Block until there is something newer than version `seen`, at most `timeout` seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self.version != seen, timeout)

    def event(self) -> bytes:
        """Return the present state in the form of a server-sent event."""
        return f"data: {json.dumps({'version': self.version, 'fault': self.fault})}\n\n".encode()


class Server(ThreadingHTTPServer):
    """Serves one folder on 127.0.0.1.

    Parameters
    ----------
    folder : Path
        The built site.
    port : int
        Port to listen on; 0 lets the system choose.
    channel : Channel, optional
        With one, pages renew themselves; without, files go out as they are.
    prefix : str, default "/"
        Path under which the site stands, with slashes at both ends.
    """

    daemon_threads = True
    allow_reuse_address = os.name != "nt"  # on Windows it would let two servers share a port

    def __init__(self, folder: Path, port: int, channel: Channel | None = None, prefix: str = "/") -> None:
        self.folder = folder
        self.channel = channel
        self.prefix = prefix
        super().__init__((ADDRESS, port), Handler)

    @property
    def url(self) -> str:
        """Address of the first page."""
        return f"http://{ADDRESS}:{self.server_port}{self.prefix}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Keep quiet about readers who hang up; report anything else as usual."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    """Answers one connection."""

    server: Server
    protocol_version = "HTTP/1.1"
    server_version = "mlbook"
    sys_version = ""
    timeout = 60

    def parse_request(self) -> bool:
        """Read the request's head; refuse at once what this server never answers."""
        if not super().parse_request():
            return False
        try:
            self._check()
        except Refused as refusal:
            self._refuse(refusal)
            return False
        return True

    def do_GET(self) -> None:
        """Answer GET and, without the body, HEAD."""
        try:
            self._answer()
        except Refused as refusal:
            self._refuse(refusal)

    do_HEAD = do_GET

    def log_message(self, *_: object) -> None:
        """Say nothing: the terminal is for builds."""

    def _check(self) -> None:
        """Raise `Refused` for a foreign host, an unknown method, a body, or an address that is no path."""
        hosts = self.headers.get_all("Host") or []
        if len(hosts) != 1 or _hostname(hosts[0]) not in HOSTS:
            raise Refused(HTTPStatus.FORBIDDEN, "this server answers to 127.0.0.1 and localhost alone")
        if self.command not in METHODS:
            raise Refused(HTTPStatus.METHOD_NOT_ALLOWED, "only GET and HEAD are answered here")
        if "Transfer-Encoding" in self.headers or self.headers.get("Content-Length", "0") != "0":
            raise Refused(HTTPStatus.BAD_REQUEST, "a request here has no body")
        if not self.path.startswith("/"):
            raise Refused(HTTPStatus.BAD_REQUEST, "not a path of this server")

    def _answer(self) -> None:
        """Send the file, the events, or the page that says there is no such file."""
        path = urlsplit(self.path).path
        if not path.startswith(self.server.prefix):
            return self._missing()
        inner = path.removeprefix(self.server.prefix)
        if self.server.channel and inner == EVENTS:
            return self._events(self.server.channel)
        if self.server.channel and inner == SCRIPT:
            return self._send(HTTPStatus.OK, ".js", (package_files("mlbook.book") / "reload.js").read_bytes())
        target = locate(self.server.folder, inner)
        try:
            is_folder = target.is_dir()
        except OSError:  # too long a name, or a folder that may not be looked into
            return self._missing()
        if is_folder and inner and not inner.endswith("/"):
            return self._redirect(f"{self.server.prefix}{quote(unquote(inner).strip('/'))}/")
        return self._file(target / "index.html" if is_folder else target)

    def _file(self, path: Path) -> None:
        """Send one file: a page with the script of the preview, anything else as it is."""
        if not path.is_file():
            return self._missing()
        if path.suffix == ".html" and self.server.channel:
            return self._send(HTTPStatus.OK, ".html", self._live(path.read_bytes()))
        try:
            stream = path.open("rb")
        except OSError:  # a build has just put another folder in its place
            return self._missing()
        with stream:
            self._head(HTTPStatus.OK, path.suffix, os.fstat(stream.fileno()).st_size)
            if self.command == "GET":
                shutil.copyfileobj(stream, self.wfile)
        return None

    def _missing(self) -> None:
        """Send the site's own page for addresses that are not there."""
        page = self.server.folder / "404.html"
        if page.is_file():
            # It is shown at any depth, so its addresses must count from the site's root, but those within it.
            body = page.read_bytes().replace(b'"404.html#', b'"#')
            body = _RELATIVE.sub(rb"\g<0>" + self.server.prefix.encode(), body)
            return self._send(HTTPStatus.NOT_FOUND, ".html", self._live(body))
        return self._send(HTTPStatus.NOT_FOUND, ".txt", b"not found\n")

    def _live(self, page: bytes) -> bytes:
        """Add the preview's script to a page."""
        channel = self.server.channel
        if channel is None:
            return page
        source = self.server.prefix + SCRIPT
        script = f'<script src="{source}" data-version="{channel.version}" defer></script>'.encode()
        head, end, tail = page.rpartition(b"</body>")
        return head + script + end + tail if end else page + script

    def _events(self, channel: Channel) -> None:
        """Tell a page of every build until it hangs up."""
        self.close_connection = True
        self._head(HTTPStatus.OK, ".events", None)
        while self.command == "GET":
            seen = channel.version
            self.wfile.write(channel.event())
            channel.wait(seen, HEARTBEAT)

    def _redirect(self, to: str) -> None:
        """Send the reader to a folder's proper address."""
        self.send_response(HTTPStatus.MOVED_PERMANENTLY)
        self.send_header("Location", to)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _refuse(self, refusal: Refused) -> None:
        """Answer with an error and hang up, since what follows on the connection cannot be trusted."""
        self.close_connection = True
        self._send(refusal.status, ".txt", f"{refusal.reason}\n".encode())

    def _send(self, status: HTTPStatus, suffix: str, body: bytes) -> None:
        """Send a whole answer."""
        self._head(status, suffix, len(body))
        if self.command != "HEAD":
            self.wfile.write(body)

    def _head(self, status: HTTPStatus, suffix: str, size: int | None) -> None:
        """Send status and headers; no `size` means a stream."""
        self.send_response(status)
        self.send_header("Content-Type", TYPES.get(suffix, "application/octet-stream"))
        if size is not None:
            self.send_header("Content-Length", str(size))
        if status == HTTPStatus.METHOD_NOT_ALLOWED:
            self.send_header("Allow", ", ".join(sorted(METHODS)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.send_header("Cache-Control", "no-cache")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Cross-Origin-Resource-Policy", "same-origin")
        self.end_headers()


def _hostname(host: str) -> str | None:
    """Return the name in a Host header, without the port, which a forwarded connection may change."""
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None


def locate(folder: Path, address: str) -> Path:
    """Return the file or folder of the site that a relative address names, whether or not it is there.

    Raises
    ------
    Refused
        If the address leaves the site, or could on some system.
    """
    try:
        name = unquote(address, errors="strict")
    except UnicodeDecodeError:
        raise Refused(HTTPStatus.BAD_REQUEST, "not a path of this server") from None
    if any(character in name for character in "\\:\0") or ".." in name.split("/") or name.startswith("/"):
        raise Refused(HTTPStatus.FORBIDDEN, "this path leaves the site")
    base = folder.resolve()
    try:
        target = (base / name).resolve()
    except (OSError, RuntimeError):  # links that go round in circles
        raise Refused(HTTPStatus.FORBIDDEN, "this path leaves the site") from None
    if not target.is_relative_to(base):
        raise Refused(HTTPStatus.FORBIDDEN, "this path leaves the site")
    return target
