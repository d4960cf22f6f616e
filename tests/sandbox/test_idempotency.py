"""`Idempotency-Key`, as documented."""

from __future__ import annotations

import threading
import time

from sandbox import Sandbox

from .conftest import Api

KEY = {"Idempotency-Key": "5f1d2c9a-0000-4000-8000-000000000001"}
PAYLOAD = {"customerName": "Once"}


def _pushes(api: Api, key: str = "xero") -> int:
    found: int = api.get(f"{api.company(key)}/push", page=1).json()["totalResults"]
    return found


def test_the_first_answer_is_replayed(api: Api, box: Sandbox) -> None:
    first = api.create("xero", PAYLOAD, headers=KEY)
    box.settle()
    again = api.create("xero", PAYLOAD, headers=KEY)
    assert again.content == first.content
    assert again.json()["status"] == "Pending"
    assert _pushes(api) == 1


def test_another_body_is_422(api: Api) -> None:
    api.create("xero", PAYLOAD, headers=KEY)
    assert api.create("xero", {"customerName": "Twice"}, headers=KEY).status_code == 422
    assert _pushes(api) == 1


def test_a_refusal_is_replayed_and_a_fixed_one_needs_a_new_key(api: Api) -> None:
    first = api.create("freshbooks", {}, headers=KEY)
    assert first.status_code == 400
    assert api.create("freshbooks", {}, headers=KEY).content == first.content
    assert api.create("freshbooks", PAYLOAD, headers=KEY).status_code == 422


def test_a_500_is_replayed_and_a_429_is_not(api: Api, box: Sandbox) -> None:
    box.faults.add("POST .*/push/", "status", status=500)
    first = api.create("xero", PAYLOAD, headers=KEY)
    assert first.status_code == 500
    assert api.create("xero", PAYLOAD, headers=KEY).content == first.content
    other = {"Idempotency-Key": "another"}
    box.faults.add("POST .*/push/", "status", status=429)
    assert api.create("xero", PAYLOAD, headers=other).status_code == 429
    assert api.create("xero", PAYLOAD, headers=other).status_code == 200
    assert _pushes(api) == 1


def test_the_same_key_while_the_first_runs_is_409(api: Api, box: Sandbox) -> None:
    box.faults.add("POST .*/push/", "delay", seconds=10, count=-1)
    statuses: list[int] = []

    def create() -> None:
        statuses.append(Api(box).create("xero", PAYLOAD, headers=KEY).status_code)

    both = [threading.Thread(target=create) for _ in range(2)]
    for one in both:
        one.start()
    while not statuses and any(one.is_alive() for one in both):
        time.sleep(0.002)
    box.faults.clear()
    for one in both:
        one.join()
    assert statuses == [409, 200]
    assert api.create("xero", PAYLOAD, headers=KEY).status_code == 200
    assert _pushes(api) == 1


def test_a_put_ignores_idempotency_keys(api: Api, box: Sandbox) -> None:
    row = api.list("xero").json()["results"][0]
    path = f"{api.connection('xero')}/push/customers/{row['id']}"
    for _ in range(2):
        answer = api.call("PUT", path, json=PAYLOAD, headers=KEY)
        assert answer.status_code == 200
    assert _pushes(api) == 2


def test_a_lost_response_is_replayed(api: Api, box: Sandbox) -> None:
    box.faults.add("POST .*/push/", "reset", handled=True)
    try:
        api.create("xero", PAYLOAD, headers=KEY)
        raise AssertionError("the answer was to be lost")
    except OSError:
        pass
    assert _pushes(api) == 1
    assert api.create("xero", PAYLOAD, headers=KEY).json()["status"] == "Pending"
    assert _pushes(api) == 1
