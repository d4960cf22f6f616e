"""Who may read notes about a company: who may read customers, and sees the company."""

from collections.abc import Collection

from django.contrib.auth.models import User
from django.db.models import QuerySet

from customers.access.scopes import scope_of

_READ = "customers.read_customers"
# People that a list to choose from has at most.
MAX_READERS = 500


def readers_of(company_id: str) -> list[User]:
    """The active people who may read a company's customers, by name; at most `MAX_READERS`."""
    return _seeing(_readers(), company_id)


def readers_named(names: Collection[str], company_id: str) -> list[User]:
    """Those of the same who have one of these user names."""
    return _seeing(_readers().filter(username__in=names), company_id) if names else []


def reader(user_id: int, company_id: str) -> User | None:
    """One of the same by their ID, None for anybody else."""
    return next(iter(_seeing(_readers().filter(pk=user_id), company_id)), None)


def _readers() -> "QuerySet[User]":
    """The active users with the permission to read, each with what they may see."""
    users = User.objects.with_perm(_READ, backend="django.contrib.auth.backends.ModelBackend")
    return users.select_related("person").order_by("username")


def _seeing(users: "QuerySet[User]", company_id: str) -> list[User]:
    return [user for user in users[:MAX_READERS] if scope_of(user).has(company_id)]
