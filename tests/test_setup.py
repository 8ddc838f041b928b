"""What the set-up rests on: the locks, the Makefile, and the files that machines elsewhere start from."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
LOCKS = ("requirements-read.lock", "requirements-run.lock", "requirements.lock")
_ENTRY = re.compile(
    r"^(?P<name>[a-z0-9.-]+)==(?P<version>[^ ;\\]+)(?: ; (?P<marker>[^\\]+?))? \\$", re.MULTILINE
)


def locked(name: str) -> dict[str, str]:
    """Versions in a lock, by package."""
    text = (ROOT / name).read_text()
    return {canonicalize_name(entry["name"]): entry["version"] for entry in _ENTRY.finditer(text)}


def wanted(extra: str = "") -> list[Requirement]:
    """What pyproject asks for: the base, or with `extra` that group, following groups that name groups."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    names = project["optional-dependencies"][extra] if extra else project["dependencies"]
    found: list[Requirement] = []
    for requirement in map(Requirement, names):
        if requirement.name == "mlbook":
            found += [inner for group in sorted(requirement.extras) for inner in wanted(group)]
        else:
            found.append(requirement)
    return found


@pytest.mark.parametrize("name", LOCKS)
def test_every_locked_package_has_version_and_hashes(name: str) -> None:
    text = (ROOT / name).read_text()
    blocks = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)[1:]
    assert len(blocks) == len(locked(name)) >= 20
    without = [block.split()[0] for block in blocks if "--hash=sha256:" not in block]
    assert without == []


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_names_no_place_and_no_machine(name: str) -> None:
    lines = (ROOT / name).read_text().splitlines()
    assert [line for line in lines if re.search(r"://|^-|file:|@ |/home/|/tmp/|/work/|index", line)] == []


@pytest.mark.parametrize(
    ("name", "extra"),
    [("requirements-read.lock", ""), ("requirements-run.lock", "run"), ("requirements.lock", "all")],
)
def test_a_lock_holds_what_the_project_asks_for(name: str, extra: str) -> None:
    versions = locked(name)
    requirements = wanted() + (wanted(extra) if extra else [])
    assert len(requirements) >= 9
    for requirement in requirements:
        if requirement.name == "torch":
            continue
        version = versions.get(canonicalize_name(requirement.name))
        assert version, f"{requirement.name} is not in {name}: run `make lock`"
        assert requirement.specifier.contains(version), (
            f"{name} has {requirement.name} {version}: run `make lock`"
        )


def test_the_locks_agree_and_contain_each_other() -> None:
    reading, running, everything = map(locked, LOCKS)
    assert reading.items() <= running.items() <= everything.items()


def test_reading_needs_no_torch_no_jupyter_and_no_quarto() -> None:
    heavy = {
        "torch",
        "jupyter-client",
        "ipykernel",
        "nbclient",
        "numpy",
        "pandas",
        "matplotlib",
        "quarto-cli",
    }
    assert heavy & locked("requirements-read.lock").keys() == set()


