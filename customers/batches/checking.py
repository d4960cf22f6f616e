"""Checking the rows of a batch: each customer is read, changed as a form would, and decided about as a save.

A row that can be sent keeps its values (`checked`). The others say why not, before anything is sent. Reading may be
repeated at any time: a row is checked by one conditional UPDATE, and nothing is sent here.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import DatabaseError, InterfaceError
from django.db.models import F
from django.utils import timezone

from customers.batches import names, states
from customers.batches.applying import missing_lists
from customers.batches.creating import instructions_of
from customers.batches.halts import halt_after
from customers.batches.opening import open_row
from customers.batches.reasons import write_reason
from customers.batches.unreadable import Attempts
from customers.codat.companies import accounting_connection, is_linked
from customers.codat.errors import CodatError, NotFound, RecordTooLarge, UnaddressableId
from customers.codat.text import db_safe, folded_name
from customers.editing.edit import Edit, Target
from customers.editing.save import (
    AlreadySaved,
    AlreadySavedDifferently,
    BeingSent,
    CustomerMissing,
    Invalid,
    MergeNeeded,
    Outcome,
    Ready,
    SameName,
    Unchanged,
    check,
)
from customers.forms import Form, FormTampered
from customers.forms.model import ModelError
from customers.models import Batch, BatchRow, Write
from customers.service import CustomerService
from customers.writes.save_lock import name_lock, save_lock

log = logging.getLogger(__name__)

RowState = BatchRow.State

# Rows of one turn: between two turns the batch is read again, so a cancellation has an effect.
_TURN = 100
# Changes of one row that are kept for its page.
_MAX_CHANGES = 50
_MAX_TEXT = 500
# Where a person's correction comes to one of these, the person goes on in the form, and the row stays as it was.
_NOT_SAVED = (Invalid, MergeNeeded, BeingSent, SameName, AlreadySavedDifferently)
_NOTHING_TO_SEND = {"payload": "", "before": "", "new_name": ""}
_NOT_CHECKED = (
    "This row could not be checked, because of an error in the dashboard. Tell your administrator."
)
_NOT_FOUND = "Not found in Codat. It may have been deleted."


class NotPossible(Exception):
    """No row can be sent: the connection is gone or has no form. str(e) is a sentence for people."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What a turn of checking did: rows checked, and whether rows are left."""

    rows: int
    is_finished: bool


def check_turn(
    batch: Batch,
    service: CustomerService,
    *,
    should_stop: Callable[[], bool] = lambda: False,
    pace: Callable[[], None] = lambda: None,
) -> Checked:
    """Check the next rows of a batch that is being prepared; after the last one it is ready.

    `is_finished` where there is nothing more to check now, also because the batch was cancelled. Where Codat is
    unavailable, or the day's calls are used up, the batch waits. Safe to run concurrently.
    """
    if not Batch.objects.filter(pk=batch.pk, state=Batch.State.PREPARING).exists():
        return Checked(0, is_finished=True)
    rows = list(BatchRow.objects.filter(batch=batch, state=RowState.WAITING)[:_TURN])
    if not (rows or batch.is_filled):
        return Checked(0, is_finished=True)
    if not rows:
        states.ready(batch)
        return Checked(0, is_finished=True)
    try:
        target_of = target_maker(batch, service, fresh=bool(batch.halted))
    except NotPossible as error:
        _end_all(batch, str(error))
        return Checked(len(rows), is_finished=False)
    except CodatError as error:
        halt_after(batch, error)
        return Checked(0, is_finished=True)
    attempts = Attempts(
        batch,
        check=lambda row: _attempt(row, batch, target_of, service),
        read=lambda row: target_of(row.customer_id).read(service),
        end=lambda row, reason: _store(row, RowState.INVALID, problems=[reason]),
        should_stop=should_stop,
        pace=pace,
    )
    attempts.run(rows)
    return _end_turn(batch, len(rows), attempts.error)


def _attempt(
    row: BatchRow, batch: Batch, target_of: Callable[[str], Target], service: CustomerService
) -> CodatError | None:
    """Check a row; why Codat could not be asked about it."""
    try:
        check_row(row, batch, target_of(row.customer_id), service)
    except CodatError as error:
        return error
    except (DatabaseError, InterfaceError):
        raise
    except Exception:  # An error of one row must not stop the others, again and again.
        log.exception("row %s", row.pk)
        _store(row, RowState.INVALID, problems=[_NOT_CHECKED])
    return None


