"""Processing Codat's events: what they change in the journal."""

from __future__ import annotations

import random
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.utils import timezone

from customers.codat.http.call_context import deadline
from customers.models import WebhookEvent, Write
from customers.service import default_service
from customers.writes import journal, sending, tracking
from sandbox import Sandbox
from tests.support.cases.event_storm import storm
from tests.support.journal import (
    COMPANY,
    journaled,
    pass_time,
    pushes,
    sent,
    settle,
    write_request,
)
from tests.support.patience import PATIENCE, wait_for
from tests.support.webhooks import (
    SUCCESSFUL,
    UNSUCCESSFUL,
    Event,
    ended,
    event,
    post,
    post_all,
    signed,
    wait_until_processed,
)

pytestmark = pytest.mark.usefixtures("no_events_left")

State = Write.State


def test_an_event_is_applied_immediately_and_details_are_read_later(
    sandbox: Sandbox, live: str, editor: User
) -> None:
    write = sent(editor, write_request(sandbox))
    sandbox.settle()
    record = pushes(sandbox)[0]["changes"][0]["recordRef"]["id"]
    sandbox.faults.add("GET .*/push/", "hang", seconds=20)

    assert post(live, ended(sandbox, write.push_operation_key, SUCCESSFUL, record)) == 204

    write.refresh_from_db()
    assert (write.state, write.settled_by) == (State.SUCCESS, "webhook")
    assert write.customer_id == record
    assert WebhookEvent.objects.get().processed_at is None
    sandbox.faults.clear()
    wait_until_processed()
    write.refresh_from_db()
    assert WebhookEvent.objects.get().processed_at is not None
    assert write.status_code == 200
    assert write.refresh_id  # The refresh for its confirmation was requested.


def test_the_errors_of_a_refusal_are_read(sandbox: Sandbox, live: str, editor: User) -> None:
    write = sent(editor, write_request(sandbox, customerName="Fail me later"))
    sandbox.settle()

    assert post(live, ended(sandbox, write.push_operation_key, UNSUCCESSFUL)) == 204
    wait_until_processed()

    write.refresh_from_db()
    assert write.state == State.FAILED
    assert write.validation[0]["itemId"] == "CustomerName"


@pytest.mark.parametrize(
    "body",
    [
        {"eventType": "client.rateLimit.reached", "payload": {"dailyQuota": 1}},
        {"eventType": "something.new", "payload": {}},
        {"eventType": SUCCESSFUL, "payload": None},
        {"eventType": SUCCESSFUL, "payload": {"id": 5, "referenceCompany": "x"}},
        {"eventType": SUCCESSFUL, "payload": {"id": "k" * 5000, "referenceCompany": {"id": "x"}}},
        {"eventType": SUCCESSFUL, "payload": {"id": "\0", "referenceCompany": {"id": "\0"}}},
        {"eventType": "read.completed", "payload": {"referenceCompany": {"id": 7}}},
        {"eventType": {"\0": 1}},
        {"type": "no.payload"},
        [],
        "text",
        None,
    ],
)
def test_unknown_events_are_accepted_and_ignored(
    sandbox: Sandbox, live: str, editor: User, body: Any
) -> None:
    write = sent(editor, write_request(sandbox))

    assert post(live, signed(msgspec.json.encode(body))) == 204
    wait_until_processed()

    assert WebhookEvent.objects.get().processed_at is not None
    write.refresh_from_db()
    assert write.state == State.PENDING


@pytest.mark.parametrize(
    ("types", "asks"),
    [
        (None, True),
        ([], True),
        ([{"dataType": "invoices"}], False),
        ([{"dataType": "invoices"}, {"dataType": "customers"}], True),
        (["odd", None], False),
    ],
)
def test_a_sync_of_other_data_starts_no_check(
    sandbox: Sandbox, live: str, editor: User, types: Any, *, asks: bool
) -> None:
    write = sent(editor, write_request(sandbox))
    sandbox.settle()
    tracking.follow_or_repeat(write, default_service(), by="poll")
    sandbox.clear_calls()
    payload = {"referenceCompany": {"id": write.company_id}, "dataTypes": types}
    assert post(live, event("read.completed", payload)) == 204
    wait_until_processed()
    assert bool(sandbox.calls) is asks


