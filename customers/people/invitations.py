"""Invitations: a person is added without a password, and gets a link to set one.

The link holds the person and the secret of the newest invitation, signed. It works once, for seven days.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.core import signing
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from customers.access import people as access
from customers.access.roles import Role
from customers.models import Invitation, PersonEvent
from customers.people import granting, rules
from customers.people.accounts import role_name
from customers.people.companies import Given
from customers.people.history import record
from customers.people.rules import Refused, changing, managing

Action = PersonEvent.Action

# The second post of a double click comes within this time.
_REPEATED_WITHIN = timedelta(seconds=10)
# Without the usual colon, which mail programs may escape.
_SIGNER = signing.Signer(sep=".", salt="customers.people.invitation")
_SAME_NAME = "Another account has this user name."
_SAME_EMAIL = "Another account has this email address."
_NOT_INVITED = "This person has no open invitation."
_HAS_COME = "This person has signed in already and needs no invitation."


@dataclass(frozen=True, slots=True)
class NewPerson:
    """Who is invited, with which role, to see what."""

    username: str
    email: str
    role: Role
    sees_all: bool = False
    given: Sequence[Given] = ()


def invite(by: User, new: NewPerson) -> User:
    """Add a person with an open invitation. Raises Refused."""
    with managing(by) as manager:
        rules.require_role_of(manager, new.role)
        if new.sees_all:
            rules.require_scope(manager, None)
        granting.require_given(manager, new.given)
        if User.objects.filter(username__iexact=new.username).exists():
            raise Refused(_SAME_NAME)
        if User.objects.filter(email__iexact=new.email).exists():
            raise Refused(_SAME_EMAIL)
        person = access.add_person(
            new.username, new.role, sees_all=new.sees_all, email=new.email, invited_by=manager
        )
        Invitation.objects.create(user=person)
        record(person, by, Action.INVITED, f"{role_name(new.role)}, {new.email}")
        if new.sees_all:
            record(person, by, Action.ALL_COMPANIES)
        granting.add(manager, person, new.given)
    return person


def just_invited(by: User, new: NewPerson) -> User | None:
    """The person whom the same form has added a moment ago, for the second post of a double click; else None."""
    return User.objects.filter(
        username=new.username,
        email=new.email,
        person__invited_by=by,
        invitation__sent_at__gt=timezone.now() - _REPEATED_WITHIN,
        last_login=None,
    ).first()


def renew(by: User, person_id: int) -> User:
    """Make a new link for somebody who has never come; the one before stops working. Raises Refused."""
    with changing(by, person_id) as change:
        person = change.person
        rules.require_no_wider(change)
        if _has_come(person):
            raise Refused(_HAS_COME)
        if not Invitation.objects.filter(user=person).exists():
            raise Refused(_NOT_INVITED)
        Invitation.objects.filter(user=person).update(
            secret=uuid.uuid4(), sent_at=timezone.now(), is_mailed=False, withdrawn_at=None
        )
        if not person.is_active:
            person.is_active = True
            person.save(update_fields=["is_active"])
        record(person, by, Action.RESENT, person.email)
    return person


def withdraw(by: User, person_id: int) -> bool:
    """Make the link useless and switch the account off; whether there was an open invitation. Raises Refused."""
    with changing(by, person_id) as change:
        person = change.person
        rules.require_no_wider(change)
        # A person who joins at this moment is one row ahead or behind: the conditions are those of that row alone.
        rows = Invitation.objects.filter(user=person, accepted_at=None, withdrawn_at=None)
        if _has_come(person) or not rows.update(withdrawn_at=timezone.now()):
            return False
        person.is_active = False
        person.save(update_fields=["is_active"])
        record(person, by, Action.WITHDRAWN)
    return True


def token_of(invitation: Invitation) -> str:
    """What the address of an invitation ends with."""
    return _SIGNER.sign_object([invitation.user_id, str(invitation.secret)])


def invitation_of(token: str) -> Invitation | None:
    """The invitation that a link still opens; None for one that is forged, used, replaced, withdrawn or expired."""
    try:
        user_id, secret = _SIGNER.unsign_object(token)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    invitation = _open().filter(user=user_id, secret=secret).first()
    return invitation if invitation is not None and is_usable(invitation) else None


def is_usable(invitation: Invitation) -> bool:
    """Whether the newest link of an invitation opens it."""
    person = invitation.user
    return (
        invitation.accepted_at is None
        and invitation.withdrawn_at is None
        and invitation.expires_at > timezone.now()
        and person.is_active
        and not _has_come(person)
    )


def accept(token: str, password: str | None) -> User | None:
    """Let the person of a link join, once; None where the link does not open an invitation any more.

    With a password that they have set, or with None where they have signed in at the provider.
    """
    # Before the transaction: it takes long on purpose, and on SQLite all writers would wait for it.
    hashed = None if password is None else make_password(password)
    with transaction.atomic():
        invitation = invitation_of(token)
        if invitation is None:
            return None
        # Of two posts at the same moment, the other one waits here, and then changes no row.
        mine = Invitation.objects.filter(
            pk=invitation.pk, secret=invitation.secret, accepted_at=None, withdrawn_at=None
        )
        if not mine.update(accepted_at=timezone.now()):
            return None
        person = invitation.user
        if hashed is not None:
            person.password = hashed
            person.save(update_fields=["password"])
        record(person, None, Action.ACCEPTED)
        return person


def open_invitation(person: User) -> Invitation | None:
    """The invitation that a person has not followed yet, also one that expired or was withdrawn; else None."""
    invitation = _open().filter(user=person).first()
    return None if invitation is None or _has_come(person) else invitation


def _open() -> QuerySet[Invitation]:
    return Invitation.objects.select_related("user").filter(accepted_at=None, user__last_login=None)


def _has_come(person: User) -> bool:
    """Whether somebody has signed in, or has a password of their own by a reset."""
    return person.last_login is not None or person.has_usable_password()
