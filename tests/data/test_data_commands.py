"""What `mlbook data list`, `get` and `verify` print and return."""

from __future__ import annotations

import pytest
from shelf import CONTENT, Register, Server, Shelf

from mlbook import data
from mlbook.errors import BookError


@pytest.fixture
def shelf(register: Register, server: Server) -> Shelf:
    server.bodies["/squares.csv"] = CONTENT
    return register(f"{server.address}/squares.csv")


def test_list_tells_where_each_set_is(shelf: Shelf, capsys: pytest.CaptureFixture[str]) -> None:
    data.show()
    before = capsys.readouterr().out
    assert "squares" in before and "in the cache" not in before
    data.get([])
    data.show()
    assert "in the cache" in capsys.readouterr().out.replace("\n", " ")


def test_list_shows_damage(shelf: Shelf, capsys: pytest.CaptureFixture[str]) -> None:
    shelf.cached.parent.mkdir()
    shelf.cached.write_bytes(b"x")
    data.show()
    assert "damaged" in capsys.readouterr().out


def test_get_fetches_and_says_so(shelf: Shelf, capsys: pytest.CaptureFixture[str]) -> None:
    data.get(["squares"])
    assert "squares: 0.0 MB, checked" in capsys.readouterr().out
    assert shelf.cached.exists()


def test_get_refuses_unknown_names(shelf: Shelf) -> None:
    with pytest.raises(BookError, match="no data set called 'cubes'"):
        data.get(["squares", "cubes"])
    assert not shelf.cached.exists(), "nothing is fetched when a name is wrong"


def test_get_has_nothing_to_do_offline(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLBOOK_OFFLINE", "1")
    with pytest.raises(BookError, match="nothing to fetch"):
        data.get([])


def test_verify_passes_over_what_is_not_here(shelf: Shelf, capsys: pytest.CaptureFixture[str]) -> None:
    assert data.verify([]) == 0
    assert data.verify(["squares"]) == 1
    assert "squares: is missing" in capsys.readouterr().out


def test_verify_finds_damage(shelf: Shelf, capsys: pytest.CaptureFixture[str]) -> None:
    data.get([])
    assert data.verify([]) == 0
    shelf.cached.write_bytes(CONTENT.replace(b"4", b"5"))
    assert data.verify([]) == 1
    printed = capsys.readouterr().out
    assert "squares: whole" in printed
    assert "squares: has other contents: expected sha256" in printed
    assert "`mlbook data get squares`" in printed
