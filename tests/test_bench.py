"""The generated book, and the table of budgets."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from mlbook import bench, files
from mlbook.bench import building, fitting, keeping, pages, row, sample
from mlbook.bench.row import Row, Workshop
from mlbook.book import config, freeze, press, source
from mlbook.errors import BookError

ROOT = files.root(Path(__file__))
EXTENSION = ROOT / "_extensions" / "mlbook"


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sample.write(tmp_path_factory.mktemp("generated") / "book", EXTENSION, chapters=3, words=1200)


def shop(root: Path, folder: Path) -> Workshop:
    folder.mkdir(exist_ok=True)
    return Workshop(root, folder, chapters=2, words=600, quarto=None)


# The generated book -----------------------------------------------------------------------------


def test_it_has_the_size_that_was_asked_for(generated: Path) -> None:
    book = config.load(generated)
    assert [page.number for page in book.pages if page.kind == "chapter"] == ["1", "2", "3"]
    for page in book.pages[1:4]:
        prose = re.sub(r"(?ms)^```.*?^```", "", (generated / page.path).read_text())
        assert 1000 < len(prose.split()) < 1800


def test_its_freeze_is_fresh_and_whole_in_both_formats(generated: Path) -> None:
    for page in config.load(generated).pages[1:4]:
        written = source.read(page.path, generated)
        assert len(written.cells) == 3 * sample.SECTIONS
        assert not freeze.stale(written, generated)
        for kind in ("html", "typ"):
            entry = generated / "_freeze" / "chapters" / page.stem / "execute-results" / f"{kind}.json"
            assert (
                json.loads(entry.read_text())["hash"]
                == hashlib.md5((generated / page.path).read_bytes()).hexdigest()
            )
            markdown = freeze.load(page.path, generated, kind).markdown  # type: ignore[arg-type]
            pictures = re.findall(r"\]\((\S+\.svg)\)", markdown)
            assert len(pictures) == sample.SECTIONS * (2 if kind == "html" else 1)
            shown = generated / "_freeze" / "chapters" / page.stem
            assert all((shown / picture.split("_files/")[1]).is_file() for picture in pictures)


def test_the_same_seed_gives_the_same_book(generated: Path, tmp_path: Path) -> None:
    again = sample.write(tmp_path / "again", EXTENSION, chapters=3, words=1200)
    other = sample.write(tmp_path / "other", EXTENSION, chapters=3, words=1200, seed=1)
    name = "chapters/02-chapter.qmd"
    assert (again / name).read_bytes() == (generated / name).read_bytes() != (other / name).read_bytes()


def test_the_press_takes_it(generated: Path, tmp_path: Path) -> None:
    press.build(site=True, pdf=False, out=tmp_path / "site", root=generated)
    page = (tmp_path / "site" / "chapters" / "02-chapter.html").read_text()
    assert re.search(r"Figure\s2\.1", page) and re.search(r"Table\s2\.1", page)


# Measuring --------------------------------------------------------------------------------------


def test_a_row_knows_whether_its_budget_holds() -> None:
    assert Row("x", 1, "s", 1.0).kept is True
    assert Row("x", 1, "s", 1.01).kept is False
    assert Row("x", 1, "s", None).kept is None
    assert Row("x", None, "s", 1.0).kept is None


def test_a_command_that_fails_is_no_measurement(tmp_path: Path) -> None:
    assert row.timed([sys.executable, "-c", "pass"], tmp_path) > 0
    with pytest.raises(BookError, match="failed while being measured") as fault:
        row.timed([sys.executable, "-c", "import sys; sys.exit('the reason')"], tmp_path)
    assert "the reason" in fault.value.hint


def test_a_preview_that_ends_is_no_measurement(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "print('no port'); raise SystemExit(1)"]
    with pytest.raises(BookError, match="preview ended") as fault, building._server(command, tmp_path):
        pass
    assert "no port" in fault.value.hint


@pytest.mark.slow
def test_builds_are_measured_on_the_generated_book(tmp_path: Path) -> None:
    made = shop(ROOT, tmp_path / "shop")
    rows = [*building.site(made), *building.preview(made)]
    assert [line.what for line in rows] == [
        "site from freeze, cold",
        "… nothing changed",
        "a changed chapter in a running preview",
    ]
    assert all(line.value is not None and 0 < line.value < 120 for line in rows)


def test_a_page_weighs_what_it_and_its_own_files_weigh(tmp_path: Path) -> None:
    (tmp_path / "chapters").mkdir()
    (tmp_path / "assets").mkdir()
    page = '<link rel="stylesheet" href="../assets/a.css"><script src="../assets/a.js?1" defer></script>'
    page += '<img src="x.png"><a href="../other.css">not loaded</a>'
    (tmp_path / "chapters" / "a.html").write_text(page)
    (tmp_path / "assets" / "a.css").write_text("p{color:red}" * 50)
    (tmp_path / "assets" / "a.js").write_text("let a = 1;" * 50)
    parts = [page.encode(), b"p{color:red}" * 50, b"let a = 1;" * 50]
    assert pages._weight(tmp_path, "chapters/a.html") == sum(len(gzip.compress(part)) for part in parts)


def test_what_is_kept_is_weighed(tmp_path: Path) -> None:
    book = tmp_path / "book"
    for name, size in (
        ("_freeze/chapters/a/figure-html/f.svg", 1000),
        ("_freeze/chapters/a/figure-typst/f.svg", 500),
        ("_freeze/chapters/a/execute-results/html.json", 9000),
        ("_freeze/chapters/b/figure-html/f.svg", 1200),
        ("_freeze/chapters/b/execute-results/html.json", 9000),
        ("data/outputs/run/results.json", 700),
    ):
        (book / name).parent.mkdir(parents=True, exist_ok=True)
        (book / name).write_bytes(b"x" * size)
    who = ["-c", "user.name=n", "-c", "user.email=e"]
    for command in (["init", "-q"], ["add", "."], [*who, "commit", "-qm", "all"]):
        subprocess.run(["git", *command], cwd=book, check=True)
    figures, outputs, clone = keeping.sizes(shop(book, tmp_path / "shop"))
    assert (figures.note, figures.value, outputs.value) == ("a", 0.0015, 0.0007)
    assert clone.value is not None and clone.value > 0.02


def test_times_of_full_runs_come_from_the_runs(tmp_path: Path) -> None:
    times = tmp_path / "data" / "timings"
    times.mkdir(parents=True)
    assert next(keeping.chapters(shop(tmp_path, tmp_path / "shop"))).value is None
    for stem, seconds in (("01-a", 20.5), ("02-b", 310)):
        (times / f"{stem}.json").write_text(json.dumps({"chapter": stem, "seconds": seconds}))
    longest, all_of_them = keeping.chapters(shop(tmp_path, tmp_path / "shop"))
    assert (longest.value, longest.kept, all_of_them.value, all_of_them.kept) == (310, False, 330.5, True)
    assert longest.note.startswith("02-b")


def test_own_estimators_are_timed_beside_the_librarys(tmp_path: Path) -> None:
    rows = list(fitting.linear_models(shop(tmp_path, tmp_path / "shop"), n_samples=60, n_features=3))
    assert {"least squares, svd", "lasso", "softmax regression, Newton"} <= {line.what for line in rows}
    for line in rows:
        assert line.value is not None and line.value > 0 and line.kept is None and line.unit == "ms"
        assert re.fullmatch(r"scikit-learn [\d.,e+]+ ms; 60 × 3", line.note)


# The table --------------------------------------------------------------------------------------


def printed(monkeypatch: pytest.MonkeyPatch, only: list[str], tmp_path: Path) -> tuple[int, str]:
    out = io.StringIO()
    code = bench.report(only, root=tmp_path, console=Console(file=out, width=120))
    return code, out.getvalue()


def test_the_table_has_budget_and_measurement(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    lines = [
        Row("quick thing", 6, "s", 4.123),
        Row("slow thing", 1, "s", 2.5, note="why"),
        Row("unseen", 3, "MB", None),
    ]
    monkeypatch.setattr(bench, "MEASURES", {"some": lambda _: iter(lines)})
    code, said = printed(monkeypatch, [], tmp_path)
    assert code == 0
    assert re.search(r"quick thing +│ +6 s +│ +4\.12 s +│ +within", said)
    assert re.search(r"slow thing +│ +1 s +│ +2\.5 s +│ +over +│ why", said)
    assert re.search(r"unseen +│ +3 MB +│ +– +│ +│", said)


def test_one_failure_does_not_hide_the_rest(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def fails(_: Workshop) -> None:
        raise BookError("no Chromium found", hint="install one")

    monkeypatch.setattr(bench, "MEASURES", {"bad": fails, "good": lambda _: iter([Row("thing", 6, "s", 4)])})
    code, said = printed(monkeypatch, [], tmp_path)
    assert code == 1 and "no Chromium found" in said and "thing" in said


def test_an_unknown_name_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(BookError, match="no measurement called 'speed'") as fault:
        bench.report(["speed"], root=tmp_path)
    assert "preview" in fault.value.hint


def test_quartos_column_appears_where_quarto_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(bench, "MEASURES", {"some": lambda _: iter([Row("thing", 6, "s", 4, 47)])})
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "Quarto" not in printed(monkeypatch, [], tmp_path)[1]
    (tmp_path / "quarto").write_text("#!/bin/sh\n")
    (tmp_path / "quarto").chmod(0o755)
    said = printed(monkeypatch, [], tmp_path)[1]
    assert "Quarto" in said and "47 s" in said
