"""Offer to create the first user when there is none."""

import sys
from typing import Any

from django.contrib.auth.models import User
from django.core.management import call_command
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    """Asks for the first user's name and password on a terminal; without one it prints how to create a user."""

    help = "Create the first user, a superuser, if there is none. Asks on a terminal."

    def handle(self, *args: Any, **options: Any) -> None:
        """Does nothing where a user exists."""
        if User.objects.filter(is_active=True).exists():
            return
        self.stdout.write("There is no user, so no one can sign in yet.")
        if sys.stdin.isatty():
            call_command("createsuperuser")
        else:
            self.stdout.write("Create one: .venv/bin/python manage.py createsuperuser")
