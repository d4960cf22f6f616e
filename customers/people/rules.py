"""Who may change whom. Every change of a person is made inside `changing`, which decides it again under one lock.

A person may give what they have: a role up to their own, companies that they see. Who sees more is changed by those
who see it, too. The last administrator keeps the role, as does the last one who sees all companies: nobody else could
give them. Nobody changes what they themselves see.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet

from customers.access.people import one_at_a_time, role_of, scope_of
from customers.access.roles import Role
from customers.scope import Scope

PERMISSION = "customers.manage_people"

_NOT_ADMINISTRATOR = "You may not manage people any more. Nothing was changed."
_GONE = "This person does not exist any more."
_HIGHER = "This person has a higher role than you. Ask somebody with that role."
_WIDER = "This person sees companies that you do not see. Ask somebody who sees them."
_LAST = (
    "This is the last administrator who can sign in. Give the role to somebody else first, "
    "then try again."
)
_LAST_WHO_SEES_ALL = (
    "No other administrator sees all companies. Give all companies to another one first, "
    "then try again."
)
_OWN_ACCOUNT = "You cannot switch off your own account. Ask another administrator."
_OWN_COMPANIES = "You cannot change your own companies. Ask another administrator."
_OWN_ROLE = "You cannot raise your own role. Ask another administrator."
_ROLE_TOO_HIGH = "You can give roles up to your own only."
_NOT_SEEN = "You can give only companies that you see."


class Refused(Exception):
    """A change that the rules do not allow, with a sentence for the page. Nothing was changed."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class Change:
    """A change that is being made: who makes it and of whom, both as the database has them now."""

    by: User
    person: User

    @property
    def is_of_oneself(self) -> bool:
        """Whether somebody changes their own account."""
        return self.by.pk == self.person.pk


@contextmanager
def managing(by: User) -> Iterator[User]:
    """A transaction in which one administrator at a time changes people; yields them as they are now.

    Raises Refused for somebody who may not manage people any more.
    """
    with one_at_a_time():
        manager = _users().filter(pk=by.pk, is_active=True).first()
        if manager is None or not manager.has_perm(PERMISSION):
            raise Refused(_NOT_ADMINISTRATOR)
        yield manager


@contextmanager
def changing(by: User, person_id: int) -> Iterator[Change]:
    """The same for the change of one person. Raises Refused for one with a higher role, and for one who is gone."""
    with managing(by) as manager:
        person = _users().filter(pk=person_id).first()
        if person is None:
            raise Refused(_GONE)
        if rank(role_of(person)) > rank(role_of(manager)):
            raise Refused(_HIGHER)
        yield Change(manager, person)


def _users() -> "QuerySet[User]":
    return User.objects.select_related("person", "invitation")


def rank(role: Role | None) -> int:
    """The order of roles; -1 for none."""
    return -1 if role is None else list(Role).index(role)


def roles_up_to(role: Role | None) -> list[Role]:
    """The roles that somebody with a role may give."""
    return list(Role)[: rank(role) + 1]


def administrators() -> "QuerySet[User]":
    """Those who can administer: they may sign in, and do not still have to accept an invitation."""
    may = Q(is_superuser=True) | Q(groups__name=Role.ADMINISTRATOR)
    return User.objects.filter(may, is_active=True).exclude(never_came()).distinct()


def never_came() -> Q:
    """The users who were invited and have neither followed the link nor signed in."""
    return Q(invitation__isnull=False, invitation__accepted_at=None, last_login=None)


def require_another_administrator(person: User) -> None:
    """Raises Refused where nobody but this person could administer, or could give all companies to others."""
    if not administrators().filter(pk=person.pk).exists():
        return
    others = administrators().exclude(pk=person.pk)
    if not others.exists():
        raise Refused(_LAST)
    see_all = Q(is_superuser=True) | Q(person__sees_all=True)
    if scope_of(person).is_everything and not others.filter(see_all).exists():
        raise Refused(_LAST_WHO_SEES_ALL)


def require_role(change: Change, role: Role | None) -> None:
    """Raises Refused where a role may not be given, or not taken."""
    if change.is_of_oneself and rank(role) > rank(role_of(change.person)):
        raise Refused(_OWN_ROLE)
    require_role_of(change.by, role)
    if role != Role.ADMINISTRATOR:
        require_another_administrator(change.person)


def require_role_of(by: User, role: Role | None) -> None:
    """Raises Refused for a role above one's own."""
    if rank(role) > rank(role_of(by)):
        raise Refused(_ROLE_TOO_HIGH)


def require_other_account(change: Change) -> None:
    """Raises Refused where somebody would switch off themselves, or the last administrator."""
    if change.is_of_oneself:
        raise Refused(_OWN_ACCOUNT)
    require_another_administrator(change.person)


def require_other_companies(change: Change) -> None:
    """Raises Refused where somebody would change what they themselves see."""
    if change.is_of_oneself:
        raise Refused(_OWN_COMPANIES)


def require_scope(by: User, companies: frozenset[str] | None) -> None:
    """Raises Refused where somebody gives companies that they do not see; None stands for all of them."""
    if not is_within(Scope(companies), scope_of(by)):
        raise Refused(_NOT_SEEN)


def require_no_wider(change: Change) -> None:
    """Raises Refused where the person sees more. One's own account is never refused.

    A role counts for all that a person sees; a new address or link could be used to sign in as that person.
    """
    if not change.is_of_oneself and not is_within(
        scope_when_on(change.person), scope_of(change.by)
    ):
        raise Refused(_WIDER)


def scope_when_on(person: User) -> Scope:
    """What a person sees, or would see if their account were switched on."""
    active = copy(person)
    active.is_active = True
    return scope_of(active)


def is_within(inner: Scope, outer: Scope) -> bool:
    """Whether all companies of a scope are in another one."""
    if outer.companies is None:
        return True
    return inner.companies is not None and inner.companies <= outer.companies
