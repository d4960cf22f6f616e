"""What the worker reads of companies for the home page: all of them, events, schedules, and syncs for people."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from customers.access.people import grant
from customers.access.roles import Role
from customers.home import reading, syncing
from customers.home.company_facts import folded
from customers.models import AccessRequest, CompanyState, CompanySync, Grant, WebhookEvent
from customers.people import asking
from customers.service import default_service
from customers.writes.events import webhooks
from sandbox import Sandbox
from tests.support.people import person
from tests.support.webhooks import Event, event, signed

pytestmark = pytest.mark.django_db

NEVER = lambda: False  # noqa: E731  a function that is passed on


@pytest.fixture(autouse=True)
def _secret(settings: Settings) -> None:
    settings.CODAT_WEBHOOK_SECRET = "whsec_c2FuZGJveC13ZWJob29rLXNlY3JldA=="


def read() -> int:
    return reading.read_all(default_service(), NEVER)


def read_events() -> int:
    return reading.read_events(default_service(), NEVER)


def state_of(sandbox: Sandbox, key: str) -> CompanyState:
    return CompanyState.objects.get(pk=sandbox.company(key))


def received(delivery: Event) -> None:
    assert webhooks.receive(delivery.body, delivery.headers)


def changed(sandbox: Sandbox, key: str, name: str) -> Event:
    return event(name, {"referenceCompany": {"id": sandbox.company(key).upper()}})


def synced(sandbox: Sandbox, key: str, **data_type: object) -> Event:
    items = [{"dataType": "customers", "status": "Complete"} | data_type]
    return event(
        "read.completed",
        {"referenceCompany": {"id": sandbox.company(key)}, "dataTypes": items},
    )


def test_one_call_reads_all_companies(sandbox: Sandbox) -> None:
    assert read() == 23
    listed = [call for call in sandbox.calls if call.path == "/companies"]
    assert len(listed) == 1
    xero, broken = state_of(sandbox, "xero"), state_of(sandbox, "deauthorized")
    assert (xero.name, xero.platform_name, xero.status) == (
        "Bluebell Bakery Group",
        "Xero",
        "Linked",
    )
    assert (xero.error, xero.broken_at) == ("", None)
    assert xero.tags == {"region": "uk"}
    assert broken.status == "Deauthorized"
    assert "no longer accepts the authorisation" in broken.error
    assert broken.broken_at is not None
    assert broken.broken_at.year == 2025
    assert broken.link_url.startswith("http://")
    assert state_of(sandbox, "no_accounting").status == ""
    assert state_of(sandbox, "never_synced").last_sync is None


def test_what_a_company_is_found_by(sandbox: Sandbox) -> None:
    read()
    found = state_of(sandbox, "odd").search
    for text in (folded("Nørrebro Ærø & Søn"), folded("MYOB"), sandbox.company("odd")):
        assert text in found
    assert "region=us" in state_of(sandbox, "big").search


def test_schedules_are_read_once_a_week_and_a_few_at_a_time(sandbox: Sandbox) -> None:
    read()
    asked = [call for call in sandbox.calls if call.path.endswith("/syncSettings")]
    linked = CompanyState.objects.filter(status="Linked").count()
    assert len(asked) == min(linked, reading.MAX_SCHEDULES)
    read()
    assert state_of(sandbox, "qbd").schedule_hours == 24
    assert state_of(sandbox, "qbo").schedule_hours is None
    sandbox.clear_calls()
    read()
    assert [call.path for call in sandbox.calls] == ["/companies"]


def test_a_schedule_that_codat_does_not_tell_is_none(sandbox: Sandbox) -> None:
    sandbox.faults.add("/syncSettings", "status", status=404, count=-1)
    read()
    read()
    assert not CompanyState.objects.filter(status="Linked", schedule_read_at=None).exists()
    assert not CompanyState.objects.exclude(schedule_hours=None).exists()


def test_a_company_that_codat_has_no_more_is_removed(sandbox: Sandbox) -> None:
    CompanyState.objects.create(company_id="gone", read_at=timezone.now() - timedelta(hours=1))
    read()
    assert not CompanyState.objects.filter(pk="gone").exists()


def test_nothing_is_removed_where_codat_fails(sandbox: Sandbox) -> None:
    read()
    sandbox.faults.add("GET /companies", "status", status=500, count=-1)
    with pytest.raises(Exception, match="500"):
        read()
    assert CompanyState.objects.count() == 23


def test_since_when_a_connection_is_broken_that_codat_gives_no_time_for(sandbox: Sandbox) -> None:
    read()
    sandbox.set_status("qbo", "Unlinked")
    before = timezone.now()
    read()
    broken_at = state_of(sandbox, "qbo").broken_at
    assert broken_at is not None
    assert broken_at >= before
    read()
    assert state_of(sandbox, "qbo").broken_at == broken_at, "it does not move"
    sandbox.set_status("qbo", "Linked")
    read()
    assert state_of(sandbox, "qbo").broken_at is None


def test_an_event_of_a_connection_reads_its_company_alone(sandbox: Sandbox) -> None:
    read()
    sandbox.set_status("qbo", "Deauthorized")
    received(changed(sandbox, "qbo", "connection.disconnected"))
    assert reading.has_events(timezone.now() - timedelta(minutes=1))
    sandbox.clear_calls()
    assert read_events() == 1
    assert [call.path for call in sandbox.calls] == [f"/companies/{sandbox.company('qbo')}"]
    assert state_of(sandbox, "qbo").status == "Deauthorized"
    assert read_events() == 0, "once"


@pytest.mark.parametrize("by_event", [False, True], ids=["all", "event"])
def test_a_tag_that_a_company_gets_answers_a_request_for_access(
    sandbox: Sandbox, groups: None, by_event: bool
) -> None:
    if by_event:
        read()
        CompanyState.objects.update(grant_keys="")
    users = [person(name, Role.VIEWER, sees_all=False) for name in ("jo", "other")]
    for user, region in zip(users, ("uk", "nowhere"), strict=True):
        grant(user, Grant.Kind.TAG, region, key="region")
        assert asking.ask(user)
    if by_event:
        received(changed(sandbox, "xero", "company.updated"))
        assert read_events() == 1
    else:
        read()
    assert AccessRequest.objects.get().user == users[1]


def test_an_event_of_a_company_that_is_gone_removes_it(sandbox: Sandbox) -> None:
    read()
    received(changed(sandbox, "qbo", "company.deleted"))
    sandbox.faults.add(sandbox.company("qbo"), "status", status=404)
    read_events()
    assert not CompanyState.objects.filter(pk=sandbox.company("qbo")).exists()


def test_the_event_of_a_sync_moves_the_age_without_a_call(sandbox: Sandbox) -> None:
    read()
    received(synced(sandbox, "qbd"))
    sandbox.clear_calls()
    assert read_events() == 1
    assert not sandbox.calls
    last_sync = state_of(sandbox, "qbd").last_sync
    assert last_sync is not None
    assert timezone.now() - last_sync < timedelta(minutes=1)


def test_a_sync_that_failed_moves_no_age(sandbox: Sandbox) -> None:
    read()
    before = state_of(sandbox, "qbd").last_sync
    received(synced(sandbox, "qbd", status="AuthError"))
    read_events()
    assert state_of(sandbox, "qbd").last_sync == before


def test_what_a_sync_found_is_kept_until_the_next_one(sandbox: Sandbox) -> None:
    read()
    issues = [{"type": "Validation", "message": "Customer 1 has no name."}, {"message": "x"}]
    received(synced(sandbox, "qbd", issues=issues))
    read_events()
    found = state_of(sandbox, "qbd")
    assert (found.findings, found.finding) == (2, "Customer 1 has no name.")
    received(synced(sandbox, "qbd"))
    read_events()
    assert state_of(sandbox, "qbd").findings == 0


def test_half_of_a_character_in_an_event_is_no_error(sandbox: Sandbox) -> None:
    """Platforms that cut names by length send it; no database holds it."""
    read()
    whole = synced(sandbox, "qbd", issues=[{"message": "Customer HALF has no name."}])
    received(signed(whole.body.replace(b"HALF", rb"\ud800\u0000")))
    assert read_events() == 1
    assert state_of(sandbox, "qbd").finding == "Customer \ufffd has no name."


@pytest.mark.parametrize(
    "body",
    [
        "{}", "[]", "[" * 5000, '{"payload": {"referenceCompany": {"id": 7}}}', '{"payload": 1}',
        '{"payload": {"companyId": "\\u0000"}}',
    ],
)  # fmt: skip
def test_an_event_that_names_no_company_is_passed_over(sandbox: Sandbox, body: str) -> None:
    read()
    WebhookEvent.objects.create(webhook_id=body[:50], event_type="connection.failed", body=body)
    assert read_events() == 0


def test_a_sync_that_a_person_wishes_is_asked_for_and_followed(sandbox: Sandbox) -> None:
    read()
    company = sandbox.company("qbd")
    sandbox.set_online("qbd")
    assert syncing.wish([company, company, "unknown"]) == 1
    assert syncing.wish([company]) == 0, "once"
    assert syncing.running() == {company}
    assert syncing.has_work()
    assert syncing.work(default_service(), NEVER) == 1
    assert syncing.running() == {company}
    sandbox.settle()
    CompanySync.objects.update(checked_at=None, asked_at=timezone.now() - timedelta(seconds=30))
    syncing.work(default_service(), NEVER)
    assert not syncing.running()
    assert not syncing.has_work()
    last_sync = state_of(sandbox, "qbd").last_sync
    assert last_sync is not None
    assert timezone.now() - last_sync < timedelta(minutes=1)


def test_a_sync_that_codat_refuses_is_wished_no_more(sandbox: Sandbox) -> None:
    read()
    sandbox.faults.add("/data/queue/", "status", status=403)
    syncing.wish([sandbox.company("qbd")])
    assert syncing.work(default_service(), NEVER) == 0
    assert not syncing.has_work()
