"""Fills the index: a turn reads pages of one company's customers. The caller has the company's lease, and renews it.

    due ──> whole pass, page by page ──> what was not seen is removed ──> complete
     └────> what has changed since, and how many there are ──────────────┘
                    └──> whole pass, where the numbers differ

A company is due when something said that Codat's copy has changed, and a week after its last reading. A turn ends after
some seconds, so that all companies have theirs; a pass continues at its page in the next one, in any process.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Case, F, Max, Value, When
from django.utils import timezone

from customers.codat.companies import accounting_connections
from customers.codat.errors import (
    OUTAGES,
    CodatError,
    NotAttempted,
    NotFound,
    NotSynced,
    RateLimited,
    UnaddressableId,
)
from customers.codat.pages import MAX_PAGE_SIZE, Position, position
from customers.codat.paths import api_segment
from customers.codat.text import db_safe
from customers.codat.types import Company, FoundCustomer
from customers.codat.values import parse_date
from customers.index import records, store
from customers.models import IndexedCompany, IndexedCustomer
from customers.service import CustomerService

State = IndexedCompany.State

# Customers of one page, which is one call.
PAGE_SIZE = MAX_PAGE_SIZE
# The longest turn; then another company has its own.
TURN = timedelta(seconds=30)
# Companies that are looked at for the next turn.
MAX_DUE = 20
# A company with at most so many customers is always read whole: that is one call.
FEW = 1_000
# A larger one is read whole after this time at the latest, and any company is read again.
SWEEP = timedelta(days=7)
# What was changed so long before the newest change that the index has is read again.
OVERLAP = timedelta(hours=1)
# A company without a copy is asked for again after this time. Mostly an event, or its last sync, says so earlier.
NEVER_SYNCED_WAIT = timedelta(days=1)
# After an error: the first wait, twice as long after each further one, and the longest.
_FIRST_WAIT, _LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=6)

# Errors that say nothing about the company.
_NOT_NOW = (NotAttempted, RateLimited, *OUTAGES)


@dataclass(slots=True)
class Turn:
    """One turn: its limits, and how many rows it added or replaced. `message` is why it ended early."""

    source: IndexedCompany
    service: CustomerService
    should_stop: Callable[[], bool]
    pace: Callable[[], None]
    ends_at: float
    began_at: datetime = field(default_factory=timezone.now)
    rows: int = 0
    failed: int = 0
    message: str = ""

    @property
    def is_over(self) -> bool:
        """Whether no further page may be read."""
        return self.should_stop() or time.monotonic() >= self.ends_at


def due_companies() -> Sequence[IndexedCompany]:
    """The companies whose turn is due, the one that waits longest first; none where there is no index."""
    if not settings.INDEX_CUSTOMERS:
        return []
    due = IndexedCompany.objects.filter(due_at__lte=timezone.now())
    return list(due.order_by("due_at", "pk")[:MAX_DUE])


def take_turn(
    source: IndexedCompany,
    service: CustomerService,
    *,
    should_stop: Callable[[], bool] = lambda: False,
    pace: Callable[[], None] = lambda: None,
    lasts: timedelta = TURN,
) -> Turn:
    """Read the next pages of a company; what was done. Raises nothing of Codat's."""
    turn = Turn(source, service, should_stop, pace, time.monotonic() + lasts.total_seconds())
    try:
        source.refresh_from_db()
        if source.next_page or _begin(turn):
            _read_pass(turn)
    except CodatError as error:
        _failed(turn, error)
    except (store.Superseded, IndexedCompany.DoesNotExist):
        turn.message = "Another process has read it."
    return turn


# -- the beginning of a reading ------------------------------------------------------------------


def _begin(turn: Turn) -> bool:
    """Look at the company; whether a whole pass has to follow."""
    source = turn.source
    turn.pace()
    try:
        company = turn.service.get_company(company_id=source.company_id, fresh=True)
    except NotFound:
        turn.rows += store.remove_company(source)
        return False
    _adopt(turn, company)
    if not source.connection_id:
        _end(turn, turn.began_at, state=State.NO_CONNECTION, customers=0, synced_at=None)
        return False
    if _may_read_changes(source) and _read_changes(turn):
        return False
    source.pass_number, source.next_page = source.pass_number + 1, 1
    source.pass_began_at, source.is_repeated = turn.began_at, False
    if source.state != State.COMPLETE:
        source.state = State.FILLING
    source.save(update_fields=["pass_number", "next_page", "pass_began_at", "is_repeated", "state"])
    return True


def _adopt(turn: Turn, company: Company) -> None:
    """Take what Codat says of the company. The rows of another connection leave."""
    source = turn.source
    facts = facts_of(company)
    if facts.connection_id != source.connection_id:
        source.state, source.filled_at, source.customers = State.WAITING, None, 0
        source.pass_number += 1
        source.save(update_fields=["state", "filled_at", "customers", "pass_number"])
        turn.rows += store.remove_customers(source)
    source.name, source.platform_name = facts.name, facts.platform_name
    source.connection_id, source.last_sync = facts.connection_id, facts.synced_at
    source.save(update_fields=["name", "platform_name", "connection_id", "last_sync"])


@dataclass(frozen=True, slots=True)
class Facts:
    """What the index has of a company. Without an accounting connection `connection_id` is ""."""

    name: str
    connection_id: str
    platform_name: str
    synced_at: datetime | None


def facts_of(company: Company) -> Facts:
    """What the index has of a company of Codat's: of its connection in the best state."""
    connections = accounting_connections(company)
    connection: Mapping[str, Any] = connections[0] if connections else {}
    return Facts(
        name=db_safe(company.get("name"), 300),
        connection_id=db_safe(connection.get("id"), 64),
        platform_name=db_safe(connection.get("platformName"), 100),
        synced_at=parse_date(connection.get("lastSync") or company.get("lastSync")),
    )


