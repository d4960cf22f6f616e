"""A new owner is told by a notification, if they may see the company; whoever does it for themselves is not."""

from __future__ import annotations

import uuid

import pytest
from django.contrib.auth.models import User

from customers.access import people
from customers.models import Grant, Notice, SubjectKind
from customers.notes import owners
from customers.notes.subjects import Subject
from customers.notices import Kind
from customers.notices.kinds import Way
from tests.conftest import RawPathClient
from tests.support.notices import reader, titles

pytestmark = pytest.mark.django_db
COMPANY = "3f2504e0-4f89-11d3-9a0c-0305e82c3301"
SUBJECTS = {
    "company": Subject(SubjectKind.COMPANY, COMPANY),
    "customer": Subject(SubjectKind.CUSTOMER, COMPANY, "39"),
    "change": Subject(SubjectKind.CHANGE, COMPANY, str(uuid.uuid4())),
}


@pytest.mark.parametrize("name", SUBJECTS)
def test_a_new_owner_is_told_and_finds_it(editor: User, name: str) -> None:
    anna, subject = reader("anna"), SUBJECTS[name]
    for _ in range(2):
        owners.set_owner(subject, anna, by=editor)
    notice = Notice.objects.get()
    assert (notice.user, notice.kind, notice.company_id) == (anna, Kind.OWNER, COMPANY)
    assert notice.title == f"editor made you the owner of a {name}"
    assert notice.link == subject.url
    # Somebody else, and then they again: that is another event.
    owners.set_owner(subject, editor, by=editor)
    owners.set_owner(subject, anna, by=editor)
    assert titles(anna) == [notice.title] * 2


def test_the_page_tells_the_new_owner_and_not_who_chose_themselves(
    editor: User, editor_client: RawPathClient
) -> None:
    anna, subject = reader("anna"), SUBJECTS["company"]
    for person, number in ((editor, 0), (anna, 1)):
        post = {"action": "owner", "user": str(person.pk)}
        assert editor_client.post(subject.notes_url, post).status_code == 303
        assert Notice.objects.count() == number
    assert editor_client.post(subject.notes_url, {"action": "owner"}).status_code == 303
    assert titles(anna) == ["editor made you the owner of a company"]


def test_only_who_may_see_the_company_is_told(editor: User) -> None:
    berta = reader("berta", sees_all=False)
    owners.set_owner(SUBJECTS["customer"], berta, by=editor)
    assert titles(berta) == []
    people.grant(berta, Grant.Kind.COMPANY, COMPANY)
    owners.set_owner(SUBJECTS["company"], berta, by=editor)
    assert titles(berta) == ["editor made you the owner of a company"]


def test_who_chose_not_to_be_told_is_not(editor: User) -> None:
    anna = reader("anna", owner=Way.OFF)
    owners.set_owner(SUBJECTS["customer"], anna, by=editor)
    assert titles(anna) == []


def test_an_id_that_is_longer_than_a_link_leads_to_the_company(editor: User) -> None:
    anna, subject = reader("anna"), Subject(SubjectKind.CUSTOMER, COMPANY, "ü" * 300)
    owners.set_owner(subject, anna, by=editor)
    assert Notice.objects.get(user=anna).link == subject.company_url
