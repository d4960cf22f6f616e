"""The companies that a person may see, resolved from their grants."""

import json
from collections.abc import Set

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Exists, OuterRef, Q

from customers.codat.values import canonical_company_id, is_uuid
from customers.models import CompanyState, Grant, Person
from customers.scope import EVERYTHING, NOTHING, Scope, restricted


def scope_of(user: User | AnonymousUser) -> Scope:
    """What a person may see.

    No query for somebody who sees everything, where the user was read with their person; else one for the grants, and
    one for the companies that these name by tags and owners.
    """
    if not user.is_authenticated or not user.is_active:
        return NOTHING
    if user.is_superuser or _sees_all(user):
        return EVERYTHING
    companies, keys = set[str](), set[str]()
    for each in Grant.objects.filter(user=user):
        if each.kind == Grant.Kind.COMPANY:
            companies.add(canonical_company_id(each.value))
        else:
            keys.add(grant_key(each.kind, each.key, each.value))
    return Scope(frozenset(companies | _named_by(keys)))


def seeing(company_id: str) -> Q:
    """The condition of the users who may see a company: `scope_of` for rows. One query, for what names the company."""
    with restricted(EVERYTHING):
        lines = CompanyState.objects.filter(pk=company_id).values_list("grant_keys", flat=True)
        keys = [json.loads(line) for line in (lines.first() or "").split("\n") if line]
    how = "iexact" if is_uuid(company_id) else "exact"
    names = Q(**{"kind": Grant.Kind.COMPANY, f"value__{how}": company_id})
    for kind, key, value in keys:
        names |= Q(kind=kind, key=key, value=value)
    granted = Exists(Grant.objects.filter(names, user=OuterRef("pk")))
    return Q(is_active=True) & (Q(is_superuser=True) | Q(person__sees_all=True) | Q(granted))


def grant_key(kind: str, key: str, value: str) -> str:
    """What a grant of a tag or an owner names companies by: a line of `CompanyState.grant_keys`."""
    return json.dumps([kind, key, value])


def _named_by(keys: Set[str]) -> set[str]:
    """The companies that have one of these lines."""
    if not keys:
        return set()
    wanted = Q()
    for key in keys:
        wanted |= Q(grant_keys__contains=key)
    with restricted(EVERYTHING):
        rows = list(CompanyState.objects.filter(wanted).values_list("company_id", "grant_keys"))
    # SQLite compares without case.
    return {company_id for company_id, lines in rows if keys & set(lines.split("\n"))}


def _sees_all(user: User) -> bool:
    try:
        return user.person.sees_all
    except Person.DoesNotExist:
        return False
