"""Confirming many writes of one company: one sync for all, and their customers read back through pages of the list.

A page of the list costs as much as one customer. Where the list does not show what was sent, or does not have the
customer, a read of that one decides. At most one page of records and its writes are in memory.
"""

import logging
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

from django.db.models import Max, Min
from django.utils import timezone

from customers.codat import refreshes
from customers.codat.errors import BadRequest, NotFound, NotSynced
from customers.codat.values import is_empty
from customers.models import Batch, CompanySync, Write, WriteQuerySet
from customers.service import CustomerService
from customers.writes import leases
from customers.writes.confirming import company_sync, confirmation

log = logging.getLogger(__name__)

Confirmation = Write.Confirmation

# Customers of one page of the list.
PAGE_SIZE = 1000
# Writes that are read from the database together.
_PIECE = 500
# Up to so many writes are read back one by one, and of the others so many in one turn.
FEW, MAX_SINGLE_READS = 2, 100
# The lease of a turn: longer than its calls take.
_TURN = timedelta(minutes=5)
# The difference between the clocks of this machine and Codat.
_CLOCK_SKEW = timedelta(minutes=5)
# For how long an accepted row of a batch waits for the rest of it, so that one sync confirms them all.
_WAIT_FOR_BATCH = timedelta(minutes=2)


def confirm_company(
    company_id: str, service: CustomerService, rows: WriteQuerySet | None = None
) -> int:
    """Take the next step of confirming a company's writes, or those of `rows`; how many were read back.

    One process does so at a time; any other returns immediately. Raises CodatError.
    """
    name, holder = f"confirm:{company_id}", leases.new_holder()
    waiting = confirmation.waiting_writes(company_id) if rows is None else rows
    if not waiting.exists() or not leases.take(name, holder=holder, lasts=_TURN):
        return 0
    try:
        return _confirm(company_id, service, waiting)
    finally:
        leases.give_back(name, holder=holder)


def _confirm(company_id: str, service: CustomerService, waiting: WriteQuerySet) -> int:
    now = timezone.now()
    old = waiting.filter(refresh_asked_at__lt=now - confirmation.MAX_WAIT)
    done = old.update(confirmation=Confirmation.ABSENT, confirmed_at=now)
    newest = waiting.aggregate(at=Max("completed_at"))["at"] or now
    sync = company_sync.look(company_id, service, since=newest)
    ended = waiting.exclude(refresh_id="").exclude(company_sync.waits_for(sync))
    if ended.exists():
        ended.filter(refresh_id=sync.refresh_id).update(
            refresh_progress=sync.progress, refresh_status=sync.status
        )
        done += _Reading(company_id, service, ended).read()
    unasked = waiting.filter(refresh_id="")
    if unasked.exists():
        _wait_for_sync(sync, service, unasked)
    return done


def _wait_for_sync(sync: CompanySync, service: CustomerService, unasked: WriteQuerySet) -> None:
    """Let writes wait for the running sync where that will read them, or ask for a sync if none is running."""
    if company_sync.is_running(sync):
        for write in unasked.only("completed_at", "created_at").iterator():
            if company_sync.can_be_joined(sync, confirmation.accepted_at(write)):
                unasked.filter(pk=write.pk).update(**confirmation.joining(sync))
    elif company_sync.may_ask(sync) and not _more_will_come(sync.company_id, unasked):
        confirmation.ask(sync, service)


def _more_will_come(company_id: str, unasked: WriteQuerySet) -> bool:
    """Whether a sync can wait a little, because more rows of a running batch will need one."""
    if unasked.filter(batch=None).exists():
        return False
    if unasked.filter(completed_at__lt=timezone.now() - _WAIT_FOR_BATCH).exists():
        return False
    states = (Write.State.QUEUED, Write.State.SENDING, Write.State.PENDING)
    coming = Write.objects.filter(company_id=company_id, state__in=states)
    return coming.filter(batch__state=Batch.State.RUNNING, batch__halted="").exists()


