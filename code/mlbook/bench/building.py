"""How long it takes: from a clone to the first page, the site, a preview, the PDF."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

from mlbook.bench.row import MLBOOK, Row, Workshop, environment, timed
from mlbook.errors import BookError

MB = 1e6


def read(shop: Workshop) -> Iterator[Row]:
    """Clone the last commit, `make read`, and wait for the first page; nothing from pip's cache."""
    clone = shop.folder / "clone"
    timed(["git", "clone", "--quiet", str(shop.root), str(clone)], shop.root)
    before, start = _received(), time.perf_counter()
    command = ["make", "read", "PORT=8000"]
    with _server(command, clone, PIP_NO_CACHE_DIR="1", MLBOOK_ROOT=str(clone)) as url:
        with urllib.request.urlopen(url, timeout=30) as page:
            page.read()
        seconds = time.perf_counter() - start
    after = _received()
    note = "of the last commit, without pip's cache"
    yield Row("make read, fresh clone to first page", 45, "s", seconds, note=note)
    loaded = None if before is None or after is None else (after - before) / MB
    yield Row(
        "… downloaded", 150, "MB", loaded, note="by the whole machine" if loaded else "seen on Linux alone"
    )


def site(shop: Workshop) -> Iterator[Row]:
    """Build the site of the generated book, twice."""
    build = [*MLBOOK, "build", "--site"]
    cold, unchanged = timed(build, shop.sample), timed(build, shop.sample)
    quarto = None
    if shop.quarto:
        quarto = timed([shop.quarto, "render", "--to", "html", "--output-dir", "_quarto_site"], shop.sample)
    yield Row("site from freeze, cold", 6, "s", cold, quarto, shop.size)
    yield Row("… nothing changed", 1, "s", unchanged, note="the command's start included")


def preview(shop: Workshop) -> Iterator[Row]:
    """Change one chapter's results while the preview runs; the time until its pages are told to reload."""
    entry = next((shop.sample / "_freeze" / "chapters").glob("*/execute-results/html.json"))
    with _server([*MLBOOK, "read", "--no-browser"], shop.sample) as url:
        parts = urlsplit(url)
        connection = HTTPConnection(parts.hostname or "", parts.port, timeout=60)
        connection.request("GET", "/_preview/events")
        events = connection.getresponse()
        events.readline(), events.readline()
        content = json.loads(entry.read_text())
        content["result"]["markdown"] += "\nA new last paragraph.\n"
        start = time.perf_counter()
        entry.write_text(json.dumps(content))
        told = json.loads(events.readline().removeprefix(b"data: "))
        seconds = time.perf_counter() - start
        connection.close()
    if told["fault"]:
        raise BookError("the preview failed while being measured", hint=told["fault"])
    yield Row("a changed chapter in a running preview", 1, "s", seconds, note=shop.size)


def pdf(shop: Workshop) -> Iterator[Row]:
    """Build the PDF of the generated book."""
    out = shop.folder / "pdf"
    seconds = timed([*MLBOOK, "build", "--pdf", "--out", str(out)], shop.sample)
    quarto = None
    if shop.quarto:
        quarto = timed([shop.quarto, "render", "--to", "typst", "--output-dir", "_quarto_pdf"], shop.sample)
    yield Row("PDF of the whole book", 10, "s", seconds, quarto, shop.size)
    yield Row(
        "… its size", 25, "MB", (out / "book.pdf").stat().st_size / MB, _pdf_size(shop.sample), shop.size
    )


def _pdf_size(folder: Path) -> float | None:
    """Return the size of Quarto's PDF, if it made one."""
    made = list((folder / "_quarto_pdf").glob("*.pdf"))
    return made[0].stat().st_size / MB if made else None


@contextmanager
def _server(command: list[str], root: Path, **settings: str) -> Iterator[str]:
    """Start a preview, wait for the address it prints, and end it with Ctrl-C."""
    if shutil.which(command[0]) is None:
        raise BookError(f"{command[0]} is not installed, and this measurement needs it")
    process = subprocess.Popen(
        command,
        cwd=root,
        env=environment(root) | {"PYTHONUNBUFFERED": "1", **settings},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        yield _address(process)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)
        process.communicate(timeout=60)


def _address(process: subprocess.Popen[str]) -> str:
    """Read what a preview prints up to its address."""
    said: list[str] = []
    for line in process.stdout or ():
        said.append(line)
        for word in line.split():
            if word.startswith("http://127.0.0.1"):
                return word
    raise BookError("the preview ended while being measured", hint="".join(said[-8:]))


def _received() -> int | None:
    """Return the bytes this machine has received, loopback left out; None where the system does not say."""
    try:
        lines = Path("/proc/net/dev").read_text().splitlines()[2:]
    except OSError:
        return None
    counts = [line.replace(":", " ").split() for line in lines]
    return sum(int(count[1]) for count in counts if count[0] != "lo")
