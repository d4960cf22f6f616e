"""People for tests, with the groups that the migrations make."""

from django.contrib.auth.models import Group, Permission, User

from customers.access import people
from customers.access.roles import PERMISSIONS, Role


def group(role: Role) -> Group:
    """A role's group as the migration makes it; a test that empties the database deletes it."""
    made, is_new = Group.objects.get_or_create(name=role)
    if is_new:
        made.permissions.set(Permission.objects.filter(codename__in=PERMISSIONS[role]))
    return made


def person(name: str, role: Role | None = Role.EDITOR, *, sees_all: bool = True) -> User:
    """A user with a role, whose password is `<name>-password`."""
    if role is not None:
        group(role)
    return people.add_person(name, role, sees_all=sees_all, password=f"{name}-password")