class _Reading:
    """Reads back the writes of `rows`, whose sync has ended. They leave `rows` as they are concluded."""

    def __init__(self, company_id: str, service: CustomerService, rows: WriteQuerySet) -> None:
        self.company_id = company_id
        self.service = service
        self.rows = rows
        self.reads = 0
        self.done = 0

    def read(self) -> int:
        """Read and conclude; how many writes were. Raises CodatError."""
        self._repeat_failed()
        if self.rows.count() > FEW:
            self._read_pages(self._changed_since())
        if self.rows.count() > FEW:
            self._read_pages("")
        for write in self.rows.order_by("completed_at", "pk")[: MAX_SINGLE_READS - self.reads]:
            self._read_one(write)
        return self.done

    def _repeat_failed(self) -> None:
        """After a failed sync another one is awaited, without a read."""
        again = self.rows.filter(refreshes__lt=confirmation.MAX_REFRESHES)
        for status in again.order_by().values_list("refresh_status", flat=True).distinct():
            if refreshes.has_failed(status):
                again.filter(refresh_status=status).update(**confirmation.AGAIN)

    def _changed_since(self) -> str:
        """The query for the customers that changed since the oldest of the writes was sent."""
        oldest = self.rows.aggregate(at=Min("sent_at"))["at"] or timezone.now()
        return f"modifiedDate>={oldest - _CLOCK_SKEW:%Y-%m-%dT%H:%M:%SZ}"

    def _read_pages(self, query: str) -> None:
        """Read pages of the list, as long as fewer are left than writes, and single reads are left in this turn."""
        number, left = 0, 1
        while left and left < self.rows.count() and self.reads < MAX_SINGLE_READS:
            number += 1
            try:
                page = self.service.list_records(
                    company_id=self.company_id, page=number, page_size=PAGE_SIZE, query=query
                )
            except (BadRequest, NotFound, NotSynced):
                return
            self._compare({str(record.get("id")): record for record in page["results"]})
            left = max(0, -(-page["totalResults"] // PAGE_SIZE) - number)

    def _compare(self, records: dict[str, Any]) -> None:
        """Compare the writes of some customers with their records of the list."""
        ids = list(records)
        for start in range(0, len(ids), _PIECE):
            writes = list(self.rows.filter(customer_id__in=ids[start : start + _PIECE]))
            results = [self._judge(write, records[write.customer_id]) for write in writes]
            self._conclude(writes, results)

    def _judge(self, write: Write, record: dict[str, Any]) -> str:
        """What a record of the list says; "" where it has to be read alone."""
        try:
            found, _ = confirmation.judge(write, record)
        except ValueError:  # A malformed row must not stop the others.
            return ""
        is_sufficient = found in (Confirmation.CONFIRMED, Confirmation.WAITING)
        return found if is_sufficient and _shows_cleared(write, record) else ""

    def _conclude(self, writes: Sequence[Write], results: Sequence[str]) -> None:
        def of(result: str) -> list[Any]:
            return [
                write.pk for write, found in zip(writes, results, strict=True) if found == result
            ]

        confirmed = self.rows.filter(pk__in=of(Confirmation.CONFIRMED))
        self.done += confirmed.update(
            confirmation=Confirmation.CONFIRMED, confirmed_at=timezone.now(), differences=[]
        )
        self.rows.filter(pk__in=of(Confirmation.WAITING)).update(**confirmation.AGAIN)
        for write in self._alone(writes, set(of(""))):
            self._read_one(write)

    def _alone(self, writes: Sequence[Write], pks: set[Any]) -> Iterator[Write]:
        """The writes that have to be read alone, as far as this turn has reads left."""
        for write in writes:
            if write.pk in pks and self.reads < MAX_SINGLE_READS:
                yield write

    def _read_one(self, write: Write) -> None:
        self.reads += 1
        record = confirmation.read_customer(write, self.service)
        try:
            confirmation.conclude(write, *confirmation.judge(write, record))
        except ValueError:
            log.exception("write %s", write.pk)
        self.done += write.confirmation != Confirmation.WAITING


def _shows_cleared(write: Write, record: dict[str, Any]) -> bool:
    """Whether a record of the list has the fields that were cleared: one that it leaves out may still have a value."""
    before, sent = write.values_before, write.sent_values
    return all(
        name in record
        for name, value in sent.items()
        if is_empty(value) and not is_empty(before.get(name))
    )
