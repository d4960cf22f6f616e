"""Refreshes: states, progress, refusals and results."""

from __future__ import annotations

from typing import Any

from sandbox import Sandbox
from sandbox.refreshes import STATES

from .conftest import Api


def _status(api: Api, key: str) -> dict[str, Any] | None:
    found: dict[str, Any] = api.get(f"{api.company(key)}/dataStatus").json()
    return found.get("customers")


def test_a_refresh_passes_through_its_states(api: Api, box: Sandbox) -> None:
    box.settings.sync_delay = 1.0
    pull = api.refresh("xero").json()
    seen: list[tuple[str, int]] = []
    while not pull["isCompleted"]:
        pull = api.get(f"{api.company('xero')}/data/history/{pull['id']}").json()
        state = (pull["status"], pull["progress"])
        if not seen or seen[-1] != state:
            seen.append(state)
    assert [state for state in STATES if state in seen] == seen
    assert len(seen) >= 5
    assert seen[-1] == ("Complete", 100)
    assert pull["completed"]


def test_a_second_one_is_refused_while_one_runs(api: Api, box: Sandbox) -> None:
    first = api.refresh("xero").json()
    second = api.refresh("xero")
    assert second.status_code == 400
    assert "DatasetAlreadyInProgressException" in second.json()["error"]
    assert first["id"] in second.json()["error"]
    status = _status(api, "xero")
    assert status is not None
    assert status["latestSyncId"] == first["id"]
    box.settle()
    assert api.refresh("xero").status_code == 200
    history = api.get(f"{api.company('xero')}/data/history", page=1).json()
    assert history["totalResults"] == 2
    assert history["results"][1]["id"] == first["id"]


def test_a_refresh_copies_changes(api: Api, box: Sandbox) -> None:
    row, other = api.list("xero").json()["results"][:2]
    box.change("xero", row["id"], customerName="Renamed in Xero")
    assert api.customer("xero", row["id"]).json() == row
    api.refresh("xero")
    box.settle()
    fresh = api.customer("xero", row["id"]).json()
    assert fresh["customerName"] == "Renamed in Xero"
    assert fresh["modifiedDate"] > row["modifiedDate"]
    assert api.customer("xero", other["id"]).json() == other


def test_a_first_refresh_copies_customers(api: Api, box: Sandbox) -> None:
    assert _status(api, "never_synced") is None
    api.refresh("never_synced")
    assert "lastSuccessfulSync" not in (_status(api, "never_synced") or {"lastSuccessfulSync": ""})
    box.settle()
    assert api.list("never_synced").json()["totalResults"] == 16
    assert "lastSuccessfulSync" in (_status(api, "never_synced") or {})


def test_the_syncing_company_syncs_until_it_is_settled(api: Api, box: Sandbox) -> None:
    status = _status(api, "syncing")
    assert status is not None
    assert status["currentStatus"] == "Fetching"
    assert api.refresh("syncing").status_code == 400
    box.settle()
    assert api.list("syncing").json()["totalResults"] == 30


def test_desktop_software_stays_queued_until_it_is_online(api: Api, box: Sandbox) -> None:
    pull = api.refresh("qbd").json()
    box.settle()
    path = f"{api.company('qbd')}/data/history/{pull['id']}"
    assert api.get(path).json()["status"] == "Queued"
    box.set_online("qbd")
    box.settle()
    assert api.get(path).json()["status"] == "Complete"


def test_refreshes_fail_too(api: Api, box: Sandbox) -> None:
    pull = api.refresh("deauthorized").json()
    box.settle()
    path = f"{api.company('deauthorized')}/data/history/{pull['id']}"
    failed = api.get(path).json()
    assert (failed["status"], failed["isErrored"], failed["isCompleted"]) == (
        "AuthError",
        True,
        True,
    )
    box.settings.refresh_outcome = "FetchError"
    api.refresh("xero")
    box.settle()
    assert (_status(api, "xero") or {})["currentStatus"] == "FetchError"
    assert api.list("xero").json()["totalResults"] == 48
    for key in ("no_accounting", "no_connections"):
        assert api.refresh(key).status_code == 404
