"""What the worker does with imports: it reads their files, checks their rows, and adds them to the batch."""

from collections.abc import Callable

from django.db.models import Q
from django.utils import timezone

from customers.models import Import
from customers.service import CustomerService
from customers.spreadsheets.importing.checking import check
from customers.spreadsheets.importing.reading import read
from customers.spreadsheets.importing.sending import fill_batch

State = Import.State


def due_imports() -> list[Import]:
    """The imports that are to be read or checked now, or whose batch has not all rows; the oldest first."""
    now = Q(due_at=None) | Q(due_at__lte=timezone.now())
    waiting = Import.objects.filter(now, state__in=Import.WORKING).order_by("created_at", "id")
    unfilled = Import.objects.filter(state=State.SENT, batch__is_filled=False)
    return [*unfilled.order_by("created_at", "id"), *waiting]


def step(
    source: Import,
    service: CustomerService,
    *,
    should_stop: Callable[[], bool] = lambda: False,
    pace: Callable[[], None] = lambda: None,
) -> int:
    """Read, check or send an import, whichever it waits for; how many rows were done. `source` is as it is afterwards.

    Safe to repeat, and to run concurrently. Raises nothing of Codat's.
    """
    if source.state == State.READING:
        rows = read(source, should_stop=should_stop)
    elif source.state == State.SENT:
        rows = fill_batch(source, should_stop=should_stop)
    else:
        rows = check(source, service, should_stop=should_stop, pace=pace)
    source.refresh_from_db()
    return rows
