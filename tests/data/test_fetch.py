"""Files arrive whole or not at all, and whatever goes wrong is said in one message."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import platformdirs
import pytest
from shelf import CONTENT, Register, Server, Shelf

from mlbook import data
from mlbook.data import fetch
from mlbook.data.registry import registry
from mlbook.errors import BookError

ALTERED = CONTENT.replace(b"9", b"8")


@pytest.fixture
def shelf(register: Register, server: Server) -> Shelf:
    server.bodies["/squares.csv"] = CONTENT
    return register(f"{server.address}/squares.csv")


def fails(match: str | None = None) -> BookError:
    """Load the set, which must fail; return the error."""
    with pytest.raises(BookError, match=match) as caught:
        data.load("squares")
    return caught.value


def test_a_set_is_downloaded_once_and_kept(shelf: Shelf, server: Server) -> None:
    frame = data.load("squares")
    assert frame["b"].tolist() == [i * i for i in range(500)]
    assert shelf.cached.read_bytes() == CONTENT
    data.load("squares")
    assert server.asked == ["/squares.csv"]
    assert shelf.others() == []


def test_the_cache_moves_with_its_setting(
    shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLBOOK_DATA", str(tmp_path / "elsewhere" / "data"))
    data.load("squares")
    assert (tmp_path / "elsewhere" / "data" / "squares.csv").read_bytes() == CONTENT
    assert not shelf.cached.exists()


def test_outside_a_book_the_platform_has_the_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> Path:
        raise BookError("no book found")

    monkeypatch.setattr(fetch.files, "root", none)
    assert fetch.cache() == Path(platformdirs.user_cache_dir("mlbook"))


def test_the_mirror_comes_before_the_network(
    shelf: Shelf, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "squares.csv").write_bytes(CONTENT)
    monkeypatch.setenv("MLBOOK_MIRROR", str(tmp_path))
    assert len(data.load("squares")) == 500
    data.get(["squares"])
    assert shelf.cached.read_bytes() == CONTENT
    assert server.asked == []


def test_a_damaged_mirror_is_passed_over_and_named(
    shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "squares.csv").write_bytes(ALTERED)
    monkeypatch.setenv("MLBOOK_MIRROR", str(tmp_path))
    assert data.load("squares")["b"].tolist()[9] == 81
    assert f"{tmp_path / 'squares.csv'}: has other contents: expected sha256" in capsys.readouterr().err


def test_a_mirror_that_is_no_folder_is_refused(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLBOOK_MIRROR", str(shelf.root / "nowhere"))
    error = fails("MLBOOK_MIRROR names no folder")
    assert error.where.endswith("nowhere")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (CONTENT[:1000], f"is cut short: expected {len(CONTENT):,} bytes, found 1,000"),
        (CONTENT + b"1,1\n", f"is too long: expected {len(CONTENT):,} bytes, found {len(CONTENT) + 4:,}"),
        (ALTERED, "has other contents: expected sha256 "),
        (b"", "is cut short"),
    ],
)
def test_a_damaged_file_is_reported_and_get_replaces_it(
    shelf: Shelf, server: Server, content: bytes, message: str
) -> None:
    shelf.cached.parent.mkdir(parents=True)
    shelf.cached.write_bytes(content)
    error = fails()
    assert message in error.message
    assert error.where == str(shelf.cached)
    assert "`mlbook data get squares`" in error.hint
    assert shelf.cached.read_bytes() == content, "what someone altered on purpose is not replaced unasked"
    assert server.asked == []
    data.get(["squares"])
    assert len(data.load("squares")) == 500


def test_an_altered_download_is_not_kept(shelf: Shelf, server: Server) -> None:
    server.bodies["/squares.csv"] = ALTERED
    error = fails("could not be fetched")
    assert "what it sent has other contents: expected sha256" in error.hint
    assert not shelf.cached.exists()
    assert shelf.others() == []


def test_a_failed_replacement_leaves_the_damaged_file(shelf: Shelf, server: Server) -> None:
    shelf.cached.parent.mkdir(parents=True)
    shelf.cached.write_bytes(b"mine")
    server.bodies["/squares.csv"] = ALTERED
    with pytest.raises(BookError, match="could not be fetched"):
        data.get(["squares"])
    assert shelf.cached.read_bytes() == b"mine"


def test_half_a_download_is_not_kept(shelf: Shelf, server: Server) -> None:
    server.bodies["/squares.csv"] = CONTENT[:1000]
    server.announced["/squares.csv"] = len(CONTENT)
    error = fails("could not be fetched")
    assert "broke off half-way" in error.hint
    assert not shelf.cached.exists()
    assert shelf.others() == []


def test_the_second_address_is_tried(
    register: Register, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    server.bodies["/second"] = CONTENT
    register(f"{server.address}/first", f"{server.address}/second")
    assert len(data.load("squares")) == 500
    assert server.asked == ["/first", "/second"]
    assert "/first: answers 404 Not Found" in capsys.readouterr().err


def test_without_network_the_message_says_all_ways_out(register: Register) -> None:
    shelf = register("http://127.0.0.1:9/squares.csv")
    error = fails("the data set squares is not here and could not be fetched")
    assert error.where == str(shelf.cached)
    for part in (
        "cannot be reached",
        f"{len(CONTENT):,} bytes",
        "MLBOOK_MIRROR",
        "MLBOOK_OFFLINE=1",
        "data get squares",
    ):
        assert part in error.hint


def test_a_silent_server_is_given_up(
    register: Register, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "TIMEOUT", 0.2)
    register(f"{server.address}/silent")
    start = time.monotonic()
    assert "no answer in 0.2 s" in fails().hint
    assert time.monotonic() - start < 5


def full_disk(*_: Any, **__: Any) -> Iterator[bytes]:
    yield CONTENT[:100]
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_leaves_nothing(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("requests.Response.iter_content", full_disk)
    error = fails("the disk is full")
    assert "MLBOOK_DATA" in error.hint
    assert not shelf.cached.exists()
    assert shelf.others() == []


def test_a_cache_that_may_not_be_written_is_named(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", refuse)
    error = fails("may not be written to")
    assert error.where == str(shelf.cached)
    assert "MLBOOK_DATA" in error.hint


def test_a_file_in_the_way_of_the_cache_is_named(shelf: Shelf) -> None:
    (shelf.root / "data" / "cache").write_text("not a folder")
    assert "MLBOOK_DATA" in fails("could not be written").hint


def test_leftovers_of_killed_downloads_are_swept(shelf: Shelf) -> None:
    partial = shelf.cached.parent / ".partial"
    partial.mkdir(parents=True)
    for name, age in (("old", 7200), ("young", 60)):
        (partial / name).write_bytes(b"half")
        os.utime(partial / name, (time.time() - age,) * 2)
    data.load("squares")
    assert shelf.others() == ["young"]


@pytest.mark.network
def test_the_public_addresses_hold_what_is_registered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLBOOK_DATA", str(tmp_path))
    for dataset in registry().values():
        if dataset.downloaded:
            assert fetch.fault(fetch.obtain(dataset), dataset) == ""
