"""Checks of chapter 2: the service."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from mlbook.exercises.answer import Answer
from mlbook.exercises.registry import exercise


@exercise(
    "service-door",
    "let_in(address, bad, good)",
    imports="import json\nfrom urllib.error import HTTPError\nfrom urllib.request import Request, urlopen",
    seconds=20,
)
def service_door(answer: Answer) -> None:
    """Return the positions of those bodies in `bad` that a service fails to refuse, or is changed by."""
    bad = [b"[]", b'"text"', b"{not json", b"[[]]"]
    fine, refused = (200, b'{"block_groups": [1]}'), (400, b'{"error": "send a list of objects"}')
    gone = (200, b'{"block_groups": [2]}')
    for on, answers, after, right in [
        ("a service that refuses all of them", {}, fine, []),
        ("a service that answers body 1 as if it were good", {1: fine}, fine, [1]),
        (
            "a service that fails with status 500 on bodies 0 and 2",
            {0: (500, b"oops"), 2: (500, b"")},
            fine,
            [0, 2],
        ),
        ("a service that refuses body 2 without a word", {2: (400, b"{}")}, fine, [2]),
        ("a service that answers the good request otherwise after body 3", {}, gone, [3]),
    ]:
        replies = {body: answers.get(number, refused) for number, body in enumerate(bad)}
        with serving(replies, b"[1]", fine, after) as address:
            given = answer(address, bad, b"[1]", on=on)
        numbers = answer.whole(given, "a list of positions").tolist()
        hint = (
            "Send the good request first, and again after each bad one; urlopen raises HTTPError above 399."
        )
        must = "it gives the positions of the bodies that the service does not stand, and of no others"
        answer.expect(numbers == right, must, got=f"{numbers} where {right} is right", hint=hint)


Reply = tuple[int, bytes]


@contextmanager
def serving(replies: dict[bytes, Reply], good: bytes, fine: Reply, after: Reply) -> Iterator[str]:
    """Serve fixed replies at /value; the good request gets `fine`, and `after` after the last bad one."""
    seen: list[bytes] = []

    def reply(body: bytes) -> Reply:
        if body == good:
            return after if seen and seen[-1] == list(replies)[-1] else fine
        seen.append(body)
        return replies.get(body, (400, b'{"error": "not asked for"}'))

    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(reply))
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def _handler(reply: Callable[[bytes], Reply]) -> type[BaseHTTPRequestHandler]:
    """Return a request handler that answers POST /value by a function of the body."""

    class Handler(BaseHTTPRequestHandler):
        """Answers from a table."""

        def do_POST(self) -> None:
            """Answer one body."""
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, content = reply(body) if self.path == "/value" else (404, b"{}")
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:
            """Keep quiet."""

    return Handler
