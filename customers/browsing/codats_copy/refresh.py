"""A refresh of Codat's copy of the customers (a pull operation): started, and polled to its end. No request."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from customers.codat import refreshes
from customers.codat.errors import AlreadyInUse, BadRequest
from customers.codat.values import is_empty
from customers.formatting import text_or_dash
from customers.models import CompanyState, IndexedCompany
from customers.service import default_service

# Seconds between two polls of a refresh, with exponential growth. After the last poll there is only a button.
_FIRST_POLL, _GROWTH, _SLOWEST_POLL = 1.0, 1.3, 15.0
MAX_POLLS = 60


@dataclass(frozen=True, slots=True)
class RefreshStatus:
    """The status of a refresh; without a refresh, the age of the copy.

    `state` is running, failed, complete, never (there is no copy) or idle. `last_sync` is when the copy was last
    synced, as Codat writes it. `progress` (0 to 100) may be unknown. `operation_id` is "" where there is nothing to
    follow. `poll_seconds` is the wait before the next poll, None for no more polls.
    """

    state: str
    last_sync: str | None = None
    sentence: str = ""
    codat_message: str = ""
    progress: int | None = None
    operation_id: str = ""
    poll_seconds: str | None = None


def _status(operation: Mapping[str, Any], polls: int) -> RefreshStatus:
    """The status of a pull operation. One that is not documented counts as running; the polls are bounded."""
    status = text_or_dash(operation.get("status"))
    operation_id = str(operation.get("id") or "")
    message = operation.get("errorMessage") or operation.get("statusDescription")
    codat_message = message if isinstance(message, str) and not is_empty(message) else ""
    if refreshes.has_failed(status) or operation.get("isErrored") is True:
        return RefreshStatus(
            "failed",
            sentence=refreshes.FAILED.get(status, ""),
            codat_message=codat_message,
            operation_id=operation_id,
        )
    if refreshes.has_ended(operation):
        completed = operation.get("completed") or operation.get("requested")
        return RefreshStatus(
            "complete", last_sync=completed if isinstance(completed, str) else None
        )
    wait = min(_FIRST_POLL * _GROWTH**polls, _SLOWEST_POLL)
    return RefreshStatus(
        "running",
        sentence=refreshes.status_label(status),
        codat_message=codat_message,
        progress=refreshes.progress(operation),
        operation_id=operation_id,
        poll_seconds=f"{wait:.1f}" if polls < MAX_POLLS and operation_id else None,
    )


def start(company_id: str) -> RefreshStatus:
    """Queue a refresh, or use the running one. Raises CodatError."""
    try:
        operation: Mapping[str, Any] = default_service().refresh_customers(company_id=company_id)
    except (AlreadyInUse, BadRequest):
        # Codat refuses a second refresh while one runs.
        running = current(company_id)
        if running.state != "running":
            raise
        return running
    return _status(operation, 0)


def follow(company_id: str, operation_id: str, polls: int) -> RefreshStatus:
    """Poll a refresh for the `polls` + 1st time. Raises CodatError."""
    service = default_service()
    operation = service.get_pull_operation(company_id=company_id, dataset_id=operation_id)
    status = _status({**operation, "id": operation.get("id") or operation_id}, polls)
    if status.state == "complete":
        # The company's own time of its last sync is cached, and the index has the customers before it.
        service.get_company(company_id=company_id, fresh=True)
        CompanyState.synced(company_id, timezone.now())
        IndexedCompany.objects.make_due(company_id)
    return status


def current(company_id: str) -> RefreshStatus:
    """The status of Codat's copy now. Raises CodatError."""
    status: Mapping[str, Any] = default_service().get_data_status(company_id=company_id) or {}
    last_sync = status.get("lastSuccessfulSync")
    latest = status.get("latestSyncId")
    word = text_or_dash(status.get("currentStatus"))
    if word in refreshes.RUNNING and isinstance(latest, str):
        return _status({"id": latest, "status": word}, 0)
    if isinstance(last_sync, str) and not last_sync.startswith("0001"):
        return RefreshStatus("idle", last_sync=last_sync)
    if word in refreshes.FAILED:
        return RefreshStatus("failed", sentence=refreshes.FAILED[word])
    return RefreshStatus("never")
