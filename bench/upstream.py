"""An upstream instead of Codat. Its responses are encoded once, so that they cost little.

`python -m bench.upstream <port> [<certificate>]`. The data is the sandbox's; large cases are generated
here. `GET /_calls` returns the calls since its last request, `GET /_delay?milliseconds=500` delays every response from
then on.
"""

from __future__ import annotations

import json
import signal
import ssl
import sys
import time
import uuid
from functools import cache
from typing import Any

import msgspec
from django.utils.functional import cached_property

from sandbox.data.companies import PLANS
from sandbox.data.content import large
from sandbox.routes import company_json
from sandbox.server import Call, Request, Response, Server, Stream
from sandbox.world import Settings, World

# Companies, by their content.
HUNDRED, THOUSANDS, NODES, EXPORTED = (str(uuid.UUID(int=n)) for n in (1, 2, 3, 4))
COMPANIES = 10_000
CUSTOMERS = 5_000
# Of the company whose customers are exported.
EXPORTED_CUSTOMERS = 50_000
# The customer whose form has 80 inputs on the model of `HUNDRED`, and the one with 500 addresses.
EIGHTY_INPUTS, MANY_ADDRESSES = "eighty", "addresses"
MODEL_NODES = 1_000


def with_eighty_inputs(customer: dict[str, Any]) -> dict[str, Any]:
    """Seven fields, seven addresses of seven inputs, six contacts with two phones of two: 80 inputs."""
    address, contact = customer["addresses"][0], customer["contacts"][0]
    phones = [
        {"number": "+44 20 7946 0018", "type": "Primary"},
        {"number": "+44 7700 900077", "type": "Mobile"},
    ]
    return customer | {
        "id": EIGHTY_INPUTS,
        "addresses": [address] * 7,
        "contacts": [contact | {"phone": phones}] * 6,
    }


