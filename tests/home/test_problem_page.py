"""The page of one problem, through the front door: what it consists of, what waits for it, and what ended."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from customers.codat.errors import BadRequest
from customers.home import notes
from customers.home.pages.problem_view import MAX_LISTED
from customers.home.problems import problems
from customers.models import Lease, Write
from customers.writes import journal
from tests.conftest import RawPathClient
from tests.support.problems import COMPANY, act, board, company, only, refused

pytestmark = pytest.mark.django_db

LINK = "https://link.codat.io/company/x"


def test_the_page_of_a_problem_lists_its_changes_and_their_author_sees_them(
    editor: User, editor_client: RawPathClient
) -> None:
    writes = [refused(editor) for _ in range(3)]
    html = editor_client.get(f"/problems/{only(editor).key}/").content.decode()
    for write in writes:
        assert f"/companies/{COMPANY}/writes/{write.pk}/" in html
        assert f"?write={write.pk}" in html
    assert not Write.objects.filter(seen_at=None).exists()
    assert len(board(editor).mine) == 1, "it is not resolved by that"
    assert 'id="resolve"' in html
    latest = re.search(r'name="latest" value="([^"]+)"', html)
    assert latest
    key = only(editor).key
    for text in ("", "yesterday", "2026-01-01"):
        assert act(editor_client, key, "resolve", latest=text) == 422
    refused(editor)
    answer = editor_client.post(
        f"/problems/{key}/", {"action": "resolve", "latest": latest[1]}, follow=True
    )
    assert "Marked as resolved. 1 newer change stays." in answer.content.decode()
    assert act(editor_client, key, "resolve", latest=timezone.now().isoformat()) == 303
    assert board(editor).mine == []


def test_what_waits_for_a_connection_has_its_page(
    editor: User, editor_client: RawPathClient
) -> None:
    for _ in range(2):
        refused(editor)
    key = only(editor).key
    notes.keep(problems())
    company(status="Deauthorized", link_url=LINK)
    connection = only(editor).key
    assert f'href="/problems/{key}/"' in (
        editor_client.get(f"/problems/{connection}/").content.decode()
    )
    html = editor_client.get(f"/problems/{key}/").content.decode()
    assert "2 changes were refused" in html
    assert f'It waits for another problem: <a href="/problems/{connection}/"' in html
    assert "There is nothing left to do." not in html
    assert act(editor_client, key, "resolve", latest=timezone.now().isoformat()) == 303
    assert "There is nothing left to do." in (
        editor_client.get(f"/problems/{key}/").content.decode()
    )


def test_what_a_problem_of_many_companies_stands_for_leads_to_it(
    editor: User, editor_client: RawPathClient
) -> None:
    company(findings=1)
    key = only(editor).key
    notes.keep(problems())
    for number in range(6):
        company(f"C{number}", company_id=f"c{number}", findings=1)
    assert editor_client.get(f"/problems/{key}/")["Location"] == "/problems/findings/"


def test_a_problem_that_one_does_not_see_is_not_said_to_have_ended(
    editor_client: RawPathClient, viewer_client: RawPathClient
) -> None:
    Lease.objects.all().delete()
    notes.keep(problems())
    assert editor_client.get("/problems/worker/").status_code == 200
    assert viewer_client.get("/problems/worker/").status_code == 404


def test_all_changes_are_resolved_or_the_button_says_how_many(
    editor: User, editor_client: RawPathClient
) -> None:
    for _ in range(MAX_LISTED + 1):
        refused(editor)
    html = editor_client.get(f"/problems/{only(editor).key}/").content.decode()
    assert ">Mark all 101 as resolved</button>" in html


def test_an_unknown_change_is_not_resolved_before_its_outcome(
    editor: User, editor_client: RawPathClient
) -> None:
    write = refused(editor, state=Write.State.UNKNOWN, completed_at=None)
    key = only(editor).key
    assert 'id="resolve"' not in editor_client.get(f"/problems/{key}/").content.decode()
    latest = write.created_at.isoformat()
    assert act(editor_client, key, "resolve", latest=latest) == 422
    journal.apply_error(write, BadRequest(status=400))
    assert [one.problem.kind.name for one in board(editor).mine] == ["refused"]
