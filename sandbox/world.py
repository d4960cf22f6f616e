"""The data of the sandbox: settings, companies, Codat's copy of the customers and the accounting software's own."""

# ruff: noqa: S311  (not for cryptography; they must be repeatable)

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from .data import dates, past_writes, special_records
from .data.companies import PLANS, Link, Plan
from .data.integration import Integration, new_id
from .data.records import Record, customers
from .errors import ApiError
from .schedule import Schedule, now

Emit = Callable[[str, dict[str, Any]], None]


_UNDATED = {"modifiedDate": None}


@dataclass
class Settings:
    """What can be changed while the sandbox runs. Times are in seconds.

    latency: added to every response but refusals of a limit. push_delay: until a write ends. sync_delay: how long a
    refresh takes. minute: the length of one of `timeoutInMinutes`. daily_quota: calls left until 429 (None: never
    refused; the headers then count down and start again). max_concurrent: calls at the same time per company until 429
    (Codat's is 10; None: never refused). ranges, heads: whether downloads honour `Range` and `HEAD`. case_sensitive: of
    `=` and `~`. refresh_outcome: the state in which refreshes end. webhook_copies: how often each event is
    delivered (Codat promises at least once). reference: the moment that the data's dates are relative to, as Codat
    writes dates; "" for the present. past_writes: whether Codat has a history of writes already. next_write: the
    outcome of the next write, one of `writes.FORCED_OUTCOMES`; "" for the one it would have. refused_value: a text that
    the accounting software refuses in any field, "" for none. sync_issues: how many problems each sync finds in the
    data, as its event says. dashboard_url: where the page *Try it* leads.
    """

    customers: int = 5000
    seed: int = 1
    latency: float = 0.0
    push_delay: float = 1.0
    sync_delay: float = 1.5
    minute: float = 60.0
    daily_quota: int | None = None
    max_concurrent: int | None = None
    ranges: bool = False
    heads: bool = False
    case_sensitive: bool = False
    refresh_outcome: str = "Complete"
    webhook_url: str | None = None
    webhook_secret: str | None = None
    webhook_copies: int = 1
    reference: str = dates.stamp(dates.REFERENCE)
    past_writes: bool = False
    next_write: str = ""
    refused_value: str = ""
    sync_issues: int = 0
    dashboard_url: str = ""

    def __post_init__(self) -> None:
        self.reference = self.reference or dates.stamp(datetime.now(UTC))
        try:
            dates.parse(self.reference)
        except ValueError:
            raise ValueError(
                f"“{self.reference}” is no moment such as 2026-01-31T12:00:00Z."
            ) from None

    @property
    def shift(self) -> timedelta:
        """By how much the data's dates are moved."""
        return dates.parse(self.reference) - dates.REFERENCE


@dataclass
class Company:
    """One company's state. `copy` is Codat's copy, `source` the customers in the accounting software.

    Records are shared, also between sandboxes: they are replaced, never changed.
    """

    plan: Plan
    copy: dict[str, Record]
    source: dict[str, Record]
    random: Random
    synced: bool
    last_sync: str | None
    online: bool
    pushes: list[dict[str, Any]] = field(default_factory=list)
    pulls: list[dict[str, Any]] = field(default_factory=list)
    waiting: list[Callable[[], None]] = field(default_factory=list)
    version: int = 0
    selections: dict[tuple[str, str], Sequence[Mapping[str, Any]]] = field(default_factory=dict)

    @property
    def accounting(self) -> Integration | None:
        """The integration that customers are read through: the linked one, else any accounting one."""
        links = [link for link in self.plan.links if link.integration.source_type == "Accounting"]
        linked = [link for link in links if link.status == "Linked"]
        return (linked or links)[0].integration if links else None

    def connection(self, connection_id: str) -> Link:
        """The connection with this id. Raises ApiError 404."""
        for index, link in enumerate(self.plan.links):
            if self.plan.connection_id(index) == connection_id:
                return link
        raise ApiError(404, f"Data connection {connection_id} not found.")

    @property
    def accounting_connection_id(self) -> str:
        """The id of the connection behind `accounting`; "" when there is none."""
        links = [link for link in self.plan.links if link.integration is self.accounting]
        if not links:
            return ""
        best = min(links, key=lambda link: link.status != "Linked")
        return self.plan.connection_id(self.plan.links.index(best))

    def read(self, record: Record) -> Record:
        """A record of the accounting software as Codat returns it."""
        hidden = self.accounting.hides if self.accounting else ()
        if not any(name in record for name in hidden):
            return record
        return {name: item for name, item in record.items() if name not in hidden}

    def take_copy(self) -> None:
        """The end of a refresh: Codat's copy is replaced by the data of the accounting software."""
        stamp = now()
        copy = {}
        for key, record in self.source.items():
            current, before = self.read(record), self.copy.get(key)
            same = before is not None and current | _UNDATED == before | _UNDATED
            copy[key] = before if before is not None and same else current | {"modifiedDate": stamp}
        self.copy = copy
        self.synced, self.last_sync = True, stamp
        self.clear_selections()

    def clear_selections(self) -> None:
        """The copy has changed: drop the selections from it."""
        self.version += 1
        self.selections.clear()

    def unused_id(self) -> str:
        """An ID that no customer has."""
        kind = self.accounting.ids if self.accounting else "uuid"
        number = len(self.source) + 1
        while (candidate := new_id(kind, number, self.random)) in self.source:
            number += 1
        return candidate