def _end_turn(batch: Batch, rows: int, error: CodatError | None) -> Checked:
    """Count the calls, and let the batch wait after an error."""
    Batch.objects.filter(pk=batch.pk).update(calls=F("calls") + rows)
    if error is not None:
        halt_after(batch, error)
        return Checked(0, is_finished=True)
    states.go_on(batch)
    return Checked(rows, is_finished=False)


def target_maker(
    batch: Batch, service: CustomerService, *, fresh: bool = False
) -> Callable[[str], Target]:
    """A function that makes the target of a customer's form. Raises NotPossible, and CodatError.

    Of the batch's own connection: another one is another ledger, with other customers. `fresh` asks Codat even where
    the company is cached.
    """
    company = service.get_company(company_id=batch.company_id, fresh=fresh)
    connection = accounting_connection(company, batch.connection_id)
    if connection is None:
        raise NotPossible("The company’s connection was replaced, so nothing was sent.")
    if not is_linked(connection):
        raise NotPossible("The company’s connection is not linked, so nothing was sent.")
    try:
        model = service.get_create_update_model(
            company_id=batch.company_id, connection_id=batch.connection_id
        )
    except NotFound as error:
        raise NotPossible(error.sentence) from error
    return lambda customer_id: Target(batch.company_id, company, connection, customer_id, model)


def check_row(row: BatchRow, batch: Batch, target: Target, service: CustomerService) -> None:
    """Read a customer, unless it is new, and decide about its row. Raises CodatError where Codat cannot be asked."""
    read_at = timezone.now()
    try:
        record = target.read(service)
        edit, obstacles = open_row(row, batch, target, record)
    except (NotFound, UnaddressableId):
        _store(row, RowState.MISSING, problems=[_NOT_FOUND])
        return
    except RecordTooLarge as error:
        _store(row, RowState.INVALID, problems=[error.sentence])
        return
    except (ModelError, FormTampered) as error:
        _store(row, RowState.INVALID, problems=[str(error)])
        return
    if (record.get("metadata") or {}).get("isDeleted") is True:
        _store(
            row,
            RowState.MISSING,
            problems=["This customer was deleted in the accounting software."],
        )
        return
    if obstacles:
        is_conflict = any(each.is_conflict for each in obstacles)
        state = RowState.CONFLICT if is_conflict else RowState.INVALID
        texts = [each.text for each in obstacles]
        _store(row, state, problems=texts, changes=_changes(edit.form))
        return
    decide(row, batch, edit, service, record=record, read_at=read_at)


def decide(
    row: BatchRow,
    batch: Batch,
    edit: Edit,
    service: CustomerService,
    *,
    record: dict[str, Any],
    read_at: datetime,
    by: User | None = None,
) -> Ready | Outcome | None:
    """Decide about a row as a save would, and store what was found. Raises CodatError.

    `by` is the person who corrected the row; else it is the batch's own. A correction that cannot be saved changes
    nothing. None where nothing was stored, because the row was journaled or left out meanwhile, or the batch ended.
    """
    user = by or batch.user or User(username=batch.username)
    outcome = check(edit, user=user, service=service, record=record, read_at=read_at)
    changes = _changes(edit.form)
    if isinstance(outcome, Ready):
        if not (by or _is_new_attempt(row, outcome)):
            _store(row, RowState.INVALID, problems=_refusals(row), changes=changes)
            return outcome
        return _store_ready(row, batch, edit, outcome, read_at=read_at, by=by)
    if by and isinstance(outcome, _NOT_SAVED):
        return outcome
    state, problems = _verdict(outcome)
    if state == RowState.UNCHANGED and not problems:
        problems = _missing_lists(batch, edit.form)
    values = {"problems": problems, "changes": changes, "checked_at": read_at}
    return outcome if _store(row, state, by=by, **values) else None


def _store_ready(
    row: BatchRow,
    batch: Batch,
    edit: Edit,
    outcome: Ready,
    *,
    read_at: datetime,
    by: User | None,
) -> Ready | Outcome | None:
    """Store what will be sent for a row, unless another row of the batch gives its new name already."""
    request, name = outcome.request, folded_name(edit.new_name)
    values: dict[str, Any] = {
        "problems": _missing_lists(batch, edit.form),
        "changes": _changes(edit.form),
        "checked_at": read_at,
        "payload": request.payload,
        "before": request.before,
        "merged": [*request.merged],
        "customer_name": db_safe(request.customer_name),
        "acknowledged": sorted(edit.acknowledged),
        "new_name": name,
    }
    if by is not None:
        values["corrected_by"] = by
    if not name:
        return outcome if _store(row, RowState.CHECKED, by=by, **values) else None
    with save_lock(states.journal_lock(batch.pk), name_lock(batch.company_id, name)):
        others = [
            other
            for other in names.twins(row, name)
            if f"row:{other.position}" not in edit.acknowledged
            and f"row:{row.position}" not in other.acknowledged
        ]
        later = [] if by else [each for each in others if each.position > row.position]
        if len(others) == len(later):
            names.give_way(later, row)
            return outcome if _update(row, RowState.CHECKED, by=by, **values) else None
    same = SameName(edit.form, names.as_same_name(others))
    if by is None:
        state, problems = _verdict(same)
        _store(row, state, problems=problems, changes=values["changes"])
    return same


