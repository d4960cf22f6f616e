"""The index follows Codat's copies: it is filled, kept fresh, and exact after a sweep."""

from __future__ import annotations

from datetime import timedelta

import pytest
import simplejson
from django.utils import timezone

from customers.browsing.codats_copy import refresh
from customers.codat.http.quota import background
from customers.codat.pages import MAX_PAGE_SIZE, Position
from customers.codat.values import parse_date
from customers.index import filling, store
from customers.index.search import search
from customers.models import IndexedCompany, IndexedCustomer, WebhookEvent
from customers.service import default_service
from customers.writes.events import webhooks
from sandbox import Sandbox
from tests.support.index import fill, indexed_company, look, shown, stored, sweep
from tests.support.journal import codat_is_back
from tests.support.races import all_at_once

pytestmark = pytest.mark.django_db(transaction=True)

State = IndexedCompany.State


def state_of(sandbox: Sandbox, key: str) -> IndexedCompany:
    return IndexedCompany.objects.get(company_id=sandbox.company(key))


def test_all_companies_are_read(sandbox: Sandbox) -> None:
    sandbox.settings.customers = MAX_PAGE_SIZE  # One company's page is full.
    sweep()
    assert stored() == shown(sandbox)
    states = {
        key: state_of(sandbox, key).state for key in ("xero", "never_synced", "no_accounting")
    }
    assert states == {
        "xero": State.COMPLETE,
        "never_synced": State.NEVER_SYNCED,
        "no_accounting": State.NO_CONNECTION,
    }
    assert not fill()


def calls(sandbox: Sandbox) -> list[str]:
    """The paths of the calls, with their queries, without the company."""
    return [
        f"{'/'.join(call.path.split('/')[3:])} {call.query.get('query', '')}"
        for call in sandbox.calls
    ]


def synced(sandbox: Sandbox, key: str) -> None:
    """A sync of Codat's copy, whose event is lost."""
    company = sandbox.state(key)
    with sandbox.world.schedule.lock:
        company.take_copy()


def gone(sandbox: Sandbox, key: str, customer_id: str) -> None:
    """The accounting software no longer has a customer."""
    sandbox.state(key).source.pop(customer_id)


def first_ids(sandbox: Sandbox, key: str, count: int = 1) -> list[str]:
    return list(sandbox.state(key).copy)[:count]


