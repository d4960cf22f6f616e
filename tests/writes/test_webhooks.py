"""Codat's events through a real socket: checked, kept once, answered at once, handled after."""

import random
import time
import uuid
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.utils import timezone
from pytest_django import Settings
from standardwebhooks import Webhook

from customers.codat.call_context import deadline
from customers.models import WebhookEvent, Write
from customers.service import default_service
from customers.writes import journal, sending, tracking, webhooks
from sandbox import Sandbox
from tests.support import processes
from tests.support.journal import (
    COMPANY,
    journaled,
    order,
    pass_time,
    pushes,
    sent,
    settle,
    wait_for,
)

State = Write.State
OTHER_SECRET = "whsec_c29tZWJvZHkgZWxzZSdzIHNlY3JldA=="
SUCCESSFUL, UNSUCCESSFUL = "customers.write.successful", "customers.write.unsuccessful"


@dataclass(frozen=True)
class Event:
    """One delivery: a signed body."""

    id: str
    body: bytes
    headers: dict[str, str]


def signed(body: bytes, *, secret: str = "", age: float = 0.0, event_id: str = "") -> Event:
    """A body as Svix signs it, so many seconds ago."""
    event_id = event_id or f"msg_{uuid.uuid4().hex}"
    moment = datetime.now(UTC) - timedelta(seconds=age)
    signature = Webhook(secret or settings.CODAT_WEBHOOK_SECRET).sign(
        event_id, moment, body.decode()
    )
    headers = {
        "Content-Type": "application/json",
        "webhook-id": event_id,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": signature,
    }
    return Event(event_id, body, headers)


def event(name: str, payload: Any, **how: Any) -> Event:
    """An event of Codat's."""
    return signed(msgspec.json.encode({"eventType": name, "payload": payload}), **how)


def ended(sandbox: Sandbox, key: str, name: str, record: str | None = None, **how: Any) -> Event:
    """An event about the end of a write."""
    payload = {
        "id": key,
        "type": "Create",
        # In capitals a UUID is the same.
        "referenceCompany": {"id": sandbox.company(COMPANY).upper(), "name": "A company"},
        "connectionId": sandbox.connection(COMPANY),
        "completedOnDate": timezone.now().isoformat(),
        "status": "Success" if name == SUCCESSFUL else "Failed",
        "record": {"id": record} if record else None,
    }
    return event(name, payload, **how)


def post(live: str, delivery: Event) -> int:
    """Deliver an event; the status of the answer."""
    (status,) = post_all(live, [delivery])
    return status


def post_all(live: str, deliveries: Sequence[Event]) -> list[int]:
    """Deliver events one after the other over one connection."""
    door = HTTPConnection(urlsplit(live).netloc, timeout=30)
    statuses = []
    for delivery in deliveries:
        door.request("POST", "/webhooks/codat/", delivery.body, delivery.headers)
        answer = door.getresponse()
        answer.read()
        statuses.append(answer.status)
    door.close()
    return statuses


@pytest.fixture(autouse=True)
def _handled(live: str, sandbox: Sandbox) -> Iterator[None]:
    """No test leaves its events to the next one."""
    yield
    sandbox.faults.clear()
    handled()


def handled() -> None:
    """Wait until the thread for events has done them all."""
    wait_for(lambda: not webhooks.event_queue.unfinished_tasks, 60)


# -- the door ---------------------------------------------------------------------------------------


def test_an_event_settles_its_write_at_once_and_details_come_after(
    sandbox: Sandbox, live: str, editor: User
) -> None:
    write = sent(editor, order(sandbox))
    sandbox.settle()
    record = pushes(sandbox)[0]["changes"][0]["recordRef"]["id"]
    sandbox.faults.add("GET .*/push/", "hang", seconds=20)

    assert post(live, ended(sandbox, write.push_operation_key, SUCCESSFUL, record)) == 204

    write.refresh_from_db()
    assert (write.state, write.settled_by) == (State.SUCCESS, "webhook")
    assert write.customer_id == record
    assert WebhookEvent.objects.get().processed_at is None
    sandbox.faults.clear()
    handled()
    write.refresh_from_db()
    assert WebhookEvent.objects.get().processed_at is not None
    assert write.status_code == 200
    assert write.refresh_id  # And the refresh that confirms it is asked for.


def test_a_refusal_brings_its_findings(sandbox: Sandbox, live: str, editor: User) -> None:
    write = sent(editor, order(sandbox, customerName="Fail me later"))
    sandbox.settle()

    assert post(live, ended(sandbox, write.push_operation_key, UNSUCCESSFUL)) == 204
    handled()

    write.refresh_from_db()
    assert write.state == State.FAILED
    assert write.validation[0]["itemId"] == "CustomerName"


def _bent(delivery: Event, **headers: str) -> Event:
    return replace(delivery, headers={**delivery.headers, **headers})


