"""Saving one customer, as a use case without HTTP: validate, merge with others' changes, journal, send.

    outcome = save(Edit(target, form), user=user, service=service)

A page, a command and a batch call the same function and handle its `Outcome`. Something was sent only where the
outcome is `Sent`.
"""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import simplejson
from django.contrib.auth.models import User
from django.utils import timezone

from customers.codat.errors import CodatError, NotFound
from customers.codat.text import folded_name
from customers.editing.edit import Edit
from customers.editing.merging import merged_fields
from customers.editing.same_name import (
    NOT_SEARCHED,
    CopySearch,
    SameNameCustomer,
    may_merge,
    pending_customers,
    search,
)
from customers.forms import Form, Merge, PostData
from customers.models import Write
from customers.service import CustomerService
from customers.writes import drafts
from customers.writes.journal import MergedField, WriteRequest, create_write
from customers.writes.save_lock import customer_lock, form_lock, name_lock, save_lock
from customers.writes.sending import send
from customers.writes.showing.pending import being_sent


@dataclass(frozen=True, slots=True)
class Sent:
    """The change was journaled and the call to Codat was made. Its result, also a failure, is the write's state."""

    write: Write


@dataclass(frozen=True, slots=True)
class Waits:
    """The change was journaled, and nothing was sent: it waits for approval by a second person."""

    write: Write


@dataclass(frozen=True, slots=True)
class Unchanged:
    """The save would change neither the record that the form was opened with nor the current one."""

    form: Form


@dataclass(frozen=True, slots=True)
class Invalid:
    """The form or the options are invalid; the errors are in them."""

    form: Form


@dataclass(frozen=True, slots=True)
class MergeNeeded:
    """Another save changed a field that the form changes too; `merge` has the choices made so far."""

    form: Form
    merge: Merge


@dataclass(frozen=True, slots=True)
class CustomerMissing:
    """Codat's copy does not have the customer any more; the form has the entered values."""

    form: Form


@dataclass(frozen=True, slots=True)
class BeingSent:
    """`write` changes the same customer and is being sent now; this save could overtake it."""

    form: Form
    write: Write


@dataclass(frozen=True, slots=True)
class SameName:
    """Other customers have the name, or another thing that the save sets (`SameNameCustomer.reasons`).

    `error` is why Codat's copy could not be searched for them. `may_merge`: to give the customer the name of one of
    them may merge the two in the accounting software. To save nevertheless, pass `keys` as `Edit.acknowledged`.
    """

    form: Form
    customers: tuple[SameNameCustomer, ...]
    error: CodatError | None = None
    may_merge: bool = False

    @property
    def keys(self) -> frozenset[str]:
        """What a person acknowledges by saving again."""
        return frozenset(
            [other.key for other in self.customers] + ([NOT_SEARCHED] if self.error else [])
        )


@dataclass(frozen=True, slots=True)
class AlreadySaved:
    """`write` makes this change already.

    Either this form was saved before with the same values (a double click, a reload), or another form was
    (`is_other_form`): in a second tab, or by another person.
    """

    write: Write
    is_other_form: bool = False


@dataclass(frozen=True, slots=True)
class AlreadySavedDifferently:
    """This form was saved before with other values, as `write`.

    `edit` has the new values over the saved ones, and a new submission: saving it is a new write.
    """

    edit: Edit
    write: Write


Outcome = (
    Sent
    | Waits
    | Unchanged
    | Invalid
    | MergeNeeded
    | CustomerMissing
    | BeingSent
    | SameName
    | AlreadySaved
    | AlreadySavedDifferently
)


@dataclass(frozen=True, slots=True)
class Ready:
    """The change may be sent: `request` is its row in the journal, which is not there yet. See `check`."""

    form: Form
    request: WriteRequest


@dataclass(frozen=True, slots=True)
class _Reading:
    """What was read from Codat's copy before the lock was taken, and when that read began.

    The record, {} for a new customer, and the other customers that have the new name or another thing in common.
    """

    record: dict[str, Any]
    read_at: datetime
    same_name: CopySearch


