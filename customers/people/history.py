"""What was changed about people: rows are added in the transaction of the change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User

from customers.audit import recording as audit
from customers.codat.text import db_safe
from customers.models import AuditEntry, Grant, PersonEvent
from customers.people.companies import Given, descriptions
from customers.scope import Scope

# Rows of the page of a person.
MAX_SHOWN = 100


def record(
    person: User,
    by: User | None,
    action: PersonEvent.Action,
    detail: str = "",
    given: Given | None = None,
) -> None:
    """Add a row, and an entry to the audit.

    `by` is None where nobody was signed in; `given` are companies that were added or removed.
    """
    PersonEvent.objects.create(
        user=person,
        username=person.get_username(),
        by_name=by.get_username() if by else "",
        action=action,
        detail=db_safe(detail, 500),
        **(given.columns if given else {}),
    )
    is_company = given is not None and given.kind == Grant.Kind.COMPANY
    audit.record(
        AuditEntry.Kind.PEOPLE,
        user=by,
        company_id=given.value if given and is_company else "",
        subject=person.pk,
        detail={"step": action, "person": person.get_username()}
        | ({"role": detail} if action == PersonEvent.Action.ROLE else {}),
    )


@dataclass(frozen=True, slots=True)
class Event:
    """A row as the page shows it."""

    at: datetime
    by: str
    label: str
    detail: str


def events_of(person: User, reader_scope: Scope) -> Sequence[Event]:
    """What was changed about a person, the newest first. Companies that the reader does not see have no name."""
    rows = PersonEvent.objects.filter(user=person)[:MAX_SHOWN]
    given = {row.pk: Given(row.kind, row.value, row.key) for row in rows if row.kind}
    texts = descriptions(given.values(), reader_scope)
    return [
        Event(
            at=row.at,
            by=row.by_name,
            label=row.get_action_display(),
            detail=texts[given[row.pk]] if row.kind else row.detail,
        )
        for row in rows
    ]
