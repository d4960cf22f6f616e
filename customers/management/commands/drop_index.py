"""Empty the index of customers."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from customers.index import store


class Command(BaseCommand):
    """Deletes all that the index holds, at once. On SQLite the file gets smaller by VACUUM only."""

    help = (
        "Delete the index of customers. A worker fills it again, unless INDEX_CUSTOMERS is false."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Print what happened and what follows."""
        store.drop()
        self.stdout.write("The index of customers was deleted.")
        if settings.INDEX_CUSTOMERS:
            self.stdout.write("The worker fills it again. INDEX_CUSTOMERS=false prevents that.")
