"""Confirmed by reading: the refresh, what came back of what was sent, and what Codat may answer."""

from datetime import timedelta
from typing import Any

import pytest
import simplejson
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from customers.codat.client import default_client
from customers.codat.errors import BadRequest
from customers.models import Write
from customers.service import default_service
from customers.web import links
from customers.writes import confirmation, decisions, operations, sending, sentences, tracking
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.journal import (
    COMPANY,
    calls,
    customer,
    journaled,
    named,
    order,
    pass_time,
    pushes,
    sent,
)

pytestmark = pytest.mark.django_db

State = Write.State


def check(write: Write) -> Write:
    """One look at a write, whenever the last one was."""
    write.refresh_from_db()
    return tracking.check(write, default_service(), by="poll")


def succeeded(sandbox: Sandbox, user: User, customer_id: str = "", **payload: Any) -> Write:
    """A write that the accounting software has accepted, and that is not read back yet."""
    write = sent(user, order(sandbox, customer_id, **payload))
    sandbox.settle()
    check(write)
    assert (write.state, write.confirmation) == (State.SUCCESS, "waiting")
    return write


def refreshes(sandbox: Sandbox) -> list[Any]:
    """The refreshes that were asked for."""
    return [call for call in sandbox.calls if "/data/queue/" in call.path]


# -- the refresh ------------------------------------------------------------------------------------


def test_a_created_customer_gets_its_id_and_is_confirmed(sandbox: Sandbox, editor: User) -> None:
    write = succeeded(sandbox, editor, phone="+44 1")
    (made,) = named(sandbox, "Journal Ltd")
    assert write.customer_id == made["id"]
    assert made["id"] not in sandbox.state(COMPANY).copy

    check(write)

    assert write.refresh_id == sandbox.state(COMPANY).pulls[-1]["id"]
    assert (write.refreshes, write.refresh_asked_at is not None) == (1, True)
    sandbox.settle()
    check(write)
    assert (write.confirmation, write.differences) == ("confirmed", [])
    assert write.confirmed_at is not None
    assert (write.refresh_progress, write.refresh_status) == (100, "Complete")
    before = len(sandbox.calls)
    check(write)
    assert len(sandbox.calls) == before  # There is nothing left to ask.


def test_the_progress_of_the_refresh_is_kept_and_shown(
    sandbox: Sandbox, editor: User, editor_client: RawPathClient
) -> None:
    write = succeeded(sandbox, editor)
    check(write)
    pull = sandbox.state(COMPANY).pulls[-1]
    pull["status"], pull["progress"] = "Mapping", 55

    check(write)

    assert (write.refresh_progress, write.refresh_status) == (55, "Mapping")
    Write.objects.update(checked_at=timezone.now())  # However slow this was, the page asks nothing.
    html = editor_client.get(links.write(write.company_id, write.pk)).content.decode()
    assert 'value="55"' in html
    assert "Processing, " in html
    assert len(refreshes(sandbox)) == 1


def test_a_running_refresh_is_joined_and_one_that_misses_the_record_leads_to_another(
    sandbox: Sandbox, editor: User
) -> None:
    write = succeeded(sandbox, editor)
    default_service().refresh_customers(company_id=write.company_id)
    company = sandbox.state(COMPANY)
    hidden = {key: item for key, item in company.source.items() if key != write.customer_id}
    whole, company.source = company.source, hidden  # It reads what was there before the write.

    check(write)
    assert (write.refresh_id, len(company.pulls)) == (company.pulls[0]["id"], 1)
    sandbox.settle()
    check(write)
    assert (write.confirmation, write.refresh_id) == ("waiting", "")

    company.source = whole
    check(write)
    assert write.refreshes == 2
    sandbox.settle()
    check(write)
    assert write.confirmation == "confirmed"
    assert len(company.pulls) == 2


@pytest.mark.parametrize("kind", ["create", "update"])
def test_what_no_refresh_brings_is_said_after_three(
    sandbox: Sandbox, editor: User, kind: str
) -> None:
    known = customer(sandbox) if kind == "update" else ""
    write = succeeded(sandbox, editor, known, phone="+44 1 new")
    company = sandbox.state(COMPANY)
    company.source = dict(company.copy)  # The software has forgotten it.

    for _ in range(9):
        check(write)
        sandbox.settle()

    assert write.refreshes == len(company.pulls) == confirmation.MAX_REFRESHES == 3
    assert write.state == State.SUCCESS
    if kind == "create":
        assert write.confirmation == "absent"
    else:
        assert write.confirmation == "differs"
        (found,) = write.differences
        assert (found["label"], found["what"], found["sent"]) == ("Phone", "changed", "+44 1 new")


