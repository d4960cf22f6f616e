"""Reads with their time, which fall back on earlier data while Codat is unavailable (stale-if-error).

A `Snapshot` is for showing: no write is decided on a stale one. The fallback covers the errors in
`FALLBACK_ERRORS` alone; with any other error, or where nothing is cached, the error is raised.

Only validated data is cached, and cached data is validated like a response, because other programs may be able to
write to the cache.
"""

from __future__ import annotations

import builtins
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar, cast

import simplejson

from customers.codat import cache, paths
from customers.codat.client import Client
from customers.codat.errors import OUTAGES, CodatError, InvalidResponse, NotSupported
from customers.codat.http.responses import JsonResponse
from customers.codat.reading import shapes
from customers.codat.reading.shapes import Shape
from customers.codat.types import CompaniesPage, Company, Customer, CustomersPage, Integration

# Seconds for which cached data is used without a call. A connection's state changes often, a model rarely.
COMPANY_TTL = 120
CUSTOMER_NAME_TTL = 120
# The steps to the next and previous customer go by the list as it was opened.
LIST_TTL = 3600
MODEL_TTL = 600
# What an integration supports changes with Codat's releases.
INTEGRATION_TTL = 6 * 3600
# Seconds for which it is cached that customers cannot be written through a connection. Opening a form by its address
# reads the model again.
READ_ONLY_TTL = 3600
# Seconds for which data is cached as the fallback for an outage.
STALE_TTL = 6 * 3600

# Companies of one list that are cached: more than people open.
MAX_CACHED_COMPANIES = 100

# Codat does not respond, or sends a response that cannot be read.
FALLBACK_ERRORS = (*OUTAGES, InvalidResponse)

# Marks an entry that is used as the fallback only, whatever its age.
_EXPIRED = "expired"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Snapshot(Generic[T]):
    """Data as Codat sent it at ``read_at`` (UTC).

    ``error`` is why newer data could not be read; None where the data is current. ``seconds`` is how long the latest
    read took, of data that comes from the cache without a call.
    """

    data: T
    read_at: datetime
    error: CodatError | None = None
    seconds: float = 0.0


