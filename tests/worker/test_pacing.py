"""The pace of background work: steps of all threads are spread, and a stop ends the wait."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from customers.writes.pacing import Pacer


class Clock:
    """A clock that only `sleep` moves."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now, self._lock = 1000.0, threading.Lock()
        monkeypatch.setattr(time, "monotonic", lambda: self.now)
        monkeypatch.setattr(time, "sleep", self.sleep)

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def test_a_minute_has_no_more_steps_than_the_pace_allows(clock: Clock) -> None:
    pacer, steps, end = Pacer(10), 0, clock.now + 60
    while clock.now < end:
        assert pacer.wait(lambda: False)
        steps += 1
    assert 598 <= steps <= 602  # The clock is a float.


def test_idle_time_is_not_saved_up(clock: Clock) -> None:
    pacer = Pacer(10)
    pacer.wait(lambda: False)
    clock.now += 60
    began = clock.now
    for _ in range(11):
        pacer.wait(lambda: False)
    assert clock.now - began == pytest.approx(1)


def test_threads_share_the_pace() -> None:
    pacer, moments = Pacer(200), []

    def step(_: int) -> None:
        pacer.wait(lambda: False)
        moments.append(time.monotonic())

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(step, range(41)))
    # Forty intervals of 5 ms lie between the first and the last, however busy the machine is.
    assert max(moments) - min(moments) > 0.15


def test_a_stop_ends_the_wait(clock: Clock) -> None:
    pacer = Pacer(0.1)
    assert pacer.wait(lambda: False)
    began = clock.now
    assert not pacer.wait(lambda: clock.now > began + 1)
    assert clock.now < began + 2
