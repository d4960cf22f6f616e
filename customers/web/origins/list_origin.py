"""The list that a customer's page was opened from, with its search, filters, order and page.

`?list=...&at=...` in the page's address, as `links.from_list` writes it. Whatever stands there is read as a list's own
address is, so nothing but known parameters of the list leads on from here, and only to a list of the same company.
"""

from dataclasses import dataclass, replace
from typing import Protocol, TypeVar
from urllib.parse import parse_qsl, urlencode

from customers.codat.pages import MAX_PAGE_SIZE
from customers.web import links
from customers.web.lists.list_state import LAST_PAGE, ListState, Params
from customers.web.lists.list_states import read_customers
from customers.web.lists.paging import joined, with_query

# Parameters of a list's query string that are read; a list has fewer.
_MAX_PARAMETERS = 20
# Codat's ID of a connection is a UUID.
_MAX_CONNECTION = 100


@dataclass(frozen=True, slots=True)
class Origin:
    """A list of customers, and the position of one of them from 1, 0 where it is not known.

    `suffix` is the query string of the connection that was chosen for the list, or "".
    """

    company_id: str
    state: ListState
    suffix: str
    at: int

    def query(self, at: int = -1) -> str:
        """The query string that says this list, and the position of another customer where one is given."""
        return links.from_list(
            joined(self.state.address(), self.suffix), (self.at if at < 0 else at) or ""
        )

    @property
    def fields(self) -> list[tuple[str, str]]:
        """The same as (name, value), for the hidden inputs of a form."""
        return parse_qsl(self.query()[1:], keep_blank_values=True)

    def address(self, at: int = -1) -> str:
        """The address of the list, at the row of the customer."""
        number = self.at if at < 0 else at
        row = f"#at-{number}" if number else ""
        path = links.customers(self.company_id)
        return path + joined(self.state.address(), self.suffix) + row


def read_origin(params: Params, company_id: str) -> Origin | None:
    """The list in the query string of a page's address; None where there is none, or none that can be read."""
    listed = params.get("list", "\0")
    if listed == "\0" or len(listed) > links.MAX_LISTED:
        return None
    try:
        pairs = dict(
            parse_qsl(
                listed, keep_blank_values=True, max_num_fields=_MAX_PARAMETERS, errors="replace"
            )
        )
    except ValueError:
        return None
    connection = pairs.get("connection", "")
    suffix = "?" + urlencode({"connection": connection}) if connection else ""
    if len(connection) > _MAX_CONNECTION:
        suffix = ""
    return Origin(company_id, read_customers(pairs), suffix, read_position(params.get("at", "")))


def kept(url: str, origin: Origin | None) -> str:
    """An address of the dashboard with the list that the page was opened from, where there is one."""
    if origin is None:
        return url
    return with_query(url, origin.query())


class _Linked(Protocol):
    """A dataclass with addresses of the dashboard, each "" for none."""

    @property
    def url(self) -> str: ...
    @property
    def fix_url(self) -> str: ...
    @property
    def undo_url(self) -> str: ...


Linked = TypeVar("Linked", bound=_Linked)


def kept_in(item: Linked, origin: Origin | None) -> Linked:
    """A copy of a change, as a page shows it, whose addresses keep the list that the page was opened from."""
    names = ("url", "fix_url", "undo_url")
    urls = {name: kept(getattr(item, name), origin) for name in names if getattr(item, name)}
    return replace(item, **urls) if origin else item  # type: ignore[type-var]


def read_position(text: str) -> int:
    """A position from 1, or 0."""
    if not (text.isascii() and text.isdecimal() and len(text) < 12):
        return 0
    number = int(text)
    return number if number <= LAST_PAGE * MAX_PAGE_SIZE else 0
