"""A sandbox for these tests and a small client."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
import requests

from sandbox import Sandbox
from sandbox.server import Call
from tests.support.patience import PATIENCE


class Api:
    """A client for the sandbox over a persistent connection."""

    def __init__(self, box: Sandbox) -> None:
        self.box = box
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers["Authorization"] = box.auth_header

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        return self.session.request(
            method, self.box.url + path, timeout=PATIENCE, allow_redirects=False, **options
        )

    def get(self, path: str, **params: Any) -> requests.Response:
        return self.call("GET", path, params=params)

    def company(self, key: str) -> str:
        return f"/companies/{self.box.company(key)}"

    def connection(self, key: str) -> str:
        return f"{self.company(key)}/connections/{self.box.connection(key)}"

    def list(self, key: str, **params: Any) -> requests.Response:
        return self.get(f"{self.company(key)}/data/customers", **({"page": 1} | params))

    def customer(self, key: str, customer_id: str) -> requests.Response:
        return self.get(f"{self.company(key)}/data/customers/{quote(customer_id, safe='')}")

    def create(
        self, key: str, payload: Any, headers: dict[str, str] | None = None, **params: Any
    ) -> requests.Response:
        path = f"{self.connection(key)}/push/customers"
        return self.call("POST", path, json=payload, params=params, headers=headers)

    def update(self, key: str, customer_id: str, payload: Any, **params: Any) -> requests.Response:
        path = f"{self.connection(key)}/push/customers/{quote(customer_id, safe='')}"
        return self.call("PUT", path, json=payload, params=params)

    def push(self, key: str, push_key: str) -> dict[str, Any]:
        body: dict[str, Any] = self.get(f"{self.company(key)}/push/{push_key}").json()
        return body

    def refresh(self, key: str) -> requests.Response:
        return self.call("POST", f"{self.company(key)}/data/queue/customers")

    def attachments(self, key: str, customer_id: str, *rest: str) -> str:
        tail = "".join(f"/{quote(part, safe='')}" for part in rest)
        quoted = quote(customer_id, safe="")
        return f"{self.connection(key)}/data/customers/{quoted}/attachments{tail}"


@pytest.fixture(scope="session")
def box_server() -> Iterator[Sandbox]:
    with Sandbox() as server:
        yield server


@pytest.fixture
def box(box_server: Sandbox) -> Sandbox:
    box_server.reset()
    return box_server


@pytest.fixture
def api(box: Sandbox) -> Iterator[Api]:
    api = Api(box)
    yield api
    api.session.close()


def raw(
    box: Sandbox, path: str, *, method: str = "GET", timeout: float = PATIENCE
) -> tuple[bytes, str]:
    """All bytes of the response to one request, and how it ended: `end`, `reset` or `silence`."""
    with socket.create_connection(("127.0.0.1", box.port), timeout=timeout) as sock:
        sock.sendall(
            f"{method} {path} HTTP/1.1\r\nHost: sandbox\r\nAuthorization: {box.auth_header}\r\n"
            "Connection: close\r\n\r\n".encode()
        )
        received = bytearray()
        try:
            while piece := sock.recv(65536):
                received += piece
        except ConnectionResetError:
            return bytes(received), "reset"
        except TimeoutError:
            return bytes(received), "silence"
        return bytes(received), "end"


def over(call: Call, seconds: float = PATIENCE) -> Call:
    """The call, when its end is in the log: a moment after its response was sent."""
    end = time.monotonic() + seconds
    while call.finished is None:
        assert time.monotonic() < end, "the answer is not over"
        time.sleep(0.005)
    return call