def test_refreshes_that_fail_are_not_taken_for_a_reading(sandbox: Sandbox, editor: User) -> None:
    write = succeeded(sandbox, editor, customer(sandbox), phone="+44 1 new")
    sandbox.settings.refresh_outcome = "FetchError"

    for _ in range(4):
        check(write)
        sandbox.settle()
    assert (write.confirmation, len(refreshes(sandbox))) == ("waiting", 1)  # Not at once again.
    for _ in range(8):
        check(write)
        sandbox.settle()
        pass_time(sandbox, minutes=2)

    assert write.refresh_status == "FetchError"
    assert (write.confirmation, write.differences) == ("absent", [])
    assert len(refreshes(sandbox)) == 3


def test_a_refresh_that_codat_no_longer_knows_is_over(sandbox: Sandbox, editor: User) -> None:
    write = succeeded(sandbox, editor)
    check(write)
    sandbox.settle()
    sandbox.state(COMPANY).pulls.clear()
    check(write)
    assert write.confirmation == "confirmed"


def test_a_refresh_that_never_ends_is_not_awaited_for_ever(sandbox: Sandbox, editor: User) -> None:
    write = succeeded(sandbox, editor)
    check(write)
    pass_time(sandbox, days=8)
    check(write)
    assert write.confirmation == "absent"
    assert not tracking.is_tracked(write)


def test_a_refresh_that_is_always_refused_is_not_awaited_for_ever(
    sandbox: Sandbox, editor: User, editor_client: RawPathClient
) -> None:
    write = succeeded(sandbox, editor, customer(sandbox), phone="+44 1 new")
    sandbox.faults.add("POST .*/data/queue/", "status", status=400, count=-1)
    for days in (1, 5):
        pass_time(sandbox, days=days)
        with pytest.raises(BadRequest):
            check(write)
    assert write.confirmation == "waiting"
    pass_time(sandbox, days=2)
    check(write)
    assert (write.confirmation, write.refreshes) == ("absent", 0)
    page = editor_client.get(links.write(write.company_id, write.pk)).content.decode()
    assert "Accepted · not checked" in page
    assert "Codat could not sync this company" in page
    assert "Not found" not in page


def test_an_old_step_does_not_undo_a_newer_one(sandbox: Sandbox, editor: User) -> None:
    """Two that look at the end of one refresh: the slower one must not forget the next refresh."""
    write = succeeded(sandbox, editor, customer(sandbox), phone="+44 1 new")
    company = sandbox.state(COMPANY)
    company.source = dict(company.copy)
    check(write)
    sandbox.settle()
    slow = Write.objects.get(pk=write.pk)
    check(write)
    check(write)
    awaited = write.refresh_id
    assert write.refreshes == 2

    confirmation.step(slow, default_service())

    write.refresh_from_db()
    assert (write.refresh_id, write.refreshes) == (awaited, 2)


def test_what_the_software_drops_and_rewrites_is_named(sandbox: Sandbox, editor: User) -> None:
    known = customer(sandbox)
    write = succeeded(
        sandbox, editor, known, phone="+44 (20) 7946-0000", emailAddress="a@b.example"
    )
    check(write)
    company = sandbox.state(COMPANY)
    company.source[known] = {
        name: item for name, item in company.source[known].items() if name != "emailAddress"
    } | {"phone": "442079460000"}
    sandbox.settle()

    check(write)

    assert write.confirmation == "differs"
    assert {(item["label"], item["what"]) for item in write.differences} == {
        ("Email address", "dropped"),
        ("Phone", "reformatted"),
    }


# -- what Codat may answer to a repeat --------------------------------------------------------------


def lost(sandbox: Sandbox, user: User, *, handled: bool = True) -> Write:
    """A create whose answer was lost."""
    sandbox.faults.add("POST", "reset", handled=handled)
    write = sent(user, order(sandbox))
    assert (write.state, write.attempts) == (State.UNKNOWN, 1)
    return write


@pytest.mark.parametrize("status", [401, 402, 403, 404, 408, 409, 429, 500, 503])
def test_on_a_repeat_a_refusal_of_another_kind_says_nothing_about_the_first(
    sandbox: Sandbox, editor: User, status: int
) -> None:
    write = lost(sandbox, editor)
    sandbox.faults.add("POST", "status", status=status, handled=True)

    check(write)
    assert (write.state, write.attempts, write.status_code) == (State.UNKNOWN, 2, status)
    assert write.completed_at is None
    check(write)

    assert (write.state, write.attempts) == (State.PENDING, 3)
    assert len(pushes(sandbox)) == 1


