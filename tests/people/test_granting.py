"""The companies that people see: who may give and take them, and what of them nobody reads who may not."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from customers.access.people import grant, scope_of
from customers.access.roles import Role
from customers.models import CompanyState, Grant, PersonEvent
from customers.people import companies, granting
from customers.people.companies import HIDDEN, Given
from customers.people.history import events_of
from customers.people.rules import Refused
from customers.scope import EVERYTHING, Scope
from tests.conftest import RawPathClient
from tests.support.people import person

pytestmark = pytest.mark.django_db

ONE, TWO = Given("company", "one"), Given("company", "two")
NORTH = Given("tag", "North", "region")


@pytest.fixture(autouse=True)
def _companies(db: None) -> None:
    for key, region in (("one", "North"), ("two", "South"), ("three", "North")):
        CompanyState.objects.create(
            company_id=key,
            name=f"Company {key.title()}",
            search=f"company {key}",
            tags={"region": region},
            read_at=timezone.now(),
        )


@pytest.fixture
def jo(groups: None) -> User:
    """An editor who sees no company yet."""
    return person("jo", Role.EDITOR, sees_all=False)


@pytest.fixture
def narrow(groups: None) -> User:
    """An administrator who sees one company."""
    user = person("narrow", Role.ADMINISTRATOR, sees_all=False)
    grant(user, Grant.Kind.COMPANY, "one")
    return user


def test_companies_are_given_once_and_taken_back(manager: User, jo: User) -> None:
    assert granting.give(manager, jo.pk, [ONE, TWO, ONE]) == 2
    assert granting.give(manager, jo.pk, [ONE]) == 0
    assert scope_of(jo).companies == frozenset({"one", "two"})
    granted = Grant.objects.get(user=jo, value="one")
    assert granted.granted_by == manager
    assert granting.take(manager, jo.pk, granted.pk)
    assert not granting.take(manager, jo.pk, granted.pk)
    assert scope_of(jo).companies == frozenset({"two"})
    assert [(event.label, event.detail) for event in events_of(jo, EVERYTHING)] == [
        ("Companies removed", "Company One"),
        ("Companies added", "Company Two"),
        ("Companies added", "Company One"),
    ]


def test_all_companies_and_back_to_chosen_ones(manager: User, jo: User) -> None:
    granting.give(manager, jo.pk, [ONE])
    assert granting.show_all(manager, jo.pk)
    assert not granting.show_all(manager, jo.pk)
    assert scope_of(User.objects.get(pk=jo.pk)).is_everything
    assert granting.show_some(manager, jo.pk)
    assert not granting.show_some(manager, jo.pk)
    assert scope_of(User.objects.get(pk=jo.pk)).companies == frozenset({"one"})


def test_a_grant_of_another_person_is_not_taken(manager: User, jo: User, narrow: User) -> None:
    other = Grant.objects.get(user=narrow)
    assert not granting.take(manager, jo.pk, other.pk)
    assert Grant.objects.filter(pk=other.pk).exists()


def test_nobody_gives_what_they_do_not_see(narrow: User, manager: User, jo: User) -> None:
    for given in ([TWO], [ONE, TWO], [NORTH], [Given("owner", "u1")]):
        with pytest.raises(Refused, match="that you see"):
            granting.give(narrow, jo.pk, given)
    with pytest.raises(Refused, match="that you see"):
        granting.show_all(narrow, jo.pk)
    assert granting.give(narrow, jo.pk, [ONE]) == 1
    granting.give(manager, jo.pk, [TWO, NORTH])
    for granted in Grant.objects.filter(user=jo).exclude(value="one"):
        with pytest.raises(Refused, match="that you see"):
            granting.take(narrow, jo.pk, granted.pk)


def test_nobody_changes_their_own_companies(manager: User, narrow: User) -> None:
    changes: list[Callable[[], object]] = [
        lambda: granting.give(narrow, narrow.pk, [ONE]),
        lambda: granting.show_all(narrow, narrow.pk),
        lambda: granting.show_some(manager, manager.pk),
        lambda: granting.take(narrow, narrow.pk, Grant.objects.get(user=narrow).pk),
    ]
    for change in changes:
        with pytest.raises(Refused, match="your own companies"):
            change()


def test_the_page_names_no_company_that_its_reader_does_not_see(
    manager: User, narrow: User, jo: User
) -> None:
    granting.give(manager, jo.pk, [ONE, TWO, NORTH])
    client = RawPathClient()
    client.force_login(narrow)
    for answer in (
        client.get(f"/people/{jo.pk}/"),
        client.post(f"/people/{jo.pk}/", {"find": "1", "find_text": "company", "company": "two"}),
        client.get("/people/"),
    ):
        html = answer.content.decode()
        assert answer.status_code == 200
        for secret in ("Company Two", "Company Three", "North", "South"):
            assert secret not in html
    html = client.get(f"/people/{jo.pk}/").content.decode()
    assert "Company One" in html
    assert "And 2 that you do not see" in html
    assert HIDDEN in html


def test_a_search_finds_by_every_word_within_a_scope() -> None:
    def found(text: str, scope: Scope = EVERYTHING) -> list[str]:
        return [each.company_id for each in companies.search(text, scope)[0]]

    assert found("company") == ["one", "three", "two"]
    assert found("COMPÁNY three") == ["three"]
    assert found("company", Scope(frozenset({"two"}))) == ["two"]
    assert found("%") == []


def test_the_tags_that_can_be_given() -> None:
    assert [tag.label for tag in companies.tags(EVERYTHING)] == [
        "region: North (2 companies)",
        "region: South (1 company)",
    ]
    assert companies.tags(Scope(frozenset({"one"}))) == ()


def test_the_page_gives_and_takes(manager_client: RawPathClient, jo: User) -> None:
    url = f"/people/{jo.pk}/"
    posted = {"action": "give", "company": ["one"], "tag": NORTH.name, "owner": "u1"}
    assert manager_client.post(url, posted).status_code == 303
    assert {(each.kind, each.key, each.value) for each in jo.grants.all()} == {
        ("company", "", "one"),
        ("tag", "region", "North"),
        ("owner", "", "u1"),
    }
    html = manager_client.get(url).content.decode()
    for text in ("Company One", "Tag region: North", "Owner u1"):
        assert text in html
    pk = Grant.objects.get(user=jo, kind="company").pk
    assert manager_client.post(url, {"action": "take", "grant": pk}).status_code == 303
    assert jo.grants.count() == 2
    assert manager_client.post(url, {"action": "give"}).status_code == 422
    assert manager_client.post(url, {"action": "take", "grant": "x"})["Location"].endswith(
        "done=nothing"
    )
    assert PersonEvent.objects.filter(user=jo).count() == 4


@pytest.mark.parametrize(
    "tag",
    [
        "[" * 100_000,
        '{"region": "North"}',
        '["region", 1e400]',
        '["region", ""]',
        "null",
        '"ab',
        "9" * 5000,
    ],
    ids=["deep", "object", "number", "empty", "null", "cut", "digits"],
)
def test_what_is_no_tag_gives_nothing(manager_client: RawPathClient, jo: User, tag: str) -> None:
    answer = manager_client.post(f"/people/{jo.pk}/", {"action": "give", "tag": tag})
    assert answer.status_code == 422
    assert "Choose a tag from the list." in answer.content.decode()
    assert not Grant.objects.filter(user=jo).exists()


def test_a_tag_that_no_database_holds_is_stored_in_another_spelling(
    manager_client: RawPathClient, jo: User
) -> None:
    tag = '["re\\ud800gion", "Nor\\u0000th"]'
    assert (
        manager_client.post(f"/people/{jo.pk}/", {"action": "give", "tag": tag}).status_code == 303
    )
    assert Grant.objects.get(user=jo).key == "re\ufffdgion"
