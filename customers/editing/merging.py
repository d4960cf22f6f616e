"""The authors of the fields that others changed while a form was open, and that its save does not overwrite."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.utils import timezone

from customers.codat.text import db_safe
from customers.editing.edit import Target
from customers.forms import MISSING, FieldConflict
from customers.models import Write
from customers.writes.journal import MergedField

# Changes of one customer that are searched for the author of a value.
_MAX_WRITES = 20
# The integration may have reformatted a value. A change of this age or younger is assumed to be its origin.
_RECENT = timedelta(days=1)


def merged_fields(target: Target, fields: Iterable[FieldConflict]) -> list[MergedField]:
    """Each field with the person who changed it and when, as far as the journal knows them."""
    fields = list(fields)
    writes = _earlier_writes(target) if fields else []
    return [_merged_field(field, writes) for field in fields]


def _earlier_writes(target: Target) -> list[Write]:
    """The newest changes of a customer that may have taken effect, newest first."""
    rows = Write.objects.filter(
        company_id=target.company_id, customer_id=target.customer_id, kind=Write.Kind.UPDATE
    )
    rows = rows.exclude(state__in=(Write.State.FAILED, *Write.UNSENT))
    return list(rows.order_by("-created_at")[:_MAX_WRITES])


def _merged_field(field: FieldConflict, writes: list[Write]) -> MergedField:
    write = _author(field, writes)
    return MergedField(
        label=db_safe(field.label),
        by=write.username if write else "",
        at=write.created_at.isoformat() if write else "",
    )


def _author(field: FieldConflict, writes: list[Write]) -> Write | None:
    """The newest change that gave a field its value, else a recent one that gave it another."""
    changed = [
        (write, value)
        for write in writes
        if (value := _value_at(write.sent_values, field.keys))
        != _value_at(write.values_before, field.keys)
    ]
    exact = (write for write, value in changed if value == field.theirs)
    limit = timezone.now() - _RECENT
    recent = (write for write, _ in changed if write.created_at >= limit)
    return next(exact, None) or next(recent, None)


def _value_at(value: Any, keys: Iterable[str | int]) -> Any:
    """The value under names and indexes, MISSING where there is none."""
    for key in keys:
        if isinstance(value, dict):
            value = value.get(str(key), MISSING)
        elif isinstance(value, list) and isinstance(key, int) and key < len(value):
            value = value[key]
        else:
            return MISSING
    return value
