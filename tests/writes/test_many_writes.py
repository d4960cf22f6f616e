"""Many writes of one company: followed by the push history, confirmed by one sync and pages of the list."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connections
from django.utils import timezone

from customers.models import CompanySync, Lease, Write
from customers.service import default_service
from customers.writes import background, following
from customers.writes.confirming import company_sync, confirmation, reading_back
from sandbox import Sandbox
from tests.support.batches import PHONE, send, started, writes
from tests.support.journal import (
    COMPANY,
    accepted,
    check,
    customer,
    pass_time,
    pushes,
    sent,
    write_request,
)

pytestmark = pytest.mark.django_db(transaction=True)

State = Write.State
# Rows: more than are dealt with one by one. Their company's software returns what was sent.
ROWS, SHOWN = 12, "xero"


def asked(sandbox: Sandbox, what: str) -> list[str]:
    """The calls whose method and path hold a text."""
    lines = [f"{call.method} {call.path}" for call in sandbox.calls]
    return [line for line in lines if what in line]


@pytest.fixture(autouse=True)
def _never_by_itself(sandbox: Sandbox) -> None:
    """Operations end with `settle()` alone, however slow the machine is."""
    sandbox.settings.push_delay = sandbox.settings.sync_delay = 1_000_000


@pytest.fixture
def pending(sandbox: Sandbox, editor: User) -> list[Write]:
    """The rows of a batch, sent."""
    batch = started(sandbox, editor, ROWS, company=SHOWN)
    send(batch)
    rows = writes(batch)
    assert {row.state for row in rows} == {State.PENDING}
    pass_time(sandbox, seconds=5)
    sandbox.clear_calls()
    return rows


@pytest.fixture
def succeeded(sandbox: Sandbox, pending: list[Write]) -> list[Write]:
    """The same, accepted and not read back."""
    sandbox.settle()
    background.follow_due(default_service())
    sandbox.clear_calls()
    return fresh(pending)


def fresh(rows: list[Write]) -> list[Write]:
    """The rows as they are in the database."""
    return list(Write.objects.filter(pk__in=[row.pk for row in rows]).order_by("position"))


def confirm(sandbox: Sandbox, turns: int = 2) -> None:
    """Let background work confirm, and Codat end its syncs."""
    for _ in range(turns):
        background.confirm_due(default_service())
        sandbox.settle()
        pass_time(sandbox, seconds=30)
    background.confirm_due(default_service())


def test_one_call_follows_them_all(sandbox: Sandbox, pending: list[Write]) -> None:
    sandbox.settle()
    assert background.follow_due(default_service()) == (ROWS, 0, False)
    assert asked(sandbox, "") == [f"GET /companies/{pending[0].company_id}/push"]
    assert {(row.state, row.settled_by) for row in fresh(pending)} == {(State.SUCCESS, "cron")}


def test_what_is_still_pending_is_asked_for_once_in_an_interval(
    sandbox: Sandbox, pending: list[Write]
) -> None:
    for _ in range(3):
        background.follow_due(default_service())
    assert len(asked(sandbox, "/push")) == 1
    pass_time(sandbox, seconds=5)
    background.follow_due(default_service())
    assert len(asked(sandbox, "/push")) == 2
    assert {row.state for row in fresh(pending)} == {State.PENDING}


def test_the_history_is_read_back_to_the_oldest(
    sandbox: Sandbox, pending: list[Write], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "MIN_PAGE_SIZE", 5)
    monkeypatch.setattr(following, "MAX_PAGE_SIZE", 5)
    sandbox.settle()
    background.follow_due(default_service())
    # Ten of twelve are on two pages; the last two are read alone, when their own interval is over.
    assert len(asked(sandbox, "/push")) == 2 + following.FEW
    assert {row.state for row in fresh(pending)} == {State.SUCCESS}


def test_what_the_history_does_not_have_is_read_alone(
    sandbox: Sandbox, pending: list[Write]
) -> None:
    sandbox.settle()
    pass_time(sandbox, hours=25)
    sandbox.state(SHOWN).pushes.remove(
        next(
            push
            for push in sandbox.state(SHOWN).pushes
            if push["pushOperationKey"] == pending[3].push_operation_key
        )
    )
    background.follow_due(default_service())
    states = [row.state for row in fresh(pending)]
    assert states == [State.TIMED_OUT if row == pending[3] else State.SUCCESS for row in pending]


def test_the_reasons_of_a_refusal_come_with_the_history(
    sandbox: Sandbox, pending: list[Write]
) -> None:
    sandbox.settle()
    push = next(
        p
        for p in sandbox.state(SHOWN).pushes
        if p["pushOperationKey"] == pending[0].push_operation_key
    )
    push |= {
        "status": "Failed",
        "statusCode": 400,
        "validation": {"errors": [{"itemId": "Phone", "message": "No."}], "warnings": []},
    }
    background.follow_due(default_service())
    first = fresh(pending)[0]
    assert (first.state, first.validation[0]["itemId"]) == (State.FAILED, "Phone")


def test_one_company_that_codat_refuses_does_not_stop_another(
    sandbox: Sandbox, pending: list[Write], editor: User
) -> None:
    sandbox.faults.add(
        f"GET /companies/{pending[0].company_id}/push", "status", status=403, count=-1
    )
    other = started(sandbox, editor, 3)
    send(other)
    sandbox.settle()
    pass_time(sandbox, seconds=5)
    turn = background.follow_due(default_service())
    assert (turn.done, turn.failed, turn.stopped) == (3, 1, False)
    assert {row.state for row in writes(other)} == {State.SUCCESS}


def test_one_sync_and_one_page_confirm_them_all(sandbox: Sandbox, succeeded: list[Write]) -> None:
    confirm(sandbox)
    assert {row.confirmation for row in fresh(succeeded)} == {"confirmed"}
    company = succeeded[0].company_id
    dataset = sandbox.state(SHOWN).pulls[0]["id"]
    assert asked(sandbox, "") == [
        f"POST /companies/{company}/data/queue/customers",
        f"GET /companies/{company}/data/history/{dataset}",
        f"GET /companies/{company}/data/customers",
    ]
    sync = CompanySync.objects.get()
    assert (sync.refresh_id, sync.status, sync.ended_at is not None) == (dataset, "Complete", True)


def test_a_customer_that_came_back_different_is_read_alone(
    sandbox: Sandbox, succeeded: list[Write]
) -> None:
    source = sandbox.state(SHOWN).source
    changed, gone = succeeded[2].customer_id, succeeded[4].customer_id
    source[changed] = source[changed] | {"phone": "other"}
    kept = source.pop(gone)
    confirm(sandbox, turns=1)
    found = {row.customer_id: row for row in fresh(succeeded)}
    assert found[changed].confirmation == "differs"
    assert [item["label"] for item in found[changed].differences] == ["Phone"]
    assert found[gone].confirmation == "waiting"
    assert len(asked(sandbox, f"/data/customers/{changed}")) == 1

    source[gone] = kept
    confirm(sandbox, turns=1)
    assert {row.confirmation for row in fresh(succeeded)} == {"confirmed", "differs"}
    assert len(asked(sandbox, "/data/queue/")) == 2


def test_a_field_that_the_list_leaves_out_is_read_alone(
    sandbox: Sandbox, editor: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A list without the field cannot say that it was cleared."""
    rows = [accepted(sandbox, editor, customer(sandbox, index), phone="") for index in range(4)]
    service = default_service()
    whole = service.list_records

    def without_phone(**options: Any) -> Any:
        page = whole(**options)
        for record in page["results"]:
            record.pop("phone", None)
        return page

    monkeypatch.setattr(service, "list_records", without_phone)
    sandbox.clear_calls()
    reading_back.confirm_company(rows[0].company_id, service)
    sandbox.settle()
    pass_time(sandbox, seconds=30)
    reading_back.confirm_company(rows[0].company_id, service)
    cleared = [row for row in rows if row.values_before.get("phone")]
    assert {row.confirmation for row in fresh(rows)} == {"confirmed"}
    assert cleared
    assert len(asked(sandbox, "/data/customers/")) >= len(cleared)


