"""Many threads and processes on one write: one result is left, and one write at Codat."""

import functools
from collections.abc import Callable
from http.client import HTTPConnection
from itertools import cycle
from typing import Any, cast
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from customers.codat.errors import CodatError, ConnectionLost
from customers.codat.types import PushOperation
from customers.models import Write
from customers.service import default_service
from customers.web import links
from customers.writes import decisions, journal, sending, tracking
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.journal import (
    calls,
    customer,
    journal_write,
    journaled,
    named,
    pass_time,
    pushes,
    sent,
    settle_to_the_end,
    write_request,
)
from tests.support.programs import processes
from tests.support.races import all_at_once, run_on_postgresql

pytestmark = pytest.mark.django_db(transaction=True)

State = Write.State
THREADS = 20


def news(key: str) -> list[Callable[[Write], Write]]:
    """Different results for one write, as several callers may bring them at the same moment."""

    def operation(status: str, **more: Any) -> PushOperation:
        return cast(PushOperation, {"pushOperationKey": key, "status": status} | more)

    done = operation(
        "Success", statusCode=200, changes=[{"type": "Created", "recordRef": {"id": "77"}}]
    )
    refused = operation("Failed", errorMessage="late", statusCode=400)
    given_up = operation("TimedOut", errorMessage="late")
    return [
        lambda row: journal.apply_result(row, done, by="poll"),
        lambda row: journal.apply_result(row, done, by="webhook", from_event=True),
        lambda row: journal.apply_result(row, operation("Pending"), by="poll"),
        lambda row: journal.apply_result(row, refused, by="webhook", from_event=True),
        lambda row: journal.apply_result(row, given_up, by="webhook", from_event=True),
        lambda row: journal.apply_result(row, given_up, by="cron"),
        lambda row: journal.apply_error(row, ConnectionLost("late", may_have_arrived=True)),
    ]


@pytest.mark.parametrize("state", [State.SENDING, State.PENDING, State.UNKNOWN])
def test_twenty_threads_apply_different_results_to_one_write(
    sandbox: Sandbox, editor: User, state: Write.State
) -> None:
    for turn in range(5):
        write = journaled(editor, write_request(sandbox))
        key = f"key-{state}-{turn}"
        Write.objects.filter(pk=write.pk).update(
            state=state,
            sent_at=timezone.now(),
            attempts=1,
            push_operation_key=key if state == State.PENDING else "",
        )
        heard = news(key)[turn:] + news(key)[:turn]
        rows = [Write.objects.get(pk=write.pk) for _ in range(THREADS)]
        jobs = [functools.partial(tell, row) for tell, row in zip(cycle(heard), rows, strict=False)]

        all_at_once(jobs)

        write.refresh_from_db()
        assert write.state == State.SUCCESS
        assert (write.customer_id, write.push_operation_key) == ("77", key)
        assert write.confirmation == "waiting"
        assert write.settled_by in ("poll", "webhook")
        assert write.error_message == ""
        assert write.completed_at is not None


def test_codats_own_answer_reverts_a_success_and_an_event_does_not(
    sandbox: Sandbox, editor: User
) -> None:
    write = sent(editor, write_request(sandbox))
    key = write.push_operation_key
    done = PushOperation(pushOperationKey=key, status="Success")
    refused = PushOperation(pushOperationKey=key, status="Failed", errorMessage="After all.")
    journal.apply_result(write, done, by="poll")

    assert (
        journal.apply_result(write, refused, by="webhook", from_event=True).state == State.SUCCESS
    )
    assert journal.apply_result(write, refused, by="poll").state == State.FAILED
    assert (write.confirmation, write.error_message) == ("", "After all.")
    assert journal.apply_result(write, done, by="webhook", from_event=True).state == State.SUCCESS
    assert write.confirmation == "waiting"


def test_twenty_saves_of_one_form_are_one_row_and_one_write(sandbox: Sandbox, editor: User) -> None:
    wanted = write_request(sandbox)

    def save() -> tuple[str, bool]:
        write, is_new = journal_write(wanted, editor)
        sending.send(write, default_service())
        return str(write.pk), is_new

    saved = all_at_once([save] * THREADS)

    assert len({key for key, _ in saved}) == Write.objects.count() == 1
    assert [is_new for _, is_new in saved].count(True) == 1
    assert len(calls(sandbox)) == len(pushes(sandbox)) == 1


