"""Writes: push operations, validation, what the software stores, and when it can be read."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox import Sandbox
from tests.support.patience import wait_for

from .conftest import Api


def _first(api: Api, key: str, **fields: Any) -> dict[str, Any]:
    rows = api.list(key).json()["results"]
    found: dict[str, Any] = next(
        row for row in rows if all(row.get(name) == item for name, item in fields.items())
    )
    return found


def _items(operation: dict[str, Any]) -> list[str]:
    return [item["itemId"] for item in operation["validation"]["errors"]]


def test_a_created_customer_appears_after_the_next_refresh(api: Api, box: Sandbox) -> None:
    before = api.list("xero").json()["totalResults"]
    operation = api.create("xero", {"customerName": "Fresh Paint"}).json()
    assert operation["status"] == "Pending"
    assert operation["completedOnUtc"] is None
    box.settle()
    done = api.push("xero", operation["pushOperationKey"])
    assert (done["status"], done["statusCode"]) == ("Success", 200)
    made = done["changes"][0]
    assert made["type"] == "Created"
    customer_id = made["recordRef"]["id"]
    assert api.customer("xero", customer_id).status_code == 404
    assert api.list("xero").json()["totalResults"] == before
    assert api.refresh("xero").status_code == 200
    box.settle()
    assert api.customer("xero", customer_id).json()["customerName"] == "Fresh Paint"
    assert api.list("xero").json()["totalResults"] == before + 1


def test_an_update_is_pending_until_its_delay_has_passed(api: Api, box: Sandbox) -> None:
    box.settings.push_delay = 0.05
    row = _first(api, "netsuite", status="Active")
    answer = api.update("netsuite", row["id"], {"customerName": "New name", "status": "Active"})
    assert answer.status_code == 202
    operation = answer.json()
    key = operation["pushOperationKey"]
    wait_for(lambda: api.push("netsuite", key)["status"] != "Pending")
    operation = api.push("netsuite", key)
    assert operation["status"] == "Success"
    assert operation["changes"][0]["type"] == "Modified"
    assert api.customer("netsuite", row["id"]).json() == row


@pytest.mark.parametrize(
    ("key", "payload", "expected"),
    [
        ("qbo", {}, ["CustomerName", "Status"]),
        ("qbo", {"customerName": "A", "status": "Gone"}, ["Status"]),
        (
            "netsuite",
            {
                "customerName": "A",
                "status": "Active",
                "contacts": [{"name": "B", "status": "Active", "phone": [{"type": "Fax"}]}],
            },
            ["contacts[0].phone[0].number"],
        ),
        (
            "netsuite",
            {
                "customerName": "A",
                "status": "Active",
                "addresses": [{"type": "Billing", "country": "GB"}] * 2,
            },
            ["addresses"],
        ),
        (
            "exact",
            {
                "customerName": "A",
                "contacts": [{"name": "B"}],
                "addresses": [{"country": "NLD"}],
                "registrationNumber": "1",
            },
            ["RegistrationNumber", "Addresses.Country"],
        ),
        ("exact", {"customerName": "A", "contacts": []}, ["Contacts"]),
        (
            "intacct",
            {"id": "C9", "customerName": "A", "status": "Active", "isOnHold": "no"},
            ["isOnHold"],
        ),
        (
            "intacct",
            {
                "id": "C9",
                "customerName": "A",
                "status": "Active",
                "isOnHold": False,
                "creditLimit": -1,
                "customerSince": "then",
                "locations": [
                    {"name": "L", "departments": [{"code": "X", "people": [{"phone": [{}]}]}]}
                ],
            },
            [
                "creditLimit",
                "customerSince",
                "locations[0].departments[0].code",
                "locations[0].departments[0].people[0].name",
                "locations[0].departments[0].people[0].phone[0].number",
                "locations[0].departments[0].people[0].phone[0].type",
            ],
        ),
        ("xero", {"customerName": "A", "nickname": "B"}, ["Nickname"]),
    ],
)
def test_an_invalid_write_fails_with_items(
    api: Api, box: Sandbox, key: str, payload: dict[str, Any], expected: list[str]
) -> None:
    operation = api.create(key, payload).json()
    box.settle()
    operation = api.push(key, operation["pushOperationKey"])
    assert (operation["status"], operation["statusCode"]) == ("Failed", 400)
    assert _items(operation) == expected
    assert operation["changes"] is None
    assert operation["errorMessage"]


def test_a_write_can_fail_in_the_200(api: Api) -> None:
    answer = api.create("xero", {"customerName": "", "registrationNumber": "9" * 51})
    assert answer.status_code == 200
    operation = answer.json()
    assert (operation["status"], operation["statusCode"]) == ("Failed", 400)
    assert _items(operation) == ["CustomerName", "RegistrationNumber"]
    assert operation["completedOnUtc"]


def test_a_refusal_can_be_a_400(api: Api) -> None:
    answer = api.create("freshbooks", {"contacts": [{"name": "A", "email": "b", "phone": [{}]}]})
    assert answer.status_code == 400
    items = [item["itemId"] for item in answer.json()["validation"]["errors"]]
    assert items == ["EmailAddress", "Phone.Number"]
    pushes = api.get(f"{api.company('freshbooks')}/push", page=1).json()
    assert pushes["totalResults"] == 0


def test_a_lenient_integration_warns_and_ignores(api: Api, box: Sandbox) -> None:
    payload = {"customerName": "A", "status": "Active", "shoeSize": 44}
    operation = api.create("dynamics", payload).json()
    box.settle()
    operation = api.push("dynamics", operation["pushOperationKey"])
    assert operation["status"] == "Success"
    assert [w["itemId"] for w in operation["validation"]["warnings"]] == ["ShoeSize"]
    stored = box.state("dynamics").source[operation["changes"][0]["recordRef"]["id"]]
    assert "shoeSize" not in stored


def test_an_optional_row_can_be_omitted(api: Api, box: Sandbox) -> None:
    operation = api.create("netsuite", {"customerName": "A", "status": "Active"}).json()
    box.settle()
    assert api.push("netsuite", operation["pushOperationKey"])["status"] == "Success"


def test_names_are_unique_in_quickbooks(api: Api, box: Sandbox) -> None:
    name = _first(api, "qbo")["customerName"]
    operation = api.create("qbo", {"customerName": name.upper(), "status": "Active"}).json()
    box.settle()
    operation = api.push("qbo", operation["pushOperationKey"])
    assert operation["status"] == "Failed"
    assert "already used" in operation["errorMessage"]


def test_a_stored_value_outside_the_options_is_accepted(api: Api) -> None:
    row = _first(api, "xero", status="Archived")
    kept = {"customerName": row["customerName"], "status": "Archived"}
    assert api.update("xero", row["id"], kept).json()["status"] == "Pending"
    row = _first(api, "xero", status="Active")
    moved = {"customerName": row["customerName"], "status": "Archived"}
    assert api.update("xero", row["id"], moved).json()["status"] == "Failed"


@pytest.mark.parametrize(
    ("key", "payload", "field", "expected"),
    [
        ("xero", {"customerName": "A", "status": "InActive"}, "status", "Archived"),
        (
            "qbo",
            {"customerName": "Quite new", "status": "Active", "taxNumber": "GB123456789"},
            "taxNumber",
            "XXXX3456789",
        ),
        (
            "exact",
            {
                "customerName": "A",
                "contacts": [{"name": "B"}],
                "addresses": [{"country": "NL"}, {"country": "BE"}],
            },
            "addresses",
            [{"country": "NL"}],
        ),
    ],
)
def test_software_changes_what_it_stores(
    api: Api, box: Sandbox, key: str, payload: dict[str, Any], field: str, expected: Any
) -> None:
    operation = api.create(key, payload).json()
    box.settle()
    api.refresh(key)
    box.settle()
    made = api.push(key, operation["pushOperationKey"])["changes"][0]["recordRef"]["id"]
    assert api.customer(key, made).json()[field] == expected


def test_some_updates_replace_and_some_merge(api: Api, box: Sandbox) -> None:
    replaced = next(r for r in api.list("qbo").json()["results"] if r.get("taxNumber"))
    merged = next(r for r in api.list("netsuite").json()["results"] if r.get("taxNumber"))
    for key, row in (("qbo", replaced), ("netsuite", merged)):
        api.update(key, row["id"], {"customerName": f"{key} renamed", "status": "Active"})
        box.settle()
    assert "taxNumber" not in box.state("qbo").source[replaced["id"]]
    assert box.state("netsuite").source[merged["id"]]["taxNumber"] == merged["taxNumber"]


def test_a_required_id_is_stored(api: Api, box: Sandbox) -> None:
    payload = {"id": "NEW001", "customerName": "A", "status": "Active"}
    missing = api.create("sage", {"customerName": "A", "status": "Active"})
    assert [item["itemId"] for item in missing.json()["validation"]["errors"]] == ["id"]
    operation = api.create("sage", payload).json()
    box.settle()
    done = api.push("sage", operation["pushOperationKey"])
    assert done["changes"][0]["recordRef"]["id"] == "NEW001"


def test_an_offline_connector_stays_pending_until_it_times_out(api: Api, box: Sandbox) -> None:
    box.settings.minute = 0.05
    payload = {"customerName": "Desk", "status": "Active"}
    for_ever = api.create("qbd", payload).json()
    bounded = api.create("qbd", payload, timeoutInMinutes=1).json()
    assert bounded["timeoutInMinutes"] == 1
    box.settle()
    assert api.push("qbd", for_ever["pushOperationKey"])["status"] == "Pending"
    timed_out = api.push("qbd", bounded["pushOperationKey"])
    assert timed_out["status"] == "TimedOut"
    assert timed_out["completedOnUtc"]
    box.set_online("qbd")
    box.settle()
    assert api.push("qbd", for_ever["pushOperationKey"])["status"] == "Success"
    # The status stays, although the record was written.
    assert api.push("qbd", bounded["pushOperationKey"])["status"] == "TimedOut"
    names = [record["customerName"] for record in box.state("qbd").source.values()]
    assert names.count("Desk") == 2


def test_force_update(api: Api, box: Sandbox) -> None:
    payload = {"customerName": "Changed here"}
    refused = api.update("odd", "changed-since", payload)
    assert refused.status_code == 400
    assert "Refresh" in refused.json()["error"]
    forced = api.update("odd", "changed-since", payload, forceUpdate="true")
    assert forced.json()["status"] == "Pending"
    box.settle()
    api.refresh("odd")
    box.settle()
    assert api.update("odd", "changed-since", payload).json()["status"] == "Pending"


@pytest.mark.parametrize(
    ("name", "status", "http"),
    [
        ("Fail me now please", "Failed", 200),
        ("Fail me later please", "Pending", 200),
        ("Time me out please", "Pending", 200),
        ("Refuse me please", None, 400),
    ],
)
def test_forced_outcomes(api: Api, name: str, status: str | None, http: int) -> None:
    answer = api.create("codat", _codat(name))
    assert answer.status_code == http
    assert answer.json().get("status") == status


def test_forced_outcomes_after_a_delay(api: Api, box: Sandbox) -> None:
    keys = {
        name: api.create("codat", _codat(name), timeoutInMinutes=1).json()["pushOperationKey"]
        for name in ("Fail me later", "Time me out", "Lose me")
    }
    box.settle()
    ends = {name: api.push("codat", key)["status"] for name, key in keys.items()}
    assert ends == {"Fail me later": "Failed", "Time me out": "TimedOut", "Lose me": "TimedOut"}
    names = [record["customerName"] for record in box.state("codat").source.values()]
    assert "Lose me" in names
    assert "Time me out" not in names


def _codat(name: str) -> dict[str, Any]:
    address = dict.fromkeys(("line1", "line2", "city", "region", "country", "postalCode"), "x")
    address["type"] = "Billing"
    phones = [{"number": "1", "type": "Primary"}]
    contact = {"name": "x", "email": "x", "phone": phones, "address": address, "status": "Active"}
    texts = ("contactName", "emailAddress", "phone", "registrationNumber", "taxNumber")
    return {
        "customerName": name,
        "status": "Active",
        "defaultCurrency": "GBP",
        "addresses": [address],
        "contacts": [contact],
    } | dict.fromkeys(texts, "x")


def test_invalid_json_is_refused(api: Api) -> None:
    path = f"{api.connection('xero')}/push/customers"
    for body in (b"", b"{", b"[]", b'"x"', b'{"customerName": "\xff"}', b"[" * 200_000):
        assert api.call("POST", path, data=body).status_code == 400


def test_a_missing_record_and_other_methods(api: Api) -> None:
    assert api.update("xero", "nobody", {"customerName": "A"}).status_code == 404
    path = f"{api.connection('xero')}/push/customers"
    assert api.call("GET", path).status_code == 405
    assert api.call("PUT", path).status_code == 405


def test_history_is_newest_first_and_can_be_queried(api: Api, box: Sandbox) -> None:
    keys = [
        api.create("xero", {"customerName": f"N{n}"}).json()["pushOperationKey"] for n in (1, 2)
    ]
    bad = api.create("xero", {}).json()["pushOperationKey"]
    path = f"{api.company('xero')}/push"
    rows = api.get(path, page=1).json()["results"]
    assert [row["pushOperationKey"] for row in rows] == [bad, *reversed(keys)]
    box.settle()
    rows = api.get(path, page=1, query="status=Failed").json()["results"]
    assert [row["pushOperationKey"] for row in rows] == [bad]


def test_a_sync_can_follow_a_push(api: Api, box: Sandbox) -> None:
    api.create("xero", {"customerName": "Synced at once"}, allowSyncOnPushComplete="true")
    box.settle()
    found = api.list("xero", query="customerName=Synced at once").json()
    assert found["totalResults"] == 1