def _verdict(outcome: Ready | Outcome) -> tuple[str, Sequence[object]]:
    """The state of a row after its check, and its problems."""
    match outcome:
        case Ready():
            return RowState.CHECKED, ()
        case Unchanged():
            return RowState.UNCHANGED, ()
        case Invalid(form):
            return RowState.INVALID, form.summary
        case MergeNeeded(_, merge):
            labels = ", ".join(conflict.label for conflict in merge.conflicts)
            return RowState.CONFLICT, [f"Changed by others since: {labels}."]
        case CustomerMissing():
            return RowState.MISSING, [_NOT_FOUND]
        case BeingSent(_, write):
            return RowState.CONFLICT, [f"A change by {write.username} is being sent now."]
        case SameName():
            return RowState.INVALID, [names.sentence(outcome)]
        case AlreadySaved(write) if write.state in Write.FAILED_STATES:
            return RowState.INVALID, [f"Not accepted before: {write_reason(write)}"]
        case AlreadySaved(write):
            return RowState.UNCHANGED, [f"{write.username} has made this change already."]
        case _:
            return RowState.CONFLICT, ["This row was saved before with other values."]


def _missing_lists(batch: Batch, form: Form) -> list[str]:
    """What a row says where the customer has nothing that an instruction could change."""
    return [
        f"Codat shows no {label.lower()} of this customer."
        for label in missing_lists(form, instructions_of(batch))
    ]


def _is_new_attempt(row: BatchRow, outcome: Ready) -> bool:
    """Whether a row that was refused before would be sent with other values now."""
    earlier = row.retry_of
    if earlier is None or row.batch.kind != Batch.Kind.RETRY or not earlier.push_operation_key:
        return True
    return outcome.request.payload != earlier.payload


def _refusals(row: BatchRow) -> list[object]:
    """Why a row was refused before, at its fields where Codat named them."""
    earlier = row.retry_of
    if earlier is None:
        return []
    found = [
        states.problem(" ".join(filter(None, (each.get("itemId"), each.get("message")))))
        for each in earlier.validation
        if isinstance(each, dict)
    ]
    return [*found] or [earlier.error_message or "Refused before with the same values."]


def _changes(form: Form) -> list[dict[str, str]]:
    return [
        {
            "label": db_safe(change.label)[:_MAX_TEXT],
            "old": db_safe(change.old_text)[:_MAX_TEXT],
            "new": db_safe(change.new_text)[:_MAX_TEXT],
        }
        for change in form.changes()[:_MAX_CHANGES]
    ]


def _store(row: BatchRow, state: str, **values: Any) -> bool:
    """Store what was found about a row, as `_update` does; so that the batch does not end in between."""
    with save_lock(states.journal_lock(row.batch_id)):
        return _update(row, state, **values)


def _update(
    row: BatchRow,
    state: str,
    *,
    problems: Iterable[object] = (),
    by: User | None = None,
    **values: Any,
) -> bool:
    """Store what was found about a row of an open batch that has no write yet; whether nobody left it out meanwhile.

    A row that was left out before is taken in by a person's correction (`by`).
    """
    lines = [line if isinstance(line, dict) else states.problem(str(line)) for line in problems]
    rows = BatchRow.objects.filter(pk=row.pk, write=None, batch__state__in=Batch.OPEN)
    if not (by and row.state == RowState.LEFT_OUT):
        rows = rows.exclude(state=RowState.LEFT_OUT)
    safe = [{name: db_safe(text)[:_MAX_TEXT] for name, text in line.items()} for line in lines]
    stored = rows.update(
        **(_NOTHING_TO_SEND | {"checked_at": timezone.now()} | values),
        state=state,
        problems=safe[:_MAX_CHANGES],
    )
    return bool(stored)


def _end_all(batch: Batch, reason: str) -> None:
    """No row can be checked: each says why."""
    BatchRow.objects.filter(batch=batch, state=RowState.WAITING).update(
        state=RowState.CONFLICT, problems=[states.problem(reason)]
    )
