"""Whose change something is, and who may approve it: another person."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.contrib.auth.models import User

from customers.models import Approval, Batch, BatchRow, BatchStep, ImportStep, Write

PERMISSION = "customers.approve_changes"
# Changes that one replaces, one after the other, whose authors are asked for.
_MAX_EARLIER = 20


@dataclass(frozen=True, slots=True)
class Authors:
    """The people who had a hand in a change, by key and by name: an account may have been deleted since."""

    ids: frozenset[int]
    names: frozenset[str]

    def has(self, user_id: int | None, name: str) -> bool:
        """Whether a person is one of them."""
        return user_id in self.ids or name in self.names


def authors_of(approval: Approval) -> Authors:
    """The authors of what an approval is about, and who asked for it."""
    people = [(approval.asked_by_id, approval.asked_by_name)]
    if approval.write is not None:
        people += _of_write(approval.write)
    if approval.batch is not None:
        people += _of_batch(approval.batch)
    return Authors(
        frozenset(pk for pk, _ in people if pk is not None),
        frozenset(name for _, name in people if name),
    )


def may_approve(user: User, authors: Authors) -> bool:
    """Whether a person may approve a change of these authors."""
    return (
        user.is_active
        and user.has_perm(PERMISSION)
        and not authors.has(user.pk, user.get_username())
    )


def _of_write(write: Write) -> Iterator[tuple[int | None, str]]:
    """The author of a write, and those of the writes that it replaces or undoes."""
    each: Write | None = write
    for _ in range(_MAX_EARLIER):
        if each is None:
            return
        yield each.user_id, each.username
        each = each.retry_of


def _of_batch(batch: Batch) -> Iterator[tuple[int | None, str]]:
    """The authors of a batch: who made it, started it, corrected its rows, edited its import; and of its source."""
    each: Batch | None = batch
    for _ in range(_MAX_EARLIER):
        if each is None:
            return
        yield each.user_id, each.username
        steps = BatchStep.objects.filter(batch=each, user__isnull=False)
        asked = steps.filter(action__in=(BatchStep.Action.CREATE, BatchStep.Action.START))
        yield from asked.order_by().values_list("user_id", "username").distinct()
        rows = BatchRow.objects.filter(batch=each, corrected_by__isnull=False).order_by()
        for pk in rows.values_list("corrected_by", flat=True).distinct():
            yield pk, ""
        imports = ImportStep.objects.filter(source__batch=each, user__isnull=False).order_by()
        yield from imports.values_list("user_id", "username").distinct()
        each = each.source
