"""The list of a customer's attachments, sorted and filtered by its address."""

import unicodedata
from collections.abc import Callable
from typing import Any, TypeVar

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from customers.attachments import file_types, listing
from customers.codat.parallel import in_parallel
from customers.codat.query import Search
from customers.web import htmx, links
from customers.web.company_context import CompanyContext, load_company
from customers.web.lists.list_state import DEFAULT_PAGE_SIZE, AddressReader, ListState
from customers.web.lists.paging import headings, joined
from customers.web.origins.list_origin import kept, read_origin
from customers.web.origins.place import cached_results, place

T = TypeVar("T")

COLUMNS = (
    ("name", "Name"),
    ("type", "File type"),
    ("fileSize", "Size"),
    ("dateCreated", "Added"),
    ("modifiedDate", "Changed"),
)
# Codat returns all attachments in one response; they are sorted and filtered here.
ORDER = tuple(field for field, _ in COLUMNS)
# A list with fewer attachments has no search box.
MIN_FOR_SEARCH = 6


def read_state(request: HttpRequest) -> ListState:
    """The list's state from the address of the request. Codat has no search over attachments."""
    reader = AddressReader(request.GET)
    typed = unicodedata.normalize("NFC", reader.text("q").strip())
    return ListState(
        search=Search(typed, tuple(typed.split())),
        query="",
        order_by=reader.order(ORDER, "name"),
        default_order="name",
        page=1,
        page_size=DEFAULT_PAGE_SIZE,
        filters={
            "kind": reader.choice(
                "kind", tuple(file_types.GROUPS), "", "a file type", "Showing every file type."
            ),
            "thumbnails": reader.choice(
                "thumbnails", ("show",), "", "a valid choice", "Thumbnails are hidden."
            ),
        },
        defaults={"kind": "", "thumbnails": ""},
        corrections=tuple(reader.corrections),
    )


def suffix(request: HttpRequest, page: CompanyContext) -> str:
    """The query string that links keep: the chosen connection, and the list that the customer was opened from."""
    origin = read_origin(request.GET, page.company_id)
    return joined(page.suffix, origin.query()) if origin else page.suffix


def with_customer_name(
    request: HttpRequest, page: CompanyContext, customer_id: str, load: Callable[[], T]
) -> tuple[T, str]:
    """The result of `load` and the customer's name, in parallel. A fragment has no heading and needs no name."""
    if htmx.is_fragment(request):
        return load(), customer_id
    return in_parallel(load, lambda: listing.customer_name(page, customer_id))


def base_context(
    request: HttpRequest, page: CompanyContext, customer_id: str, name: str, state: ListState
) -> dict[str, Any]:
    """The context that every attachments page needs. On its own page a fragment includes a new title."""
    ids = (page.company_id, customer_id)
    origin = read_origin(request.GET, page.company_id)
    is_fragment = htmx.is_fragment(request)
    return {
        "page": page,
        "place": place(origin, customer_id, page.name, cached_results(origin))
        if origin and not is_fragment
        else None,
        "customer_id": customer_id,
        "customer_name": name,
        "customer_url": kept(links.customer(*ids) + page.suffix, origin),
        "list_url": links.attachments(*ids) + joined(state.address(), suffix(request, page)),
        "is_titled": is_fragment and htmx.current_path(request).startswith(links.attachments(*ids)),
    }


@require_safe
@permission_required("customers.read_customers", raise_exception=True)
def index(request: HttpRequest, company_id: str, customer_id: str) -> HttpResponse:
    """The attachments, read live from the accounting software."""
    return render_list(request, load_company(request, company_id), customer_id)


def render_list(
    request: HttpRequest, page: CompanyContext, customer_id: str, status: int = 200
) -> HttpResponse:
    """The list, or the reason why it is unavailable."""
    state = read_state(request)
    attachments, name = with_customer_name(
        request,
        page,
        customer_id,
        lambda: listing.load_attachments(page, customer_id) if page.is_linked else [],
    )
    selected = listing.filter_and_sort(attachments, state)
    path = links.attachments(page.company_id, customer_id)
    query = suffix(request, page)
    toggled = "" if state.filters["thumbnails"] else "show"
    return htmx.render(
        request,
        "attachments/attachments.html",
        "attachments/_attachments.html",
        base_context(request, page, customer_id, name, state)
        | {
            "fragment": "attachments/_attachments.html",
            "state": state,
            "groups": [("", "Any"), *file_types.GROUPS.items()],
            "kept_fields": _kept_fields(request, state, page),
            "attachments": [
                listing.attachment_row(item, page, customer_id, state, query) for item in selected
            ],
            "total": len(attachments),
            "has_search": len(attachments) >= MIN_FOR_SEARCH,
            "has_images": any(listing.expected_type(a).preview == "image" for a in attachments),
            "search_url": path,
            "all_url": path + query,
            "thumbnails_url": path + joined(state.address(thumbnails=toggled), query),
            "archive_url": links.archive(page.company_id, customer_id) + page.suffix,
            "heads": headings(COLUMNS, ORDER, state, query, path=path, right={"fileSize"}),
        },
        status,
    )


def _kept_fields(
    request: HttpRequest, state: ListState, page: CompanyContext
) -> list[tuple[str, str]]:
    """What the search form sends besides its visible fields."""
    fields = [
        ("order_by", state.order_by if state.order_by != state.default_order else ""),
        ("thumbnails", state.filters["thumbnails"]),
        ("connection", page.connection_id if page.suffix else ""),
    ]
    origin = read_origin(request.GET, page.company_id)
    kept_fields = [(name, value) for name, value in fields if value]
    return kept_fields + (origin.fields if origin else [])
