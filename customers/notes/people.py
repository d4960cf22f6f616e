"""Who may read notes about a company: who may read customers, and sees the company."""

from collections.abc import Collection

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet

from customers.access.scopes import scope_of
from customers.models import Grant

_READ = "customers.read_customers"
# People that a list to choose from has at most.
MAX_READERS = 500


def readers_of(company_id: str) -> list[User]:
    """The active people who may read a company's customers, by name; at most `MAX_READERS`."""
    return _seeing(_readers(company_id), company_id)


def readers_named(names: Collection[str], company_id: str) -> list[User]:
    """Those of the same who have one of these user names."""
    return _seeing(_readers(company_id).filter(username__in=names), company_id) if names else []


def reader(user_id: int, company_id: str) -> User | None:
    """One of the same by their ID, None for anybody else."""
    return next(iter(_seeing(_readers(company_id).filter(pk=user_id), company_id)), None)


def _readers(company_id: str) -> "QuerySet[User]":
    """The active users with the permission to read, less those who see other companies alone.

    So the grants are read of those only whose grants may name this company.
    """
    users = User.objects.with_perm(_READ, backend="django.contrib.auth.backends.ModelBackend")
    by_name = Q(grants__kind=Grant.Kind.COMPANY, grants__value=company_id)
    by_others = Q(grants__kind__in=[Grant.Kind.TAG, Grant.Kind.OWNER])
    sees = Q(is_superuser=True) | Q(person__sees_all=True) | by_name | by_others
    return users.filter(sees).distinct().select_related("person").order_by("username")


def _seeing(users: "QuerySet[User]", company_id: str) -> list[User]:
    return [user for user in users[:MAX_READERS] if scope_of(user).has(company_id)]
