"""The dates of the data are relative to one moment, and nothing depends on the day of the test."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from sandbox import Sandbox
from sandbox.data import dates
from sandbox.data.companies import PLANS
from tests.sandbox.conftest import Api

NOW = "2031-07-01T09:30:00Z"
MOMENT = dates.parse(NOW)
UNKNOWN = "0001-01-01T00:00:00"


def moment(text: str) -> datetime:
    return dates.parse(text[:19] + "Z")


@pytest.fixture
def later() -> Iterator[Api]:
    with Sandbox(reference=NOW, past_writes=True) as box:
        yield Api(box)


def ages(api: Api, key: str) -> list[timedelta]:
    """How long before NOW each customer was changed in the accounting software."""
    rows = api.list(key, pageSize=5000).json()["results"]
    known = [row["sourceModifiedDate"] for row in rows if row["sourceModifiedDate"] != UNKNOWN]
    return [MOMENT - moment(text) for text in known]


def test_customers_were_changed_from_minutes_to_years_ago(later: Api) -> None:
    found = sorted(ages(later, "big"))
    assert timedelta() < found[0] < timedelta(hours=1)
    assert found[-1] > timedelta(days=3 * 365)
    assert timedelta(days=1) < found[len(found) // 2] < timedelta(days=100)


def test_companies_were_synced_minutes_to_months_ago_and_some_never(later: Api) -> None:
    rows = later.get("/companies", page=1, pageSize=100).json()["results"]
    found = sorted(MOMENT - moment(row["lastSync"]) for row in rows if "lastSync" in row)
    assert found[0] < timedelta(minutes=15)
    assert any(timedelta(hours=1) < age < timedelta(days=1) for age in found)
    assert sum(age > timedelta(days=14) for age in found) >= 2
    assert any("lastSync" not in row for row in rows)


@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: plan.key)
def test_codats_copy_is_not_newer_than_the_last_sync(later: Api, plan: object) -> None:
    key = plan.key  # type: ignore[attr-defined]  # a Plan
    company = later.box.state(key)
    if company.last_sync is None:
        return
    for record in company.copy.values():
        changed, read = record["sourceModifiedDate"], record["modifiedDate"]
        assert moment(read) <= moment(company.last_sync) <= MOMENT
        if changed not in (UNKNOWN, "yesterday"):
            assert moment(changed) <= moment(read)


def test_another_moment_moves_every_date_and_nothing_else(later: Api, api: Api) -> None:
    by = MOMENT - dates.REFERENCE
    for key in ("xero", "netsuite", "odd", "intacct"):
        before, after = api.box.state(key), later.box.state(key)
        assert after.source == {
            name: dates.moved_record(record, by) for name, record in before.source.items()
        }
        assert after.source != before.source
        assert after.last_sync == dates.moved(str(before.last_sync), by)
    contact = later.box.state("odd").copy["full"]["contacts"][0]
    assert moment(contact["modifiedDate"]) - by == moment("2024-06-01T10:00:00")


@pytest.mark.parametrize("text", ["yesterday", "", UNKNOWN, "2024-02-30", "0001-01-01T00:00:00Z"])
def test_what_is_no_date_is_not_moved(text: str) -> None:
    assert dates.moved(text, timedelta(days=3)) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-02-28T23:00:00", "2024-02-29T23:00:00"),
        ("2024-02-28T23:00:00.1234567Z", "2024-02-29T23:00:00.1234567Z"),
        ("2023-12-31T00:00:00+02:00", "2024-01-01T00:00:00+02:00"),
    ],
)
def test_a_date_keeps_its_form(text: str, expected: str) -> None:
    assert dates.moved(text, timedelta(days=1)) == expected


def test_attachments_have_dates_before_the_last_sync(later: Api) -> None:
    row = later.get(later.attachments("files", "one")).json()["attachments"][0]
    for name in ("dateCreated", "modifiedDate"):
        assert timedelta() < MOMENT - moment(row[name]) < timedelta(days=400)


@pytest.mark.parametrize("key", ["xero", "qbo"])
def test_codat_has_a_history_of_finished_writes(later: Api, key: str) -> None:
    pushes = later.get(f"{later.company(key)}/push", page=1).json()["results"]
    assert {push["status"] for push in pushes} == {"Success", "Failed", "TimedOut"}
    requested = [push["requestedOnUtc"] for push in pushes]
    assert requested == sorted(requested, reverse=True)
    assert MOMENT - moment(requested[0]) < timedelta(hours=2)
    assert MOMENT - moment(requested[-1]) > timedelta(days=7)
    connection = later.box.connection(key)
    for push in pushes:
        assert moment(push["requestedOnUtc"]) < moment(push["completedOnUtc"]) < MOMENT
        assert push["dataConnectionKey"] == connection
        for change in push["changes"] or []:
            assert later.customer(key, change["recordRef"]["id"]).status_code == 200
    assert len({push["pushOperationKey"] for push in pushes}) == len(pushes)


def test_a_history_is_only_made_where_it_is_asked_for(api: Api, later: Api) -> None:
    assert api.get(f"{api.company('xero')}/push", page=1).json()["totalResults"] == 0
    assert later.get(f"{later.company('big')}/push", page=1).json()["totalResults"] == 0


def test_the_command_takes_the_moment(later: Api) -> None:
    assert later.box.settings.reference == NOW
    later.box.reset()
    assert later.box.settings.reference == NOW
