"""The door to Codat: its operations under their own names, returning Codat's own JSON.

Every method raises the errors of errors.py. Ids may hold anything; each becomes one segment of an
address. What a method promises about the shape of its answer is checked here, and no more: a key
that is missing inside a record is no error. Of a page of customers it returns what a list shows of them.

Where a method takes ``or_last_seen``, an outage (`errors.OUTAGES`) gives what Codat said the last time, as
a `LastSeen`, if that is remembered. It is for looking at: nothing about a write is decided by it.
"""

from __future__ import annotations

import builtins
import hashlib
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, cast

from customers.codat import cache, decoding, responses, validation
from customers.codat.client import Client, default_client, segment
from customers.codat.download import Download
from customers.codat.errors import OUTAGES, CodatError, ErrorResponse, InvalidResponse
from customers.codat.responses import Answer
from customers.codat.types import (
    Attachment,
    Company,
    CompanyPage,
    Connection,
    Customer,
    CustomerPage,
    DataStatus,
    PullOperation,
    PushOperation,
    PushOperationPage,
)

# Seconds. A connection's state may change under our feet, a model rarely does; pages offer fresh ones.
COMPANY_AGE = 120
MODEL_AGE = 600
# What was last seen is better than nothing for so long.
LAST_SEEN_AGE = 6 * 3600

# Companies of one page that are remembered: as many as people look at.
REMEMBERED = 100

# Guessed: which status a refused second refresh has is not documented, nor where the name stands.
ALREADY_RUNNING = "alreadyinprogress"

# Connections of one company on one page; nobody has as many.
CONNECTIONS = 100

_customers = decoding.parser(CustomerPage)


class LastSeen(dict[str, Any]):
    """What Codat said at ``at`` (UTC), given because asking again ended in ``trouble``."""

    at: datetime
    trouble: CodatError


def _known(key: str, age: float) -> dict[str, Any] | None:
    """What the cache has under a key, None where that is older than ``age`` seconds."""
    kept = cache.get(key)
    if kept is None or time.time() - kept[0] >= age:
        return None
    data: dict[str, Any] = kept[1]
    return data


def _last_seen(data: dict[str, Any], seconds: float, trouble: CodatError) -> LastSeen:
    found = LastSeen(data)
    found.at, found.trouble = datetime.fromtimestamp(seconds, UTC), trouble
    return found


