"""The journal's own work gives way: to people, near the end of the quota, and to an open circuit."""

from __future__ import annotations

from contextlib import suppress

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command

from customers.codat.errors import CircuitOpen, Reserved, Unavailable
from customers.codat.http.quota import background
from customers.models import Write
from customers.service import default_service
from customers.writes import tracking
from sandbox import Sandbox
from tests.support.journal import sent, write_request

pytestmark = pytest.mark.django_db


def test_settle_writes_leaves_the_quota_reserve_to_people(sandbox: Sandbox, editor: User) -> None:
    write = sent(editor, write_request(sandbox))
    sandbox.settle()
    Write.objects.update(checked_at=write.created_at.replace(year=2020))
    sandbox.settings.daily_quota = 20
    with background(), suppress(Reserved):
        for _ in range(50):
            default_service().ping()
    sandbox.clear_calls()

    call_command("settle_writes")

    write.refresh_from_db()
    assert write.state == Write.State.PENDING
    assert not sandbox.calls
    tracking.follow_or_repeat(write, default_service(), by="poll")  # a person's page goes on
    assert write.state == Write.State.SUCCESS


def test_a_repeat_stopped_by_an_open_circuit_is_no_attempt(sandbox: Sandbox, editor: User) -> None:
    sandbox.faults.add("POST", "reset", count=1)
    write = sent(editor, write_request(sandbox))
    assert write.state == Write.State.UNKNOWN
    before = (write.attempts, write.error_message, write.status_code)
    sandbox.faults.add("GET", "status", status=500, count=-1)
    with suppress(CircuitOpen):
        for _ in range(50):
            with suppress(Unavailable):
                default_service().get_data_status(company_id=write.company_id)
    sandbox.clear_calls()

    tracking.follow_or_repeat(write, default_service(), by="poll")

    assert not [call for call in sandbox.calls if call.method == "POST"]
    assert write.state == Write.State.UNKNOWN
    assert (write.attempts, write.error_message, write.status_code) == before
