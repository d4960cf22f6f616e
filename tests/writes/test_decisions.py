"""What a person decides about an unknown change, and the evidence for it."""

from __future__ import annotations

import re
import uuid

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from customers.models import Write
from customers.service import default_service
from customers.web import links
from customers.writes import decisions
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.journal import (
    check,
    customer,
    edit_customer,
    journal_row,
    pass_time,
    pushes,
    sent,
    write_request,
)

pytestmark = pytest.mark.django_db

State = Write.State


def test_evidence_is_found_behind_many_later_writes_and_is_for_this_customer(
    sandbox: Sandbox, editor: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decisions, "HISTORY_PAGE_SIZE", 20)
    one, other = customer(sandbox, 0), customer(sandbox, 1)
    sandbox.faults.add("PUT", "reset", handled=True)
    write = sent(editor, write_request(sandbox, one, phone="1"))
    for number in range(60):
        sent(editor, write_request(sandbox, other, phone=f"{number}"))
    pass_time(sandbox, hours=3)
    stranger = dict(pushes(sandbox)[0], pushOperationKey="elsewhere", changes=[
        {"type": "Modified", "recordRef": {"id": other, "dataType": "customers"}}])  # fmt: skip
    pushes(sandbox).append(stranger)
    write.refresh_from_db()

    (found,) = decisions.evidence(write, default_service())

    assert found.operation["pushOperationKey"] == pushes(sandbox)[0]["pushOperationKey"]
    sandbox.settle()
    assert decisions.evidence(write, default_service())[0].same_customer


def test_an_interrupted_link_is_continued(sandbox: Sandbox, editor: User) -> None:
    sandbox.faults.add("PUT", "reset", handled=True)
    write = sent(editor, write_request(sandbox, customer(sandbox), phone="1"))
    key = pushes(sandbox)[0]["pushOperationKey"]
    Write.objects.filter(pk=write.pk).update(push_operation_key=key)
    sandbox.settle()
    assert check(write).state == State.SUCCESS


def test_viewers_may_look_but_not_decide(
    company: str, editor: User, viewer_client: RawPathClient
) -> None:
    write = journal_row(company, editor, state=Write.State.UNKNOWN)
    url = links.write(company, write.pk)
    assert viewer_client.get(url).status_code == 200
    assert viewer_client.post(url, {"decision": "not_received"}).status_code == 403
    write.refresh_from_db()
    assert write.state == Write.State.UNKNOWN


def test_a_page_that_needs_a_decision_does_not_poll(
    company: str, viewer_client: RawPathClient, editor: User
) -> None:
    write = journal_row(company, editor, state=Write.State.UNKNOWN, sent_at=timezone.now())
    page = viewer_client.get(links.write(company, write.pk)).content.decode()
    assert "<h3>Codat’s history</h3>" in page
    assert not re.search(r'<div id="write"[^>]*hx-trigger="every', page)
    assert "We keep checking" not in page
    assert "Check now" in page


def test_a_decision_that_is_refused_says_why(
    company: str, editor_client: RawPathClient, sandbox: Sandbox
) -> None:
    sandbox.faults.add("PUT", "reset", handled=True)
    write = edit_customer(editor_client, company)
    url = links.write(company, write.pk)
    sandbox.state("qbo").pushes[-1]["dataConnectionKey"] = str(uuid.uuid4())
    key = sandbox.state("qbo").pushes[-1]["pushOperationKey"]
    answer = editor_client.post(url, {"decision": "linked", "key": key})
    assert answer.status_code == 404
    text = answer.content.decode()
    assert (
        "Your decision was not saved. This operation belongs to another connection, time or customer."
        in text
    )
    assert "The check failed" not in text
