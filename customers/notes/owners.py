"""Owners: who looks after a company, a customer or a change."""

from django.contrib.auth.models import User
from django.utils import timezone

from customers.models import Owner
from customers.notes.subjects import Subject


def owner_of(subject: Subject) -> Owner | None:
    """The owner of a subject with their user, None for nobody. One query."""
    return Owner.objects.filter(**subject.row).select_related("user").first()


def set_owner(subject: Subject, owner: User | None, *, by: User) -> None:
    """Make somebody the owner; None for nobody. Who set the owner they have stays."""
    rows = Owner.objects.filter(**subject.row)
    if owner is None:
        rows.delete()
        return
    if rows.filter(user=owner).exists():
        return
    given = {"user": owner, "set_by_name": by.get_username(), "set_at": timezone.now()}
    Owner.objects.update_or_create(**subject.row, defaults=given)