def test_torch_is_pinned_by_version_in_one_value_and_no_gpu_library_by_hash() -> None:
    pins = {str(r.specifier) for r in wanted("all") if r.name == "torch"}
    make = re.search(r"^TORCH := torch(==\S+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert make and pins == {make[1]}
    assert [
        name for name in locked("requirements.lock") if re.match(r"torch$|triton|nvidia|cuda", name)
    ] == []


def test_what_is_installed_here_is_what_is_locked() -> None:
    applies = default_environment()
    text = (ROOT / "requirements.lock").read_text()
    differing = {}
    for entry in _ENTRY.finditer(text):
        if entry["marker"] and not Requirement(f"x ; {entry['marker']}").marker.evaluate(applies):  # type: ignore[union-attr]
            continue
        try:
            installed = metadata.version(entry["name"])
        except metadata.PackageNotFoundError:
            installed = "absent"
        if installed != entry["version"]:
            differing[entry["name"]] = f"{installed}, locked {entry['version']}"
    assert differing == {}


# make -------------------------------------------------------------------------------------------


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What `make` looks at, without the book, in a folder whose name has no surprise."""
    for name in ("Makefile", "pyproject.toml", *LOCKS):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def make(folder: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    environment = {
        k: v for k, v in os.environ.items() if not k.startswith("MAKE") and k not in {"PORT", "SERVE"}
    }
    command = [shutil.which("make") or "make", *arguments]
    return subprocess.run(
        command,
        cwd=folder,
        env=environment | settings,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def ready(folder: Path, *stamps: str) -> None:
    """Let `make` believe that the environment is complete."""
    (folder / ".venv").mkdir(exist_ok=True)
    for stamp in stamps:
        (folder / ".venv" / stamp).touch()


def test_read_installs_once_and_again_when_the_lock_changes(checkout: Path) -> None:
    assert "--require-hashes" in make(checkout, "-n", "read").stdout
    ready(checkout, ".read")
    told = make(checkout, "-n", "read").stdout
    assert "pip install" not in told and "mlbook read --port 8000" in told and "--no-serve" not in told
    later = (checkout / ".venv" / ".read").stat().st_mtime + 10
    os.utime(checkout / "requirements-read.lock", (later, later))
    assert "--require-hashes" in make(checkout, "-n", "read").stdout


def test_read_takes_a_port_and_can_leave_out_serving(checkout: Path) -> None:
    ready(checkout, ".read")
    assert "--port 8123" in make(checkout, "-n", "read", "PORT=8123").stdout
    assert "--no-serve" in make(checkout, "-n", "read", "SERVE=0").stdout


def test_reading_does_not_pull_in_what_testing_needs(checkout: Path) -> None:
    told = make(checkout, "-n", "read").stdout
    assert "requirements-read.lock" in told
    assert [name for name in ("requirements-run.lock", "requirements.lock", "torch") if name in told] == []


def test_running_part_one_does_not_pull_in_torch(checkout: Path) -> None:
    told = make(checkout, "-n", "setup").stdout
    assert "requirements-run.lock" in told and "requirements.lock" not in told and "torch" not in told
    assert locked("requirements-run.lock").keys() & {"torch", "transformers", "dvc", "playwright"} == set()


def test_test_ends_with_pytest(checkout: Path) -> None:
    ready(checkout, ".read", ".run", ".all")
    told = make(checkout, "-n", "test").stdout.strip().splitlines()
    assert "mlbook.machine chromium" in told[-1] and "-m pytest" in told[-1]


def old_python(folder: Path) -> Path:
    """A folder with the tools a recipe needs and one Python that is too old."""
    tools = folder / "bin"
    tools.mkdir()
    for tool in ("sh", "echo", "touch"):
        (tools / tool).symlink_to(shutil.which(tool) or tool)
    (tools / "python3").write_text("#!/bin/sh\nexit 1\n")
    (tools / "python3").chmod(0o755)
    return tools


def test_an_old_python_gets_a_message_and_leaves_nothing(checkout: Path) -> None:
    done = make(checkout, "read", PATH=str(old_python(checkout)))
    assert done.returncode != 0
    assert "no Python 3.11 or later" in done.stderr and "apt install python3-venv" in done.stderr
    assert not (checkout / ".venv").exists()


def test_a_failed_install_is_tried_again(checkout: Path) -> None:
    """A stamp appears only after everything is in."""
    (checkout / "requirements-read.lock").write_text(
        "no-such-package==1.0 \\\n    --hash=sha256:" + "0" * 64 + "\n"
    )
    done = make(checkout, "read", PIP_NO_INDEX="1", PIP_FIND_LINKS="", PIP_CONFIG_FILE=os.devnull)
    assert done.returncode != 0 and "no-such-package" in done.stderr
    assert (checkout / ".venv").is_dir() and not (checkout / ".venv" / ".read").exists()


def test_every_target_of_the_readme_is_a_target_of_make() -> None:
    named = set(re.findall(r"(?:`|^)make ([a-z-]+)", (ROOT / "README.md").read_text(), re.MULTILINE))
    assert {"read", "test"} <= named
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert named <= targets


# Other machines ---------------------------------------------------------------------------------


def test_ci_calls_make_test_strictly() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    lines = script.read_text().splitlines()
    assert (
        lines[0] == "#!/usr/bin/env bash" and "set -euo pipefail" in lines and lines[-1] == "exec make test"
    )
    assert subprocess.run(["bash", "-n", str(script)], check=False).returncode == 0


def test_the_workflow_is_valid_and_uses_what_is_there() -> None:
    flow = yaml.safe_load((ROOT / ".github" / "workflows" / "book.yml").read_text())
    assert set(flow["jobs"]["publish"]["needs"]) <= flow["jobs"].keys()
    steps = [step.get("run", "") for job in flow["jobs"].values() for step in job["steps"]]
    assert ".ci/run" in steps and "make read SERVE=0" in steps
    for name in re.findall(r"-r (\S+)", "\n".join(steps)):
        assert (ROOT / name).is_file(), name


def test_the_container_files_name_what_is_there() -> None:
    sources = re.findall(r"^COPY --chown=reader (.+) \S+$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    names = [name for line in sources for name in line.split()]
    assert len(names) >= 5 and [name for name in names if not (ROOT / name).exists()] == []
    settings = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text())
    assert settings["postCreateCommand"] == "make setup-all"
    assert os.access(ROOT / ".binder" / "postBuild", os.X_OK)


def test_one_python_everywhere() -> None:
    """The lowest supported version is the one that is locked for, tested and shipped."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["requires-python"] == ">=3.11"
    texts = [
        (ROOT / name).read_text()
        for name in ("Dockerfile", ".binder/runtime.txt", ".devcontainer/devcontainer.json")
    ]
    assert all("3.11" in text for text in texts)
    assert "--python-version 3.11" in (ROOT / "Makefile").read_text()
