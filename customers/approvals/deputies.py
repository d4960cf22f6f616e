"""Deputies: who approves in the place of an approver, until a day."""

from datetime import date, datetime, time, timedelta

from django.contrib.auth.models import User
from django.db import transaction

from customers import localisation
from customers.audit import recording as audit
from customers.models import AuditEntry, Person


def named_by(user: User) -> dict[str, str]:
    """The deputy that a person has named, as the form has it; {} for none."""
    row = Person.objects.filter(user=user).exclude(deputy=None).select_related("deputy").first()
    if row is None or row.deputy is None or row.deputy_until is None:
        return {}
    last = localisation.local(row.deputy_until, localisation.current().zone) - timedelta(seconds=1)
    return {"deputy": row.deputy.get_username(), "until": last.date().isoformat()}


def name(user: User, deputy: User | None, until: date | None) -> None:
    """Name a person's deputy until the end of a day in that person's time zone; None for no deputy."""
    ends_at = None
    if deputy is not None and until is not None:
        zone = localisation.current().zone
        ends_at = datetime.combine(until + timedelta(days=1), time.min, tzinfo=zone)
    with transaction.atomic():
        Person.objects.update_or_create(
            user=user, defaults={"deputy": deputy, "deputy_until": ends_at}
        )
        audit.record(
            AuditEntry.Kind.PEOPLE,
            user=user,
            subject=deputy.pk if deputy else "",
            detail={"step": "deputy named" if deputy else "deputy ended"},
        )
