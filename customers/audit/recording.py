"""Adds entries to the audit: one INSERT each, in the transaction that is open, if any.

An entry that cannot be stored is an error of the database like any other: the page says so, and what is in the same
transaction is not stored either.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.contrib.auth.base_user import AbstractBaseUser

from customers.audit import source
from customers.codat.cell_text import storable
from customers.codat.http.tracing import trace
from customers.models import AuditEntry
from customers.models.audit import Chain

# Characters of one text of an entry. An ID of an accounting software may have any length.
MAX_ID, MAX_DETAIL = 500, 200

Detail = Mapping[str, str | int | bool]


def record(
    kind: AuditEntry.Kind,
    *,
    user: AbstractBaseUser | None = None,
    company_id: str = "",
    customer_id: str = "",
    subject: object = "",
    detail: Detail | None = None,
) -> None:
    """Add an entry. `user` is the person, by default the one of the request; outside requests there is none.

    `subject` is the ID of what it is about beside a customer: a change, batch, import, export, attachment or person.
    `detail` has words of the dashboard's own, such as the name of a step: never a payload, nor a value, name or email
    of a customer. Raises the database's errors.
    """
    entry(
        kind,
        user=user,
        company_id=company_id,
        customer_id=customer_id,
        subject=subject,
        detail=detail,
    ).save(force_insert=True)


def record_all(entries: Sequence[AuditEntry]) -> None:
    """Add several entries by one INSERT. Raises the database's errors."""
    if len(entries) == 1:
        # Without a transaction around it: one exchange with the database instead of three.
        entries[0].save(force_insert=True)
    elif entries:
        AuditEntry.objects.bulk_create(entries)


def entry(
    kind: AuditEntry.Kind,
    *,
    user: AbstractBaseUser | None = None,
    company_id: str = "",
    customer_id: str = "",
    subject: object = "",
    detail: Detail | None = None,
) -> AuditEntry:
    """An entry that is not stored yet; see `record`."""
    here, request = source.current(), trace.get()
    person = user or (here.user() if here else None)
    is_known = person is not None and person.is_authenticated
    return AuditEntry(
        kind=kind,
        chain=chain_of(kind),
        user_id=person.pk if person is not None and is_known else None,
        user_name=_text(person.get_username(), 150) if person is not None and is_known else "",
        address=_text(here.address, 64) if here else "",
        request_id=_text(request.request_id, 64) if request else "",
        correlation_id=_text(request.correlation_ids[-1], 200)
        if request and request.correlation_ids
        else "",
        company_id=_text(company_id, 64),
        customer_id=_text(customer_id, MAX_ID),
        subject=_text(str(subject), MAX_ID),
        detail={
            name: _text(value, MAX_DETAIL) if isinstance(value, str) else value
            for name, value in (detail or {}).items()
        },
    )


def chain_of(kind: AuditEntry.Kind) -> Chain:
    """The chain of a kind: reads are many, and kept for a shorter time."""
    return Chain.READS if kind == AuditEntry.Kind.READ else Chain.ACTIONS


def _text(text: str, length: int) -> str:
    """A text that both databases store as it is hashed."""
    return storable(text)[:length]