class CustomerService:
    """Operations on the customers of a company, and those of the platform around them."""

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
        or_last_seen: bool = False,
    ) -> CustomerPage:
        """One page of customers, each with what a list shows of it. ``totalResults`` is a number.

        ``query`` and ``order_by`` are in Codat's language. `NotSynced` where there is no data yet.
        """
        path = f"/companies/{segment(company_id)}/data/customers"
        params = _paging(page, page_size, query, order_by)
        return cast(
            CustomerPage,
            self._kept(
                path, params, validation.results, parse=_customers, or_last_seen=or_last_seen
            ),
        )

    def get(self, *, company_id: str, customer_id: str, or_last_seen: bool = False) -> Customer:
        """One customer; numbers with a fraction are Decimal."""
        path = f"/companies/{segment(company_id)}/data/customers/{segment(customer_id)}"
        return cast(
            Customer,
            self._kept(
                path, {}, validation.record, parse=decoding.parse_exactly, or_last_seen=or_last_seen
            ),
        )

    def get_create_update_model(
        self,
        *,
        company_id: str,
        connection_id: str,
        fresh: bool = False,
        or_last_seen: bool = False,
    ) -> dict[str, Any]:
        """The connection's create/update model as Codat sends it, at most `MODEL_AGE` old."""
        connection = f"/companies/{segment(company_id)}/connections/{segment(connection_id)}"
        return self._cached(
            self._key("model", company_id, connection_id),
            MODEL_AGE,
            lambda: validation.an_object(
                self.client.get_json(
                    f"{connection}/options/customers", parse=decoding.parse_exactly
                )
            ),
            fresh=fresh,
            or_last_seen=or_last_seen,
        )

    def create(
        self,
        *,
        company_id: str,
        connection_id: str,
        payload: str,
        idempotency_key: str,
        timeout_in_minutes: int | None = None,
    ) -> PushOperation:
        """Ask for a new customer; ``payload`` is JSON text and goes out as it is.

        Codat replays its first answer to the same key for 90 minutes: `Conflict` while the first
        is still running, `KeyReused` where it came with another payload.
        """
        connection = f"/companies/{segment(company_id)}/connections/{segment(connection_id)}"
        answer = self.client.send_json(
            "POST",
            f"{connection}/push/customers",
            {"timeoutInMinutes": timeout_in_minutes},
            payload,
            {"Idempotency-Key": idempotency_key},
        )
        return validation.push_operation(answer, write=True)

    def update(
        self,
        *,
        company_id: str,
        connection_id: str,
        customer_id: str,
        payload: str,
        timeout_in_minutes: int | None = None,
        force_update: bool = False,
    ) -> PushOperation:
        """Ask for a change of a customer; ``payload`` is JSON text and goes out as it is.

        ``force_update`` overrides Codat's refusal where the accounting software has a newer record.
        """
        connection = f"/companies/{segment(company_id)}/connections/{segment(connection_id)}"
        answer = self.client.send_json(
            "PUT",
            f"{connection}/push/customers/{segment(customer_id)}",
            {
                "timeoutInMinutes": timeout_in_minutes,
                "forceUpdate": "true" if force_update else None,
            },
            payload,
        )
        return validation.push_operation(answer, write=True)

    def list_attachments(
        self, *, company_id: str, connection_id: str, customer_id: str
    ) -> builtins.list[Attachment]:
        """All attachments of a customer."""
        answer = self.client.get_json(_attachments(company_id, connection_id, customer_id))
        return cast("builtins.list[Attachment]", validation.records(answer, "attachments"))

    def get_attachment(
        self, *, company_id: str, connection_id: str, customer_id: str, attachment_id: str
    ) -> Attachment:
        """One attachment's metadata."""
        attachments = _attachments(company_id, connection_id, customer_id)
        answer = self.client.get_json(f"{attachments}/{segment(attachment_id)}")
        return cast(Attachment, validation.record(answer))

    def download_attachment(
        self,
        *,
        company_id: str,
        connection_id: str,
        customer_id: str,
        attachment_id: str,
        headers: Mapping[str, str] | None = None,
    ) -> Download:
        """The file as a stream, to be closed by whoever asked. ``headers`` may hold a Range.

        The whole file (200), or where a Range was asked for perhaps a part (206).
        """
        attachments = _attachments(company_id, connection_id, customer_id)
        file = self.client.stream(f"{attachments}/{segment(attachment_id)}/download", headers)
        if file.status == 200 or (file.status == 206 and "Range" in (headers or {})):
            return file
        file.close()
        raise InvalidResponse(f"a download answered with status {file.status}", status=file.status)

    def list_companies(
        self,
        *,
        page: int = 1,
        page_size: int = 100,
        query: str = "",
        order_by: str = "",
        or_last_seen: bool = False,
    ) -> CompanyPage:
        """One page of companies, each with its connections."""
        params = _paging(page, page_size, query, order_by)
        found = self._kept("/companies", params, validation.results, or_last_seen=or_last_seen)
        if not isinstance(found, LastSeen):
            now = time.time()
            cache.put_many(
                {
                    self._key("company", company["id"]): (now, company)
                    for company in found["results"][:REMEMBERED]
                    if company.get("id")
                },
                LAST_SEEN_AGE,
            )
        return cast(CompanyPage, found)

    def get_company(
        self, *, company_id: str, fresh: bool = False, or_last_seen: bool = False
    ) -> Company:
        """One company with its connections, at most `COMPANY_AGE` old."""
        path = f"/companies/{segment(company_id)}"
        found = self._cached(
            self._key("company", company_id),
            COMPANY_AGE,
            lambda: validation.record(self.client.get_json(path)),
            fresh=fresh,
            or_last_seen=or_last_seen,
        )
        return cast(Company, found)

    def known_company(self, *, company_id: str) -> Company | None:
        """A company that was read lately, None where it would have to be asked for."""
        return cast("Company | None", _known(self._key("company", company_id), COMPANY_AGE))

    def quota(self) -> responses.RateLimit | None:
        """The day's quota of calls as Codat's answers told it last; asks nobody."""
        return self.client.rate_limit

    def ping(self) -> None:
        """Make a cheap call, to see whether Codat answers. Raises CodatError."""
        self._page("/companies", 1, 1, "", "")

    def list_connections(self, *, company_id: str) -> builtins.list[Connection]:
        """The company's connections, of whatever kind and state."""
        found = self._page(f"/companies/{segment(company_id)}/connections", 1, CONNECTIONS, "", "")
        return cast("builtins.list[Connection]", found["results"])

    def list_push_operations(
        self,
        *,
        company_id: str,
        page: int = 1,
        page_size: int = 100,
        query: str = "",
        order_by: str = "",
    ) -> PushOperationPage:
        """One page of the company's writes, whoever asked for them."""
        path = f"/companies/{segment(company_id)}/push"
        return cast(PushOperationPage, self._page(path, page, page_size, query, order_by))

    def get_push_operation(self, *, company_id: str, push_operation_key: str) -> PushOperation:
        """How far a write is."""
        path = f"/companies/{segment(company_id)}/push/{segment(push_operation_key)}"
        return validation.push_operation(
            self.client.get_json(path, parse=decoding.parse_exactly), write=False
        )

    def get_data_status(self, *, company_id: str) -> DataStatus | None:
        """How old Codat's copy of the customers is; None where it does not know of any."""
        answer = self.client.get_json(f"/companies/{segment(company_id)}/dataStatus")
        status = validation.an_object(answer).get("customers")
        if not isinstance(status, dict | None):
            raise answer.wrong_shape("a data status")
        return cast("DataStatus | None", status)

    def refresh_customers(self, *, company_id: str) -> PullOperation:
        """Have Codat fetch the customers anew, or join the refresh that is already running."""
        try:
            return validation.pull_operation(
                self.client.send_json(
                    "POST", f"/companies/{segment(company_id)}/data/queue/customers"
                ),
                write=True,
            )
        except ErrorResponse as error:
            if ALREADY_RUNNING not in error.message.lower().replace(" ", ""):
                raise
            status = self.get_data_status(company_id=company_id) or {}
            running = status.get("latestSyncId")
            if not running:
                raise
        return self.get_pull_operation(company_id=company_id, dataset_id=running)

    def get_pull_operation(self, *, company_id: str, dataset_id: str) -> PullOperation:
        """How far a refresh is."""
        path = f"/companies/{segment(company_id)}/data/history/{segment(dataset_id)}"
        return validation.pull_operation(self.client.get_json(path), write=False)

    def _page(
        self, path: str, page: int, page_size: int, query: str, order_by: str
    ) -> dict[str, Any]:
        return validation.results(
            self.client.get_json(path, _paging(page, page_size, query, order_by))
        )

    def _cached(
        self,
        key: str,
        age: float,
        ask: Callable[[], dict[str, Any]],
        *,
        fresh: bool,
        or_last_seen: bool,
    ) -> dict[str, Any]:
        """What the cache has, unless it is older than ``age`` seconds; else what Codat says."""
        known = None if fresh else _known(key, age)
        if known is not None:
            return known
        try:
            data = ask()
        except OUTAGES as error:
            kept = cache.get(key)
            if not or_last_seen or kept is None:
                raise
            return _last_seen(kept[1], kept[0], error)
        cache.put(key, (time.time(), data), LAST_SEEN_AGE)
        return data

    def _kept(
        self,
        path: str,
        params: Mapping[str, object],
        read: Callable[[Answer], dict[str, Any]],
        *,
        parse: decoding.Parse = decoding.parse,
        or_last_seen: bool,
    ) -> dict[str, Any]:
        """What Codat says, remembered as the bytes it came in: cheap to keep, decoded when needed."""
        key = self._key("seen", path, *(f"{name}={value}" for name, value in params.items()))
        try:
            answer = self.client.get_json(path, params, parse=parse)
        except OUTAGES as error:
            kept = cache.get(key, cache.LAST_SEEN) if or_last_seen else None
            if kept is None:
                raise
            data = parse(kept[1])
            return _last_seen(read(Answer(f"last seen {path}", data, 200, {})), kept[0], error)
        found = read(answer)
        if answer.body:
            cache.put(key, (time.time(), answer.body), LAST_SEEN_AGE, cache.LAST_SEEN)
        return found

    def _key(self, kind: str, *ids: str) -> str:
        """A name in the cache, fit for any backend. Another account or server has other names."""
        parts = (self.client.identity, kind, *ids)
        named = "\0".join(parts).encode("utf-8", "surrogatepass")
        return f"codat-{kind}-{hashlib.sha256(named).hexdigest()}"


def _attachments(company_id: str, connection_id: str, customer_id: str) -> str:
    return (
        f"/companies/{segment(company_id)}/connections/{segment(connection_id)}"
        f"/data/customers/{segment(customer_id)}/attachments"
    )


def _paging(page: int, page_size: int, query: str, order_by: str) -> dict[str, object]:
    return {"page": page, "pageSize": page_size, "query": query, "orderBy": order_by}


def default_service() -> CustomerService:
    """The service over the process-wide client."""
    return CustomerService(default_client())
