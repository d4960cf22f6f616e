"""Fixtures of the tests of writes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandbox import Sandbox
from tests.support.webhooks import wait_until_processed


@pytest.fixture
def company(sandbox: Sandbox) -> str:
    """A company whose customers can be changed."""
    return sandbox.company("qbo")


@pytest.fixture
def no_events_left(live: str, sandbox: Sandbox) -> Iterator[None]:
    """No test leaves its events to the next one."""
    yield
    sandbox.faults.clear()
    wait_until_processed()
