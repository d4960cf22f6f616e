"""A process that empties the outbox and is killed by `kill -9` at a step of it.

`python -m tests.support.programs.killed_sender STEP PORT`, with the port of a mail server. Steps: `claimed` (nothing is
sent yet), `sent` (the mail server has the mail, nothing is recorded).
"""

import os
import signal
import sys
from typing import Any
from unittest import mock

import django

django.setup()

from django.test.utils import override_settings  # noqa: E402  (needs the set-up)

from customers.models import Delivery  # noqa: E402
from customers.notices import mail, sending  # noqa: E402

STEP = sys.argv[1]
SEND = mail.send


def send(delivery: Delivery, *arguments: Any) -> bool:
    if STEP == "sent":
        SEND(delivery, *arguments)
    # No handler, no `finally`, no flush runs.
    os.kill(os.getpid(), signal.SIGKILL)
    return False


with (
    mock.patch.object(mail, "send", send),
    override_settings(
        HAS_MAIL=True,
        EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend",
        EMAIL_HOST="127.0.0.1",
        EMAIL_PORT=int(sys.argv[2]),
    ),
):
    sending.send_due(lambda: False)
