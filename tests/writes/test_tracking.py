"""Tracking a write: when Codat is asked, when a create is sent again, and what Codat may answer to that."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from customers.codat.client import default_client
from customers.models import Write
from customers.service import default_service
from customers.writes import decisions, sending, sentences, tracking
from sandbox import Sandbox
from tests.support.journal import (
    calls,
    check,
    journaled,
    lost_create,
    named,
    pass_time,
    pushes,
    sent,
    write_request,
)
from tests.support.patience import wait_for

pytestmark = pytest.mark.django_db

State = Write.State


def test_polling_intervals_grow_and_pages_stop(sandbox: Sandbox, editor: User) -> None:
    write = sent(editor, write_request(sandbox))
    ages = [(0, 2), (30, 5), (300, 15), (1800, 60), (7200, None)]
    for age, pause in ages:
        Write.objects.filter(pk=write.pk).update(created_at=timezone.now() - timedelta(seconds=age))
        write.refresh_from_db()
        found = tracking.interval(write)
        assert (found.total_seconds() if found else None) == pause


@pytest.mark.parametrize("status", [401, 402, 403, 404, 408, 409, 429, 500, 503])
def test_other_errors_on_a_repeat_say_nothing_about_the_first_attempt(
    sandbox: Sandbox, editor: User, status: int
) -> None:
    write = lost_create(sandbox, editor)
    sandbox.faults.add("POST", "status", status=status, handled=True)

    check(write)
    assert (write.state, write.attempts, write.status_code) == (State.UNKNOWN, 2, status)
    assert write.completed_at is None
    check(write)

    assert (write.state, write.attempts) == (State.PENDING, 3)
    assert len(pushes(sandbox)) == 1


def test_a_refused_connection_on_a_repeat_leaves_the_write_unknown(
    sandbox: Sandbox, editor: User, settings: Any
) -> None:
    write = lost_create(sandbox, editor)
    settings.CODAT_BASE_URL = "http://127.0.0.1:9"
    default_client.cache_clear()
    check(write)
    assert (write.state, write.attempts) == (State.UNKNOWN, 2)


def test_while_the_first_attempt_is_running_a_repeat_only_waits(
    sandbox: Sandbox, editor: User
) -> None:
    write = journaled(editor, write_request(sandbox))
    sandbox.faults.add("POST", "delay", seconds=20)
    default_service().client.read_timeout = 0.3
    sending.send(write, default_service())
    assert write.state == State.UNKNOWN

    check(write)
    assert (write.state, write.status_code) == (State.UNKNOWN, 409)

    sandbox.faults.clear()
    wait_for(lambda: check(write).state != State.UNKNOWN)
    assert write.state == State.PENDING
    assert len(pushes(sandbox)) == 1


def test_a_key_of_another_write_is_not_tried_again(sandbox: Sandbox, editor: User) -> None:
    write = lost_create(sandbox, editor)
    Write.objects.filter(pk=write.pk).update(payload='{"customerName": "Another"}')

    for _ in range(3):
        check(write)

    assert (write.state, write.status_code, write.attempts) == (State.UNKNOWN, 422, 2)
    assert len(decisions.evidence(write, default_service())) == 1


def test_a_replayed_refusal_of_the_data_is_final(sandbox: Sandbox, editor: User) -> None:
    sandbox.faults.add("POST", "reset", handled=True)
    write = sent(editor, write_request(sandbox, customerName="Refuse me"))
    check(write)
    assert (write.state, write.attempts) == (State.FAILED, 2)
    assert write.validation[0]["itemId"] == "CustomerName"
    assert not pushes(sandbox)


def test_a_replayed_error_is_left_to_a_person(sandbox: Sandbox, editor: User) -> None:
    sandbox.faults.add("POST", "reset", count=1)
    write = sent(editor, write_request(sandbox))
    sandbox.faults.add("POST", "status", status=500, count=1)  # Codat replays it for this key.
    for _ in range(6):
        check(write)
    assert (write.state, write.status_code) == (State.UNKNOWN, 500)
    assert len(calls(sandbox)) == write.attempts == tracking.MAX_REPLAYED_ERRORS
    assert decisions.mark_not_received(write, user=editor).state == State.FAILED


@pytest.mark.parametrize("status", [401, 402, 403, 404, 409, 422, 429])
def test_a_refusal_of_the_first_attempt_is_a_failure_and_is_not_repeated(
    sandbox: Sandbox, editor: User, status: int
) -> None:
    sandbox.faults.add("POST", "status", status=status)
    write = sent(editor, write_request(sandbox))
    assert (write.state, write.status_code) == (State.FAILED, status)
    check(write)
    assert len(calls(sandbox)) == 1


def test_after_the_replay_window_nothing_is_sent_again(sandbox: Sandbox, editor: User) -> None:
    write = lost_create(sandbox, editor)
    pass_time(sandbox, minutes=86)
    sandbox._idempotency.clear()  # As at Codat after 90 minutes: a repeat would create a second customer.
    for _ in range(3):
        check(write)
    assert (write.state, len(calls(sandbox)), len(pushes(sandbox))) == (State.UNKNOWN, 1, 1)
    assert len(decisions.evidence(write, default_service())) == 1


def test_a_clock_that_was_set_back_does_not_reopen_the_window(
    sandbox: Sandbox, editor: User
) -> None:
    write = lost_create(sandbox, editor)
    pass_time(sandbox, hours=-3)
    check(write)
    assert (write.state, len(calls(sandbox))) == (State.UNKNOWN, 1)


def test_a_timed_out_write_is_never_sent_again(sandbox: Sandbox, editor: User) -> None:
    write = sent(editor, write_request(sandbox, customerName="Lose me"))
    sandbox.settle()
    check(write)
    assert write.state == State.TIMED_OUT
    assert "may still have been made" in sentences.status(write).sentence
    assert named(sandbox, "Lose me")
    for _ in range(3):
        pass_time(sandbox, minutes=20)
        check(write)
    assert len(calls(sandbox)) == 1
