"""Codat's events for the tests: signed as Svix signs them, and delivered over a real socket."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import msgspec
from django.conf import settings
from django.utils import timezone
from standardwebhooks import Webhook

from customers.writes.events import webhooks
from sandbox import Sandbox
from tests.support.journal import COMPANY
from tests.support.patience import wait_for

OTHER_SECRET = "whsec_c29tZWJvZHkgZWxzZSdzIHNlY3JldA=="


SUCCESSFUL, UNSUCCESSFUL = "customers.write.successful", "customers.write.unsuccessful"


@dataclass(frozen=True)
class Event:
    """One delivery: a signed body."""

    id: str
    body: bytes
    headers: dict[str, str]


def signed(body: bytes, *, secret: str = "", age: float = 0.0, event_id: str = "") -> Event:
    """A body as Svix signs it; `age` is in seconds."""
    event_id = event_id or f"msg_{uuid.uuid4().hex}"
    moment = datetime.now(UTC) - timedelta(seconds=age)
    signature = Webhook(secret or settings.CODAT_WEBHOOK_SECRET).sign(
        event_id, moment, body.decode()
    )
    headers = {
        "Content-Type": "application/json",
        "webhook-id": event_id,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": signature,
    }
    return Event(event_id, body, headers)


def event(name: str, payload: Any, **how: Any) -> Event:
    """An event from Codat."""
    return signed(msgspec.json.encode({"eventType": name, "payload": payload}), **how)


def ended(sandbox: Sandbox, key: str, name: str, record: str | None = None, **how: Any) -> Event:
    """An event about the end of a write."""
    payload = {
        "id": key,
        "type": "Create",
        # A UUID in capitals is equal.
        "referenceCompany": {"id": sandbox.company(COMPANY).upper(), "name": "A company"},
        "connectionId": sandbox.connection(COMPANY),
        "completedOnDate": timezone.now().isoformat(),
        "status": "Success" if name == SUCCESSFUL else "Failed",
        "record": {"id": record} if record else None,
    }
    return event(name, payload, **how)


def post(live: str, delivery: Event) -> int:
    """Deliver an event; returns the status of the answer."""
    (status,) = post_all(live, [delivery])
    return status


def post_all(live: str, deliveries: Sequence[Event]) -> list[int]:
    """Deliver events one after the other over one connection."""
    door = HTTPConnection(urlsplit(live).netloc, timeout=30)
    statuses = []
    for delivery in deliveries:
        door.request("POST", "/webhooks/codat/", delivery.body, delivery.headers)
        answer = door.getresponse()
        answer.read()
        statuses.append(answer.status)
    door.close()
    return statuses


def wait_until_processed() -> None:
    """Wait until the queue of events is empty."""
    wait_for(lambda: not webhooks.event_queue.unfinished_tasks, 60)
