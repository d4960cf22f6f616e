"""Pages that were seen before: shown at once as they were, and brought up to date when Codat answers.

Where the latest read was slow, a page is made from what was read last, with its time. It has an element that HTMX
loads at once with the header `Seen`, which says what the page shows; that request asks Codat. Its response is 204 where
nothing has changed, else what takes the place of the part that has.

Only for showing: forms, saves and the fields that are edited in place read Codat again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any, TypedDict, TypeVar, cast

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers

from customers.browsing.codats_copy import stale
from customers.codat.companies import accounting_connections
from customers.codat.reading.snapshots import STALE_TTL, Snapshot
from customers.codat.types import CompaniesPage, Company, Customer, CustomersPage
from customers.codat.values import parse_date
from customers.formatting import distance
from customers.service import default_service
from customers.web import htmx
from customers.web.company_context import with_company
from customers.web.lists.list_state import ListState
from customers.web.lists.paging import with_query

# static/app.js sets it: without scripts nothing would bring the page up to date.
COOKIE = "scripts"
# The request header with the version of what the browser shows; "" asks Codat in any case.
HEADER = "Seen"
# Seconds. Where the latest read of a page took less, the next one waits for it.
QUICK = 0.15

# A browser's reload.
_RELOAD = re.compile(r"no-cache|max-age=0\b")
# What a company's pages show of it beside the customers.
_SHOWN_OF_CONNECTION = (
    "id",
    "status",
    "platformName",
    "lastSync",
    "linkUrl",
    "dataConnectionErrors",
)

T = TypeVar("T")


class SeenBefore:
    """How one page reads Codat's copy. `is_earlier`: it shows what was read before, and Codat has not been asked."""

    def __init__(self, request: HttpRequest, company_id: str = "") -> None:
        self.request = request
        self.company_id = company_id
        self.is_earlier = False
        self._snapshots: tuple[Snapshot[Any], ...] = ()
        self._versions: tuple[str, ...] = ()

    @property
    def may_load_parts(self) -> bool:
        """Whether the page can load parts of itself: with scripts, and not on a reload, which brings all at once."""
        if self.request.COOKIES.get(COOKIE) != "1" or "fresh" in self.request.GET:
            return False
        return not _RELOAD.search(self.request.headers.get("Cache-Control", ""))

    @property
    def _may_be_earlier(self) -> bool:
        """Whether the request lets the page show what was read before."""
        if htmx.is_automatic(self.request) or HEADER in self.request.headers:
            return False
        return self.may_load_parts

    def _earlier(self, cached: Callable[[], Snapshot[T] | None]) -> Snapshot[T] | None:
        """What was read before, where the page may show it and the latest read of it was slow."""
        earlier = cached() if self._may_be_earlier else None
        return earlier if earlier and earlier.seconds >= QUICK else None

    def companies(self, state: ListState) -> Snapshot[CompaniesPage]:
        """A page of companies: what was read before where the page may show it, else what Codat returns now."""
        snapshots, query = default_service().snapshots, _query(state)
        earlier = self._earlier(lambda: snapshots.cached_companies(**query, max_age=STALE_TTL))
        self.is_earlier = earlier is not None
        companies = earlier or snapshots.list_companies(**query)
        self._remember(companies)
        return companies

    def customers(self, state: ListState) -> tuple[Snapshot[Company], Snapshot[CustomersPage]]:
        """The company and a page of its customers."""
        snapshots, query = default_service().snapshots, _query(state)
        company_id = self.company_id
        earlier = self._earlier_with_company(
            lambda: snapshots.cached_list(company_id=company_id, **query, max_age=STALE_TTL)
        )
        return earlier or self._read(lambda: snapshots.list(company_id=company_id, **query))

    def earlier_customer(
        self, customer_id: str
    ) -> tuple[Snapshot[Company], Snapshot[Customer]] | None:
        """The company and one of its customers as they were read before, where the page may show that."""
        snapshots, company_id = default_service().snapshots, self.company_id
        return self._earlier_with_company(
            lambda: snapshots.cached_customer(
                company_id=company_id, customer_id=customer_id, max_age=STALE_TTL
            )
        )

    def customer(self, customer_id: str) -> tuple[Snapshot[Company], Snapshot[Customer]]:
        """The company and one of its customers as Codat returns them now."""
        snapshots, company_id = default_service().snapshots, self.company_id
        return self._read(lambda: snapshots.get(company_id=company_id, customer_id=customer_id))

    def _earlier_with_company(
        self, cached: Callable[[], Snapshot[T] | None]
    ) -> tuple[Snapshot[Company], Snapshot[T]] | None:
        """Both as they were read before; None where one of them may not be shown so."""
        earlier = self._earlier(cached)
        if earlier is None:
            return None
        company = default_service().snapshots.cached_company(
            company_id=self.company_id, max_age=STALE_TTL
        )
        if company is None or _was_synced_since(company.data, earlier.read_at):
            return None
        self.is_earlier = True
        self._remember(earlier, company)
        return company, earlier

    def _read(self, read: Callable[[], Snapshot[T]]) -> tuple[Snapshot[Company], Snapshot[T]]:
        company, snapshot = with_company(self.company_id, read)
        self._remember(snapshot, company)
        return company, snapshot

    def _remember(self, snapshot: Snapshot[Any], company: Snapshot[Company] | None = None) -> None:
        self._snapshots = (snapshot, company) if company else (snapshot,)
        if self.is_earlier or self._seen:
            frame = [_shown_of(company.data)] if company else []
            self._versions = tuple(version(data) for data in (snapshot.data, *frame))

    @property
    def _seen(self) -> list[str]:
        """The versions that the browser shows."""
        seen = self.request.headers.get(HEADER, "")
        return seen.split(".") if seen and htmx.is_fragment(self.request) else []

    @property
    def is_unchanged(self) -> bool:
        """Whether Codat returned what the browser shows already."""
        has_errors = any(snapshot.error for snapshot in self._snapshots)
        return bool(self._seen) and not has_errors and tuple(self._seen) == self._versions

    @property
    def is_frame_changed(self) -> bool:
        """Whether what surrounds the fragment has changed too: the company's name, its connection."""
        return bool(self._seen) and tuple(self._seen[1:]) != self._versions[1:]

    def context(self) -> dict[str, Any]:
        """`seen` for the macro `seen_before` and base.html, where the page shows what was read before; and `stale`."""
        if not self.is_earlier:
            return stale.context(self.request, *self._snapshots)
        url = self.request.get_full_path()
        return {
            "seen": {
                "ago": distance(self._snapshots[0].read_at, datetime.now(UTC)),
                "version": ".".join(self._versions),
                "url": url,
                "fresh_url": with_query(url, "?fresh=1"),
            }
        }

    def render(self, page: str, fragment: str, context: Mapping[str, Any]) -> HttpResponse:
        """`htmx.render`; of a page whose frame has changed, all of <main>."""
        if not self.is_frame_changed:
            return htmx.render(self.request, page, fragment, context)
        response = htmx.render(self.request, page, page, context)
        response["HX-Retarget"] = response["HX-Reselect"] = "#main"
        response["HX-Reswap"] = "outerHTML"
        return response

    @staticmethod
    def unchanged() -> HttpResponse:
        """The response where `is_unchanged`: the page stays as it is."""
        response = HttpResponse(status=204)
        patch_vary_headers(response, ["HX-Request"])
        return response


class _Query(TypedDict):
    """What names a page of a list at Codat."""

    page: int
    page_size: int
    query: str
    order_by: str


def _query(state: ListState) -> _Query:
    return _Query(
        page=state.page, page_size=state.page_size, query=state.query, order_by=state.order_by
    )


def _was_synced_since(company: Company, read_at: datetime) -> bool:
    """Whether Codat's copy is known to be newer than what was read at a time."""
    sources: list[Mapping[str, Any]] = [company, *accounting_connections(company)]
    synced = [parse_date(source.get("lastSync")) for source in sources]
    return any(moment is not None and moment > read_at for moment in synced)


def _shown_of(company: Company) -> object:
    """What a company's pages show of it, however it was read."""
    connections = cast("list[dict[str, Any]]", accounting_connections(company))
    return [
        company.get("name"),
        [[connection.get(name) for name in _SHOWN_OF_CONNECTION] for connection in connections],
    ]


def version(data: object) -> str:
    """Names data by its content."""
    return blake2b(repr(data).encode(errors="backslashreplace"), digest_size=12).hexdigest()
