"""A live dashboard inside the test process: real sockets, Django's threaded server, the dashboard's handler.

Passes the request line's own target as `RAW_URI`, as gunicorn does.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.handlers.wsgi import WSGIHandler
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.db import connections

from codatdash.wsgi import RawPathHandler


class _Handler(WSGIRequestHandler):
    """Quiet, and with the raw target in the environ."""

    def get_environ(self) -> dict[str, Any]:
        environ: dict[str, Any] = super().get_environ()
        environ["RAW_URI"] = self.path
        return environ

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the base class's name
        """Log nothing: tests check responses."""


class _Static(StaticFilesHandler):
    """Serves static files and passes everything else to the dashboard's handler."""

    def __init__(self, application: WSGIHandler) -> None:
        super().__init__(application)


class _Server(ThreadedWSGIServer):
    """Closes each thread's database connection with its request."""

    daemon_threads = True

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            connections.close_all()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore errors: a browser that disconnects is none."""


@contextmanager
def serve() -> Iterator[str]:
    """Serve the dashboard on a free port; yields its base address."""
    server = _Server(("127.0.0.1", 0), _Handler, connections_override=None)
    server.set_app(_Static(RawPathHandler()))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=10)
