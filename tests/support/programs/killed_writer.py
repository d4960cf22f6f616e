"""A process that saves one customer and is killed by `kill -9` at a step of it.

`python -m tests.support.programs.killed_writer STEP USERNAME REQUEST`, the write request as JSON. Steps:
`before_row`, `after_row`, `claimed` (`sent_at` is set, nothing is sent yet), `answered` (Codat's answer is
there, not recorded), `recorded`; at any other step the process does not kill itself.
"""

import json
import os
import signal
import sys
import uuid
from typing import Any

import django

django.setup()

from django.contrib.auth.models import User  # noqa: E402  (needs the set-up)

from customers.codat.client import default_client  # noqa: E402
from customers.codat.types import PushOperation  # noqa: E402
from customers.service import CustomerService  # noqa: E402
from customers.writes import journal, sending  # noqa: E402
from tests.support.journal import journal_write  # noqa: E402

STEP = sys.argv[1]


def die_at(step: str) -> None:
    """Be killed, where this is the step for it: no handler, no `finally`, no flush runs."""
    if step == STEP:
        os.kill(os.getpid(), signal.SIGKILL)


class MortalService(CustomerService):
    """The service, in a process that may be killed on either side of a call."""

    def create(self, **arguments: Any) -> PushOperation:
        die_at("claimed")
        operation = super().create(**arguments)
        die_at("answered")
        return operation

    def update(self, **arguments: Any) -> PushOperation:
        die_at("claimed")
        operation = super().update(**arguments)
        die_at("answered")
        return operation


def main() -> None:
    """Journal and send, as the form does."""
    request = json.loads(sys.argv[3])
    request["submission"] = uuid.UUID(request["submission"])
    user = User.objects.get(username=sys.argv[2])
    die_at("before_row")
    write, is_new = journal_write(journal.WriteRequest(**request), user)
    die_at("after_row")
    if is_new:
        sending.send(write, MortalService(default_client()))
    die_at("recorded")


if __name__ == "__main__":
    main()
