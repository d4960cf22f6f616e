"""The dashboard under gunicorn, as in production, and requests to it over a socket."""

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

from tests.support.programs.processes import START_TIMEOUT, database_url


@dataclass(frozen=True)
class Deployed:
    """Its port, and the cookie of a signed-in person."""

    port: int
    cookie: str

    def request(
        self, path: str, method: str = "GET", headers: dict[str, str] | None = None
    ) -> http.client.HTTPResponse:
        """A response, whose body has not been read yet."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request(method, path, headers={"Cookie": self.cookie} | (headers or {}))
        return connection.getresponse()

    def socket(self, path: str, version: str = "1.1") -> socket.socket:
        """A connection that has sent a request and has read nothing."""
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=60)
        lines = (f"GET {path} HTTP/{version}", "Host: 127.0.0.1", f"Cookie: {self.cookie}", "", "")
        connection.sendall("\r\n".join(lines).encode())
        return connection


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
        _wait_until_it_listens(process, port, log)
        value = browser.cookies[settings.SESSION_COOKIE_NAME].value
        yield Deployed(port, f"{settings.SESSION_COOKIE_NAME}={value}")
    finally:
        process.terminate()
        try:
            process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_it_listens(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    end = time.monotonic() + START_TIMEOUT
    while True:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < end, "gunicorn does not listen"
        time.sleep(0.05)
