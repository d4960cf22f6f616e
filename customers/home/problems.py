"""The problems that exist now, computed of the journal, the batches and what the worker last read of companies.

No call to Codat, and no row for a problem: it exists as long as its fact does.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from django.db.models import Q
from django.utils import timezone

from customers.codat.http.quota import RateLimit
from customers.home.problem import KINDS, Problem
from customers.home.sources.batches import batch_problems
from customers.home.sources.changes import change_problems
from customers.home.sources.companies import LATE_AT_LEAST, LINKED, company_problems
from customers.home.sources.imports import import_problems
from customers.home.sources.operations import operation_problems
from customers.models import CompanyState

# A connection that is broken stands for what else is wrong with its company.
_BROKEN = KINDS["connection"]
# Of a company, what problems are made of.
_COLUMNS = (
    "company_id",
    "name",
    "platform_name",
    "status",
    "link_url",
    "error",
    "broken_at",
    "last_sync",
    "created",
    "schedule_hours",
    "findings",
    "finding",
    "findings_at",
)


def problems(quota: RateLimit | None = None, now: datetime | None = None) -> list[Problem]:
    """All problems that exist now, for nobody in particular. About nine queries."""
    now = now or timezone.now()
    found = [
        *change_problems(),
        *company_problems(_states(now), now),
        *batch_problems(now),
        *import_problems(now),
        *operation_problems(quota, now),
    ]
    return _without_swallowed(found)


def _states(now: datetime) -> list[CompanyState]:
    """The companies that may have a problem: not those that are linked, well, and fresh."""
    is_fresh = Q(last_sync__gte=now - LATE_AT_LEAST)
    is_well = Q(status=LINKED, error="", findings=0) & is_fresh
    return list(CompanyState.objects.exclude(status="").exclude(is_well).only(*_COLUMNS))


def _without_swallowed(found: Sequence[Problem]) -> list[Problem]:
    """Give the problems of a company whose connection is broken to that one: never hundreds of rows for one fact."""
    broken = {one.company_id for one in found if one.kind is _BROKEN}
    swallowed: Mapping[str, list[Problem]] = defaultdict(list)
    shown = list[Problem]()
    for one in found:
        if one.company_id in broken and one.kind is not _BROKEN:
            swallowed[one.company_id].append(one)
        else:
            shown.append(one)
    return [
        replace(one, swallowed=swallowed[one.company_id])
        if one.kind is _BROKEN and swallowed[one.company_id]
        else one
        for one in shown
    ]
