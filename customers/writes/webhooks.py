"""Events from Codat: checked, kept once, answered in milliseconds, and handled after.

Svix signs the raw body (Standard Webhooks); delivery is at least once and in any order. What an
event says is used at once where it can only add, and Codat is asked for the details after. An event that
this process did not get to, or died over, has no `handled_at`: `settle_writes` does it.
"""

import functools
import logging
import queue
import threading
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.db import IntegrityError, close_old_connections, connections, transaction
from django.utils import timezone
from standardwebhooks import Webhook, WebhookVerificationError

from customers.codat import decoding, values
from customers.codat.client import background
from customers.codat.errors import CodatError, NotFound
from customers.codat.text import db_safe
from customers.codat.types import PushOperation
from customers.models import WebhookEvent, Write
from customers.service import CustomerService, default_service
from customers.writes import confirmation
from customers.writes.journal import LONGEST_KEY, settle

log = logging.getLogger(__name__)

# Events that wait for one thread of this process; while Codat hangs, the rest is for `settle_writes`.
MOST_WAITING = 500
waiting: "queue.Queue[WebhookEvent]" = queue.Queue(MOST_WAITING)

# Writes that one event about a refresh brings on; pages and `settle_writes` bring on the others.
MOST_WRITES = 100


class InvalidSignature(Exception):
    """An event whose signature or age is not right. Nothing was kept."""


class MalformedEvent(Exception):
    """An event that is Codat's, but no JSON. Nothing was kept."""


def receive(body: bytes, headers: Mapping[str, str]) -> WebhookEvent | None:
    """Check an event and keep it. None where it was kept before. Raises Forged, Unreadable."""
    if not settings.CODAT_WEBHOOK_SECRET:
        raise InvalidSignature("no CODAT_WEBHOOK_SECRET is set")
    try:
        Webhook(settings.CODAT_WEBHOOK_SECRET).verify(body, dict(headers), json_parse=False)
    except (WebhookVerificationError, ValueError) as error:
        raise InvalidSignature(type(error).__name__) from error
    try:
        event = decoding.parse(body)
    except ValueError as error:
        raise MalformedEvent(type(error).__name__) from error
    # Codat's documents name the event's type `eventType`; Svix's own examples say `type`.
    kind = event.get("eventType") or event.get("type") if isinstance(event, dict) else None
    try:
        with transaction.atomic():
            return WebhookEvent.objects.create(
                webhook_id=headers["webhook-id"][:200],
                event_type=db_safe(kind, 200),
                body=body.decode(),
            )
    except IntegrityError:
        return None


def handle_later(event: WebhookEvent) -> None:
    """Leave an event to this process's thread for them, or to `settle_writes` where many wait."""
    try:
        waiting.put_nowait(event)
    except queue.Full:
        log.warning("event %s: too many wait, left to settle_writes", event.webhook_id)
    else:
        _thread()


@functools.cache
def _thread() -> threading.Thread:
    """The thread, begun with the first event so that a forked worker has its own.

    A daemon: a worker that stops does not wait for a Codat that hangs.
    """
    thread = threading.Thread(target=_work, name="webhooks", daemon=True)
    thread.start()
    return thread


def _work() -> None:
    while True:
        event = waiting.get()
        close_old_connections()
        try:
            with background():
                handle(event, default_service())
        except CodatError as error:
            log.warning("event %s: %s", event.webhook_id, error)
        except Exception:  # The thread outlives whatever one event does to it.
            log.exception("event %s", event.webhook_id)
        finally:
            if waiting.empty():
                connections.close_all()
            waiting.task_done()


def note(event: WebhookEvent) -> None:
    """Use at once what an event says of a write: no call to Codat is made here."""
    payload = _payload(event)
    write = _write(event, payload)
    if write is not None:
        settle(write, _operation(event.event_type, payload), by="webhook", asked=False)


def handle(event: WebhookEvent, service: CustomerService) -> None:
    """Ask Codat for what an event leaves out. Unknown events are ignored. Raises CodatError."""
    payload = _payload(event)
    write = _write(event, payload)
    if write is not None:
        try:
            operation = service.get_push_operation(
                company_id=write.company_id, push_operation_key=write.push_operation_key
            )
        except NotFound:
            log.warning("event %s: about no operation that Codat knows", event.webhook_id)
        else:
            confirmation.step(settle(write, operation, by="webhook"), service)
    elif event.event_type == "read.completed" and _is_about_customers(payload):
        company_id = _inner(payload, "referenceCompany").get("id")
        unconfirmed = Write.objects.filter(
            company_id=values.company_id(db_safe(company_id)),
            confirmation=Write.Confirmation.WAITING,
        )
        for write in unconfirmed[:MOST_WRITES]:
            try:
                confirmation.step(write, service)
            except CodatError as error:
                log.warning("event %s: write %s: %s", event.webhook_id, write.pk, error)
    WebhookEvent.objects.filter(pk=event.pk).update(handled_at=timezone.now())


def _payload(event: WebhookEvent) -> dict[str, Any]:
    try:
        body = decoding.parse(event.body.encode())
    except ValueError:
        # It could be read when it came. How deep JSON may be nested depends on how deep the reader stands.
        log.warning("event %s: cannot be read", event.webhook_id)
        return {}
    return _inner(body, "payload") if isinstance(body, dict) else {}


def _is_about_customers(payload: dict[str, Any]) -> bool:
    """Whether a refresh was of customers too; one that does not say of what may have been."""
    told = payload.get("dataTypes")
    if not isinstance(told, list) or not told:
        return True
    return any(isinstance(each, dict) and each.get("dataType") == "customers" for each in told)


def _inner(value: dict[str, Any], name: str) -> dict[str, Any]:
    """The object under a name, {} where there is none."""
    inner = value.get(name)
    return inner if isinstance(inner, dict) else {}


def _write(event: WebhookEvent, payload: dict[str, Any]) -> Write | None:
    """The write that an event is about; None where it is about none, or none of ours."""
    key, company_id = payload.get("id"), _inner(payload, "referenceCompany").get("id")
    if not event.event_type.startswith("customers.write.") or not isinstance(company_id, str):
        return None
    if not isinstance(key, str) or not 0 < len(key) <= LONGEST_KEY:
        return None
    return Write.objects.filter(
        push_operation_key=db_safe(key), company_id=values.company_id(db_safe(company_id))
    ).first()


def _operation(event_type: str, payload: dict[str, Any]) -> PushOperation:
    """What an event says, in the form of a push operation."""
    successful = event_type == "customers.write.successful"
    record_id = _inner(payload, "record").get("id")
    return PushOperation(
        pushOperationKey=str(payload.get("id") or ""),
        status="Success" if successful else str(payload.get("status") or "Failed"),
        completedOnUtc=payload.get("completedOnDate"),
        changes=[{"recordRef": {"id": record_id, "dataType": "customers"}}] if record_id else [],
    )