def test_a_refused_connection_on_a_repeat_leaves_it_unknown(
    sandbox: Sandbox, editor: User, settings: Any
) -> None:
    write = lost(sandbox, editor)
    settings.CODAT_BASE_URL = "http://127.0.0.1:9"
    default_client.cache_clear()
    check(write)
    assert (write.state, write.attempts) == (State.UNKNOWN, 2)


def test_while_the_first_is_still_running_it_is_only_waited_for(
    sandbox: Sandbox, editor: User
) -> None:
    write = journaled(editor, order(sandbox))
    sandbox.faults.add("POST", "delay", seconds=20)
    default_service().client.read_timeout = 0.3
    sending.send(write, default_service())
    assert write.state == State.UNKNOWN

    check(write)
    assert (write.state, write.status_code) == (State.UNKNOWN, 409)

    sandbox.faults.clear()
    for _ in range(50):
        if check(write).state != State.UNKNOWN:
            break
    assert write.state == State.PENDING
    assert len(pushes(sandbox)) == 1


def test_a_key_that_is_another_writes_is_not_tried_again(sandbox: Sandbox, editor: User) -> None:
    write = lost(sandbox, editor)
    Write.objects.filter(pk=write.pk).update(payload='{"customerName": "Another"}')

    for _ in range(3):
        check(write)

    assert (write.state, write.status_code, write.attempts) == (State.UNKNOWN, 422, 2)
    assert len(decisions.evidence(write, default_service())) == 1


def test_a_refusal_of_the_data_that_is_replayed_is_the_end(sandbox: Sandbox, editor: User) -> None:
    sandbox.faults.add("POST", "reset", handled=True)
    write = sent(editor, order(sandbox, customerName="Refuse me"))
    check(write)
    assert (write.state, write.attempts) == (State.FAILED, 2)
    assert write.validation[0]["itemId"] == "CustomerName"
    assert not pushes(sandbox)


def test_a_fault_that_is_replayed_is_left_to_a_person(sandbox: Sandbox, editor: User) -> None:
    sandbox.faults.add("POST", "reset", count=1)
    write = sent(editor, order(sandbox))
    sandbox.faults.add("POST", "status", status=500, count=1)  # Codat keeps it with the key.
    for _ in range(6):
        check(write)
    assert (write.state, write.status_code) == (State.UNKNOWN, 500)
    assert len(calls(sandbox)) == write.attempts == tracking.MAX_REPLAYED_ERRORS
    assert decisions.mark_not_received(write, user=editor).state == State.FAILED


@pytest.mark.parametrize("status", [401, 402, 403, 404, 409, 422, 429])
def test_a_refusal_of_the_first_try_is_a_failure_and_is_not_repeated(
    sandbox: Sandbox, editor: User, status: int
) -> None:
    sandbox.faults.add("POST", "status", status=status)
    write = sent(editor, order(sandbox))
    assert (write.state, write.status_code) == (State.FAILED, status)
    check(write)
    assert len(calls(sandbox)) == 1


def test_past_the_window_nothing_is_sent_again(sandbox: Sandbox, editor: User) -> None:
    write = lost(sandbox, editor)
    pass_time(sandbox, minutes=86)
    sandbox._idempotency.clear()  # As Codat does after 90 minutes: it would make a second one.
    for _ in range(3):
        check(write)
    assert (write.state, len(calls(sandbox)), len(pushes(sandbox))) == (State.UNKNOWN, 1, 1)
    assert len(decisions.evidence(write, default_service())) == 1


def test_a_clock_that_was_put_back_does_not_open_the_window_again(
    sandbox: Sandbox, editor: User
) -> None:
    write = lost(sandbox, editor)
    pass_time(sandbox, hours=-3)
    check(write)
    assert (write.state, len(calls(sandbox))) == (State.UNKNOWN, 1)


def test_what_timed_out_is_never_sent_again(sandbox: Sandbox, editor: User) -> None:
    write = sent(editor, order(sandbox, customerName="Lose me"))
    sandbox.settle()
    check(write)
    assert write.state == State.TIMED_OUT
    assert "may still have been made" in sentences.status(write).sentence
    assert named(sandbox, "Lose me")
    for _ in range(3):
        pass_time(sandbox, minutes=20)
        check(write)
    assert len(calls(sandbox)) == 1


# -- evidence ---------------------------------------------------------------------------------------


