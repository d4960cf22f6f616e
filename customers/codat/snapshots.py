"""Reads with their time, which fall back on earlier data while Codat is away (stale-if-error).

A `Snapshot` is for showing: no write is decided on a stale one. The fallback covers the errors in
`errors.OUTAGES` alone; with any other error, or where nothing is remembered, the error is raised.
"""

from __future__ import annotations

import builtins
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar, cast

from customers.codat import cache, decoding, paths, validation
from customers.codat.client import Client
from customers.codat.errors import OUTAGES, CodatError
from customers.codat.responses import JsonResponse
from customers.codat.types import CompaniesPage, Company, Customer, CustomersPage

# Seconds for which cached data is used without a call. A connection's state changes often, a model rarely.
COMPANY_TTL = 120
CUSTOMER_NAME_TTL = 120
MODEL_TTL = 600
# Seconds for which data is kept as the fallback for an outage.
STALE_TTL = 6 * 3600

# Companies of one list that are cached: more than people look at.
MAX_CACHED_COMPANIES = 100

T = TypeVar("T")

_decode_customers = decoding.decoder_for(CustomersPage)


@dataclass(frozen=True, slots=True)
class Snapshot(Generic[T]):
    """Data as Codat sent it at ``read_at`` (UTC).

    ``error`` is why newer data could not be read; None where the data is current.
    """

    data: T
    read_at: datetime
    error: CodatError | None = None


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
            validation.results,
            decode=_decode_customers,
            stale_if_error=stale_if_error,
        )
        return cast("Snapshot[CustomersPage]", snapshot)

    def get(
        self, *, company_id: str, customer_id: str, stale_if_error: bool = True
    ) -> Snapshot[Customer]:
        """See `CustomerService.get`."""
        snapshot = self._read(
            paths.customer(company_id, customer_id),
            {},
            validation.record,
            decode=decoding.decode_exactly,
            stale_if_error=stale_if_error,
        )
        return cast("Snapshot[Customer]", snapshot)

    def cached_customer(self, *, company_id: str, customer_id: str) -> Snapshot[Customer] | None:
        """A customer that was read in the last `CUSTOMER_NAME_TTL` seconds, else None. Makes no call.

        For headings and file names: pages about the customer's data read it again.
        """
        cached = cache.get(self._key("seen", paths.customer(company_id, customer_id)), cache.STALE)
        if cached is None or time.time() - cached[0] >= CUSTOMER_NAME_TTL:
            return None
        read_at, body = cached
        return Snapshot(cast(Customer, decoding.decode_exactly(body)), _utc(read_at))

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
            validation.results,
            stale_if_error=stale_if_error,
        )
        if snapshot.error is None:
            self._cache_companies(snapshot.data["results"])
        return cast("Snapshot[CompaniesPage]", snapshot)

    def get_company(
        self, *, company_id: str, fresh: bool = False, stale_if_error: bool = True
    ) -> Snapshot[Company]:
        """See `CustomerService.get_company`."""
        snapshot = self._cached(
            self._key("company", company_id),
            COMPANY_TTL,
            lambda: validation.record(self.client.get_json(paths.company(company_id))),
            fresh=fresh,
            stale_if_error=stale_if_error,
        )
        return cast("Snapshot[Company]", snapshot)

    def cached_company(self, *, company_id: str) -> Snapshot[Company] | None:
        """A company that is in the cache and not older than `COMPANY_TTL`, else None. Makes no call."""
        cached = _from_cache(self._key("company", company_id), COMPANY_TTL)
        return cast("Snapshot[Company] | None", cached)

    def get_create_update_model(
        self,
        *,
        company_id: str,
        connection_id: str,
        fresh: bool = False,
        stale_if_error: bool = True,
    ) -> Snapshot[dict[str, Any]]:
        """See `CustomerService.get_create_update_model`."""
        path = f"{paths.connection(company_id, connection_id)}/options/customers"
        return self._cached(
            self._key("model", company_id, connection_id),
            MODEL_TTL,
            lambda: validation.an_object(
                self.client.get_json(path, decode=decoding.decode_exactly)
            ),
            fresh=fresh,
            stale_if_error=stale_if_error,
        )

    def _cached(
        self,
        key: str,
        ttl: float,
        read: Callable[[], dict[str, Any]],
        *,
        fresh: bool,
        stale_if_error: bool,
    ) -> Snapshot[dict[str, Any]]:
        """The cached data, unless it is older than ``ttl`` seconds; else the result of ``read``."""
        cached = None if fresh else _from_cache(key, ttl)
        if cached is not None:
            return cached
        try:
            data = read()
        except OUTAGES as error:
            stale = _from_cache(key, STALE_TTL, error) if stale_if_error else None
            if stale is None:
                raise
            return stale
        now = time.time()
        cache.put(key, (now, data), STALE_TTL)
        return Snapshot(data, _utc(now))

    def _read(
        self,
        path: str,
        params: Mapping[str, object],
        validate: Callable[[JsonResponse], dict[str, Any]],
        *,
        decode: decoding.Decode = decoding.decode,
        stale_if_error: bool,
    ) -> Snapshot[dict[str, Any]]:
        """A new response. Its body is kept undecoded, which is cheap, and decoded only as a fallback."""
        key = self._key("seen", path, *(f"{name}={value}" for name, value in params.items()))
        try:
            response = self.client.get_json(path, params, decode=decode)
        except OUTAGES as error:
            cached = cache.get(key, cache.STALE) if stale_if_error else None
            if cached is None:
                raise
            read_at, body = cached
            stale = validate(JsonResponse(f"stale {path}", decode(body), 200, {}))
            return Snapshot(stale, _utc(read_at), error)
        data, now = validate(response), time.time()
        if response.body:
            cache.put(key, (now, response.body), STALE_TTL, cache.STALE)
        return Snapshot(data, _utc(now))

    def _cache_companies(self, companies: builtins.list[dict[str, Any]]) -> None:
        now = time.time()
        cache.put_many(
            {
                self._key("company", company["id"]): (now, company)
                for company in companies[:MAX_CACHED_COMPANIES]
                if company.get("id")
            },
            STALE_TTL,
        )

    def _key(self, kind: str, *ids: str) -> str:
        """A cache key of this account and server."""
        return cache.key(kind, self.client.identity, *ids)


def _from_cache(
    key: str, ttl: float, error: CodatError | None = None
) -> Snapshot[dict[str, Any]] | None:
    """The cached data under a key, None where there is none or it is older than ``ttl`` seconds."""
    cached = cache.get(key)
    if cached is None or time.time() - cached[0] >= ttl:
        return None
    read_at, data = cached
    return Snapshot(data, _utc(read_at), error)


def _utc(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
