"""Opening a customer's form: on the record, a copy, a draft, an earlier change, or a post. Knows no HTTP."""

import uuid
from dataclasses import replace
from typing import Any

from django.contrib.auth.models import User
from django.http import QueryDict
from django.utils import timezone

from customers.codat.errors import NotFound
from customers.editing.edit import Edit, SaveOptions, Target
from customers.formatting import day_and_time, distance, text_or_dash
from customers.forms import FormTampered, copy_of
from customers.forms.model_changes import model_changes
from customers.models import Draft, Write
from customers.service import CustomerService
from customers.writes import drafts
from customers.writes.showing.effects import (
    earlier_writes,
    undo_submission,
    values_after,
    values_before,
)


def uuid_or_new(value: str | None) -> uuid.UUID:
    """The UUID in an untrusted text; a new one, which matches nothing, where the text is not a UUID."""
    try:
        return uuid.UUID(value or "")
    except ValueError:
        return uuid.uuid4()


def open_record(target: Target, service: CustomerService) -> Edit:
    """A blank form for a new customer, else the record with pending changes. Raises CodatError."""
    record, notes = _record(target, service)
    return Edit(target, target.form(record), notes=notes)


def open_copy(target: Target, source: dict[str, Any]) -> Edit:
    """The form for a new customer, filled with the values of another one."""
    note = f"Copied from {text_or_dash(source.get('customerName'))}. Nothing is saved yet."
    return Edit(target, target.form(filled=copy_of(source)), notes=(note,))


def open_as_new(edit: Edit) -> Edit:
    """The form for a new customer with the values that were entered for one that does not exist any more.

    Saving it ends the draft of the old form, since both have the same submission.
    """
    note = (
        "This customer is no longer in Codat, so nothing was sent."
        " What you typed is below. Save it as a new customer, or cancel."
    )
    target = replace(edit.target, customer_id="")
    form = target.form(filled=copy_of(edit.form.payload()))
    return Edit(target, form, edit.submission, SaveOptions(edit.options.timeout), notes=(note,))


def open_draft(target: Target, draft: Draft, service: CustomerService) -> Edit:
    """A draft's form, with notes on what has changed since in the record and in the model. Raises CodatError.

    Where the customer does not exist any more, the form is for a new one.
    """
    post = drafts.post_data(draft)
    try:
        record, _ = target.with_pending(target.read(service), draft.submission)
    except NotFound:
        return open_as_new(read_post(target, post))
    notes = (
        f"You are continuing your draft from {day_and_time(draft.updated_at)}.",
        *model_changes(draft.model, target.model),
    )
    try:
        edit = read_post(target, post)
    except FormTampered:
        return rebuild(target, post, record).with_notes(*notes)
    edit.show_findings()
    changes = [] if target.creating else edit.form.record_changes(record)
    return edit.with_notes(
        *notes,
        *(
            f"{change.label} was changed after you started: {change.old_text} → {change.new_text}."
            for change in changes
        ),
    )


def open_write(target: Target, write: Write, user: User, service: CustomerService) -> Edit:
    """The form with the values and options of an earlier change, and its errors. Raises CodatError.

    It is marked as seen if its author opens it. Where the customer does not exist any more, the form is for a new one.
    """
    try:
        record, notes = _record(target, service)
    except NotFound:
        form = target.form(write.values_before, filled=write.sent_values)
        return open_as_new(Edit(target, form, options=SaveOptions.of(write)))
    if not write.payload:
        return Edit(target, target.form(record), notes=(*notes, _missing_note(write)))
    form = target.form(record, filled=write.sent_values)
    write.mark_seen_by(user.pk)
    note = "These are the values of an earlier change. Saving sends them as a new change."
    edit = Edit(target, form, options=SaveOptions.of(write), retry_of=write, notes=(*notes, note))
    edit.show_findings()
    return edit


def open_undo(target: Target, write: Write, service: CustomerService) -> Edit:
    """The form with the values from before an earlier change, and all others as they are now. Raises CodatError."""
    record, notes = _record(target, service)
    if not write.before or record is None:
        return Edit(target, target.form(record), notes=(*notes, _missing_note(write)))
    merge = undo_edit(target, write).form.merge(record)
    conflicts = [replace(conflict, chosen="mine") for conflict in merge.conflicts]
    form = target.form(record, filled=replace(merge, conflicts=conflicts).values())
    moment = day_and_time(write.created_at)
    note = f"Undo: the values from before {moment} are filled in. Save to send them."
    return Edit(target, form, notes=(*notes, note))


def undo_edit(target: Target, write: Write) -> Edit:
    """The edit that puts back what a change changed: opened on the record after it, filled with the one before."""
    earlier = earlier_writes(write)
    form = target.form(values_after(write, earlier), filled=values_before(write, earlier))
    return Edit(target, form, undo_submission(write.pk), retry_of=write)


def read_post(target: Target, post: QueryDict) -> Edit:
    """The edit in a post, also a stored one (a draft). Raises FormTampered."""
    return Edit(target, target.form(data=post), **_fields(target, post))


def rebuild(target: Target, post: QueryDict, record: dict[str, Any]) -> Edit:
    """The posted values over the current record, where the signed record of the form cannot be read."""
    copy = post.copy()
    copy["base"] = target.form(record).signed_base
    edit = Edit(target, target.form(data=copy), **_fields(target, post))
    where = "below" if target.creating else "on top of the current record"
    edit.form.problems.append(
        "This form is out of date, so nothing was sent."
        f" Your changes are shown {where}: check them, then save."
    )
    return edit


def _fields(target: Target, post: QueryDict) -> dict[str, Any]:
    """The posted attributes of an `Edit`, by their names."""
    retry_of = None
    if post.get("retry_of"):
        # Only a change of the same customer: findings on another customer's change must not be shown here.
        writes = Write.objects.filter(company_id=target.company_id)
        same = (
            {"kind": Write.Kind.CREATE} if target.creating else {"customer_id": target.customer_id}
        )
        retry_of = writes.filter(pk=uuid_or_new(post.get("retry_of")), **same).first()
    return {
        "submission": uuid_or_new(post.get("submission")),
        "options": SaveOptions(post.get("timeout", "").strip(), force=bool(post.get("force"))),
        "retry_of": retry_of,
        "acknowledged": frozenset(post.get("same_name", "").split()),
    }


def _record(
    target: Target, service: CustomerService
) -> tuple[dict[str, Any] | None, tuple[str, ...]]:
    """The record with pending changes, and a note for each of those; None for a new customer."""
    if target.creating:
        return None, ()
    record, pending = target.with_pending(target.read(service), uuid.uuid4())
    return record, tuple(_pending_note(write) for write in pending)


def _pending_note(write: Write) -> str:
    """A sentence about a pending change that the form includes."""
    ago = distance(write.created_at, timezone.now())
    if write.state == Write.State.UNKNOWN:
        return (
            f"We do not know yet whether the change that {write.username} sent {ago} was received."
            " It is included below, so saving sends it too."
        )
    return (
        f"Includes the change that {write.username} saved {ago}. Codat’s copy does not show it yet."
    )


def _missing_note(write: Write) -> str:
    if write.forgotten_at:
        return "These values were deleted under the retention policy."
    return "That change created the customer, so there is nothing to restore."
