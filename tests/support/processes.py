"""Other processes of the product, on the database and the sandbox of the running test."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import quote

from django.conf import settings
from django.db import connection

ROOT = Path(__file__).resolve().parents[2]
# Seconds that a process may take to start on a busy machine.
PATIENCE = 40.0


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


def start(*arguments: str, **more: str) -> "subprocess.Popen[str]":
    """`python ARGUMENTS` in the background, in a process group of its own; `more` is environment."""
    return subprocess.Popen(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=environment(**more),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def finish(process: "subprocess.Popen[str]") -> str:
    """Wait for a process; what it printed. Fails where it failed."""
    output, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, output
    return output


def settle_writes() -> str:
    """`manage.py settle_writes` as cron runs it; what it printed."""
    return finish(start("manage.py", "settle_writes"))


@contextmanager
def gunicorn() -> Iterator[tuple["subprocess.Popen[str]", int]]:
    """The dashboard as it is deployed, on a free port; killed at the end if it still runs."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    process = start("-m", "gunicorn", "codatdash.wsgi", PORT=str(port), WEB_THREADS="8")
    try:
        end = time.monotonic() + PATIENCE
        while not _answers(port):
            assert process.poll() is None, process.communicate()[0]
            assert time.monotonic() < end, "gunicorn does not answer"
            time.sleep(0.05)
        yield process, port
    finally:
        kill(process)


def _answers(port: int) -> bool:
    door = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        door.request("GET", "/healthz")
        return door.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        door.close()


def kill(process: "subprocess.Popen[str]") -> None:
    """`kill -9` for a process and all that it started; no error where it is gone."""
    if process.poll() is None:
        os.killpg(process.pid, 9)
    process.communicate(timeout=PATIENCE)
