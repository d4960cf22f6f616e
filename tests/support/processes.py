"""Other processes of the product, on the database and the sandbox of the running test."""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import IO
from urllib.parse import quote

from django.conf import settings
from django.db import connection

ROOT = Path(__file__).resolve().parents[2]
# Seconds that a process may take to start on a busy machine.
START_TIMEOUT = 40.0


def database_url() -> str:
    """The address of the test's own database, as `DATABASE_URL` has it."""
    known = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{known['NAME']}"
    who = quote(known["USER"]) + (f":{quote(known['PASSWORD'])}" if known["PASSWORD"] else "")
    return f"postgres://{who}@{known['HOST']}:{known['PORT'] or 5432}/{known['NAME']}"


def environment(**more: str) -> dict[str, str]:
    """The environment of a process that works on what the test works on."""
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
    """Wait for a process; what it printed. Fails where it failed."""
    output, _ = process.communicate(timeout=START_TIMEOUT)
    assert process.returncode == 0, output
    return output


def settle_writes() -> str:
    """`manage.py settle_writes` as cron runs it; what it printed."""
    return finish(start("manage.py", "settle_writes"))


@contextmanager
def gunicorn(**more: str) -> Iterator[tuple["subprocess.Popen[str]", int]]:
    """The dashboard as it is deployed, on a free port; killed at the end if it still runs. `more` is environment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    variables = {"PORT": str(port), "WEB_THREADS": "8"} | more
    # A file: a process that nobody reads from would wait once a pipe is full.
    with tempfile.TemporaryFile("w+") as output:
        process = start("-m", "gunicorn", "codatdash.wsgi", output=output, **variables)
        try:
            _wait_until_it_answers(process, port, output)
            yield process, port
        finally:
            kill(process)


def _wait_until_it_answers(process: "subprocess.Popen[str]", port: int, output: IO[str]) -> None:
    end = time.monotonic() + START_TIMEOUT
    while not _answers(port):
        if process.poll() is not None:
            output.seek(0)
            raise AssertionError(output.read())
        assert time.monotonic() < end, "gunicorn does not answer"
        time.sleep(0.05)


def _answers(port: int) -> bool:
    browser = HTTPConnection("127.0.0.1", port, timeout=START_TIMEOUT)
    try:
        browser.request("GET", "/healthz")
        return browser.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        browser.close()


def kill(process: "subprocess.Popen[str]") -> None:
    """`kill -9` for a process and all that it started; no error where it is gone."""
    if process.poll() is None:
        os.killpg(process.pid, 9)
    process.communicate(timeout=START_TIMEOUT)
