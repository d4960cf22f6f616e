"""The pace of background work in this process: Codat counts the calls a minute of an address, pages included."""

import threading
import time
from collections.abc import Callable

# Seconds between two checks whether to stop waiting.
POLL_INTERVAL = 0.1


class Pacer:
    """Spreads steps of any number of threads: at most `per_second` a second, none saved up while idle."""

    def __init__(self, per_second: float) -> None:
        self._interval = 1 / per_second
        self._lock = threading.Lock()
        self._next = 0.0

    def wait(self, should_stop: Callable[[], bool]) -> bool:
        """Wait for the moment of the next step; False where the work is to stop, and the step is not to be made."""
        with self._lock:
            moment = max(self._next, time.monotonic())
            self._next = moment + self._interval
        while not should_stop():
            left = moment - time.monotonic()
            if left <= 0:
                return True
            time.sleep(min(left, POLL_INTERVAL))
        return False
