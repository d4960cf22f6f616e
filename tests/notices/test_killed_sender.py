"""A sender that is killed by `kill -9`: the next one sends what is left, at most once more and under the same ID."""

from __future__ import annotations

import signal

import pytest
from pytest_django import Settings

from customers.models import Delivery
from customers.notices import sending
from customers.notices.kinds import Way
from tests.support.notices import due_again, mail_server, reader, told
from tests.support.programs import processes

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(("step", "mails"), [("claimed", 1), ("sent", 2)])
def test_a_sender_that_is_killed_loses_nothing(step: str, mails: int, settings: Settings) -> None:
    with mail_server(settings) as mailbox:
        told(reader("anna", change_failed=Way.MAIL))
        program = ("-m", "tests.support.programs.killed_sender", step, str(settings.EMAIL_PORT))
        process = processes.start(*program)
        output, _ = process.communicate(timeout=processes.START_TIMEOUT)
        assert process.returncode == -signal.SIGKILL, output
        # Its claim holds: nobody sends the message at the same time.
        assert sending.send_due(lambda: False) == (0, 0)
        due_again()
        assert sending.send_due(lambda: False) == (1, 0)
    assert len(mailbox.mails) == mails
    assert len({mail["Message-ID"] for mail in mailbox.mails}) == 1
    assert Delivery.objects.get().attempts == 2
