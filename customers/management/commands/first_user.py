"""Offer to create the first user when there is none."""

import sys
from typing import Any

from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.management.base import BaseCommand

COMMAND = ".venv/bin/python manage.py createsuperuser"


class Command(BaseCommand):
    """Asks for the first user's name and password on a terminal; elsewhere it says which command creates one."""

    help = "Create the first user, a superuser, if there is none. Asks on a terminal."

    def handle(self, *args: Any, **options: Any) -> None:
        """Does nothing where a user exists."""
        if User.objects.filter(is_active=True).exists():
            return
        if sys.stdin.isatty() and self._accepted():
            call_command("createsuperuser")
        else:
            self.stdout.write(f"Nobody can sign in yet: create the first user with {COMMAND}")

    def _accepted(self) -> bool:
        """Whether the person wants to create one now. Ctrl-C ends the command without a traceback."""
        try:
            answer = input("Nobody can sign in yet. Create the first user now? [Y/n] ")
            return answer.strip().lower() in ("", "y", "yes")
        except EOFError:
            return False
        except KeyboardInterrupt:
            self.stdout.write("")
            sys.exit(130)