def _without(delivery: Event, name: str) -> Event:
    return replace(delivery, headers={k: v for k, v in delivery.headers.items() if k != name})


def test_what_is_not_codats_is_turned_away_and_changes_nothing(
    sandbox: Sandbox, live: str, editor: User, settings: Settings
) -> None:
    write = sent(editor, order(sandbox))
    good = ended(sandbox, write.push_operation_key, SUCCESSFUL, "7")
    other = ended(sandbox, write.push_operation_key, UNSUCCESSFUL)
    spaced = msgspec.json.format(good.body)
    bad = {
        "another secret": signed(good.body, secret=OTHER_SECRET),
        "another body": replace(good, body=other.body),
        "the same JSON in other bytes": replace(good, body=spaced),
        "too old": signed(good.body, age=301),
        "from the future": signed(good.body, age=-301),
        "another id": _bent(good, **{"webhook-id": "msg_other"}),
        "another time": _bent(
            good, **{"webhook-timestamp": str(int(good.headers["webhook-timestamp"]) - 1)}
        ),
        "no time": _bent(good, **{"webhook-timestamp": "yesterday"}),
        "no base64": _bent(good, **{"webhook-signature": "v1,not base64"}),
        "no version": _bent(good, **{"webhook-signature": "nonsense"}),
        "another version": _bent(
            good, **{"webhook-signature": good.headers["webhook-signature"].replace("v1", "v2")}
        ),
        "bytes that are no text": replace(good, body=b"\xff\xfe" + good.body),
        "empty": replace(good, body=b""),
        **{f"without {name}": _without(good, name) for name in good.headers if "-" in name.lower()
           and name != "Content-Type"},
    }  # fmt: skip

    answers = {what: post(live, delivery) for what, delivery in bad.items()}
    settings.CODAT_WEBHOOK_SECRET = ""
    answers["without a secret of ours"] = post(live, good)

    assert answers == dict.fromkeys(answers, 401)
    assert len(answers) == 17
    assert not WebhookEvent.objects.exists()
    write.refresh_from_db()
    assert (write.state, write.settled_by) == (State.PENDING, "")


def test_several_signatures_and_an_age_within_five_minutes_are_right(live: str) -> None:
    """While a secret is changed Svix signs with both."""
    old = event("x.y", {}, age=290)
    both = f"v1,{'A' * 43}= {old.headers['webhook-signature']}"
    assert post(live, _bent(old, **{"webhook-signature": both})) == 204


def test_a_huge_body_is_refused_before_it_is_read(live: str) -> None:
    delivery = signed(b'"' + b"x" * 6_000_000 + b'"')
    door = HTTPConnection(urlsplit(live).netloc, timeout=30)
    door.putrequest("POST", "/webhooks/codat/")
    for name, value in {**delivery.headers, "Content-Length": str(len(delivery.body))}.items():
        door.putheader(name, value)
    door.endheaders()  # Not one byte of the body follows.
    assert 400 <= door.getresponse().status < 500
    door.close()
    assert not WebhookEvent.objects.exists()


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
def test_events_that_nobody_knows_are_accepted_and_ignored(
    sandbox: Sandbox, live: str, editor: User, body: Any
) -> None:
    write = sent(editor, order(sandbox))

    assert post(live, signed(msgspec.json.encode(body))) == 204
    handled()

    assert WebhookEvent.objects.get().processed_at is not None
    write.refresh_from_db()
    assert write.state == State.PENDING


def test_signed_but_no_json_is_said_and_not_kept(live: str) -> None:
    assert post(live, signed(b"{not json")) == 400
    assert post(live, signed(b"[" * 100_000)) == 400
    assert not WebhookEvent.objects.exists()


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
def test_a_refresh_of_other_data_is_no_reason_to_ask(
    sandbox: Sandbox, live: str, editor: User, types: Any, *, asks: bool
) -> None:
    write = sent(editor, order(sandbox))
    sandbox.settle()
    tracking.check(write, default_service(), by="poll")
    sandbox.clear_calls()
    payload = {"referenceCompany": {"id": write.company_id}, "dataTypes": types}
    assert post(live, event("read.completed", payload)) == 204
    handled()
    assert bool(sandbox.calls) is asks


def test_one_write_that_cannot_be_read_back_does_not_keep_the_others(
    sandbox: Sandbox, live: str, editor: User
) -> None:
    first, second = (sent(editor, order(sandbox, customerName=name)) for name in ("One", "Two"))
    sandbox.settle()
    for write in (first, second):
        tracking.check(write, default_service(), by="poll")
    sandbox.faults.add("POST .*/data/queue/", "status", status=403, count=1)
    payload = {"referenceCompany": {"id": first.company_id}}
    assert post(live, event("read.completed", payload)) == 204
    handled()
    assert WebhookEvent.objects.get().processed_at is not None
    assert Write.objects.exclude(refresh_id="").count() == 1


