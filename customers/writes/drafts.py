"""Drafts: what a person has typed into a form and not saved, stored on the server while they type.

One row per opened form (its `submission`), so two tabs do not overwrite each other. A draft holds the
form as the browser posted it, with the signed record that it was opened with, and the create/update
model of that time: on return, the person sees what has changed since in either.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import simplejson
from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef, QuerySet
from django.http import QueryDict
from django.utils import timezone

from customers.codat.text import db_safe
from customers.models import Draft, Write

# Drafts stored for the same form; older ones are deleted.
MAX_DRAFTS = 5
# A browser's last autosave may arrive this long after the save itself.
AUTOSAVE_DELAY = timedelta(seconds=10)
# Parts of a post that do not belong to the form.
_NOT_FORM_FIELDS = ("csrfmiddlewaretoken", "action", "next")


def unsaved(user: User) -> "QuerySet[Draft]":
    """A person's drafts, the newest first, without those that were saved since.

    A draft that was changed after its save counts as unsaved again.
    """
    saved = Write.objects.filter(
        submission=OuterRef("submission"), created_at__gte=OuterRef("updated_at") - AUTOSAVE_DELAY
    )
    return Draft.objects.filter(~Exists(saved), user=user)


@dataclass(frozen=True, slots=True)
class FormKey:
    """A person's form for a customer, by which its drafts are found. `customer_id` is "" for a new customer."""

    user: User
    company_id: str
    connection_id: str
    customer_id: str

    def offered(self) -> list[Draft]:
        """The newest drafts of this form, at most `MAX_DRAFTS`."""
        return list(self.drafts()[:MAX_DRAFTS])

    def drafts(self) -> "QuerySet[Draft]":
        """The drafts of this form, the newest first.

        Those of another connection are included: its form is where they can be continued.
        """
        return unsaved(self.user).filter(company_id=self.company_id, customer_id=self.customer_id)


def store(
    key: FormKey,
    submission: uuid.UUID,
    post: QueryDict,
    *,
    model: Mapping[str, Any] | None,
    customer_name: str,
) -> Draft:
    """Store what was typed. If `model` is None, the stored model stays as it is."""
    body = post.copy()
    for name in _NOT_FORM_FIELDS:
        body.pop(name, None)
    values: dict[str, Any] = {
        "company_id": key.company_id,
        "connection_id": key.connection_id,
        "customer_id": key.customer_id,
        "body": body.urlencode(),
        "customer_name": db_safe(customer_name, 500),
        "updated_at": timezone.now(),
    }
    if model is not None:
        values["model"] = simplejson.dumps(model, use_decimal=True)
    draft, created = Draft.objects.update_or_create(
        submission=submission, user=key.user, defaults=values
    )
    if created:
        surplus = key.drafts().values_list("pk", flat=True)[MAX_DRAFTS:]
        Draft.objects.filter(pk__in=list(surplus)).delete()
    return draft


def discard(user: User, submission: uuid.UUID) -> None:
    """Delete a person's draft, if it is there."""
    Draft.objects.filter(user=user, submission=submission).delete()


def post_data(draft: Draft) -> QueryDict:
    """The form as it was posted."""
    return QueryDict(draft.body)
