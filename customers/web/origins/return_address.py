"""The list that a form leads back to: its address, as a page of the dashboard wrote it, checked again."""

from urllib.parse import parse_qsl, urlencode, urlsplit

from django.utils.http import url_has_allowed_host_and_scheme

from customers.web import links
from customers.web.lists.list_state import ListState
from customers.web.lists.list_states import read_customers

_MAX_ADDRESS, _MAX_PARAMETERS, _MAX_CONNECTION = 8000, 20, 100


def list_address(text: str) -> tuple[str, ListState, str]:
    """The path, the state and the query string of the connection of a list of customers, from its address.

    What is no such address leads to the companies.
    """
    path, pairs = links.companies(), dict[str, str]()
    is_local = url_has_allowed_host_and_scheme(text, allowed_hosts=None)
    if is_local and len(text) <= _MAX_ADDRESS and text.startswith("/companies/"):
        parts = urlsplit(text)
        path = parts.path
        try:
            pairs = dict(parse_qsl(parts.query, max_num_fields=_MAX_PARAMETERS, errors="replace"))
        except ValueError:
            pairs = {}
    connection = pairs.get("connection", "")[:_MAX_CONNECTION]
    suffix = "?" + urlencode({"connection": connection}) if connection else ""
    return path, read_customers(pairs), suffix
