"""Codat's operations under their own names, returning Codat's own JSON.

Every method raises the errors of `customers.codat.errors`. IDs may hold any text. Only the outer shape of a
response is validated: a key that is missing inside a record is no error. `list` returns the fields of each
customer that a list shows.

`CustomerService.snapshots` has the reads that pages show: they carry their time and fall back on stale data
while Codat is unavailable.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable, Mapping
from typing import Any, cast

from customers.codat import decoding, paths
from customers.codat.client import Client, default_client
from customers.codat.errors import ErrorResponse, InvalidResponse
from customers.codat.http.download import Download
from customers.codat.http.quota import RateLimit
from customers.codat.reading import validation
from customers.codat.reading.scoped_snapshots import ScopedSnapshotReader
from customers.codat.types import (
    Attachment,
    CompaniesPage,
    Company,
    Connection,
    Customer,
    CustomersPage,
    DataStatus,
    FoundCustomersPage,
    PullOperation,
    PushOperation,
    PushOperationsPage,
)

# Assumed: the documents name neither the status of a rejected second sync nor the field that holds this code.
ALREADY_RUNNING = "alreadyinprogress"

# Of a schedule of syncs: a year. What is longer is taken for none.
MAX_SCHEDULE_HOURS = 24 * 366

# Connections per page: more than any company has.
MAX_CONNECTIONS = 100


_decode_found_customers = decoding.decoder_for(FoundCustomersPage)


class CustomerService:
    """Operations on the customers of a company, and those of the platform around them."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.snapshots = ScopedSnapshotReader(client)

    def list(
        self,
        *,
        company_id: str,
        page: int = 1,
        page_size: int = 100,
        query: str = "",
        order_by: str = "",
    ) -> CustomersPage:
        """One page of customers, each with the fields that a list shows. ``totalResults`` is a number.

        ``query`` and ``order_by`` are in Codat's language. Raises `NotSynced` where there is no data yet.
        """
        return self.snapshots.list(
            company_id=company_id,
            page=page,
            page_size=page_size,
            query=query,
            order_by=order_by,
            stale_if_error=False,
        ).data

    def list_records(
        self,
        *,
        company_id: str,
        page: int = 1,
        page_size: int = 100,
        query: str = "",
        order_by: str = "",
    ) -> CustomersPage:
        """One page of whole customers, as Codat sends them; numbers with a fraction are Decimal.

        Raises `NotSynced` where there is no data yet.
        """
        path = paths.customers(company_id)
        decode = decoding.decode_exactly
        return cast(CustomersPage, self._page(path, page, page_size, query, order_by, decode))

    def list_for_finding(
        self, *, company_id: str, page: int = 1, page_size: int = 100, query: str = ""
    ) -> FoundCustomersPage:
        """One page of customers by ID, each with what the index of customers has. It is not cached.

        Raises `NotSynced` where there is no data yet.
        """
        path = paths.customers(company_id)
        return cast(
            FoundCustomersPage,
            self._page(path, page, page_size, query, "id", _decode_found_customers),
        )

    def get(self, *, company_id: str, customer_id: str) -> Customer:
        """One customer; numbers with a fraction are Decimal."""
        return self.snapshots.get(
            company_id=company_id, customer_id=customer_id, stale_if_error=False
        ).data

    def get_create_update_model(
        self,
        *,
        company_id: str,
        connection_id: str,
        check: Callable[[dict[str, Any]], object] | None = None,
        fresh: bool = False,
    ) -> dict[str, Any]:
        """The connection's create/update model as Codat sends it, at most `snapshots.MODEL_TTL` old.

        ``check`` raises ValueError for an unusable model: then the last valid one is returned, whatever its age.
        """
        return self.snapshots.get_create_update_model(
            company_id=company_id,
            connection_id=connection_id,
            check=check,
            fresh=fresh,
            stale_if_error=False,
        ).data

    def create(
        self,
        *,
        company_id: str,
        connection_id: str,
        payload: str,
        idempotency_key: str,
        timeout_in_minutes: int | None = None,
    ) -> PushOperation:
        """Send a new customer; ``payload`` is JSON text and is sent as it is.

        For 90 minutes Codat repeats its response to the same key: `AlreadyInUse` while the first
        request is still running, `KeyReused` for another payload.
        """
        response = self.client.send_json(
            "POST",
            paths.push(company_id, connection_id),
            {"timeoutInMinutes": timeout_in_minutes},
            payload,
            {"Idempotency-Key": idempotency_key},
        )
        return validation.push_operation(response, write=True)

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
        """Send a changed customer; ``payload`` is JSON text and is sent as it is.

        ``force_update`` makes Codat accept it where the accounting software has a newer record.
        """
        response = self.client.send_json(
            "PUT",
            f"{paths.push(company_id, connection_id)}/{paths.api_segment(customer_id)}",
            {
                "timeoutInMinutes": timeout_in_minutes,
                "forceUpdate": "true" if force_update else None,
            },
            payload,
        )
        return validation.push_operation(response, write=True)

    def list_attachments(
        self, *, company_id: str, connection_id: str, customer_id: str
    ) -> builtins.list[Attachment]:
        """All attachments of a customer."""
        path = paths.attachments(company_id, connection_id, customer_id)
        attachments = validation.records(self.client.get_json(path), "attachments")
        return cast("builtins.list[Attachment]", attachments)

    def get_attachment(
        self, *, company_id: str, connection_id: str, customer_id: str, attachment_id: str
    ) -> Attachment:
        """One attachment's metadata."""
        path = paths.attachment(company_id, connection_id, customer_id, attachment_id)
        return cast(Attachment, validation.record(self.client.get_json(path)))

    def download_attachment(
        self,
        *,
        company_id: str,
        connection_id: str,
        customer_id: str,
        attachment_id: str,
        headers: Mapping[str, str] | None = None,
    ) -> Download:
        """The file as a stream, which the caller closes. ``headers`` may hold a Range.

        Its status is 200 for the whole file, or 206 for a part where a Range was requested.
        """
        path = paths.attachment(company_id, connection_id, customer_id, attachment_id)
        file = self.client.stream(f"{path}/download", headers)
        if file.status == 200 or (file.status == 206 and "Range" in (headers or {})):
            return file
        file.close()
        raise InvalidResponse(f"a download with status {file.status}", status=file.status)

    def list_companies(
        self, *, page: int = 1, page_size: int = 100, query: str = "", order_by: str = ""
    ) -> CompaniesPage:
        """One page of companies, each with its connections."""
        return self.snapshots.list_companies(
            page=page, page_size=page_size, query=query, order_by=order_by, stale_if_error=False
        ).data

    def get_company(self, *, company_id: str, fresh: bool = False) -> Company:
        """One company with its connections, at most `snapshots.COMPANY_TTL` old."""
        return self.snapshots.get_company(
            company_id=company_id, fresh=fresh, stale_if_error=False
        ).data

    def expire_company(self, *, company_id: str) -> None:
        """Expire the cached company, for example after a sync: the next page reads it again. Makes no call."""
        self.snapshots.expire_company(company_id=company_id)

    def quota(self) -> RateLimit | None:
        """The day's quota of calls as last read from a response. Makes no call."""
        return self.client.rate_limit

    def ping(self) -> None:
        """Make a cheap call that checks whether Codat responds. Raises CodatError."""
        self._page("/companies", 1, 1, "", "")

    def list_connections(self, *, company_id: str) -> builtins.list[Connection]:
        """The company's connections of every type and state."""
        page = self._page(f"{paths.company(company_id)}/connections", 1, MAX_CONNECTIONS, "", "")
        return cast("builtins.list[Connection]", page["results"])

    def list_push_operations(
        self,
        *,
        company_id: str,
        page: int = 1,
        page_size: int = 100,
        query: str = "",
        order_by: str = "",
    ) -> PushOperationsPage:
        """One page of the company's push operations, from this dashboard or elsewhere."""
        path = f"{paths.company(company_id)}/push"
        return cast(PushOperationsPage, self._page(path, page, page_size, query, order_by))

    def get_push_operation(self, *, company_id: str, push_operation_key: str) -> PushOperation:
        """One push operation with its status."""
        path = paths.push_operation(company_id, push_operation_key)
        return validation.push_operation(
            self.client.get_json(path, decode=decoding.decode_exactly), write=False
        )

    def get_data_status(self, *, company_id: str) -> DataStatus | None:
        """When Codat's copy of the customers was last synced; None where Codat has no status for it."""
        response = self.client.get_json(f"{paths.company(company_id)}/dataStatus")
        status = validation.an_object(response).get("customers")
        if not isinstance(status, dict | None):
            raise response.wrong_shape("a data status")
        return cast("DataStatus | None", status)

    def get_schedule(self, *, company_id: str) -> int | None:
        """Hours between two syncs of a company's customers; None where there is no schedule."""
        response = self.client.get_json(f"{paths.company(company_id)}/syncSettings")
        settings = validation.an_object(response).get("settings")
        for setting in settings if isinstance(settings, list) else []:
            if isinstance(setting, dict) and setting.get("dataType") == "customers":
                hours = setting.get("syncSchedule")
                return hours if type(hours) is int and 0 < hours <= MAX_SCHEDULE_HOURS else None
        return None

    def refresh_customers(self, *, company_id: str) -> PullOperation:
        """Start a sync of the customers, or return the one that is already running."""
        try:
            return validation.pull_operation(
                self.client.send_json("POST", f"{paths.company(company_id)}/data/queue/customers"),
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
        """One pull operation with its status."""
        path = paths.pull_operation(company_id, dataset_id)
        return validation.pull_operation(self.client.get_json(path), write=False)

    def _page(
        self,
        path: str,
        page: int,
        page_size: int,
        query: str,
        order_by: str,
        decode: decoding.Decode = decoding.decode,
    ) -> dict[str, Any]:
        return validation.results(
            self.client.get_json(
                path,
                paths.page_params(page, page_size, query, order_by),
                decode=decoding.page_decoder(decode, page_size),
            ),
            page_size,
        )


def default_service() -> CustomerService:
    """The service over the process-wide client."""
    return CustomerService(default_client())
