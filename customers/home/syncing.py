"""Syncs that people ask for on the home page, for one company or for many: wished by a page, done by the worker."""

from collections.abc import Callable, Collection

from django.db.models import Q
from django.utils import timezone

from customers.codat.errors import ErrorResponse, RateLimited
from customers.codat.http.quota import background
from customers.models import CompanyState, CompanySync
from customers.service import CustomerService
from customers.writes.confirming import company_sync

ShouldStop = Callable[[], bool]

# Syncs that are asked for, and polled, in one turn.
MAX_ASKED, MAX_POLLED = 50, 200


def wish(company_ids: Collection[str]) -> int:
    """Have the worker sync these companies; of how many it was not wished already."""
    rows = CompanyState.objects.filter(pk__in=company_ids, sync_wished_at=None)
    return rows.update(sync_wished_at=timezone.now())


def running() -> set[str]:
    """The companies that are being synced, or will be by the worker."""
    wished = CompanyState.objects.filter(sync_wished_at__isnull=False)
    asked = CompanySync.objects.filter(_running())
    syncing = [sync.company_id for sync in asked if company_sync.is_running(sync)]
    return {*wished.values_list("company_id", flat=True), *syncing}


def has_work() -> bool:
    """Whether a sync is wished, or runs."""
    wished = CompanyState.objects.filter(sync_wished_at__isnull=False)
    return wished.exists() or CompanySync.objects.filter(_running()).exists()


def work(service: CustomerService, should_stop: ShouldStop) -> int:
    """Ask for the syncs that are wished, and poll those that run; how many were asked for. Raises CodatError."""
    done = 0
    with background():
        for sync in list(CompanySync.objects.filter(_running())[:MAX_POLLED]):
            if should_stop():
                return done
            if company_sync.is_running(sync) and sync.refresh_id and sync.asked_at:
                company_sync.look(sync.company_id, service, since=sync.asked_at)
        wished = CompanyState.objects.filter(sync_wished_at__isnull=False)
        oldest = wished.order_by("sync_wished_at").values_list("company_id", flat=True)
        for company_id in list(oldest[:MAX_ASKED]):
            if should_stop():
                return done
            done += _ask(company_id, service)
    return done


def _running() -> Q:
    return Q(asked_at__isnull=False, ended_at=None)


def _ask(company_id: str, service: CustomerService) -> bool:
    """Ask for one sync, unless one runs or failed a moment ago. What Codat refuses is wished no more."""
    asked = False
    try:
        sync = company_sync.current(company_id)
        if company_sync.may_ask(sync):
            asked = company_sync.ask(sync, service)
    except RateLimited:
        raise
    except ErrorResponse:
        asked = False
    CompanyState.objects.filter(pk=company_id).update(sync_wished_at=None)
    return asked
