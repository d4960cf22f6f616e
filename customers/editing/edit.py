"""One edit of one customer: the customer, the form, and the options of the save. Knows no HTTP."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, cast

from customers.codat.errors import RecordTooLarge
from customers.codat.text import folded_name
from customers.codat.types import Company, Connection
from customers.codat.values import has_more_values
from customers.formatting import thousands
from customers.forms import Form, PostData
from customers.index.words import compact
from customers.models import Write
from customers.service import CustomerService
from customers.writes.showing.pending import with_pending

# Minutes. Codat documents no default; a day is enough for a desktop integration.
MAX_TIMEOUT = 24 * 60

# Values of a record that can be edited: a form may post `DATA_UPLOAD_MAX_NUMBER_FIELDS` inputs, some of them for rows.
MAX_RECORD_VALUES = 10_000


def read_customer(service: CustomerService, company_id: str, customer_id: str) -> dict[str, Any]:
    """A customer as Codat's copy has it now. Raises CodatError, also for one that is too large for a form."""
    record = service.get(company_id=company_id, customer_id=customer_id)
    if has_more_values(record, MAX_RECORD_VALUES):
        raise RecordTooLarge(f"a record with more than {MAX_RECORD_VALUES} values")
    return cast(dict[str, Any], record)


@dataclass(frozen=True, slots=True)
class Target:
    """The customer that a form is for, with the connection and the model that the form comes from.

    `customer_id` is "" for a new customer. `model` is the create/update model as Codat sends it.
    """

    company_id: str
    company: Company
    connection: Connection
    customer_id: str
    model: dict[str, Any]

    @property
    def creating(self) -> bool:
        """Whether the form is for a new customer."""
        return not self.customer_id

    @property
    def connection_id(self) -> str:
        """The connection's ID, "" where it has none."""
        return str(self.connection.get("id") or "")

    def form(
        self,
        record: dict[str, Any] | None = None,
        *,
        data: PostData | None = None,
        filled: dict[str, Any] | None = None,
    ) -> Form:
        """A form of this customer; see `Form`. Raises FormTampered, ModelError.

        A batch passes the record as `record`, and the record with its changes as `filled`.
        """
        # The connection is part of the purpose: another connection is another ledger, with other values.
        purpose = f"{self.company_id}:{self.connection_id}:{self.customer_id}"
        return Form(
            self.model,
            record,
            data=data,
            filled=filled,
            creating=self.creating,
            purpose=purpose,
        )

    def read(self, service: CustomerService) -> dict[str, Any]:
        """The customer as Codat's copy has it now; {} for a new one. Raises CodatError."""
        if self.creating:
            return {}
        return read_customer(service, self.company_id, self.customer_id)

    def with_pending(
        self, record: dict[str, Any], submission: uuid.UUID, read_at: datetime | None = None
    ) -> tuple[dict[str, Any], list[Write]]:
        """The record with the changes that Codat's copy does not show yet, and the writes that make them.

        The write of `submission` itself is left out. `read_at` is when the read of the record began.
        """
        return with_pending(
            record,
            self.company_id,
            self.customer_id,
            exclude_submission=submission,
            read_at=read_at,
        )


@dataclass(frozen=True, slots=True)
class SaveOptions:
    """The options of a save, as entered: `timeout` in minutes, "" for Codat's own limit."""

    timeout: str = ""
    force: bool = False

    @classmethod
    def of(cls, write: Write) -> SaveOptions:
        """The options that a write was sent with."""
        return cls(str(write.timeout_in_minutes or ""), write.force_update)

    @property
    def timeout_error(self) -> str:
        """The error of an invalid time-out, "" for a valid one."""
        is_number = re.fullmatch(r"[0-9]{1,9}", self.timeout) is not None
        if not self.timeout or (is_number and 0 < int(self.timeout) <= MAX_TIMEOUT):
            return ""
        return f"Enter 1 to {thousands(MAX_TIMEOUT)} minutes, or leave blank."

    @property
    def timeout_in_minutes(self) -> int | None:
        """The time-out for Codat, None for Codat's default."""
        return int(self.timeout) if self.timeout else None


@dataclass(frozen=True, slots=True)
class Edit:
    """A form for a customer, with the data of one save of it.

    `submission` identifies the opened form, which is saved once, however often it is posted. `retry_of` is the
    write that this one replaces. `acknowledged` are the other customers that the person has confirmed
    (`SameName.keys`). `notes` are sentences on the page about how the form was filled.
    """

    target: Target
    form: Form
    submission: uuid.UUID = field(default_factory=uuid.uuid4)
    options: SaveOptions = SaveOptions()
    retry_of: Write | None = None
    acknowledged: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()

    def is_valid(self) -> bool:
        """Validate the form and the options; the errors are then in both."""
        is_valid = self.form.is_valid()
        return is_valid and not self.options.timeout_error

    def show_findings(self) -> None:
        """Show Codat's findings on the change that this one replaces at their fields.

        A finding is shown while its field has the value that was refused.
        """
        write = self.retry_of
        if write is None or not write.payload:
            return
        self.form.add_findings(write.validation, sent=write.sent_values)
        if not write.validation and write.error_message:
            self.form.problems.append(write.error_message)

    @property
    def new_name(self) -> str:
        """The name that the save sets: of a new customer, or a changed one; "" where the name stays the same."""
        return self._new("customerName", folded_name)

    @property
    def new_email(self) -> str:
        """The email address that the save sets, as `new_name`."""
        return self._new("emailAddress", lambda text: text.strip().casefold())

    @property
    def new_tax_number(self) -> str:
        """The tax number that the save sets, as `new_name`."""
        return self._new("taxNumber", compact)

    def _new(self, name: str, folded: Callable[[str], str]) -> str:
        value = str(self.form.payload().get(name) or "")
        before = str(self.form.base.get(name) or "")
        is_new = self.target.creating or folded(value) != folded(before)
        return value if is_new else ""

    def with_notes(self, *notes: str) -> Edit:
        """A copy with more notes at the end."""
        return replace(self, notes=(*self.notes, *notes))