def test_an_event_as_deep_as_can_be_read_is_kept_or_refused(live: str) -> None:
    def status(depth: int) -> int:
        return post(live, signed(b'{"payload": ' + b"[" * depth + b"]" * depth + b"}"))

    deepest = bisect_left(range(2000), 400, key=status)
    assert 100 < deepest < 2000
    # How deep a reader may go depends on how deep it stands itself.
    assert {status(deepest + step) for step in range(-5, 5)} == {204, 400}
    handled()
    assert not WebhookEvent.objects.filter(processed_at=None).exists()


def test_the_second_delivery_is_accepted_and_does_nothing(
    sandbox: Sandbox, live: str, editor: User
) -> None:
    write = sent(editor, order(sandbox))
    delivery = ended(sandbox, write.push_operation_key, SUCCESSFUL, "7")
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda _: post(live, delivery), range(16))) == {204}
    handled()
    assert WebhookEvent.objects.count() == 1
    assert (
        len([call for call in sandbox.calls if "/push/" in call.path and call.method == "GET"]) == 1
    )


def test_only_posts_are_taken(live: str) -> None:
    door = HTTPConnection(urlsplit(live).netloc, timeout=30)
    door.request("GET", "/webhooks/codat/")
    assert door.getresponse().status == 405
    door.close()


def test_a_late_refusal_does_not_overwrite_a_success(
    sandbox: Sandbox, live: str, editor: User
) -> None:
    write = sent(editor, order(sandbox))
    sandbox.settle()
    journal.apply_result(write, default_service().get_push_operation(
        company_id=write.company_id, push_operation_key=write.push_operation_key), by="poll")  # fmt: skip
    sandbox.faults.add("GET .*/push/", "hang", seconds=20)

    assert post(live, ended(sandbox, write.push_operation_key, UNSUCCESSFUL)) == 204

    write.refresh_from_db()
    assert write.state == State.SUCCESS
    sandbox.faults.clear()
    handled()  # Codat was asked, and stays by it.
    write.refresh_from_db()
    assert write.state == State.SUCCESS


def test_an_event_that_overtakes_the_answer_is_not_forgotten(
    sandbox: Sandbox, live: str, editor: User
) -> None:
    sandbox.faults.add("/push/customers", "drip", seconds=0.003)
    write = journaled(editor, order(sandbox))
    with ThreadPoolExecutor(1) as pool:

        def send() -> Write:
            with deadline(25):
                return sending.send(write, default_service())

        future = pool.submit(send)
        wait_for(lambda: pushes(sandbox))
        sandbox.settle()
        key = pushes(sandbox)[0]["pushOperationKey"]
        assert post(live, ended(sandbox, key, SUCCESSFUL)) == 204
        handled()
        assert Write.objects.get().state == State.SENDING
        settled = future.result(timeout=20)

    assert (settled.state, settled.settled_by) == (State.SUCCESS, "webhook")


def test_answers_are_quick_while_codat_hangs_and_what_waits_is_bounded(
    sandbox: Sandbox, live: str, editor: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks.event_queue, "maxsize", 20)
    write = sent(editor, order(sandbox))
    sandbox.faults.add("GET", "hang", seconds=20, count=-1)
    deliveries = [ended(sandbox, write.push_operation_key, UNSUCCESSFUL, "7") for _ in range(40)]

    began = time.monotonic()
    assert {post(live, delivery) for delivery in deliveries} == {204}
    # All forty together take less than one call that hangs.
    assert time.monotonic() - began < 10
    assert webhooks.event_queue.qsize() <= 20
    assert WebhookEvent.objects.filter(processed_at=None).count() == 40

    sandbox.faults.clear()
    handled()
    left = WebhookEvent.objects.filter(processed_at=None).count()
    assert 15 <= left <= 25
    sandbox.settle()
    settle()
    assert not WebhookEvent.objects.filter(processed_at=None).exists()
    write.refresh_from_db()
    assert write.state == State.SUCCESS


def test_a_server_killed_over_its_events_leaves_them_to_cron(
    sandbox: Sandbox, live: str, editor: User
) -> None:
    write = sent(editor, order(sandbox, customerName="Fail me later"))
    sandbox.settle()
    sandbox.faults.add("GET", "hang", seconds=30, count=-1)
    with processes.gunicorn() as (server, port):
        delivery = ended(sandbox, write.push_operation_key, UNSUCCESSFUL)
        assert post(f"http://127.0.0.1:{port}", delivery) == 204
        processes.kill(server)
    sandbox.faults.clear()
    write.refresh_from_db()
    assert (write.state, write.validation) == (State.FAILED, [])

    processes.settle_writes()

    write.refresh_from_db()
    assert write.validation
    assert WebhookEvent.objects.get().processed_at is not None


