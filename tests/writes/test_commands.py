"""`settle_writes` and `forget_payloads`, as cron runs them."""

import json
import uuid
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.utils import timezone
from pytest_django import Settings

from customers.models import Draft, WebhookEvent, Write
from customers.service import default_service
from customers.worker import forgetting
from customers.writes import following, sentences, tracking
from sandbox import Sandbox
from tests.support.journal import (
    COMPANY,
    calls,
    codat_is_back,
    customer,
    journaled,
    pass_time,
    pushes,
    sent,
    settle,
    write_request,
)

pytestmark = pytest.mark.django_db

State = Write.State


def run(name: str, **options: Any) -> str:
    """Run a command; returns what it prints."""
    out = StringIO()
    call_command(name, stdout=out, **options)
    return out.getvalue()


def event(body: str = "{}", age: timedelta = timedelta(0), kind: str = "x") -> WebhookEvent:
    """An event that is not processed yet."""
    return WebhookEvent.objects.create(
        webhook_id=str(uuid.uuid4()),
        event_type=kind,
        body=body,
        received_at=timezone.now() - age,
    )


# -- settle_writes ----------------------------------------------------------------------------------


def test_only_writes_that_are_due_are_checked(sandbox: Sandbox, editor: User) -> None:
    write = sent(editor, write_request(sandbox))
    pass_time(sandbox, seconds=5)
    settle()
    asked = len(sandbox.calls)
    settle()
    assert len(sandbox.calls) == asked
    pass_time(sandbox, days=30)  # Desktop software that is switched off: checked once an hour.
    settle()
    pass_time(sandbox, minutes=50)
    settle()
    assert len(sandbox.calls) == asked + 1
    pass_time(sandbox, minutes=10)
    settle()
    assert len(sandbox.calls) == asked + 2
    write.refresh_from_db()
    assert write.state == State.PENDING


def test_writes_without_progress_do_not_hold_up_the_others(sandbox: Sandbox, editor: User) -> None:
    sandbox.faults.add("PUT", "reset", count=4)
    for number in range(4):
        sent(editor, write_request(sandbox, customer(sandbox), phone=f"{number}"))
    fine = sent(editor, write_request(sandbox))
    sandbox.settle()
    for _ in range(3):
        pass_time(sandbox, minutes=11)
        run("settle_writes", limit=2)
    fine.refresh_from_db()
    assert fine.state == State.SUCCESS


def test_a_malformed_row_does_not_stop_the_others(sandbox: Sandbox, editor: User) -> None:
    broken = sent(editor, write_request(sandbox, customerName="One"))
    fine = sent(editor, write_request(sandbox, customerName="Two"))
    unread = event("not JSON: nothing of ours writes this")
    sandbox.settle()
    pass_time(sandbox, minutes=1)
    settle()
    pass_time(sandbox, minutes=1)
    settle()
    sandbox.settle()
    Write.objects.filter(pk=broken.pk).update(payload="not JSON either")
    pass_time(sandbox, minutes=1)

    assert "1 not answered" in run("settle_writes")
    assert unread.pk in WebhookEvent.objects.exclude(processed_at=None).values_list("pk", flat=True)

    fine.refresh_from_db()
    broken.refresh_from_db()
    assert fine.confirmation == "confirmed"
    assert broken.confirmation == "waiting"


def test_a_run_stops_early_while_codat_does_not_answer(
    sandbox: Sandbox, editor: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "FEW", 12)  # One by one.
    rows = [sent(editor, write_request(sandbox, customerName=f"{number}")) for number in range(12)]
    sandbox.settle()
    pass_time(sandbox, minutes=1)
    sandbox.clear_calls()
    sandbox.faults.add("GET", "status", status=500, count=-1)

    assert "stopped early" in run("settle_writes")

    assert len(sandbox.calls) == 5
    assert Write.objects.filter(state=State.PENDING).count() == len(rows)
    codat_is_back(sandbox)
    settle()  # The rows that the first run did not reach are due.
    assert Write.objects.filter(state=State.SUCCESS).count() == 7


def test_events_left_over_are_processed_once_and_very_old_ones_never(
    sandbox: Sandbox, editor: User
) -> None:
    new, old = event(), event(age=timedelta(hours=29))
    settle()
    new.refresh_from_db()
    old.refresh_from_db()
    assert new.processed_at is not None
    assert old.processed_at is None


def test_events_that_codat_refuses_do_not_stop_the_others(sandbox: Sandbox, editor: User) -> None:
    rows = [sent(editor, write_request(sandbox, customerName=f"{number}")) for number in range(6)]
    sandbox.settle()
    for number, write in enumerate(rows):
        said = {"id": write.push_operation_key, "referenceCompany": {"id": write.company_id}}
        event(
            json.dumps({"payload": said}),
            age=timedelta(minutes=10 - number),
            kind="customers.write.successful",
        )
    for write in rows[:5]:
        sandbox.faults.add(
            f"GET .*/push/{write.push_operation_key}", "status", status=403, count=-1
        )

    assert "stopped early" not in run("settle_writes")

    assert WebhookEvent.objects.latest("received_at").processed_at is not None


