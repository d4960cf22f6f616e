"""Chain new entries of the audit, and delete the oldest ones under the retention policy; for cron."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from customers.audit import chains
from customers.formatting import counted


class Command(BaseCommand):
    """What the worker does, for those who have none."""

    help = "Chain the audit's new entries; delete those older than AUDIT_DAYS_READS and AUDIT_DAYS."

    def handle(self, *args: Any, **options: Any) -> None:
        """Print how many entries were chained, and how many deleted."""
        chained = chains.extend()
        try:
            deleted = chains.forget_old()
        except chains.Broken as error:
            raise CommandError(f"Nothing was deleted: the chain is broken. {error}") from error
        self.stdout.write(f"{counted(chained, 'entry', 'entries')} chained, {deleted} deleted")
