"""An author who is away is followed by the owner, then by the lead: after a working day unread, once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from customers.access.roles import Role
from customers.models import Delivery, Notice, Owner, Person, ProblemNote, SubjectKind
from customers.notices import Kind, following, inbox
from customers.notices.following import follow
from customers.notices.people import away as rows_of_those_away
from customers.notices.people import is_away, working_day_before
from tests.support.notices import TITLE, channel, reader, titles, told

pytestmark = pytest.mark.django_db

LONG = timedelta(days=10)


def away(user: User, *, since: timedelta = LONG) -> User:
    """A person who was last here so long ago."""
    Person.objects.filter(pk=user.pk).update(last_seen_at=timezone.now() - since)
    User.objects.filter(pk=user.pk).update(last_login=None)
    return user


def here(user: User) -> User:
    return away(user, since=timedelta())


def own(user: User) -> None:
    ProblemNote.objects.create(key=f"of {user.pk}", company_id="ours", owner=user)


def later() -> int:
    """Let the time pass, and follow."""
    Notice.objects.update(at=timezone.now() - LONG)
    return follow(lambda: False)


def tell(author: User) -> None:
    told(author, company_id="ours")


def test_the_owner_is_told_and_then_the_lead() -> None:
    author, owner = away(reader("author")), here(reader("owner"))
    lead = here(reader("lead", Role.ADMINISTRATOR))
    own(owner)
    tell(author)
    assert follow(lambda: False) == 0
    assert later() == 1
    assert (titles(owner), titles(lead)) == ([TITLE], [])
    assert later() == 1
    assert (titles(owner), titles(lead)) == ([TITLE], [TITLE])
    later()
    assert later() == 0
    assert Notice.objects.count() == 3


def test_the_owner_of_the_company_is_told() -> None:
    author, owner, other = away(reader("author")), here(reader("owner")), here(reader("other"))
    for user, kind, company_id in (
        (owner, SubjectKind.COMPANY, "ours"),
        (other, SubjectKind.COMPANY, "theirs"),
        (other, SubjectKind.CUSTOMER, "ours"),
    ):
        Owner.objects.create(user=user, kind=kind, company_id=company_id, subject_id="")
    tell(author)
    assert later() == 1
    assert (titles(owner), titles(other)) == ([TITLE], [])


def test_without_an_owner_who_is_here_the_lead_is_told() -> None:
    author, owner = away(reader("author")), away(reader("owner"))
    lead = here(reader("lead", Role.ADMINISTRATOR))
    own(owner)
    tell(author)
    assert later() == 1
    assert (titles(owner), titles(lead)) == ([], [TITLE])


def test_somebody_who_is_here_is_not_followed() -> None:
    lead = here(reader("lead", Role.ADMINISTRATOR))
    tell(here(reader("author")))
    assert later() == 0
    assert titles(lead) == []


def test_what_waits_for_others_is_not_in_the_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "MAX_NOTICES", 1)
    author, lead = away(reader("author")), here(reader("lead", Role.ADMINISTRATOR))
    tell(author)
    for number in range(3):
        told(here(reader(f"here{number}")), cause=f"newer {number}", company_id="ours")
    assert later() == 1
    assert titles(lead) == [TITLE]
    inbox.mark_read(Notice.objects.filter(user=lead))
    assert not following.has_work()


def test_rows_and_people_agree_on_who_is_away() -> None:
    now = timezone.now()
    moments = (None, now - LONG, now)
    users = []
    for number, (is_active, seen, login) in enumerate(product((True, False), moments, moments)):
        user = reader(f"user{number}")
        told(user, cause=str(number))
        Person.objects.filter(pk=user.pk).update(last_seen_at=seen)
        User.objects.filter(pk=user.pk).update(is_active=is_active, last_login=login)
        users.append(user.pk)
    found = Notice.objects.filter(rows_of_those_away(now)).values_list("user", flat=True)
    expected = [user.pk for user in User.objects.filter(pk__in=users) if is_away(user, now)]
    assert sorted(found) == sorted(expected)
    assert 0 < len(expected) < len(users)


def test_what_was_read_is_not_followed() -> None:
    reader("lead", Role.ADMINISTRATOR)
    author = away(reader("author"))
    tell(author)
    inbox.mark_read(Notice.objects.all())
    assert later() == 0


def test_what_is_not_of_ones_own_work_is_not_followed() -> None:
    reader("lead", Role.ADMINISTRATOR)
    told(away(reader("author")), kind=Kind.MENTION)
    assert later() == 0


def test_an_owner_who_reads_it_is_not_followed() -> None:
    author, owner = away(reader("author")), here(reader("owner"))
    lead = reader("lead", Role.ADMINISTRATOR)
    own(owner)
    tell(author)
    later()
    inbox.mark_read(Notice.objects.filter(user=owner))
    assert later() == 0
    assert titles(lead) == []


def test_a_channel_is_not_told_a_second_time() -> None:
    channel("slack")
    tell(away(reader("author")))
    here(reader("lead", Role.ADMINISTRATOR))
    later()
    assert Delivery.objects.count() == 1


@pytest.mark.parametrize(
    ("now", "before"),
    [
        ("2026-11-25T10:00", "2026-11-24T10:00"),  # Wednesday
        ("2026-11-23T10:00", "2026-11-20T10:00"),  # Monday
        ("2026-11-21T10:00", "2026-11-20T00:00"),  # Saturday
        ("2026-11-22T10:00", "2026-11-20T00:00"),  # Sunday
        ("2026-11-24T10:00", "2026-11-23T10:00"),  # Tuesday
    ],
)
def test_a_working_day(now: str, before: str) -> None:
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)
    assert working_day_before(moment) == datetime.fromisoformat(before).replace(tzinfo=UTC)
