"""The daily digest: what a person chose to be told once a day, at their own hour. Work of the worker."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from customers import localisation
from customers.models import Delivery, Notice
from customers.notices.choices import choices_of
from customers.notices.mail import DIGEST
from customers.web import links
from customers.web.reader import preferences_of


def has_work() -> bool:
    """Whether something waits for a digest."""
    return _waiting().exists()


def put_digests(now: datetime | None = None) -> int:
    """Put the digests that are due into the outbox; how many. Those of one day and person are one."""
    now = now or timezone.now()
    people = User.objects.filter(pk__in=_waiting().values("user"), is_active=True)
    return sum(_put(user, now) for user in people.select_related("preferences", "notice_choices"))


def due_at(user: User, now: datetime) -> datetime:
    """When a person's latest digest was due: the last time that it was their hour."""
    name = preferences_of(user).time_zone
    zone = ZoneInfo(name if localisation.is_time_zone(name) else settings.DEFAULT_TIME_ZONE)
    local = localisation.local(now, zone)
    hour = time(choices_of(user).digest_hour)
    moment = datetime.combine(local.date(), hour, tzinfo=zone)
    if moment > local:
        moment = datetime.combine(local.date() - timedelta(days=1), hour, tzinfo=zone)
    return moment


def _waiting() -> "QuerySet[Notice]":
    return Notice.objects.filter(in_digest=True, digest=None, read_at=None)


def _put(user: User, now: datetime) -> int:
    due = due_at(user, now)
    rows = _waiting().filter(user=user, at__lt=due)
    with transaction.atomic():
        if not rows.exists():
            return 0
        digest, is_new = Delivery.objects.get_or_create(
            user=user,
            cause=f"{DIGEST}:{due.date().isoformat()}",
            defaults={
                "kind": DIGEST,
                "title": "Daily digest",
                "link": links.notifications(),
            },
        )
        if is_new:
            # Once: what a digest had does not wait again when the digest is deleted, which takes away `digest`.
            rows.update(digest=digest, in_digest=False)
    return int(is_new)
