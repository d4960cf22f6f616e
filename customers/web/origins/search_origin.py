"""The search over all companies that a customer's page was opened from: the way back to it.

`?found=...` in the page's address, as `links.from_search` writes it. Nothing but known parameters of a search leads on
from here.
"""

from urllib.parse import parse_qsl, urlencode

from customers.codat.text import visible_text
from customers.web import links
from customers.web.lists.list_state import Params
from customers.web.lists.paging import with_query
from customers.web.origins.place import MAX_SHOWN, Place

# The parameters of a search.
NAMES = ("q", "company", "status", "country", "deleted", "lacks", "rule", "page")
_MAX_PARAMETERS = 20


def search_query(params: Params) -> str | None:
    """The query string of the search, "" or "?..."; None for a page that was opened from none."""
    found = params.get("found", "\0")
    if found == "\0" or len(found) > links.MAX_LISTED:
        return None
    try:
        pairs = parse_qsl(found, max_num_fields=_MAX_PARAMETERS, errors="replace")
    except ValueError:
        return None
    known = [(name, value) for name, value in pairs if name in NAMES]
    return "?" + urlencode(known) if known else ""


def search_place(params: Params) -> Place | None:
    """The way back to the search, for templates/components/place.html; None without one."""
    query = search_query(params)
    if query is None:
        return None
    text = visible_text(dict(parse_qsl(query[1:])).get("q", ""))
    shown = f" for “{text[:MAX_SHOWN]}{'…' if len(text) > MAX_SHOWN else ''}”" if text else ""
    return Place(f"Back to search{shown}", links.search(query), "", "", "")


def kept_search(url: str, params: Params) -> str:
    """An address of the dashboard with the search that the page was opened from, where there is one."""
    query = search_query(params)
    return url if query is None else with_query(url, links.from_search(query))
