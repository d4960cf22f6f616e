"""What was opened last in the dashboard: the actions concern it."""

from __future__ import annotations

from collections.abc import Iterator

from sandbox.controls import SandboxControls
from sandbox.errors import ApiError
from sandbox.server import segments
from sandbox.world import Company

# Where nothing was opened yet.
DEFAULT = "xero"


def opened_company(sandbox: SandboxControls) -> Company:
    """The company of the latest call about one; else the first one."""
    for company, _ in _opened(sandbox):
        return company
    return sandbox.state(DEFAULT)


def opened_customer(sandbox: SandboxControls) -> tuple[Company, str]:
    """The customer that was read last and still exists; else the first one with a phone number."""
    for company, rest in _opened(sandbox):
        if rest[:2] == ["data", "customers"] and len(rest) == 3 and rest[2] in company.source:
            return company, rest[2]
    company = sandbox.state(DEFAULT)
    with_phone = (key for key, record in company.source.items() if record.get("phone"))
    return company, next(with_phone)


def _opened(sandbox: SandboxControls) -> Iterator[tuple[Company, list[str]]]:
    """The company and the rest of the path of each successful GET about one, the latest first."""
    for call in reversed(sandbox.calls):
        path = segments(call.path)
        if call.method != "GET" or call.status != 200 or len(path) < 3 or path[0] != "companies":
            continue
        try:
            yield sandbox.world.company(path[1]), path[2:]
        except ApiError:
            continue
