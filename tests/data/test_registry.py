"""The register: what it holds, and what is said when it is broken."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from shelf import Register

from mlbook.data.registry import DataSet, find, function, place, registry
from mlbook.errors import BookError

ROOT = Path(__file__).parents[2]


def test_every_registered_set_is_complete() -> None:
    sets = registry()
    assert "california_housing" in sets
    for name, dataset in sets.items():
        assert dataset.id == name
        assert dataset.title and dataset.licence and dataset.citation
        assert callable(function(dataset.loader))
        if dataset.downloaded:
            assert re.fullmatch(r"[0-9a-f]{64}", dataset.sha256)
            assert dataset.bytes > 0
            assert all(url.startswith("https://") for url in dataset.urls)
            assert callable(function(dataset.standin))


def test_the_registers_faults_of_the_housing_data_are_told() -> None:
    told = " ".join(find("california_housing").faults)
    for word in ("later editor", "207", "capped", "rounded"):
        assert word in told


def test_a_books_own_register_comes_first(register: Register) -> None:
    shelf = register("http://127.0.0.1/x")
    assert list(registry()) == ["squares"]
    (shelf.root / "data" / "registry.toml").unlink()
    assert place() == ROOT / "data" / "registry.toml"


def test_an_unknown_set_lists_the_known_ones(register: Register) -> None:
    register("http://127.0.0.1/x")
    with pytest.raises(BookError, match="no data set called 'cubes'") as caught:
        find("cubes")
    assert caught.value.hint == "There are: squares."


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        ("[squares\n", "is not TOML"),
        ("<<<<<<< ours\n", "is not TOML"),
        ("[squares]\nfile = 'x'\n", r"\[squares\] lacks bytes, citation, licence, loader, sha256, shape"),
        ("squares = 3\n", r"\[squares\] lacks citation"),
    ],
)
def test_a_broken_register_is_named(register: Register, broken: str, message: str) -> None:
    shelf = register("http://127.0.0.1/x")
    path = shelf.root / "data" / "registry.toml"
    path.write_text(broken)
    with pytest.raises(BookError, match=message) as caught:
        registry()
    assert caught.value.where == str(path)
    assert "git checkout" in caught.value.hint


def test_an_unknown_key_is_named(register: Register) -> None:
    shelf = register("http://127.0.0.1/x")
    path = shelf.root / "data" / "registry.toml"
    path.write_text(path.read_text() + "sha265 = 'x'\n")
    with pytest.raises(BookError, match="holds the unknown key sha265"):
        registry()


def test_a_loader_without_its_package_says_how_to_install() -> None:
    with pytest.raises(BookError, match="nopackage is not installed") as caught:
        function("nopackage:load")
    assert "make setup" in caught.value.hint


def test_sizes_are_readable() -> None:
    assert DataSet("a", "", "", "", (1,), "", bytes=1_423_529).megabytes == "1.4 MB"
