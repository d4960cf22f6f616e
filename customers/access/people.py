"""People: their users, roles and grants. Nothing here needs a request."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib.auth.models import Group, User
from django.db import transaction
from django.utils import timezone

from customers.access.roles import Role, role_of, set_role
from customers.access.scopes import scope_of
from customers.models import Grant, Person

__all__ = [
    "add_person",
    "grant",
    "one_at_a_time",
    "revoke",
    "role_of",
    "scope_of",
    "set_role",
    "set_sees_all",
]


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """A transaction in which nobody else changes people, or what administrators set for all."""
    with transaction.atomic():
        # One row for all of it: two administrators at the same moment are one after the other.
        list(Group.objects.select_for_update(no_key=True).filter(name=Role.ADMINISTRATOR))
        yield


@transaction.atomic
def add_person(
    username: str,
    role: Role | None,
    *,
    sees_all: bool = False,
    email: str = "",
    password: str | None = None,
    invited_by: User | None = None,
) -> User:
    """Make a user with a role. Without a password they cannot sign in until they have one.

    A user name that exists raises IntegrityError.
    """
    user = User.objects.create_user(username, email=email, password=password)
    Person.objects.create(
        user=user,
        sees_all=sees_all,
        invited_by=invited_by,
        invited_at=timezone.now() if invited_by else None,
    )
    set_role(user, role)
    return user


def set_sees_all(user: User, *, sees_all: bool) -> None:
    """Whether a user sees all companies; their grants stay, for when they do no longer."""
    Person.objects.update_or_create(user=user, defaults={"sees_all": sees_all})


def grant(
    user: User, kind: Grant.Kind, value: str, *, key: str = "", granted_by: User | None = None
) -> Grant:
    """Let a user see companies: `value` is a company's ID, the value of the tag `key`, or a Codat user's ID.

    A grant that they have is returned as it is.
    """
    granted, _ = Grant.objects.get_or_create(
        user=user, kind=kind, key=key, value=value, defaults={"granted_by": granted_by}
    )
    return granted


def revoke(granted: Grant) -> None:
    """Take a grant back. Their next request does not see its companies any more."""
    granted.delete()
