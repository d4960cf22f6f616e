"""A process that dies while it fills the index: the next turn, of any process, leaves the index exact."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection

from customers.index import filling
from customers.models import IndexedCompany
from customers.service import default_service
from sandbox import Sandbox
from tests.support.index import fill, shown, stored

pytestmark = pytest.mark.django_db(transaction=True)

WRITES = ("INSERT", "UPDATE", "DELETE")
MOST = 200


class Died(BaseException):
    """The process is gone: nothing handles it, and the database rolls back the transaction that was open."""


@contextmanager
def dying_after(count: int) -> Iterator[None]:
    """Let the process die instead of its next statement that writes, after so many."""
    left = count

    def step(execute: Callable[..., Any], sql: str, *arguments: Any) -> Any:
        nonlocal left
        if sql.lstrip().upper().startswith(WRITES):
            if not left:
                raise Died
            left -= 1
        return execute(sql, *arguments)

    with connection.execute_wrapper(step):
        yield


def dies(source: IndexedCompany, count: int) -> bool:
    """Whether a process that takes turns dies before the company is read."""
    try:
        with dying_after(count):
            while source in filling.due_companies():
                filling.take_turn(source, default_service())
    except Died:
        return True
    return False


@pytest.fixture
def company(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> str:
    """A company of several pages."""
    monkeypatch.setattr(filling, "PAGE_SIZE", 10)
    monkeypatch.setattr(filling, "FEW", 0)
    return sandbox.company("xero")


def test_a_first_reading_that_dies_at_any_write_is_made_up_for(
    sandbox: Sandbox, company: str
) -> None:
    for count in range(MOST):
        IndexedCompany.objects.all().delete()
        has_died = dies(IndexedCompany.objects.create(company_id=company), count)
        fill()
        assert stored()[company] == shown(sandbox)[company], count
        if not has_died:
            break
    assert 10 < count < MOST - 1


def test_a_later_reading_that_dies_at_any_write_is_made_up_for(
    sandbox: Sandbox, company: str
) -> None:
    source = IndexedCompany.objects.create(company_id=company)
    fill()
    state = sandbox.state("xero")
    removed: dict[str, Any] = {}
    for count in range(MOST):
        changed, gone = list(state.source)[:2]
        sandbox.change("xero", changed, customerName=f"Changed {count} Ltd")
        # One goes and one returns, so that every reading has the same number of pages.
        returns, removed = removed, {gone: state.source.pop(gone)}
        state.source.update(returns)
        with sandbox.world.schedule.lock:
            state.take_copy()
        IndexedCompany.objects.make_due(company)
        has_died = dies(source, count)
        fill()
        assert stored()[company] == shown(sandbox)[company], count
        if not has_died:
            break
    assert 10 < count < MOST - 1
