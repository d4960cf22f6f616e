"""Whose change something is, and who may approve it: another person."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db.models import Q
from django.utils import timezone

from customers.access.people import scope_of
from customers.models import Approval, Batch, BatchRow, BatchStep, ImportStep, Person, Write

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


def may_change(author: User | None, company_id: str) -> bool:
    """Whether what a person asked for may still be sent in their name; None for somebody who is gone."""
    if author is None or not author.is_active:
        return False
    return author.has_perm("customers.write_customers") and scope_of(author).has(company_id)


def may_approve(user: User, authors: Authors, company_id: str) -> bool:
    """Whether a person may approve a change of these authors: with the permission, or as somebody's deputy.

    A deputy stands in for an approver who sees the company and is none of the authors either.
    """
    if not user.is_active or authors.has(user.pk, user.get_username()):
        return False
    if user.has_perm(PERMISSION):
        return True
    return any(
        not authors.has(approver.pk, approver.get_username()) and scope_of(approver).has(company_id)
        for approver in approvers_whose_deputy_is(user)
    )


def approvers_whose_deputy_is(user: User) -> list[User]:
    """The approvers who have named a person as their deputy for now."""
    named = Person.objects.filter(
        deputy=user, deputy_until__gt=timezone.now(), user__is_active=True
    )
    people = [row.user for row in named.select_related("user__person")]
    return [person for person in people if person.has_perm(PERMISSION)]


def approvers_of(approval: Approval) -> list[User]:
    """The people who may approve a request, and their deputies, whatever companies they see. Few queries."""
    codename = PERMISSION.partition(".")[2]
    has_it = (
        Q(is_superuser=True)
        | Q(groups__permissions__codename=codename)
        | Q(user_permissions__codename=codename)
    )
    authors = authors_of(approval)
    approvers = [
        user
        for user in User.objects.filter(has_it, is_active=True).distinct().order_by("pk")
        if not authors.has(user.pk, user.get_username())
    ]
    named = Person.objects.filter(user__in=approvers, deputy_until__gt=timezone.now())
    deputies = [
        row.deputy
        for row in named.exclude(deputy=None).select_related("deputy")
        if row.deputy and not authors.has(row.deputy.pk, row.deputy.get_username())
    ]
    return [*approvers, *deputies]


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
