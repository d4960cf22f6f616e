"""A list of changes, filtered and paged, as the change history and *My changes* show it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator

from customers.models import Write, WriteQuerySet
from customers.web import links
from customers.writes import sentences, tracking

PAGE_SIZE = 50
# Values of the filter `state` that stand for several states.
UNFINISHED, NEEDS_ATTENTION = "unfinished", "open"


@dataclass(frozen=True, slots=True)
class Filters:
    """What narrows a list of changes; "" stands for all. `by` is a user name, `customer` an ID."""

    state: str = ""
    kind: str = ""
    by: str = ""
    customer: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str], *, state: str = "") -> "Filters":
        """The filters of a query string; `state` is the default of that filter."""
        return cls(
            state=_filter_value(query.get("state", state)),
            kind=_filter_value(query.get("kind", "")),
            by=_filter_value(query.get("by", ""), 150),
            customer=_filter_value(query.get("customer", ""), 500),
        )

    def apply(self, rows: WriteQuerySet) -> WriteQuerySet:
        """The rows that match."""
        columns = {"kind": self.kind, "username": self.by, "customer_id": self.customer}
        if self.state == UNFINISHED:
            rows = rows.unfinished()
        elif self.state == NEEDS_ATTENTION:
            rows = rows.needs_attention()
        else:
            columns["state"] = self.state
        return rows.filter(**{column: value for column, value in columns.items() if value})


def _filter_value(value: str, limit: int = 20) -> str:
    """Text from an address as every database accepts it: PostgreSQL takes no NUL."""
    return value[:limit].replace("\0", "\ufffd")


def change_list(
    rows: WriteQuerySet, query: Mapping[str, str], *, state: str = ""
) -> dict[str, Any]:
    """The context of `writes/_change_list.html` and its filters.

    `query` is the page's query string with the filters and `page`; `state` is the default of that filter.
    """
    filters = Filters.of(query, state=state)
    page = Paginator(filters.apply(rows), PAGE_SIZE).get_page(query.get("page"))
    rest = {name: value for name, value in query.items() if name != "page"}

    def address(number: int) -> str:
        return "?" + urlencode(rest | {"page": str(number)})

    return {
        "mine": False,
        "filters": filters,
        "filtered": any(query.get(name) for name in ("state", "kind", "by", "customer")),
        "states": [("", "All"), (UNFINISHED, "In progress or unknown"), *Write.State.choices],
        "kinds": [("", "All"), *Write.Kind.choices],
        "total": page.paginator.count,
        "position": f"Page {page.number} of {page.paginator.num_pages}",
        "previous_url": address(page.previous_page_number()) if page.has_previous() else "",
        "next_url": address(page.next_page_number()) if page.has_next() else "",
        "seconds": tracking.shortest_interval(page),
        "rows": [
            {
                "write": write,
                "url": links.write(write.company_id, write.pk),
                "status": sentences.summary(write),
                "duration": sentences.duration(write),
            }
            for write in page
        ],
    }
