"""Telling people: one message for each person and cause, as they chose, and only of companies that they may see."""

from __future__ import annotations

import pytest
from django.db import transaction
from pytest_django import Settings

from customers.access import people
from customers.access.people import set_role
from customers.access.roles import Role
from customers.models import Delivery, Grant, Notice
from customers.notices import Kind
from customers.notices.kinds import Way
from tests.support.notices import TITLE, channel, reader, titles, told
from tests.support.races import all_at_once

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _mail(settings: Settings) -> None:
    settings.HAS_MAIL = True


def test_who_chose_nothing_is_told_in_the_page_alone() -> None:
    anna = reader("anna")
    assert told(anna) == 1
    assert titles(anna) == [TITLE]
    assert not Delivery.objects.exists()


@pytest.mark.parametrize(
    ("way", "notices", "mails", "in_digest"),
    [(Way.OFF, 0, 0, 0), (Way.PAGE, 1, 0, 0), (Way.MAIL, 1, 1, 0), (Way.DIGEST, 1, 0, 1)],
)
def test_a_person_is_told_as_they_chose(way: Way, notices: int, mails: int, in_digest: int) -> None:
    told(reader("anna", change_failed=way))
    assert Notice.objects.count() == notices
    assert Delivery.objects.count() == mails
    assert Notice.objects.filter(in_digest=True).count() == in_digest


def test_who_has_no_role_any_more_is_told_nothing() -> None:
    anna = reader("anna", change_failed=Way.MAIL)
    set_role(anna, None)
    assert told(anna.pk) == 0
    assert not Delivery.objects.exists()


def test_a_cause_is_told_once_also_after_another_choice() -> None:
    anna = reader("anna")
    assert [told(anna), told(anna)] == [1, 0]
    ben = reader("ben", change_failed=Way.MAIL)
    assert told(anna, ben) == 1
    assert (Notice.objects.count(), Delivery.objects.count()) == (2, 1)


def test_without_a_mail_server_or_an_address_there_is_the_page(settings: Settings) -> None:
    anna = reader("anna", change_failed=Way.MAIL)
    settings.HAS_MAIL = False
    told(anna)
    ben = reader("ben", change_failed=Way.MAIL)
    ben.email = ""
    ben.save()
    settings.HAS_MAIL = True
    told(ben)
    assert titles(anna) == titles(ben) == [TITLE]
    assert not Delivery.objects.exists()


def test_only_who_sees_the_company_is_told() -> None:
    inside = reader("inside", sees_all=False)
    people.grant(inside, Grant.Kind.COMPANY, "ours")
    outside = reader("outside", sees_all=False)
    told(inside, outside, company_id="ours", kind=Kind.MENTION)
    assert (titles(inside), titles(outside)) == ([TITLE], [])


def test_of_somebody_who_is_gone_an_administrator_is_told() -> None:
    lead = reader("lead", Role.ADMINISTRATOR)
    other = reader("other", Role.ADMINISTRATOR, sees_all=False)
    gone = reader("gone")
    gone.is_active = False
    gone.save()
    told(gone, None, company_id="ours")
    assert (titles(lead), titles(gone), titles(other)) == ([TITLE], [], [])


def test_a_mention_of_somebody_who_is_gone_is_nobody_elses() -> None:
    lead = reader("lead", Role.ADMINISTRATOR)
    told(None, kind=Kind.MENTION)
    assert titles(lead) == []


def test_a_title_is_one_line() -> None:
    anna = reader("anna")
    told(anna, title="One\nBcc: everybody\x00")
    assert titles(anna) == ["One Bcc: everybody"]


@pytest.mark.parametrize("cause", ["", "x" * 201])
def test_a_cause_has_to_fit(cause: str) -> None:
    with pytest.raises(ValueError, match="a cause of"):
        told(reader("anna"), cause=cause)


def test_nobody_is_told_of_what_is_rolled_back() -> None:
    anna = reader("anna", change_failed=Way.MAIL)
    with transaction.atomic():
        told(anna)
        transaction.set_rollback(True)
    assert not Notice.objects.exists()
    assert not Delivery.objects.exists()


def test_a_channel_is_told_once_of_the_kinds_that_it_wants() -> None:
    slack, teams = channel("slack"), channel("teams", Kind.BATCH)
    told(cause="a")
    told(reader("anna"), cause="a")
    told(cause="b", kind=Kind.BATCH)
    rows = Delivery.objects.order_by("cause").values_list("channel", "cause")
    assert list(rows) == [(slack.pk, "a"), (teams.pk, "b")]


@pytest.mark.django_db(transaction=True)
def test_of_eight_at_once_one_tells() -> None:
    anna = reader("anna", change_failed=Way.MAIL)
    channel()
    all_at_once([lambda: told(anna)] * 8)
    assert (Notice.objects.count(), Delivery.objects.count()) == (1, 2)
