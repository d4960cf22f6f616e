"""The roles: Django groups, each with its permissions."""

from enum import StrEnum

from django.contrib.auth.models import Group, Permission, User
from django.db.models import QuerySet


class Role(StrEnum):
    """A role by the name of its group, the least first."""

    VIEWER = "Viewers"
    EDITOR = "Editors"
    APPROVER = "Approvers"
    ADMINISTRATOR = "Administrators"

    @property
    def label(self) -> str:
        """The role of one person, as the page shows it."""
        return self.value.removesuffix("s")


# Code names of permissions, all of `customers`.
PERMISSIONS: dict[Role, tuple[str, ...]] = {
    Role.VIEWER: ("read_customers",),
    Role.EDITOR: ("read_customers", "write_customers"),
    Role.APPROVER: ("read_customers", "write_customers", "approve_changes"),
    Role.ADMINISTRATOR: (
        "read_customers",
        "write_customers",
        "approve_changes",
        "manage_people",
        "read_audit",
    ),
}


def role_of(user: User) -> Role | None:
    """The highest role of a user; None for somebody without one. A superuser is an administrator."""
    if user.is_superuser:
        return Role.ADMINISTRATOR
    names = set(user.groups.values_list("name", flat=True))
    return next((role for role in reversed(Role) if role in names), None)


def direct_permissions(user: User) -> QuerySet[Permission]:
    """The permissions of the dashboard that a user has beside groups, such as those given before there were roles."""
    return user.user_permissions.filter(content_type__app_label="customers")


def set_role(user: User, role: Role | None) -> None:
    """Give a user one role in place of any other and of direct permissions; None takes it away. Other groups stay."""
    user.user_permissions.remove(*direct_permissions(user))
    user.groups.remove(*Group.objects.filter(name__in=[each for each in Role if each != role]))
    if role is not None:
        user.groups.add(Group.objects.get(name=role))
