"""No way leads round the gate: each of them is tried, and whoever sends writes is named."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from customers.approvals import deciding
from customers.editing.save import Waits
from customers.editing.undo import undo
from customers.models import Approval, Draft, Write
from customers.service import default_service
from customers.web import links
from customers.writes import sending, tracking
from customers.writes.approving.gate import NotApproved
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.editing.test_save import change, new, saved, sent, target
from tests.support.approvals import approve, rule, waiting, write_of
from tests.support.journal import (
    calls,
    customer,
    journaled,
    lost_create,
    pass_time,
    write_request,
)
from tests.support.pages.controls import Controls, fields

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[2]
HTMX = {"HX-Request": "true"}


# -- who sends --------------------------------------------------------------------------------------

# The modules that name a function on the way to Codat. Another one needs a test below before it is added here.
SENDERS = {
    # `send` and `dispatch` claim one write; both end in `call_codat`, and that in the gate.
    "send": {"customers/editing/save.py"},
    "dispatch": {"customers/writes/tracking.py", "customers/approvals/sending_approved.py"},
    "call_codat": {"customers/batches/sending.py"},
    # The operations that write to Codat.
    "create": {"customers/writes/sending.py"},
    "update": {"customers/writes/sending.py"},
}


def _modules() -> Iterator[tuple[str, ast.Module]]:
    for path in (ROOT / "customers").rglob("*.py"):
        if "migrations" not in path.parts:
            yield str(path.relative_to(ROOT)), ast.parse(path.read_text())


def _imports(name: str) -> set[str]:
    """The modules that import a function of `writes/sending.py`, or the module itself."""
    found = set()
    for path, tree in _modules():
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module == "customers.writes.sending":
                found |= {path for alias in node.names if alias.name == name}
            if isinstance(node, ast.ImportFrom) and node.module == "customers.writes":
                found |= {path for alias in node.names if alias.name == "sending"}
            if isinstance(node, ast.Import):
                found |= {path for one in node.names if one.name == "customers.writes.sending"}
    return found


@pytest.mark.parametrize("name", ["send", "dispatch", "call_codat"])
def test_whoever_sends_a_write_is_named_here(name: str) -> None:
    assert _imports(name) == SENDERS[name]


@pytest.mark.parametrize("name", ["create", "update"])
def test_only_the_journal_calls_what_writes_to_codat(name: str) -> None:
    """`service.create(...)`, whatever the object is called: its arguments name it."""
    found = {
        path
        for path, tree in _modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == name
        and {"payload", "connection_id"} <= {word.arg for word in node.keywords}
    }
    assert found - {"customers/service.py"} == SENDERS[name]


# -- single changes ---------------------------------------------------------------------------------


def test_a_direct_call_of_the_use_case_waits(sandbox: Sandbox, editor: User) -> None:
    rule()
    assert isinstance(saved(change(sandbox, phone="1"), editor), Waits)
    assert isinstance(saved(new(sandbox, "New Ltd"), editor), Waits)
    assert not calls(sandbox)


def test_a_row_that_was_journaled_by_hand_does_not_pass(sandbox: Sandbox, editor: User) -> None:
    """Written straight into the table as if no rule had asked."""
    rule()
    write = journaled(editor, write_request(sandbox, customer(sandbox), phone="+44 1"))
    Approval.objects.all().delete()
    Write.objects.filter(pk=write.pk).update(state=Write.State.SENDING)
    sending.send(write, default_service())
    assert (write.state, write.sent_at) == (Write.State.FAILED, None)
    assert "needs approval by a second person" in write.error_message
    assert not calls(sandbox)


def test_what_waits_is_not_sent_by_asking_for_it(sandbox: Sandbox, editor: User) -> None:
    rule()
    write = write_of(waiting(sandbox, editor))
    sending.send(write, default_service())
    tracking.follow_or_repeat(write, default_service(), by="poll", at_once=True)
    with pytest.raises(NotApproved):
        sending.call_codat(write, default_service())
    assert write.state == Write.State.WAITING
    assert not calls(sandbox)


def test_an_approval_of_other_bytes_does_not_count(
    sandbox: Sandbox, editor: User, approver: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule()
    approval = waiting(sandbox, editor)
    monkeypatch.setattr(deciding, "send_approved", lambda *_: None)
    approve(approval, approver)
    write = write_of(approval)
    write.payload = write.payload.replace("+44 1", "+44 9")
    with pytest.raises(NotApproved):
        sending.call_codat(write, default_service())


@pytest.mark.parametrize(
    "of", ["force_update", "timeout_in_minutes", "connection_id", "customer_id"]
)
def test_nor_does_one_of_another_customer_or_other_options(
    sandbox: Sandbox, editor: User, approver: User, of: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule()
    approval = waiting(sandbox, editor)
    monkeypatch.setattr(deciding, "send_approved", lambda *_: None)
    approve(approval, approver)
    write = write_of(approval)
    setattr(write, of, {"force_update": True, "timeout_in_minutes": 5}.get(of, "other"))
    with pytest.raises(NotApproved):
        sending.call_codat(write, default_service())


def test_an_approval_in_the_name_of_an_author_does_not_count(
    sandbox: Sandbox, editor: User, approver: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The author of what it retries is one, too."""
    sandbox.faults.add("PUT", "status", status=400)
    first = sent(saved(change(sandbox, phone="+44 1"), approver))
    rule()
    monkeypatch.setattr(deciding, "send_approved", lambda *_: None)
    saved(replace(change(sandbox, phone="+44 2"), retry_of=first), editor)
    approval = Approval.objects.get()
    with pytest.raises(deciding.Refused):
        approve(approval, approver)
    Approval.objects.update(state="approved", decided_by=approver, decided_by_name="approver")
    Write.objects.filter(approval=approval).update(state=Write.State.QUEUED)
    with pytest.raises(NotApproved):
        sending.call_codat(write_of(approval), default_service())


