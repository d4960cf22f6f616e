"""The requests for approval of two lists: those that wait for a person, and those that the person made."""

from django.contrib.auth.models import User
from django.db.models import QuerySet

from customers.models import Approval
from customers.writes.approving.people import (
    PERMISSION,
    approvers_whose_deputy_is,
    authors_of,
    may_approve,
)

# Requests of one list. The oldest are decided first.
MAX_LISTED = 200


def waiting_for(user: User) -> list[Approval]:
    """The requests that a person may decide about, the oldest first."""
    if not is_approver(user):
        return []
    rows = _rows().filter(state=Approval.State.WAITING).exclude(asked_by=user)
    listed = rows.order_by("asked_at", "id")[:MAX_LISTED]
    return [one for one in listed if may_approve(user, authors_of(one), one.company_id)]


def is_approver(user: User) -> bool:
    """Whether a person approves changes: with the permission, or as a deputy."""
    return user.has_perm(PERMISSION) or bool(approvers_whose_deputy_is(user))


def asked_by(user: User) -> list[Approval]:
    """The requests of a person, the newest first."""
    return list(_rows().filter(asked_by=user).order_by("-asked_at", "-id")[:MAX_LISTED])


def _rows() -> "QuerySet[Approval]":
    """Requests with what they are about, without its longest columns."""
    return Approval.objects.select_related("write", "batch").defer(
        "write__payload", "write__before", "batch__instructions", "batch__question"
    )
