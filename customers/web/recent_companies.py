"""The companies that a person used last, as the side column lists them."""

import logging
from typing import cast

from django.db import Error, transaction
from django.http import HttpRequest
from django.utils import timezone

from customers.models import RecentCompany
from customers.web import htmx

logger = logging.getLogger(__name__)

# As many as are shown and stored.
MAX_RECENT = 5


class _Request(HttpRequest):
    """A request whose recent companies were read."""

    recent_companies: list[RecentCompany]


def _user_id(request: HttpRequest) -> int | None:
    """The signed-in person; none for the page of an error before sign-in was read."""
    user = getattr(request, "user", None)
    return user.pk if user is not None and user.is_authenticated else None


def recent_companies(request: HttpRequest) -> list[RecentCompany]:
    """The companies of the signed-in person, the latest first. Read once a request."""
    user_id = _user_id(request)
    if user_id is None:
        return []
    prepared = cast(_Request, request)
    if not hasattr(request, "recent_companies"):
        rows = RecentCompany.objects.filter(user_id=user_id).order_by("-visited_at")
        prepared.recent_companies = list(rows[:MAX_RECENT])
    return prepared.recent_companies


def visit(request: HttpRequest, company_id: str, name: str) -> None:
    """Record that a page of a company was opened. Nothing is written where it is the latest one already.

    Only whole pages count, not their fragments. A page never fails because this cannot be stored.
    """
    user_id = _user_id(request)
    if request.method != "GET" or htmx.is_fragment(request) or user_id is None:
        return
    recent = recent_companies(request)
    if recent and (recent[0].company_id, recent[0].name) == (company_id, name):
        return
    row = RecentCompany(
        user_id=user_id, company_id=company_id, name=name, visited_at=timezone.now()
    )
    others = [other for other in recent if other.company_id != company_id]
    cast(_Request, request).recent_companies = [row, *others][:MAX_RECENT]
    try:
        _store(row, keep=[other.company_id for other in others[: MAX_RECENT - 1]])
    except Error:
        logger.warning("the recent companies could not be stored", exc_info=True)


@transaction.atomic
def _store(row: RecentCompany, keep: list[str]) -> None:
    """Store a visit, and delete the companies that are shown no more."""
    RecentCompany.objects.bulk_create(
        [row],
        update_conflicts=True,
        unique_fields=["user", "company_id"],
        update_fields=["name", "visited_at"],
    )
    RecentCompany.objects.filter(user_id=row.user_id).exclude(
        company_id__in=[row.company_id, *keep]
    ).delete()