def test_an_operation_that_codat_no_longer_has_times_out(sandbox: Sandbox, editor: User) -> None:
    write = sent(editor, write_request(sandbox))
    pushes(sandbox).clear()
    pass_time(sandbox, hours=23)
    settle()
    write.refresh_from_db()
    assert write.state == State.PENDING  # The operation may still appear.
    pass_time(sandbox, hours=2)
    settle()
    write.refresh_from_db()
    assert write.state == State.TIMED_OUT
    assert write.error_message == "Codat no longer has this change."
    assert write.settled_by == "expiry"
    assert not tracking.is_tracked(write)


# -- forget_payloads --------------------------------------------------------------------------------


@pytest.fixture
def one_of_each(sandbox: Sandbox, editor: User) -> dict[str, Write]:
    """A write in each state, all two years old."""
    cases: dict[str, dict[str, Any]] = {
        "sending": {"state": State.SENDING},
        "pending": {"state": State.PENDING},
        "unknown": {"state": State.UNKNOWN},
        "failed": {"state": State.FAILED},
        "timed_out": {"state": State.TIMED_OUT},
        "waiting": {"state": State.SUCCESS, "confirmation": "waiting"},
        "confirmed": {"state": State.SUCCESS, "confirmation": "confirmed"},
        "differs": {"state": State.SUCCESS, "confirmation": "differs"},
        "absent": {"state": State.SUCCESS, "confirmation": "absent"},
    }
    rows = {}
    for name, values in cases.items():
        write = journaled(editor, write_request(sandbox, customer(sandbox), phone="secret"))
        Write.objects.filter(pk=write.pk).update(
            created_at=timezone.now() - timedelta(days=730),
            validation=[{"itemId": "x", "message": "secret", "validatorName": ""}],
            differences=[{"label": "x", "what": "dropped", "sent": "secret", "read": ""}],
            error_message="secret",
            **values,
        )
        rows[name] = write
    return rows


@pytest.mark.parametrize("piece", [1, 4, 500])
def test_old_writes_are_emptied_and_nothing_is_awaited_of_them(
    one_of_each: dict[str, Write],
    sandbox: Sandbox,
    editor: User,
    monkeypatch: pytest.MonkeyPatch,
    piece: int,
) -> None:
    monkeypatch.setattr(forgetting, "PIECE", piece)
    new = journaled(editor, write_request(sandbox, phone="secret"))

    assert run("forget_payloads").startswith("9 writes emptied")

    for name, write in one_of_each.items():
        known = write.username, write.company_id, write.customer_id, write.submission
        write.refresh_from_db()
        text = f"{write.payload}{write.before}{write.validation}{write.differences}"
        text += f"{write.error_message}{write.warnings}{write.customer_name}{write.merged}"
        assert "secret" not in text, name
        assert write.forgotten_at is not None
        assert not tracking.is_tracked(write)
        if name in ("pending", "unknown"):
            assert (write.state, write.settled_by) == (State.TIMED_OUT, "expiry")
        if name in ("sending", "pending", "unknown"):
            assert write.completed_at is not None
        expected = {"sending": "Not sent", "waiting": "Accepted · not checked"}
        assert sentences.summary(write).label == expected.get(name, sentences.summary(write).label)
        assert known == (write.username, write.company_id, write.customer_id, write.submission)
    new.refresh_from_db()
    assert "secret" in new.payload
    assert new.state == State.SENDING
    assert run("forget_payloads").startswith("0 writes emptied")


def test_drafts_of_disabled_accounts_and_of_saved_forms_are_deleted(
    sandbox: Sandbox, editor: User, viewer: User
) -> None:
    saved = journaled(editor, write_request(sandbox))
    viewer.is_active = False
    viewer.save()
    for user, submission in (
        (editor, uuid.uuid4()),
        (editor, saved.submission),
        (viewer, uuid.uuid4()),
    ):
        Draft.objects.create(submission=submission, user=user, body="x")
    assert "2 drafts" in run("forget_payloads")
    assert Draft.objects.get().user == editor


def test_a_waiting_write_is_not_confirmed_because_its_values_were_deleted(
    one_of_each: dict[str, Write], sandbox: Sandbox
) -> None:
    """Without the sent values every record would look confirmed."""
    write = one_of_each["waiting"]
    run("forget_payloads")
    for _ in range(3):
        write.refresh_from_db()
        tracking.follow_or_repeat(write, default_service(), by="cron")
        sandbox.settle()
    assert write.confirmation != "confirmed"


@pytest.mark.parametrize(("days", "left"), [(365, 3), (30, 2), (0, 1)])
def test_old_drafts_are_deleted_and_events_stay_while_they_may_be_redelivered(
    editor: User, settings: Settings, days: int, left: int
) -> None:
    settings.KEEP_PAYLOADS_DAYS = days
    for age in (timedelta(hours=40), timedelta(days=10), timedelta(days=100)):
        event(age=age)
        Draft.objects.create(
            submission=uuid.uuid4(), user=editor, body="x", updated_at=timezone.now() - age
        )
    run("forget_payloads")
    assert WebhookEvent.objects.count() == left
    assert Draft.objects.count() == (left if days else 0)


def test_deleting_values_sends_nothing(one_of_each: dict[str, Write], sandbox: Sandbox) -> None:
    run("forget_payloads")
    assert not calls(sandbox)
    assert not pushes(sandbox)
    assert sandbox.state(COMPANY).pulls == []
