"""Deputies of approvers, and who is told of requests and decisions."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from customers.access import people
from customers.access.roles import Role, set_role
from customers.approvals import deciding, deputies, listing, sending_approved
from customers.approvals.deciding import Refused
from customers.models import Approval, AuditEntry, Notice, Person
from customers.service import default_service
from customers.web import links
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.approvals import approve, approved_unsent, rule, waiting
from tests.support.journal import changed_in_codat, customer
from tests.support.people import person

pytestmark = pytest.mark.django_db
State = Approval.State


def today(days: int = 0) -> str:
    return (timezone.localdate() + timedelta(days=days)).isoformat()


def told(user: User) -> list[str]:
    return list(Notice.objects.filter(user=user).order_by("pk").values_list("title", flat=True))


@pytest.fixture
def deputy(approver: User) -> User:
    """An editor who stands in for the approver."""
    one = person("deputy", Role.EDITOR)
    deputies.name(approver, one, timezone.localdate())
    return one


def test_a_deputy_approves_in_the_place_of_an_approver(
    sandbox: Sandbox, editor: User, deputy: User
) -> None:
    rule()
    approval = waiting(sandbox, editor)
    assert listing.waiting_for(deputy) == [approval]
    assert approve(approval, deputy).state == State.APPROVED
    assert approval.decided_by == deputy


def test_a_deputy_does_not_approve_their_own(sandbox: Sandbox, deputy: User) -> None:
    rule()
    with pytest.raises(Refused):
        approve(waiting(sandbox, deputy), deputy)


def test_nor_a_change_of_the_approver_whose_place_they_take(
    sandbox: Sandbox, approver: User, deputy: User
) -> None:
    rule()
    with pytest.raises(Refused):
        approve(waiting(sandbox, approver), deputy)


def test_a_deputy_of_somebody_who_may_not_approve_may_not_either(
    sandbox: Sandbox, editor: User, approver: User, deputy: User
) -> None:
    rule()
    approval = waiting(sandbox, editor)
    approver.groups.clear()
    with pytest.raises(Refused):
        approve(approval, User.objects.get(pk=deputy.pk))


def test_a_deputy_of_the_past_may_not(sandbox: Sandbox, editor: User, deputy: User) -> None:
    rule()
    Person.objects.filter(deputy=deputy).update(deputy_until=timezone.now())
    with pytest.raises(Refused):
        approve(waiting(sandbox, editor), deputy)


def test_an_approver_names_and_ends_a_deputy(
    approver: User, approver_client: RawPathClient, editor: User
) -> None:
    url = links.approvals()
    typed = {"deputy": "editor", "until": today(7)}
    assert approver_client.post(url, typed).status_code == 303
    assert deputies.named_by(approver) == typed
    assert 'value="editor"' in approver_client.get(url).content.decode()
    assert AuditEntry.objects.filter(kind="people", user_id=approver.pk).count() == 1
    assert approver_client.post(url, {"deputy": "", "until": ""}).status_code == 303
    assert deputies.named_by(approver) == {}


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"deputy": "nobody", "until": "2099-01-01"}, "Nobody has this user name."),
        ({"deputy": "viewer"}, "Enter the last day."),
        ({"deputy": "viewer", "until": "2001-01-01"}, "Enter a day from today on, within a year."),
        ({"deputy": "viewer", "until": "2999-01-01"}, "Enter a day from today on, within a year."),
        ({"deputy": "viewer", "until": "soon"}, "Enter a date."),
    ],
)
def test_what_is_no_deputy_is_said(
    approver_client: RawPathClient, viewer: User, typed: dict[str, str], sentence: str
) -> None:
    answer = approver_client.post(links.approvals(), typed)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not Person.objects.exclude(deputy=None).exists()


def test_only_an_approver_names_a_deputy(editor_client: RawPathClient, viewer: User) -> None:
    answer = editor_client.post(links.approvals(), {"deputy": "viewer", "until": today()})
    assert answer.status_code == 403


def test_who_may_decide_is_told_and_then_the_author(
    sandbox: Sandbox, editor: User, approver: User, deputy: User, viewer: User
) -> None:
    rule()
    approval = waiting(sandbox, editor)
    assert told(approver) == told(deputy) == ["A change waits for approval"]
    assert told(viewer) == told(editor) == []
    deciding.return_to_author(approval, approver, "Wrong.")
    assert told(editor) == ["Your change was returned with a comment"]


def test_a_deputy_is_not_told_of_a_company_that_the_approver_does_not_see(
    sandbox: Sandbox, editor: User, approver: User, deputy: User
) -> None:
    people.set_sees_all(approver, sees_all=False)
    rule()
    waiting(sandbox, editor)
    assert told(deputy) == told(approver) == []


@pytest.mark.parametrize(
    ("ends", "why"),
    [
        ("change", "the customer has changed"),
        ("deletion", "the customer is no longer in Codat"),
        ("role", "you may not change customers any more"),
    ],
)
def test_the_author_is_told_why_an_approved_change_was_not_sent(
    sandbox: Sandbox,
    editor: User,
    approver: User,
    monkeypatch: pytest.MonkeyPatch,
    ends: str,
    why: str,
) -> None:
    approval = approved_unsent(sandbox, editor, approver, monkeypatch)
    if ends == "change":
        changed_in_codat(sandbox, customer(sandbox), emailAddress="moved@example.com")
    elif ends == "deletion":
        del sandbox.state("qbo").copy[customer(sandbox)]
    else:
        set_role(editor, Role.VIEWER)
    sending_approved.send_queued(default_service(), lambda: False)
    assert sorted(told(editor)) == [
        "Your change was approved",
        f"Your change was approved but not sent: {why}",
    ]
    last = AuditEntry.objects.filter(kind=AuditEntry.Kind.APPROVAL).latest("pk")
    assert (last.subject, last.detail) == (str(approval.pk), {"step": "void"})


def test_the_author_is_told_that_a_request_is_void(
    sandbox: Sandbox, editor: User, approver: User
) -> None:
    rule()
    approval = waiting(sandbox, editor)
    changed_in_codat(sandbox, customer(sandbox), emailAddress="moved@example.com")
    approve(approval, approver)
    assert told(editor) == ["Your change cannot be approved any more"]


def test_the_audit_knows_who_asked_and_who_decided(
    sandbox: Sandbox, editor: User, approver: User
) -> None:
    rule()
    approve(waiting(sandbox, editor), approver)
    entries = AuditEntry.objects.filter(kind=AuditEntry.Kind.APPROVAL).order_by("pk")
    assert [(one.user_id, one.detail["step"]) for one in entries] == [
        (editor.pk, "asked"),
        (approver.pk, "approved"),
    ]


def test_the_name_of_a_deputy_may_have_its_accents_apart(
    approver: User, approver_client: RawPathClient
) -> None:
    jose = person("jos\u00e9", Role.EDITOR)
    post = {"deputy": "jose\u0301", "until": today()}
    assert approver_client.post(links.approvals(), post).status_code == 303
    assert Person.objects.get(user=approver).deputy == jose