def test_a_failed_sync_is_repeated_without_a_read(sandbox: Sandbox, succeeded: list[Write]) -> None:
    sandbox.settings.refresh_outcome = "FetchError"
    confirm(sandbox, turns=1)
    assert {(row.confirmation, row.refresh_id) for row in fresh(succeeded)} == {("waiting", "")}
    assert not asked(sandbox, "/data/customers")
    sandbox.settings.refresh_outcome = "Complete"
    pass_time(sandbox, minutes=1)
    confirm(sandbox)
    assert {row.confirmation for row in fresh(succeeded)} == {"confirmed"}


def test_a_company_that_is_larger_than_what_waits_is_read_one_by_one(
    sandbox: Sandbox, succeeded: list[Write], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The list would take more pages than there are writes."""
    monkeypatch.setattr(reading_back, "PAGE_SIZE", 10)
    sandbox.faults.add("/data/customers.*modifiedDate", "status", status=400, count=-1)
    confirm(sandbox)
    assert {row.confirmation for row in fresh(succeeded)} == {"confirmed"}
    assert len(asked(sandbox, "/data/customers")) <= ROWS + 2


def test_a_malformed_row_does_not_stop_the_others(sandbox: Sandbox, succeeded: list[Write]) -> None:
    Write.objects.filter(pk=succeeded[0].pk).update(payload="not JSON")
    confirm(sandbox)
    assert [row.confirmation for row in fresh(succeeded)] == ["waiting"] + ["confirmed"] * (
        ROWS - 1
    )


def test_a_sync_waits_for_the_rest_of_a_running_batch(
    sandbox: Sandbox, pending: list[Write]
) -> None:
    sandbox.settle()
    held = pending[0]
    Write.objects.filter(pk=held.pk).update(push_operation_key="not there")
    background.follow_due(default_service())
    confirm(sandbox, turns=1)
    assert not asked(sandbox, "/data/queue/")
    pass_time(sandbox, minutes=2)
    confirm(sandbox, turns=1)
    assert len(asked(sandbox, "/data/queue/")) == 1


def test_a_persons_change_does_not_wait_for_a_batch(sandbox: Sandbox, pending: list[Write]) -> None:
    sandbox.settle()
    held, own = pending[:2]
    Write.objects.filter(pk=held.pk).update(push_operation_key="not there")
    Write.objects.filter(pk=own.pk).update(batch=None, position=None)
    background.follow_due(default_service())
    background.confirm_due(default_service())
    assert len(asked(sandbox, "/data/queue/")) == 1
    assert Write.objects.exclude(refresh_id="").count() == ROWS - 1


def test_a_later_write_waits_for_a_sync_that_reads_it(sandbox: Sandbox, editor: User) -> None:
    first = accepted(sandbox, editor, customer(sandbox), phone="+44 1")
    check(first)
    sandbox.state(COMPANY).pulls[-1]["status"] = "Fetching"
    check(first)
    second = sent(editor, write_request(sandbox, customer(sandbox, 1), phone="+44 2"))
    push = pushes(sandbox)[-1]
    push |= {"status": "Success", "completedOnUtc": timezone.now().isoformat()}
    check(second)
    check(second)
    # The running sync began before: it is not joined, and no second one can be asked for.
    assert (second.state, second.refresh_id, second.refreshes) == (State.SUCCESS, "", 0)
    sandbox.settle()
    check(first)
    check(second)
    assert (second.refreshes, len(sandbox.state(COMPANY).pulls)) == (1, 2)
    sandbox.settle()
    check(second)
    assert (first.confirmation, second.confirmation) == ("confirmed", "confirmed")


def test_polls_of_a_sync_are_shared(sandbox: Sandbox, editor: User) -> None:
    rows = [accepted(sandbox, editor, customer(sandbox, index), phone="+44") for index in range(3)]
    check(rows[0])
    sandbox.clear_calls()
    pass_time(sandbox, seconds=3)
    for row in rows:
        row.refresh_from_db()
        confirmation.step(row, default_service())
    assert len(asked(sandbox, "/data/history/")) == 1
    assert {row.refresh_id for row in rows} == {CompanySync.objects.get().refresh_id}


def test_of_many_at_once_one_asks(sandbox: Sandbox, editor: User) -> None:
    rows = [accepted(sandbox, editor, customer(sandbox, index), phone="+44") for index in range(8)]
    sandbox.clear_calls()

    def step(write: Write) -> None:
        try:
            confirmation.step(Write.objects.get(pk=write.pk), default_service())
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(step, rows))

    assert len(asked(sandbox, "/data/queue/")) == 1
    assert Write.objects.exclude(refresh_id="").count() == 8


def test_whoever_died_while_asking_blocks_nobody_for_long(sandbox: Sandbox, editor: User) -> None:
    write = accepted(sandbox, editor, customer(sandbox), phone="+44")
    sync = company_sync.current(write.company_id)
    CompanySync.objects.filter(pk=sync.pk).update(asked_at=timezone.now())
    check(write)
    assert write.refresh_id == ""
    pass_time(sandbox, minutes=2)
    check(write)
    assert write.refresh_id


def test_a_turn_that_another_process_has_is_left_to_it(
    sandbox: Sandbox, succeeded: list[Write]
) -> None:
    company = succeeded[0].company_id
    later = timezone.now() + timedelta(minutes=1)
    Lease.objects.update_or_create(
        name=f"confirm:{company}", defaults={"holder": "x", "until": later}
    )
    assert background.confirm_due(default_service()).done == 0
    assert not sandbox.calls


def test_values_are_those_that_were_sent(sandbox: Sandbox, succeeded: list[Write]) -> None:
    source = sandbox.state(SHOWN).source
    assert {source[row.customer_id]["phone"] for row in succeeded} == {PHONE}
