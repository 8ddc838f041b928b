"""Quarto and the built-in press make the same book; what Quarto needs is there, with or without it."""

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from mlbook.book import config, press
from mlbook.book.serve import listen, serving
from mlbook.browser import chromium
from quarto_reading import figures, formulas, ids, notes, read_pdf, references, text_of, words

ROOT = Path(__file__).parents[1]
EXTENSION = ROOT / "_extensions" / "mlbook"
QUARTO = os.environ.get("QUARTO_PATH") or shutil.which("quarto")
needs_quarto = pytest.mark.skipif(
    QUARTO is None, reason="no `quarto` on the PATH, and QUARTO_PATH is not set"
)


def settings() -> dict:
    return yaml.safe_load((ROOT / "_quarto.yml").read_text(encoding="utf-8"))


def test_settings_stay_short():
    assert len((ROOT / "_quarto.yml").read_text(encoding="utf-8").splitlines()) < 130


def test_settings_ask_no_other_host():
    book = settings()["book"]
    own = {book["repo-url"], book["site-url"]}  # where links lead to; nothing is loaded from there
    found = re.findall(r"https?://[^\s\"']+", (ROOT / "_quarto.yml").read_text(encoding="utf-8"))
    assert set(found) == own
    html = settings()["format"]["html"]
    assert html["html-math-method"] == "mathml"
    assert [themes[0] for themes in html["theme"].values()] == ["default", "default"]


def test_settings_keep_kernels_away():
    assert settings()["execute"] == {"freeze": "auto", "daemon": False}


def test_every_file_that_the_settings_name_is_there():
    text = (ROOT / "_quarto.yml").read_text(encoding="utf-8")
    named = re.findall(r"_extensions/mlbook/[\w./-]+\w", text)
    extension = yaml.safe_load((EXTENSION / "_extension.yml").read_text(encoding="utf-8"))
    named += [f"_extensions/mlbook/{entry['path']}" for entry in extension["contributes"]["filters"]]
    assert len(named) > 5
    assert [name for name in named if not (ROOT / name).is_file()] == []


def test_styles_load_nothing_from_elsewhere():
    for path in [*EXTENSION.glob("*.css"), *EXTENSION.glob("*.scss")]:
        loaded = re.findall(
            r"@import[^;]+|url\(\s*[\"']?(?!data:)([^\"')]+)", path.read_text(encoding="utf-8")
        )
        assert [name for name in loaded if not (EXTENSION / name).is_file()] == [], path.name


def woff2_tables(data: bytes) -> set[str]:
    """Read a WOFF2 table directory: for each table a flag byte and lengths of one to five bytes."""
    known = (
        "cmap head hhea hmtx maxp name OS/2 post cvt_ fpgm glyf loca prep CFF_ VORG EBDT EBLC gasp hdmx kern "
    )
    known += "LTSH PCLT VDMX vhea vmtx BASE GDEF GPOS GSUB EBSC JSTF MATH"
    assert data[:4] == b"wOF2"
    found, at = set(), 48
    for _ in range(int.from_bytes(data[12:14], "big")):
        flag, at = data[at], at + 1
        number = flag & 0x3F
        if number == 63:
            name, at = data[at : at + 4].decode(), at + 4
        else:
            name = dict(enumerate(known.split())).get(number, str(number))
        found.add(name)
        transformed = (flag >> 6 != 3) if name in {"glyf", "loca"} else (flag >> 6 != 0)
        for _ in range(2 if transformed else 1):
            while data[at] & 0x80:
                at += 1
            at += 1
    return found


def test_mathematics_font_can_set_mathematics_and_may_be_given_away():
    data = (EXTENSION / "fonts" / "STIXTwoMath-subset.woff2").read_bytes()
    assert {"MATH", "cmap", "glyf", "GSUB"} <= woff2_tables(data)
    assert len(data) < 150_000
    licence = (EXTENSION / "fonts" / "OFL.txt").read_text(encoding="utf-8")
    assert "SIL OPEN FONT LICENSE Version 1.1" in licence
    assert "The STIX Fonts Project" in licence


