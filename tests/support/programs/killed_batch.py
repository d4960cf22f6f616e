"""A process that sends a batch and is killed by `kill -9` at a step of it.

`python -m tests.support.programs.killed_batch STEP BATCH`. Steps: `journaling` (a piece of the rows is journaled),
`locked` (a row's customer is locked, it is not claimed), `claimed` (`sent_at` is set, nothing is sent yet), `answered`
(Codat's answer is there, not recorded), `recorded` (some rows are), `putting_back` (Codat took a row not now, it is not
back in the queue), `ending` (all rows are recorded, the batch is not finished); at any other step it does not kill
itself.
"""

import os
import signal
import sys
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from unittest import mock

import django

django.setup()

from customers.batches import journaling, sending, states  # noqa: E402  (needs the set-up)
from customers.codat.client import default_client  # noqa: E402
from customers.codat.types import PushOperation  # noqa: E402
from customers.models import Batch  # noqa: E402
from customers.service import CustomerService  # noqa: E402

STEP = sys.argv[1]
# Rows that go well before the process dies.
BEFORE = 3


def dying(step: str, function: Callable[..., Any], *, after: int = 0) -> Callable[..., Any]:
    """A function before whose call number `after` + 1 the process is killed, where this is the step for it."""
    calls = []

    def call(*arguments: Any, **named: Any) -> Any:
        calls.append(1)
        if step == STEP and len(calls) > after:
            # No handler, no `finally`, no flush runs.
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*arguments, **named)

    return call


class MortalService(CustomerService):
    """The service, in a process that may be killed on either side of a call."""

    def update(self, **arguments: Any) -> PushOperation:
        return _sent(super().update, arguments)

    def create(self, **arguments: Any) -> PushOperation:
        return _sent(super().create, arguments)


def _sent(call: Callable[..., PushOperation], arguments: dict[str, Any]) -> PushOperation:
    if STEP == "claimed" and len(SENT) >= BEFORE:
        os.kill(os.getpid(), signal.SIGKILL)
    SENT.append(1)
    operation = call(**arguments)
    if STEP == "answered" and len(SENT) > BEFORE:
        os.kill(os.getpid(), signal.SIGKILL)
    return operation


SENT: list[int] = []


def main() -> None:
    """Send the rows of a running batch."""
    batch = Batch.objects.get(pk=sys.argv[2])
    mock.patch.object(journaling, "_PIECE", 5).start()
    for module, name, step, after in (
        (journaling, "_journal", "journaling", 1),
        (sending, "changed_since", "locked", BEFORE),
        (sending, "apply_result", "recorded", BEFORE),
        (sending, "_put_back", "putting_back", 0),
        (states, "finish", "ending", 0),
    ):
        mortal = dying(step, getattr(module, name), after=after)
        mock.patch.object(module, name, mortal).start()
    sending.send_slice(batch, MortalService(default_client()), lasts=timedelta(minutes=2))


if __name__ == "__main__":
    main()
