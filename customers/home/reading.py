"""Reads the companies for the home page, as work of the worker: pages of companies, events, and schedules of syncs.

The index of customers takes the companies from the same reading.

All companies are read every ten minutes. Between two readings Codat's events say which have changed.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone

from customers.codat.errors import CodatError, ErrorResponse, NotFound
from customers.codat.http.quota import background
from customers.codat.pages import position
from customers.codat.text import db_safe
from customers.codat.types import Company
from customers.codat.values import canonical_company_id
from customers.home.company_facts import Facts, facts_of
from customers.home.events import CompanyEvent, company_events, events_since
from customers.home.sources.companies import LINKED
from customers.index.companies import compare
from customers.models import CompanyState
from customers.people import asking
from customers.service import CustomerService

ShouldStop = Callable[[], bool]

# Companies of one page, which is one call; pages: more than any account has.
PAGE_SIZE, MAX_PAGES = 500, 200
# Schedules seldom change. Of so many companies they are read in one turn.
SCHEDULE_AGE, MAX_SCHEDULES = timedelta(days=7), 20
# Events that are looked at: an event before the last whole reading has nothing new.
EVENTS_OF = timedelta(hours=1)
_FIELDS = (
    "name",
    "platform_name",
    "status",
    "link_url",
    "error",
    "broken_at",
    "last_sync",
    "created",
    "tags",
    "grant_keys",
    "search",
    "read_at",
)


def read_all(service: CustomerService, should_stop: ShouldStop) -> int:
    """Read all companies; how many there are. Those that Codat has no more are removed. Raises CodatError."""
    started_at, number = timezone.now(), 0
    found: list[Company] = []
    with background():
        for page in range(1, MAX_PAGES + 1):
            if should_stop():
                return number
            results = service.list_companies(page=page, page_size=PAGE_SIZE, order_by="created")
            number += _store(results["results"])
            found += results["results"]
            if not position(results, page, PAGE_SIZE).has_next:
                break
        CompanyState.objects.filter(read_at__lt=started_at).delete()
        compare(found)
        asking.forget_answered()
        _read_schedules(service, should_stop)
    return number


def has_events(since: datetime | None) -> bool:
    """Whether an event about companies arrived since a time; None for ever."""
    return events_since(since or timezone.now() - EVENTS_OF).exists()


def read_events(service: CustomerService, should_stop: ShouldStop) -> int:
    """Bring the companies up to date that events since their last reading are about; how many. Raises CodatError.

    The event of a sync has what is new in it; of a connection the company is read.
    """
    done = 0
    with background():
        for event in company_events(timezone.now() - EVENTS_OF):
            if should_stop():
                break
            state = CompanyState.objects.filter(pk=event.company_id).first()
            known = (state.read_at, state.event_at) if state else ()
            if all(moment is None or moment < event.received_at for moment in known):
                done += _apply(event, service)
    if done:
        asking.forget_answered()
    return done


def _apply(event: CompanyEvent, service: CustomerService) -> bool:
    """Take over what an event says; whether there was something."""
    rows = CompanyState.objects.filter(pk=event.company_id)
    if event.is_sync:
        return bool(rows.update(event_at=event.received_at, **event.values))
    try:
        company = service.get_company(company_id=event.company_id, fresh=True)
    except NotFound:
        return bool(rows.delete()[0])
    _store([company], broken_at=event.at)
    return True


def _store(companies: Iterable[Company], broken_at: datetime | None = None) -> int:
    """Store companies as they are now; how many. `broken_at` is the time of the event that said so."""
    now = timezone.now()
    found = {company_id: company for company in companies if (company_id := _id_of(company))}
    known = CompanyState.objects.in_bulk(list(found))
    rows = [
        CompanyState(
            company_id=company_id,
            read_at=now,
            **_values(facts_of(company), known.get(company_id), broken_at or now),
        )
        for company_id, company in found.items()
    ]
    CompanyState.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["company_id"], update_fields=_FIELDS
    )
    return len(rows)


def _values(facts: Facts, known: CompanyState | None, now: datetime) -> dict[str, Any]:
    """The columns of a company. Since when a connection is broken Codat often says; else since we saw it break."""
    if not facts.is_broken:
        broken_at = None
    elif facts.broken_at or known is None:
        broken_at = facts.broken_at
    else:
        was_well = known.status == LINKED and not known.error
        broken_at = now if was_well else known.broken_at
    return {**facts.values, "broken_at": broken_at}


def _id_of(company: Company) -> str:
    """The ID of a company, "" where the table cannot have it."""
    value = company.get("id")
    company_id = canonical_company_id(db_safe(value, 65)) if isinstance(value, str) else ""
    return company_id if len(company_id) <= 64 else ""


def _read_schedules(service: CustomerService, should_stop: ShouldStop) -> None:
    """Read the schedules of the companies whose last reading was longest ago. One that Codat does not tell is none."""
    old = timezone.now() - SCHEDULE_AGE
    due = Q(schedule_read_at=None) | Q(schedule_read_at__lt=old)
    companies = (
        CompanyState.objects.filter(due, status=LINKED)
        .order_by("schedule_read_at", "company_id")
        .values_list("company_id", flat=True)[:MAX_SCHEDULES]
    )
    for company_id in companies:
        if should_stop():
            return
        try:
            hours = service.get_schedule(company_id=company_id)
        except ErrorResponse:
            hours = None
        except CodatError:
            return
        CompanyState.objects.filter(pk=company_id).update(
            schedule_hours=hours, schedule_read_at=timezone.now()
        )