class SnapshotReader:
    """The reads of `CustomerService` that can fall back on earlier data.

    ``stale_if_error=False`` raises every error instead. ``fresh`` skips the cache.
    """

    def __init__(self, client: Client) -> None:
        self.client = client

    def list(
        self,
        *,
        company_id: str,
        page: int = 1,
        page_size: int = 100,
        query: str = "",
        order_by: str = "",
        stale_if_error: bool = True,
    ) -> Snapshot[CustomersPage]:
        """See `CustomerService.list`."""
        snapshot = self._read(
            paths.customers(company_id),
            paths.page_params(page, page_size, query, order_by),
            shapes.customers_page(page_size),
            stale_if_error=stale_if_error,
        )
        return cast("Snapshot[CustomersPage]", snapshot)

    def cached_list(
        self,
        *,
        company_id: str,
        page: int,
        page_size: int,
        query: str,
        order_by: str,
        max_age: float = LIST_TTL,
    ) -> Snapshot[CustomersPage] | None:
        """A page of customers that was read in the last ``max_age`` seconds, else None. Makes no call.

        For what comes before and after a customer in it: pages about the customers' data read them again.
        """
        cached = self._seen(
            paths.customers(company_id),
            paths.page_params(page, page_size, query, order_by),
            shapes.customers_page(page_size),
            max_age,
        )
        return cast("Snapshot[CustomersPage] | None", cached)

    def get(
        self, *, company_id: str, customer_id: str, stale_if_error: bool = True
    ) -> Snapshot[Customer]:
        """See `CustomerService.get`."""
        snapshot = self._read(
            paths.customer(company_id, customer_id),
            {},
            shapes.CUSTOMER,
            stale_if_error=stale_if_error,
        )
        return cast("Snapshot[Customer]", snapshot)

    def cached_customer(
        self, *, company_id: str, customer_id: str, max_age: float = CUSTOMER_NAME_TTL
    ) -> Snapshot[Customer] | None:
        """A customer that was read in the last ``max_age`` seconds, else None. Makes no call.

        For headings and file names: pages about the customer's data read it again.
        """
        cached = self._seen(paths.customer(company_id, customer_id), {}, shapes.CUSTOMER, max_age)
        return cast("Snapshot[Customer] | None", cached)

    def list_companies(
        self,
        *,
        page: int = 1,
        page_size: int = 100,
        query: str = "",
        order_by: str = "",
        stale_if_error: bool = True,
    ) -> Snapshot[CompaniesPage]:
        """See `CustomerService.list_companies`. Current companies are cached for `get_company`."""
        snapshot = self._read(
            "/companies",
            paths.page_params(page, page_size, query, order_by),
            shapes.page(page_size),
            stale_if_error=stale_if_error,
        )
        if snapshot.error is None:
            self._cache_companies(snapshot.data["results"])
        return cast("Snapshot[CompaniesPage]", snapshot)

    def cached_companies(
        self, *, page: int, page_size: int, query: str, order_by: str, max_age: float
    ) -> Snapshot[CompaniesPage] | None:
        """A page of companies that was read in the last ``max_age`` seconds, else None. Makes no call."""
        cached = self._seen(
            "/companies",
            paths.page_params(page, page_size, query, order_by),
            shapes.page(page_size),
            max_age,
        )
        return cast("Snapshot[CompaniesPage] | None", cached)

    def get_company(
        self, *, company_id: str, fresh: bool = False, stale_if_error: bool = True
    ) -> Snapshot[Company]:
        """See `CustomerService.get_company`."""
        snapshot = self._cached(
            self._key("company", company_id),
            COMPANY_TTL,
            paths.company(company_id),
            shapes.COMPANY,
            fresh=fresh,
            fallback_errors=FALLBACK_ERRORS if stale_if_error else (),
        )
        return cast("Snapshot[Company]", snapshot)

    def cached_company(
        self, *, company_id: str, max_age: float | None = None
    ) -> Snapshot[Company] | None:
        """A company that is in the cache, not expired and not older than ``max_age``, else None. Makes no call.

        ``max_age`` is in seconds, `COMPANY_TTL` where it is None.
        """
        age = COMPANY_TTL if max_age is None else max_age
        cached = _from_cache(self._key("company", company_id), age, shapes.COMPANY)
        return cast("Snapshot[Company] | None", cached)

    def expire_company(self, *, company_id: str) -> None:
        """Read a company again for the next page; the cached one stays as the fallback."""
        key = self._key("company", company_id)
        match cache.get(key):
            case [read_at, text]:
                cache.put(key, [read_at, text, _EXPIRED], STALE_TTL)

    def get_create_update_model(
        self,
        *,
        company_id: str,
        connection_id: str,
        check: Callable[[dict[str, Any]], object] | None = None,
        fresh: bool = False,
        stale_if_error: bool = True,
    ) -> Snapshot[dict[str, Any]]:
        """See `CustomerService.get_create_update_model`.

        ``check`` raises ValueError, with a sentence for people, for an object that is no usable model. Such a one
        is not cached; the last good one is used in its place, or `UnusableModel` is raised.
        """
        unsupported = self._key("read-only", company_id, connection_id)
        try:
            snapshot = self._cached(
                self._key("model", company_id, connection_id),
                MODEL_TTL,
                f"{paths.connection(company_id, connection_id)}/options/customers",
                shapes.model(check),
                fresh=fresh,
                # A model decides which fields a form has, and nothing about a record: the last valid one is
                # sufficient for a save, too.
                fallback_errors=FALLBACK_ERRORS if stale_if_error else (InvalidResponse,),
            )
        except NotSupported:
            cache.put(unsupported, time.time(), READ_ONLY_TTL)
            raise
        if self.is_read_only(company_id=company_id, connection_id=connection_id):
            cache.delete(unsupported)
        return snapshot

    def cached_create_update_model(
        self,
        *,
        company_id: str,
        connection_id: str,
        check: Callable[[dict[str, Any]], object] | None = None,
    ) -> Snapshot[dict[str, Any]] | None:
        """A model that is in the cache, of any age, else None. Makes no call. ``check`` as above."""
        key = self._key("model", company_id, connection_id)
        return _from_cache(key, STALE_TTL, shapes.model(check))

    def get_integration(self, *, integration_key: str) -> Snapshot[Integration]:
        """What an integration supports, at most `INTEGRATION_TTL` old. Raises CodatError."""
        snapshot = self._cached(
            self._key("integration", integration_key),
            INTEGRATION_TTL,
            paths.integration(integration_key),
            shapes.INTEGRATION,
            fresh=False,
            fallback_errors=(),
        )
        return cast("Snapshot[Integration]", snapshot)

    def cached_integration(self, *, integration_key: str) -> Snapshot[Integration] | None:
        """What is cached of an integration, else None. Makes no call."""
        key = self._key("integration", integration_key)
        cached = _from_cache(key, INTEGRATION_TTL, shapes.INTEGRATION)
        return cast("Snapshot[Integration] | None", cached)

    def is_read_only(self, *, company_id: str, connection_id: str) -> bool:
        """Whether it is cached that customers cannot be written through a connection. Makes no call."""
        refused_at = cache.get(self._key("read-only", company_id, connection_id))
        return cache.is_past(refused_at) and time.time() - refused_at < READ_ONLY_TTL

    def _cached(
        self,
        key: str,
        ttl: float,
        path: str,
        shape: Shape,
        *,
        fresh: bool,
        fallback_errors: tuple[type[CodatError], ...],
    ) -> Snapshot[dict[str, Any]]:
        """The cached data, unless it is older than ``ttl`` seconds; else a new response, cached if it is valid.

        With one of ``fallback_errors`` it is the last good one, of any age.
        """
        cached = None if fresh else _from_cache(key, ttl, shape)
        if cached is not None:
            return cached
        try:
            data = shape.validate(self.client.get_json(path, decode=shape.decode))
        except fallback_errors as error:
            stale = _from_cache(key, STALE_TTL, shape, error)
            if stale is None:
                raise
            return stale
        now = time.time()
        cache.put(key, _entry(now, _to_json(data)), STALE_TTL)
        return Snapshot(data, _utc(now))

    def _read(
        self, path: str, params: Mapping[str, object], shape: Shape, *, stale_if_error: bool
    ) -> Snapshot[dict[str, Any]]:
        """A new response. Its body is cached undecoded, which is cheap, and decoded only as a fallback."""
        key = self._seen_key(path, params)
        try:
            with self.client.latency.timed(path, key):
                response = self.client.get_json(path, params, decode=shape.decode)
            data = shape.validate(response)
        except FALLBACK_ERRORS as error:
            stale = (
                _from_cache(key, STALE_TTL, shape, error, alias=cache.STALE)
                if stale_if_error
                else None
            )
            if stale is None:
                raise
            return stale
        now = time.time()
        if response.body:
            # The parts that are skipped may be something else than UTF-8.
            text = response.body.decode(errors="replace")
            cache.put(key, _entry(now, text), STALE_TTL, cache.STALE)
        return Snapshot(data, _utc(now))

    def _seen(
        self, path: str, params: Mapping[str, object], shape: Shape, max_age: float
    ) -> Snapshot[dict[str, Any]] | None:
        """What `_read` has cached in the last ``max_age`` seconds, else None."""
        key = self._seen_key(path, params)
        cached = _from_cache(key, max_age, shape, alias=cache.STALE)
        return cached and replace(cached, seconds=self.client.latency.latest(path, key))

    def _cache_companies(self, companies: builtins.list[dict[str, Any]]) -> None:
        now = time.time()
        entries = {}
        for company in companies[:MAX_CACHED_COMPANIES]:
            with suppress(InvalidResponse):
                shapes.COMPANY.validate(JsonResponse("a listed company", company, 200, {}))
                entries[self._key("company", company["id"])] = _entry(now, _to_json(company))
        cache.put_many(entries, STALE_TTL)

    def _seen_key(self, path: str, params: Mapping[str, object]) -> str:
        """The key of a response of `_read`."""
        return self._key("seen", path, *(f"{name}={value}" for name, value in params.items()))

    def _key(self, kind: str, *ids: str) -> str:
        """A cache key of this account and server."""
        return cache.key(kind, self.client.identity, *ids)


def _entry(read_at: float, text: str) -> builtins.list[Any]:
    """A cache entry: the time (seconds since 1970), and JSON as text."""
    return [read_at, text]


def _from_cache(
    key: str,
    ttl: float,
    shape: Shape,
    error: CodatError | None = None,
    *,
    alias: str = "default",
) -> Snapshot[dict[str, Any]] | None:
    """The cached data under a key; None where there is none, or an older one than ``ttl`` seconds, or another shape.

    An expired entry is returned with the ``error`` only that it is the fallback for.
    """
    match cache.get(key, alias):
        case [read_at, str() as text, *marks] if (
            cache.is_past(read_at)
            and time.time() - read_at < ttl
            and (error is not None or not marks)
        ):
            # Other programs may have written the entry, so it is validated like a response.
            with suppress(ValueError, InvalidResponse):
                data = shape.validate(JsonResponse("cache", shape.decode(text.encode()), 200, {}))
                return Snapshot(data, _utc(read_at), error)
    return None


def _to_json(data: object) -> str:
    """JSON text with every digit."""
    return str(simplejson.dumps(data, use_decimal=True, ensure_ascii=False))


def _utc(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