def save(
    edit: Edit,
    *,
    user: User,
    service: CustomerService,
    choices: PostData | None = None,
    by_name_only: bool = False,
) -> Outcome:
    """Save a customer. Idempotent: saving the same edit again sends nothing.

    `choices` are the choices between the form's values and those of others, as `Form.merge` reads them.
    `by_name_only`: the person is not asked about others with the same email or tax number.
    Raises CodatError where the record cannot be read; then nothing was sent. An error while sending is recorded
    in the write's state.
    """
    prevented = _invalid_or_unchanged(edit)
    if prevented is not None:
        return prevented
    try:
        reading = _read(edit, service, by_name_only=by_name_only)
    except NotFound:
        return CustomerMissing(edit.form)
    with save_lock(*_lock_names(edit)):
        outcome = _check_and_journal(edit, user, reading, choices)
    if isinstance(outcome, Write):
        waits = outcome.state == Write.State.WAITING
        if not waits:
            send(outcome, service)
        drafts.discard(user, edit.submission)
        return Waits(outcome) if waits else Sent(outcome)
    if isinstance(outcome, AlreadySaved) and outcome.is_other_form:
        drafts.discard(user, edit.submission)
    return outcome


def check(
    edit: Edit,
    *,
    user: User,
    service: CustomerService,
    record: dict[str, Any],
    read_at: datetime,
) -> Ready | Outcome:
    """Decide as `save` does, without a row in the journal and without sending: for a row of a batch.

    `record` is the customer as it was just read, in a read that began at `read_at`. Another save may come before the
    request is journaled: whoever does that has to look for it. Raises CodatError where Codat cannot be asked for
    customers of the same name.
    """
    prevented = _invalid_or_unchanged(edit)
    if prevented is not None:
        return prevented
    # Whoever made the batch has matched its customers, by their email or tax number, too: only names are searched.
    same_name = search(edit, service, by_name_only=True)
    return _decide(edit, user, _Reading(record, read_at, same_name), None)


def _invalid_or_unchanged(edit: Edit) -> Outcome | None:
    if not edit.is_valid():
        return Invalid(edit.form)
    if not edit.target.creating and not edit.form.changes():
        return Unchanged(edit.form)
    return None


def _read(edit: Edit, service: CustomerService, *, by_name_only: bool) -> _Reading:
    """Read what a save is compared with. Raises CodatError; NotFound where the customer does not exist any more."""
    read_at = timezone.now()
    record = edit.target.read(service)
    # A form that was saved before is not sent again, so no search is needed; it might find the form's own customer.
    is_new = edit.new_name or edit.new_email or edit.new_tax_number
    if not is_new or Write.objects.filter(submission=edit.submission).exists():
        return _Reading(record, read_at, CopySearch())
    return _Reading(record, read_at, search(edit, service, by_name_only=by_name_only))


def _lock_names(edit: Edit) -> Iterator[str]:
    """The names of the locks of a save: for this form, its customer, and its new name."""
    target = edit.target
    yield form_lock(edit.submission)
    if not target.creating:
        yield customer_lock(target.company_id, target.customer_id)
    if edit.new_name:
        yield name_lock(target.company_id, folded_name(edit.new_name))


def _check_and_journal(
    edit: Edit, user: User, reading: _Reading, choices: PostData | None
) -> Write | Outcome:
    """The new row of this save, or the outcome that prevents it. Called under the lock.

    The record was read before the lock was taken; writes that were journaled since are read here.
    """
    decided = _decide(edit, user, reading, choices)
    if not isinstance(decided, Ready):
        return decided
    write, is_new = create_write(decided.request, user)
    return write if is_new else _repeated_save(edit, decided.form, reading.record, write)


def _decide(edit: Edit, user: User, reading: _Reading, choices: PostData | None) -> Ready | Outcome:
    """The row of this save, or the outcome that prevents it."""
    target = edit.target
    current, merge = reading.record, None
    form = edit.form
    if not target.creating:
        current, _ = target.with_pending(reading.record, edit.submission, reading.read_at)
        merge = edit.form.merge(current, choices)
        if not merge.resolved:
            return MergeNeeded(edit.form, merge)
        if merge.conflicts or merge.merged:
            form = target.form(current, filled=merge.values())
    earlier = Write.objects.filter(submission=edit.submission).first()
    if earlier is not None:
        return _repeated_save(edit, form, reading.record, earlier)
    prevented = _prevented(edit, form, user, current, reading)
    if prevented is not None:
        return prevented
    merged = merged_fields(target, merge.merged) if merge else []
    return Ready(form, _write_request(edit, form, reading.record, merged))


