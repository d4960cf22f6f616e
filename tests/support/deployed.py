"""The dashboard under gunicorn, as it is deployed, and what a browser says to it over a socket."""

from __future__ import annotations

import contextlib
import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client

from tests.support.processes import database_url

# Seconds that a process may take to start on a busy machine.
PATIENCE = 40.0


@dataclass(frozen=True)
class Deployed:
    """Where it listens, and the cookie of somebody who has signed in."""

    port: int
    cookie: str

    def request(
        self, path: str, method: str = "GET", headers: dict[str, str] | None = None
    ) -> http.client.HTTPResponse:
        """The answer's head; its body is still to be read."""
        door = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        door.request(method, path, headers={"Cookie": self.cookie} | (headers or {}))
        return door.getresponse()

    def socket(self, path: str, version: str = "1.1") -> socket.socket:
        """A connection that has sent its request and has read nothing."""
        door = socket.create_connection(("127.0.0.1", self.port), timeout=20)
        lines = (f"GET {path} HTTP/{version}", "Host: 127.0.0.1", f"Cookie: {self.cookie}", "", "")
        door.sendall("\r\n".join(lines).encode())
        return door


@contextlib.contextmanager
def deployed(person: User, log: Path, **environment: str) -> Iterator[Deployed]:
    """Serve the database of the running test; its rows must be committed."""
    browser = Client()
    browser.force_login(person)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "codatdash.wsgi", "--no-control-socket"],
            cwd=settings.BASE_DIR,
            env=os.environ
            | {
                "PORT": str(port),
                "WEB_THREADS": "8",
                "CODAT_BASE_URL": settings.CODAT_BASE_URL,
                "CODAT_READ_TIMEOUT": "2",
                "DATABASE_URL": database_url(),
                # Static files under their own names, so that no build is needed.
                "DEBUG": "1",
            }
            | environment,
            stdout=output,
            stderr=output,
        )
    try:
        end = time.monotonic() + PATIENCE
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                break
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < end, "gunicorn does not listen"
            time.sleep(0.05)
        value = browser.cookies[settings.SESSION_COOKIE_NAME].value
        yield Deployed(port, f"{settings.SESSION_COOKIE_NAME}={value}")
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
