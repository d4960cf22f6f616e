"""Where a request comes from: the client's address and the person, as the site's middleware states them.

The application does not know how the site finds an address, so the middleware puts it here. Threads that work for a
request run in a copy of its context. Outside requests (the worker, commands) there is no source.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser


@dataclass(frozen=True, slots=True)
class Source:
    """The client's address, and a function that returns the person: a page that asks for nobody reads no session."""

    address: str
    user: Callable[[], AbstractBaseUser | AnonymousUser | None]


_source: ContextVar[Source | None] = ContextVar("audit_source", default=None)


def current() -> Source | None:
    """The source of the current request, None outside requests."""
    return _source.get()


@contextmanager
def of_request(source: Source) -> Iterator[None]:
    """Have a source in force."""
    token = _source.set(source)
    try:
        yield
    finally:
        _source.reset(token)
