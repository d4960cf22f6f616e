"""The door to Codat: its operations under their own names, returning Codat's own JSON.

Every method raises the errors of `customers.codat.errors`. Ids may hold anything. What a method promises
about the shape of its answer is checked here, and no more: a key that is missing inside a record is no
error. Of a page of customers it returns what a list shows of them.

`CustomerService.snapshots` has the reads that pages show: they carry their time and fall back on earlier
data while Codat is away.
"""

from __future__ import annotations

import builtins
from collections.abc import Mapping
from typing import Any, cast

from customers.codat import decoding, paths, responses, validation
from customers.codat.client import Client, default_client, segment
from customers.codat.download import Download
from customers.codat.errors import ErrorResponse, InvalidResponse
from customers.codat.snapshots import SnapshotReader
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

# Guessed: which status a refused second refresh has is not documented, nor where the name stands.
ALREADY_RUNNING = "alreadyinprogress"

# Connections of one company on one page; nobody has as many.
CONNECTIONS = 100


class CustomerService:
    """Operations on the customers of a company, and those of the platform around them."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.snapshots = SnapshotReader(client)

    def list(
        self,
        *,
        company_id: str,
        page: int = 1,
        page_size: int = 100,
        query: str = "",
        order_by: str = "",
    ) -> CustomerPage:
        """One page of customers, each with what a list shows of it. ``totalResults`` is a number.

        ``query`` and ``order_by`` are in Codat's language. `NotSynced` where there is no data yet.
        """
        return self.snapshots.list(
            company_id=company_id,
            page=page,
            page_size=page_size,
            query=query,
            order_by=order_by,
            stale_if_error=False,
        ).data

    def get(self, *, company_id: str, customer_id: str) -> Customer:
        """One customer; numbers with a fraction are Decimal."""
        return self.snapshots.get(
            company_id=company_id, customer_id=customer_id, stale_if_error=False
        ).data

    def get_create_update_model(
        self, *, company_id: str, connection_id: str, fresh: bool = False
    ) -> dict[str, Any]:
        """The connection's create/update model as Codat sends it, at most `snapshots.MODEL_TTL` old."""
        return self.snapshots.get_create_update_model(
            company_id=company_id, connection_id=connection_id, fresh=fresh, stale_if_error=False
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
        """Ask for a new customer; ``payload`` is JSON text and goes out as it is.

        Codat replays its first answer to the same key for 90 minutes: `AlreadyInUse` while the first
        is still running, `KeyReused` where it came with another payload.
        """
        connection = paths.connection(company_id, connection_id)
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
        connection = paths.connection(company_id, connection_id)
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
        answer = self.client.get_json(paths.attachments(company_id, connection_id, customer_id))
        return cast("builtins.list[Attachment]", validation.records(answer, "attachments"))

    def get_attachment(
        self, *, company_id: str, connection_id: str, customer_id: str, attachment_id: str
    ) -> Attachment:
        """One attachment's metadata."""
        attachments = paths.attachments(company_id, connection_id, customer_id)
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
        attachments = paths.attachments(company_id, connection_id, customer_id)
        file = self.client.stream(f"{attachments}/{segment(attachment_id)}/download", headers)
        if file.status == 200 or (file.status == 206 and "Range" in (headers or {})):
            return file
        file.close()
        raise InvalidResponse(f"a download answered with status {file.status}", status=file.status)

    def list_companies(
        self, *, page: int = 1, page_size: int = 100, query: str = "", order_by: str = ""
    ) -> CompanyPage:
        """One page of companies, each with its connections."""
        return self.snapshots.list_companies(
            page=page, page_size=page_size, query=query, order_by=order_by, stale_if_error=False
        ).data

    def get_company(self, *, company_id: str, fresh: bool = False) -> Company:
        """One company with its connections, at most `snapshots.COMPANY_TTL` old."""
        return self.snapshots.get_company(
            company_id=company_id, fresh=fresh, stale_if_error=False
        ).data

    def quota(self) -> responses.RateLimit | None:
        """The day's quota of calls as Codat's answers told it last; asks nobody."""
        return self.client.rate_limit

    def ping(self) -> None:
        """Make a cheap call, to see whether Codat answers. Raises CodatError."""
        self._page("/companies", 1, 1, "", "")

    def list_connections(self, *, company_id: str) -> builtins.list[Connection]:
        """The company's connections, of whatever kind and state."""
        found = self._page(f"{paths.company(company_id)}/connections", 1, CONNECTIONS, "", "")
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
        path = f"{paths.company(company_id)}/push"
        return cast(PushOperationPage, self._page(path, page, page_size, query, order_by))

    def get_push_operation(self, *, company_id: str, push_operation_key: str) -> PushOperation:
        """How far a write is."""
        path = f"{paths.company(company_id)}/push/{segment(push_operation_key)}"
        return validation.push_operation(
            self.client.get_json(path, parse=decoding.parse_exactly), write=False
        )

    def get_data_status(self, *, company_id: str) -> DataStatus | None:
        """How old Codat's copy of the customers is; None where it does not know of any."""
        answer = self.client.get_json(f"{paths.company(company_id)}/dataStatus")
        status = validation.an_object(answer).get("customers")
        if not isinstance(status, dict | None):
            raise answer.wrong_shape("a data status")
        return cast("DataStatus | None", status)

    def refresh_customers(self, *, company_id: str) -> PullOperation:
        """Have Codat fetch the customers anew, or join the refresh that is already running."""
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
        """How far a refresh is."""
        path = f"{paths.company(company_id)}/data/history/{segment(dataset_id)}"
        return validation.pull_operation(self.client.get_json(path), write=False)

    def _page(
        self, path: str, page: int, page_size: int, query: str, order_by: str
    ) -> dict[str, Any]:
        return validation.results(
            self.client.get_json(path, paths.page_params(page, page_size, query, order_by))
        )


def default_service() -> CustomerService:
    """The service over the process-wide client."""
    return CustomerService(default_client())
