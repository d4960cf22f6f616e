"""Where a text is required, it has a visible character: blanks and characters without a glyph are none."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User

from customers.access.roles import Role
from customers.models import ApprovalRule, Note, ProblemNote, SavedView, TeamChannel
from customers.web import links
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.approvals import rule, waiting, write_of
from tests.support.people import person
from tests.support.problems import alive, company, only

pytestmark = pytest.mark.django_db

blank = pytest.mark.parametrize(
    "text", ["", " \t\r\n", "\u200b", "\u2800\u3164", "\u00ad", "\u202e\u2066", "\0"]
)
# Of an import's word that clears values: tests/spreadsheets/pages/test_import_buttons.py.


@pytest.fixture
def client(groups: None) -> RawPathClient:
    """The browser of an administrator."""
    client = RawPathClient()
    client.force_login(person("manager", Role.ADMINISTRATOR))
    return client


@blank
def test_a_note(editor_client: RawPathClient, text: str) -> None:
    url = links.notes("00000000-0000-0000-0000-000000000001")
    assert editor_client.post(url, {"action": "add", "text": text}).status_code == 422
    assert not Note.objects.exists()


@blank
def test_the_reason_of_a_mute(editor: User, editor_client: RawPathClient, text: str) -> None:
    alive()
    company(status="Unlinked")
    post = {"action": "mute", "reason": text}
    assert editor_client.post(f"/problems/{only(editor).key}/", post).status_code == 422
    assert not ProblemNote.objects.exclude(muted_at=None).exists()


@blank
def test_the_comment_of_a_returned_request(
    sandbox: Sandbox, editor: User, client: RawPathClient, text: str
) -> None:
    rule()
    approval = waiting(sandbox, editor)
    post = {"action": "return", "comment": text}
    assert client.post(links.approval(approval.pk), post).status_code == 422
    assert write_of(approval).state == "waiting"


@blank
def test_the_tag_of_a_rule(client: RawPathClient, text: str) -> None:
    for key, value in ((text, "gold"), ("tier", text)):
        post = {"companies": "tag", "tag_key": key, "tag_value": value, "fields_changed": "any"}
        assert client.post(links.approval_rules(), post).status_code == 422
    assert not ApprovalRule.objects.exists()


@blank
def test_the_name_of_a_channel(client: RawPathClient, text: str) -> None:
    post = {"action": "add", "name": text, "form": "slack", "url": "https://hooks.slack.com/a"}
    answer = client.post(links.channels(), post | {"kinds": "batch"})
    assert answer.status_code == 422
    assert not TeamChannel.objects.exists()


@blank
def test_the_name_of_a_view(viewer_client: RawPathClient, text: str) -> None:
    assert viewer_client.post("/views/new/", {"name": text}).status_code == 422
    assert not SavedView.objects.exists()
