"""The buttons of the page of a batch: who may press them, what they do, and once."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest
from django.contrib.auth.models import User

from customers.models import Batch, BatchStep, Write
from customers.web import links
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.batch_rows import batch_of
from tests.support.pages.batch_pages import (
    State,
    buttons,
    page,
    url_of,
)
from tests.support.people import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def company(sandbox: Sandbox) -> str:
    """The ID of a company."""
    return sandbox.company("qbo")


# -- buttons ----------------------------------------------------------------------------------------


def press(client: RawPathClient, batch: Batch, action: str, query: str = "", **more: str) -> Any:
    return client.post(url_of(batch, query), {"action": action, **more})


def test_a_batch_is_started_paused_resumed_and_cancelled(
    company: str, editor: User, editor_client: RawPathClient
) -> None:
    batch = batch_of(editor, company, "ready", checked=3)
    for action, state in (
        ("start", "running"),
        ("pause", "paused"),
        ("resume", "running"),
        ("cancel", "cancelled"),
    ):
        answer = press(editor_client, batch, action, "?state=queued&q=x&page=2")
        assert answer.status_code == 303
        assert answer["Location"] == url_of(batch, "?state=queued&q=x&page=2")
        batch.refresh_from_db()
        assert batch.state == state
    actions = BatchStep.objects.filter(batch=batch).values_list("action", flat=True)
    assert list(actions) == ["create", "start", "pause", "resume", "cancel"]


@pytest.mark.parametrize("action", ["start", "pause", "resume", "cancel"])
def test_a_button_pressed_twice_has_one_effect(
    action: str, company: str, editor: User, editor_client: RawPathClient
) -> None:
    before = {"start": "ready", "pause": "running", "resume": "paused", "cancel": "paused"}
    batch = batch_of(editor, company, before[action], queued=3)
    for _ in range(2):
        assert press(editor_client, batch, action).status_code == 303
    assert BatchStep.objects.filter(batch=batch, action=action).count() == 1


def test_two_people_pause_and_resume(
    company: str, editor: User, editor_client: RawPathClient
) -> None:
    """The second pause does not undo the first person's resume, since each button names what it does."""
    other_client = RawPathClient()
    other_client.force_login(person("other"))
    batch = batch_of(editor, company, "running", queued=3)
    press(editor_client, batch, "pause")
    press(other_client, batch, "pause")
    press(other_client, batch, "resume")
    press(editor_client, batch, "resume")
    batch.refresh_from_db()
    assert batch.state == State.RUNNING
    steps = BatchStep.objects.filter(batch=batch).values_list("action", "username")
    assert list(steps)[1:] == [("pause", "editor"), ("resume", "other")]


def test_cancelling_leaves_what_was_sent(
    company: str, editor: User, editor_client: RawPathClient
) -> None:
    batch = batch_of(editor, company, "running", queued=2, sent=1)
    press(editor_client, batch, "cancel")
    found = Write.objects.filter(batch=batch).order_by("position").values_list("state", flat=True)
    assert list(found) == ["not_sent", "not_sent", "pending"]


@pytest.mark.parametrize("action", ["start", "pause", "resume", "cancel", "retry", "undo"])
def test_only_who_may_write_may_press(
    action: str,
    company: str,
    editor: User,
    viewer_client: RawPathClient,
    outsider_client: RawPathClient,
    anonymous_client: RawPathClient,
) -> None:
    batch = batch_of(editor, company, "running", queued=2)
    assert press(viewer_client, batch, action).status_code == 403
    assert press(outsider_client, batch, action).status_code == 403
    assert press(anonymous_client, batch, action).status_code == 302
    assert outsider_client.get(url_of(batch)).status_code == 403
    batch.refresh_from_db()
    assert batch.state == State.RUNNING


def test_a_batch_of_another_company_is_not_found(
    company: str, sandbox: Sandbox, editor: User, editor_client: RawPathClient
) -> None:
    batch = batch_of(editor, company, "running", queued=2)
    url = links.batch(sandbox.company("xero"), batch.pk)
    assert editor_client.get(url).status_code == 404
    assert editor_client.post(url, {"action": "cancel"}).status_code == 404
    assert (
        editor_client.get(links.batch_row(sandbox.company("xero"), batch.pk, 1)).status_code == 404
    )


def test_an_unknown_button_does_nothing(
    company: str, editor: User, editor_client: RawPathClient
) -> None:
    answer = press(editor_client, batch_of(editor, company, "running", queued=2), "explode")
    assert answer.status_code == 409
    assert "no such button" in answer.content.decode()


@pytest.mark.parametrize(("action", "total"), [("retry", 4), ("undo", 3)])
def test_the_end_makes_a_new_batch_once(
    action: str,
    total: int,
    company: str,
    sandbox: Sandbox,
    editor: User,
    editor_client: RawPathClient,
) -> None:
    batch = batch_of(
        editor,
        company,
        "done",
        confirmed=3,
        refused=2,
        not_sent=1,
        timed_out=1,
        invalid=1,
        left_out=1,
    )
    Batch.objects.filter(pk=batch.pk).update(connection_id=sandbox.connection("qbo"))
    html = page(editor_client, batch)
    assert buttons(html)[action] == f"{action.title()} {total}"
    submission = re.search(r'name="submission" value="([^"]+)"', html)
    assert submission
    answers = [press(editor_client, batch, action, submission=submission[1]) for _ in range(2)]
    made = Batch.objects.get(source=batch)
    assert {answer["Location"] for answer in answers} == {url_of(made)}
    assert (made.kind, made.total, made.state) == (action, total, "preparing")


def test_without_the_connection_nothing_is_retried(
    company: str, editor: User, editor_client: RawPathClient
) -> None:
    batch = batch_of(editor, company, "done", refused=2)
    answer = press(editor_client, batch, "retry", submission=str(uuid.uuid4()))
    assert answer.status_code == 409
    assert "connection was replaced" in answer.content.decode()
    assert not Batch.objects.filter(source=batch).exists()


def test_while_codat_is_away_nothing_is_retried(
    company: str, sandbox: Sandbox, editor: User, editor_client: RawPathClient, no_waiting: None
) -> None:
    batch = batch_of(editor, company, "done", refused=2)
    sandbox.faults.add(".", "status", status=500, count=-1)
    answer = press(editor_client, batch, "retry", submission=str(uuid.uuid4()))
    assert answer.status_code >= 500
    assert "Codat returned an error" in answer.content.decode()
    assert "Retry 2" in answer.content.decode()
