"""When a change that went wrong is no problem any more: another one has overcome it, or a person says so.

A change that failed, timed out, came back different or was not found stays a problem (`Write.is_problem`) until it is
resolved. An unknown one ends being one with its outcome.
"""

from django.db.models import Q, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from customers.models import Write, WriteQuerySet
from customers.writes.diff import changed_fields

Kind = Write.Kind

# Problems of one customer that a success is compared with.
_MAX_COMPARED = 50


def resolve(rows: WriteQuerySet) -> int:
    """Resolve those of a selection of changes that are problems; how many were. Nobody has to look at them any more."""
    now = timezone.now()
    return rows.filter(is_problem=1).update(
        resolved_at=now, seen_at=Coalesce("seen_at", Value(now))
    )


def replaced(write: Write) -> None:
    """A change was saved again as `write`: what becomes of it is seen there."""
    if write.retry_of_id:
        resolve(Write.objects.filter(pk=write.retry_of_id))


def accepted(write: Write) -> None:
    """A change was accepted: resolve the earlier ones that it overcomes, of the same customer and the same fields.

    A new customer overcomes the failed ones of the same name. One query where there is nothing to do.
    """
    same = Q(kind=Kind.UPDATE, customer_id=write.customer_id)
    if write.kind == Kind.CREATE:
        same = Q(kind=Kind.CREATE, customer_name=write.customer_name)
    problems = Write.objects.filter(
        same, company_id=write.company_id, is_problem=1, created_at__lt=write.created_at
    )
    earlier = list(problems.order_by("-created_at")[:_MAX_COMPARED])
    if earlier:
        overcome = [one.pk for one in earlier if _is_overcome(one, write)]
        resolve(Write.objects.filter(pk__in=overcome))


def _is_overcome(problem: Write, write: Write) -> bool:
    """Whether a later change has all fields of an earlier one. One without values was overcome by any."""
    if write.kind == Kind.CREATE:
        return True
    return _labels(problem) <= _labels(write)


def _labels(write: Write) -> set[str]:
    if not write.payload:
        return set()
    return {change.label for change in changed_fields(write.values_before, write.sent_values)}
