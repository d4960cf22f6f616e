"""The commands of README.md work as they are written there, in a copy of the repository without any settings."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import pytest

from sandbox import Sandbox
from tests.support.bad_day import closed_port

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()
REQUIREMENTS = [path.name for path in ROOT.glob("requirements*")]
COPIED = ("codatdash", "customers", "sandbox", "scripts", "static", "templates")
FILES = ("manage.py", "gunicorn.conf.py", "Makefile", ".env.example", *REQUIREMENTS)
# Seconds for a command that collects and compresses the static files, on a busy machine.
TIMEOUT = 240


def commands() -> list[str]:
    """Each command of README's shell blocks and of its text, without comments and cron's columns."""
    blocks = "\n".join(re.findall(r"```sh\n(.*?)```", README, re.DOTALL)).splitlines()
    inline = re.findall(r"`((?:[A-Z_]+=\S+ )*(?:make|\.venv/bin/\S+) [^`]+)`", README)
    lines = (re.sub(r"\s+#.*", "", line) for line in [*blocks, *inline])
    return [re.sub(r"^(\S+ ){5}\s*(?=\.venv)", "", line) for line in lines]


def management_commands() -> list[str]:
    return sorted(set(re.findall(r"manage\.py ([a-z_]+)", "\n".join(commands()))))


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    """A copy of what `git clone` brings, as far as the commands need it."""
    ignore = shutil.ignore_patterns("__pycache__")
    for name in COPIED:
        shutil.copytree(ROOT / name, tmp_path / name, ignore=ignore)
    for name in FILES:
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / ".venv").symlink_to(sys.prefix)
    return tmp_path


def environment(**more: str) -> dict[str, str]:
    """Nothing of the test's own settings."""
    return {"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1", **more}


def run(folder: Path, *command: str, **more: str) -> str:
    """What a command prints. Fails where it fails, and on a traceback."""
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment(**more),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=TIMEOUT,
    )
    assert done.returncode == 0, done.stdout
    assert "Traceback" not in done.stdout
    return done.stdout


@contextmanager
def running(folder: Path, *command: str, ready: str, **more: str) -> Iterator[None]:
    """A command that serves until it is stopped; entered when it has printed `ready`. Its end is checked, too."""
    log = folder / "output"
    with log.open("w") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment(**more),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    try:
        end = time.monotonic() + TIMEOUT
        while ready not in log.read_text():
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < end, log.read_text()
            time.sleep(0.1)
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
    assert "Traceback" not in log.read_text()


def test_make_knows_every_target_of_the_readme(scratch: Path) -> None:
    targets = set(re.findall(r"\bmake ([a-z]+)", "\n".join(commands())))
    assert {"run", "test"} <= targets
    for target in targets:
        run(scratch, "make", "--dry-run", target)


@pytest.mark.parametrize("name", management_commands())
def test_every_command_of_the_readme_says_how_it_is_used(name: str, scratch: Path) -> None:
    secrets = {"SECRET_KEY": "any", "CODAT_API_KEY": "any"}
    assert f"manage.py {name}" in run(
        scratch, ".venv/bin/python", "manage.py", name, "--help", **secrets
    )


def test_the_sandbox_runs_alone_as_the_readme_says(scratch: Path) -> None:
    [line] = [line for line in commands() if "manage.py sandbox" in line]
    port = closed_port()
    *variables, python, manage, name, _, _ = line.split()
    settings = dict(variable.split("=", 1) for variable in variables)
    with (
        running(
            scratch, python, manage, name, "--port", str(port), ready="Sandbox for", **settings
        ),
        urlopen(f"http://127.0.0.1:{port}/_sandbox/", timeout=30) as response,
    ):
        assert response.status == 200


# Collects and compresses the static files.
@pytest.mark.timeout(600)
def test_connecting_to_codat_as_the_readme_says(scratch: Path) -> None:
    """Two lines of `.env`, `make run`, then the user: the key that `make run` adds serves the next command."""
    with Sandbox() as codat:
        (scratch / ".env").write_text(f"SECRET_KEY=\nCODAT_API_KEY=x\nCODAT_BASE_URL={codat.url}\n")
        port = str(closed_port())
        run_script = (".venv/bin/python", "scripts/run.py")
        with running(scratch, *run_script, ready="Dashboard: http", PORT=port):
            with socket.create_connection(("127.0.0.1", int(port)), timeout=30):
                pass
            run(
                scratch,
                ".venv/bin/python",
                "manage.py",
                "createsuperuser",
                "--noinput",
                DJANGO_SUPERUSER_USERNAME="first",
                DJANGO_SUPERUSER_PASSWORD="plum-lantern-42",
                DJANGO_SUPERUSER_EMAIL="first@example.com",
            )
    assert re.search(r"^SECRET_KEY=\S{40,}$", (scratch / ".env").read_text(), re.MULTILINE)