def _prevented(
    edit: Edit, form: Form, user: User, current: dict[str, Any], reading: _Reading
) -> Outcome | None:
    """The outcome where this save would repeat or overtake another one; None where it may be sent."""
    target = edit.target
    if not target.creating:
        unchanged = _already_changed(edit, form, current, reading)
        if unchanged is not None:
            return unchanged
        other = being_sent(
            target.company_id, target.customer_id, exclude_submission=edit.submission
        )
        if other is not None:
            return BeingSent(edit.form, other)
    return _same_name(edit, form, user, reading)


def _same_name(edit: Edit, form: Form, user: User, reading: _Reading) -> Outcome | None:
    """The outcome where other customers have what the save sets and the person has not acknowledged all of them."""
    pending = pending_customers(edit, reading.read_at)
    customers = (*reading.same_name.customers, *pending)
    is_name = any("name" in other.reasons for other in customers)
    outcome = SameName(
        edit.form, customers, reading.same_name.error, may_merge=is_name and may_merge(edit)
    )
    missing = outcome.keys - edit.acknowledged
    if not missing:
        return None
    for other in pending:
        if other.key in missing and other.write and _is_same_create(other.write, edit, form, user):
            return AlreadySaved(other.write, is_other_form=True)
    return outcome


def _already_changed(
    edit: Edit, form: Form, current: dict[str, Any], reading: _Reading
) -> Outcome | None:
    """The outcome where the customer already has all values of the form, or pending changes will set them."""
    target = edit.target
    if current == edit.form.base or target.form(current, filled=form.payload()).changes():
        return None
    _, pending = target.with_pending(reading.record, edit.submission, reading.read_at)
    return AlreadySaved(pending[-1], is_other_form=True) if pending else Unchanged(edit.form)


def _is_same_create(write: Write, edit: Edit, form: Form, user: User) -> bool:
    """Whether a pending write of the same person, as from a second tab, creates the same customer."""
    return (
        edit.target.creating
        and write.kind == Write.Kind.CREATE
        and write.user_id == user.pk
        and write.connection_id == edit.target.connection_id
        and write.payload == form.payload_json()
    )


def _write_request(
    edit: Edit, form: Form, before: dict[str, Any], merged: list[MergedField]
) -> WriteRequest:
    target = edit.target
    name = form.payload().get("customerName") or before.get("customerName") or ""
    return WriteRequest(
        company_id=target.company_id,
        company=target.company,
        connection=target.connection,
        customer_id=target.customer_id,
        customer_name=str(name),
        payload=form.payload_json(),
        before=simplejson.dumps(before, use_decimal=True) if before else "",
        submission=edit.submission,
        timeout_in_minutes=edit.options.timeout_in_minutes,
        force_update=edit.options.force,
        retry_of=edit.retry_of,
        merged=merged,
    )


def _repeated_save(
    edit: Edit, form: Form, before: dict[str, Any], write: Write
) -> AlreadySaved | AlreadySavedDifferently:
    """The outcome of a second save of an edit, whose first one is `write`.

    If the payload of an old write was deleted, the values count as the same.
    """
    target = edit.target
    is_same_customer = write.company_id == target.company_id and (
        write.kind == Write.Kind.CREATE
        if target.creating
        else write.customer_id == target.customer_id
    )
    if is_same_customer and write.payload in ("", form.payload_json()):
        return AlreadySaved(write)
    submission = uuid.uuid4()
    if not target.creating:
        # The new values are compared with the saved ones, which are not another person's change.
        current, _ = target.with_pending(before, submission)
        form = target.form(current, filled=form.payload())
    again = Edit(
        target,
        form,
        submission,
        edit.options,
        edit.retry_of,
        acknowledged=edit.acknowledged | {str(write.pk)},
        notes=edit.notes,
    )
    return AlreadySavedDifferently(again, write)
