"""Changes of one person's account: role, email address, switched on and off, sessions. Each is made under the rules."""

import uuid

from allauth.account.models import EmailAddress
from django.contrib.auth.models import User

from customers.access.people import one_at_a_time, role_of, set_role
from customers.access.roles import Role, direct_permissions
from customers.models import Invitation, PersonEvent
from customers.people import asking, rules, sessions
from customers.people.history import record
from customers.people.rules import Refused, changing

Action = PersonEvent.Action

_SAME_EMAIL = "Another account has this email address."


def change_role(by: User, person_id: int, role: Role | None) -> bool:
    """Give a role in place of the one before, in force from the person's next request; whether anything was changed.

    Permissions that the person has beside roles are removed. A superuser who gets a lower role is none any more. Raises
    Refused.
    """
    with changing(by, person_id) as change:
        person, before = change.person, role_of(change.person)
        if not _would_change(person, before, role):
            return False
        rules.require_no_wider(change)
        rules.require_role(change, role)
        if person.is_superuser and role != before:
            person.is_superuser = person.is_staff = False
            person.save(update_fields=["is_superuser", "is_staff"])
        _put_role(person, by, before, role)
    return True


def change_role_by_claims(person_id: int, role: Role | None) -> bool:
    """Give the role that the claims of the provider name; whether anything was changed. A superuser stays one.

    Raises Refused where the last administrator, or the last one who sees all companies, would lose the role.
    """
    with one_at_a_time():
        person = User.objects.select_related("person").get(pk=person_id)
        before = role_of(person)
        if person.is_superuser or not _would_change(person, before, role):
            return False
        if role != Role.ADMINISTRATOR:
            rules.require_another_administrator(person)
        _put_role(person, None, before, role)
    return True


def _would_change(person: User, before: Role | None, role: Role | None) -> bool:
    return role != before or direct_permissions(person).exists()


def _put_role(person: User, by: User | None, before: Role | None, role: Role | None) -> None:
    """Give a role that was allowed, in the transaction of the change."""
    detail = f"{role_name(before)} → {role_name(role)}"
    if direct_permissions(person).exists():
        detail += ", without permissions beside the role"
    set_role(person, role)
    record(person, by, Action.ROLE, detail)
    asking.forget_if_answered(person)


def role_name(role: Role | None) -> str:
    """A role as the pages show it."""
    return role.label if role else "No role"


def switch_off(by: User, person_id: int) -> bool:
    """Keep a person from signing in, and end their sessions; whether they were on. Raises Refused."""
    with changing(by, person_id) as change:
        person = change.person
        if not person.is_active:
            return False
        rules.require_no_wider(change)
        rules.require_other_account(change)
        person.is_active = False
        person.save(update_fields=["is_active"])
        sessions.end(person)
        record(person, by, Action.SWITCHED_OFF)
    return True


def switch_on(by: User, person_id: int) -> bool:
    """Let a person sign in again; whether they were off. Raises Refused."""
    with changing(by, person_id) as change:
        person = change.person
        if person.is_active:
            return False
        rules.require_no_wider(change)
        person.is_active = True
        person.save(update_fields=["is_active"])
        record(person, by, Action.SWITCHED_ON)
    return True


def end_sessions(by: User, person_id: int) -> int:
    """Sign a person out everywhere; of how many sessions. Raises Refused."""
    with changing(by, person_id) as change:
        ended = sessions.end(change.person)
        if ended:
            record(change.person, by, Action.SESSIONS_ENDED, str(ended))
    return ended


def change_email(by: User, person_id: int, email: str) -> bool:
    """Replace an email address; whether it is another one. Raises Refused.

    The link of an invitation that was sent to the address before stops working.
    """
    with changing(by, person_id) as change:
        person = change.person
        if person.email == email:
            return False
        rules.require_no_wider(change)
        if User.objects.filter(email__iexact=email).exclude(pk=person.pk).exists():
            raise Refused(_SAME_EMAIL)
        # Those that sign-in has copied: a reset of the password goes to them, too.
        EmailAddress.objects.filter(user=person).delete()
        person.email = email
        person.save(update_fields=["email"])
        # The link that was mailed holds the secret before. A new one is sent by hand or with "Send again".
        unused = Invitation.objects.filter(user=person, accepted_at=None)
        unused.update(secret=uuid.uuid4(), is_mailed=False)
        record(person, by, Action.EMAIL, email)
    return True
