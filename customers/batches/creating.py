"""Making a batch of a request: which customers, and what changes. Nothing is read or sent yet."""

import hashlib
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Generic, TypeVar

import simplejson
from django.contrib.auth.models import User
from django.db.models import Max, Model, QuerySet

from customers.batches import states
from customers.batches.instructions import Instruction
from customers.codat.text import db_safe
from customers.codat.types import Company, Connection
from customers.models import Batch, BatchRow, BatchStep, Write
from customers.scope import EVERYTHING, restricted
from customers.writes.approving.policy import tags_of
from customers.writes.save_lock import lock_in_transaction, save_lock

# Customers of one bulk edit. More belong into several: each is a promise to look at the result.
MAX_ROWS = 10_000
# Rows of one import, and of the batches that retry or undo it.
MAX_IMPORTED_ROWS = 50_000
_PIECE = 500

Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True, slots=True)
class Selected:
    """A customer of a batch; `customer_id` is "" for a new one.

    `retry_of` is the write that its row tries again, or undoes. `instructions` are of this row alone. `acknowledged`
    are the customers of the same name that a person has confirmed (`SameName.keys`). `position` is the number of its
    row, from 1 and once in a batch; 0 for its place among the selected.
    """

    customer_id: str
    name: str
    retry_of: Write | None = None
    instructions: Sequence[Instruction] = ()
    acknowledged: Collection[str] = ()
    position: int = 0


class SelectedRows(Collection[Selected], Generic[Row]):
    """The customers of a query. They are read in pieces each time they are iterated, so never all in memory."""

    def __init__(self, rows: QuerySet[Row], selected: Callable[[Row], Selected]) -> None:
        self._rows, self._selected = rows, selected

    def __len__(self) -> int:
        return self._rows.count()

    def __iter__(self) -> Iterator[Selected]:
        return map(self._selected, self._rows.iterator(chunk_size=_PIECE))

    def __contains__(self, one: object) -> bool:
        return any(one == each for each in self)


@dataclass(frozen=True, slots=True)
class BatchRequest:
    """What a batch is made of. `submission` identifies the opened page, which makes one batch.

    `selected` is iterated twice; where there may be thousands, it is `SelectedRows`.
    """

    company_id: str
    company: Company
    connection: Connection
    selected: Collection[Selected]
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
    with save_lock(*_locks(request, fingerprint)):
        batch, is_new = _create(request, user, fingerprint)
        if is_new:
            rows = _rows(batch, request.selected)
            while piece := list(islice(rows, _PIECE)):
                batch.total += len(BatchRow.objects.bulk_create(piece))
            batch.save(update_fields=["total"])
    return batch, is_new


def create_in_transaction(
    request: BatchRequest, user: User, fingerprint: str
) -> tuple[Batch, bool]:
    """The batch of a request without its rows, in a transaction of the caller, which stores its own change with it.

    `fingerprint` is that of `fingerprint_of`, which reads all rows. `fill` adds the rows after the commit: there may be
    50,000, and until the transaction ends nobody else writes to SQLite. A batch that is not new is for the caller to
    decide about; raising takes its own change back. Raises TransactionManagementError outside of a transaction.
    """
    lock_in_transaction(*_locks(request, fingerprint))
    return _create(request, user, fingerprint, total=len(request.selected), is_filled=False)


def fill(
    batch: Batch,
    selected: Collection[Selected],
    *,
    should_stop: Callable[[], bool] = lambda: False,
) -> bool:
    """Add the rows of a batch that was created without them, in pieces; whether all are there.

    `selected` are those of its request, with ascending positions. Safe to repeat, after `should_stop` or a process that
    died, and to run concurrently. The batch is checked once all are there.
    """
    if batch.is_filled:
        return True
    rows = _rows(batch, selected)
    while piece := list(islice(rows, _PIECE)):
        if should_stop():
            return False
        with save_lock(f"rows of {batch.pk}"):
            last = batch.rows.aggregate(last=Max("position"))["last"] or 0
            BatchRow.objects.bulk_create([row for row in piece if row.position > last])
    Batch.objects.filter(pk=batch.pk).update(is_filled=True, total=batch.rows.count())
    batch.refresh_from_db()
    return True


def _locks(request: BatchRequest, fingerprint: str) -> tuple[str, str]:
    return f"batch {fingerprint}", f"batch {request.submission}"


def _create(
    request: BatchRequest, user: User, fingerprint: str, **values: Any
) -> tuple[Batch, bool]:
    """The batch of a request, without rows, and whether it is new. Called under its locks."""
    existing = _existing(request, fingerprint)
    if existing is not None:
        return existing, False
    with restricted(EVERYTHING):
        # By a batch of another company, which this person may not see.
        is_used = Batch.objects.filter(pk=request.submission).exists()
    batch = Batch.objects.create(
        id=uuid.uuid4() if is_used else request.submission,
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
        company_tags=tags_of(request.company),
        instructions=[each.to_json() for each in request.instructions],
        fingerprint=fingerprint,
        source=request.source,
        **values,
    )
    states.add_step(batch, BatchStep.Action.CREATE, user)
    return batch, True


def row_submission(batch: Batch, row: BatchRow) -> uuid.UUID:
    """The submission of a row's write: a row is saved once, however often somebody tries.

    Of a customer that exists, it is made of the ID. New customers have none, so it is made of their positions.
    """
    if row.customer_id:
        return uuid.uuid5(batch.pk, row.customer_id)
    return uuid.uuid5(uuid.uuid5(batch.pk, ""), str(row.position))


def instructions_of(batch: Batch) -> list[Instruction]:
    """What changes in the customers of a batch."""
    return [Instruction.from_json(each) for each in batch.instructions]


def own_instructions(row: BatchRow) -> list[Instruction]:
    """What changes in the customer of one row alone."""
    return [Instruction.from_json(each) for each in row.instructions]


def _existing(request: BatchRequest, fingerprint: str) -> Batch | None:
    same_page = Batch.objects.filter(pk=request.submission).first()
    if same_page is not None:
        return same_page
    same = Batch.objects.filter(fingerprint=fingerprint, state__in=Batch.OPEN)
    return same.order_by("-created_at").first()


def _rows(batch: Batch, selected: Collection[Selected]) -> Iterator[BatchRow]:
    for number, one in enumerate(selected, start=1):
        yield BatchRow(
            batch=batch,
            position=one.position or number,
            customer_id=one.customer_id,
            customer_name=db_safe(one.name),
            retry_of=one.retry_of,
            instructions=[each.to_json() for each in one.instructions],
            acknowledged=sorted(one.acknowledged),
        )


def fingerprint_of(request: BatchRequest) -> str:
    """A hash of what is asked for: the company, the connection, the customers and what changes."""
    asked = {
        "kind": str(request.kind),
        "company": request.company_id,
        "connection": str(request.connection.get("id") or ""),
        "instructions": [each.to_json() for each in request.instructions],
    }
    digests = [_digest(asked), *sorted(_digest(_asked_of(one)) for one in request.selected)]
    return hashlib.sha256(b"".join(digests)).hexdigest()


def _asked_of(one: Selected) -> dict[str, object]:
    """What is asked for in one row. Its position is none of it: the same customers may be ticked in any order."""
    return {
        "customer": one.customer_id,
        "retry_of": str(one.retry_of.pk) if one.retry_of else "",
        "instructions": [each.to_json() for each in one.instructions],
        "acknowledged": sorted(one.acknowledged),
    }


def _digest(asked: Mapping[str, object]) -> bytes:
    return hashlib.sha256(simplejson.dumps(asked, sort_keys=True).encode()).digest()
