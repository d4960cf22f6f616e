"""The rows of a long list in two parts: those that its page begins with, and the others.

Without scripts the others are in the page, too. With scripts they are text there, and of a very long list another
request, so that a phone shows the first ones before it has all: static/more_rows.js.
"""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers
from django.utils.safestring import SafeString

from customers.browsing.codats_copy.seen_before import SeenBefore, version
from customers.browsing.customer_list.customer_rows import Rows
from customers.web import htmx
from customers.web.lists.paging import with_query

# The request header that asks for the other rows, with the version of what the page shows.
HEADER = "Other-Rows"
# With more rows than this, groups far from the window are not laid out.
LONG = 100
# From so many rows on the others are another request, for which Codat is asked again: such responses are not cached.
VERY_LONG = 1_000


@dataclass(frozen=True, slots=True)
class OtherRows:
    """Rows that the page loads: how many, of which version of the list, and the address of a page that has them all."""

    number: int
    version: str
    whole_url: str


def asked_for(request: HttpRequest) -> str:
    """The version of the page that asks for its other rows; "" where a request does not."""
    return request.headers.get(HEADER, "")


def parts(
    request: HttpRequest, seen: SeenBefore, rows: Rows, data: dict[str, Any]
) -> dict[str, Any]:
    """The rows that a page begins with, and one of the ways to the others. A fragment has all of them."""
    is_long, other = rows.number > LONG, None
    if htmx.is_fragment(request):
        first, more = rows.html, SafeString()
    elif rows.number < VERY_LONG or not seen.may_load_parts:
        first, more = rows.first, rows.more
    else:
        first, more = rows.first, SafeString()
        whole_url = with_query(request.get_full_path(), "?fresh=1")
        other = OtherRows(rows.number - rows.first_number, _version(rows, data), whole_url)
    return {"rows": first, "more_rows": more, "other_rows": other, "is_long": is_long}


def other_rows(rows: Rows, data: dict[str, Any], shown: str) -> HttpResponse:
    """The other rows; 409 where they are not of what the page shows."""
    is_same = _version(rows, data) == shown
    response = HttpResponse(rows.more if is_same else "", status=200 if is_same else 409)
    patch_vary_headers(response, [HEADER])
    return response


def _version(rows: Rows, data: dict[str, Any]) -> str:
    """Names a list by what decides which row stands where: Codat's data, the new customers before it, the columns."""
    return version((data, rows.number, [column.name for column in rows.columns]))
