"""What the set-up needs to know about this machine: where a Chromium is, and which build of PyTorch fits.

    python -m mlbook.machine chromium   prints the path of a Chromium; installs Debian's where that is allowed
    python -m mlbook.machine torch      prints the pip options with which to install PyTorch

Used by the Makefile, the browser tests and `mlbook bench`; needs the standard library alone.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

from mlbook.errors import BookError

CPU_INDEX = "https://download.pytorch.org/whl/cpu"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
    "C:/Program Files (x86)/Microsoft/Edge/Application/msedge.exe",
)
# No sandbox, because containers and root have none; the rest keeps the browser from calling home.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def chromium() -> Path | None:
    """Find a Chromium: what `CHROMIUM` names, else one on the PATH, else one in its usual place.

    Raises
    ------
    BookError
        If `CHROMIUM` is set and names nothing that can be run.
    """
    named = os.environ.get("CHROMIUM")
    if named:
        found = shutil.which(named)
        if found is None:
            raise BookError(f"CHROMIUM={named} cannot be run", hint="Set it to the path of a Chromium.")
        return Path(found)
    for name in (*NAMES, *PLACES):
        found = shutil.which(name)
        if found is not None:
            return Path(found)
    return None


def need_chromium() -> Path:
    """Find a Chromium, or install Debian's package where this user may.

    Raises
    ------
    BookError
        If there is none and it cannot be installed; the hint says what to do.
    """
    found = chromium()
    if found is None and (command := _apt()):
        print("installing Debian's chromium for the browser tests ...", file=sys.stderr)
        for step in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", "chromium"]):
            subprocess.run([*command, *step], stdout=sys.stderr, stdin=subprocess.DEVNULL, check=False)
        found = chromium()
    if found is None:
        raise BookError(
            "no Chromium found, and the browser tests need one",
            hint="Debian: sudo apt install chromium. Ubuntu: sudo snap install chromium.\n"
            "macOS: brew install --cask google-chrome.\n"
            "Or name one you have: make test CHROMIUM=/path/to/chrome",
        )
    return found


def _apt() -> list[str] | None:
    """Return the start of an `apt-get` command that this user may run without being asked, or None."""
    if shutil.which("apt-get") is None:
        return None
    if os.geteuid() == 0:
        return ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]
    asked = ["sudo", "-n", "true"]
    if shutil.which("sudo") and subprocess.run(asked, capture_output=True, check=False).returncode == 0:
        return ["sudo", "-n", "env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]
    return None


def torch_options(index: str = CPU_INDEX) -> list[str]:
    """Return pip's options for PyTorch: on Linux without a GPU the index of CPU builds, if it answers.

    Elsewhere the plain package is already the right one. No index of the user's own settings is replaced.
    """
    if sys.platform != "linux" or shutil.which("nvidia-smi"):
        return []
    try:
        with urllib.request.urlopen(f"{index}/torch/", timeout=5):
            return ["--extra-index-url", index]
    except (urllib.error.URLError, OSError):
        return []


def main(arguments: list[str]) -> int:
    """Print what is asked for; return the exit code."""
    try:
        if arguments == ["chromium"]:
            print(need_chromium())
        elif arguments == ["torch"]:
            print(*torch_options())
        else:
            print("usage: python -m mlbook.machine chromium|torch", file=sys.stderr)
            return 2
    except BookError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
