"""A process that stores, reads or checks an import and is killed by `kill -9` at a step of it.

`python -m tests.support.programs.killed_import STEP IMPORT`. Steps: `storing` (the file of a page is partly in the
database; IMPORT is the user's name, the file is 8 pieces), `reading` (some rows are), `read` (all are, the import does
not know),
`checking` (some rows have their verdict), `beginning` (fewer have), `checked` (all have, the import does not know).
"""

import os
import signal
import sys
import uuid
from collections.abc import Callable
from typing import Any
from unittest import mock

import django

django.setup()

from django.contrib.auth.models import User  # noqa: E402  (needs the set-up)

from customers.codat.companies import accounting_connections  # noqa: E402
from customers.models import Import, ImportFile  # noqa: E402
from customers.service import default_service  # noqa: E402
from customers.spreadsheets.importing import (  # noqa: E402
    checking,
    reading,
    row_store,
    states,
    uploading,
    working,
)
from tests.support.import_rows import SMALL_FILE  # noqa: E402

STEP, TARGET = sys.argv[1:3]
# Pieces that go well before the process dies.
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


def store() -> None:
    """Store a file, as the page of the upload does."""
    mock.patch.object(uploading, "PIECE", len(SMALL_FILE) // 8).start()
    made = dying("storing", ImportFile.objects.create, after=BEFORE)
    mock.patch.object(ImportFile.objects, "create", made).start()
    company_id = sys.argv[3]
    company = default_service().get_company(company_id=company_id)
    uploading.store(
        SMALL_FILE,
        file_name="killed.csv",
        user=User.objects.get(username=TARGET),
        company_id=company_id,
        company=company,
        connection=accounting_connections(company)[0],
        submission=uuid.UUID(sys.argv[4]),
    )


def work() -> None:
    """Do the next step of an import, as the worker does."""
    for module, name, step, after in (
        (row_store, "insert", "reading", BEFORE),
        (states, "readable", "read", 0),
        (row_store, "store", "checking", BEFORE),
        (row_store, "store", "beginning", 1),
        (states, "checked", "checked", 0),
    ):
        mock.patch.object(module, name, dying(step, getattr(module, name), after=after)).start()
    for module in (reading, checking):
        mock.patch.object(module, "PIECE", 5).start()
    working.step(Import.objects.get(pk=TARGET), default_service())


if __name__ == "__main__":
    store() if STEP == "storing" else work()
