"""Saving one customer, as a use case: validate, compare with what others have changed, journal, send.

    outcome = save(Edit(target, form), user=user, service=service)

Knows no request and no response. A page, a command and a batch call the same function and decide by the
`Outcome` what to do next. Nothing is sent but for `Sent`.
"""

import uuid
from dataclasses import dataclass
from typing import Any

import simplejson
from django.contrib.auth.models import User

from customers.editing.edit import Edit
from customers.forms import Form, Merge, PostData
from customers.models import Write
from customers.service import CustomerService
from customers.writes import drafts
from customers.writes.journal import WriteRequest, create_write
from customers.writes.pending import same_name_create
from customers.writes.sending import send


@dataclass(frozen=True, slots=True)
class Sent:
    """The change was journaled and handed to Codat. The write's state says what came of it, failures included."""

    write: Write


@dataclass(frozen=True, slots=True)
class Unchanged:
    """The form changes nothing of the record that it was opened with."""

    form: Form


@dataclass(frozen=True, slots=True)
class Invalid:
    """The form or the options are invalid; the errors are in them."""

    form: Form


@dataclass(frozen=True, slots=True)
class MergeNeeded:
    """The customer was changed since the form was opened; `merge` has the fields and the choices made so far."""

    form: Form
    merge: Merge


@dataclass(frozen=True, slots=True)
class SameName:
    """`write` creates a customer of the same name and is still pending. Acknowledge it as `Edit.same_name`."""

    form: Form
    write: Write


@dataclass(frozen=True, slots=True)
class AlreadySaved:
    """This form was saved before with the same values, as `write`: a double click, a reload, a second tab."""

    write: Write


@dataclass(frozen=True, slots=True)
class AlreadySavedDifferently:
    """This form was saved before with other values, as `write`.

    `edit` has the new values over the saved ones, and a submission of its own: saving it is a write of its own.
    """

    edit: Edit
    write: Write


Outcome = (
    Sent | Unchanged | Invalid | MergeNeeded | SameName | AlreadySaved | AlreadySavedDifferently
)


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
    before = edit.target.read(service)
    outcome = _check_and_journal(edit, user, before, choices)
    if isinstance(outcome, Write):
        send(outcome, service)
        drafts.discard(user, edit.submission)
        return Sent(outcome)
    return outcome


def _check_and_journal(
    edit: Edit, user: User, before: dict[str, Any], choices: PostData | None
) -> Write | Outcome:
    """The new row of this save, or what stands in its way. `before` is the record as read, {} for a new one.

    Whatever other saves have to be compared with is read here, right before the row is written.
    """
    checked = _check_name(edit) if edit.target.creating else _merged(edit, before, choices)
    if not isinstance(checked, Form):
        return checked
    write = Write.objects.filter(submission=edit.submission).first()
    is_new = False
    if write is None:
        # Of two posts at the same time one is first: for the other one, this row is not new.
        write, is_new = create_write(_write_request(edit, checked, before), user)
    return write if is_new else _saved_before(edit, checked, before, write)


def _check_name(edit: Edit) -> Form | SameName:
    """The form of a new customer, unless another one of its name is pending and was not acknowledged."""
    write = same_name_create(
        edit.target.company_id,
        str(edit.form.payload().get("customerName") or ""),
        exclude_submission=edit.submission,
        retry_of=edit.retry_of,
    )
    if write is None or write == edit.same_name:
        return edit.form
    return SameName(edit.form, write)


def _merged(edit: Edit, before: dict[str, Any], choices: PostData | None) -> Form | MergeNeeded:
    """The form over the customer as it is now, pending changes included, or the conflict with it."""
    current, _ = edit.target.with_pending(before, edit.submission)
    merge = edit.form.merge(current, choices)
    if not merge.resolved:
        return MergeNeeded(edit.form, merge)
    return edit.target.form(current, filled=merge.values()) if merge.conflicts else edit.form


def _write_request(edit: Edit, form: Form, before: dict[str, Any]) -> WriteRequest:
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
        same_name=write if target.creating else edit.same_name,
        notes=edit.notes,
    )
    return AlreadySavedDifferently(again, write)
