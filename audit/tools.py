"""The programs that the checkers need: which are missing here, and the installation of those from npm."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent
MODULES = HERE / "node_modules"
VNU = MODULES / "vnu-jar" / "build" / "dist" / "vnu.jar"
_OLDEST_NODE, _OLDEST_JAVA = (20, 19), (17, 0)
_INSTALL = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
INSTALL_TIMEOUT = 300
# As root Chromium has no sandbox of its own; the rest keeps it from calling anybody.
CHROMIUM = (
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def chromium() -> str | None:
    """The path of an installed Chromium."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next(filter(None, map(shutil.which, names)), None)


def node_is_missing() -> str:
    """Why nothing from npm can be run here, as a sentence; "" where it can. Installs it."""
    if not shutil.which("npm") or _version("node", "--version") < _OLDEST_NODE:
        return "Node 20.19 or later with npm is not installed."
    lock, installed = HERE / "package-lock.json", MODULES / ".package-lock.json"
    if installed.is_file() and installed.stat().st_mtime >= lock.stat().st_mtime:
        return ""
    done = subprocess.run(
        _INSTALL, cwd=HERE, capture_output=True, text=True, timeout=INSTALL_TIMEOUT, check=False
    )
    if done.returncode:
        return f"npm could not install the checkers: {done.stderr.strip()[-300:]}"
    os.utime(installed)
    return ""


def java_is_missing() -> str:
    """Why vnu cannot be run here, as a sentence; "" where it can."""
    is_old = _version("java", "-version") < _OLDEST_JAVA
    return "Java 17 or later is not installed." if is_old else ""


def chromium_is_missing() -> str:
    """Why no page can be opened here, as a sentence; "" where one can."""
    return "" if chromium() else "Chromium is not installed."


def _version(program: str, option: str) -> tuple[int, ...]:
    """The first two numbers that a program prints as its version; (0, 0) where it is not installed."""
    if not shutil.which(program):
        return (0, 0)
    done = subprocess.run([program, option], capture_output=True, text=True, check=False)
    found = re.search(r"(\d+)\.(\d+)", done.stdout + done.stderr)
    return tuple(map(int, found.groups())) if found else (0, 0)
