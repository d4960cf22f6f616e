"""The customers of an export, page by page: the next page is read while one is written, so at most two are in memory.

Rows may move while pages are read, because Codat's copy can be synced at any time. A list of several pages is ordered
by ID, which moves the fewest, and each customer is exported once. What was noticed is in `remarks`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from datetime import datetime
from functools import partial
from typing import Any, Protocol

from customers.codat.errors import (
    BadRequest,
    CodatError,
    InvalidResponse,
    NotFound,
    UnaddressableId,
)
from customers.codat.pages import position
from customers.codat.parallel import in_advance, in_parallel
from customers.codat.query import one_of
from customers.codat.values import parse_date
from customers.formatting import counted, thousands
from customers.service import CustomerService

Record = Mapping[str, Any]

# Customers of one page. Codat's largest page has 5,000; see bench/latest.md for what they take.
PAGE_SIZE = 1_000
# Customers of one export, and how many more may be added to a list while it is read.
MAX_CUSTOMERS, _MAX_ADDED = 200_000, 20_000
# Ticked customers that are read together: about as many UUIDs as one query takes.
TICKED_TOGETHER = 45
# IDs that a remark names.
_MAX_NAMED = 20
_BY_ID = "id"


class Reading(Protocol):
    """Customers that are being read. `promised`: how many there should be. `first`: those that were read already.

    `synced_at`: when Codat's copy was last synced before. Iterate once, then close. `remarks` are sentences about what
    differs from one unchanged list.
    """

    promised: int
    first: Sequence[Record]
    synced_at: datetime | None

    @property
    def is_by_id(self) -> bool: ...

    def __iter__(self) -> Iterator[Sequence[Record]]: ...

    def remarks(self) -> list[str]: ...

    def close(self) -> None: ...


class _InAdvance:
    """The one call that runs in advance, for a reading that ends with it."""

    def __init__(self) -> None:
        self._running: Future[Any] | None = None

    def start(self, call: Callable[[], Any]) -> None:
        self._running = in_advance(call)

    def result(self) -> Any:
        """The result of the call that was started. Raises CodatError."""
        running, self._running = self._running, None
        return running.result() if running is not None else None

    def close(self) -> None:
        """Wait for the call that runs, if any, and forget it."""
        running, self._running = self._running, None
        if running is not None and not running.cancel():
            running.exception()


class ListReading:
    """All customers of a list. In the list's own order where one page has them all, else ordered by ID.

    `expected` is how many there were lately, None where that is not known. Raises CodatError.
    """

    def __init__(
        self,
        service: CustomerService,
        company_id: str,
        *,
        query: str,
        order_by: str,
        expected: int | None = None,
    ) -> None:
        self._service, self._company_id, self._query = service, company_id, query
        self._order_by = _BY_ID if (expected or 0) > PAGE_SIZE else order_by
        self._page, self.synced_at = in_parallel(
            lambda: self._read(1), lambda: synced_at(service, company_id)
        )
        if self._order_by != _BY_ID and position(self._page, 1, PAGE_SIZE).has_next:
            self._order_by = _BY_ID
            self._page = self._read(1)
        self.promised = self._total = position(self._page, 1, PAGE_SIZE).total
        self.first: Sequence[Record] = self._page["results"]
        self._ids: set[str] = set()
        self._read_rows = self._repeated = 0
        self._pages = 1
        self._in_advance = _InAdvance()

    @property
    def is_by_id(self) -> bool:
        """Whether the customers are ordered by their ID."""
        return self._order_by == _BY_ID

    def __iter__(self) -> Iterator[Sequence[Record]]:
        page: Mapping[str, Any] | None = self._page
        self._page, self.first = {}, ()
        while page is not None:
            place = position(page, self._pages, PAGE_SIZE)
            if place.has_next:
                self._in_advance.start(partial(self._read, self._pages + 1))
            records = self._new(page["results"])
            self._total = place.total
            self._check(records, has_next=place.has_next)
            page = None
            yield records
            if place.has_next:
                page = self._in_advance.result()
                self._pages += 1

    def remarks(self) -> list[str]:
        found = []
        if self._repeated:
            found.append(
                f"{_customers(self._repeated)} moved between pages while the file was written;"
                " each is in it once."
            )
        if self._total != self.promised or self._read_rows != self._total:
            found.append(
                f"Codat counted {counted(self.promised, 'customer')} at the start and"
                f" {thousands(self._total)} at the end."
            )
        if self._pages > 1 and synced_at(self._service, self._company_id) != self.synced_at:
            found.append(
                "Codat’s copy was synced while the file was written, so customers may be missing"
                " or of different times. Export again for one state."
            )
        return found

    def close(self) -> None:
        self._in_advance.close()

    def _read(self, number: int) -> dict[str, Any]:
        page = self._service.list_records(
            company_id=self._company_id,
            page=number,
            page_size=PAGE_SIZE,
            query=self._query,
            order_by=self._order_by,
        )
        return dict(page)

    def _new(self, records: Sequence[Record]) -> list[Record]:
        """The records whose ID was not read before; those without an ID are all new."""
        new = []
        for record in records:
            customer_id = record.get("id")
            if isinstance(customer_id, str) and customer_id:
                if customer_id in self._ids:
                    self._repeated += 1
                    continue
                self._ids.add(customer_id)
            new.append(record)
        self._read_rows += len(new)
        return new

    def _check(self, records: Sequence[Record], *, has_next: bool) -> None:
        """Raise InvalidResponse where reading on would not end, or the list has become too long."""
        if has_next and not records:
            raise InvalidResponse("a page without new customers that others follow")
        if self._read_rows > MAX_CUSTOMERS + _MAX_ADDED:
            raise InvalidResponse("far more customers than the first page counted")


class TickedReading:
    """Customers by their IDs, in the order of these. Raises CodatError."""

    is_by_id = False

    def __init__(self, service: CustomerService, company_id: str, ids: Sequence[str]) -> None:
        self._service, self._company_id, self._ids = service, company_id, ids
        self.promised = len(ids)
        self._missing: list[str] = []
        self.first, self.synced_at = in_parallel(
            lambda: self._read(0), lambda: synced_at(service, company_id)
        )
        self._in_advance = _InAdvance()

    def __iter__(self) -> Iterator[Sequence[Record]]:
        records, self.first = self.first, ()
        for start in range(TICKED_TOGETHER, len(self._ids), TICKED_TOGETHER):
            self._in_advance.start(partial(self._read, start))
            yield records
            records = self._in_advance.result()
        yield records

    def remarks(self) -> list[str]:
        if not self._missing:
            return []
        named = ", ".join(self._missing[:_MAX_NAMED])
        rest = len(self._missing) - _MAX_NAMED
        more = f" and {thousands(rest)} more" if rest > 0 else ""
        count, verb = _customers(len(self._missing)), "is" if len(self._missing) == 1 else "are"
        return [f"{count} of the selection {verb} not in Codat’s copy: {named}{more}."]

    def close(self) -> None:
        self._in_advance.close()

    def _read(self, start: int) -> Sequence[Record]:
        """Some of the customers: by a query, and one by one what no query finds."""
        wanted = self._ids[start : start + TICKED_TOGETHER]
        found: dict[str, Record] = {}
        for query in one_of("id", wanted):
            found |= {str(record.get("id")): record for record in self._matching(query)}
        for customer_id in wanted:
            if customer_id not in found:
                self._read_one(customer_id, found)
        return [found[customer_id] for customer_id in wanted if customer_id in found]

    def _matching(self, query: str) -> Sequence[Record]:
        try:
            # Twice as many: IDs that differ in upper and lower case only may match as well.
            return self._service.list_records(
                company_id=self._company_id, page_size=2 * TICKED_TOGETHER, query=query
            )["results"]
        except BadRequest:
            return ()

    def _read_one(self, customer_id: str, found: dict[str, Record]) -> None:
        try:
            found[customer_id] = self._service.get(
                company_id=self._company_id, customer_id=customer_id
            )
        except (NotFound, UnaddressableId):
            self._missing.append(customer_id)


def synced_at(service: CustomerService, company_id: str) -> datetime | None:
    """When Codat's copy of the customers was last synced; None where Codat does not say."""
    try:
        status = service.get_data_status(company_id=company_id)
    except CodatError:
        return None
    return parse_date((status or {}).get("lastSuccessfulSync"))


def _customers(number: int) -> str:
    return counted(number, "customer")
