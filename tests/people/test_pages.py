"""The list of people and the page of one: who may open them, and what they show and do."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from customers.access.roles import Role
from customers.models import CompanyState, Invitation, Person, PersonEvent
from customers.people import accounts, granting, invitations
from customers.people.companies import Given
from customers.people.invitations import NewPerson
from customers.people.listing import PAGE_SIZE
from tests.conftest import RawPathClient
from tests.support.people import person

pytestmark = pytest.mark.django_db


def names(client: RawPathClient, query: str = "") -> list[str]:
    """The user names of the list."""
    html = client.get(f"/people/{query}").content.decode()
    return re.findall(r'<a href="/people/\d+/" dir="auto">([^<]+)</a>', html)


@pytest.mark.parametrize("role", [None, Role.VIEWER, Role.EDITOR, Role.APPROVER])
def test_only_administrators_open_them(groups: None, viewer: User, role: Role | None) -> None:
    client = RawPathClient()
    client.force_login(person("somebody", role))
    for url in ("/people/", "/people/invite/", f"/people/{viewer.pk}/", "/people/0/"):
        assert client.get(url).status_code == 403
    for action in ("off", "role", "email", "resend", "all", "give", "sessions", "decline"):
        posted = {"action": action, "role": "administrator", "email": "x@example.com"}
        assert client.post(f"/people/{viewer.pk}/", posted).status_code == 403
    assert client.post("/people/invite/", {"username": "x"}).status_code == 403
    viewer.refresh_from_db()
    assert viewer.is_active
    assert "/people/" not in client.get("/access/").content.decode()


def test_the_list_is_searched_and_filtered(manager: User, manager_client: RawPathClient) -> None:
    viewer, approver = person("vera", Role.VIEWER), person("adam", Role.APPROVER)
    User.objects.filter(pk=viewer.pk).update(email="vera@north.example")
    person("nobody", None)
    root = User.objects.create_superuser("root")
    accounts.switch_off(manager, approver.pk)
    invitations.invite(manager, NewPerson("ida", "ida@example.com", Role.EDITOR))
    assert names(manager_client) == ["adam", "ida", "manager", "nobody", "root", "vera"]
    assert names(manager_client, "?q=NORTH") == ["vera"]
    assert names(manager_client, "?role=administrator") == ["manager", "root"]
    assert names(manager_client, "?role=viewer") == ["vera"]
    assert names(manager_client, "?role=none") == ["nobody"]
    assert names(manager_client, "?state=off") == ["adam"]
    assert names(manager_client, "?state=invited") == ["ida"]
    assert names(manager_client, "?state=active&role=viewer") == ["vera"]
    assert names(manager_client, "?state=asking") == []
    assert names(manager_client, "?role=x&state=y&q=%00") == names(manager_client)
    assert root.is_active


def test_a_role_below_another_one_does_not_count(manager_client: RawPathClient) -> None:
    both = person("both", Role.VIEWER)
    both.groups.add(*person("other", Role.EDITOR).groups.all())
    assert names(manager_client, "?role=viewer") == []
    assert names(manager_client, "?role=editor") == ["both", "other"]


def test_the_list_says_who_has_a_second_factor(
    manager_client: RawPathClient, viewer: User, editor: User
) -> None:
    Authenticator.objects.create(user=viewer, type=Authenticator.Type.RECOVERY_CODES, data={})
    Authenticator.objects.create(user=editor, type=Authenticator.Type.TOTP, data={})
    html = manager_client.get("/people/").content.decode()
    found = re.findall(r'dir="auto">(\w+)</a>.*?data-label="Second factor">(\w+)<', html, re.DOTALL)
    assert found == [("editor", "Yes"), ("manager", "No"), ("viewer", "No")]
    assert "has a second factor" in manager_client.get(f"/people/{editor.pk}/").content.decode()
    assert "no second factor" in manager_client.get(f"/people/{viewer.pk}/").content.decode()


def test_the_list_has_pages_and_few_queries(manager_client: RawPathClient) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            manager_client.get("/people/")
        return len(captured.captured_queries)

    manager_client.get("/people/")
    few = queries()
    for number in range(PAGE_SIZE + 3):
        person(f"person{number:02}", Role.VIEWER)
    assert queries() == few
    assert len(names(manager_client)) == PAGE_SIZE
    assert len(names(manager_client, "?page=2")) == 4
    assert "Nobody on this page" in manager_client.get("/people/?page=9").content.decode()
    assert "Nobody matches" in manager_client.get("/people/?q=zzz").content.decode()


def test_a_person_with_many_companies_costs_no_query_more(manager_client: RawPathClient) -> None:
    manager, viewer = (
        User.objects.get(username="manager"),
        person("vera", Role.VIEWER, sees_all=False),
    )

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            manager_client.get(f"/people/{viewer.pk}/")
        return len(captured.captured_queries)

    granting.give(manager, viewer.pk, [Given("company", "one")])
    queries()
    few = queries()
    CompanyState.objects.create(company_id="c3", name="Third Ltd", read_at=timezone.now())
    granting.give(manager, viewer.pk, [Given("company", f"c{number}") for number in range(9)])
    assert queries() == few
    html = manager_client.get(f"/people/{viewer.pk}/").content.decode()
    assert html.count("Third Ltd") >= 2
    assert html.count("Company c8") >= 2


def test_a_person_shows_what_they_are(
    manager_client: RawPathClient, manager: User, viewer: User
) -> None:
    Person.objects.filter(pk=viewer.pk).update(last_seen_at=timezone.now() - timedelta(hours=2))
    html = manager_client.get(f"/people/{viewer.pk}/").content.decode()
    assert "Viewer" in html
    assert "2 hours ago" in html
    assert "Sees all companies" in html
    assert manager_client.get("/people/987654/").status_code == 404
    own = manager_client.get(f"/people/{manager.pk}/").content.decode()
    assert 'value="off"' not in own
    assert "Only another administrator can" in own


def test_what_the_page_does_is_said_and_recorded(
    manager_client: RawPathClient, viewer: User
) -> None:
    url = f"/people/{viewer.pk}/"

    def act(**posted: str) -> str:
        answer = manager_client.post(url, posted)
        assert answer.status_code == 303
        html: str = manager_client.get(answer["Location"]).content.decode()
        return html.partition('class="banner good" role="status">')[2].partition("<")[0]

    assert act(action="role", role="approver") == "The role was changed. It is in force now."
    assert act(action="role", role="approver") == "Nothing was changed."
    assert act(action="email", email="v@example.com") == "The email address was changed."
    assert act(action="off") == "The account was switched off, and its sessions have ended."
    assert act(action="on") == "The account was switched on."
    assert act(action="some") == "This person sees only chosen companies now."
    assert act(action="all") == "This person sees all companies now."
    html = manager_client.get(url).content.decode()
    assert "Viewer → Approver" in html
    assert html.count('data-label="By" dir="auto">manager<') == 6


@pytest.mark.parametrize(
    ("posted", "sentence"),
    [
        ({"action": "role", "role": "owner"}, "Choose a role from the list."),
        ({"action": "email", "email": "nonsense"}, "Enter an email address such as"),
        ({"action": "give"}, "Choose companies, a tag or an owner first."),
        ({"action": "resend"}, "needs no invitation"),
        ({"action": "unknown"}, "Choose what to do."),
        ({}, "Choose what to do."),
    ],
)
def test_what_is_refused_says_why(
    manager_client: RawPathClient, viewer: User, posted: dict[str, str], sentence: str
) -> None:
    answer = manager_client.post(f"/people/{viewer.pk}/", posted)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    if "email" in posted:
        assert 'value="nonsense"' in answer.content.decode()


def test_the_last_administrator_cannot_lock_themselves_out(
    manager: User, manager_client: RawPathClient
) -> None:
    url = f"/people/{manager.pk}/"
    for posted in ({"action": "role", "role": "viewer"}, {"action": "off"}, {"action": "some"}):
        assert manager_client.post(url, posted).status_code == 422
    assert manager_client.get(url).status_code == 200


def test_one_with_a_higher_role_is_looked_at_only(manager: User, groups: None) -> None:
    helper = person("helper", Role.EDITOR)
    helper.user_permissions.add(Permission.objects.get(codename="manage_people"))
    client = RawPathClient()
    client.force_login(helper)
    html = client.get(f"/people/{manager.pk}/").content.decode()
    assert "so you can change nothing here" in html
    assert 'name="action"' not in html.partition("<main")[2]


@pytest.mark.parametrize("name", ["company", "tag", "owner", "find_text", "role", "email", "grant"])
@pytest.mark.parametrize("more", [{"find": "1"}, {"action": "give"}, {"action": "x"}])
def test_a_null_character_in_a_field(
    manager_client: RawPathClient, viewer: User, name: str, more: dict[str, str]
) -> None:
    for url in (f"/people/{viewer.pk}/", "/people/invite/"):
        for text in ("a\0b", '["a\\u0000", "b"]'):
            answer = manager_client.post(url, {"company": "one", name: text} | more)
            assert answer.status_code in {200, 303, 422}


def test_a_double_click_invites_once(manager: User, manager_client: RawPathClient) -> None:
    form = {"username": "jo", "email": "jo@example.com", "role": "editor", "sees": "all"}
    answers = [manager_client.post("/people/invite/", form) for _ in range(2)]
    jo = User.objects.get(username="jo")
    assert [answer["Location"] for answer in answers] == [f"/people/{jo.pk}/?done=invited"] * 2
    assert PersonEvent.objects.filter(user=jo, action="invited").count() == 1
    # Later, or by somebody else, the name is taken.
    Invitation.objects.filter(user=jo).update(sent_at=timezone.now() - timedelta(minutes=1))
    assert manager_client.post("/people/invite/", form).status_code == 422
