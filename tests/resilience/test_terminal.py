"""Programs on a terminal of the tests end with Ctrl-C, also where the tests run in the background."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.programs.terminal import Terminal


@pytest.fixture
def ignored() -> Iterator[None]:
    """A process that a shell has started in the background ignores Ctrl-C, and so do its children."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    yield
    signal.signal(signal.SIGINT, before)


def test_ctrl_c_reaches_a_program_of_tests_in_the_background(ignored: None, tmp_path: Path) -> None:
    command = [sys.executable, "-c", "print('ready'); __import__('time').sleep(60)"]
    with Terminal(command, cwd=tmp_path, env=dict(os.environ)) as terminal:
        terminal.wait_for("ready")
        terminal.type("\x03")
        assert "KeyboardInterrupt" in terminal.rest()
