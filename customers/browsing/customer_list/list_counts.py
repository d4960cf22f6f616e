"""How many customers a list has, in words that are true: what was not counted is not said."""

from collections.abc import Mapping, Sequence
from typing import Any

from customers.browsing.customer_list.customer_rows import is_deleted
from customers.codat import cache
from customers.formatting import thousands
from customers.service import default_service
from customers.web.lists.list_state import ListState
from customers.web.lists.paging import Paging

# Seconds for which a total is remembered. Codat's copy changes with a sync, which is part of the key.
TOTAL_TTL = 600


def count_sentence(
    state: ListState,
    pages: Paging,
    customers: Sequence[Mapping[str, Any]],
    *,
    company_id: str,
    last_sync: str,
) -> str:
    """`45 customers, 3 deleted hidden`, `412 of 448 customers`, `12 customers match`; without a call to Codat.

    The other number of each pair is the total of an earlier list of this company, since the same sync.
    """
    deleted = state.filters["deleted"]
    is_whole = _is_whole(state)
    if not pages.is_total_known:
        return f"More than {thousands(pages.total)} customers{'' if is_whole else ' match'}"
    if is_whole:
        cache.put(_key(company_id, last_sync, deleted), pages.total, TOTAL_TTL)
        return _whole(pages, deleted, customers, _total(company_id, last_sync, "show"))
    total = _total(company_id, last_sync, deleted)
    if total is not None and total >= pages.total:
        return f"{thousands(pages.total)} of {_customers(total, deleted)}"
    verb = "matches" if pages.total == 1 else "match"
    return f"{_customers(pages.total, deleted)} {verb}"


def _whole(
    pages: Paging, deleted: str, customers: Sequence[Mapping[str, Any]], with_deleted: int | None
) -> str:
    """The count of a list that is neither searched nor filtered, except for deleted customers."""
    counted = _customers(pages.total, deleted)
    if deleted == "only":
        return counted
    if deleted == "show":
        if len(customers) < pages.total:
            return f"{counted}, deleted ones included"
        gone = sum(map(is_deleted, customers))
        return f"{counted}, {thousands(gone)} of them deleted" if gone else counted
    if with_deleted is None or with_deleted < pages.total:
        return f"{counted}, without deleted ones"
    hidden = with_deleted - pages.total
    return f"{counted}, {thousands(hidden)} deleted hidden" if hidden else counted


def _is_whole(state: ListState) -> bool:
    others = {name: value for name, value in state.filters.items() if name != "deleted"}
    return not state.search.words and not any(others.values())


def _customers(number: int, deleted: str) -> str:
    noun = "customer" if number == 1 else "customers"
    return f"{thousands(number)} {'deleted ' if deleted == 'only' else ''}{noun}"


def _key(company_id: str, last_sync: str, deleted: str) -> str:
    return cache.key("total", default_service().client.identity, company_id, last_sync, deleted)


def _total(company_id: str, last_sync: str, deleted: str) -> int | None:
    """The remembered total, None where there is none."""
    total = cache.get(_key(company_id, last_sync, deleted))
    return total if type(total) is int and total >= 0 else None
