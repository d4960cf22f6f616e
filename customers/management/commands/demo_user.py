"""Make the demo user of `make run`."""

from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError

from customers.access.people import set_role, set_sees_all
from customers.access.roles import Role


class Command(BaseCommand):
    """`demo` / `demo`, an editor who may also manage users; only beside a sandbox."""

    help = "Make the user demo / demo. Refused unless Codat's address is a sandbox on this machine."

    def handle(self, *args: Any, **options: Any) -> None:
        """Create the user if it does not exist; a changed password is not reset."""
        if not settings.CODAT_IS_LOCAL:
            raise CommandError("A user with a known password is only for the sandbox.")
        user, made = User.objects.get_or_create(
            username="demo", defaults={"is_staff": True, "is_superuser": True}
        )
        if made:
            user.set_password("demo")
            user.save()
        set_role(user, Role.EDITOR)
        set_sees_all(user, sees_all=True)
