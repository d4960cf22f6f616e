"""Making a batch of a request: which customers, and what shall be different. Nothing is read or sent yet."""

import hashlib
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import simplejson
from django.contrib.auth.models import User
from django.utils import timezone

from customers.batches.instructions import Instruction
from customers.codat.text import db_safe
from customers.codat.types import Company, Connection
from customers.models import Batch, BatchRow, BatchStep, Write
from customers.writes.save_lock import save_lock

# Customers of one batch. More belong into several: each is a promise to look at the result.
MAX_ROWS = 10_000
_PIECE = 500


@dataclass(frozen=True, slots=True)
class Selected:
    """A customer of a batch. `retry_of` is the write that its row tries again, or undoes."""

    customer_id: str
    name: str
    retry_of: Write | None = None


@dataclass(frozen=True, slots=True)
class BatchRequest:
    """What a batch is made of. `submission` identifies the opened page, which makes one batch."""

    company_id: str
    company: Company
    connection: Connection
    selected: Sequence[Selected]
    title: str
    submission: uuid.UUID
    instructions: Sequence[Instruction] = ()
    kind: str = Batch.Kind.EDIT
    note: str = ""
    question: str = ""
    source: Batch | None = None


def create(request: BatchRequest, user: User) -> tuple[Batch, bool]:
    """The batch of a request, and whether it is new.

    The same page posted twice, and the same request by two people at once, are one batch while it is open.
    """
    fingerprint = fingerprint_of(request)
    with save_lock(f"batch {fingerprint}", f"batch {request.submission}"):
        existing = _existing(request, fingerprint)
        if existing is not None:
            return existing, False
        batch = Batch.objects.create(
            id=request.submission,
            user=user,
            username=user.get_username(),
            company_id=request.company_id,
            company_name=db_safe(request.company.get("name")),
            connection_id=db_safe(request.connection.get("id"), 64),
            platform_name=db_safe(request.connection.get("platformName")),
            kind=request.kind,
            title=db_safe(request.title),
            note=db_safe(request.note),
            question=db_safe(request.question),
            instructions=[each.to_json() for each in request.instructions],
            fingerprint=fingerprint,
            source=request.source,
            total=len(request.selected),
        )
        BatchRow.objects.bulk_create(_rows(batch, request.selected), batch_size=_PIECE)
        BatchStep.objects.create(
            batch=batch,
            user=user,
            username=user.get_username(),
            action=BatchStep.Action.CREATE,
            at=timezone.now(),
        )
    return batch, True


def row_submission(batch: Batch, customer_id: str) -> uuid.UUID:
    """The submission of a row's write: a row is saved once, however often somebody tries."""
    return uuid.uuid5(batch.pk, customer_id)


def instructions_of(batch: Batch) -> list[Instruction]:
    """What shall be different in the customers of a batch."""
    return [Instruction.from_json(each) for each in batch.instructions]


def _existing(request: BatchRequest, fingerprint: str) -> Batch | None:
    same_page = Batch.objects.filter(pk=request.submission).first()
    if same_page is not None:
        return same_page
    same = Batch.objects.filter(fingerprint=fingerprint, state__in=Batch.OPEN)
    return same.order_by("-created_at").first()


def _rows(batch: Batch, selected: Iterable[Selected]) -> list[BatchRow]:
    return [
        BatchRow(
            batch=batch,
            position=position,
            customer_id=one.customer_id,
            customer_name=db_safe(one.name),
            retry_of=one.retry_of,
        )
        for position, one in enumerate(selected, start=1)
    ]


def fingerprint_of(request: BatchRequest) -> str:
    """A hash of what is asked for: the company, the connection, the customers and what shall be different."""
    asked = {
        "kind": str(request.kind),
        "company": request.company_id,
        "connection": str(request.connection.get("id") or ""),
        "customers": sorted(one.customer_id for one in request.selected),
        "retry_of": sorted(str(one.retry_of.pk) for one in request.selected if one.retry_of),
        "instructions": [each.to_json() for each in request.instructions],
    }
    text = simplejson.dumps(asked, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
