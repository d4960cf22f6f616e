"""Clients of Codat for tests against `RawServer`."""

from __future__ import annotations

from customers.codat.client import Client


def make_client(
    url: str, timeout: float = 5.0, *, total_timeout: float = 10.0, verify: bool | str = True
) -> Client:
    """A client of the server at a URL. ``timeout``, in seconds, is for connecting and for each read."""
    return Client(
        url, "Basic a2V5", 8, timeout, timeout, total_timeout=total_timeout, verify=verify
    )
