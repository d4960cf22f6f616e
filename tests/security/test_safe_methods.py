"""GET, HEAD and OPTIONS at every address, as everybody: nothing is sent to the books, and nothing is decided."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.urls import URLPattern
from django.utils import timezone

from customers.models import (
    Batch,
    BatchRow,
    BatchStep,
    Draft,
    Export,
    Note,
    Owner,
    Preferences,
    WebhookEvent,
    Write,
)
from customers.urls import urlpatterns
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.batch_rows import batch_of
from tests.support.journal import (
    accepted,
    customer,
    journal_row,
    lost_create,
    pass_time,
    sent,
    write_request,
)

pytestmark = pytest.mark.django_db

METHODS = ("GET", "HEAD", "OPTIONS")
ROLES = ("anonymous_client", "outsider_client", "viewer_client", "editor_client")
# Tables that no visit changes.
UNTOUCHED = (Draft, WebhookEvent, Batch, BatchRow, BatchStep, Export, Note, Owner)
# What a GET may record: what Codat says of a write, that its person has seen it, and the columns that the database
# generates from these.
READ = {
    "state", "push_operation_key", "requested_at", "completed_at", "status_code", "error_message", "validation",
    "warnings", "settled_by", "checks", "checked_at", "confirmation", "confirmed_at", "refresh_id", "refresh_asked_at",
    "refresh_progress", "refresh_status", "refreshes", "differences", "seen_at", "customer_id",
    "is_pending", "needs_attention", "is_problem",
}  # fmt: skip


@pytest.fixture
def writes(sandbox: Sandbox, editor: User) -> list[Write]:
    """A write in each state that a visit may move on, all of them due."""
    never = lost_create(sandbox, editor, handled=False)
    arrived = lost_create(sandbox, editor, handled=True)
    pending = sent(editor, write_request(sandbox))
    waiting = accepted(sandbox, editor, customerName="Accepted Ltd")
    company = sandbox.company("qbo")
    old = timezone.now() - timedelta(hours=1)
    interrupted = [
        journal_row(company, editor, state=Write.State.SENDING, created_at=old, sent_at=sent_at)
        for sent_at in (None, old)
    ]
    failed = journal_row(company, editor, state=Write.State.FAILED, completed_at=old)
    Draft.objects.create(
        user=editor, submission=uuid.uuid4(), company_id=company, connection_id="c", body="a=b"
    )
    batch = batch_of(editor, company, "ready", invalid=1, checked=1)
    Batch.objects.filter(pk=batch.pk).update(connection_id=sandbox.connection("qbo"))
    BatchRow.objects.filter(batch=batch, position=1).update(customer_id=customer(sandbox))
    pass_time(sandbox, seconds=30)
    return [never, arrived, pending, waiting, *interrupted, failed]


def addresses(pattern: URLPattern, sandbox: Sandbox, writes: list[Write]) -> Iterator[str]:
    """The pattern's addresses: of a customer with attachments, of each write, with what a query may ask for."""
    route = "/" + str(pattern.pattern)
    company = "qbo" if "writes" in route or "batch_id" in route else "files"
    route = route.replace("<company:company_id>", sandbox.company(company))
    route = route.replace("<id:customer_id>", "one").replace("<id:attachment_id>", "only")
    route = route.replace("<int:position>", "1").replace("<slug:key>", "failed")
    route = route.replace("<int:pair_id>", "1")
    route = route.replace("<int:person_id>", "1").replace("<str:token>", "none")
    route = route.replace("<slug:kind>", "customer").replace("<id:subject_id>", "one")
    for name in ("export_id", "import_id", "notice_id", "approval_id"):
        route = route.replace(f"<uuid:{name}>", str(uuid.uuid4()))
    if "<uuid:batch_id>" in route:
        batch = Batch.objects.get()
        route = route.replace("<uuid:batch_id>", str(batch.pk))
    for write in writes if "<uuid:write_id>" in route else writes[:1]:
        url = route.replace("<uuid:write_id>", str(write.pk)).replace("<int:view_id>", "1")
        assert "<" not in url, f"give {url} a value"
        yield url
        yield f"{url}?check=1&action=send&decision=not_received&fresh=1"
        if "batches" in url:
            yield f"{url}?action=start&action=leave_out&saved=1"


def rows(model: Any) -> dict[object, dict[str, object]]:
    return {row["pk"]: row for row in model.objects.values("pk", *_columns(model))}


def _columns(model: Any) -> list[str]:
    return [field.attname for field in model._meta.concrete_fields]


def changed_columns(before: dict[object, dict[str, object]]) -> set[str]:
    after = rows(Write)
    assert after.keys() == before.keys()
    return {name for pk, row in after.items() for name in row if row[name] != before[pk][name]}


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("method", METHODS)
def test_a_safe_method_sends_and_decides_nothing(
    method: str,
    role: str,
    sandbox: Sandbox,
    writes: list[Write],
    request: pytest.FixtureRequest,
) -> None:
    client: RawPathClient = request.getfixturevalue(role)
    before, others = rows(Write), [rows(model) for model in UNTOUCHED]
    sandbox.clear_calls()
    for pattern in urlpatterns:
        assert isinstance(pattern, URLPattern)
        for url in addresses(pattern, sandbox, writes):
            answer = client.generic(method, url)
            if answer.streaming:
                b"".join(answer.streaming_content)  # ends, and closes, the transfer

    unsafe = [call for call in sandbox.calls if call.method != "GET"]
    # A sync only reads, so a viewer may start one.
    assert {call.path.rpartition("/")[0][-10:] for call in unsafe} <= {"data/queue"}
    assert [rows(model) for model in UNTOUCHED] == others
    # Beside that a visit records which company its person used.
    visits = [
        (company_id, preferences.user.get_username())
        for preferences in Preferences.objects.select_related("user")
        for company_id, _ in preferences.recent_companies
    ]
    if method != "GET" or role in ROLES[:2]:
        assert visits == []
    else:
        assert visits == [(sandbox.company("files"), role.removesuffix("_client"))]
    if method != "GET" or role in ROLES[:2]:
        assert unsafe == []
        assert changed_columns(before) == set()
    else:
        assert changed_columns(before) <= READ
        assert "state" in changed_columns(before), "the walk reaches the pages that follow a write"


def test_a_viewers_head_on_an_unknown_create_sends_nothing(
    sandbox: Sandbox, editor: User, viewer_client: RawPathClient
) -> None:
    write = lost_create(sandbox, editor, handled=False)
    pass_time(sandbox, seconds=30)
    sandbox.clear_calls()
    assert (
        viewer_client.head(f"/companies/{write.company_id}/writes/{write.pk}/").status_code == 200
    )
    assert sandbox.calls == []


def test_sending_again_takes_a_person_who_may_write(
    sandbox: Sandbox, editor: User, viewer_client: RawPathClient, editor_client: RawPathClient
) -> None:
    write = lost_create(sandbox, editor, handled=False)
    url = f"/companies/{write.company_id}/writes/{write.pk}/"
    assert "Send again now" not in viewer_client.get(url).content.decode()
    sandbox.clear_calls()
    assert viewer_client.post(url, {"action": "send"}).status_code == 403
    assert [call for call in sandbox.calls if call.method == "POST"] == []
    assert "Send again now" in editor_client.get(url).content.decode()
    assert editor_client.post(url, {"action": "send"}).status_code == 302
    write.refresh_from_db()
    assert (write.state, write.attempts) == (Write.State.PENDING, 2)
