"""Saving one customer, as a use case: validate, compare with what others have changed, journal, send.

    outcome = save(Edit(target, form), user=user, service=service)

Knows no request and no response. A page, a command and a batch call the same function and decide by the
`Outcome` what to do next. Nothing is sent but for `Sent`.
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
    UNSEARCHED,
    CopySearch,
    SameNameCustomer,
    pending_customers,
    search_copy,
)
from customers.forms import Form, Merge, PostData
from customers.models import Write
from customers.service import CustomerService
from customers.writes import drafts
from customers.writes.journal import MergedField, WriteRequest, create_write
from customers.writes.pending import being_sent
from customers.writes.save_lock import customer_lock, form_lock, name_lock, save_lock
from customers.writes.sending import send


@dataclass(frozen=True, slots=True)
class Sent:
    """The change was journaled and handed to Codat. The write's state says what came of it, failures included."""

    write: Write


@dataclass(frozen=True, slots=True)
class Unchanged:
    """The save changes nothing: neither of the record that the form was opened with, nor of the record now."""

    form: Form


@dataclass(frozen=True, slots=True)
class Invalid:
    """The form or the options are invalid; the errors are in them."""

    form: Form


@dataclass(frozen=True, slots=True)
class MergeNeeded:
    """Somebody else changed a field that the form changes too; `merge` has the choices made so far."""

    form: Form
    merge: Merge


@dataclass(frozen=True, slots=True)
class CustomerGone:
    """Codat's copy does not have the customer any more; the form has what was typed."""

    form: Form


@dataclass(frozen=True, slots=True)
class BeingSent:
    """`write` changes the same customer and is being sent at this moment; the save could overtake it."""

    form: Form
    write: Write


@dataclass(frozen=True, slots=True)
class SameName:
    """Other customers have the name, or `error` says why Codat's copy could not be searched for them.

    Acknowledge `keys` as `Edit.acknowledged`.
    """

    form: Form
    customers: tuple[SameNameCustomer, ...]
    error: CodatError | None = None

    @property
    def keys(self) -> frozenset[str]:
        """What a person acknowledges by saving again."""
        return frozenset(
            [other.key for other in self.customers] + ([UNSEARCHED] if self.error else [])
        )


@dataclass(frozen=True, slots=True)
class AlreadySaved:
    """`write` makes this change already.

    Either this form was saved before with the same values (a double click, a reload), or, `by_content`, another form
    was: the person's second tab, or somebody else.
    """

    write: Write
    by_content: bool = False


@dataclass(frozen=True, slots=True)
class AlreadySavedDifferently:
    """This form was saved before with other values, as `write`.

    `edit` has the new values over the saved ones, and a submission of its own: saving it is a write of its own.
    """

    edit: Edit
    write: Write


Outcome = (
    Sent
    | Unchanged
    | Invalid
    | MergeNeeded
    | CustomerGone
    | BeingSent
    | SameName
    | AlreadySaved
    | AlreadySavedDifferently
)


@dataclass(frozen=True, slots=True)
class _Reading:
    """What Codat's copy had before the lock, and when its reading began.

    The record, {} for a new customer; and the other customers that have the new name.
    """

    record: dict[str, Any]
    read_at: datetime
    same_name: CopySearch


def save(
    edit: Edit, *, user: User, service: CustomerService, choices: PostData | None = None
) -> Outcome:
    """Save a customer once, however often the same edit is saved.

    `choices` holds a person's choices between their values and somebody else's, as `Form.merge` reads them.
    Raises CodatError where the record cannot be read, and then nothing was sent. An error of the sending
    itself is in the write's state.
    """
    if not edit.is_valid():
        return Invalid(edit.form)
    if not edit.target.creating and not edit.form.changes():
        return Unchanged(edit.form)
    try:
        reading = _read(edit, service)
    except NotFound:
        return CustomerGone(edit.form)
    with save_lock(*_lock_names(edit)):
        outcome = _check_and_journal(edit, user, reading, choices)
    if isinstance(outcome, Write):
        send(outcome, service)
        drafts.discard(user, edit.submission)
        return Sent(outcome)
    if isinstance(outcome, AlreadySaved) and outcome.by_content:
        drafts.discard(user, edit.submission)
    return outcome


