"""Customers of a company that another open import or batch changes: the second one says so, before it is sent."""

from django.db.models import Q

from customers.models import Batch, BatchRow, Import, ImportRow, Write

_OPEN_ROWS = (
    BatchRow.State.WAITING,
    BatchRow.State.CHECKED,
    BatchRow.State.INVALID,
    BatchRow.State.CONFLICT,
)
_OPEN_WRITES = (Write.State.QUEUED, *Write.UNFINISHED)


def changed_elsewhere(source: Import) -> dict[str, str]:
    """A sentence for each customer that an open batch, or a checked import, of the same connection changes too."""
    found: dict[str, str] = {}
    sentences: dict[object, str] = {}
    imports = ImportRow.objects.filter(
        source__company_id=source.company_id,
        source__connection_id=source.connection_id,
        source__state__in=(Import.State.CHECKING, Import.State.CHECKED),
        state=ImportRow.State.CHANGED,
    ).exclude(source=source)
    for key, customer_id, name, file in imports.values_list(
        "source_id", "customer_id", "source__username", "source__file_name"
    ).iterator():
        text = f"{name} is importing this customer too, from {file}."
        found[customer_id] = sentences.setdefault(key, text)
    return found | changed_by_batches(source)


def changed_by_batches(source: Import) -> dict[str, str]:
    """A sentence for each customer that an open batch of the same connection changes."""
    found: dict[str, str] = {}
    sentences: dict[object, str] = {}
    batches = BatchRow.objects.filter(
        Q(write=None, state__in=_OPEN_ROWS) | Q(write__state__in=_OPEN_WRITES),
        batch__company_id=source.company_id,
        batch__connection_id=source.connection_id,
        batch__state__in=Batch.OPEN,
    ).exclude(customer_id="")
    for key, customer_id, name, title in batches.values_list(
        "batch_id", "customer_id", "batch__username", "batch__title"
    ).iterator():
        text = f"The batch “{title}” by {name} changes this customer too."
        found[customer_id] = sentences.setdefault(key, text)
    return found
