"""The requests for approval of two lists: those that wait for a person, and those that the person made."""

from django.contrib.auth.models import User
from django.db.models import QuerySet

from customers.models import Approval
from customers.writes.approving.authors import authors_of_each
from customers.writes.approving.people import Approver

# Requests of one list. The oldest are decided first.
MAX_LISTED = 200


def waiting_for(user: User) -> list[Approval]:
    """The requests that a person may decide about, the oldest first."""
    return _waiting_for(Approver.of(user), _rows())


def number_waiting_for(user: User) -> int:
    """How many requests that list has."""
    columns = "company_id", "write_id", "batch_id", "asked_by_id", "asked_by_name"
    return len(_waiting_for(Approver.of(user), Approval.objects.only(*columns)))


def _waiting_for(approver: Approver, rows: "QuerySet[Approval]") -> list[Approval]:
    if not approver.approves_any:
        return []
    rows = rows.filter(state=Approval.State.WAITING).exclude(asked_by=approver.user)
    listed = list(rows.order_by("asked_at", "id")[:MAX_LISTED])
    authors = authors_of_each(listed)
    return [one for one in listed if approver.may_approve(authors[one.pk], one.company_id)]


def is_approver(user: User) -> bool:
    """Whether a person approves changes: with the permission, or as a deputy."""
    return Approver.of(user).approves_any


def asked_by(user: User) -> list[Approval]:
    """The requests of a person, the newest first."""
    return list(_rows().filter(asked_by=user).order_by("-asked_at", "-id")[:MAX_LISTED])


def _rows() -> "QuerySet[Approval]":
    """Requests with what they are about, without its longest columns."""
    return Approval.objects.select_related("write", "batch").defer(
        "write__payload", "write__before", "batch__instructions", "batch__question"
    )