@pytest.fixture
def small(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """Pages of ten customers, and companies that are not read whole each time."""
    monkeypatch.setattr(filling, "PAGE_SIZE", 10)
    monkeypatch.setattr(filling, "FEW", 0)
    return sandbox


def test_after_a_sync_only_what_has_changed_is_read(small: Sandbox) -> None:
    indexed_company(small, "xero")
    [one] = first_ids(small, "xero")
    small.change("xero", one, customerName="Changed Ltd")
    synced(small, "xero")
    IndexedCompany.objects.make_due(small.company("xero"))
    fill()
    assert state_of(small, "xero").synced_at == parse_date(small.state("xero").last_sync)
    company_id = small.company("xero")
    assert stored()[company_id] == shown(small)[company_id]
    assert stored()[company_id][one] == "Changed Ltd"
    whole, changed, count = calls(small)
    assert whole.strip() == ""
    assert changed.startswith("data/customers modifiedDate>=")
    assert count.strip() == "data/customers"


def test_what_vanished_is_removed_after_the_next_sync(small: Sandbox) -> None:
    indexed_company(small, "xero")
    [one] = first_ids(small, "xero")
    gone(small, "xero", one)
    synced(small, "xero")
    sweep()
    company_id = small.company("xero")
    assert one not in stored()[company_id]
    assert stored()[company_id] == shown(small)[company_id]


def test_a_small_company_is_read_by_two_calls(sandbox: Sandbox) -> None:
    source = indexed_company(sandbox, "xero")
    [one] = first_ids(sandbox, "xero")
    gone(sandbox, "xero", one)
    synced(sandbox, "xero")
    IndexedCompany.objects.make_due(source.company_id)
    fill()
    assert len(sandbox.calls) == 2
    assert stored()[source.company_id] == shown(sandbox)[source.company_id]


def test_another_connection_takes_the_place_of_the_rows(sandbox: Sandbox) -> None:
    source = indexed_company(sandbox, "xero")
    sandbox.replace_connection("xero")
    with sandbox.world.schedule.lock:
        company = sandbox.state("xero")
        company.copy = dict(list(company.copy.items())[:3])
        company.clear_selections()
    before = set(IndexedCustomer.objects.values_list("pk", flat=True))
    sweep()
    source.refresh_from_db()
    assert source.connection_id == sandbox.connection("xero")
    assert len(stored()[source.company_id]) == 3
    assert before.isdisjoint(IndexedCustomer.objects.values_list("pk", flat=True))


def test_rows_of_another_connection_leave_before_the_new_ones_are_read(sandbox: Sandbox) -> None:
    source = indexed_company(sandbox, "xero")
    sandbox.replace_connection("xero")
    sandbox.faults.add("/data/customers", "status", status=500, count=-1)
    look()
    fill()
    source.refresh_from_db()
    assert (source.state, source.customers) == (State.FILLING, 0)
    assert not source.rows.exists()


def test_a_company_that_is_gone_leaves(sandbox: Sandbox) -> None:
    indexed_company(sandbox, "xero")
    sandbox.delete_company("xero")
    sweep()
    assert sandbox.company("xero") not in stored()
    assert stored() == shown(sandbox)


def test_a_company_that_is_removed_during_a_pass_leaves(sandbox: Sandbox) -> None:
    source = indexed_company(sandbox, "xero")
    IndexedCompany.objects.filter(pk=source.pk).update(next_page=1)
    sandbox.delete_company("xero")
    for _ in range(2):
        IndexedCompany.objects.make_due(source.company_id)
        fill()
    assert not IndexedCompany.objects.filter(pk=source.pk).exists()
    assert not IndexedCustomer.objects.filter(source_id=source.pk).exists()


def test_a_company_that_is_missing_in_the_list_stays_where_codat_still_has_it(
    sandbox: Sandbox,
) -> None:
    source = indexed_company(sandbox, "xero")
    empty = '{"results": [], "pageNumber": 1, "pageSize": 500, "totalResults": 0}'
    sandbox.faults.add("GET /companies\\?", "json", body=empty)
    sweep()
    assert stored()[source.company_id] == shown(sandbox)[source.company_id]


def test_a_company_without_a_copy_is_read_once_it_has_one(sandbox: Sandbox) -> None:
    source = indexed_company(sandbox, "never_synced")
    assert source.state == State.NEVER_SYNCED
    look()
    IndexedCompany.objects.exclude(pk=source.pk).delete()
    assert not fill()
    synced(sandbox, "never_synced")
    look()
    fill()
    assert state_of(sandbox, "never_synced").state == State.COMPLETE
    assert stored()[source.company_id] == shown(sandbox)[source.company_id]


# -- what goes wrong ---------------------------------------------------------------------------------


def test_a_pass_continues_at_its_page(small: Sandbox) -> None:
    source = IndexedCompany.objects.create(company_id=small.company("xero"))
    seen = []
    for _ in range(20):
        if not (due := filling.due_companies()):
            break
        pages = len(small.calls)
        # Time for one page only.
        filling.take_turn(
            due[0],
            default_service(),
            should_stop=lambda: len(small.calls) > pages,  # noqa: B023
        )
        source.refresh_from_db()
        seen.append(source.next_page)
    assert stored()[source.company_id] == shown(small)[source.company_id]
    assert seen == [1, 2, 3, 4, 5, 0]


def test_customers_that_move_between_pages_while_they_are_read_are_not_lost(
    small: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = IndexedCompany.objects.create(company_id=small.company("xero"))
    read = filling._read_page

    def read_and_remove(turn: filling.Turn, page: int, query: str = "") -> Position:
        spot = read(turn, page, query)
        if page == 2 and source.company_id == turn.source.company_id and not removed:
            # All that follow are one place, and some of them one page, further in front.
            ids = sorted(small.state("xero").copy)
            removed.append(ids[0])
            gone(small, "xero", ids[0])
            synced(small, "xero")
        return spot

    removed: list[str] = []
    monkeypatch.setattr(filling, "_read_page", read_and_remove)
    fill()
    assert stored()[source.company_id] == shown(small)[source.company_id]


def test_an_outage_delays_and_loses_nothing(sandbox: Sandbox) -> None:
    source = indexed_company(sandbox, "xero")
    IndexedCompany.objects.make_due(source.company_id)
    sandbox.faults.add("/data/customers", "status", status=503, count=-1)
    fill()
    source.refresh_from_db()
    assert (source.state, source.failures) == (State.COMPLETE, 1)
    assert source.message
    assert source.due_at > timezone.now()
    assert stored()[source.company_id] == shown(sandbox)[source.company_id]
    codat_is_back(sandbox)
    IndexedCompany.objects.make_due(source.company_id)
    fill()
    source.refresh_from_db()
    assert (source.failures, source.message) == (0, "")


def test_a_company_that_cannot_be_read_says_why(sandbox: Sandbox) -> None:
    sandbox.faults.add("/data/customers", "status", status=403, count=-1)
    source = indexed_company(sandbox, "xero")
    assert source.state == State.FAILED
    assert source.message
    assert search("x").coverage.missing == ((State.FAILED, 1),)


def test_the_reserve_of_the_day_is_left_to_people(sandbox: Sandbox) -> None:
    sandbox.settings.daily_quota = 100
    default_service().ping()
    sandbox.world.used = 95
    default_service().ping()
    source = IndexedCompany.objects.create(company_id=sandbox.company("xero"))
    sandbox.clear_calls()
    with background():
        fill()
    source.refresh_from_db()
    assert not sandbox.calls
    assert source.state == State.WAITING
    midnight = timezone.now().replace(hour=0, minute=0, second=0) + timedelta(days=1)
    assert abs(source.due_at - midnight) < timedelta(minutes=5)


def test_two_processes_at_once_leave_the_index_exact(small: Sandbox) -> None:
    source = IndexedCompany.objects.create(company_id=small.company("xero"))

    def work() -> None:
        for _ in range(20):
            filling.take_turn(source_of(source), default_service())

    all_at_once([work, work])
    assert stored()[source.company_id] == shown(small)[source.company_id]


def source_of(source: IndexedCompany) -> IndexedCompany:
    return IndexedCompany.objects.get(pk=source.pk)


# -- what makes a company due ------------------------------------------------------------------------


def test_what_changes_during_a_turn_is_read_by_the_next_one(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = IndexedCompany.objects.create(company_id=sandbox.company("xero"))
    put = store.put

    def put_and_change(source: IndexedCompany, rows: list[IndexedCustomer]) -> int:
        IndexedCompany.objects.make_due(source.company_id)
        return put(source, rows)

    with monkeypatch.context() as patch:
        patch.setattr(store, "put", put_and_change)
        filling.take_turn(source, default_service())
    assert filling.due_companies() == [source]
    filling.take_turn(source, default_service())
    assert filling.due_companies() == []


def test_an_event_makes_its_company_due(sandbox: Sandbox) -> None:
    source = indexed_company(sandbox, "xero")
    other = indexed_company(sandbox, "qbo")
    payload = {"referenceCompany": {"id": source.company_id}, "dataTypes": []}
    event = WebhookEvent.objects.create(
        webhook_id="1",
        event_type="read.completed",
        body=simplejson.dumps({"eventType": "read.completed", "payload": payload}),
    )
    webhooks.process(event, default_service())
    assert filling.due_companies() == [source]
    assert other.company_id != source.company_id


def test_a_refresh_that_a_person_asked_for_makes_its_company_due(sandbox: Sandbox) -> None:
    source = indexed_company(sandbox, "xero")
    status = refresh.start(source.company_id)
    sandbox.settle()
    assert refresh.follow(source.company_id, status.operation_id, 0).state == "complete"
    assert filling.due_companies() == [source]


def test_a_company_is_read_again_after_a_week(sandbox: Sandbox) -> None:
    source = indexed_company(sandbox, "xero")
    assert timedelta(days=6) < source.due_at - timezone.now() <= timedelta(days=7)


def test_companies_take_turns(small: Sandbox) -> None:
    first = IndexedCompany.objects.create(company_id=small.company("xero"))
    second = IndexedCompany.objects.create(company_id=small.company("qbo"))
    filling.take_turn(first, default_service(), should_stop=lambda: len(small.calls) >= 2)
    assert filling.due_companies() == [second, first]
