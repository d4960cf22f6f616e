"""What one person was told, as the page of notifications shows it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.utils import timezone

from customers.models import CompanyState, Notice

PAGE_SIZE = 50
# What was told so long ago is deleted.
KEEP = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Entry:
    """A notification. `company_name` is "" for one of no company, and where the name is unknown."""

    id: str
    title: str
    company_name: str
    at: datetime
    is_unread: bool


def notices_of(user: User) -> "QuerySet[Notice]":
    """What a person was told, the newest first, in the scope of the moment."""
    return Notice.objects.filter(user=user)


def page_of(rows: "QuerySet[Notice]", page: int) -> tuple[list[Entry], bool]:
    """One page of notifications from 1, and whether there is another one. Two queries."""
    start = (page - 1) * PAGE_SIZE
    found = list(rows[start : start + PAGE_SIZE + 1])
    return entries(found[:PAGE_SIZE]), len(found) > PAGE_SIZE


def entries(notices: Sequence[Notice]) -> list[Entry]:
    """Notifications with the names of their companies."""
    names = company_names({notice.company_id for notice in notices})
    return [
        Entry(
            id=str(notice.pk),
            title=notice.title,
            company_name=names.get(notice.company_id, ""),
            at=notice.at,
            is_unread=notice.read_at is None,
        )
        for notice in notices
    ]


def company_names(company_ids: set[str]) -> dict[str, str]:
    """The names of companies by their IDs, as the worker last read them."""
    ids = company_ids - {""}
    if not ids:
        return {}
    return dict(CompanyState.objects.filter(pk__in=ids).values_list("pk", "name"))


def mark_read(rows: "QuerySet[Notice]") -> int:
    """Mark notifications as read; how many were not."""
    return rows.filter(read_at=None).update(read_at=timezone.now())


def delete_old() -> int:
    """Delete what was told long ago; how many."""
    return Notice.objects.filter(at__lt=timezone.now() - KEEP).delete()[0]
