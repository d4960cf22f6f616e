"""The outbox: mail over a real socket, webhooks over TLS, retries, and the end of a sender that is killed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings
from standardwebhooks import Webhook

from customers.access import people
from customers.models import Delivery, Grant, Notice
from customers.notices import channels, sending
from customers.notices.kinds import Way
from customers.service import default_service
from customers.worker import chores
from customers.worker.turns import Turns
from tests.support.notices import (
    TITLE,
    Mailbox,
    Receiver,
    channel,
    due_again,
    mail_server,
    reader,
    receiver,
    told,
)
from tests.support.problems import company, refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def mailbox(settings: Settings) -> Iterator[Mailbox]:
    with mail_server(settings) as made:
        yield made


@pytest.fixture
def hook(settings: Settings) -> Iterator[Receiver]:
    with receiver(settings) as made:
        yield made


def send() -> tuple[int, int]:
    return sending.send_due(lambda: False)


def test_a_mail_has_a_link_and_nothing_of_a_customer(mailbox: Mailbox, settings: Settings) -> None:
    settings.DASHBOARD_URL = "https://dashboard.example.com"
    settings.PRODUCT_NAME = "Customers"
    ours = company("Bluebell Bakery Group")
    told(reader("anna", change_failed=Way.MAIL), company_id=ours.pk)
    assert send() == (1, 0)
    (mail,) = mailbox.mails
    notice, delivery = Notice.objects.get(), Delivery.objects.get()
    assert mailbox.recipients == ["anna@example.com"]
    assert mail["Subject"] == f"Customers: {TITLE}"
    assert mail["Message-ID"].startswith(f"<{delivery.pk}@")
    assert mail.get_content_type() == "text/plain"
    assert mail.get_content().splitlines() == [
        TITLE,
        "Company: Bluebell Bakery Group",
        f"https://dashboard.example.com/notifications/{notice.pk}/",
        "",
        "Choose what you are told:",
        "https://dashboard.example.com/settings/notifications/",
    ]
    assert send() == (0, 0)


def test_who_may_not_see_the_company_any_more_gets_no_mail(mailbox: Mailbox) -> None:
    ours = company()
    anna = reader("anna", sees_all=False, change_failed=Way.MAIL)
    granted = people.grant(anna, Grant.Kind.COMPANY, ours.pk)
    told(anna, company_id=ours.pk)
    people.revoke(granted)
    assert send() == (0, 1)
    assert mailbox.mails == []
    assert not Delivery.objects.exists()


def test_who_was_switched_off_gets_no_mail(mailbox: Mailbox) -> None:
    anna = reader("anna", change_failed=Way.MAIL)
    told(anna)
    anna.is_active = False
    anna.save()
    assert send() == (0, 1)
    assert mailbox.mails == []


def test_a_mail_that_was_not_taken_is_sent_again_later(mailbox: Mailbox) -> None:
    told(reader("anna", change_failed=Way.MAIL))
    mailbox.answers = ["451 Try again later"]
    assert send() == (0, 1)
    waiting = Delivery.objects.get()
    assert waiting.error.startswith("The mail server did not take it")
    assert waiting.due_at > timezone.now() + sending.PAUSES[0] / 2
    assert send() == (0, 0)
    due_again()
    assert send() == (1, 0)
    assert len(mailbox.mails) == 1


def test_a_message_is_given_up_and_said_so(
    mailbox: Mailbox, caplog: Any, administrator_client: Any
) -> None:
    told(reader("anna", change_failed=Way.MAIL))
    mailbox.answers = ["550 No such user"] * sending.MAX_ATTEMPTS
    for _ in range(sending.MAX_ATTEMPTS):
        assert send() == (0, 1)
        due_again()
    assert send() == (0, 0)
    assert "was given up after 7 attempts" in caplog.text
    page = administrator_client.get("/workers/").content.decode()
    assert "Messages that could not be sent" in page
    assert "anna" in page


def test_a_second_delivery_has_the_same_id(mailbox: Mailbox) -> None:
    """As after a kill between sending and recording: the claim ends, and the message is due again."""
    told(reader("anna", change_failed=Way.MAIL))
    send()
    Delivery.objects.update(sent_at=None, claimed_until=timezone.now() - timedelta(seconds=1))
    assert send() == (1, 0)
    first, second = mailbox.mails
    assert first["Message-ID"] == second["Message-ID"]


def test_a_message_that_ends_its_sender_each_time_is_given_up(mailbox: Mailbox) -> None:
    told(reader("anna", change_failed=Way.MAIL))
    Delivery.objects.update(attempts=sending.MAX_ATTEMPTS)
    assert send() == (0, 1)
    assert Delivery.objects.get().gave_up_at
    assert mailbox.mails == []


def test_a_webhook_is_signed(hook: Receiver, settings: Settings) -> None:
    settings.DASHBOARD_URL = "https://dashboard.example.com"
    ours = channel()
    told(company_id="c")
    assert send() == (1, 0)
    ((headers, body),) = hook.requests
    delivery = Delivery.objects.get()
    assert headers["webhook-id"] == str(delivery.pk)
    assert headers["host"] == "receiver.test"
    assert headers["path"] == "/hook?a=1"
    assert Webhook(channels.secret_of(ours)).verify(body, headers) == {
        "type": "notice.change-failed",
        "timestamp": delivery.created_at.isoformat(),
        "data": {"title": TITLE, "link": "https://dashboard.example.com/companies/c/writes/1/"},
    }


def test_a_new_secret_signs_from_then_on(hook: Receiver) -> None:
    ours = channel()
    before = channels.secret_of(ours)
    channels.renew_secret(reader("lead"), ours)
    ours.refresh_from_db()
    assert channels.secret_of(ours) not in ("", before)


def test_slack_and_teams_have_their_own_forms(hook: Receiver, settings: Settings) -> None:
    settings.DASHBOARD_URL = "https://dashboard.example.com"
    channel("slack")
    channel("teams")
    told(title="Refused <b> & more")
    assert send() == (2, 0)
    slack, teams = sorted(hook.bodies, key=lambda body: "text" not in body)
    link = "https://dashboard.example.com/companies/c/writes/1/"
    assert slack == {"text": f"Refused &lt;b&gt; &amp; more\n<{link}|Open in the dashboard>"}
    (card,) = teams["attachments"]
    assert card["contentType"] == "application/vnd.microsoft.card.adaptive"
    assert card["content"]["body"][0]["text"] == "Refused <b> & more"
    assert card["content"]["actions"][0]["url"] == link
    assert all("webhook-signature" not in headers for headers, _ in hook.requests)


@pytest.mark.parametrize(
    ("status", "error"),
    [(302, "redirects, which is not followed"), (500, "with status 500"), (404, "status 404")],
)
def test_a_channel_that_does_not_take_it_is_tried_again(
    hook: Receiver, status: int, error: str
) -> None:
    channel()
    told()
    hook.statuses = [(status, {"Location": "http://169.254.169.254/"})]
    assert send() == (0, 1)
    assert error in Delivery.objects.get().error
    due_again()
    assert send() == (1, 0)
    assert [headers["webhook-id"] for headers, _ in hook.requests] == [
        str(Delivery.objects.get().pk)
    ] * 2


def test_another_certificate_is_not_taken(hook: Receiver, settings: Settings) -> None:
    settings.NOTICE_HOSTS = ["other.test"]
    settings.NOTICE_RECEIVERS_OF_TESTS = {
        "other.test": settings.NOTICE_RECEIVERS_OF_TESTS["receiver.test"]
    }
    channel(url="https://other.test/hook")
    told()
    assert send() == (0, 1)
    assert hook.requests == []
    assert "No connection could be made" in Delivery.objects.get().error


def test_a_host_that_is_not_allowed_any_more_is_given_up(
    hook: Receiver, settings: Settings
) -> None:
    channel()
    told()
    settings.NOTICE_HOSTS = ["hooks.slack.com"]
    assert send() == (0, 1)
    assert Delivery.objects.get().gave_up_at
    assert hook.requests == []


def test_the_worker_tells_and_sends(mailbox: Mailbox) -> None:
    anna = reader("anna", change_failed=Way.MAIL)
    refused(anna)
    work = [chore for chore in chores.CHORES if chore.name in ("tell", "send")]
    for chore in work:
        turn = chores.run(chore, default_service(), Turns(), holder="one")
        assert turn is not None
        assert (turn.done, turn.failed, turn.error) == (1, 0, "")
    assert [mail["To"] for mail in mailbox.mails] == ["anna@example.com"]
