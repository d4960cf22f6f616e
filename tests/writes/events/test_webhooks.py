"""Receiving Codat's events through a real socket: verified, stored once, acknowledged immediately."""

from __future__ import annotations

import base64
import hmac
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from http.client import HTTPConnection
from urllib.parse import urlsplit

import msgspec
import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from pytest_django import Settings

from customers.codat.decoding import MAX_DEPTH
from customers.models import WebhookEvent, Write
from customers.writes import leases
from customers.writes.events import signatures, webhooks
from sandbox import Sandbox
from tests.support.journal import sent, settle, write_request
from tests.support.patience import SOON
from tests.support.programs import processes
from tests.support.webhooks import (
    OTHER_SECRET,
    SUCCESSFUL,
    UNSUCCESSFUL,
    Event,
    ended,
    event,
    post,
    signed,
    wait_until_processed,
)

pytestmark = pytest.mark.usefixtures("no_events_left")

State = Write.State


def _with_headers(delivery: Event, **headers: str) -> Event:
    return replace(delivery, headers={**delivery.headers, **headers})


def _without(delivery: Event, name: str) -> Event:
    return replace(delivery, headers={k: v for k, v in delivery.headers.items() if k != name})


def test_events_that_are_not_codats_are_rejected_and_change_nothing(
    sandbox: Sandbox, live: str, editor: User, settings: Settings
) -> None:
    write = sent(editor, write_request(sandbox))
    good = ended(sandbox, write.push_operation_key, SUCCESSFUL, "7")
    other = ended(sandbox, write.push_operation_key, UNSUCCESSFUL)
    spaced = msgspec.json.format(good.body)
    bad = {
        "another secret": signed(good.body, secret=OTHER_SECRET),
        "another body": replace(good, body=other.body),
        "the same JSON in other bytes": replace(good, body=spaced),
        "too old": signed(good.body, age=301),
        "from the future": signed(good.body, age=-330),
        "another id": _with_headers(good, **{"webhook-id": "msg_other"}),
        "another time": _with_headers(
            good, **{"webhook-timestamp": str(int(good.headers["webhook-timestamp"]) - 1)}
        ),
        "no time": _with_headers(good, **{"webhook-timestamp": "yesterday"}),
        "no base64": _with_headers(good, **{"webhook-signature": "v1,not base64"}),
        "no version": _with_headers(good, **{"webhook-signature": "nonsense"}),
        "another version": _with_headers(
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


def test_several_signatures_and_an_age_within_five_minutes_are_valid(live: str) -> None:
    """While a secret is rotated, Svix signs with both."""
    old = event("x.y", {}, age=290)
    both = f"v1,{'A' * 43}= {old.headers['webhook-signature']}"
    assert post(live, _with_headers(old, **{"webhook-signature": both})) == 204


@pytest.mark.parametrize(
    "token",
    ["v1", "v1,", "v1,x", "v1,not base64", ",", "v2,x", "v1,a,b", "\u00e9", "v1,\u00e9", "="],
)
@pytest.mark.parametrize("place", ["before", "after"])
def test_a_malformed_signature_does_not_hide_a_valid_one(token: str, place: str) -> None:
    good = event("x.y", {})
    valid = good.headers["webhook-signature"]
    both = f"{token} {valid}" if place == "before" else f"{valid}  {token}"
    headers = good.headers | {"webhook-signature": both}
    secret = str(django_settings.CODAT_WEBHOOK_SECRET)
    assert signatures.is_valid(secret, good.body, headers)
    assert not signatures.is_valid(
        secret, good.body, good.headers | {"webhook-signature": f"{token} {token}"}
    )


def test_a_signed_body_that_is_not_utf_8_is_malformed(live: str) -> None:
    body = b'{"eventType": "\xff"}'
    good = signed(b"{}")
    content = f"{good.id}.{good.headers['webhook-timestamp']}.".encode() + body
    key = base64.b64decode(django_settings.CODAT_WEBHOOK_SECRET.removeprefix("whsec_"))
    signature = base64.b64encode(hmac.digest(key, content, "sha256")).decode()
    delivery = _with_headers(replace(good, body=body), **{"webhook-signature": f"v1,{signature}"})
    assert post(live, delivery) == 400
    assert not WebhookEvent.objects.exists()


@pytest.mark.parametrize("length", [199, 200, 201, 300, 5000])
def test_ids_of_any_length_are_distinguished(live: str, length: int) -> None:
    for end in ("a", "b"):
        delivery = event("x.y", {}, event_id="m" * (length - 1) + end)
        assert [post(live, delivery), post(live, delivery)] == [204, 204]
    assert WebhookEvent.objects.count() == 2


def test_a_huge_body_is_refused_before_it_is_read(live: str) -> None:
    delivery = signed(b'"' + b"x" * 6_000_000 + b'"')
    connection = HTTPConnection(urlsplit(live).netloc, timeout=30)
    connection.putrequest("POST", "/webhooks/codat/")
    for name, value in {**delivery.headers, "Content-Length": str(len(delivery.body))}.items():
        connection.putheader(name, value)
    connection.endheaders()  # The body is never sent.
    assert 400 <= connection.getresponse().status < 500
    connection.close()
    assert not WebhookEvent.objects.exists()


def test_a_signed_body_that_is_not_json_is_rejected(live: str) -> None:
    assert post(live, signed(b"{not json")) == 400
    assert post(live, signed(b"[" * 100_000)) == 400
    assert not WebhookEvent.objects.exists()


def test_an_event_at_the_depth_limit_is_stored_or_rejected(live: str) -> None:
    def status(depth: int) -> int:
        return post(live, signed(b'{"payload": ' + b"[" * depth + b"]" * depth + b"}"))

    # The object around it is the first level.
    deepest = MAX_DEPTH - 1
    assert [status(deepest + step) for step in (-1, 0, 1, 900)] == [204, 204, 400, 400]
    wait_until_processed()
    assert not WebhookEvent.objects.filter(processed_at=None).exists()


def test_the_second_delivery_is_accepted_and_does_nothing(
    sandbox: Sandbox, live: str, editor: User
) -> None:
    write = sent(editor, write_request(sandbox))
    delivery = ended(sandbox, write.push_operation_key, SUCCESSFUL, "7")
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(lambda _: post(live, delivery), range(16))) == {204}
    wait_until_processed()
    assert WebhookEvent.objects.count() == 1
    assert (
        len([call for call in sandbox.calls if "/push/" in call.path and call.method == "GET"]) == 1
    )


def test_only_posts_are_accepted(live: str) -> None:
    connection = HTTPConnection(urlsplit(live).netloc, timeout=30)
    connection.request("GET", "/webhooks/codat/")
    assert connection.getresponse().status == 405
    connection.close()


def test_answers_are_quick_while_codat_hangs_and_the_queue_is_bounded(
    sandbox: Sandbox, live: str, editor: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks.event_queue, "maxsize", 20)
    write = sent(editor, write_request(sandbox))
    sandbox.faults.add("GET", "hang", seconds=4 * SOON, count=-1)
    deliveries = [ended(sandbox, write.push_operation_key, UNSUCCESSFUL, "7") for _ in range(40)]

    began = time.monotonic()
    assert {post(live, delivery) for delivery in deliveries} == {204}
    # All forty together take less time than one hanging call.
    assert time.monotonic() - began < SOON
    assert webhooks.event_queue.qsize() <= 20
    assert WebhookEvent.objects.filter(processed_at=None).count() == 40

    sandbox.faults.clear()
    wait_until_processed()
    left = WebhookEvent.objects.filter(processed_at=None).count()
    assert 15 <= left <= 25
    sandbox.settle()
    settle()
    assert not WebhookEvent.objects.filter(processed_at=None).exists()
    write.refresh_from_db()
    assert write.state == State.SUCCESS


def test_events_are_left_to_a_worker_while_one_is_alive(
    sandbox: Sandbox, live: str, editor: User
) -> None:
    write = sent(editor, write_request(sandbox, customerName="Fail me later"))
    sandbox.settle()
    leases.take(f"{leases.WORKER}one", holder="one", lasts=leases.ALIVE)
    sandbox.clear_calls()
    assert post(live, ended(sandbox, write.push_operation_key, UNSUCCESSFUL)) == 204
    assert not sandbox.calls
    assert not webhooks.event_queue.unfinished_tasks
    write.refresh_from_db()
    assert write.state == State.FAILED  # What the event itself says is stored at once.

    leases.drop(f"{leases.WORKER}one", holder="one")
    assert post(live, event("read.completed", {})) == 204
    wait_until_processed()
    assert WebhookEvent.objects.filter(processed_at=None).count() == 1


def test_events_of_a_killed_server_are_processed_by_cron(
    sandbox: Sandbox, live: str, editor: User
) -> None:
    write = sent(editor, write_request(sandbox, customerName="Fail me later"))
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
