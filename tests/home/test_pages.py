"""The home page and the page of a problem, through the front door."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.utils import timezone

from customers.access import people
from customers.access.roles import Role
from customers.home import notes
from customers.home.problems import problems
from customers.models import CompanyState, Draft, Grant, ProblemNote, ProblemSnooze
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.people import person
from tests.support.problems import (
    HTMX,
    act,
    board,
    company,
    in_frame,
    numbers,
    only,
    refused,
    rows,
)

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
LINK = "https://link.codat.io/company/x"


def page(client: RawPathClient, query: str = "", **headers: str) -> str:
    answer = client.get(f"/{query}", headers=headers)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_every_number_of_the_page_equals_its_list(
    editor: User, editor_client: RawPathClient
) -> None:
    refused(editor)
    refused(person("colleague"), "Another reason")
    for number in range(12):
        company(f"C{number}", company_id=f"c{number}", status="Unlinked", broken_at=timezone.now())
    notes.mute(board(editor).mine[-1].problem, editor, "known")
    notes.snooze(board(editor).mine[-1].problem, editor, timezone.now() + DAY)
    cache.clear()
    shown = numbers(page(editor_client))
    assert shown == {"mine": 11, "team": 12, "snoozed": 1, "muted": 1, "resolved": 0}
    for name in ("mine", "team", "snoozed", "muted"):
        html = page(editor_client, f"?show={name}")
        assert rows(html) == shown[name]
        assert in_frame(html) == shown["mine"]
    assert in_frame(editor_client.get("/settings/").content.decode()) == shown["mine"]
    assert in_frame(editor_client.get("/writes/badge/").content.decode()) == shown["mine"]


def test_the_number_in_the_frame_follows_ones_own_changes_at_once(
    editor: User, editor_client: RawPathClient
) -> None:
    assert in_frame(editor_client.get("/settings/").content.decode()) == 0
    refused(editor)
    assert in_frame(editor_client.get("/settings/").content.decode()) == 1


def test_no_call_to_codat(sandbox: Sandbox, editor: User, editor_client: RawPathClient) -> None:
    refused(editor, company_id=sandbox.company("xero"))
    company(company_id=sandbox.company("xero"))
    page(editor_client)
    editor_client.get(f"/problems/{only(editor).key}/")
    assert sandbox.calls == []


def test_the_first_action_alone_is_primary(editor: User, editor_client: RawPathClient) -> None:
    refused(editor)
    company(status="Unlinked", company_id="c2", link_url=LINK)
    main = page(editor_client).partition("<main")[2]
    assert len(re.findall(r'class="[^"]*\bprimary\b', main)) == 1


def test_the_link_for_the_company_is_copied_or_shown(editor_client: RawPathClient) -> None:
    company(status="Deauthorized", link_url=LINK)
    html = page(editor_client)
    assert f'data-copy-text="{LINK}"' in html
    url = re.search(r'<noscript><a class="button" href="(/problems/[^"]+)#link">', html)
    assert url
    assert LINK in editor_client.get(url[1]).content.decode()


def test_companies_trouble_first_and_found_by_what_they_are(editor_client: RawPathClient) -> None:
    company("Alpha", company_id="a", search="alpha\nregion=uk region: uk\nxero\na parent")
    company("Beta", company_id="b", search="beta", last_sync=timezone.now() - 600 * DAY)
    company("Gamma", company_id="c", search="gamma", status="Unlinked")
    html = page(editor_client).partition('id="home-companies"')[2]
    assert re.findall(r'id="company-\d+" dir="auto">(\w+)<', html) == ["Gamma", "Beta", "Alpha"]
    assert "20 months ago" in html
    for text in ("ALPHA", "region=uk", "parent xero", "álpha"):
        html = page(editor_client, f"?q={text}").partition('id="home-companies"')[2]
        assert re.findall(r'id="company-\d+" dir="auto">(\w+)<', html) == ["Alpha"], text
    assert "No company matches" in page(editor_client, "?q=nothing")


def test_the_search_answers_with_the_companies_alone(editor_client: RawPathClient) -> None:
    company("Alpha", search="alpha")
    answer = editor_client.get("/?q=alp", headers=HTMX | {"HX-Target": "home-companies"})
    html = answer.content.decode()
    assert html.lstrip().startswith('<div id="home-companies"')
    assert answer["HX-Replace-Url"] == "/?q=alp"
    poll = editor_client.get(
        "/?q=alp", headers=HTMX | {"HX-Trigger": "home-board"}
    ).content.decode()
    assert 'id="home-companies" class="results" hx-swap-oob="true"' in poll
    assert 'id="home-entry" hx-swap-oob="true"' in poll
    assert "<html" not in poll


def test_a_long_list_of_companies_says_how_many(editor_client: RawPathClient) -> None:
    for number in range(20):
        company(f"C{number:02}", company_id=f"c{number}")
    html = page(editor_client)
    assert "Showing 15 of 20 companies" in html
    assert len(re.findall(r'id="company-\d+"', page(editor_client, "?rows=all"))) == 20


def test_of_more_companies_than_a_page_lists_no_link_leads_to_the_same_page(
    monkeypatch: pytest.MonkeyPatch, editor_client: RawPathClient
) -> None:
    for number in range(20):
        company(f"C{number:02}", company_id=f"c{number}")
    for module in ("companies", "pages.board_context"):
        monkeypatch.setattr(f"customers.home.{module}.MANY", 17)
    html = page(editor_client)
    assert "Showing 15 of 20 companies" in html
    assert ">Show 17</a>" in html
    html = page(editor_client, "?rows=all")
    assert "Showing 17 of 20 companies" in html
    assert 'id="all-companies"' not in html
    assert "The search above finds the others." in html


def test_nothing_to_do_and_nothing_known(editor_client: RawPathClient) -> None:
    html = page(editor_client)
    for text in ("Nothing needs your attention", "No companies yet", "has not counted them yet"):
        assert text in html
    for name in ("team", "snoozed", "muted", "resolved", "nonsense"):
        page(editor_client, f"?show={name}")


def test_what_was_resolved_is_below_the_list(editor: User, editor_client: RawPathClient) -> None:
    company(status="Unlinked")
    notes.keep(problems())
    CompanyState.objects.update(status="Linked")
    html = page(editor_client)
    assert "Resolved <time" in html
    assert "Bluebell Bakery Group is not connected" in html
    key = ProblemNote.objects.get().key
    ended = editor_client.get(f"/problems/{key}/")
    assert ended.status_code == 200
    assert "There is nothing left to do." in ended.content.decode()


def test_drafts_are_one_link(sandbox: Sandbox, editor: User, editor_client: RawPathClient) -> None:
    for _ in range(3):
        Draft.objects.create(
            user=editor, submission=uuid.uuid4(), company_id="c", connection_id="c", body=""
        )
    assert ">3 drafts</a>" in page(editor_client)


# -- buttons -----------------------------------------------------------------------------------------


def test_buttons_lead_back_to_the_list(editor: User, editor_client: RawPathClient) -> None:
    company(status="Unlinked")
    key = only(editor).key
    answer = editor_client.post(f"/problems/{key}/", {"action": "take", "next": "/?show=team&q=x"})
    assert (answer.status_code, answer["Location"]) == (303, "/?show=team&q=x")
    for elsewhere in ("https://evil.example/", "//evil.example/", "/admin/", "javascript:1", ""):
        answer = editor_client.post(f"/problems/{key}/", {"action": "take", "next": elsewhere})
        assert answer["Location"] == f"/problems/{key}/"


def test_each_button_has_its_effect_once(editor: User, editor_client: RawPathClient) -> None:
    company(status="Unlinked", broken_at=timezone.now() - DAY)
    key = only(editor).key
    for _ in range(2):
        assert act(editor_client, key, "take") == 303
        assert act(editor_client, key, "snooze", until="tomorrow") == 303
        assert act(editor_client, key, "mute", reason="known") == 303
    assert ProblemNote.objects.count() == ProblemSnooze.objects.count() == 1
    note = ProblemNote.objects.get()
    assert (note.owner_id, note.mute_reason) == (editor.pk, "known")
    for action in ("unmute", "wake", "give_back"):
        assert act(editor_client, key, action) == 303
    assert len(board(editor).mine) == 1


@pytest.mark.parametrize("lost", ["role", "end"])
def test_a_problem_that_somebody_had_taken_is_shown_to_them(
    editor: User, editor_client: RawPathClient, lost: str
) -> None:
    company(status="Unlinked")
    key = only(editor).key
    assert act(editor_client, key, "take") == 303
    if lost == "role":
        people.set_role(editor, Role.VIEWER)
    else:
        notes.keep(problems())
        CompanyState.objects.update(status="Linked")
        notes.keep(problems())
        CompanyState.objects.update(status="Unlinked")
    assert [one.is_taken_by_me for one in board(editor).team] == [False]
    for html in (page(editor_client), editor_client.get(f"/problems/{key}/").content.decode()):
        assert "Give back" not in html
        assert ("Take it" in html) is (lost == "end")


def test_a_mute_needs_a_reason_and_keeps_what_was_typed(
    editor: User, editor_client: RawPathClient
) -> None:
    company(status="Unlinked")
    key = only(editor).key
    answer = editor_client.post(f"/problems/{key}/", {"action": "mute", "reason": "  "})
    assert answer.status_code == 422
    assert "Enter why this is muted" in answer.content.decode()
    long = "x" * (notes.MAX_REASON + 1)
    answer = editor_client.post(f"/problems/{key}/", {"action": "mute", "reason": long})
    assert answer.status_code == 422
    assert "x" * notes.MAX_REASON in answer.content.decode()
    assert act(editor_client, key, "snooze", until="2000-01-01") == 422
    assert act(editor_client, key, "nonsense") == 422
    assert act(editor_client, key, "resolve") == 422


def test_what_ended_meanwhile_leads_back(editor_client: RawPathClient) -> None:
    assert act(editor_client, "copies-old", "sync") == 303
    assert editor_client.get("/problems/copies-old/").status_code == 404


def test_syncing_all_is_left_to_the_worker(editor: User, viewer_client: RawPathClient) -> None:
    for number in range(3):
        company(f"C{number}", company_id=f"c{number}", last_sync=timezone.now() - 40 * DAY)
    assert act(viewer_client, "copies-old", "sync") == 303
    assert CompanyState.objects.filter(sync_wished_at__isnull=False).count() == 3
    html = page(viewer_client)
    assert "3 syncs running" in html
    assert "Syncing…" in html


@pytest.mark.parametrize("action", ["take", "give_back", "mute", "unmute", "resolve"])
def test_a_viewer_may_only_look_snooze_and_sync(
    editor: User, viewer: User, viewer_client: RawPathClient, action: str
) -> None:
    refused(editor)
    key = board(editor).mine[0].problem.key
    html = page(viewer_client, "?show=team")
    assert "Take it" not in html
    assert "Mute for everybody" not in html
    assert act(viewer_client, key, action, reason="x") == 403
    assert not ProblemNote.objects.exists()
    assert act(viewer_client, key, "snooze", until="hour") == 303
    assert board(viewer).counts["snoozed"] == 1


def test_a_post_needs_its_token(editor: User) -> None:
    company(status="Unlinked")
    client = RawPathClient(enforce_csrf_checks=True)
    client.force_login(editor)
    assert act(client, only(editor).key, "take") == 403


def test_hostile_text_is_escaped(editor: User, editor_client: RawPathClient) -> None:
    bad = '<script>alert(1)</script>"\u202e'
    company(
        bad, status="Deauthorized", error=bad, link_url=LINK, tags={bad: bad}, platform_name=bad
    )
    refused(editor, bad, company_name=bad, customer_name=bad, company_id="c2")
    for html in (
        page(editor_client),
        *(
            editor_client.get(f"/problems/{e.problem.key}/").content.decode()
            for e in board(editor).mine
        ),
    ):
        assert "<script>alert" not in html


@pytest.mark.parametrize("findings", [0, 1])
def test_what_is_said_of_problems_of_several_companies_is_for_who_sees_all(
    editor: User, editor_client: RawPathClient, findings: int
) -> None:
    last_sync = timezone.now() if findings else timezone.now() - 40 * DAY
    key = "findings" if findings else "copies-old"
    for number in range(7):
        company(f"C{number}", company_id=f"c{number}", last_sync=last_sync, findings=findings)
    notes.keep(problems())
    narrow = person("narrow", sees_all=False)
    for number in range(6):
        people.grant(narrow, Grant.Kind.COMPANY, f"c{number}")
    client = RawPathClient()
    client.force_login(narrow)

    own, shown = page(client), client.get(f"/problems/{key}/").content.decode()
    for html in (own, shown):
        assert "6 companies" in html
        assert "Take it" not in html
        assert "Mute" not in html.replace("Muted", "")
    for action in ("take", "give_back", "mute", "unmute"):
        answer = client.post(f"/problems/{key}/", {"action": action, "reason": "Known"})
        assert answer.status_code == 422
        assert "This also concerns companies that you do not see." in answer.content.decode()
    assert not ProblemNote.objects.exclude(owner=None, muted_at=None).exists()
    assert act(client, key, "snooze", until="hour") == 303
    assert len(board(editor).mine) == 1

    assert act(editor_client, key, "take") == 303
    assert act(editor_client, key, "mute", reason="Known to all") == 303
    shown = client.get(f"/problems/{key}/").content.decode()
    assert ("6 companies" in shown, "Known to all" in shown) == (True, False)
    CompanyState.objects.update(last_sync=timezone.now(), findings=0)
    notes.keep(problems())
    assert "7 companies" not in page(client, "?show=resolved")
    assert client.get(f"/problems/{key}/").status_code == 404
    assert "7 companies" in page(editor_client, "?show=resolved")
