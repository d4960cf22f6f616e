"""Who may approve a change: somebody who is none of its authors."""

from dataclasses import dataclass
from typing import Self

from django.contrib.auth.models import User
from django.db.models import Q
from django.utils import timezone

from customers.access.people import scope_of
from customers.models import Approval, Person
from customers.scope import Scope
from customers.writes.approving.authors import Authors, authors_of

PERMISSION = "customers.approve_changes"


def may_change(author: User | None, company_id: str) -> bool:
    """Whether what a person asked for may still be sent in their name; None for somebody who is gone."""
    if author is None or not author.is_active:
        return False
    return author.has_perm("customers.write_customers") and scope_of(author).has(company_id)


@dataclass(frozen=True, slots=True)
class Approver:
    """Whether a person approves changes: with the permission, or as the deputy of somebody who has it.

    `stands_in_for` are the approvers whose deputy a person without the permission is, each with what they see.
    """

    user: User
    has_permission: bool
    stands_in_for: tuple[tuple[User, Scope], ...]

    @classmethod
    def of(cls, user: User) -> Self:
        """A person as an approver, read once for any number of changes."""
        has_permission = user.has_perm(PERMISSION)
        asks = user.is_active and not has_permission
        named = approvers_whose_deputy_is(user) if asks else []
        return cls(user, has_permission, tuple((each, scope_of(each)) for each in named))

    @property
    def approves_any(self) -> bool:
        """Whether there can be changes that this person approves."""
        return self.has_permission or bool(self.stands_in_for)

    def may_approve(self, authors: Authors, company_id: str) -> bool:
        """Whether this person may approve a change of these authors.

        A deputy stands in for an approver who sees the company and is none of the authors either.
        """
        if authors.has(self.user.pk, self.user.get_username()):
            return False
        return self.has_permission or any(
            scope.has(company_id) and not authors.has(each.pk, each.get_username())
            for each, scope in self.stands_in_for
        )


def may_approve(user: User, approval: Approval) -> bool:
    """Whether a person may approve a request."""
    return Approver.of(user).may_approve(authors_of(approval), approval.company_id)


def approvers_whose_deputy_is(user: User) -> list[User]:
    """The approvers who have named a person as their deputy for now."""
    named = Person.objects.filter(
        deputy=user, deputy_until__gt=timezone.now(), user__is_active=True
    )
    people = [row.user for row in named.select_related("user__person")]
    return [person for person in people if person.has_perm(PERMISSION)]


def approvers_of(approval: Approval) -> list[User]:
    """The people who may approve a request, whatever companies they see; and deputies of those who see its company."""
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
        for row in named.exclude(deputy=None).select_related("deputy", "user__person")
        if row.deputy
        and not authors.has(row.deputy.pk, row.deputy.get_username())
        and scope_of(row.user).has(approval.company_id)
    ]
    return [*approvers, *deputies]
