"""Tells others where the person whose work it is stays away: the owner, and then the lead. Work of the worker."""

from collections.abc import Callable
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from customers.models import Notice
from customers.notices.kinds import FACTS, Kind
from customers.notices.people import away, followers, working_day_before
from customers.notices.telling import message_of, put

_OWN = [str(kind) for kind, facts in FACTS.items() if facts.is_own]
# Notifications of one turn.
MAX_NOTICES = 500


def has_work() -> bool:
    """Whether something of somebody who is away is unread for a working day."""
    return _due(timezone.now()).exists()


def follow(should_stop: Callable[[], bool], now: datetime | None = None) -> int:
    """Tell others of what is unread for a working day by somebody who is away; of how many notifications.

    Each notification is followed once. What an owner was told in another's place and does not read, the leads are told.
    """
    now = now or timezone.now()
    done = 0
    for notice in _due(now)[:MAX_NOTICES]:
        if should_stop():
            break
        done += _follow(notice, now)
    return done


def _due(now: datetime) -> "QuerySet[Notice]":
    """The oldest first: what waits for those who are here is never in the way of others."""
    unread = Notice.objects.filter(read_at=None, followed_at=None, kind__in=_OWN)
    due = unread.filter(Q(is_follower=True) | away(now), at__lt=working_day_before(now))
    return due.order_by("at", "pk")


def _follow(notice: Notice, now: datetime) -> int:
    others = Notice.objects.filter(cause=notice.cause).exclude(pk=notice.pk)
    told = set(others.values_list("user", flat=True))
    without = {notice.user_id, *told}
    # Who was told already, as all owners who are here are at once, is not told again: then the leads are left.
    people = followers(notice.company_id, without=without)
    with transaction.atomic():
        taken = Notice.objects.filter(pk=notice.pk, followed_at=None).update(followed_at=now)
        if taken:
            put(Kind(notice.kind), message_of(notice), people, is_follower=True)
    return taken
