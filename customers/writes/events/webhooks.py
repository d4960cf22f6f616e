"""Events from Codat: verified, stored once, acknowledged in milliseconds, and processed afterwards.

Svix signs the raw body (Standard Webhooks). Delivery is at least once and in any order. `apply` records the contents
of an event immediately; `process` reads the details from Codat later. An event that this process could not finish
has no `processed_at`: `settle_writes` processes it.
"""

import functools
import hashlib
import logging
import queue
import threading
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.db import IntegrityError, close_old_connections, connections, transaction
from django.utils import timezone

from customers.codat import decoding, values
from customers.codat.errors import CodatError, NotFound
from customers.codat.http.quota import background
from customers.codat.text import db_safe
from customers.codat.types import PushOperation
from customers.models import IndexedCompany, WebhookEvent, Write
from customers.service import CustomerService, default_service
from customers.writes import following, polling
from customers.writes.confirming import company_sync, confirmation, reading_back
from customers.writes.events import signatures
from customers.writes.journal import apply_result
from customers.writes.operations import MAX_KEY_LENGTH, operation_state
from customers.writes.recording import record

log = logging.getLogger(__name__)

# Events that wait for this process's thread; while Codat hangs, the rest is left to `settle_writes`.
MAX_QUEUED_EVENTS = 500
event_queue: "queue.Queue[WebhookEvent]" = queue.Queue(MAX_QUEUED_EVENTS)

# The column's length.
MAX_ID_LENGTH = 200

# Codat has read the accounting software: again, or for the first time.
READ_EVENTS = ("read.completed", "read.completed.initial")
# Prefixes of the events after which a company's connections or times may have changed.
COMPANY_EVENTS = (*READ_EVENTS, "connection.", "company.")

# Events about a customer's write.
WRITE_EVENTS = "customers.write."


class InvalidSignature(Exception):
    """An event whose signature or age is not valid. It was not stored."""


class MalformedEvent(Exception):
    """A signed event that is not JSON. It was not stored."""


def receive(body: bytes, headers: Mapping[str, str]) -> WebhookEvent | None:
    """Verify an event and store it. None if it was stored before. Raises InvalidSignature, MalformedEvent."""
    if not settings.CODAT_WEBHOOK_SECRET:
        raise InvalidSignature("no CODAT_WEBHOOK_SECRET is set")
    if not signatures.is_valid(settings.CODAT_WEBHOOK_SECRET, body, headers):
        raise InvalidSignature("no valid signature of this body and time")
    try:
        text = body.decode()
        event = decoding.decode(body)
    except ValueError as error:
        raise MalformedEvent(type(error).__name__) from error
    # Codat's documentation names the event's type `eventType`; Svix's own examples say `type`.
    event_type = event.get("eventType") or event.get("type") if isinstance(event, dict) else None
    webhook_id = _stored_id(headers["webhook-id"])

    def store() -> WebhookEvent:
        with transaction.atomic():
            return WebhookEvent.objects.create(
                webhook_id=webhook_id,
                event_type=db_safe(event_type, 200),
                body=text,
            )

    try:
        return record(store, what=f"event {webhook_id}")
    except IntegrityError:
        # Also where a lost connection had stored it; then `settle_writes` processes it.
        return None


def _stored_id(webhook_id: str) -> str:
    """An event's ID, or its hash where the ID is too long or cannot be stored."""
    if len(webhook_id) <= MAX_ID_LENGTH and db_safe(webhook_id) == webhook_id:
        return webhook_id
    return "sha256:" + hashlib.sha256(webhook_id.encode(errors="surrogateescape")).hexdigest()


def process_later(event: WebhookEvent) -> None:
    """Queue an event for this process's thread; if the queue is full, `settle_writes` processes it."""
    try:
        event_queue.put_nowait(event)
    except queue.Full:
        log.warning("event %s: the queue is full, left to settle_writes", event.webhook_id)
    else:
        _worker()


@functools.cache
def _worker() -> threading.Thread:
    """The thread, started with the first event so that a forked server process has its own.

    A daemon, so that a server process that stops does not wait for Codat.
    """
    thread = threading.Thread(target=_process_queue, name="webhooks", daemon=True)
    thread.start()
    return thread


def _process_queue() -> None:
    while True:
        event = event_queue.get()
        close_old_connections()
        try:
            with background():
                process(event, default_service())
        except CodatError as error:
            log.warning("event %s: %s", event.webhook_id, error)
        except Exception:  # The thread must survive any event.
            log.exception("event %s", event.webhook_id)
        finally:
            if event_queue.empty():
                connections.close_all()
            event_queue.task_done()


def apply(event: WebhookEvent) -> None:
    """Record the contents of an event about a write, without a call to Codat.

    An event does not say why a write failed. Of a row of a batch, the next reading of Codat's history does; it is due.
    """
    payload = _payload(event)
    write = _write(event, payload)
    if write is None:
        return
    polling.note_event(write.company_id)
    operation = _operation(event.event_type, payload)
    if write.batch_id and operation_state(operation) != Write.State.SUCCESS:
        following.make_due(write.company_id)
    else:
        apply_result(write, operation, by=Write.SettledBy.WEBHOOK, from_event=True)


