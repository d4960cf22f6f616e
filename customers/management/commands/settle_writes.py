"""Track the writes that no page polls, and process unprocessed events; for cron."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from customers.formatting import counted
from customers.service import default_service
from customers.writes import background


class Command(BaseCommand):
    """One turn of all background work on the journal, for an installation without a worker."""

    help = "Track unfinished writes, confirm successful ones, process unprocessed events."

    def add_arguments(self, parser: CommandParser) -> None:
        """`--limit`: how many rows at most in each part of one run."""
        parser.add_argument("--limit", type=int, default=background.LIMIT)

    def handle(self, *args: Any, **options: Any) -> None:
        """Print how many writes were checked, and for how many rows Codat did not answer."""
        service, limit = default_service(), options["limit"]
        events = background.events_due(service, limit=limit)
        turns = []
        for part in (background.follow_due, background.confirm_due, background.settle_due):
            turns.append(part(service, limit=limit))
            if turns[-1].stopped:
                break
        if any(turn.stopped for turn in (events, *turns)):
            self.stdout.write("Codat is unavailable: stopped early.")
        checked = sum(turn.done for turn in turns)
        failed = events.failed + sum(turn.failed for turn in turns)
        self.stdout.write(f"{counted(checked, 'write')} checked, {failed} not answered")