def test_evidence_is_found_behind_many_later_writes_and_is_of_this_customer(
    sandbox: Sandbox, editor: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decisions, "HISTORY_PAGE_SIZE", 20)
    one, other = customer(sandbox, 0), customer(sandbox, 1)
    sandbox.faults.add("PUT", "reset", handled=True)
    write = sent(editor, order(sandbox, one, phone="1"))
    for number in range(60):
        sent(editor, order(sandbox, other, phone=f"{number}"))
    pass_time(sandbox, hours=3)
    stranger = dict(pushes(sandbox)[0], pushOperationKey="elsewhere", changes=[
        {"type": "Modified", "recordRef": {"id": other, "dataType": "customers"}}])  # fmt: skip
    pushes(sandbox).append(stranger)
    write.refresh_from_db()

    (found,) = decisions.evidence(write, default_service())

    assert found.operation["pushOperationKey"] == pushes(sandbox)[0]["pushOperationKey"]
    sandbox.settle()
    assert decisions.evidence(write, default_service())[0].same_customer


def test_an_adoption_that_was_cut_short_goes_on(sandbox: Sandbox, editor: User) -> None:
    sandbox.faults.add("PUT", "reset", handled=True)
    write = sent(editor, order(sandbox, customer(sandbox), phone="1"))
    key = pushes(sandbox)[0]["pushOperationKey"]
    Write.objects.filter(pk=write.pk).update(push_operation_key=key)
    sandbox.settle()
    assert check(write).state == State.SUCCESS


# -- answers of odd shapes --------------------------------------------------------------------------

KEY = "6c7b8a9d-0000-4000-8000-000000000001"


@pytest.mark.parametrize(
    "odd",
    [
        {"validation": "text"},
        {"validation": {"errors": {"a": 1}, "warnings": 5}},
        {"validation": {"errors": [None, {"itemId": 7, "message": {"a": "\0"}}]}},
        {"changes": 5},
        {"changes": "text"},
        {"changes": [None, {"recordRef": "x"}, {"recordRef": {"id": 7}}]},
        {"statusCode": "200"},
        {"statusCode": 10**30},
        {"errorMessage": "\0\0" + "x" * 20_000},
        {"requestedOnUtc": 5, "completedOnUtc": "never"},
    ],
)
@pytest.mark.parametrize("status", ["Pending", "Success", "Failed", "TimedOut", "Invented"])
def test_no_odd_answer_loses_a_write(
    sandbox: Sandbox, editor: User, odd: dict[str, Any], status: str
) -> None:
    operation = {"pushOperationKey": KEY, "status": status} | odd
    sandbox.faults.add("POST", "json", body=simplejson.dumps(operation))

    write = sent(editor, order(sandbox))

    assert (write.state, write.push_operation_key) == (operations.operation_state(operation), KEY)  # type: ignore[arg-type]


@pytest.mark.parametrize("key", ["", "k" * 65, "\0", None, 7])
def test_an_answer_without_a_key_leaves_the_write_unknown(
    sandbox: Sandbox, editor: User, key: Any
) -> None:
    """Pending without a key could never be followed to its end."""
    operation = simplejson.dumps({"pushOperationKey": key, "status": "Pending"})
    sandbox.faults.add("PUT", "json", body=operation)
    write = sent(editor, order(sandbox, customer(sandbox), phone="1"))
    assert (write.state, write.push_operation_key) == (State.UNKNOWN, "")
    assert (write.settled_by, write.completed_at) == ("", None)


def test_a_created_id_that_cannot_be_opened_does_not_break_the_following(
    sandbox: Sandbox, editor: User
) -> None:
    write = succeeded(sandbox, editor)
    Write.objects.filter(pk=write.pk).update(customer_id="..")
    for _ in range(8):
        check(write)
        sandbox.settle()
    assert write.confirmation == "absent"


def test_names_that_no_database_takes_do_not_stop_a_save(sandbox: Sandbox, editor: User) -> None:
    wanted = order(sandbox, customerName="A\0B")
    wanted.company["name"] = wanted.connection["platformName"] = "C\0D"
    write = journaled(editor, wanted)
    write.refresh_from_db()
    assert (write.customer_name, write.company_name) == ("AB", "CD")
    assert simplejson.loads(write.payload)["customerName"] == "A\0B"


def test_a_row_is_committed_before_a_byte_leaves(sandbox: Sandbox, editor: User) -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        journaled(editor, order(sandbox))
    assert not Write.objects.exists()


# -- when to ask ------------------------------------------------------------------------------------


def test_intervals_grow_and_pages_stop(sandbox: Sandbox, editor: User) -> None:
    write = sent(editor, order(sandbox))
    ages = [(0, 2), (30, 5), (300, 15), (1800, 60), (7200, None)]
    for age, pause in ages:
        Write.objects.filter(pk=write.pk).update(created_at=timezone.now() - timedelta(seconds=age))
        write.refresh_from_db()
        found = tracking.interval(write)
        assert (found.total_seconds() if found else None) == pause
