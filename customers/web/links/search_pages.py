"""The addresses of the search over all companies."""

from urllib.parse import quote

from customers.web.links.segments import MAX_LISTED, SAFE_LISTED


def search(query: str = "") -> str:
    """The search over all companies; `query` is its query string, "" or "?..."."""
    return f"/search/{query}"


def search_file(query: str) -> str:
    """What a search finds, as one file (POST); `query` is its query string."""
    return f"/search/customers.csv{query}"


def search_suggestions() -> str:
    """What the search finds while somebody types (`?q=`)."""
    return "/search/suggestions/"


def live_search(query: str) -> str:
    """The next companies of a search that asks Codat; `query` is its query string."""
    return f"/search/live/{query}"


def from_search(query: str) -> str:
    """The query string of a link from a search ("" or "?...") to a customer: "?found=...".

    "" where the search's is too long. `customers/web/origins/search_origin.py` reads it.
    """
    return f"?found={quote(query[1:], safe=SAFE_LISTED)}" if len(query) <= MAX_LISTED else ""
