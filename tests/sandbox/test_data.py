"""Companies and customers: which there are, and that they are the same every time."""

from __future__ import annotations

import time

import pytest

from sandbox import Sandbox
from sandbox.data.companies import PLANS
from sandbox.data.special_records import ODD_IDS

from .conftest import Api, over


def test_there_are_companies_in_every_state(api: Api) -> None:
    body = api.get("/companies", page=1).json()
    assert body["totalResults"] == len(PLANS) >= 10
    states = {c["status"] for row in body["results"] for c in row["dataConnections"]}
    assert states == {"Linked", "Deauthorized", "Unlinked", "PendingAuth"}
    platforms = {c["platformName"] for row in body["results"] for c in row["dataConnections"]}
    assert len(platforms) >= 15
    by_key = {key: api.get(api.company(key)).json() for key in ("no_accounting", "no_connections")}
    assert [c["sourceType"] for c in by_key["no_accounting"]["dataConnections"]] == ["Banking"]
    assert by_key["no_connections"]["dataConnections"] == []


@pytest.mark.parametrize(
    ("key", "status", "words"),
    [
        ("never_synced", 409, "The data set has not been requested."),
        ("pending", 409, "The data set has not been requested."),
        ("syncing", 404, "No data available for customers"),
        ("no_accounting", 404, "No data available for customers"),
    ],
)
def test_a_company_without_data_returns_an_error(
    api: Api, key: str, status: int, words: str
) -> None:
    answer = api.list(key)
    assert answer.status_code == status
    assert words in answer.json()["error"]
    assert api.customer(key, "1").status_code == status


def test_a_company_without_a_link_is_read_only(api: Api) -> None:
    for key in ("deauthorized", "unlinked"):
        rows = api.list(key).json()["results"]
        assert rows
        assert api.create(key, {"customerName": "x"}).status_code == 400
        assert api.get(api.attachments(key, rows[0]["id"])).status_code == 403


def test_the_big_company_has_five_thousand(api: Api) -> None:
    body = api.list("big", pageSize=5000).json()
    assert body["totalResults"] == len(body["results"]) == 5000
    assert len({row["id"] for row in body["results"]}) == 5000
    assert len({row["customerName"] for row in body["results"]}) == 5000
    assert any(row.get("metadata", {}).get("isDeleted") for row in body["results"])
    assert any("addresses" in row and row["addresses"] is None for row in body["results"])
    assert any("addresses" not in row for row in body["results"])
    assert any("supplementalData" in row for row in body["results"])


def test_the_data_depends_on_the_seed_only(api: Api) -> None:
    with Sandbox(customers=50) as same, Sandbox(seed=2, customers=50) as other:
        rows = api.list("qbo").json()["results"]
        assert Api(same).list("qbo").json()["results"] == rows
        assert Api(other).list("qbo").json()["results"] != rows
        assert Api(other).list("big").json()["totalResults"] == 50


@pytest.mark.parametrize("customer_id", [key for key in ODD_IDS if key != ".."])
def test_odd_ids_are_one_segment(api: Api, customer_id: str) -> None:
    answer = api.customer("odd", customer_id)
    assert answer.status_code == 200
    assert answer.json()["id"] == customer_id
    assert api.get(api.attachments("odd", customer_id)).status_code == 200


def test_dot_segments_are_removed(api: Api, box: Sandbox) -> None:
    """As in front of Codat: `..` as an ID is the parent of the list, encoded or not."""
    from .conftest import raw

    for dots in ("..", "%2e%2e", "%2E."):
        answer, _ = raw(box, f"{api.company('odd')}/data/customers/x/../{dots}")
        assert answer.startswith(b"HTTP/1.1 404")
        assert b"Resource not found" in answer


def test_odd_names_are_returned_unchanged(api: Api) -> None:
    rows = {row["id"]: row for row in api.list("odd", pageSize=500).json()["results"]}
    names = [row.get("customerName") for row in rows.values()]
    assert "" in names
    assert "-" in names
    assert None in names
    assert "customerName" not in rows["name-missing"]
    assert any(isinstance(name, str) and len(name) >= 200 for name in names)
    assert rows["name-script"]["customerName"].startswith("<script>")
    assert rows["arrays-null"]["addresses"] is None
    assert rows["keys-unknown"]["loyalty"]["points"] == 12345678901234567890
    assert rows["supplemental"]["supplementalData"]["content"]["address"]["geo"]["lat"] == 55.6993


def test_zoho_hides_stored_fields(api: Api, box: Sandbox) -> None:
    rows = api.list("zoho").json()["results"]
    assert all("addresses" not in row for row in rows)
    assert any(record.get("addresses") for record in box.state("zoho").source.values())


def test_a_reset_is_quick_and_complete(api: Api, box: Sandbox) -> None:
    api.list("big")
    before = api.list("xero").json()
    box.faults.add("", "status")
    box.settings.latency = 30.0
    box.change("xero", before["results"][0]["id"], phone="1")
    started = time.perf_counter()
    box.reset()
    assert time.perf_counter() - started < 10  # It does not wait for delays.
    assert box.calls == []
    assert api.list("xero").json() == before
    assert len(box.calls) == 1


def test_the_key_is_checked(api: Api, box: Sandbox) -> None:
    for header in ("", "Basic d3Jvbmc=", "Bearer sandbox-key"):
        answer = api.call("GET", "/companies", headers={"Authorization": header})
        assert answer.status_code == 401
        assert answer.json()["correlationId"]
    assert box.calls[-1].status == 401


def test_unknown_paths_are_404_in_codats_shape(api: Api) -> None:
    nobody = "00000000-0000-0000-0000-000000000000"
    for path in (
        f"/companies/{nobody}",
        f"{api.company('xero')}/connections/{nobody}/options/customers",
        f"{api.company('xero')}/data/customers/{nobody}",
        f"{api.company('xero')}/push/{nobody}",
        f"{api.company('xero')}/data/history/{nobody}",
        f"{api.company('xero')}/nothing",
        "/nothing",
        api.attachments("files", "one", "nothing"),
        api.attachments("files", "nobody"),
    ):
        answer = api.get(path)
        assert answer.status_code == 404, path
        assert answer.json()["statusCode"] == 404


def test_the_call_log_has_every_request(api: Api, box: Sandbox) -> None:
    api.create("xero", {"customerName": "Logged"}, headers={"Idempotency-Key": "k"})
    call = over(box.calls[-1])
    assert (call.method, call.status) == ("POST", 200)
    assert call.path.endswith("/push/customers")
    assert call.headers["idempotency-key"] == "k"
    assert b"Logged" in call.body
    assert call.sent > 0
    assert call.finished is not None
    assert call.finished >= call.started
