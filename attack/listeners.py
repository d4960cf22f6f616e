"""Around the dashboard while it is attacked: TLS in front of it, and a place where its own calls would arrive."""

from __future__ import annotations

import asyncio
import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from bench.testbed import CERTIFICATE

_PART = 64 * 1024


@contextmanager
def tls_in_front_of(port: int) -> Iterator[int]:
    """A port of this machine at which another one is reached over TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        behind_reader, behind_writer = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(_copy(reader, behind_writer), _copy(behind_reader, writer))

    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    starting = asyncio.start_server(relay, "127.0.0.1", 0, ssl=context)
    server = asyncio.run_coroutine_threadsafe(starting, loop).result(10)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    # A side that closes ends the other one.
    with suppress(OSError):
        while part := await source.read(_PART):
            target.write(part)
            await target.drain()
    with suppress(OSError):
        target.close()


@contextmanager
def endpoint() -> Iterator[str]:
    """The address of a server that notes who calls it: wapiti hands it to the dashboard, and asks afterwards."""
    # By the number of the attacked address, and the name of the parameter in hexadecimal digits.
    calls: dict[str, dict[str, list[dict[str, Any]]]] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = self.path.strip("/").split("/")
            if len(parts) == 4:
                call = {
                    "url": self.path,
                    "date": datetime.now(UTC).isoformat(),
                    "ip": self.client_address[0],
                    "method": self.command,
                }
                calls.setdefault(parts[2], {}).setdefault(parts[3], []).append(call)
            body = json.dumps(calls).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815  the base class's names

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the base class's name
            """Nothing on the terminal."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
