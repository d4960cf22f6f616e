"""Other processes of the product, with the database and the sandbox of the running test."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import IO
from urllib.parse import quote

from django.conf import settings
from django.db import connection

ROOT = Path(__file__).resolve().parents[3]
# Seconds that a process may take to start on a busy machine.
START_TIMEOUT = 90.0
# The same where it collects and compresses the static files first.
SERVE_TIMEOUT = 240.0


def database_url() -> str:
    """The URL of the test's database, for `DATABASE_URL`."""
    parameters = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{parameters['NAME']}"
    user = quote(parameters["USER"]) + (
        f":{quote(parameters['PASSWORD'])}" if parameters["PASSWORD"] else ""
    )
    return (
        f"postgres://{user}@{parameters['HOST']}:{parameters['PORT'] or 5432}/{parameters['NAME']}"
    )


def environment(**more: str) -> dict[str, str]:
    """The environment of a process that shares the test's database and sandbox."""
    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "codatdash.settings",
        "DATABASE_URL": database_url(),
        "SECRET_KEY": settings.SECRET_KEY,
        "CODAT_API_KEY": settings.CODAT_API_KEY,
        "CODAT_BASE_URL": settings.CODAT_BASE_URL,
        "CODAT_WEBHOOK_SECRET": settings.CODAT_WEBHOOK_SECRET,
        # Static files under their own names, so that no build is needed.
        "DEBUG": "1",
        "PYTHONPATH": str(ROOT),
        **more,
    }


def start(
    *arguments: str, output: "IO[str] | int" = subprocess.PIPE, **more: str
) -> "subprocess.Popen[str]":
    """`python ARGUMENTS` in the background, in a process group of its own; `more` is environment."""
    return subprocess.Popen(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=environment(**more),
        stdout=output,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def finish(process: "subprocess.Popen[str]") -> str:
    """Wait for a process and return its output. Raises AssertionError where it fails."""
    output, _ = process.communicate(timeout=START_TIMEOUT)
    assert process.returncode == 0, output
    return output


def settle_writes() -> str:
    """Run `manage.py settle_writes`, as cron does, and return its output."""
    return finish(start("manage.py", "settle_writes"))


@contextmanager
def gunicorn(**more: str) -> Iterator[tuple["subprocess.Popen[str]", int]]:
    """The dashboard as in production, on a free port; killed at the end. `more` is environment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    variables = {"PORT": str(port), "WEB_THREADS": "8"} | more
    # A file: a process whose pipe is not read would block once it is full.
    with tempfile.TemporaryFile("w+") as output:
        process = start("-m", "gunicorn", "codatdash.wsgi", output=output, **variables)
        try:
            _wait_until_it_responds(process, port, output)
            yield process, port
        finally:
            kill(process)


@contextmanager
def running(
    command: Sequence[str], log: Path, ready: str, variables: dict[str, str], cwd: Path = ROOT
) -> Iterator[None]:
    """A command that serves until SIGTERM, with this environment alone and no input; entered when `ready` is printed.

    Raises AssertionError where it ends before, or prints a traceback.
    """
    with log.open("w") as output:
        process = subprocess.Popen(
            command,
            cwd=cwd,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        end = time.monotonic() + SERVE_TIMEOUT
        while ready not in log.read_text():
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < end, log.read_text()
            time.sleep(0.1)
        yield
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        # Whatever it has started and left.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    assert "Traceback" not in log.read_text()


def _wait_until_it_responds(process: "subprocess.Popen[str]", port: int, output: IO[str]) -> None:
    end = time.monotonic() + START_TIMEOUT
    while not _responds(port):
        if process.poll() is not None:
            output.seek(0)
            raise AssertionError(output.read())
        assert time.monotonic() < end, "gunicorn does not respond"
        time.sleep(0.05)


def _responds(port: int) -> bool:
    browser = HTTPConnection("127.0.0.1", port, timeout=START_TIMEOUT)
    try:
        browser.request("GET", "/healthz")
        return browser.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        browser.close()


def kill(process: "subprocess.Popen[str]") -> None:
    """`kill -9` for a process and its children; no error where it has ended."""
    if process.poll() is None:
        os.killpg(process.pid, 9)
    process.communicate(timeout=START_TIMEOUT)
