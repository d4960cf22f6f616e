"""Events for the dashboard: signed as Svix does, posted by a thread, retried a few times."""

from __future__ import annotations

import http.client
import queue
import threading
import time
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import msgspec
from standardwebhooks import Webhook
from standardwebhooks.webhooks import EmptyWebhookSecretError

from .schedule import now
from .world import Settings

# Seconds between attempts. Codat retries for 28 hours; the sandbox stops within seconds.
RETRY_DELAYS = (0.2, 1.0, 3.0)
TIMEOUT = 15.0


def check_secret(secret: str | None) -> None:
    """Raise ValueError for an invalid secret: it has to be `whsec_` and base64."""
    if not secret:
        return
    try:
        Webhook(secret)
    except EmptyWebhookSecretError as error:
        raise ValueError(str(error)) from error


@dataclass
class Delivery:
    """One event and its delivery: `statuses` has the HTTP status of each attempt, 0 for no response."""

    id: str
    event: str
    body: bytes
    headers: dict[str, str]
    statuses: list[int] = field(default_factory=list)


class Webhooks:
    """The queue of events and the thread that sends them."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.deliveries: list[Delivery] = []
        self._queue: queue.Queue[Delivery | None] = queue.Queue()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start the thread."""
        self._stopping.clear()
        self._thread = threading.Thread(target=self._work, name="sandbox-webhooks", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread; queued events are dropped."""
        self._stopping.set()
        self._queue.put(None)
        if self._thread is not None:
            self._thread.join()

    def reset(self) -> None:
        """Drop queued events and the list of deliveries."""
        self.deliveries = []
        while not self._queue.empty():
            try:
                self._queue.get_nowait()
            except queue.Empty:
                return
            self._queue.task_done()

    def wait(self, seconds: float = 10.0) -> bool:
        """Wait until the queue is empty; False where that takes longer than `seconds`."""
        end = time.monotonic() + seconds
        while self._queue.unfinished_tasks:
            if time.monotonic() > end:
                return False
            time.sleep(0.005)
        return True

    def emit(self, event: str, payload: dict[str, Any]) -> None:
        """Sign an event and queue it; without a `webhook_url` do nothing."""
        if not self.settings.webhook_url:
            return
        message_id = f"msg_{uuid.uuid4().hex}"
        body = msgspec.json.encode(
            {
                "id": str(uuid.uuid4()),
                "eventType": event,
                "generatedDate": now(),
                "payload": payload,
            }
        )
        delivery = Delivery(message_id, event, body, self._headers(message_id, body))
        self.deliveries.append(delivery)
        for _ in range(self.settings.webhook_copies):
            self._queue.put(delivery)

    def _headers(self, message_id: str, body: bytes) -> dict[str, str]:
        moment = datetime.now(UTC)
        headers = {
            "content-type": "application/json",
            "webhook-id": message_id,
            "webhook-timestamp": str(int(moment.timestamp())),
        }
        if self.settings.webhook_secret:
            signed = Webhook(self.settings.webhook_secret).sign(message_id, moment, body.decode())
            headers["webhook-signature"] = signed
        return headers

    def _work(self) -> None:
        while (delivery := self._queue.get()) is not None:
            try:
                self._deliver(delivery)
            finally:
                self._queue.task_done()
        self._queue.task_done()

    def _deliver(self, delivery: Delivery) -> None:
        for wait in (*RETRY_DELAYS, None):
            status = self._post(delivery)
            delivery.statuses.append(status)
            if 200 <= status < 300 or wait is None or self._stopping.wait(wait):
                return

    def _post(self, delivery: Delivery) -> int:
        address = urlsplit(self.settings.webhook_url or "")
        if not address.hostname:
            return 0
        kind = (
            http.client.HTTPSConnection if address.scheme == "https" else http.client.HTTPConnection
        )
        connection = kind(address.hostname, address.port, timeout=TIMEOUT)
        try:
            connection.request("POST", address.path or "/", delivery.body, delivery.headers)
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            connection.close()
