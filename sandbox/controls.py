"""What tests and demos can read and change: settings, faults, calls, companies, webhooks."""

from __future__ import annotations

import dataclasses
from collections import deque
from typing import Any

from . import refreshes
from .data.companies import PLANS, Link
from .faults import Faults
from .files import File, attachment
from .idempotency import Idempotency
from .schedule import now
from .server import Call
from .webhooks import Delivery, Webhooks
from .world import Company, Settings, World

# Calls in the call log; older ones are dropped.
MAX_CALLS = 20_000


class SandboxControls:
    """The state of a sandbox and its controls, without HTTP."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._initial = dataclasses.replace(settings)
        self.faults = Faults()
        self.webhooks = Webhooks(settings)
        self.world = World(settings, self.webhooks.emit, refreshes.begin_planned)
        self._idempotency = Idempotency()
        self._calls: deque[Call] = deque(maxlen=MAX_CALLS)

    def reset(self) -> None:
        """Restore the initial state: data, settings, faults, call log, keys, events. Takes a few milliseconds."""
        self.normal()
        self.world.reset()
        self.webhooks.reset()
        self._idempotency.clear()
        self._calls.clear()

    def normal(self) -> None:
        """End all faults and restore the initial settings; the data stays as it is."""
        self.faults.clear()
        for field in dataclasses.fields(Settings):
            setattr(self.settings, field.name, getattr(self._initial, field.name))

    def settle(self) -> None:
        """End all delays now: pushes end, time-outs expire, refreshes complete; connectors stay offline."""
        self.world.schedule.run_all()

    @property
    def calls(self) -> list[Call]:
        """The calls so far, oldest first (the newest 20,000), those to `/_sandbox/` left out."""
        return list(self._calls)

    def clear_calls(self) -> None:
        """Empty the call log."""
        self._calls.clear()

    @property
    def open_connections(self) -> int:
        """Connected sockets; 0 without a server."""
        return 0

    @property
    def events(self) -> list[Delivery]:
        """The webhooks sent so far."""
        return list(self.webhooks.deliveries)

    def company(self, key: str) -> str:
        """The id of a named company. Raises KeyError."""
        return next((plan.id for plan in PLANS if plan.key == key), None) or _unknown(key)

    def connection(self, key: str, index: int | None = None) -> str:
        """The id of a named company's accounting connection, or of its connection number `index`."""
        company = self.state(key)
        if index is not None:
            return company.plan.connection_id(index)
        return company.accounting_connection_id

    def state(self, key: str) -> Company:
        """The state of a named company: `copy` (Codat's copy) and `source` (the accounting software)."""
        return self.world.company(self.company(key))

    def file(self, key: str, customer_id: str, attachment_id: str) -> File:
        """An attachment: `length`, and its bytes in `pieces()`. Raises KeyError."""
        file = attachment(key, customer_id, attachment_id)
        if file is None:
            raise KeyError(f"no attachment {attachment_id} of {customer_id} in {key}")
        return file

    def change(self, key: str, customer_id: str, **fields: Any) -> None:
        """Change a customer in the accounting software; Codat's copy does not change."""
        company = self.state(key)
        with self.world.schedule.lock:
            change = {"sourceModifiedDate": now()} | fields
            company.source[customer_id] = company.source[customer_id] | change

    def set_status(self, key: str, status: str) -> None:
        """Set the state of a company's accounting connections, and send the event that Codat sends of it."""
        company = self.state(key)
        with self.world.schedule.lock:
            company.plan = dataclasses.replace(company.plan, links=_accounting(company, status))
        self.webhooks.emit(
            f"connection.{'reconnected' if status == 'Linked' else 'disconnected'}",
            {
                "referenceCompany": {"id": company.plan.id, "name": company.plan.name},
                "connection": {"id": company.accounting_connection_id, "status": status},
            },
        )

    def delete_company(self, key: str) -> None:
        """Delete a company at Codat, with its data."""
        company_id = self.company(key)
        with self.world.schedule.lock:
            self.world.deleted.add(company_id)
            self.world.forget(company_id)

    def replace_connection(self, key: str) -> None:
        """Unlink the accounting connections of a company and link a new one to the same software."""
        company = self.state(key)
        with self.world.schedule.lock:
            integration = company.accounting
            if integration is None:
                raise ValueError(f"{key} has no accounting connection")
            links = (*_accounting(company, "Unlinked"), Link(integration))
            company.plan = dataclasses.replace(company.plan, links=links)

    def set_online(self, key: str, online: bool = True) -> None:  # noqa: FBT001, FBT002  readable as a positional argument
        """Set a desktop connector online or offline; waiting jobs continue when it comes online."""
        company = self.state(key)
        with self.world.schedule.lock:
            company.online = online
            if online:
                waiting, company.waiting = company.waiting, []
                for job in waiting:
                    self.world.schedule.after(0.0, job)


def _accounting(company: Company, status: str) -> tuple[Link, ...]:
    """The connections of a company, the accounting ones in this state."""
    return tuple(
        dataclasses.replace(link, status=status)
        if link.integration.source_type == "Accounting"
        else link
        for link in company.plan.links
    )


def _unknown(key: str) -> str:
    keys = ", ".join(plan.key for plan in PLANS)
    raise KeyError(f"no company {key}; there are {keys}")