def test_a_sync_that_codat_refuses_is_asked_for_again_once_for_all(
    sandbox: Sandbox, live: str, editor: User
) -> None:
    first, second = (
        sent(editor, write_request(sandbox, customerName=name)) for name in ("One", "Two")
    )
    sandbox.settle()
    for write in (first, second):
        tracking.follow_or_repeat(write, default_service(), by="poll")
    sandbox.faults.add("POST .*/data/queue/", "status", status=403, count=1)
    payload = {"referenceCompany": {"id": first.company_id}}
    assert post(live, event("read.completed", payload)) == 204
    wait_until_processed()
    assert WebhookEvent.objects.get().processed_at is not None
    assert not Write.objects.exclude(refresh_id="").exists()

    pass_time(sandbox, minutes=1)
    settle()

    assert Write.objects.exclude(refresh_id="").count() == 2
    assert len(sandbox.state(COMPANY).pulls) == 1


def test_a_late_refusal_does_not_overwrite_a_success(
    sandbox: Sandbox, live: str, editor: User
) -> None:
    write = sent(editor, write_request(sandbox))
    sandbox.settle()
    journal.apply_result(write, default_service().get_push_operation(
        company_id=write.company_id, push_operation_key=write.push_operation_key), by="poll")  # fmt: skip
    sandbox.faults.add("GET .*/push/", "hang", seconds=20)

    assert post(live, ended(sandbox, write.push_operation_key, UNSUCCESSFUL)) == 204

    write.refresh_from_db()
    assert write.state == State.SUCCESS
    sandbox.faults.clear()
    wait_until_processed()  # Codat's own answer is still a success.
    write.refresh_from_db()
    assert write.state == State.SUCCESS


def test_an_event_that_overtakes_the_answer_is_not_lost(
    sandbox: Sandbox, live: str, editor: User
) -> None:
    sandbox.faults.add("/push/customers", "drip", seconds=0.003)
    write = journaled(editor, write_request(sandbox))
    with ThreadPoolExecutor(1) as pool:

        def send() -> Write:
            with deadline(25):
                return sending.send(write, default_service())

        future = pool.submit(send)
        wait_for(lambda: pushes(sandbox))
        sandbox.settle()
        key = pushes(sandbox)[0]["pushOperationKey"]
        assert post(live, ended(sandbox, key, SUCCESSFUL)) == 204
        wait_until_processed()
        assert Write.objects.get().state == State.SENDING
        settled = future.result(timeout=PATIENCE)

    assert (settled.state, settled.settled_by) == (State.SUCCESS, "webhook")


def test_the_sandboxs_own_events_reach_the_journal(
    sandbox: Sandbox, live: str, editor: User
) -> None:
    sandbox.settings.webhook_url = f"{live}/webhooks/codat/"
    sandbox.settings.webhook_secret = settings.CODAT_WEBHOOK_SECRET
    sandbox.settings.webhook_copies = 2
    good = sent(editor, write_request(sandbox, customerName="Good Ltd"))
    bad = sent(editor, write_request(sandbox, customerName="Fail me later"))

    for _ in range(3):
        sandbox.settle()
        assert sandbox.webhooks.wait()
        wait_until_processed()

    good.refresh_from_db()
    bad.refresh_from_db()
    assert (good.state, good.settled_by, good.confirmation) == ("success", "webhook", "confirmed")
    assert (bad.state, bad.settled_by) == ("failed", "webhook")
    assert bad.validation
    assert {status for delivery in sandbox.events for status in delivery.statuses} == {204}
    assert WebhookEvent.objects.count() == len(sandbox.events) >= 3


TRUTHS = {"Success": State.SUCCESS, "Failed": State.FAILED, "TimedOut": State.TIMED_OUT}


def write_with_outcome(sandbox: Sandbox, user: User, number: int, truth: str) -> Write:
    """A write whose push operation has ended at Codat, which the journal does not know yet."""
    key = str(uuid.UUID(int=number + 1))
    write = journaled(user, write_request(sandbox, customerName=f"Thousand {number}"))
    early = number % 10 == 0
    Write.objects.filter(pk=write.pk).update(
        # For every tenth write the event comes before the answer is recorded.
        state=State.SENDING if early else State.PENDING,
        sent_at=timezone.now(),
        attempts=1,
        push_operation_key="" if early else key,
    )
    done = truth == "Success"
    pushes(sandbox).append(
        {
            "pushOperationKey": key,
            "companyId": sandbox.company(COMPANY),
            "dataConnectionKey": sandbox.connection(COMPANY),
            "dataType": "customers",
            "status": truth,
            "statusCode": {"Success": 200, "Failed": 400, "TimedOut": 408}[truth],
            "requestedOnUtc": timezone.now().isoformat(),
            "completedOnUtc": timezone.now().isoformat(),
            "errorMessage": None if done else f"{truth} {number}",
            "validation": {"errors": [], "warnings": []},
            "changes": [{"type": "Created", "recordRef": {"id": f"r{number}"}}] if done else None,
        }
    )
    write.refresh_from_db()
    return write


