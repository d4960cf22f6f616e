"""What the page *Try it* can do, each by one button."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox.controls import SandboxControls
from sandbox.data import dates
from sandbox.schedule import now

from .target import opened_company, opened_customer

_WRITES = r"^(POST|PUT) /companies/[^/]+/connections/[^/]+/push/customers"
# Longer than the dashboard waits for a response.
_SILENCE = 60.0
_OUTAGE = 60.0
_SLOW_WRITE = 30.0
_STALE = timedelta(days=60)


@dataclass(frozen=True)
class Action:
    """One button: its label, what it does and what to look at then, and what it says afterwards."""

    name: str
    label: str
    text: str
    done: str
    run: Callable[[SandboxControls], None]


@dataclass(frozen=True)
class Group:
    """Actions under one heading."""

    heading: str
    lead: str
    actions: tuple[Action, ...]


def _next_write(outcome: str) -> Callable[[SandboxControls], None]:
    def run(sandbox: SandboxControls) -> None:
        sandbox.settings.next_write = outcome

    return run


def _set(**settings: Any) -> Callable[[SandboxControls], None]:
    def run(sandbox: SandboxControls) -> None:
        for name, value in settings.items():
            setattr(sandbox.settings, name, value)

    return run


def _no_answer(sandbox: SandboxControls) -> None:
    sandbox.faults.add(_WRITES, "hang", seconds=_SILENCE, handled=True)


def _down(sandbox: SandboxControls) -> None:
    sandbox.faults.add(".", "status", status=503, count=-1, lasts=_OUTAGE)


def _change(sandbox: SandboxControls) -> None:
    """Somebody else changes the phone number, and Codat has read it already."""
    company, customer_id = opened_customer(sandbox)
    with sandbox.world.schedule.lock:
        record = company.source[customer_id]
        number = _other_number(str(record.get("phone") or ""))
        record = record | {"phone": number, "sourceModifiedDate": now()}
        company.source[customer_id] = record
        company.copy[customer_id] = company.read(record) | {"modifiedDate": now()}
        company.clear_selections()


def _other_number(number: str) -> str:
    digits = "".join(character for character in number if character.isdecimal())[-3:] or "0"
    return f"+44 20 7946 0{(int(digits) + 1) % 1000:03}"


def _delete(sandbox: SandboxControls) -> None:
    """Somebody else deletes the customer, and Codat has noticed."""
    company, customer_id = opened_customer(sandbox)
    with sandbox.world.schedule.lock:
        record = company.source.pop(customer_id)
        deleted = {"metadata": {"isDeleted": True}, "modifiedDate": now()}
        company.copy[customer_id] = company.read(record) | deleted
        company.clear_selections()


def _stale(sandbox: SandboxControls) -> None:
    company = opened_company(sandbox)
    with sandbox.world.schedule.lock:
        company.last_sync = dates.stamp(datetime.now(UTC) - _STALE)


GROUPS: tuple[Group, ...] = (
    Group(
        "The next change",
        "Press a button, then save any customer in the dashboard.",
        (
            Action(
                "refuse",
                "Refuse it",
                "Codat answers at once that the name is not valid. The problem appears at its field.",
                "The next change will be refused.",
                _next_write("Refuse me"),
            ),
            Action(
                "refuse-later",
                "Refuse it later",
                "Codat accepts the change, then the accounting software refuses it. My changes counts it.",
                "The next change will be refused after a few seconds.",
                _next_write("Fail me later"),
            ),
            Action(
                "time-out",
                "Never answer",
                "Codat receives the change and does not answer. After 20 seconds its outcome is unknown,"
                " and the page says what to do.",
                "The next change will get no answer.",
                _no_answer,
            ),
            Action(
                "lose",
                "Time out at the software",
                "Codat reports a time-out, although the change was received. It may still appear.",
                "The next change will time out.",
                _next_write("Lose me"),
            ),
            Action(
                "slow-write",
                "Take 30 seconds",
                "Every change takes 30 seconds. Watch it on its page, or go on with something else.",
                "Changes now take 30 seconds.",
                _set(push_delay=_SLOW_WRITE),
            ),
        ),
    ),
    Group(
        "Somebody else",
        "These concern the customer, or the company, that was opened last in the dashboard.",
        (
            Action(
                "conflict",
                "Change the phone number now",
                "Open a customer's form and change the phone number. Press this. Then save: both values are shown.",
                "Somebody else changed the phone number.",
                _change,
            ),
            Action(
                "delete",
                "Delete the customer now",
                "Open a customer's form. Press this. Then save: the change is refused, and your values stay.",
                "Somebody else deleted the customer.",
                _delete,
            ),
            Action(
                "stale",
                "Make the last sync old",
                "Codat last read the company 60 days ago. Its pages say so; choose Sync now.",
                "The last sync was 60 days ago.",
                _stale,
            ),
        ),
    ),
    Group(
        "Codat",
        "Press a button, then use the dashboard as usual.",
        (
            Action(
                "down",
                "Down for a minute",
                "Every call fails for a minute. Pages that were read before are shown with their age.",
                "Codat is down for a minute.",
                _down,
            ),
            Action(
                "slow",
                "Slow: 500 ms",
                "Each call takes half a second longer.",
                "Each call now takes 500 ms longer.",
                _set(latency=0.5),
            ),
            Action(
                "very-slow",
                "Very slow: 5 s",
                "Each call takes five seconds longer.",
                "Each call now takes 5 seconds longer.",
                _set(latency=5.0),
            ),
            Action(
                "normal",
                "Normal",
                "No faults and no delays. Customers stay as they are.",
                "Codat works normally.",
                lambda sandbox: sandbox.normal(),
            ),
        ),
    ),
    Group(
        "Begin again",
        "",
        (
            Action(
                "reset",
                "Reset everything",
                "All customers, faults and delays as at the start. The dashboard's own history stays.",
                "Everything is as at the start.",
                lambda sandbox: sandbox.reset(),
            ),
        ),
    ),
)
ACTIONS = {action.name: action for group in GROUPS for action in group.actions}
