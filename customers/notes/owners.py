"""Owners: who looks after a company, a customer or a change."""

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from customers.models import Owner
from customers.notes.subjects import Subject
from customers.notices import Kind, tell
from customers.notices.telling import MAX_LINK


def owner_of(subject: Subject) -> Owner | None:
    """The owner of a subject with their user, None for nobody. One query."""
    return Owner.objects.filter(**subject.row).select_related("user").first()


@transaction.atomic
def set_owner(subject: Subject, owner: User | None, *, by: User) -> None:
    """Make somebody the owner, and tell them where it is somebody else; None for nobody.

    Who set the owner they have stays.
    """
    rows = Owner.objects.filter(**subject.row)
    if owner is None:
        rows.delete()
        return
    if rows.filter(user=owner).exists():
        return
    given = {"user": owner, "set_by_name": by.get_username(), "set_at": timezone.now()}
    row, _ = Owner.objects.update_or_create(**subject.row, defaults=given)
    if owner.pk != by.pk:
        _tell(row, subject)


def _tell(row: Owner, subject: Subject) -> None:
    """Tell a new owner. Each time that they become the owner again is another cause."""
    tell(
        Kind.OWNER,
        cause=f"owner:{row.pk}:{row.set_at.isoformat()}",
        company_id=subject.company_id,
        people=[row.user],
        title=f"{row.set_by_name} made you the owner of a {subject.kind.label.lower()}",
        # An ID may be longer than a link of a message.
        link=subject.url if len(subject.url) <= MAX_LINK else subject.company_url,
    )
