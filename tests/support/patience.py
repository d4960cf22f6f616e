"""How long tests wait, on a machine that is busy with others as well.

They wait for a condition, never for a time, so a long limit costs nothing where the test passes.
"""

import time
from collections.abc import Callable

# Seconds for something to happen.
PATIENCE = 60.0
# Seconds in which something is over that waits for nothing else. What it might wait for takes several times as long.
SOON = 15.0


def wait_for(what: Callable[[], object], seconds: float = PATIENCE, every: float = 0.01) -> None:
    """Wait until a condition holds.

    `every` is the pause between two looks, in seconds. A condition that moves the journal's times needs a
    long one: a process that works meanwhile finds a row changed each time it claims one.
    """
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "the condition never held"
        time.sleep(every)
