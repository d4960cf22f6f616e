"""After success: the sync of Codat's copy, and what came back of what was sent."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from customers.codat.errors import BadRequest
from customers.models import Write
from customers.service import default_service
from customers.web import links
from customers.writes import tracking
from customers.writes.confirming import confirmation
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.journal import COMPANY, accepted, check, customer, named, pass_time

pytestmark = pytest.mark.django_db

State = Write.State


def refreshes(sandbox: Sandbox) -> list[Any]:
    """The calls that asked for a refresh."""
    return [call for call in sandbox.calls if "/data/queue/" in call.path]


def test_a_created_customer_gets_its_id_and_is_confirmed(sandbox: Sandbox, editor: User) -> None:
    write = accepted(sandbox, editor, phone="+44 1")
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
    assert len(sandbox.calls) == before  # There is no further call.


def test_the_progress_of_the_sync_is_stored_and_shown(
    sandbox: Sandbox, editor: User, editor_client: RawPathClient
) -> None:
    write = accepted(sandbox, editor)
    check(write)
    pull = sandbox.state(COMPANY).pulls[-1]
    pull["status"], pull["progress"] = "Mapping", 55

    check(write)

    assert (write.refresh_progress, write.refresh_status) == (55, "Mapping")
    Write.objects.update(
        checked_at=timezone.now()
    )  # However slow the machine is, the page makes no call.
    html = editor_client.get(links.write(write.company_id, write.pk)).content.decode()
    assert 'value="55"' in html
    assert "Processing, " in html
    assert len(refreshes(sandbox)) == 1


def test_a_running_sync_is_joined_and_one_that_misses_the_record_is_repeated(
    sandbox: Sandbox, editor: User
) -> None:
    write = accepted(sandbox, editor)
    default_service().refresh_customers(company_id=write.company_id)
    company = sandbox.state(COMPANY)
    hidden = {key: item for key, item in company.source.items() if key != write.customer_id}
    whole, company.source = (
        company.source,
        hidden,
    )  # The sync reads the records from before the write.

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
def test_a_change_that_three_syncs_do_not_show_is_reported(
    sandbox: Sandbox, editor: User, kind: str
) -> None:
    known = customer(sandbox) if kind == "update" else ""
    write = accepted(sandbox, editor, known, phone="+44 1 new")
    company = sandbox.state(COMPANY)
    company.source = dict(company.copy)  # The accounting software has lost the change.

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


def test_failed_syncs_confirm_nothing(sandbox: Sandbox, editor: User) -> None:
    write = accepted(sandbox, editor, customer(sandbox), phone="+44 1 new")
    sandbox.settings.refresh_outcome = "FetchError"

    for _ in range(4):
        check(write)
        sandbox.settle()
    assert (write.confirmation, len(refreshes(sandbox))) == (
        "waiting",
        1,
    )  # No second one immediately.
    for _ in range(8):
        check(write)
        sandbox.settle()
        pass_time(sandbox, minutes=2)

    assert write.refresh_status == "FetchError"
    assert (write.confirmation, write.differences) == ("absent", [])
    assert len(refreshes(sandbox)) == 3


def test_a_sync_that_codat_no_longer_has_counts_as_ended(sandbox: Sandbox, editor: User) -> None:
    write = accepted(sandbox, editor)
    check(write)
    sandbox.settle()
    sandbox.state(COMPANY).pulls.clear()
    check(write)
    assert write.confirmation == "confirmed"


def test_a_sync_that_never_ends_is_given_up(sandbox: Sandbox, editor: User) -> None:
    write = accepted(sandbox, editor)
    check(write)
    pass_time(sandbox, days=8)
    check(write)
    assert write.confirmation == "absent"
    assert not tracking.is_tracked(write)


def test_a_sync_that_is_always_refused_is_given_up(
    sandbox: Sandbox, editor: User, editor_client: RawPathClient
) -> None:
    write = accepted(sandbox, editor, customer(sandbox), phone="+44 1 new")
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
    assert "We stopped checking before Codat’s copy showed this change" in page
    assert "Not found" not in page


def test_an_old_step_does_not_undo_a_newer_one(sandbox: Sandbox, editor: User) -> None:
    """Of two processes at the end of one refresh, the slower one must not undo the next refresh."""
    write = accepted(sandbox, editor, customer(sandbox), phone="+44 1 new")
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


def test_dropped_and_reformatted_fields_are_named(sandbox: Sandbox, editor: User) -> None:
    known = customer(sandbox)
    write = accepted(sandbox, editor, known, phone="+44 (20) 7946-0000", emailAddress="a@b.example")
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


def test_a_created_id_without_an_address_does_not_stop_the_tracking(
    sandbox: Sandbox, editor: User
) -> None:
    write = accepted(sandbox, editor)
    Write.objects.filter(pk=write.pk).update(customer_id="..")
    for _ in range(8):
        check(write)
        sandbox.settle()
    assert write.confirmation == "absent"
