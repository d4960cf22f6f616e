"""How many calls to Codat a change costs, from its request until it was read back: alone, and in a batch.

The reads before the save, and those of the check of a batch, are not counted.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.conf import settings
from django.contrib.auth.models import User

from customers.models import Batch, Write
from customers.service import default_service
from customers.web import links
from customers.writes import background
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.batches import send, started, writes
from tests.support.journal import edit_customer, pass_time
from tests.support.webhooks import wait_until_processed

pytestmark = pytest.mark.django_db(transaction=True)

MAX_IN_BATCH, MAX_ALONE = 2.2, 5
# Enough for the calls that a batch makes once to be few of them, as they are of a thousand.
ROWS = 40
# Its software returns what was sent.
COMPANY = "xero"

# One round: Codat gets a little further, and time passes.
Round = Callable[[], None]


@pytest.fixture(autouse=True)
def _never_by_itself(sandbox: Sandbox) -> None:
    """Operations end with `settle()` alone, however slow the machine is."""
    sandbox.settings.push_delay = sandbox.settings.sync_delay = 1_000_000


@pytest.fixture(params=["polls", "events"])
def codat_ends(request: pytest.FixtureRequest, sandbox: Sandbox) -> Round:
    """Codat ends what it is doing, and says so by an event, or does not."""
    if request.param == "events":
        sandbox.settings.webhook_url = f"{request.getfixturevalue('live')}/webhooks/codat/"
        sandbox.settings.webhook_secret = settings.CODAT_WEBHOOK_SECRET

    def end() -> None:
        sandbox.settle()
        if request.param == "events":
            assert sandbox.webhooks.wait()
            wait_until_processed()

    return end


def background_turn() -> None:
    """What the worker does every few seconds."""
    for part in (
        background.events_due,
        background.follow_due,
        background.confirm_due,
        background.settle_due,
    ):
        part(default_service())


def is_confirmed(*rows: Write) -> bool:
    return {row.confirmation for row in rows} == {"confirmed"}


def lines(sandbox: Sandbox) -> list[str]:
    return [f"{call.method} {call.path}" for call in sandbox.calls]


def test_a_change_in_a_batch(sandbox: Sandbox, editor: User, codat_ends: Round) -> None:
    batch = started(sandbox, editor, ROWS, company=COMPANY)
    sandbox.clear_calls()
    send(batch)
    for _ in range(20):
        # The software takes its time: at both steps the worker looks several times for nothing.
        for _ in range(4):
            pass_time(sandbox, seconds=6)
            background_turn()
        codat_ends()
        if is_confirmed(*writes(batch)):
            break
    assert is_confirmed(*writes(batch))
    assert len(sandbox.calls) <= MAX_IN_BATCH * ROWS, lines(sandbox)[ROWS:]
    # What is not the request itself is a cost of the company, whatever the number of rows.
    assert sum("/data/queue/" in line for line in lines(sandbox)) == 1
    assert len(sandbox.calls) - ROWS <= 20, lines(sandbox)[ROWS:]
    assert Batch.objects.get().writes.count() == ROWS


@pytest.mark.parametrize("is_watched", [True, False], ids=["watched", "not watched"])
def test_a_change_alone(
    sandbox: Sandbox, editor_client: RawPathClient, codat_ends: Round, is_watched: bool
) -> None:
    """With its page open, or with background work alone."""
    company = sandbox.company(COMPANY)
    write = edit_customer(editor_client, company, next(iter(sandbox.state(COMPANY).copy)))
    calls = lines(sandbox)
    before = calls.index(next(line for line in calls if line.startswith("PUT")))
    for _ in range(10):
        codat_ends()
        pass_time(sandbox, seconds=3 if is_watched else 6)
        if is_watched:
            editor_client.get(links.write(company, write.pk))
        else:
            background_turn()
        write.refresh_from_db()
        if is_confirmed(write):
            break
    assert is_confirmed(write)
    assert len(sandbox.calls) - before <= MAX_ALONE, lines(sandbox)[before:]
