"""The addresses of the pages for reading: companies, lists of customers, one customer, saved views."""

from urllib.parse import quote, urlencode

from customers.web.links.segments import MAX_LISTED, SAFE_LISTED, url_segment


def companies() -> str:
    """The companies page."""
    return "/companies/"


def customers(company_id: str) -> str:
    """A company's list of customers."""
    return f"/companies/{url_segment(company_id)}/customers/"


def compare(company_id: str) -> str:
    """Several customers side by side (`?id=...&id=...`)."""
    return f"{customers(company_id)}compare/"


def from_list(listed: str, at: int | str = "") -> str:
    """The query string of a link from a list to one of its customers: "?list=...&at=...".

    `listed` is the list's own query string ("" or "?..."), `at` the position of the customer from 1. "" where the
    list's is too long. `customers/web/origins/list_origin.py` reads it.
    """
    if len(listed) > MAX_LISTED:
        return ""
    return f"?list={quote(listed[1:], safe=SAFE_LISTED)}&at={at}"


def step(company_id: str, customer_id: str, direction: int, *, form: bool = False) -> str:
    """Leads to the customer after one in a list (`direction` 1), or before it (-1); the list is added by `kept`.

    With `form` to the customer's form.
    """
    to = "next" if direction > 0 else "previous"
    parameters = {"from": customer_id, "to": to} | ({"form": "1"} if form else {})
    query = urlencode(parameters, errors="replace")
    return f"/companies/{url_segment(company_id)}/step/?{query}"


def refresh(company_id: str) -> str:
    """Starts a refresh of the customers (POST)."""
    return f"/companies/{url_segment(company_id)}/refresh/"


def freshness(company_id: str) -> str:
    """How old Codat's copy is; follows a refresh."""
    return f"/companies/{url_segment(company_id)}/freshness/"


def customer(company_id: str, customer_id: str) -> str:
    """One customer."""
    return f"{customers(company_id)}{url_segment(customer_id)}/"


def timeline(company_id: str, customer_id: str) -> str:
    """What happened to a customer."""
    return f"{customer(company_id, customer_id)}timeline/"


def currencies() -> str:
    """The codes that the filter of currencies suggests."""
    return "/currencies/"


def columns() -> str:
    """Keeps the columns of a list for its reader (POST)."""
    return "/columns/"


def new_view(shown: str) -> str:
    """The form that saves a list as a view. `shown` is the list's address."""
    return f"/views/new/?{urlencode({'next': shown}, safe=SAFE_LISTED)}"


def view(view_id: int, shown: str) -> str:
    """The page of a saved view. `shown` is the address of the list to go back to."""
    return f"/views/{view_id}/?{urlencode({'next': shown}, safe=SAFE_LISTED)}"
