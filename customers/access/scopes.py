"""The companies that a person may see, resolved from their grants."""

from django.contrib.auth.models import AnonymousUser, User

from customers.models import Grant, Person
from customers.scope import EVERYTHING, NOTHING, Scope


def scope_of(user: User | AnonymousUser) -> Scope:
    """What a person may see.

    No query for somebody who sees everything, where the user was read with their person; else one for the grants.
    """
    if not user.is_authenticated or not user.is_active:
        return NOTHING
    if user.is_superuser or _sees_all(user):
        return EVERYTHING
    grants = Grant.objects.filter(user=user)
    return Scope(frozenset(each.value for each in grants if each.kind == Grant.Kind.COMPANY))


def _sees_all(user: User) -> bool:
    try:
        return user.person.sees_all
    except Person.DoesNotExist:
        return False
