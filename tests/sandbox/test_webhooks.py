"""Webhooks: sent over HTTP, signed, retried."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import msgspec
import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from sandbox import Sandbox, webhooks

from .conftest import Api

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


class Receiver(HTTPServer):
    """Stores posted events; responds with each of `statuses`, then with 204."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.taken: list[tuple[dict[str, str], bytes]] = []
        self.statuses: list[int] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/webhooks/codat/"


class Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.taken.append(({k.lower(): v for k, v in self.headers.items()}, body))
        self.send_response(self.server.statuses.pop(0) if self.server.statuses else 204)
        self.end_headers()

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture
def receiver(box: Sandbox) -> Iterator[Receiver]:
    server = Receiver()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    box.settings.webhook_url = server.url
    box.settings.webhook_secret = SECRET
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_write_and_a_refresh_send_events(api: Api, box: Sandbox, receiver: Receiver) -> None:
    good = api.create("xero", {"customerName": "Told"}).json()
    bad = api.create("xero", {}).json()
    box.settle()
    api.refresh("xero")
    box.settle()
    assert box.webhooks.wait()
    events = [Webhook(SECRET).verify(body, headers) for headers, body in receiver.taken]
    assert [event["eventType"] for event in events] == [
        "customers.write.unsuccessful",
        "customers.write.successful",
        "read.completed",
    ]
    failed, written, read = (event["payload"] for event in events)
    assert failed["id"] == bad["pushOperationKey"]
    assert failed["status"] == "Failed"
    assert written["id"] == good["pushOperationKey"]
    assert written["type"] == "Create"
    assert written["referenceCompany"]["id"] == box.company("xero")
    assert written["connectionId"] == box.connection("xero")
    assert box.state("xero").source[written["record"]["id"]]["customerName"] == "Told"
    assert read["dataTypes"][0]["dataType"] == "customers"
    assert len({headers["webhook-id"] for headers, _ in receiver.taken}) == 3


def test_another_secret_does_not_verify(api: Api, box: Sandbox, receiver: Receiver) -> None:
    api.create("xero", {})
    assert box.webhooks.wait()
    headers, body = receiver.taken[0]
    other = Webhook("whsec_" + "A" * 32)
    with pytest.raises(WebhookVerificationError):
        other.verify(body, headers)


def test_an_event_is_retried_with_the_same_id(
    api: Api, box: Sandbox, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "RETRY_DELAYS", (0.01, 0.01))
    receiver.statuses = [500, 503]
    api.create("xero", {})
    assert box.webhooks.wait()
    assert box.events[0].statuses == [500, 503, 204]
    assert len({headers["webhook-id"] for headers, _ in receiver.taken}) == 1
    assert len(receiver.taken) == 3


def test_retries_end(
    api: Api, box: Sandbox, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "RETRY_DELAYS", (0.01,))
    box.settings.webhook_url = "http://127.0.0.1:9/"
    api.create("xero", {})
    assert box.webhooks.wait()
    assert box.events[0].statuses == [0, 0]


def test_copies(api: Api, box: Sandbox, receiver: Receiver) -> None:
    box.settings.webhook_copies = 3
    api.create("xero", {})
    assert box.webhooks.wait()
    assert len(receiver.taken) == 3
    assert len({body for _, body in receiver.taken}) == 1


def test_the_end_of_the_quota_sends_one_event(api: Api, box: Sandbox, receiver: Receiver) -> None:
    box.settings.daily_quota = 1
    for _ in range(4):
        api.get("/companies", page=1)
    assert box.webhooks.wait()
    events = [msgspec.json.decode(body) for _, body in receiver.taken]
    assert [event["eventType"] for event in events] == ["client.rateLimit.reached"]
    assert events[0]["payload"]["quotaRemaining"] == 0


def test_without_a_url_nothing_is_sent(api: Api, box: Sandbox) -> None:
    api.create("xero", {})
    assert box.events == []