def test_the_sandboxes_own_events_reach_the_journal(
    sandbox: Sandbox, live: str, editor: User
) -> None:
    sandbox.settings.webhook_url = f"{live}/webhooks/codat/"
    sandbox.settings.webhook_secret = settings.CODAT_WEBHOOK_SECRET
    sandbox.settings.webhook_copies = 2
    good = sent(editor, order(sandbox, customerName="Good Ltd"))
    bad = sent(editor, order(sandbox, customerName="Fail me later"))

    for _ in range(3):
        sandbox.settle()
        assert sandbox.webhooks.wait()
        handled()

    good.refresh_from_db()
    bad.refresh_from_db()
    assert (good.state, good.settled_by, good.confirmation) == ("success", "webhook", "confirmed")
    assert (bad.state, bad.settled_by) == ("failed", "webhook")
    assert bad.validation
    assert {status for delivery in sandbox.events for status in delivery.statuses} == {204}
    assert WebhookEvent.objects.count() == len(sandbox.events) >= 3


# -- a thousand -------------------------------------------------------------------------------------

TRUTHS = {"Success": State.SUCCESS, "Failed": State.FAILED, "TimedOut": State.TIMED_OUT}


def write_with_truth(sandbox: Sandbox, user: User, number: int, truth: str) -> Write:
    """A write whose push operation has ended at Codat, which the journal does not know yet."""
    key = str(uuid.UUID(int=number + 1))
    write = journaled(user, order(sandbox, customerName=f"Thousand {number}"))
    early = number % 10 == 0
    Write.objects.filter(pk=write.pk).update(
        # Every tenth answer is not recorded yet when its event comes.
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


def test_a_thousand_events_leave_exactly_the_right_journal(
    sandbox: Sandbox, live: str, editor: User
) -> None:
    """1,000 deliveries: a third second ones, a tenth out of order, 60 forged, some about nothing."""
    chance = random.Random(7)
    truths = ["Success"] * 6 + ["Failed"] * 3 + ["TimedOut"]
    rows = [
        write_with_truth(sandbox, editor, number, chance.choice(truths)) for number in range(300)
    ]
    keys = [str(uuid.UUID(int=number + 1)) for number in range(300)]
    known = dict(zip(keys, pushes(sandbox), strict=True))
    name = {"Success": SUCCESSFUL, "Failed": UNSUCCESSFUL, "TimedOut": UNSUCCESSFUL}
    genuine = [
        ended(sandbox, key, name[push["status"]], f"r{number}" if push["changes"] else None)
        for number, (key, push) in enumerate(known.items())
    ]
    wins = [key for key, push in known.items() if push["status"] == "Success"]
    late = [ended(sandbox, key, UNSUCCESSFUL) for key in wins[:100]]
    nothing = [
        *(ended(sandbox, str(uuid.uuid4()), SUCCESSFUL, "elsewhere") for _ in range(100)),
        *(event("client.rateLimit.reached", {"dailyQuota": 1}) for _ in range(50)),
        *(event("something.new", {"id": key}) for key in keys[:57]),
    ]
    forged = [
        ended(sandbox, key, SUCCESSFUL if push["status"] != "Success" else UNSUCCESSFUL, "forged",
              secret=OTHER_SECRET)
        for key, push in list(known.items())[:60]
    ]  # fmt: skip
    kept = [*genuine, *late, *nothing]
    deliveries = [*genuine, *nothing]
    chance.shuffle(deliveries)
    for item in [*forged, *chance.sample(kept, 333)]:
        deliveries.insert(chance.randrange(len(deliveries)), item)
    deliveries += late  # After what they contradict.
    assert len(deliveries) == 1000
    assert len({item.id for item in kept}) == len(kept) == 607

    overtaken = [row for row in rows if row.state == State.SENDING]
    eight = [deliveries[number::8] for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda items: post_all(live, items), eight))
    outcome = [
        (item.id, status)
        for items, statuses in zip(eight, answers, strict=True)
        for item, status in zip(items, statuses, strict=True)
    ]
    for row in overtaken:  # Whoever sent them hears from Codat only now.
        key = keys[rows.index(row)]
        journal.apply_result(row, {"pushOperationKey": key, "status": "Pending"}, by="answer")
    handled()
    pass_time(sandbox, minutes=1)
    settle()

    assert Counter(status for _, status in outcome) == {204: 940, 401: 60}
    turned_away = {event_id for event_id, status in outcome if status == 401}
    assert turned_away == {item.id for item in forged}
    assert set(WebhookEvent.objects.values_list("webhook_id", flat=True)) == {
        item.id for item in kept
    }
    assert not WebhookEvent.objects.filter(processed_at=None).exists()
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
