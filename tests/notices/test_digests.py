"""The daily digest: once a day, at a person's own hour in their own time zone."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from pytest_django import Settings

from customers.access import people
from customers.models import Delivery, Grant, Notice, Preferences
from customers.notices import Kind, choices, inbox, sending
from customers.notices.digests import due_at, has_work, put_digests
from customers.notices.kinds import Way
from tests.support.notices import due_again, mail_server, reader, told

pytestmark = pytest.mark.django_db


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.fixture
def anna(db: None, settings: Settings) -> User:
    settings.HAS_MAIL = True
    user = reader("anna", change_failed=Way.DIGEST, batch=Way.DIGEST)
    Preferences.objects.create(user=user, time_zone="Europe/Berlin")
    return User.objects.get(pk=user.pk)


def tell_at(user: User, at: str, *causes: str) -> None:
    for cause in causes:
        told(user, cause=cause)
        Notice.objects.filter(cause=cause).update(at=moment(at))


@pytest.mark.parametrize(
    ("now", "due"),
    [
        ("2026-11-25T07:30", "2026-11-25T07:00"),
        ("2026-11-25T06:30", "2026-11-24T07:00"),
        ("2026-07-15T06:00", "2026-07-15T06:00"),  # summer time
        ("2026-10-25T06:59", "2026-10-24T06:00"),  # the day on which summer time ends
    ],
)
def test_it_is_due_at_eight_of_ones_own_clock(anna: User, now: str, due: str) -> None:
    assert due_at(anna, moment(now)) == moment(due)


def test_an_hour_of_ones_own(anna: User) -> None:
    choices.save(anna, {}, digest_hour=17)
    assert due_at(anna, moment("2026-11-25T16:30")) == moment("2026-11-25T16:00")


def test_a_day_is_one_mail(anna: User, settings: Settings) -> None:
    tell_at(anna, "2026-11-24T10:00", "a", "b")
    assert put_digests(moment("2026-11-25T06:59")) == 0
    assert [put_digests(moment("2026-11-25T07:01")) for _ in range(3)] == [1, 0, 0]
    with mail_server(settings) as mailbox:
        due_again()
        assert sending.send_due(lambda: False) == (1, 0)
    (mail,) = mailbox.mails
    assert mail["Subject"].endswith(": Daily digest")
    assert mail.get_content().count("/notifications/") == 3  # two, and the settings


def test_what_comes_later_is_for_the_next_day(anna: User) -> None:
    tell_at(anna, "2026-11-25T09:00", "late")
    assert put_digests(moment("2026-11-25T10:00")) == 0
    assert put_digests(moment("2026-11-26T07:00")) == 1
    assert list(Delivery.objects.values_list("cause", flat=True)) == ["digest:2026-11-26"]


def test_what_was_read_is_left_out(anna: User) -> None:
    tell_at(anna, "2026-11-24T10:00", "a", "b")
    inbox.mark_read(Notice.objects.filter(cause="a"))
    put_digests(moment("2026-11-25T07:01"))
    assert list(Notice.objects.exclude(digest=None).values_list("cause", flat=True)) == ["b"]
    inbox.mark_read(Notice.objects.filter(cause="b"))
    assert put_digests(moment("2026-11-26T07:01")) == 0


def test_what_is_told_in_the_page_alone_is_in_no_digest(anna: User) -> None:
    told(anna, cause="mention", kind=Kind.MENTION)
    Notice.objects.update(at=moment("2026-11-24T10:00"))
    assert put_digests(moment("2026-11-25T07:01")) == 0


def test_a_company_that_one_may_not_see_any_more_is_left_out(
    anna: User, settings: Settings
) -> None:
    people.set_sees_all(anna, sees_all=False)
    granted = [people.grant(anna, Grant.Kind.COMPANY, company_id) for company_id in ("a", "b")]
    for company_id in ("a", "b"):
        told(anna, cause=company_id, company_id=company_id)
    Notice.objects.update(at=moment("2026-11-24T10:00"))
    put_digests(moment("2026-11-25T07:01"))
    people.revoke(granted[0])
    with mail_server(settings) as mailbox:
        due_again()
        sending.send_due(lambda: False)
    (mail,) = mailbox.mails
    notices = {notice.company_id: str(notice.pk) for notice in Notice.objects.all()}
    assert notices["b"] in mail.get_content()
    assert notices["a"] not in mail.get_content()


def test_what_nobody_may_be_told_any_more_waits_for_no_other_digest(
    anna: User, settings: Settings
) -> None:
    people.set_sees_all(anna, sees_all=False)
    granted = people.grant(anna, Grant.Kind.COMPANY, "a")
    told(anna, cause="a", company_id="a")
    Notice.objects.update(at=moment("2026-11-24T10:00"))
    assert put_digests(moment("2026-11-25T07:01")) == 1
    people.revoke(granted)
    with mail_server(settings) as mailbox:
        due_again()
        assert sending.send_due(lambda: False) == (0, 1)
    assert not mailbox.mails
    assert not Delivery.objects.exists()
    assert put_digests(moment("2026-11-25T07:02")) == 0
    assert not has_work()


def test_what_was_sent_long_ago_is_not_sent_again(anna: User) -> None:
    tell_at(anna, "2026-11-24T10:00", "a")
    assert put_digests(moment("2026-11-25T07:01")) == 1
    Delivery.objects.update(sent_at=timezone.now() - sending.KEEP * 2)
    assert sending.delete_old() == 1
    assert Notice.objects.get().digest is None
    assert put_digests(moment("2026-12-26T07:01")) == 0
