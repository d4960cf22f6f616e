"""The companies that the current work may see: those of the person whose request is answered, or all.

A request has the scope of its person (`customers/access/middleware.py`). Outside requests, in the worker and in
commands, there is no restriction. Threads that a page starts carry the scope, as they carry its deadline.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scope:
    """Companies by their IDs; None for all companies, also those that are added later."""

    companies: frozenset[str] | None

    @property
    def is_everything(self) -> bool:
        """Whether no company is hidden."""
        return self.companies is None

    def has(self, company_id: str) -> bool:
        """Whether a company is in it. It need not exist."""
        return self.companies is None or company_id in self.companies


EVERYTHING = Scope(None)
NOTHING = Scope(frozenset())

_find: ContextVar[Callable[[], Scope]] = ContextVar("scope", default=lambda: EVERYTHING)


def current() -> Scope:
    """The scope of the current request; everything outside requests."""
    return _find.get()()


def may_see(company_id: str) -> bool:
    """Whether a company is in the current scope. It need not exist."""
    return current().has(company_id)


@contextmanager
def restricted(scope: Scope) -> Iterator[None]:
    """Have a scope in force."""
    with found_by(lambda: scope):
        yield


@contextmanager
def found_by(find: Callable[[], Scope]) -> Iterator[None]:
    """Have a scope in force that is computed when it is first needed."""
    token = _find.set(find)
    try:
        yield
    finally:
        _find.reset(token)
