"""Asking for access: somebody without a role or without a company asks once, with one button."""

from django.contrib.auth.models import User
from django.db import transaction

from customers.access.people import role_of, scope_of
from customers.models import AccessRequest, PersonEvent
from customers.notices import Kind, tell
from customers.notices.people import leads
from customers.people.history import record
from customers.people.rules import changing
from customers.scope import NOTHING

# Where it is answered.
PAGE = "/people/"


def lacks_access(user: User) -> bool:
    """Whether somebody has no role, or sees no company."""
    return role_of(user) is None or scope_of(user) == NOTHING


def ask(user: User) -> bool:
    """Store that somebody asks, and tell the administrators; whether they had not asked before.

    Nothing for somebody who has access.
    """
    if not lacks_access(user):
        return False
    with transaction.atomic():
        request, is_new = AccessRequest.objects.get_or_create(user=user)
        if is_new:
            record(user, user, PersonEvent.Action.ASKED)
            tell(
                Kind.ACCESS,
                cause=f"access:{user.pk}:{request.asked_at.isoformat()}",
                company_id="",
                people=leads(""),
                title=f"{user.get_username()} asks for access",
                link=PAGE,
            )
    return is_new


def request_of(user: User) -> AccessRequest | None:
    """What somebody has asked for; None where they have not, or it was declined."""
    return AccessRequest.objects.filter(user=user).first()


def number_of_requests() -> int:
    """How many people who may sign in wait for an answer."""
    return AccessRequest.objects.filter(user__is_active=True).count()


def decline(by: User, person_id: int) -> bool:
    """Delete a request; whether there was one. Its person may ask again. Raises Refused."""
    with changing(by, person_id) as change:
        deleted, _ = AccessRequest.objects.filter(user=change.person).delete()
        if deleted:
            record(change.person, by, PersonEvent.Action.DECLINED)
    return bool(deleted)


def forget_if_answered(user: User) -> None:
    """Delete the request of somebody who has access now."""
    if not lacks_access(user):
        AccessRequest.objects.filter(user=user).delete()


def forget_answered() -> None:
    """The same for everybody who asked: a company that got a tag is an answer, too."""
    for user in User.objects.filter(access_request__isnull=False).select_related("person"):
        forget_if_answered(user)