def process(event: WebhookEvent, service: CustomerService) -> None:
    """Read from Codat what an event does not contain. Unknown events are ignored. Raises CodatError.

    Events about rows of batches come by the thousand, so they cause no calls.
    """
    payload = _payload(event)
    write = _write(event, payload)
    if write is not None and not write.batch_id:
        try:
            operation = service.get_push_operation(
                company_id=write.company_id, push_operation_key=write.push_operation_key
            )
        except NotFound:
            log.warning("event %s: Codat has no such operation", event.webhook_id)
        else:
            apply_result(write, operation, by=Write.SettledBy.WEBHOOK)
            confirmation.step(write, service)
    elif event.event_type in READ_EVENTS and _is_about_customers(payload):
        _confirm_writes(event, payload, service)
    if event.event_type.startswith(COMPANY_EVENTS):
        IndexedCompany.objects.make_due(*_companies(payload))
        _renew_company(payload, service)
    WebhookEvent.objects.filter(pk=event.pk).update(processed_at=timezone.now())


def _confirm_writes(event: WebhookEvent, payload: dict[str, Any], service: CustomerService) -> None:
    """End the sync of a company, and take the next step of confirming the single writes that wait for it.

    Rows of batches are left to background work.
    """
    named = _object(payload, "referenceCompany").get("id")
    company_id = values.canonical_company_id(db_safe(named))
    waiting = confirmation.waiting_writes(company_id)
    if not waiting.exists():
        return
    polling.note_event(company_id)
    sent_at = values.parse_date(_body(event).get("generatedDate")) or event.received_at
    company_sync.end_by_event(company_id, status=_read_status(payload), at=sent_at)
    try:
        reading_back.confirm_company(company_id, service, waiting.filter(batch=None))
    except CodatError as error:
        log.warning("event %s: %s", event.webhook_id, error)


def _renew_company(payload: dict[str, Any], service: CustomerService) -> None:
    """Refresh the cached company of an event, if it is cached. Raises CodatError."""
    for company_id in _companies(payload):
        if service.snapshots.cached_company(company_id=company_id):
            with suppress(NotFound):
                service.get_company(company_id=company_id, fresh=True)


def _companies(payload: dict[str, Any]) -> list[str]:
    """The companies that an event names."""
    named = _object(payload, "referenceCompany").get("id"), payload.get("companyId")
    return [
        values.canonical_company_id(db_safe(value))
        for value in named
        if isinstance(value, str) and value
    ]


def _payload(event: WebhookEvent) -> dict[str, Any]:
    return _object(_body(event), "payload")


def _body(event: WebhookEvent) -> dict[str, Any]:
    try:
        body = decoding.decode(event.body.encode())
    except ValueError:
        # It could be decoded when it arrived: an earlier version allowed deeper JSON.
        log.warning("event %s: cannot be decoded", event.webhook_id)
        return {}
    return body if isinstance(body, dict) else {}


def _is_about_customers(payload: dict[str, Any]) -> bool:
    """Whether a sync included customers. One that names no data types may have."""
    data_types = payload.get("dataTypes")
    if not isinstance(data_types, list) or not data_types:
        return True
    return any(
        isinstance(item, dict) and item.get("dataType") == "customers" for item in data_types
    )


def _read_status(payload: dict[str, Any]) -> str:
    """How the sync of the customers ended, as an event says it."""
    data_types = payload.get("dataTypes")
    for item in data_types if isinstance(data_types, list) else []:
        if isinstance(item, dict) and item.get("dataType") == "customers":
            return str(item.get("status") or "Complete")
    return "Complete"


def _object(value: dict[str, Any], name: str) -> dict[str, Any]:
    """The object under a name, {} where there is none."""
    inner = value.get(name)
    return inner if isinstance(inner, dict) else {}


def _write(event: WebhookEvent, payload: dict[str, Any]) -> Write | None:
    """The write that an event is about; None where it is about none of the journal."""
    key, company_id = payload.get("id"), _object(payload, "referenceCompany").get("id")
    if not event.event_type.startswith(WRITE_EVENTS) or not isinstance(company_id, str):
        return None
    if not isinstance(key, str) or not 0 < len(key) <= MAX_KEY_LENGTH:
        return None
    return Write.objects.filter(
        push_operation_key=db_safe(key), company_id=values.canonical_company_id(db_safe(company_id))
    ).first()


def _operation(event_type: str, payload: dict[str, Any]) -> PushOperation:
    """The contents of an event in the form of a push operation."""
    successful = event_type == "customers.write.successful"
    record_id = _object(payload, "record").get("id")
    return PushOperation(
        pushOperationKey=str(payload.get("id") or ""),
        status="Success" if successful else str(payload.get("status") or "Failed"),
        completedOnUtc=payload.get("completedOnDate"),
        changes=[{"recordRef": {"id": record_id, "dataType": "customers"}}] if record_id else [],
    )
