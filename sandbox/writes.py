"""Writing customers: push operations from `Pending` to their end, and the records in the software afterwards.

A customer whose name begins with one of FORCED_OUTCOMES has that outcome on every integration, for demos and tests; so
has the next write, whatever its name, where the setting `next_write` is one of them.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from . import refreshes
from .data.integration import Integration
from .errors import ApiError
from .schedule import now
from .validation import Checker, Findings, Item
from .world import Company, World

FORCED_OUTCOMES = {
    "Refuse me": "an HTTP 400 with validation errors",
    "Fail me now": "a push operation that is Failed in the HTTP 200 already",
    "Fail me later": "Pending, then Failed",
    "Time me out": "Pending until `timeoutInMinutes` have passed (without it, for ever), then TimedOut",
    "Lose me": "TimedOut, although the record was written",
}


@dataclass
class Write:
    """One accepted write. `customer_id` is None for a create, `forced_outcome` "" for none."""

    company: Company
    integration: Integration
    operation: dict[str, Any]
    payload: dict[str, Any]
    customer_id: str | None
    findings: Findings
    sync_after: bool
    forced_outcome: str


def push(
    world: World,
    company: Company,
    connection_id: str,
    customer_id: str | None,
    query: Mapping[str, str],
    body: bytes,
) -> tuple[int, dict[str, Any]]:
    """Accept a write: the HTTP status and the push operation. Raises ApiError where it is refused immediately."""
    integration = _writable(company, connection_id)
    stored = None if customer_id is None else company.source.get(customer_id)
    if customer_id is not None:
        _check_record(company, customer_id, stored, query)
    payload = _payload(body)
    findings = Checker(integration, stored, world.settings.refused_value).check(payload)
    operation = _operation(world, company, connection_id, query)
    write = Write(
        company=company,
        integration=integration,
        operation=operation,
        payload=payload,
        customer_id=customer_id,
        findings=findings,
        sync_after=query.get("allowSyncOnPushComplete", "").lower() == "true",
        forced_outcome=_forced_outcome(world, payload),
    )
    if write.forced_outcome == "Refuse me":
        findings.errors.append(_refused(write))
    refuses = "with_400" if write.forced_outcome == "Refuse me" else integration.refuses
    if findings.errors and refuses == "with_400":
        raise ApiError(400, "Invalid customer.", errors=findings.errors, retry="False")
    company.pushes.append(operation)
    if write.forced_outcome == "Fail me now" or (
        findings.errors and integration.refuses == "immediately"
    ):
        _fail(world, write)
        return 200, dict(operation)
    pending = dict(operation)
    _accept(world, write)
    return integration.accepted, pending


def _forced_outcome(world: World, payload: Mapping[str, Any]) -> str:
    """The outcome that the settings plan for the next write, else the one that the name begins with; "" for none."""
    planned, world.settings.next_write = world.settings.next_write, ""
    name = str(payload.get("customerName", ""))
    return planned or next((prefix for prefix in FORCED_OUTCOMES if name.startswith(prefix)), "")


def _writable(company: Company, connection_id: str) -> Integration:
    """The integration of a connection that takes writes. Raises ApiError."""
    link = company.connection(connection_id)
    if link.integration.model is None:
        raise ApiError(404, "Datatype customers not supported by platform(s)")
    if link.status != "Linked":
        # The status of this refusal is assumed, since it is not documented.
        raise ApiError(400, f"The data connection is not linked: {link.status}.", retry="False")
    return link.integration


def _payload(body: bytes) -> dict[str, Any]:
    try:
        payload = msgspec.json.decode(body)
    except (ValueError, RecursionError) as error:
        raise ApiError(400, "The request body is not valid JSON.", retry="False") from error
    if not isinstance(payload, dict):
        raise ApiError(400, "The request body must be an object.", retry="False")
    return payload


def _check_record(
    company: Company, customer_id: str, stored: dict[str, Any] | None, query: Mapping[str, str]
) -> None:
    """Check that the record exists and has not changed since Codat read it, unless `forceUpdate`. Raises ApiError.

    The check is documented; that it responds with HTTP 400 is assumed.
    """
    if stored is None:
        raise ApiError(404, f"Customer {customer_id} not found.", retry="False")
    read = company.copy.get(customer_id, {}).get("sourceModifiedDate")
    forced = query.get("forceUpdate", "").lower() == "true"
    if not forced and read != stored.get("sourceModifiedDate"):
        raise ApiError(
            400,
            "The record was modified in the accounting software since it was last read. Refresh the "
            "data and try again, or set forceUpdate=true.",
            retry="False",
        )


def _operation(
    world: World, company: Company, connection_id: str, query: Mapping[str, str]
) -> dict[str, Any]:
    minutes = query.get("timeoutInMinutes", "")
    if minutes and (not minutes.isdigit() or int(minutes) < 1):
        raise ApiError(400, f"The value '{minutes}' is not valid for timeoutInMinutes.")
    return {
        "changes": None,
        "dataType": "customers",
        "companyId": company.plan.id,
        "pushOperationKey": world.new_key(),
        "dataConnectionKey": connection_id,
        "requestedOnUtc": now(),
        "completedOnUtc": None,
        "timeoutInMinutes": int(minutes) if minutes else None,
        "timeoutInSeconds": int(minutes) * 60 if minutes else None,
        "status": "Pending",
        "errorMessage": None,
        "validation": {"errors": [], "warnings": []},
        "statusCode": 202,
    }


def _accept(world: World, write: Write) -> None:
    """Schedule the end of the write: after `push_delay`, or when the connector is online."""
    minutes = write.operation["timeoutInMinutes"]
    if minutes is not None:
        world.schedule.after(
            minutes * world.settings.minute, functools.partial(_time_out, world, write)
        )
    finish = functools.partial(_finish, world, write)
    if write.forced_outcome == "Time me out":
        return
    if write.company.online:
        world.schedule.after(world.settings.push_delay, finish)
    else:
        write.company.waiting.append(finish)


def _finish(world: World, write: Write) -> None:
    """The software has processed the write. After a time-out the outcome changes the record only."""
    if write.integration.unique_names and _name_taken(write):
        write.findings.errors.append(
            {
                "itemId": "CustomerName",
                "message": "The name is already used by another customer, supplier or employee.",
                "validatorName": "DuplicateNameValidator",
            }
        )
    if write.findings.errors or write.forced_outcome == "Fail me later":
        if write.operation["status"] == "Pending":
            _fail(world, write)
        return
    record_id = _store(write)
    if write.forced_outcome == "Lose me":
        _time_out(world, write)
    if write.operation["status"] != "Pending":
        return
    kind = "Created" if write.customer_id is None else "Modified"
    write.operation["changes"] = [
        {
            "type": kind,
            "recordRef": {"id": record_id, "dataType": "customers"},
            "attachmentId": None,
        }
    ]
    _end(world, write, "Success", 200, None)
    running = refreshes.latest(write.company)
    if write.sync_after and (running is None or running["isCompleted"]):
        refreshes.begin(world, write.company)


def _fail(world: World, write: Write) -> None:
    if not write.findings.errors:
        write.findings.errors.append(_refused(write))
    message = "Validation error: " + "; ".join(item["message"] for item in write.findings.errors)
    _end(world, write, "Failed", 400, message)


def _time_out(world: World, write: Write) -> None:
    if write.operation["status"] == "Pending":
        minutes = write.operation["timeoutInMinutes"]
        message = "The push operation timed out" + (
            f" after {minutes} minutes." if minutes else "."
        )
        _end(world, write, "TimedOut", 408, message)


def _end(world: World, write: Write, status: str, code: int, message: str | None) -> None:
    write.operation |= {
        "status": status,
        "statusCode": code,
        "completedOnUtc": now(),
        "errorMessage": message,
        "validation": {"errors": write.findings.errors, "warnings": write.findings.warnings},
    }
    changes = write.operation["changes"]
    record = {"id": changes[0]["recordRef"]["id"] if changes else write.customer_id}
    world.emit(
        "customers.write.successful" if status == "Success" else "customers.write.unsuccessful",
        {
            "id": write.operation["pushOperationKey"],
            "type": "Create" if write.customer_id is None else "Update",
            "referenceCompany": {"id": write.company.plan.id, "name": write.company.plan.name},
            "connectionId": write.operation["dataConnectionKey"],
            "requestedOnDate": write.operation["requestedOnUtc"],
            "completedOnDate": write.operation["completedOnUtc"],
            "status": status,
            "record": record if record["id"] is not None else None,
        },
    )


def _refused(write: Write) -> Item:
    return {
        "itemId": "CustomerName",
        "message": f"{write.integration.name} does not accept this name.",
        "validatorName": "AccountingPlatformValidator",
    }


def _name_taken(write: Write) -> bool:
    name = str(write.payload.get("customerName", "")).casefold()
    return any(
        key != write.customer_id and str(record.get("customerName", "")).casefold() == name
        for key, record in write.company.source.items()
    )


def _store(write: Write) -> str:
    """Store the record in the software, as this software stores it; the record's ID."""
    company, integration = write.company, write.integration
    known = integration.fields
    sent = {
        name: item for name, item in write.payload.items() if name in known and name != "metadata"
    }
    stored: dict[str, Any]
    if write.customer_id is None:
        record_id = str(sent.get("id") or company.unused_id())
        stored = {"status": "Active", "addresses": [], "contacts": []} | sent
    else:
        record_id = write.customer_id
        before = company.source[record_id]
        if integration.replaces:
            before = {name: item for name, item in before.items() if name not in known}
        stored = {"status": "Active"} | before | sent
    stored = integration.stores(stored)
    company.source[record_id] = (
        {"id": record_id}
        | stored
        | {
            "id": record_id,
            "sourceModifiedDate": now(),
        }
    )
    return record_id
