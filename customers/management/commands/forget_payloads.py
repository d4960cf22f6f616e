"""Delete the values of old changes, drafts, events and batches under the retention policy; for cron."""

from typing import Any

from django.core.management.base import BaseCommand

from customers.formatting import counted
from customers.worker import forgetting


class Command(BaseCommand):
    """What the worker does daily, for those who have none."""

    help = "Delete the values of writes older than KEEP_PAYLOADS_DAYS, and drafts and events of that age."

    def handle(self, *args: Any, **options: Any) -> None:
        """Print how many writes were emptied, and how many drafts and events were deleted."""
        emptied = forgetting.forget_values()
        drafts, events = forgetting.delete_drafts(), forgetting.delete_events()
        forgetting.delete_unstarted_batches()
        forgetting.forget_searches()
        self.stdout.write(
            f"{counted(emptied, 'write')} emptied,"
            f" {counted(drafts, 'draft')} and {counted(events, 'event')} deleted"
        )