def test_twenty_checks_of_a_lost_create_leave_one_customer(sandbox: Sandbox, editor: User) -> None:
    sandbox.faults.add("/push/customers", "reset", handled=True)
    write = sent(editor, write_request(sandbox))
    assert write.state == State.UNKNOWN

    def ask() -> None:
        tracking.follow_or_repeat(Write.objects.get(pk=write.pk), default_service(), by="poll")

    all_at_once([ask] * THREADS)

    write.refresh_from_db()
    assert write.state == State.PENDING
    settle_to_the_end(sandbox)
    assert len(pushes(sandbox)) == len(named(sandbox, "Journal Ltd")) == 1
    assert {call.headers["idempotency-key"] for call in calls(sandbox)} == {
        str(write.idempotency_key)
    }


def test_two_cron_jobs_at_the_same_time(sandbox: Sandbox, editor: User) -> None:
    """Ten creates whose answers were lost, five updates likewise, five pending, five never sent."""
    lost, unclear, pending = [], [], []
    for n in range(
        5
    ):  # With a success in between: five consecutive failures would open the circuit.
        sandbox.faults.add("/push/customers", "reset", count=3, handled=True)
        lost += [
            sent(editor, write_request(sandbox, customerName=f"Lost {n}{side}")) for side in "ab"
        ]
        unclear += [sent(editor, write_request(sandbox, customer(sandbox, n), phone=f"1{n}"))]
        pending += [sent(editor, write_request(sandbox, customerName=f"Sent {n}"))]
    never = [journaled(editor, write_request(sandbox, customerName=f"Never {n}")) for n in range(5)]
    assert len(pushes(sandbox)) == 20
    sandbox.settle()
    pass_time(sandbox, minutes=3)

    for _ in range(2):
        both = [processes.start("manage.py", "settle_writes") for _ in range(2)]
        for process in both:
            processes.finish(process)
        sandbox.settle()
        pass_time(sandbox, minutes=3)

    def states(rows: list[Write]) -> set[str]:
        return set(
            Write.objects.filter(pk__in=[row.pk for row in rows]).values_list("state", flat=True)
        )

    assert states(lost) == states(pending) == {State.SUCCESS}
    assert states(unclear) == {State.UNKNOWN}
    assert states(never) == {State.FAILED}
    assert len(pushes(sandbox)) == 20
    assert len(calls(sandbox, "PUT")) == 5
    assert all(len(named(sandbox, row.customer_name)) == 1 for row in [*lost, *pending])
    assert not any(named(sandbox, row.customer_name) for row in never)


def test_two_browsers_that_poll_cause_one_call(
    sandbox: Sandbox, editor_client: RawPathClient, editor: User, live: str
) -> None:
    write = sent(editor, write_request(sandbox))
    page = links.write(write.company_id, write.pk)
    cookie = f"sessionid={editor_client.cookies['sessionid'].value}"

    def look() -> int:
        door = HTTPConnection(urlsplit(live).netloc, timeout=20)
        door.request("GET", page, headers={"Cookie": cookie, "HX-Request": "true"})
        status = door.getresponse().status
        door.close()
        return status

    pass_time(sandbox, seconds=5)
    sandbox.clear_calls()
    sandbox.faults.add("GET .*/push/", "delay", seconds=0.3)

    assert all_at_once([look] * 2) == [200, 200]

    assert len([call for call in sandbox.calls if "/push/" in call.path]) == 1


def lost_updates(sandbox: Sandbox, editor: User, count: int, arrived: int) -> list[Write]:
    """Updates of one customer whose answers were lost; `arrived` of them reached Codat."""
    sandbox.faults.add("PUT", "reset", count=arrived, handled=True)
    sandbox.faults.add("PUT", "reset", count=count - arrived)
    found = [
        sent(editor, write_request(sandbox, customer(sandbox), phone=f"{n}")) for n in range(count)
    ]
    assert {write.state for write in found} == {State.UNKNOWN}
    assert len(pushes(sandbox)) == arrived
    return found


