"""Keys of the shared cache, and what becomes of a cache that hangs."""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Iterator

import pytest
from pytest_django import Settings

from codatdash import environment, throttle
from customers.codat import cache
from tests.support.patience import SOON


@pytest.fixture
def silent(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A Redis that accepts connections and never answers."""
    local = settings.CACHES
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        monkeypatch.setenv("CACHE_URL", f"rediscache://127.0.0.1:{listener.getsockname()[1]}/0")
        hung = environment.cache("CACHE_URL", "")
        settings.CACHES = {**local, "default": hung, "stale": hung}
        yield
        settings.CACHES = local


def test_cache_keys_suit_any_backend() -> None:
    keys = set()
    parts = (
        ["a b", "\x00"],
        ["\ud800", "я" * 500],
        ["a", "bc"],
        ["ab", "c"],
        ["a\0", "b"],
        ["a", "\0b"],
    )
    for ids in parts:
        key = cache.key("model", *ids)
        assert key.isascii()
        assert key.isprintable()
        assert " " not in key
        assert len(key) < 200
        keys.add(key)
    assert len(keys) == len(parts)


def test_a_cache_that_hangs_is_waited_for_once(
    silent: None, caplog: pytest.LogCaptureFixture
) -> None:
    started = time.monotonic()
    assert cache.get("a") is None
    first = time.monotonic() - started
    assert 0.9 < first < SOON
    calls = time.monotonic()
    for number in range(50):
        assert cache.get("a") is None
        assert cache.get_many(["a"]) is None
        assert cache.add("a", 5) is None
        assert cache.get("a", cache.STALE) is None
        cache.put("a", 1, 5)
        cache.delete("a")
        assert cache.works() is False
        assert throttle.count(throttle.Guess("somebody", "192.0.2.1", browser=str(number))) == 0
    assert time.monotonic() - calls < SOON
    lines = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert [record.getMessage() for record in lines] == [
        "cache unavailable: TimeoutError; retrying every 5 s"
    ]


def test_a_cache_that_answers_again_is_used_again(
    silent: None,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(cache, "PAUSE", 0.05)
    assert cache.get("a") is None
    time.sleep(0.06)
    local = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    settings.CACHES = {"default": local, "stale": local, "process": local}
    cache.put("a", 1, 5)
    assert cache.get("a") == 1
    assert caplog.records[-1].getMessage() == "cache available again"


def test_one_call_at_a_time_tries_a_cache_that_hangs(
    silent: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cache.get("a") is None
    tried: list[int] = []

    def hang() -> int:
        tried.append(1)
        # The others meet the cache while this call waits.
        assert cache.attempt(lambda: "tried", "left alone") == "left alone"
        raise TimeoutError

    monkeypatch.setattr(cache, "PAUSE", 5.0)
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now + 60)
    assert cache.attempt(hang, 0) == 0
    assert tried == [1]


def test_a_cache_that_refuses_immediately_is_used_each_time() -> None:
    """A stopped Redis causes no wait, and is used again immediately after it has started."""
    asked = []

    def refuse() -> None:
        asked.append(1)
        raise ConnectionRefusedError

    for _ in range(3):
        cache.attempt(refuse, None)
    assert len(asked) == 3
