"""Clients of Codat and services for tests."""

from __future__ import annotations

import pytest

from customers.codat.client import Client
from customers.codat.errors import CodatError
from customers.service import CustomerService
from sandbox import Sandbox
from tests.support.patience import PATIENCE

# For a fault with status 429: the sandbox would ask for two seconds.
RETRY_AT_ONCE = {"Retry-After": "0"}


def make_client(
    url: str,
    timeout: float = PATIENCE,
    *,
    total_timeout: float = PATIENCE,
    verify: bool | str = True,
) -> Client:
    """A client of the server at a URL. ``timeout``, in seconds, is for connecting and for each read."""
    return Client(
        url, "Basic a2V5", 8, timeout, timeout, total_timeout=total_timeout, verify=verify
    )


def other_process(sandbox: Sandbox) -> CustomerService:
    """A service with a client of its own, as another process has it."""
    return CustomerService(Client(sandbox.url, sandbox.auth_header, 20))


def fail(service: CustomerService, sandbox: Sandbox, times: int, company: str = "qbo") -> None:
    """Make calls about a company that must fail."""
    for _ in range(times):
        with pytest.raises(CodatError):
            service.list(company_id=sandbox.company(company))
