"""Telling people of an event: one message for each person and cause, written in the caller's transaction."""

from collections.abc import Collection, Iterable

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction

from customers.codat.text import db_safe, single_line
from customers.models import Delivery, Notice, TeamChannel
from customers.notices import people as who
from customers.notices.choices import choices_of, way_of
from customers.notices.kinds import FACTS, Kind, Way

MAX_CAUSE, MAX_TITLE, MAX_LINK = 200, 200, 1000


def tell(
    kind: Kind,
    *,
    cause: str,
    company_id: str,
    people: Iterable[User | int | None],
    title: str,
    link: str,
) -> int:
    """Tell people of an event, each as they chose; how many are told on the page or by mail.

    `cause` names the event for all time, such as `approval:<ID>:wanted`: whoever was told of it is not told again,
    however often this is called. `company_id` is "" for an event of no company; of a company, only those are told who
    may see it. `people` are users or their IDs; None counts as somebody who is gone. `title` is a sentence without a
    full stop and holds neither a customer's name or value nor the company's name. `link` is a path of the dashboard.

    Call it in the transaction of the fact. Of one's own work (`Facts.is_own`), those who follow are told in place of a
    person who is gone. Raises ValueError for a cause that does not fit its column.
    """
    if not 0 < len(cause) <= MAX_CAUSE:
        raise ValueError(f"a cause of {len(cause)} characters")
    message = {
        "kind": str(kind),
        "cause": db_safe(cause),
        "company_id": company_id,
        "title": db_safe(single_line(title), MAX_TITLE),
        "link": db_safe(link, MAX_LINK),
    }
    wanted = list(people)
    told = who.who_see(company_id, [each for each in wanted if each is not None])
    instead: list[User] = []
    if FACTS[kind].is_own and len(told) < len(wanted):
        instead = who.followers(company_id, without=[user.pk for user in told])
    with transaction.atomic():
        number = put(kind, message, told) + put(kind, message, instead, is_follower=True)
        _put_for_channels(kind, message)
    return number


def message_of(notice: Notice) -> dict[str, str]:
    """What a notification says, to tell others the same."""
    names = ("kind", "cause", "company_id", "title", "link")
    return {name: getattr(notice, name) for name in names}


def put(
    kind: Kind, message: dict[str, str], people: Collection[User], *, is_follower: bool = False
) -> int:
    """Write the rows of people who may be told; how many are told. Those who were told of the cause are left out."""
    notices, mails = [], []
    for user in _not_told(message["cause"], people):
        way = way_of(choices_of(user), kind)
        if way == Way.OFF:
            continue
        # Without an address, or a server that sends mail, there is the page alone.
        has_mail = settings.HAS_MAIL and bool(user.email)
        in_digest = way == Way.DIGEST and has_mail
        notices.append(Notice(user=user, in_digest=in_digest, is_follower=is_follower, **message))
        if way == Way.MAIL and has_mail:
            mails.append(Delivery(user=user, **message))
    Notice.objects.bulk_create(notices, ignore_conflicts=True)
    Delivery.objects.bulk_create(mails, ignore_conflicts=True)
    return len(notices)


def _not_told(cause: str, people: Collection[User]) -> list[User]:
    """Those who were not told of a cause, whatever they have chosen since."""
    known = Notice.objects.filter(cause=cause, user__in=people).values_list("user", flat=True)
    told = set(known)
    return [user for user in people if user.pk not in told]


def _put_for_channels(kind: Kind, message: dict[str, str]) -> None:
    """The rows of the team's channels that want the kind."""
    channels = [channel for channel in TeamChannel.objects.all() if kind in channel.kinds]
    Delivery.objects.bulk_create(
        [Delivery(channel=channel, **message) for channel in channels], ignore_conflicts=True
    )
