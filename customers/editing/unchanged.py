"""Whether a customer is still as it was when a change was saved, by a read now."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from customers.codat.errors import NotFound
from customers.editing.edit import read_customer
from customers.models import Write
from customers.service import CustomerService
from customers.writes.diff import FieldChange
from customers.writes.showing.moved import is_deleted, moved

_MAX_NAMED = 5


@dataclass(frozen=True, slots=True)
class Reading:
    """The customer of a write as it was read now: {} for a new one, None where Codat has it no more."""

    record: dict[str, Any] | None
    read_at: datetime

    @property
    def is_missing(self) -> bool:
        """Whether the customer is gone."""
        return self.record is None or is_deleted(self.record)

    def moved(self, write: Write) -> list[FieldChange]:
        """The fields that differ from what the author saw; [] for a customer that is gone."""
        return moved(write, self.record, self.read_at) if self.record is not None else []

    def reason(self, write: Write) -> str:
        """Why the change cannot be sent as it is, as a sentence; "" where the customer is as it was."""
        if self.is_missing:
            return "This customer is no longer in Codat."
        labels = [change.label for change in self.moved(write)]
        if not labels:
            return ""
        more = f" and {len(labels) - _MAX_NAMED} more" if len(labels) > _MAX_NAMED else ""
        return f"The customer has changed since: {', '.join(labels[:_MAX_NAMED])}{more}."


def read_now(write: Write, service: CustomerService) -> Reading:
    """Read the customer of a write. Raises CodatError where Codat cannot be asked."""
    read_at = timezone.now()
    if write.kind == Write.Kind.CREATE:
        return Reading({}, read_at)
    try:
        return Reading(read_customer(service, write.company_id, write.customer_id), read_at)
    except NotFound:
        return Reading(None, read_at)