def large_model(nodes: int) -> dict[str, Any]:
    """A model with so many nodes: groups of nine fields, with help, notes and options as in real ones."""

    def leaf(number: int) -> dict[str, Any]:
        choices = [
            {"value": f"v{n}", "type": "String", "displayName": f"Choice {n}"} for n in range(12)
        ]
        return {
            "type": "String",
            "displayName": f"Field {number}",
            "description": f"What field {number} is for, in a sentence",
            "required": number % 5 == 0,
            "validation": {
                "warnings": [
                    {"field": f"field{number}", "details": "Max length of 50 characters."}
                ],
                "information": [],
            },
        } | ({"options": choices} if number % 6 == 0 else {})

    groups = {
        f"group{group}": {
            "type": "Object",
            "displayName": f"Group {group}",
            "description": "",
            "required": False,
            "properties": {f"field{n}": leaf(n) for n in range(9)},
        }
        for group in range((nodes - 1) // 10)
    }
    rest = {f"field{n}": leaf(n) for n in range((nodes - 1) % 10)}
    return {
        "type": "Object",
        "displayName": "Customer",
        "description": "",
        "required": True,
        "properties": groups | rest,
    }


class Bodies:
    """The response bodies by path."""

    def __init__(self) -> None:
        self.world = World(Settings(customers=CUSTOMERS), lambda *_: None, lambda *_: None)
        plan = next(plan for plan in PLANS if plan.key == "big")
        self.template = self.world.company(plan.id)
        self.connection_id = plan.connection_id(0)
        self.customers: list[dict[str, Any]] = list(self.template.copy.values())
        self.page = cache(self._page)

    def body(self, request: Request) -> bytes | Stream | None:
        """The body for a path; None where it does not exist."""
        match request.segments:
            case ["companies"]:
                return self.page("", request.query.get("page", "1"), request.query["pageSize"])
            case ["companies", company_id]:
                return self._company(company_id)
            case ["companies", _, "dataStatus"]:
                return b'{"customers":{"lastSuccessfulSync":"2026-01-01T00:00:00Z"}}'
            case ["companies", company_id, "data", "customers"]:
                return self.page(
                    company_id, request.query.get("page", "1"), request.query["pageSize"]
                )
            case ["companies", _, "data", "customers", customer_id]:
                return self._customer(customer_id)
            case ["companies", company_id, "connections", _, "options", "customers"]:
                return self._nodes if company_id == NODES else self._model
            case ["companies", _, "connections", _, "data", "customers", _, "attachments", *rest]:
                return self._attachment(rest)
        return None

    def _company(self, company_id: str) -> bytes:
        return msgspec.json.encode(company_json(self.world, self.template) | {"id": company_id})

    def _page(self, company_id: str, page: str, size: str) -> bytes:
        start = (int(page) - 1) * int(size)
        if company_id == EXPORTED:
            return self._exported(start, int(page), int(size))
        if company_id:
            records = self.customers[:100] if company_id == HUNDRED else self.customers
        else:
            first = company_json(self.world, self.template)
            records = [
                first | {"id": str(uuid.UUID(int=n + 1)), "name": f"Company {n + 1}"}
                for n in range(COMPANIES)
            ]
        return _encode(records[start : start + int(size)], int(page), int(size), len(records))

    def _exported(self, start: int, page: int, size: int) -> bytes:
        """A page of `EXPORTED_CUSTOMERS`: the same ones again and again, under IDs of their own."""
        end = min(start + size, EXPORTED_CUSTOMERS)
        records = [
            self.customers[index % CUSTOMERS] | {"id": f"{index:08}"} for index in range(start, end)
        ]
        return _encode(records, page, size, EXPORTED_CUSTOMERS)

    @cache  # noqa: B019  one object for the life of the process
    def _customer(self, customer_id: str) -> bytes | None:
        first = next(one for one in self.customers if one["addresses"] and one["contacts"])
        if customer_id == EIGHTY_INPUTS:
            return msgspec.json.encode(with_eighty_inputs(first))
        if customer_id == MANY_ADDRESSES:
            return msgspec.json.encode(
                first | {"id": MANY_ADDRESSES, "addresses": first["addresses"][:1] * 500}
            )
        return msgspec.json.encode(first | {"id": customer_id})

    @cached_property
    def _model(self) -> bytes:
        accounting = self.template.accounting
        return msgspec.json.encode(accounting.model.json if accounting and accounting.model else {})

    @cached_property
    def _nodes(self) -> bytes:
        return msgspec.json.encode(large_model(MODEL_NODES))

    @staticmethod
    def _attachment(rest: list[str]) -> bytes | Stream:
        """`bytes-<n>` is a file of n bytes."""
        if not rest:
            return b'{"attachments":[{"id":"bytes-1024","name":"note.txt","fileSize":1024}]}'
        size = int(rest[0].removeprefix("bytes-"))
        if rest[1:] == ["download"]:
            return Stream(lambda: large(size), size)
        return msgspec.json.encode({"id": rest[0], "name": f"{rest[0]}.bin", "fileSize": size})


def _encode(records: list[dict[str, Any]], page: int, size: int, total: int) -> bytes:
    return msgspec.json.encode(
        {
            "results": records,
            "pageNumber": page,
            "pageSize": size,
            "totalResults": total,
            "_links": {"current": {"href": "/"}, "self": {"href": "/"}},
        }
    )


class Upstream(Server):
    """`Bodies` over HTTP, or over TLS where a certificate is given."""

    def __init__(self, port: int, certificate: str = "") -> None:
        self.bodies = Bodies()
        self.calls: list[str] = []
        self.delay = 0.0
        self.tls = None
        if certificate:
            self.tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            self.tls.load_cert_chain(certificate)
        super().__init__(port, self.respond)

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Serve one connection."""
        if self.tls:
            request = self.tls.wrap_socket(request, server_side=True)
        super().finish_request(request, client_address)

    def respond(self, request: Request) -> tuple[Response, Call]:
        """Handle one request."""
        call = Call(request.method, request.path, request.query, {}, b"", time.time())
        if request.path == "/_calls":
            calls, self.calls = self.calls, []
            return Response(200, json.dumps(calls).encode()), call
        if request.path == "/_delay":
            self.delay = int(request.query["milliseconds"]) / 1000
            return Response(200, b"{}"), call
        self.calls.append(f"{request.method} {request.path}")
        time.sleep(self.delay)
        body = self.bodies.body(request)
        if body is None:
            return Response(404, b'{"error":"not found"}'), call
        kind = "application/octet-stream" if isinstance(body, Stream) else "application/json"
        return Response(200, body, kind), call


def main() -> None:
    """Serve until SIGTERM."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    with Upstream(int(sys.argv[1]), *sys.argv[2:3]) as server:
        server.serve_forever()


if __name__ == "__main__":
    main()
