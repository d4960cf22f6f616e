"""The day's quota of calls, and the reserve for people."""

from __future__ import annotations

import time

import pytest

from customers.codat.errors import Reserved
from customers.codat.http import quota
from customers.codat.http.quota import background
from customers.service import default_service
from sandbox import Sandbox
from tests.conftest import RawPathClient
from tests.support.codat import other_process


def test_every_process_reads_the_quota_from_the_headers(
    sandbox: Sandbox, shared_cache: None, short_waits: None
) -> None:
    sandbox.settings.daily_quota = 1000
    here, there = default_service(), other_process(sandbox)
    assert here.quota() is None
    there.ping()
    first = here.quota()
    assert first is not None
    assert (first.limit, first.remaining) == (1000, 999)
    here.ping()
    assert there.quota() == here.quota() != first


def test_editors_see_how_many_calls_are_left_where_they_may_not_last(
    sandbox: Sandbox, editor_client: RawPathClient
) -> None:
    for limit, shown in ((12_345, ""), (5, "Calls to Codat left today: 0 of 5")):
        sandbox.reset()
        sandbox.settings.daily_quota = limit
        for _ in range(min(limit, 5)):
            editor_client.get("/companies/")
        calls = len(sandbox.calls)
        text = editor_client.get("/writes/").content.decode()
        assert (shown in text) if shown else ("Calls to Codat left today" not in text)
        assert len(sandbox.calls) == calls, "without a call"


def test_viewers_do_not_see_the_quota(sandbox: Sandbox, viewer_client: RawPathClient) -> None:
    assert "left today" not in viewer_client.get("/companies/").content.decode()


def test_background_work_leaves_a_reserve_for_people(
    sandbox: Sandbox, shared_cache: None, short_waits: None
) -> None:
    sandbox.settings.daily_quota = 20
    here, there = default_service(), other_process(sandbox)
    for _ in range(19):
        there.ping()
    sandbox.clear_calls()
    with background(), pytest.raises(Reserved) as caught:
        here.ping()
    assert not sandbox.calls
    assert "nothing was sent" in caught.value.sentence
    assert 0 < (caught.value.retry_after or 0) <= 86_400
    here.ping()  # for a person
    assert len(sandbox.calls) == 1


def test_background_work_continues_above_the_reserve(sandbox: Sandbox) -> None:
    sandbox.settings.daily_quota = 20
    with background():
        for _ in range(18):
            default_service().ping()
        default_service().ping()  # two are left: not less than a tenth of twenty
        with pytest.raises(Reserved):
            default_service().ping()
    assert len(sandbox.calls) == 19


def test_yesterdays_quota_is_ignored(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    default_service().ping()
    assert default_service().quota()
    tomorrow = time.time() + quota.DAY
    monkeypatch.setattr(time, "time", lambda: tomorrow)
    assert default_service().quota() is None
