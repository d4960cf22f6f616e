"""What an ID stands for that somebody pastes: a company, a connection, a change, a push operation, a correlation ID,
a batch, an import, an export. Customers have IDs of any shape: the index finds them.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator

from django.db.models import Q

from customers.codat.errors import CodatError
from customers.formatting import text_or_dash
from customers.models import Batch, Export, Import, IndexedCompany, Write
from customers.searching.entries import Entry, Part, Reason
from customers.searching.found_customers import company_name
from customers.service import default_service
from customers.web import links
from customers.writes import sentences

# Changes that are shown for one ID: a correlation ID may belong to a change and to its retries.
MAX_CHANGES = 5
# What may be a correlation ID: without blanks, with a digit, no name and no email address.
_ID = re.compile(r"(?=.*\d)[^\s@]{12,200}")
_UUID = re.compile(r"[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}", re.IGNORECASE)


def identified(text: str, *, may_write: bool) -> list[Entry]:
    """What a text is the ID of, and nothing but that. Imports are shown to those who may write.

    A company that is not in the index costs one call to Codat.
    """
    text = text.strip()
    if not _ID.fullmatch(text) or "\0" in text:
        return []
    is_uuid = _UUID.fullmatch(text) is not None
    found = list(_changes(text, is_uuid=is_uuid))
    if is_uuid:
        key = uuid.UUID(text)
        found = [*_companies(str(key)), *_jobs(key, may_write=may_write), *found]
    if is_uuid and not found:
        found = list(_company_at_codat(str(uuid.UUID(text))))
    return found


def _companies(text: str) -> Iterator[Entry]:
    for company in IndexedCompany.objects.filter(Q(company_id=text) | Q(connection_id=text)):
        is_connection = company.company_id != text
        yield _company(
            company.company_id,
            company_name(company),
            f"Connection to {company.platform_name or 'its accounting software'}"
            if is_connection
            else "Company",
        )


def _company(company_id: str, name: str, kind: str) -> Entry:
    return Entry(
        url=links.customers(company_id),
        title=(Part(name),),
        details=(Reason("", (Part(kind),)),),
        mark=(company_id, name),
    )


def _company_at_codat(company_id: str) -> Iterator[Entry]:
    try:
        company = default_service().snapshots.get_company(company_id=company_id).data
    except CodatError:
        return
    yield _company(company_id, text_or_dash(company.get("name")), "Company")


def _jobs(key: uuid.UUID, *, may_write: bool) -> Iterator[Entry]:
    for batch in Batch.objects.filter(pk=key):
        url = links.batch(batch.company_id, batch.pk)
        yield _of_company(url, f"Batch: {batch.title}", "square-3-stack-3d", batch.company_name)
    for each in Import.objects.filter(pk=key) if may_write else ():
        url = links.import_page(each.company_id, each.pk)
        title = f"Import of {each.file_name or 'pasted cells'}"
        yield _of_company(url, title, "arrow-up-tray", each.company_name)
    for export in Export.objects.filter(pk=key):
        url = links.exported(export.company_id, export.pk)
        yield _of_company(url, "Export", "arrow-down-tray", export.company_name)


def _changes(text: str, *, is_uuid: bool) -> Iterator[Entry]:
    """Changes by their own ID, the key of their push operation, or a correlation ID."""
    kinds = [
        ("Push operation", Write.objects.filter(push_operation_key__in=(text, text.lower()))),
        ("Correlation ID", Write.objects.filter(correlation_id=text).exclude(correlation_id="")),
    ]
    if is_uuid:
        key = uuid.UUID(text)
        kinds.insert(0, ("Change", Write.objects.filter(Q(pk=key) | Q(idempotency_key=key))))
    shown: set[uuid.UUID] = set()
    for kind, changes in kinds:
        for write in changes.order_by("-created_at")[:MAX_CHANGES]:
            if write.pk in shown:
                continue
            shown.add(write.pk)
            yield _change(write, kind)


def _change(write: Write, kind: str) -> Entry:
    name = write.customer_name or ("a new customer" if not write.customer_id else write.customer_id)
    details = f"{kind} · {sentences.status(write).label} · {write.username}"
    return Entry(
        url=links.write(write.company_id, write.pk),
        title=(Part(f"Change of {name}"),),
        details=(Reason("", (Part(details),)),),
        icon="pencil-square",
        aside=write.company_name,
    )


def _of_company(url: str, title: str, icon: str, company: str) -> Entry:
    return Entry(url=url, title=(Part(title),), icon=icon, aside=company)