OnCreate = Callable[["World", Company], None]


class World:
    """The data behind the routes. Changes are made under `schedule.lock`."""

    def __init__(self, settings: Settings, emit: Emit, on_create: OnCreate) -> None:
        """`on_create` is called with each company as it is made."""
        self.settings = settings
        self.emit = emit
        self._on_create = on_create
        self.schedule = Schedule()
        self.base_url = ""
        self.used = 0
        self._companies: dict[str, Company] = {}
        self._plans = {plan.id: plan for plan in PLANS}
        # The IDs of companies that were deleted.
        self.deleted: set[str] = set()
        # The records of each company with the dates of this sandbox, so that a reset is quick.
        self._records: dict[tuple[object, ...], dict[str, Record]] = {}
        self._keys = Random(settings.seed)

    def reset(self) -> None:
        """Restore the initial state. Companies are created again when they are requested."""
        with self.schedule.lock:
            self.schedule.clear()
            self._companies.clear()
            self.deleted.clear()
            self._keys = Random(self.settings.seed)
            self.used = 0

    def company(self, company_id: str) -> Company:
        """The company with this id. Raises ApiError 404."""
        with self.schedule.lock:
            if company_id not in self._companies:
                plan = self._plans.get(company_id.lower())
                if plan is None or plan.id in self.deleted:
                    raise ApiError(404, f"Company {company_id} not found.", retry="False")
                self._companies[company_id] = self._make(plan)
            return self._companies[company_id]

    def companies(self) -> list[Company]:
        """All companies, in the order of their names."""
        return [self.company(plan.id) for plan in PLANS if plan.id not in self.deleted]

    def forget(self, company_id: str) -> None:
        """Forget the state of a company."""
        self._companies.pop(company_id, None)

    def new_key(self) -> str:
        """A fresh UUID: the key of a push operation or the id of a data set."""
        return str(uuid.UUID(int=self._keys.getrandbits(128), version=4))

    def _make(self, plan: Plan) -> Company:
        source = self._source(plan)
        last_sync = dates.moved(dates.stamp(plan.last_sync), self.settings.shift)
        company = Company(
            plan=plan,
            copy={},
            source=dict(source),
            random=Random(f"{self.settings.seed}:{plan.key}:new"),
            synced=plan.synced == "yes",
            last_sync=last_sync if plan.synced == "yes" else None,
            online=not any(link.integration.offline for link in plan.links),
        )
        if company.synced:
            company.copy = {key: company.read(record) for key, record in source.items()}
        for key, change in special_records.CHANGED_SINCE.get(plan.key, {}).items():
            moved = dates.moved_record(change, self.settings.shift)
            company.source[key] = company.source[key] | moved
        if self.settings.past_writes:
            company.pushes = past_writes.operations(plan, list(source), self.settings.shift)
        self._on_create(self, company)
        return company

    def _source(self, plan: Plan) -> dict[str, Record]:
        """The customers that a company begins with."""
        settings = self.settings
        count = settings.customers if plan.count < 0 else plan.count
        key = (plan.key, settings.seed, count, settings.shift)
        if key not in self._records:
            generate = special_records.RECORDS.get(plan.key)
            records = (
                generate()
                if generate
                else customers(settings.seed, plan.key, count, plan.shape, plan.last_sync)
            )
            if settings.shift:
                records = {
                    customer_id: dates.moved_record(record, settings.shift)
                    for customer_id, record in records.items()
                }
            self._records[key] = records
        return self._records[key]
