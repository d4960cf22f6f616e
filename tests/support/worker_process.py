"""The worker as a process beside the tests, with their database and sandbox."""

from __future__ import annotations

import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from tests.support.patience import wait_for
from tests.support.programs import processes

# Seconds for a process to start and to do something, on a busy machine.
PATIENCE = processes.START_TIMEOUT


class Process:
    """A worker and what it has logged."""

    def __init__(self, output: IO[str], **more: str) -> None:
        self.process = processes.start(
            "manage.py", "work", output=output, LOG_FORMAT="text", **more
        )
        self._output = output

    def log(self) -> str:
        self._output.flush()
        self._output.seek(0)
        return self._output.read()

    def wait_for_line(self, text: str, count: int = 1) -> None:
        wait_for(lambda: self.log().count(text) >= count or self.process.poll() is not None, 60)
        assert self.log().count(text) >= count, self.log()

    def stop(self, number: int = signal.SIGTERM) -> int:
        """End it with a signal; its exit code."""
        self.process.send_signal(number)
        return self.process.wait(60)


@contextmanager
def worker(**more: str) -> Iterator[Process]:
    """A worker that is running; killed at the end."""
    with tempfile.TemporaryFile("w+") as output:
        process = Process(output, **more)
        try:
            process.wait_for_line("started")
            yield process
        finally:
            processes.kill(process.process)
