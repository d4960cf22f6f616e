"""Faults on demand, over a plain socket, and limits."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
import requests

from sandbox import Sandbox
from sandbox.faults import KINDS

from .conftest import Api, over, raw


@pytest.mark.parametrize(
    "status", [400, 401, 402, 403, 404, 408, 409, 422, 451, 500, 502, 503, 504]
)
def test_any_status(api: Api, box: Sandbox, status: int) -> None:
    box.faults.add("GET /companies", "status", status=status)
    answer = api.get("/companies", page=1)
    assert answer.status_code == status
    assert answer.json()["statusCode"] == status
    assert box.calls[-1].status == status
    assert api.get("/companies", page=1).status_code == 200


def test_a_429_has_retry_after(api: Api, box: Sandbox) -> None:
    box.faults.add("/companies", "status", status=429, seconds=7)
    assert api.get("/companies", page=1).headers["Retry-After"] == "7"
    box.faults.add("/companies", "status", status=503, headers={"Retry-After": "3"})
    assert api.get("/companies", page=1).headers["Retry-After"] == "3"


def test_unexpected_bodies(api: Api, box: Sandbox) -> None:
    box.faults.add("/companies", "html")
    answer = api.get("/companies", page=1)
    assert (answer.status_code, answer.headers["Content-Type"][:9]) == (502, "text/html")
    box.faults.add("/companies", "empty", status=204)
    assert api.get("/companies", page=1).content == b""
    box.faults.add("/companies", "json", body="null")
    answer = api.get("/companies", page=1)
    assert (answer.status_code, answer.content) == (200, b"null")


def test_a_followed_redirect_is_in_the_call_log(api: Api, box: Sandbox) -> None:
    box.faults.add("/companies", "redirect")
    answer = api.get("/companies", page=1)
    assert answer.status_code == 302
    assert answer.headers["Location"] == f"{box.url}/_sandbox/elsewhere"
    assert [call.path for call in box.calls] == ["/companies"]
    api.get("/_sandbox/elsewhere")
    assert box.calls[-1].path == "/_sandbox/elsewhere"
    box.faults.add("/companies", "redirect", status=307, body="http://127.0.0.1:9/x")
    assert api.get("/companies", page=1).headers["Location"] == "http://127.0.0.1:9/x"


def test_a_reset_before_any_byte(box: Sandbox) -> None:
    box.faults.add("/companies", "reset")
    assert raw(box, "/companies?page=1") == (b"", "reset")
    assert box.calls[-1].status == 0
    assert raw(box, "/companies?page=1")[1] == "end"


def test_a_reset_in_the_middle_and_a_cut(box: Sandbox) -> None:
    whole, _ = raw(box, "/companies?page=1")
    for kind, ending in (("reset_middle", "reset"), ("cut", "end")):
        box.faults.add("/companies", kind)  # type: ignore[arg-type]
        received, how = raw(box, "/companies?page=1")
        assert how == ending
        assert received.startswith(b"HTTP/1.1 200")
        body = whole.split(b"\r\n\r\n", 1)[1]
        assert f"Content-Length: {len(body)}".encode() in received
        assert received.split(b"\r\n\r\n", 1)[1] == body[: len(body) // 2]


def test_a_hang_lasts_until_it_is_cleared(box: Sandbox) -> None:
    box.faults.add("/companies", "hang", seconds=60)
    assert raw(box, "/companies?page=1", timeout=0.2) == (b"", "silence")
    box.faults.add("/companies", "hang", seconds=60)
    results: list[tuple[bytes, str]] = []
    waiting = threading.Thread(target=lambda: results.append(raw(box, "/companies?page=1")))
    waiting.start()
    while len(box.calls) < 2:
        time.sleep(0.005)
    box.faults.clear()
    waiting.join()
    assert results == [(b"", "end")]


def test_a_hang_ends_with_its_client(box: Sandbox) -> None:
    box.faults.add("/companies", "hang", seconds=60)
    raw(box, "/companies?page=1", timeout=0.1)
    assert over(box.calls[-1]).broken


def test_a_drip_is_slow_but_whole(api: Api, box: Sandbox) -> None:
    path = f"{api.company('never_synced')}/dataStatus"
    box.faults.add("/dataStatus", "drip", seconds=0.01)
    started = time.monotonic()
    answer = api.get(path)
    assert answer.json() == {}
    assert time.monotonic() - started >= 0.02


def test_a_fault_applies_to_matching_calls_and_a_number_of_times(api: Api, box: Sandbox) -> None:
    box.faults.add(r"GET /companies/[^/]+/data/customers\?", "status", status=503, count=2)
    assert api.get("/companies", page=1).status_code == 200
    statuses = [api.list("xero").status_code for _ in range(3)]
    assert statuses == [503, 503, 200]
    box.faults.add("page=7", "status", count=-1)
    assert [api.list("xero", page=7).status_code for _ in range(4)] == [500] * 4
    assert api.list("xero", page=8).status_code == 200
    box.faults.clear()
    assert api.list("xero", page=7).status_code == 200


def test_handled_performs_the_write(api: Api, box: Sandbox) -> None:
    path = f"{api.company('xero')}/push"
    box.faults.add("POST", "status", status=504)
    assert api.create("xero", {"customerName": "A"}).status_code == 504
    assert api.get(path, page=1).json()["totalResults"] == 0
    box.faults.add("POST", "status", status=504, handled=True)
    assert api.create("xero", {"customerName": "A"}).status_code == 504
    assert api.get(path, page=1).json()["totalResults"] == 1
    box.faults.add("PUT", "cut")
    row = api.list("xero").json()["results"][0]
    with pytest.raises(requests.exceptions.RequestException):
        api.update("xero", row["id"], {"customerName": "A"})
    assert api.get(path, page=1).json()["totalResults"] == 2


def test_unknown_kinds_are_refused(box: Sandbox) -> None:
    with pytest.raises(ValueError, match="unknown kind"):
        box.faults.add("", "explode")  # type: ignore[arg-type]


def test_rate_limit_headers_count_down(api: Api) -> None:
    first, second = (api.get("/companies", page=1).headers for _ in range(2))
    assert int(first["X-Rate-Limit-Limit"]) >= 10_000
    left = [int(headers["X-Rate-Limit-Remaining"]) for headers in (first, second)]
    assert left[0] - left[1] == 1
    assert int(first["X-Rate-Limit-Reset"]) > time.time()


def test_a_used_up_quota_is_429(api: Api, box: Sandbox) -> None:
    box.settings.daily_quota = 2
    answers = [api.get("/companies", page=1) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert [answer.headers["X-Rate-Limit-Remaining"] for answer in answers] == ["1", "0", "0"]
    assert 0 < int(answers[2].headers["Retry-After"]) <= 86_400


def test_too_many_concurrent_calls_are_429(api: Api, box: Sandbox) -> None:
    box.settings.max_concurrent = 1
    path = f"{api.company('xero')}/dataStatus"
    box.faults.add(path, "delay", seconds=10, count=-1)
    answers: list[requests.Response] = []
    both = [threading.Thread(target=lambda: answers.append(Api(box).get(path))) for _ in range(2)]
    for one in both:
        one.start()
    while not answers and any(one.is_alive() for one in both):
        time.sleep(0.002)
    assert api.get(f"{api.company('qbo')}/dataStatus").status_code == 200
    box.faults.clear()
    for one in both:
        one.join()
    assert [answer.status_code for answer in answers] == [429, 200]
    assert answers[0].headers["Retry-After"] == "1"


def test_latency_is_added(api: Api, box: Sandbox) -> None:
    box.settings.latency = 0.05
    started = time.monotonic()
    api.get("/companies", page=1)
    assert time.monotonic() - started >= 0.05


def test_a_call_is_running_while_the_latency_passes(api: Api, box: Sandbox) -> None:
    box.settings.max_concurrent = 1
    box.settings.latency = 2.0
    path = f"{api.company('qbo')}/dataStatus"
    answers: list[int] = []
    first = threading.Thread(target=lambda: answers.append(Api(box).get(path).status_code))
    first.start()
    while not box.calls:
        time.sleep(0.002)
    box.settings.latency = 0.0
    assert api.get(path).status_code == 429
    first.join()
    assert answers == [200]


def test_the_controls_over_http(box: Sandbox) -> None:
    def control(method: str, path: str, body: Any = None) -> requests.Response:
        return requests.request(method, f"{box.url}/_sandbox/{path}", json=body, timeout=10)

    api = Api(box)
    state = control("GET", "").json()
    assert state["companies"]["xero"] == box.company("xero")
    assert state["faultKinds"] == list(KINDS)
    fault = {"match": "/companies", "kind": "status", "status": 503, "count": 1}
    assert control("POST", "faults", fault).status_code == 200
    assert api.get("/companies", page=1).status_code == 503
    assert control("POST", "faults", fault | {"kind": "explode"}).status_code == 400
    assert control("POST", "faults", fault | {"match": "(["}).status_code == 400
    assert control("POST", "faults", fault).status_code == 200
    assert control("DELETE", "faults").status_code == 200
    assert api.get("/companies", page=1).status_code == 200
    calls = control("GET", "calls").json()
    assert [call["status"] for call in calls] == [503, 200]
    assert "authorization" not in calls[0]["headers"]
    assert control("DELETE", "calls").status_code == 200
    assert control("GET", "calls").json() == []
    assert control(
        "POST", "settings", {"push_delay": 60, "webhook_secret": "whsec_c2VjcmV0"}
    ).json() == {"push_delay": 60}
    assert "webhook_secret" not in control("GET", "").json()["settings"]
    assert control("POST", "settings", {"nonsense": 1}).status_code == 400
    assert control("POST", "settings", {"webhook_secret": "whsec_?"}).status_code == 400
    operation = api.create("xero", {"customerName": "A"}).json()
    assert api.push("xero", operation["pushOperationKey"])["status"] == "Pending"
    assert control("POST", "settle").status_code == 200
    assert api.push("xero", operation["pushOperationKey"])["status"] == "Success"
    change = {"company": "odd", "customer": "full", "fields": {"phone": "1"}}
    assert control("POST", "change", change).status_code == 200
    assert box.state("odd").source["full"]["phone"] == "1"
    assert control("POST", "online", {"company": "qbd"}).status_code == 200
    assert box.state("qbd").online
    assert control("POST", "change", {"company": "nobody", "customer": "x"}).status_code == 400
    assert control("POST", "reset").status_code == 200
    assert api.get(f"{api.company('xero')}/push", page=1).json()["totalResults"] == 0
    assert control("GET", "nothing").status_code == 404


def test_connections_are_kept_and_closed(api: Api, box: Sandbox) -> None:
    for _ in range(3):
        api.get("/companies", page=1)
    assert box.open_connections >= 1
    with Sandbox(customers=1) as other:
        mine = Api(other)
        mine.get("/companies", page=1)
        assert other.open_connections == 1
    with pytest.raises(requests.exceptions.ConnectionError):
        mine.get("/companies", page=1)