def linking(write: Write, key: str, user: User) -> Callable[[], str]:
    """A person who links an operation; returns the class of the error where that was too late."""

    def link_operation() -> str:
        try:
            decisions.link_operation(
                Write.objects.get(pk=write.pk), key, default_service(), user=user
            )
        except CodatError as error:
            return type(error).__name__
        return ""

    return link_operation


def test_two_people_link_one_operation_to_two_writes(sandbox: Sandbox, editor: User) -> None:
    for _ in range(5):
        Write.objects.all().delete()
        sandbox.reset()
        one, two = lost_updates(sandbox, editor, 2, arrived=1)
        key = pushes(sandbox)[0]["pushOperationKey"]

        outcome = all_at_once([linking(one, key, editor), linking(two, key, editor)] * 5)

        assert "AlreadyInUse" in outcome
        assert Write.objects.filter(push_operation_key=key).count() == 1
        left = Write.objects.get(push_operation_key="")
        assert left.state == State.UNKNOWN
        assert decisions.evidence(left, default_service()) == []


def test_two_people_decide_differently_about_one_write(sandbox: Sandbox, editor: User) -> None:
    for _ in range(5):
        Write.objects.all().delete()
        sandbox.reset()
        write, _other = lost_updates(sandbox, editor, 2, arrived=2)
        first, second = (push["pushOperationKey"] for push in pushes(sandbox))
        pushes(sandbox)[0]["status"], pushes(sandbox)[1]["status"] = "Failed", "Success"

        def lose(lost: Write = write) -> None:
            decisions.mark_not_received(Write.objects.get(pk=lost.pk), user=editor)

        all_at_once([linking(write, first, editor), linking(write, second, editor), lose])

        write.refresh_from_db()
        expected = {first: State.FAILED, second: State.SUCCESS, "": State.FAILED}
        assert write.state == expected[write.push_operation_key]
        expected_decision = "linked" if write.push_operation_key else "not_received"
        assert (write.decision, write.decided_by_name) == (expected_decision, "editor")


def test_the_first_decision_is_final(sandbox: Sandbox, editor: User) -> None:
    """The second person decides on a page that was opened before the first decision."""
    write, _other = lost_updates(sandbox, editor, 2, arrived=2)
    first, second = (push["pushOperationKey"] for push in pushes(sandbox))
    stale, staler = Write.objects.get(pk=write.pk), Write.objects.get(pk=write.pk)
    decisions.link_operation(write, first, default_service(), user=editor)

    assert (
        decisions.link_operation(stale, second, default_service(), user=editor).push_operation_key
        == first
    )
    assert decisions.mark_not_received(staler, user=editor).state == State.PENDING


def test_an_answer_overrules_a_person_who_marked_the_write_as_not_received(
    sandbox: Sandbox, editor: User
) -> None:
    """A person marks a create as not received while another process is repeating it."""
    sandbox.faults.add("POST", "reset", handled=True)
    write = sent(editor, write_request(sandbox))
    asking = Write.objects.get(pk=write.pk)
    assert decisions.mark_not_received(write, user=editor).state == State.FAILED

    sending.dispatch(asking, default_service())

    write.refresh_from_db()
    assert (write.state, write.settled_by, write.completed_at) == (State.PENDING, "", None)


JOURNAL_RACES = (
    "tests/writes/test_races.py",
    "tests/writes/test_recording.py",
    "tests/writes/test_indexes.py",
    "tests/writes/events/test_webhooks.py::test_the_second_delivery_is_accepted_and_does_nothing",
    "tests/writes/events/test_event_processing.py::test_a_thousand_events_leave_the_right_journal",
)
SAVE_RACES = ("tests/editing/test_save_races.py", "tests/browsing/test_saved_view_races.py")
BATCH_RACES = ("tests/batches/test_batch_races.py",)


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "races", [JOURNAL_RACES, SAVE_RACES, BATCH_RACES], ids=["journal", "saves", "batches"]
)
@pytest.mark.skipif(connection.vendor != "sqlite", reason="skipped: this run is on PostgreSQL")
def test_the_same_holds_on_postgresql(races: tuple[str, ...]) -> None:
    run_on_postgresql(*races)