def test_a_retry_waits(sandbox: Sandbox, editor: User) -> None:
    sandbox.faults.add("PUT", "status", status=400)
    first = sent(saved(change(sandbox, phone="+44 1"), editor))
    assert first.state == Write.State.FAILED
    rule()
    again = replace(change(sandbox, phone="+44 1"), retry_of=first)
    assert isinstance(saved(again, editor), Waits)
    assert len(calls(sandbox)) == 1


def test_an_undo_waits_and_its_undone_author_does_not_approve_it(
    sandbox: Sandbox, editor: User, approver: User
) -> None:
    write = sent(saved(change(sandbox, phone="+44 1"), approver))
    rule()
    one = target(sandbox, write.customer_id)
    outcome = undo(one, write, user=editor, service=default_service())
    assert isinstance(outcome, Waits)
    with pytest.raises(deciding.Refused):
        approve(Approval.objects.get(), approver)
    assert len(calls(sandbox)) == 1


def test_a_withdrawn_undo_can_be_asked_for_again(sandbox: Sandbox, editor: User) -> None:
    write = sent(saved(change(sandbox, phone="+44 1"), editor))
    rule()
    one = target(sandbox, write.customer_id)
    undo(one, write, user=editor, service=default_service())
    deciding.withdraw(Approval.objects.get(), editor)
    assert isinstance(undo(one, write, user=editor, service=default_service()), Waits)


def test_a_repeated_create_that_was_sent_before_the_rule_goes_on(
    sandbox: Sandbox, editor: User
) -> None:
    """It is the same request with the same key, which Codat may have accepted already."""
    write = lost_create(sandbox, editor)
    pass_time(sandbox, minutes=2)
    rule(made_at=timezone.now())
    write.refresh_from_db()
    tracking.follow_or_repeat(write, default_service(), by="poll", at_once=True)
    assert write.attempts == 2


def test_a_repeated_create_needs_the_approval_that_it_had(
    sandbox: Sandbox, editor: User, approver: User
) -> None:
    rule()
    saved(new(sandbox, "Lost Ltd"), editor)
    sandbox.faults.add("POST", "reset", handled=True)
    approval = approve(Approval.objects.get(), approver)
    write = write_of(approval)
    assert write.state == Write.State.UNKNOWN
    Approval.objects.update(state="void")
    pass_time(sandbox, minutes=2)
    write.refresh_from_db()
    before = len(calls(sandbox))
    tracking.follow_or_repeat(write, default_service(), by="poll", at_once=True)
    assert (write.state, write.attempts, len(calls(sandbox))) == (Write.State.UNKNOWN, 1, before)


def test_a_field_edited_in_its_place_waits(
    sandbox: Sandbox, editor_client: RawPathClient, editor: User
) -> None:
    rule()
    company, pk = sandbox.company("qbo"), customer(sandbox)
    url = f"{links.field(company, pk)}?path=phone"
    page = editor_client.get(url, headers=HTMX)
    html = page.content.decode().replace('class="field-edit"', 'id="form"', 1)
    typed = Controls(html).fields | {"f.phone": "+44 1", "action": "save"}
    answer = editor_client.post(url, typed, headers=HTMX)
    assert answer.status_code == 200
    assert "Waits for approval by a second person" in answer.content.decode()
    assert Write.objects.get().state == Write.State.WAITING
    assert not calls(sandbox)


def test_the_form_and_a_draft_that_is_continued_wait(
    sandbox: Sandbox, editor_client: RawPathClient, editor: User
) -> None:
    company, pk = sandbox.company("qbo"), customer(sandbox)
    url = links.edit(company, pk)
    typed = fields(editor_client.get(url)) | {"f.phone": "+44 1"}
    editor_client.post(links.draft(company, pk), typed)
    rule()
    draft = Draft.objects.get()
    page = editor_client.get(f"{url}?draft={draft.submission}")
    answer = editor_client.post(url, fields(page) | {"action": "save"})
    assert answer.status_code == 303
    shown = editor_client.get(answer["Location"]).content.decode()
    assert "This change waits for approval by a second person." in shown
    assert not Draft.objects.exists()
    assert not calls(sandbox)


def test_a_company_of_a_tag(sandbox: Sandbox, editor: User) -> None:
    company = default_service().get_company(company_id=sandbox.company("qbo"))
    tags = company.get("tags") or {}
    if not tags:
        pytest.skip("the sandbox's company has no tag")
    key, value = next(iter(tags.items()))
    rule(tag_key=key, tag_value=value)
    assert isinstance(saved(change(sandbox, phone="1"), editor), Waits)
