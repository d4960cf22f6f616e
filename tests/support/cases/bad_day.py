"""The faults of Codat that tests produce with the sandbox, and the table of how pages respond to them."""

from __future__ import annotations

import socket
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import msgspec

from customers.codat.client import Client
from customers.codat.errors import CodatError
from customers.service import CustomerService
from sandbox import Sandbox
from sandbox.faults import Kind
from tests.support.servers.raw_server import RawServer, ok

STATUSES = (400, 401, 402, 403, 404, 408, 409, 422, 429, 451, 500, 502, 503, 504)
# After these a write may have been carried out; in the sandbox it is.
_MAY_ARRIVE = (408, 500, 502, 503, 504)

_RECORD = {"id": "1", "customerName": "A" * 200, "status": "Active", "name": "B" * 200}
SHAPES: dict[str, Any] = {
    "null": None,
    "list for object": [],
    "string for object": "text",
    "string for number": {
        "id": "1",
        "results": [_RECORD],
        "attachments": [_RECORD | {"fileSize": "large"}],
        "dataConnections": [],
        "totalResults": "1",
        "progress": "99",
        "status": "Pending",
        "pushOperationKey": "9f0c6b4e-0000-4000-8000-000000000001",
        "statusCode": "200",
        "timeoutInMinutes": "soon",
        "customers": {"lastSuccessfulSync": 7, "currentStatus": 7},
    },
    "object for list": {"results": {}, "attachments": {}, "totalResults": 1, "id": {}},
    "missing keys": {},
    "ten times the size": {
        "id": "1",
        "results": [_RECORD] * 1000,
        "attachments": [_RECORD] * 1000,
        "totalResults": 1000,
        "status": "Pending",
        "pushOperationKey": "9f0c6b4e-0000-4000-8000-000000000001",
        "type": "Object",
        "properties": {f"field{n}": {"type": "String", "displayName": "F"} for n in range(1000)},
        "customers": {},
        "dataConnections": [],
    },
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. ``sent`` is whether a request is sent at all."""

    name: str
    kind: Kind | None = None
    status: int | None = None
    body: str | None = None
    seconds: float | None = None
    handled: bool = False
    sent: bool = True

    @property
    def is_endless(self) -> bool:
        """Whether a call with this fault ends only by a time-out."""
        return self.kind in ("hang", "drip")

    @contextmanager
    def active(self, sandbox: Sandbox, client: Client, match: str) -> Iterator[None]:
        """While the block runs, calls that match fail; where nothing is sent, all calls fail."""
        if self.kind:
            sandbox.faults.add(
                match,
                self.kind,
                status=self.status,
                body=self.body,
                seconds=self.seconds,
                handled=self.handled,
                count=-1,
            )
            yield
            sandbox.faults.clear()
            return
        base_url = client.base_url
        with RawServer(ok(b"{}"), tls=True) as secure:
            if self.name == "circuit open":
                client.base_url = f"http://127.0.0.1:{closed_port()}"
                open_circuit(client)
                client.base_url = base_url
            else:
                client.base_url = {
                    "refused": f"http://127.0.0.1:{closed_port()}",
                    "DNS failure": "http://codat.invalid",
                    "TLS failure": secure.url,
                }[self.name]
            try:
                yield
            finally:
                client.base_url = base_url


def open_circuit(client: Client) -> None:
    """Fail until the circuit is open."""
    for _ in range(5):
        try:
            CustomerService(client).ping()
        except CodatError:
            continue
        raise AssertionError("a call succeeded that should have failed")


def closed_port() -> int:
    """A port without a listener."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


FAULTS = [
    Fault("refused", sent=False),
    Fault("DNS failure", sent=False),
    Fault("TLS failure", sent=False),
    Fault("circuit open", sent=False),
    Fault("reset before", "reset"),
    Fault("reset after", "reset", handled=True),
    Fault("reset in the middle", "reset_middle"),
    Fault("cut-off JSON", "cut"),
    Fault("hang", "hang", seconds=30),
    Fault("slow drip", "drip", seconds=0.05),
    *(
        Fault(str(status), "status", status=status, handled=status in _MAY_ARRIVE)
        for status in STATUSES
    ),
    Fault("redirect", "redirect", handled=True),
    Fault("HTML body", "html", status=200, handled=True),
    Fault("empty body", "empty", handled=True),
    *(
        Fault(name, "json", body=msgspec.json.encode(shape).decode(), handled=True)
        for name, shape in SHAPES.items()
    ),
]

PROPERTY = "bad day"


def table(reports: Sequence[Any]) -> list[str]:
    """The matrix as lines of text, from the properties that its tests recorded: a row per fault, a column per page."""
    cells: dict[str, dict[str, str]] = defaultdict(dict)
    order: dict[str, int] = {}
    for report in reports:
        for name, value in getattr(report, "user_properties", ()):
            if name == PROPERTY:
                number, page, fault, outcome = value
                order[page] = number
                cells[page][fault] = outcome if report.passed else "FAILED"
    if not cells:
        return []
    pages = sorted(cells, key=lambda page: order[page])
    faults = [fault.name for fault in FAULTS if any(fault.name in row for row in cells.values())]
    first = max(len(fault) for fault in faults)
    lines: list[str] = []
    # In two halves, which fit on a terminal.
    half = -(-len(pages) // 2)
    for columns in (pages[:half], pages[half:]):
        if not columns:
            continue
        widths = [
            max(len(page), *(len(cells[page].get(f, "")) for f in faults)) for page in columns
        ]
        rows = [("", columns), *((f, [cells[page].get(f, "") for page in columns]) for f in faults)]
        lines += [
            f"{head:<{first}}  "
            + "  ".join(
                f"{value:<{width}}" for value, width in zip(values, widths, strict=True)
            ).rstrip()
            for head, values in rows
        ]
        lines.append("")
    return lines
