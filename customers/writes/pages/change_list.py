"""A list of changes, filtered and paged, as the change history and *My changes* show it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from customers.models import Write, WriteQuerySet
from customers.web import links
from customers.writes import sentences, tracking
from customers.writes.diff import FieldChange
from customers.writes.pages.change_origin import list_origin
from customers.writes.pages.change_pages import PLACE, change_page
from customers.writes.showing.effects import changes_of_rows

# Values of the filter `state` that select several states.
UNFINISHED, NEEDS_ATTENTION = "unfinished", "open"


@dataclass(frozen=True, slots=True)
class Filters:
    """The filters of a list of changes; "" selects all. `by` is a user name, `customer` an ID."""

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
    """Text from an address in a form that every database accepts: PostgreSQL rejects NUL."""
    return value[:limit].replace("\0", "\ufffd")


def change_list(
    rows: WriteQuerySet, query: Mapping[str, str], *, name: str, state: str = ""
) -> dict[str, Any]:
    """The context of `writes/_change_list.html` and its filters.

    `query` is the page's query string with the filters and the page; `state` is the default of that filter. `name`
    is that of a `ChangeOrigin`.
    """
    filters = Filters.of(query, state=state)
    rows = rows.select_related("batch").defer("batch__instructions", "batch__question")
    page = change_page(filters.apply(rows), query)
    rest = {name: value for name, value in query.items() if name not in PLACE}

    origin = list_origin(query, name).query

    def address(place: dict[str, str]) -> str:
        return "?" + urlencode(rest | place) if place else ""

    return {
        "mine": False,
        "filters": filters,
        "filtered": any(query.get(name) for name in ("state", "kind", "by", "customer")),
        "states": [("", "All"), (UNFINISHED, "In progress or unknown"), *Write.State.choices],
        "kinds": [("", "All"), *Write.Kind.choices],
        "total": page.total,
        "is_total_known": page.is_total_known,
        "position": page.position,
        "previous_url": address(page.previous_place),
        "next_url": address(page.next_place),
        "seconds": tracking.shortest_interval(page.writes),
        "rows": [
            _row(write, changes, origin)
            for write, changes in zip(page.writes, changes_of_rows(page.writes), strict=True)
        ],
    }


def _row(write: Write, changes: list[FieldChange], origin: str) -> dict[str, Any]:
    return {
        "write": write,
        "url": links.write(write.company_id, write.pk) + origin,
        "status": sentences.summary(write),
        "duration": sentences.duration(write),
        "changes": changes,
        "batch": write.batch,
        "batch_url": links.batch(write.company_id, write.batch.pk) if write.batch else "",
    }
