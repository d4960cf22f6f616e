"""A list of what people made (batches, imports, exports), the newest first: one's own or all, of one state."""

from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar, cast
from urllib.parse import urlencode

from django.contrib.auth.models import User
from django.db.models import Model, QuerySet, TextChoices
from django.http import HttpRequest

from customers.formatting import text_or_dash
from customers.service import default_service
from customers.web.lists.paging import page_number

# Digits of the number of a page.
_MAX_DIGITS = 5
# Values of the filter `who`.
MINE, EVERYBODY = "mine", ""

M = TypeVar("M", bound=Model)


class OfCompany(Protocol):
    """A row that keeps the name of its company."""

    company_name: str


@dataclass(frozen=True, slots=True)
class OwnedList(Generic[M]):
    """One page: its `rows`, and for the template what narrows the list and its neighbours' addresses (`context`)."""

    rows: list[M]
    context: dict[str, Any]


def owned_list(
    request: HttpRequest, rows: QuerySet[M], states: type[TextChoices], *, page_size: int
) -> OwnedList[M]:
    """The page that the address names: `?who=mine` has the reader's own, `?state=` one of `states`, `?page=` from 1.

    `rows` have a `user` and a `state`. One query. Anything else in the address counts as not there.
    """
    who = MINE if request.GET.get("who") == MINE else EVERYBODY
    state = request.GET.get("state", "")
    state = state if state in states.values else ""
    if who == MINE:
        rows = rows.filter(user=cast(User, request.user))
    if state:
        rows = rows.filter(state=state)
    page = page_number(request.GET.get("page", ""), digits=_MAX_DIGITS)
    start = (page - 1) * page_size
    found = list(rows[start : start + page_size + 1])

    def address(number: int) -> str:
        pairs = {"who": who, "state": state, "page": str(number) if number > 1 else ""}
        return "?" + urlencode({name: value for name, value in pairs.items() if value})

    return OwnedList(
        found[:page_size],
        {
            "who": who,
            "state": state,
            "people": [(EVERYBODY, "Everybody"), (MINE, "Me")],
            "states": [("", "All"), *states.choices],
            "is_narrowed": bool(who or state or page > 1),
            "position": f"Page {page}",
            "previous_url": address(page - 1) if page > 1 else "",
            "next_url": address(page + 1) if len(found) > page_size else "",
        },
    )


def company_name_of(company_id: str, newest: OfCompany | None) -> str:
    """The name of a company as its newest row has it, else as it is cached; a dash for none. Makes no call."""
    if newest is not None:
        return newest.company_name
    company = default_service().snapshots.cached_company(company_id=company_id)
    return text_or_dash(company.data.get("name") if company else None)