def _read(edit: Edit, service: CustomerService) -> _Reading:
    """Read what a save is compared with. Raises CodatError, NotFound where the customer is gone."""
    read_at = timezone.now()
    record = edit.target.read(service)
    # A form that was saved before is not sent again, whatever has its name by now: it may be its own customer.
    if not edit.new_name or Write.objects.filter(submission=edit.submission).exists():
        return _Reading(record, read_at, CopySearch())
    return _Reading(record, read_at, search_copy(edit, service))


def _lock_names(edit: Edit) -> Iterator[str]:
    """What no other save may decide about at the same time: this form, its customer, its new name."""
    target = edit.target
    yield form_lock(edit.submission)
    if not target.creating:
        yield customer_lock(target.company_id, target.customer_id)
    if edit.new_name:
        yield name_lock(target.company_id, folded_name(edit.new_name))


def _check_and_journal(
    edit: Edit, user: User, reading: _Reading, choices: PostData | None
) -> Write | Outcome:
    """The new row of this save, or what stands in its way. Called under the lock.

    The record was read before the lock was taken; what other saves have journaled since is looked for here.
    """
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
        return _saved_before(edit, form, reading.record, earlier)
    obstacle = _obstacle(edit, form, user, current, reading)
    if obstacle is not None:
        return obstacle
    merged = merged_fields(target, merge.merged) if merge else []
    write, is_new = create_write(_write_request(edit, form, reading.record, merged), user)
    return write if is_new else _saved_before(edit, form, reading.record, write)


def _obstacle(
    edit: Edit, form: Form, user: User, current: dict[str, Any], reading: _Reading
) -> Outcome | None:
    """What another save has done or is doing that this one must not repeat or overtake; None for nothing."""
    target = edit.target
    if not target.creating:
        unchanged = _made_by_others(edit, form, current, reading)
        if unchanged is not None:
            return unchanged
        other = being_sent(
            target.company_id, target.customer_id, exclude_submission=edit.submission
        )
        if other is not None:
            return BeingSent(edit.form, other)
    return _same_name(edit, form, user, reading)


def _same_name(edit: Edit, form: Form, user: User, reading: _Reading) -> Outcome | None:
    """The outcome where other customers have the new name and the person has not acknowledged all of them."""
    pending = pending_customers(edit, reading.read_at)
    outcome = SameName(edit.form, (*reading.same_name.customers, *pending), reading.same_name.error)
    unseen = outcome.keys - edit.acknowledged
    if not unseen:
        return None
    for other in pending:
        if other.key in unseen and other.write and _is_twin(other.write, edit, form, user):
            return AlreadySaved(other.write, by_content=True)
    return outcome


def _made_by_others(
    edit: Edit, form: Form, current: dict[str, Any], reading: _Reading
) -> Outcome | None:
    """The outcome where the customer already has, or is about to get, all that the form changes."""
    target = edit.target
    if current == edit.form.base or target.form(current, filled=form.payload()).changes():
        return None
    _, pending = target.with_pending(reading.record, edit.submission, reading.read_at)
    return AlreadySaved(pending[-1], by_content=True) if pending else Unchanged(edit.form)


def _is_twin(write: Write, edit: Edit, form: Form, user: User) -> bool:
    """Whether a pending write adds the very same customer for the same person: their second tab."""
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


def _saved_before(
    edit: Edit, form: Form, before: dict[str, Any], write: Write
) -> AlreadySaved | AlreadySavedDifferently:
    """What a second save of an edit is, given the write of the first.

    The payload of an old write may have been deleted: then it counts as the same.
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
        # The saved values are what the new ones are compared with, not somebody else's change.
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
