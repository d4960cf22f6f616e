"""gunicorn's own log lines, in the JSON log."""

from __future__ import annotations

import socket
from pathlib import Path

from django.contrib.auth.models import User

from sandbox import Sandbox
from tests.support.servers.deployed import deployed


def test_malformed_request_is_one_line(
    sandbox: Sandbox, transactional_db: None, viewer: User, tmp_path: Path
) -> None:
    """gunicorn's format has arguments that the log's own lines do not have."""
    log = tmp_path / "log"
    with (
        deployed(viewer, log) as site,
        socket.create_connection(("127.0.0.1", site.port), timeout=20) as connection,
    ):
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nno header\r\n\r\n")
        assert b" 400 " in connection.recv(4096)
    text = log.read_text()
    assert "Invalid" in text
    assert "Logging error" not in text
    assert "Traceback" not in text
