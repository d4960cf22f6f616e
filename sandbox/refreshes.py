"""Refreshes: a pull operation passes through its states, then Codat's copy is replaced."""

from __future__ import annotations

import functools
from typing import Any

from .errors import ApiError
from .schedule import now
from .world import Company, World

# The states in their order, each with its progress. The order is documented, the percentages are assumed.
STATES = (
    ("Initial", 0),
    ("Queued", 5),
    ("Fetching", 20),
    ("MapQueued", 45),
    ("Mapping", 55),
    ("ValidationQueued", 65),
    ("Validating", 70),
    ("ProcessingQueued", 80),
    ("Processing", 90),
    ("Complete", 100),
)
_NAMES = [name for name, _ in STATES]
_ERRORS = {
    "AuthError": "The connection to the accounting software is no longer authorised.",
    "FetchError": "The accounting software did not return its customers.",
}
# The delay of a refresh that ends only with `settle()`.
_NEVER = 10.0**9


def queue(world: World, company: Company, data_type: str) -> dict[str, Any]:
    """Start a refresh. Raises ApiError: 404 where there is nothing to refresh, 400 while one runs.

    The text of the refusal is documented, its status is not: 400 is assumed.
    """
    if company.accounting is None or data_type != "customers":
        raise ApiError(
            404, f"Data type {data_type} is not supported for company {company.plan.id}."
        )
    running = latest(company)
    if running is not None and not running["isCompleted"]:
        raise ApiError(
            400,
            f"DatasetAlreadyInProgressException: Cannot queue {data_type} sync for {company.plan.id}"
            f" as previous sync {running['id']} is still in progress",
            retry="False",
        )
    return begin(world, company)


def begin_planned(world: World, company: Company) -> None:
    """Begin the refresh of a company whose plan has a running one. It ends only with `settle()`."""
    if company.plan.synced == "running":
        begin(world, company, at="Fetching", ends=False)


def latest(company: Company) -> dict[str, Any] | None:
    """The newest pull operation."""
    return company.pulls[-1] if company.pulls else None


def begin(
    world: World, company: Company, *, at: str = "Initial", ends: bool = True
) -> dict[str, Any]:
    """Make a pull operation in state `at` and let it run; with `ends` False it waits for `settle()`."""
    pull: dict[str, Any] = {
        "id": world.new_key(),
        "companyId": company.plan.id,
        "connectionId": company.accounting_connection_id,
        "dataType": "customers",
        "status": at,
        "statusDescription": None,
        "errorMessage": None,
        "requested": now(),
        "progress": dict(STATES)[at],
        "isCompleted": False,
        "isErrored": False,
    }
    company.pulls.append(pull)
    delay = world.settings.sync_delay / len(STATES) if ends else _NEVER
    world.schedule.after(delay, functools.partial(_advance, world, company, pull))
    return pull


def _advance(world: World, company: Company, pull: dict[str, Any]) -> None:
    """Move to the next state. Without a connector the pull stays `Queued`."""
    step = functools.partial(_advance, world, company, pull)
    if pull["status"] == "Queued" and not company.online:
        pull["statusDescription"] = "Waiting for the desktop connector to come online"
        company.waiting.append(step)
        return
    if pull["status"] == "Fetching":
        broken = _outcome(world, company)
        if broken:
            _fail(world, company, pull, broken)
            return
    pull["status"], pull["progress"] = STATES[_NAMES.index(pull["status"]) + 1]
    pull["statusDescription"] = None
    if pull["status"] == "Complete":
        company.take_copy()
        pull["completed"], pull["isCompleted"] = now(), True
        _announce(world, company, pull)
    else:
        world.schedule.after(world.settings.sync_delay / len(STATES), step)


def _outcome(world: World, company: Company) -> str:
    """The error state in which this refresh ends; "" for none."""
    states = {link.status for link in company.plan.links if link.integration is company.accounting}
    if states != {"Linked"}:
        return "AuthError"
    outcome = world.settings.refresh_outcome
    return "" if outcome == "Complete" else outcome


def _fail(world: World, company: Company, pull: dict[str, Any], status: str) -> None:
    pull["status"], pull["isCompleted"], pull["isErrored"] = status, True, True
    pull["completed"] = now()
    pull["errorMessage"] = _ERRORS.get(status, f"The refresh ended as {status}.")
    _announce(world, company, pull)


def _announce(world: World, company: Company, pull: dict[str, Any]) -> None:
    world.emit(
        "read.completed",
        {
            "referenceCompany": {"id": company.plan.id, "name": company.plan.name},
            "dataTypes": [
                {
                    "connectionId": pull["connectionId"],
                    "dataType": "customers",
                    "recordsModified": not pull["isErrored"],
                    "status": pull["status"],
                    "issues": _issues(world),
                }
            ],
        },
    )


def _issues(world: World) -> list[dict[str, Any]]:
    """What a sync found wrong with the data."""
    return [
        {"type": "Validation", "message": f"Customer {number} has no name.", "links": {}}
        for number in range(1, world.settings.sync_issues + 1)
    ]


def status(company: Company) -> dict[str, Any]:
    """The body of `dataStatus`: when customers were last synced; {} where they never were."""
    pull = latest(company)
    if pull is None and not company.synced:
        return {}
    known: dict[str, Any] = {"dataType": "customers", "currentStatus": "Complete"}
    if company.last_sync:
        known["lastSuccessfulSync"] = company.last_sync
    if pull is not None:
        known["currentStatus"] = pull["status"]
        known["latestSyncId"] = pull["id"]
    for done in reversed(company.pulls):
        if done["status"] == "Complete":
            known["latestSuccessfulSyncId"] = done["id"]
            break
    return {"customers": known}
