"""The pages of approvals and of their rules."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from customers.access import people
from customers.access.roles import Role
from customers.approvals import deciding, deputies, listing
from customers.models import Approval, ApprovalRule, Batch, Grant, Write
from customers.web import links
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.approvals import rule, waiting, write_of
from tests.support.journal import calls, change_page, changed_in_codat, customer, journal_row
from tests.support.people import person

pytestmark = pytest.mark.django_db
State = Approval.State
# The number in the frame.
BADGE = '<span class="badge">1</span>\n    <span class="vh"> waits for approval'


def shown(client: RawPathClient, approval: Approval) -> str:
    answer = client.get(links.approval(approval.pk))
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.fixture
def manager_client(db: None) -> RawPathClient:
    """The browser of an administrator who is no superuser."""
    client = RawPathClient()
    client.force_login(person("manager", Role.ADMINISTRATOR))
    return client


# -- a request --------------------------------------------------------------------------------------


def test_the_approver_sees_the_difference_against_the_customer_as_it_is_now(
    sandbox: Sandbox, editor: User, approver_client: RawPathClient
) -> None:
    rule()
    approval = waiting(sandbox, editor)
    page = shown(approver_client, approval)
    assert "Now in Codat" in page
    assert sandbox.state("qbo").copy[customer(sandbox)]["phone"] in page
    assert "Every change to a customer of this company needs approval." in page
    assert "Approve and send" in page
    assert "Withdraw" not in page


def test_the_page_says_what_has_moved(
    sandbox: Sandbox, editor: User, approver_client: RawPathClient
) -> None:
    rule()
    approval = waiting(sandbox, editor)
    changed_in_codat(sandbox, customer(sandbox), emailAddress="moved@example.com")
    page = shown(approver_client, approval)
    assert "The customer has changed since this was saved," in page
    assert "moved@example.com" in page
    assert "Close the request, or return it to the author." in page
    answer = approver_client.post(links.approval(approval.pk), {"action": "close"})
    assert answer.status_code == 303
    assert "The request is void." in shown(approver_client, approval)
    assert change_page(approver_client, write_of(approval)).count("Make the change again") == 1
    assert not calls(sandbox)


def test_closing_sends_nothing_where_the_customer_is_as_it_was(
    sandbox: Sandbox, editor: User, approver_client: RawPathClient
) -> None:
    rule()
    approval = waiting(sandbox, editor)
    answer = approver_client.post(links.approval(approval.pk), {"action": "close"})
    assert answer.status_code == 409
    assert "so the request was not closed." in answer.content.decode()
    approval.refresh_from_db()
    assert (approval.state, calls(sandbox)) == (State.WAITING, [])


def test_a_get_decides_nothing(
    sandbox: Sandbox, editor: User, approver_client: RawPathClient
) -> None:
    rule()
    approval = waiting(sandbox, editor)
    approver_client.get(links.approval(approval.pk) + "?action=approve")
    approval.refresh_from_db()
    assert approval.state == State.WAITING


def test_approving_sends_and_says_so(
    sandbox: Sandbox, editor: User, approver_client: RawPathClient
) -> None:
    rule()
    approval = waiting(sandbox, editor)
    url = links.approval(approval.pk)
    assert approver_client.post(url, {"action": "approve"}).status_code == 303
    assert approver_client.post(url, {"action": "approve"}).status_code == 409
    assert "Approved by approver." in shown(approver_client, approval)
    assert "Approved by approver." in change_page(approver_client, write_of(approval))
    assert len(calls(sandbox, "PUT")) == 1


def test_returning_needs_a_comment(
    sandbox: Sandbox, editor: User, editor_client: RawPathClient, approver_client: RawPathClient
) -> None:
    rule()
    approval = waiting(sandbox, editor)
    url = links.approval(approval.pk)
    answer = approver_client.post(url, {"action": "return", "comment": " "})
    assert answer.status_code == 422
    assert "Say what the author should do." in answer.content.decode()
    approver_client.post(url, {"action": "return", "comment": "<b>Wrong</b> code"})
    page = change_page(editor_client, write_of(approval))
    assert page.count("Returned by approver: &lt;b&gt;Wrong&lt;/b&gt; code") == 1
    assert "Fix and send again" in page


def test_returning_what_a_colleague_has_decided_says_so(
    sandbox: Sandbox, editor: User, approver: User, approver_client: RawPathClient
) -> None:
    rule()
    approval = waiting(sandbox, editor)
    deciding.return_to_author(approval, person("colleague", Role.APPROVER), "Wrong code")
    answer = approver_client.post(links.approval(approval.pk), {"action": "return", "comment": ""})
    page = answer.content.decode()
    assert re.search(r'role="alert">\s*([^<]*)<', page)
    assert (answer.status_code, "decided already: returned by colleague." in page) == (409, True)


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("", "Waits for approval"),
        ("approve", "Approved by approver"),
        ("return", "Returned by approver: Wrong code"),
    ],
)
def test_the_list_of_the_author_says_each_thing_once(
    sandbox: Sandbox,
    editor: User,
    editor_client: RawPathClient,
    approver_client: RawPathClient,
    action: str,
    expected: str,
) -> None:
    rule()
    approval = waiting(sandbox, editor)
    if action:
        url = links.approval(approval.pk)
        approver_client.post(url, {"action": action, "comment": "Wrong code"})
    page = editor_client.get("/approvals/").content.decode()
    [cell] = re.findall(r'<td data-label="State"[^>]*>(.*?)</td>', page)
    assert re.sub("<[^>]*>", "", cell).strip() == expected


def test_the_author_can_withdraw_and_not_approve(
    sandbox: Sandbox, editor: User, editor_client: RawPathClient
) -> None:
    rule()
    approval = waiting(sandbox, editor)
    url = links.approval(approval.pk)
    page = change_page(editor_client, write_of(approval))
    assert "This change waits for approval by a second person." in page
    assert 'id="approval-withdraw"' in page
    assert "Approve and send" not in shown(editor_client, approval)
    assert editor_client.post(url, {"action": "approve"}).status_code == 409
    assert editor_client.post(url, {"action": "withdraw"}).status_code == 303
    assert write_of(approval).state == Write.State.NOT_SENT


@pytest.mark.parametrize("action", ["approve", "return", "withdraw", "", "other"])
def test_a_viewer_decides_nothing(
    sandbox: Sandbox, editor: User, viewer_client: RawPathClient, action: str
) -> None:
    rule()
    approval = waiting(sandbox, editor)
    posted = {"action": action, "comment": "x"}
    assert viewer_client.post(links.approval(approval.pk), posted).status_code == 409
    assert write_of(approval).state == Write.State.WAITING


# -- the list ---------------------------------------------------------------------------------------


def test_the_list_has_what_waits_for_whom(
    sandbox: Sandbox, editor: User, editor_client: RawPathClient, approver_client: RawPathClient
) -> None:
    rule()
    approval = waiting(sandbox, editor)
    mine = editor_client.get(links.approvals())
    theirs = approver_client.get(links.approvals())
    assert [row["approval"] for row in mine.context["asked"]] == [approval]
    assert mine.context["waiting"] == []
    assert [row["approval"] for row in theirs.context["waiting"]] == [approval]
    assert theirs.context["asked"] == []


def test_the_frame_counts_what_waits_for_an_approver(
    sandbox: Sandbox, editor: User, editor_client: RawPathClient, approver_client: RawPathClient
) -> None:
    rule()
    waiting(sandbox, editor)
    assert BADGE in approver_client.get(links.companies()).content.decode()
    assert BADGE not in editor_client.get(links.companies()).content.decode()


def test_the_frame_does_not_count_what_its_reader_has_a_hand_in(
    sandbox: Sandbox, editor: User, approver: User, approver_client: RawPathClient
) -> None:
    rule()
    approval = waiting(sandbox, editor)
    earlier = journal_row(approval.company_id, approver)
    Write.objects.filter(approval=approval).update(retry_of=earlier)
    page = approver_client.get(links.approvals()).content.decode()
    assert "Nothing is waiting for your approval." in page
    assert BADGE not in page


def test_the_frame_counts_what_waits_for_a_deputy(
    sandbox: Sandbox, editor: User, approver: User
) -> None:
    rule()
    deputy = person("deputy", Role.EDITOR)
    deputies.name(approver, deputy, timezone.localdate())
    waiting(sandbox, editor)
    client = RawPathClient()
    client.force_login(deputy)
    assert BADGE in client.get(links.companies()).content.decode()


@pytest.mark.parametrize("reader", ["approver", "deputy"])
def test_a_long_list_makes_no_more_queries_than_a_short_one(
    editor: User, approver: User, reader: str
) -> None:
    deputy = person("deputy", Role.EDITOR)
    deputies.name(approver, deputy, timezone.localdate())
    user = {"approver": approver, "deputy": deputy}[reader]

    def ask(number: int) -> None:
        for _ in range(number):
            write = journal_row("c1", editor, state=Write.State.WAITING, retry_of=before)
            batch = Batch.objects.create(company_id="c1", user=editor, source=source)
            for subject in ({"write": write}, {"batch": batch}):
                Approval.objects.create(
                    company_id="c1",
                    asked_by=editor,
                    asked_by_name="editor",
                    expires_at=timezone.now(),
                    **subject,
                )

    def read() -> tuple[int, int]:
        with CaptureQueriesContext(connection) as found:
            listed = listing.waiting_for(User.objects.get(pk=user.pk))
        return len(listed), len(found)

    before = journal_row("c1", editor)
    source = Batch.objects.create(company_id="c1", user=editor)
    ask(1)
    few, queries = read()
    ask(10)
    assert (few, read()) == (2, (22, queries))


def test_without_rules_no_page_makes_a_query_more(
    sandbox: Sandbox, editor_client: RawPathClient
) -> None:
    """The frame asks for requests with what it asked for before; the page of a change reads them with it."""
    editor_client.get(links.my_writes())
    cache.clear()
    with CaptureQueriesContext(connection) as found:
        editor_client.get(links.my_writes())
    named = [
        query["sql"] for query in found if query["sql"].startswith('SELECT "customers_approval')
    ]
    assert named == []


# -- rules ------------------------------------------------------------------------------------------


def test_a_rule_is_added_and_switched_off(sandbox: Sandbox, manager_client: RawPathClient) -> None:
    url = links.approval_rules()
    typed = {"companies": "all", "fields_changed": ["customerName", "status"], "larger_than": "50"}
    assert manager_client.post(url, typed).status_code == 303
    one = ApprovalRule.objects.get()
    assert (one.fields, one.larger_than, one.made_by_name) == (
        ["customerName", "status"],
        50,
        "manager",
    )
    assert "Batches of more than 50 rows" in manager_client.get(url).content.decode()
    assert manager_client.post(url, {"off": str(one.pk)}).status_code == 303
    one.refresh_from_db()
    assert (one.ended_by_name, one.ended_at is None) == ("manager", False)
    assert "Off:" in manager_client.get(url).content.decode()


def test_a_rule_about_one_company_names_it(sandbox: Sandbox, manager_client: RawPathClient) -> None:
    url, company = links.approval_rules(), sandbox.company("qbo")
    typed = {"companies": "company", "company_id": company.upper(), "fields_changed": ["any"]}
    assert manager_client.post(url, typed).status_code == 303
    one = ApprovalRule.objects.get()
    assert one.company_id == company
    assert one.company_name


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"companies": "all"}, "Choose fields, or enter a number of rows."),
        ({"companies": "all", "larger_than": "-1"}, "Enter 0 or more rows."),
        ({"companies": "all", "larger_than": "many"}, "Enter a whole number of rows."),
        ({"companies": "company", "fields_changed": "any"}, "Enter the ID of the company."),
        (
            {"companies": "company", "company_id": "none", "fields_changed": "any"},
            "Codat has no company with this ID.",
        ),
        (
            {"companies": "tag", "tag_key": "tier", "fields_changed": "any"},
            "Enter the tag and its value.",
        ),
    ],
)
def test_what_is_no_rule_is_said(
    sandbox: Sandbox, manager_client: RawPathClient, typed: dict[str, str], sentence: str
) -> None:
    answer = manager_client.post(links.approval_rules(), typed)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not ApprovalRule.objects.exists()


@pytest.mark.parametrize("off", ["", "x", "999999999999", "1"])
def test_an_unknown_rule_is_not_found(manager_client: RawPathClient, off: str) -> None:
    assert manager_client.post(links.approval_rules(), {"off": off}).status_code == 404


def test_only_who_manages_people_changes_rules(
    editor_client: RawPathClient, approver_client: RawPathClient
) -> None:
    one = rule()
    for client in (editor_client, approver_client):
        assert client.get(links.approval_rules()).status_code == 403
        assert client.post(links.approval_rules(), {"off": str(one.pk)}).status_code == 403


def test_who_sees_one_company_decides_about_its_rules_alone(sandbox: Sandbox) -> None:
    company = sandbox.company("qbo")
    narrow = person("narrow", Role.ADMINISTRATOR, sees_all=False)
    people.grant(narrow, Grant.Kind.COMPANY, company)
    client, url = RawPathClient(), links.approval_rules()
    client.force_login(narrow)
    for_all, by_tag = rule(), rule(tag_key="tier", tag_value="gold")
    own = rule(company_id=company)

    page = client.get(url).content.decode()
    assert f'id="rule-off-{own.pk}"' in page
    assert "All companies" in page  # the rule is listed, because it is about theirs too
    for unnamed in (for_all, by_tag):
        assert f'id="rule-off-{unnamed.pk}"' not in page
        assert client.post(url, {"off": str(unnamed.pk)}).status_code == 403
    for choice in ({"companies": "all"}, {"companies": "tag", "tag_key": "a", "tag_value": "b"}):
        assert f'value="{choice["companies"]}"' not in page
        assert client.post(url, choice | {"fields_changed": "any"}).status_code == 422
    other = {"companies": "company", "company_id": sandbox.company("xero"), "fields_changed": "any"}
    assert client.post(url, other).status_code == 422
    assert ApprovalRule.everywhere.filter(ended_at=None).count() == 3

    assert client.post(url, other | {"company_id": company}).status_code == 303
    assert client.post(url, {"off": str(own.pk)}).status_code == 303
    own.refresh_from_db()
    assert own.ended_at is not None


def test_a_rule_that_is_posted_twice_is_one(manager_client: RawPathClient) -> None:
    url, form = links.approval_rules(), {"companies": "all", "fields_changed": "any"}
    for _ in range(2):
        assert manager_client.post(url, form).status_code == 303
    first = ApprovalRule.objects.get()
    # One that was switched off is added anew.
    manager_client.post(url, {"off": str(first.pk)})
    assert manager_client.post(url, form).status_code == 303
    assert ApprovalRule.objects.filter(ended_at=None).exclude(pk=first.pk).count() == 1