def quarto(root: Path) -> Path:
    """Render a book with Quarto, from its freeze; a `python3` that fails stands in the way of any kernel."""
    guard = root.parent / "guard"
    guard.mkdir(exist_ok=True)
    for name in ("python", "python3"):
        (guard / name).write_text("#!/bin/sh\necho 'Quarto started Python' >&2\nexit 99\n")
        (guard / name).chmod(0o755)
    env = {
        **os.environ,
        "PATH": f"{guard}{os.pathsep}{os.environ['PATH']}",
        "QUARTO_PYTHON": str(guard / "python3"),
    }
    done = subprocess.run(
        [str(QUARTO), "render"], cwd=root, env=env, capture_output=True, text=True, timeout=280
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    unresolved = re.findall(r".*[Uu]nable to resolve crossref.*", done.stdout + done.stderr)
    assert unresolved == []
    return root / settings()["project"]["output-dir"]


def sample(root: Path) -> Path:
    """Write the press's sample book with the real book's formats and filters."""
    spec = importlib.util.spec_from_file_location(
        "sample", ROOT / "tests" / "book" / "press" / "sample_book.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.make_sample(root)
    own = yaml.safe_load((root / "_quarto.yml").read_text(encoding="utf-8"))
    book = {**own["book"], "output-file": "book", "favicon": settings()["book"]["favicon"]}
    merged = {**settings(), "book": book, "bibliography": own["bibliography"]}
    (root / "_quarto.yml").write_text(yaml.safe_dump(merged, sort_keys=False), encoding="utf-8")
    return root


def real(root: Path) -> Path:
    """Copy the book as git knows it."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    for name in subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split(
        "\0"
    ):
        if name and (ROOT / name).is_file() and not name.startswith("tests/"):
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, root / name)
    return root


@pytest.fixture(scope="module", params=["sample", "real"])
def both(request, tmp_path_factory) -> Iterator[tuple[config.Book, Path, Path]]:
    """The book, made by Quarto and by the press."""
    folder = tmp_path_factory.mktemp(request.param)
    root = {"sample": sample, "real": real}[request.param](folder / "book")
    pressed = folder / "press"
    press.build(root=root, out=pressed)
    yield config.load(root), quarto(root), pressed


def compare(both, read) -> None:
    """Assert that `read` gives the same for every page."""
    book, by_quarto, by_press = both
    for page in book.pages:
        expected, found = read(by_quarto / page.url, page.path), read(by_press / page.url, page.path)
        assert found == expected, page.path


@needs_quarto
@pytest.mark.slow
class TestBoth:
    def test_text(self, both):
        compare(both, lambda path, _: words(text_of(path)))

    def test_notes(self, both):
        compare(both, lambda path, _: notes(text_of(path)))

    def test_ids(self, both):
        compare(both, lambda path, _: ids(text_of(path)))

    def test_references(self, both):
        compare(both, lambda path, page: references(text_of(path), page))

    def test_figures(self, both):
        compare(both, lambda path, _: figures(text_of(path)))

    def test_formulas(self, both):
        compare(both, lambda path, _: formulas(text_of(path)))

    def test_mathematics_is_mathml(self, both):
        book, by_quarto, _ = both
        pages = [(by_quarto / page.url).read_text(encoding="utf-8") for page in book.pages]
        assert any("<math" in page for page in pages)
        assert [page for page in pages if "MathJax" in page or "katex" in page.lower()] == []

    @pytest.mark.browser
    def test_quarto_site_asks_no_other_host(self, both):
        book, by_quarto, _ = both
        requests, faults = [], []
        with serving(listen(by_quarto, 0, prefix="/book/")) as server, chromium() as browser:
            window = browser.new_page()
            window.on("request", lambda request: requests.append(request.url))
            window.on("pageerror", lambda error: faults.append(str(error)))
            window.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
            for page in book.pages:
                window.goto(server.url + page.url)
                window.wait_for_load_state("networkidle")
            own = (server.url, "data:", "blob:")
        assert len(requests) > len(book.pages)
        assert [url for url in requests if not url.startswith(own)] == []
        assert faults == []

    def test_print(self, both):
        _, by_quarto, by_press = both
        expected, found = read_pdf(by_quarto / "book.pdf"), read_pdf(by_press / "book.pdf")
        assert found.numbers == expected.numbers
        assert found.outline == expected.outline