def post_in_parallel(live: str, deliveries: list[Event]) -> list[tuple[str, int]]:
    """Post them over eight connections; the ID and the status of each."""
    eight = [deliveries[number::8] for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda items: post_all(live, items), eight))
    return [
        (item.id, status)
        for items, statuses in zip(eight, answers, strict=True)
        for item, status in zip(items, statuses, strict=True)
    ]


def test_a_thousand_events_leave_the_right_journal(
    sandbox: Sandbox, live: str, editor: User
) -> None:
    chance = random.Random(7)
    truths = ["Success"] * 6 + ["Failed"] * 3 + ["TimedOut"]
    rows = [
        write_with_outcome(sandbox, editor, number, chance.choice(truths)) for number in range(300)
    ]
    events = storm(sandbox, chance)
    deliveries, authentic = events.deliveries(), {item.id for item in events.authentic}
    assert len(deliveries) == 1000
    assert len(authentic) == len(events.authentic) == 607

    overtaken = [row for row in rows if row.state == State.SENDING]
    outcome = post_in_parallel(live, deliveries)
    for row in overtaken:  # Their answers are recorded only now.
        key = events.keys[rows.index(row)]
        journal.apply_result(row, {"pushOperationKey": key, "status": "Pending"}, by="answer")
    wait_until_processed()
    pass_time(sandbox, minutes=1)
    settle()

    assert Counter(status for _, status in outcome) == {204: 940, 401: 60}
    assert {key for key, status in outcome if status == 401} == {item.id for item in events.forged}
    assert set(WebhookEvent.objects.values_list("webhook_id", flat=True)) == authentic
    assert not WebhookEvent.objects.filter(processed_at=None).exists()
    assert_journal_is(events.known)


def assert_journal_is(known: dict[str, Any]) -> None:
    """Each write has the outcome of its push operation, and there is no other."""
    found = {
        write.push_operation_key: (write.state, write.customer_id, write.error_message)
        for write in Write.objects.all()
    }
    assert found == {
        key: (
            TRUTHS[push["status"]],
            f"r{number}" if push["changes"] else "",
            push["errorMessage"] or "",
        )
        for number, (key, push) in enumerate(known.items())
    }
    assert Write.objects.count() == 300


@pytest.mark.parametrize(
    "name",
    [
        "read.completed",
        "read.completed.initial",
        "company.product.added",
        *(
            f"connection.{end}"
            for end in ("created", "connected", "disconnected", "reconnected", "failed", "deleted")
        ),
    ],
)
@pytest.mark.parametrize("where", ["referenceCompany", "companyId"])
def test_after_an_event_about_a_company_pages_show_it_as_it_is_now(
    sandbox: Sandbox, live: str, name: str, where: str
) -> None:
    company, service = sandbox.company(COMPANY), default_service()
    service.get_company(company_id=company)
    before = len(sandbox.calls)
    payload = {where: company if where == "companyId" else {"id": company.upper()}}
    assert post(live, event(name, payload)) == 204
    wait_until_processed()

    assert [call.path for call in sandbox.calls[before:]] == [f"/companies/{company}"]
    row = WebhookEvent.objects.get()
    assert (row.event_type, row.processed_at is not None) == (name, True)


@pytest.mark.parametrize(
    "payload", [{}, {"referenceCompany": 7}, {"companyId": ["x"]}, {"companyId": "x" * 9000}]
)
def test_an_event_about_no_company_that_pages_show_asks_codat_nothing(
    sandbox: Sandbox, live: str, payload: dict[str, Any]
) -> None:
    assert post(live, event("connection.connected", payload)) == 204
    wait_until_processed()
    assert sandbox.calls == []
    assert not WebhookEvent.objects.filter(processed_at=None).exists()


def test_the_first_read_confirms_what_waits_for_it(
    sandbox: Sandbox, live: str, editor: User
) -> None:
    write = sent(editor, write_request(sandbox))
    sandbox.settle()
    tracking.follow(write, default_service(), by="poll")
    assert (write.confirmation, write.refresh_id) == ("waiting", "")
    payload = {"referenceCompany": {"id": sandbox.company(COMPANY)}}
    assert post(live, event("read.completed.initial", payload)) == 204
    wait_until_processed()
    write.refresh_from_db()
    assert write.refresh_id
