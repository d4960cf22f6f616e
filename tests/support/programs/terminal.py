"""A program on a terminal of its own: what it prints, and what a person types."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import subprocess
import termios
import time
from pathlib import Path
from types import TracebackType

# Seconds that a program may take until it prints what is waited for, on a busy machine.
TIMEOUT = 240.0


def _control_terminal() -> None:
    """Make the terminal the one that Ctrl-C is typed on. A shell lets what it starts in the background ignore it."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Terminal:
    """Starts a command whose input and output are a terminal; ends it when the block is left."""

    def __init__(self, command: list[str], *, cwd: Path, env: dict[str, str]) -> None:
        self._screen, other = pty.openpty()
        self.process = subprocess.Popen(
            command,
            cwd=cwd,
            env=env,
            stdin=other,
            stdout=other,
            stderr=other,
            start_new_session=True,
            preexec_fn=_control_terminal,  # noqa: PLW1509  two system calls, no lock
        )
        os.close(other)
        self.output, self._seen = "", 0

    def __enter__(self) -> Terminal:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
        os.close(self._screen)

    def wait_for(self, text: str) -> None:
        """Read until the program prints `text`, after what was waited for before. Raises AssertionError at its end."""
        end = time.monotonic() + TIMEOUT
        while (found := self.output.find(text, self._seen)) < 0:
            assert time.monotonic() < end, f"{text!r} is not in {self.output!r}"
            assert self._read(), f"ended without {text!r}: {self.output}"
        self._seen = found + len(text)

    def type(self, text: str) -> None:
        """Type a line, or a control character."""
        os.write(self._screen, text.encode())

    def rest(self) -> str:
        """Everything that it printed, once it has ended."""
        end = time.monotonic() + TIMEOUT
        while self._read():
            assert time.monotonic() < end, self.output
        self.process.wait(30)
        return self.output

    def _read(self) -> bool:
        """Read what is there, or wait a moment for it; False once the program has ended and everything is read."""
        if select.select([self._screen], [], [], 0.1)[0]:
            try:
                self.output += os.read(self._screen, 65536).decode(errors="replace")
            except OSError:  # Linux: every process has closed the terminal.
                return False
            return True
        return self.process.poll() is None