# -- what has changed ----------------------------------------------------------------------------


def _may_read_changes(source: IndexedCompany) -> bool:
    return (
        source.state == State.COMPLETE
        and source.filled_at is not None
        and source.filled_at > timezone.now() - SWEEP
        and source.customers > FEW
    )


def _read_changes(turn: Turn) -> bool:
    """Read what has changed, by one page; whether the index then has as many customers as Codat."""
    source, rows = turn.source, IndexedCustomer.objects.filter(source=turn.source)
    newest = rows.aggregate(newest=Max("modified_at"))["newest"]
    if newest is None:
        return False
    query = f"modifiedDate>={newest - OVERLAP:%Y-%m-%dT%H:%M:%SZ}"
    spot = _read_page(turn, 1, query)
    if spot.has_next:
        # So many that a whole pass, which can be interrupted, is the better way.
        return False
    turn.pace()
    results = turn.service.list_for_finding(company_id=source.company_id, page_size=1)
    count = rows.count()
    if count != position(results, 1, 1).total:
        return False
    _end(turn, turn.began_at, state=State.COMPLETE, customers=count, synced_at=source.last_sync)
    return True


# -- a whole pass --------------------------------------------------------------------------------


def _read_pass(turn: Turn) -> None:
    source = turn.source
    while not turn.is_over:
        page = source.next_page
        spot = _read_page(turn, page)
        moved = IndexedCompany.objects.filter(
            pk=source.pk, pass_number=source.pass_number, next_page=page
        ).update(next_page=page + 1)
        if not moved:
            raise store.Superseded
        source.next_page = page + 1
        if not spot.has_next:
            _end_pass(turn, spot.total)
            return
    # The other companies first.
    IndexedCompany.objects.filter(pk=source.pk).update(due_at=timezone.now())


def _read_page(turn: Turn, page: int, query: str = "") -> Position:
    """Read one page of customers into the index; where it is."""
    source = turn.source
    turn.pace()
    results = turn.service.list_for_finding(
        company_id=source.company_id, page=page, page_size=PAGE_SIZE, query=query
    )
    found = [_row(source, customer) for customer in results["results"]]
    turn.rows += store.put(source, [row for row in found if row is not None])
    return position(results, page, PAGE_SIZE)


def _row(source: IndexedCompany, customer: FoundCustomer) -> IndexedCustomer | None:
    """The row of a customer; None where no address can have its ID."""
    customer_id = customer.get("id") or ""
    try:
        api_segment(customer_id)
    except UnaddressableId:
        return None
    return records.row(source, customer_id, customer)


def _end_pass(turn: Turn, total: int) -> None:
    """Remove what Codat has no more; or read again, where customers may have moved between the pages meanwhile.

    That is where the copy was synced, and, once, where the pages had not as many customers as Codat says.
    """
    source = turn.source
    seen = IndexedCustomer.objects.filter(source=source, pass_number=source.pass_number).count()
    current = IndexedCompany.objects.filter(pk=source.pk, pass_number=source.pass_number)
    has_pages = source.next_page > 2
    if has_pages and _was_synced(turn):
        # The next turn begins another whole pass.
        current.update(next_page=0, filled_at=None, due_at=timezone.now())
        return
    if has_pages and seen != total and not source.is_repeated:
        current.update(pass_number=F("pass_number") + 1, next_page=1, is_repeated=True)
        return
    turn.rows += store.remove_unseen(source)
    began_at = source.pass_began_at or turn.began_at
    _end(
        turn,
        began_at,
        state=State.COMPLETE,
        customers=seen,
        synced_at=source.last_sync,
        filled_at=began_at,
        next_page=0,
    )


def _was_synced(turn: Turn) -> bool:
    """Whether Codat's copy was synced since the pass began."""
    turn.pace()
    company = turn.service.get_company(company_id=turn.source.company_id, fresh=True)
    return facts_of(company).synced_at != turn.source.last_sync


# -- the end -------------------------------------------------------------------------------------


def _end(turn: Turn, began_at: datetime, **values: object) -> None:
    """Record what a reading that began at a time has found. What has changed since is due at once."""
    now = timezone.now()
    current = IndexedCompany.objects.filter(pk=turn.source.pk, pass_number=turn.source.pass_number)
    current.update(
        read_at=began_at,
        failures=0,
        message="",
        due_at=Case(When(changed_at__gt=began_at, then=Value(now)), default=Value(now + SWEEP)),
        **values,
    )


def _failed(turn: Turn, error: CodatError) -> None:
    """Record why a company could not be read, and when that is tried again."""
    source, now = turn.source, timezone.now()
    turn.failed, turn.message = 1, error.sentence
    if isinstance(error, NotSynced):
        turn.rows += store.remove_customers(source)
        _end(turn, turn.began_at, state=State.NEVER_SYNCED, customers=0, next_page=0)
        IndexedCompany.objects.filter(pk=source.pk, due_at__gt=now).update(
            due_at=now + NEVER_SYNCED_WAIT
        )
        turn.failed, turn.message = 0, ""
        return
    wait = min(_FIRST_WAIT * 2 ** min(source.failures, 10), _LONGEST_WAIT)
    state = source.state
    if state != State.COMPLETE and not isinstance(error, _NOT_NOW):
        state = State.FAILED
    # The next turn looks at the company first: only there is one that is gone removed.
    page = 0 if isinstance(error, NotFound) else F("next_page")
    IndexedCompany.objects.filter(pk=source.pk).update(
        state=state,
        failures=F("failures") + 1,
        message=error.sentence,
        next_page=page,
        due_at=now + max(wait, timedelta(seconds=error.retry_after or 0)),
    )
