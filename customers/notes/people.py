"""Who may read notes about a company: who may read customers, and sees the company."""

from collections.abc import Collection

from django.contrib.auth.models import User
from django.db.models import QuerySet

from customers.access.scopes import seeing

_READ = "customers.read_customers"
# People that a list to choose from has at most.
MAX_READERS = 500


def readers_of(company_id: str) -> list[User]:
    """The active people who may read a company's customers, by name; at most `MAX_READERS`."""
    return list(_readers(company_id)[:MAX_READERS])


def readers_named(names: Collection[str], company_id: str) -> list[User]:
    """Those of the same who have one of these user names."""
    return list(_readers(company_id).filter(username__in=names)) if names else []


def reader(user_id: int, company_id: str) -> User | None:
    """One of the same by their ID, None for anybody else."""
    return _readers(company_id).filter(pk=user_id).first()


def _readers(company_id: str) -> "QuerySet[User]":
    """The active users with the permission to read who see the company."""
    users = User.objects.with_perm(_READ, backend="django.contrib.auth.backends.ModelBackend")
    return users.filter(seeing(company_id)).select_related("person").order_by("username")
