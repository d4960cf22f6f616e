"""What the worker does with imports: it reads their files and checks their rows, one step after the other."""

from collections.abc import Callable

from django.db.models import Q
from django.utils import timezone

from customers.models import Import
from customers.service import CustomerService
from customers.spreadsheets.importing.checking import check
from customers.spreadsheets.importing.reading import read

State = Import.State


def due_imports() -> list[Import]:
    """The imports that are to be read or checked now; the oldest first."""
    waiting = Import.objects.filter(state__in=Import.WORKING)
    now = Q(due_at=None) | Q(due_at__lte=timezone.now())
    return list(waiting.filter(now).order_by("created_at", "id"))


def step(
    source: Import,
    service: CustomerService,
    *,
    should_stop: Callable[[], bool] = lambda: False,
    pace: Callable[[], None] = lambda: None,
) -> int:
    """Read or check an import, whichever it waits for; how many rows were done. `source` is as it is afterwards.

    Safe to repeat, and to run concurrently. Raises nothing of Codat's.
    """
    if source.state == State.READING:
        rows = read(source, should_stop=should_stop)
    else:
        rows = check(source, service, should_stop=should_stop, pace=pace)
    source.refresh_from_db()
    return rows
