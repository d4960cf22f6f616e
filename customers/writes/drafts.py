"""Drafts: the unsaved values of a form, stored on the server while a person types.

One row per opened form (its `submission`), so two tabs do not overwrite each other. A draft has the form
as the browser posted it, with the signed record that it was opened with, and the create/update model of
that time, so that a reopened draft can report what has changed since in either.
"""

import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import simplejson
from django.contrib.auth.models import User
from django.db import IntegrityError
from django.db.models import Exists, OuterRef, QuerySet
from django.http import QueryDict
from django.utils import timezone

from customers.codat.text import db_safe
from customers.models import Draft, Write

# Drafts stored for the same form; older ones are deleted.
MAX_DRAFTS = 5
# Parts of a post that do not belong to the form.
_NOT_FORM_FIELDS = ("csrfmiddlewaretoken", "action", "next", "draft_sequence")
MAX_SEQUENCE_DIGITS = 15


class OutdatedDraft(Exception):
    """A newer draft of the same form is stored, with the sequence number `sequence`. Nothing was changed."""

    def __init__(self, sequence: int) -> None:
        super().__init__(f"a draft with sequence number {sequence} is stored")
        self.sequence = sequence


class SavedForm(Exception):
    """The form was saved, which deleted its draft. Nothing was stored."""


def unsaved(user: User) -> "QuerySet[Draft]":
    """A person's drafts, the newest first, without those whose form was saved."""
    saved = Write.objects.filter(submission=OuterRef("submission"))
    return Draft.objects.filter(~Exists(saved), user=user)


def sequence_number(text: str | None) -> int:
    """A draft's number as the browser sends it; the current time where it is missing or invalid.

    Milliseconds since 1970, or one more than the number before: it grows with each post of one browser.
    """
    is_number = bool(text) and str(text).isascii() and str(text).isdigit()
    if is_number and len(str(text)) <= MAX_SEQUENCE_DIGITS:
        return int(str(text))
    return time.time_ns() // 1_000_000


@dataclass(frozen=True, slots=True)
class FormKey:
    """The key of the drafts of a person's form for a customer. `customer_id` is "" for a new customer."""

    user: User
    company_id: str
    connection_id: str
    customer_id: str

    def offered(self) -> list[Draft]:
        """The newest drafts of this form, at most `MAX_DRAFTS`."""
        return list(self.drafts()[:MAX_DRAFTS])

    def drafts(self) -> "QuerySet[Draft]":
        """The drafts of this form, the newest first.

        Those of another connection are included; they are continued in the form of that connection.
        """
        return unsaved(self.user).filter(company_id=self.company_id, customer_id=self.customer_id)


def store(
    key: FormKey,
    submission: uuid.UUID,
    post: QueryDict,
    *,
    model: Mapping[str, Any] | None,
    customer_name: str,
    sequence: int,
) -> None:
    """Store a draft, unless a newer one is stored. If `model` is None, the stored model is not changed.

    Posts may arrive out of order: the highest sequence number is stored. Raises OutdatedDraft, SavedForm.
    """
    if Write.objects.filter(submission=submission).exists():
        raise SavedForm
    values: dict[str, Any] = {
        "company_id": key.company_id,
        "connection_id": key.connection_id,
        "customer_id": key.customer_id,
        "body": _body(post),
        "customer_name": db_safe(customer_name, 500),
        "sequence": sequence,
        "updated_at": timezone.now(),
    }
    if model is not None:
        values["model"] = simplejson.dumps(model, use_decimal=True)
    rows = Draft.objects.filter(user=key.user, submission=submission)
    older = rows.filter(sequence__lte=sequence)
    if older.update(**values):
        return
    try:
        draft, created = Draft.objects.get_or_create(
            submission=submission, user=key.user, defaults=values
        )
    except IntegrityError as error:
        # The form is one of a company that its person may not see any more.
        raise SavedForm from error
    if created:
        surplus = key.drafts().values_list("pk", flat=True)[MAX_DRAFTS:]
        Draft.objects.filter(pk__in=list(surplus)).delete()
    elif not older.update(**values):
        raise OutdatedDraft(draft.sequence)


def _body(post: QueryDict) -> str:
    """The fields of the form, URL-encoded, without those of the request."""
    body = post.copy()
    for name in _NOT_FORM_FIELDS:
        body.pop(name, None)
    return body.urlencode()


def discard(user: User, submission: uuid.UUID, *, sequence: int | None = None) -> None:
    """Delete a person's draft, if there is one; with a `sequence`, only if it is not newer."""
    rows = Draft.objects.filter(user=user, submission=submission)
    if sequence is not None:
        rows = rows.filter(sequence__lte=sequence)
    rows.delete()


def post_data(draft: Draft) -> QueryDict:
    """The form as it was posted."""
    return QueryDict(draft.body)
