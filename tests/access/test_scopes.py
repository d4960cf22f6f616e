"""Which companies grants let a person see."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from customers import scope
from customers.access import people
from customers.access.roles import PERMISSIONS, Role
from customers.access.scopes import scope_of
from customers.audit import chains
from customers.audit.recording import record
from customers.auditing.held import Customer
from customers.codat.errors import NotFound
from customers.codat.parallel import in_advance
from customers.codat.reading import scoped_snapshots
from customers.home.company_facts import facts_of
from customers.models import AuditEntry, CompanyState, Grant, Person, Write
from customers.scope import EVERYTHING, NOTHING, Scope, restricted
from customers.scoped import CompanyManager
from customers.service import default_service
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.index import look
from tests.support.journal import journal_row
from tests.support.pages.exports import content
from tests.support.people import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def user(db: None) -> User:
    """An editor without a grant."""
    return person("restricted", sees_all=False)


def fresh(user: User) -> User:
    """A user as a request reads them."""
    return User.objects.select_related("person").get(pk=user.pk)


def state(company_id: str, **values: Any) -> None:
    """A company as the worker reads it of Codat."""
    facts = facts_of({"id": company_id, "name": company_id, **values})  # type: ignore[typeddict-item]
    CompanyState.objects.create(company_id=company_id, read_at="2026-01-01T00:00Z", **facts.values)


def test_without_a_grant_nothing_is_seen(user: User) -> None:
    assert scope_of(user) == NOTHING


def test_without_a_person_nothing_is_seen(db: None) -> None:
    assert scope_of(User.objects.create_user("bare")) == NOTHING


def test_a_superuser_and_who_sees_all_see_everything(user: User) -> None:
    people.set_sees_all(user, sees_all=True)
    root = User.objects.create_superuser("root")
    with CaptureQueriesContext(connection) as queries:
        users = [fresh(user), fresh(root)]
        read = len(queries)
        assert [scope_of(each) for each in users] == [EVERYTHING] * 2
        assert len(queries) == read


def test_who_is_switched_off_sees_nothing(user: User) -> None:
    people.set_sees_all(user, sees_all=True)
    user.is_active = False
    assert scope_of(user) == NOTHING


def test_companies_by_id_are_compared_in_lower_case(user: User) -> None:
    people.grant(user, Grant.Kind.COMPANY, "AAAAAAAA-0000-0000-0000-00000000000A")
    assert scope_of(user).has("aaaaaaaa-0000-0000-0000-00000000000a")


def test_companies_by_tag_and_by_owner(user: User) -> None:
    state("one", tags={"region": "UK", "team": "x"})
    state("two", tags={"region": "uk"}, ownerUserIds=["u-1", "u-2"])
    state("three", tags={"other": "UK"}, ownerUserIds=["u-10", None])
    people.grant(user, Grant.Kind.TAG, "UK", key="region")
    assert scope_of(user) == Scope(frozenset({"one"}))
    people.grant(user, Grant.Kind.OWNER, "u-1")
    people.grant(user, Grant.Kind.COMPANY, "four")
    with CaptureQueriesContext(connection) as queries:
        assert scope_of(fresh(user)) == Scope(frozenset({"one", "two", "four"}))
    assert len(queries) == 3


def test_a_tag_is_no_pattern(user: User) -> None:
    state("one", tags={"region": "UK", 'a", "b': "c%"})
    people.grant(user, Grant.Kind.TAG, "%", key="region")
    people.grant(user, Grant.Kind.TAG, "c_", key='a", "b')
    assert scope_of(user) == NOTHING
    people.grant(user, Grant.Kind.TAG, "c%", key='a", "b')
    assert scope_of(user) == Scope(frozenset({"one"}))


def test_a_revoked_grant_ends_with_the_next_request(sandbox: Sandbox, user: User) -> None:
    client, company = RawPathClient(), sandbox.company("qbo")
    client.force_login(user)
    granted = people.grant(user, Grant.Kind.COMPANY, company)
    assert client.get(f"/companies/{company}/customers/").status_code == 200
    people.revoke(granted)
    assert client.get(f"/companies/{company}/customers/").status_code == 404


def test_the_worker_stores_what_grants_name(sandbox: Sandbox) -> None:
    look()
    assert CompanyState.objects.exclude(grant_keys="").exists()


class TestTheListOfCompanies:
    """Codat's list within a scope: what is seen, and how many."""

    def test_some_are_read_by_one_call(self, sandbox: Sandbox) -> None:
        ids = frozenset(map(sandbox.company, ("xero", "qbo")))
        with restricted(Scope(ids)):
            page = default_service().list_companies(page_size=1, order_by="name")
        assert (page["totalResults"], len(page["results"])) == (2, 1)
        assert len(sandbox.calls) == 1

    def test_many_are_read_of_all(self, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(scoped_snapshots, "QUERY_LIMIT", 60)
        monkeypatch.setattr(scoped_snapshots, "WALK_SIZE", 5)
        ids = frozenset(map(sandbox.company, ("xero", "qbo", "files")))
        with restricted(Scope(ids)):
            pages = [
                default_service().list_companies(page=number, page_size=2, order_by="name")
                for number in (1, 2)
            ]
        assert [len(page["results"]) for page in pages] == [2, 1]
        assert {each["id"] for page in pages for each in page["results"]} == ids
        assert {page["totalResults"] for page in pages} == {3}

    def test_where_codat_refuses_the_query_all_are_read(self, sandbox: Sandbox) -> None:
        sandbox.faults.add("GET /companies", "status", status=400, count=1)
        ids = frozenset([sandbox.company("qbo")])
        with restricted(Scope(ids)):
            assert default_service().list_companies()["totalResults"] == 1

    def test_of_none_codat_is_not_asked(self, sandbox: Sandbox) -> None:
        with restricted(NOTHING):
            assert default_service().list_companies()["totalResults"] == 0
        assert not sandbox.calls


def test_codat_is_not_asked_about_another_company(sandbox: Sandbox) -> None:
    company = sandbox.company("qbo")
    default_service().get_company(company_id=company)
    calls = len(sandbox.calls)
    with restricted(NOTHING):
        assert default_service().snapshots.cached_company(company_id=company) is None
        for company_id in (company, "no-such-company"):
            with pytest.raises(NotFound) as error:
                default_service().get(company_id=company_id, customer_id="39")
            assert (error.value.our_status, error.value.message) == (404, "")
    assert len(sandbox.calls) == calls


def test_threads_that_a_page_starts_carry_its_scope() -> None:
    with restricted(NOTHING):
        assert in_advance(scope.current).result(10) == NOTHING
    assert in_advance(scope.current).result(10) == EVERYTHING


def test_a_file_is_sent_within_the_scope(sandbox: Sandbox, user: User) -> None:
    """The activity of all companies is read while it is sent, after the page was made."""
    mine, other = sandbox.company("qbo"), sandbox.company("xero")
    for company in (mine, other):
        journal_row(company, user, company_name=company, state=Write.State.SUCCESS)
    people.grant(user, Grant.Kind.COMPANY, mine)
    client = RawPathClient()
    client.force_login(user)
    text = content(client.get("/activity/changes.csv")).decode()
    assert mine in text
    assert other not in text


def test_each_table_with_a_company_is_read_within_the_scope() -> None:
    models = [
        model
        for model in apps.get_app_config("customers").get_models()
        if hasattr(model, "COMPANY") or "company_id" in {one.name for one in model._meta.fields}
    ]
    assert AuditEntry in models
    open_to_all = [one for one in models if not isinstance(one._default_manager, CompanyManager)]
    assert open_to_all == []


def test_entries_of_the_audit_are_read_within_the_scope(user: User) -> None:
    for company_id in ("mine", "other", ""):
        record(AuditEntry.Kind.READ, company_id=company_id, customer_id="39")
    with restricted(Scope(frozenset({"mine"}))):
        assert [one.company_id for one in AuditEntry.objects.all()] == ["mine"]
        assert Customer("mine", "39").entries.count() == 1
        assert not Customer("other", "39").entries.exists()
        # A chain has the entries of all companies, whoever asks.
        assert chains.extend() == 3
        assert chains.verify("reads").verified == 3
    with restricted(NOTHING):
        assert not AuditEntry.objects.exists()
    assert AuditEntry.objects.count() == 3


@pytest.mark.parametrize("role", Role)
def test_a_role_is_a_group(role: Role) -> None:
    user = person("somebody", role)
    assert people.role_of(user) == role
    own = {f"customers.{name}" for name in PERMISSIONS[role]}
    assert User.objects.get(pk=user.pk).get_all_permissions() == own
    people.set_role(user, None)
    assert people.role_of(user) is None


def test_who_invited_a_person_is_stored(user: User) -> None:
    invited = people.add_person("new", Role.VIEWER, email="new@firm.example", invited_by=user)
    assert Person.objects.get(user=invited).invited_by == user
    assert not invited.has_usable_password()
