"""Read the book: build it, serve it on 127.0.0.1, build again on every change.

The server runs in a thread and the builds in the main one, so Ctrl-C reaches a build and leaves nothing
half-written.
"""

from __future__ import annotations

import os
import sys
import threading
import time
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from mlbook import files
from mlbook.book import watch
from mlbook.book.server import Channel, Server
from mlbook.errors import BookError

TRIES = 50  # ports looked at, from the one asked for


def listen(folder: Path, port: int, channel: Channel | None = None, prefix: str = "/") -> Server:
    """Start to listen on `port`, or the next one that is free.

    Raises
    ------
    BookError
        If the port is no port, or it and the next ones are all taken.
    """
    if not 0 <= port <= 65535:
        raise BookError(f"{port} is not a port", hint="Take one from 1024 to 65535: mlbook read --port 8000")
    last = min(port + TRIES, 65536)
    for candidate in range(port, last) if port else [0]:
        try:
            return Server(folder, candidate, channel, prefix)
        except OSError:
            continue
    raise BookError(
        f"the ports {port} to {last - 1} are all taken", hint="Name another: mlbook read --port 9000"
    )


@contextmanager
def serving(server: Server) -> Iterator[Server]:
    """Answer requests in a thread of its own until the block ends."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def read(*, port: int = 8000, serve: bool = True, browser: bool = True, root: Path | None = None) -> None:
    """Build what changed and serve it on 127.0.0.1, building again on every change, until Ctrl-C.

    Parameters
    ----------
    port : int, default 8000
        First port to try.
    serve : bool, default True
        False builds and returns.
    browser : bool, default True
        Open a browser, where there is a screen to open it on.
    root : Path, optional
        The book's folder; found from the current one if not given.

    Raises
    ------
    BookError
        If the first build fails or no port is free; a later build that fails is reported, and the last good
        site stays.
    """
    from mlbook.book.press import build

    base = root or files.root()
    console = Console(highlight=False)
    build(site=True, pdf=True, root=base)
    if not serve:
        return
    channel = Channel()
    with serving(listen(base / "_book", port, channel)) as server:
        console.print(f"The book is at [bold]{server.url}[/]  (Ctrl-C ends)", soft_wrap=True)
        if browser and _has_screen():
            webbrowser.open(server.url)
        try:
            _keep_fresh(base, channel, console)
        except KeyboardInterrupt:
            console.print("stopped")


def _keep_fresh(root: Path, channel: Channel, console: Console) -> None:
    """Build the site whenever a source changes, and tell the open pages; the PDF waits."""
    from mlbook.book.press import build

    for changed in watch.changes(root):
        start = time.monotonic()
        what = changed[0] if len(changed) == 1 else f"{changed[0]} and {len(changed) - 1} more"
        seen = channel.version
        try:
            build(site=True, pdf=False, root=root, ready=channel.tell)  # pages first, their index after
        except BookError as error:
            console.print(str(error), markup=False, style="red", soft_wrap=True)
            channel.tell(fault=str(error))
        else:
            console.print(f"{what}: built in {time.monotonic() - start:.1f} s", markup=False, soft_wrap=True)
            if channel.version == seen:
                channel.tell()


def _has_screen() -> bool:
    """Tell whether a browser would open in a window; without one, Python may start a text browser here."""
    return sys.platform in ("darwin", "win32") or bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )
