"""The snapshots of a scope: nothing cached of a company outside it, and lists of companies without them.

An API key sees every company. What a person may not see is left out here, from the results and from their number.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, cast

from customers import scope
from customers.codat.errors import BadRequest
from customers.codat.pages import position
from customers.codat.query import QUERY_LIMIT, one_of
from customers.codat.reading.snapshots import Snapshot, SnapshotReader
from customers.codat.types import CompaniesPage, Company
from customers.codat.values import canonical_company_id

# Companies of one call where all are read, and calls: more than any account needs.
WALK_SIZE, MAX_PAGES = 1_000, 50

_Read = Callable[[int, int, str], Snapshot[CompaniesPage]]


class ScopedSnapshotReader(SnapshotReader):
    """Reads within the current scope. Calls about another company raise `NotFound`: see `paths.company`."""

    def list_companies(
        self,
        *,
        page: int = 1,
        page_size: int = 100,
        query: str = "",
        order_by: str = "",
        stale_if_error: bool = True,
    ) -> Snapshot[CompaniesPage]:
        """One page of the companies in scope: by a query where their IDs fit into it, else out of all of them."""

        def read(number: int, size: int, question: str) -> Snapshot[CompaniesPage]:
            return super(ScopedSnapshotReader, self).list_companies(
                page=number,
                page_size=size,
                query=question,
                order_by=order_by,
                stale_if_error=stale_if_error,
            )

        companies = scope.current().companies
        if companies is None:
            return read(page, page_size, query)
        narrowed = _narrowed(companies, query)
        if narrowed:
            try:
                return _only(read(page, page_size, narrowed), companies)
            except BadRequest:
                # Codat may refuse the query for IDs, or the person's own: then it refuses that again.
                pass
        return _walked(read, companies, page, page_size, query)

    def cached_companies(
        self, *, page: int, page_size: int, query: str, order_by: str, max_age: float
    ) -> Snapshot[CompaniesPage] | None:
        """A page that was read before, for those who see all companies."""
        if not scope.current().is_everything:
            return None
        return super().cached_companies(
            page=page, page_size=page_size, query=query, order_by=order_by, max_age=max_age
        )

    def cached_company(
        self, *, company_id: str, max_age: float | None = None
    ) -> Snapshot[Company] | None:
        """See `SnapshotReader`."""
        if not scope.may_see(company_id):
            return None
        return super().cached_company(company_id=company_id, max_age=max_age)

    def cached_create_update_model(
        self,
        *,
        company_id: str,
        connection_id: str,
        check: Callable[[dict[str, Any]], object] | None = None,
    ) -> Snapshot[dict[str, Any]] | None:
        """See `SnapshotReader`."""
        if not scope.may_see(company_id):
            return None
        return super().cached_create_update_model(
            company_id=company_id, connection_id=connection_id, check=check
        )


def _narrowed(companies: frozenset[str], query: str) -> str:
    """The query for the companies of a scope alone; "" where they do not fit into one."""
    limit = QUERY_LIMIT - len(query) - len("{}&&")
    queries = list(one_of("id", sorted(companies), max(limit, 0)))
    if len(queries) != 1 or len(queries[0].split("||")) != len(companies):
        return ""
    return "&&".join(filter(None, ("{" + queries[0] + "}", query)))


def _only(snapshot: Snapshot[CompaniesPage], companies: frozenset[str]) -> Snapshot[CompaniesPage]:
    """A page without what a server sends that did not follow the query."""
    listed = snapshot.data["results"]
    shown = _visible(listed, companies)
    return snapshot if len(shown) == len(listed) else _page(snapshot, shown, 1, len(shown) or 1)


def _walked(
    read: _Read, companies: frozenset[str], page: int, page_size: int, query: str
) -> Snapshot[CompaniesPage]:
    """One page of what all pages of a query have of a scope. No call for an empty one."""
    found: list[Company] = []
    snapshot = Snapshot(cast(CompaniesPage, {}), datetime.now(UTC))
    for number in range(1, MAX_PAGES + 1 if companies else 1):
        snapshot = read(number, WALK_SIZE, query)
        found += _visible(snapshot.data["results"], companies)
        if not position(snapshot.data, number, WALK_SIZE).has_next:
            break
    return _page(snapshot, found, page, page_size)


def _page(
    snapshot: Snapshot[CompaniesPage], found: list[Company], page: int, page_size: int
) -> Snapshot[CompaniesPage]:
    start = (page - 1) * page_size
    data: CompaniesPage = {
        "results": found[start : start + page_size],
        "pageNumber": page,
        "pageSize": page_size,
        "totalResults": len(found),
    }
    return replace(snapshot, data=data)


def _visible(listed: list[Company], companies: frozenset[str]) -> list[Company]:
    return [each for each in listed if canonical_company_id(str(each.get("id"))) in companies]
