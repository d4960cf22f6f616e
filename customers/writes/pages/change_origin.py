"""The list of changes that a change's page was opened from: `?history=...`, `?mine=...` or `?activity=...`.

The value is the list's own query string. Only its known parameters lead back.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from customers.web import links
from customers.web.lists.list_state import Params
from customers.web.lists.paging import with_query
from customers.web.origins.list_origin import Origin, kept, read_origin
from customers.writes.pages.change_pages import PLACE

# The parameters of a list of changes.
_PARAMETERS = (
    *("state", "kind", "by", "customer"),
    *("person", "company", "outcome", "period", "from", "to"),
    *PLACE,
)
# Characters of a list's query string that is kept: a customer's ID may have 500.
_MAX_LISTED = 2000
_MAX_PARAMETERS = 20
HISTORY, MINE, ACTIVITY = "history", "mine", "activity"
_LABELS = {
    HISTORY: "Back to the change history",
    MINE: "Back to My changes",
    ACTIVITY: "Back to Activity",
}


@dataclass(frozen=True, slots=True)
class ChangeOrigin:
    """A list of changes. `name` is `HISTORY` (of a company), `MINE` or `ACTIVITY`.

    `listed` is the list's query string without "?".
    """

    name: str
    listed: str

    @property
    def query(self) -> str:
        """The query string of a link to a change that leads back to this list."""
        return "?" + urlencode({self.name: self.listed})

    @property
    def label(self) -> str:
        """What the way back says."""
        return _LABELS[self.name]

    def address(self, company_id: str, write_id: UUID) -> str:
        """The address of the list, at the row of a change."""
        paths = {MINE: links.my_writes(), ACTIVITY: links.activity()}
        path = paths.get(self.name) or links.writes(company_id)
        return path + (f"?{self.listed}" if self.listed else "") + f"#change-{write_id}"


@dataclass(frozen=True, slots=True)
class Origins:
    """What led to a change's page: a list of changes, or a customer that was opened from a list; each may be None."""

    changes: ChangeOrigin | None
    customers: Origin | None

    @classmethod
    def of(cls, params: Params, company_id: str) -> "Origins":
        """What the address of the page says."""
        return cls(read_change_origin(params), read_origin(params, company_id))

    def kept(self, url: str) -> str:
        """An address with both."""
        url = kept(url, self.customers)
        return with_query(url, self.changes.query) if self.changes else url


def list_origin(query: Mapping[str, str], name: str) -> ChangeOrigin:
    """The list of a page with this query string. A query string that is too long is left out."""
    listed = _known(query)
    return ChangeOrigin(name, listed if len(listed) <= _MAX_LISTED else "")


def read_change_origin(params: Params) -> ChangeOrigin | None:
    """The list that the address of a change's page says; None where it says none, or none that can be read."""
    for name in _LABELS:
        listed = params.get(name, "\0")
        if listed == "\0" or len(listed) > _MAX_LISTED:
            continue
        try:
            pairs = parse_qsl(
                listed, keep_blank_values=True, max_num_fields=_MAX_PARAMETERS, errors="replace"
            )
        except ValueError:
            continue
        return list_origin(dict(pairs), name)
    return None


def _known(query: Mapping[str, str]) -> str:
    """The known parameters. A state that is "" is kept: it stands for all, where another one is the default."""
    return urlencode({name: query[name] for name in _PARAMETERS if name in query}, errors="replace")
