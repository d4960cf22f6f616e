"""Remove somebody's second factors, for a person who has lost theirs."""

from argparse import ArgumentParser
from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError

from customers.people import sessions


class Command(BaseCommand):
    """Removes app, passkeys and recovery codes, and ends the person's sessions. Check first who asks for it."""

    help = "Remove the second factors of a user who has lost them, and end the user's sessions."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The user's name."""
        parser.add_argument("name")

    def handle(self, *args: Any, **options: Any) -> None:
        """Raises CommandError for an unknown name."""
        user = User.objects.filter(username=options["name"]).first()
        if user is None:
            raise CommandError(f"There is no user “{options['name']}”.")
        count, _ = Authenticator.objects.filter(user=user).delete()
        ended = sessions.end(user)
        self.stdout.write(
            f"{user.get_username()}: second factors removed: {count}, sessions ended: {ended}."
        )
