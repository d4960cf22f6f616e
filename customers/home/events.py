"""Codat's events about companies, as the home page reads them: syncs that ended, connections that changed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from customers.codat import decoding, refreshes
from customers.codat.text import db_safe
from customers.codat.values import canonical_company_id, parse_date
from customers.models import WebhookEvent
from customers.writes.events.webhooks import COMPANY_EVENTS, READ_EVENTS

MAX_EVENTS = 500
_MAX_FINDING = 500


@dataclass(frozen=True, slots=True)
class CompanyEvent:
    """One event about a company. `at` is when Codat says that it happened.

    `values` are the columns of the company's state that the event of a sync of customers changes.
    """

    company_id: str
    at: datetime
    received_at: datetime
    is_sync: bool
    values: Mapping[str, Any] = field(default_factory=dict)


def events_since(moment: datetime) -> "QuerySet[WebhookEvent]":
    """The events about companies that were received after a time, the oldest first."""
    kinds = Q()
    for prefix in COMPANY_EVENTS:
        kinds |= Q(event_type__startswith=prefix)
    return WebhookEvent.objects.filter(kinds, received_at__gt=moment).order_by("received_at")


def company_events(since: datetime) -> list[CompanyEvent]:
    """The newest events about companies that were received after a time, the oldest first."""
    newest = events_since(since).order_by("-received_at")[:MAX_EVENTS]
    read = (_read(event) for event in reversed(newest))
    return [event for event in read if event is not None]


def _read(event: WebhookEvent) -> CompanyEvent | None:
    """What an event says; None where it names no company."""
    try:
        body = decoding.decode(event.body.encode())
    except ValueError:
        return None
    payload = _object(body, "payload")
    named = _object(payload, "referenceCompany").get("id") or payload.get("companyId")
    company_id = canonical_company_id(db_safe(named, 65)) if isinstance(named, str) else ""
    if not 0 < len(company_id) <= 64:
        return None
    generated = body.get("generatedDate") if isinstance(body, dict) else None
    at = parse_date(generated) or event.received_at
    is_sync = event.event_type in READ_EVENTS
    values = _sync_values(payload, at) if is_sync else {}
    return CompanyEvent(company_id, at, event.received_at, is_sync, values)


def _sync_values(payload: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    """What the end of a sync of customers changes: the age of the copy, and what was found wrong with the data."""
    items = [item for item in _list(payload, "dataTypes") if item.get("dataType") == "customers"]
    if not items:
        return {}
    findings = [issue for item in items for issue in _list(item, "issues")]
    values: dict[str, Any] = {
        "findings": len(findings),
        "finding": db_safe(findings[0].get("message"), _MAX_FINDING) if findings else "",
        "findings_at": at if findings else None,
    }
    has_failed = any(refreshes.has_failed(str(item.get("status") or "")) for item in items)
    return values if has_failed else values | {"last_sync": at}


def _object(value: object, name: str) -> dict[str, Any]:
    inner = value.get(name) if isinstance(value, dict) else None
    return inner if isinstance(inner, dict) else {}


def _list(value: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    inner = value.get(name)
    return [item for item in inner if isinstance(item, dict)] if isinstance(inner, list) else []
