"""A customer's attachments: the list, sorted and narrowed by its address."""

from collections.abc import Iterable, Mapping
from typing import Any, TypedDict
from urllib.parse import urlsplit

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from django_htmx.middleware import HtmxDetails

from customers.attachments import file_types
from customers.codat.text import single_line
from customers.codat.types import Attachment
from customers.codat.values import is_size, parse_date
from customers.formatting import DASH, size, text, when
from customers.service import default_service
from customers.web import htmx, links
from customers.web.company_context import CompanyPage, load_company
from customers.web.list_state import ATTACHMENT_ORDER, ListState, read_attachments
from customers.web.paging import headings, joined

COLUMNS = (
    ("name", "Name"),
    ("type", "Type"),
    ("fileSize", "Size"),
    ("dateCreated", "Added"),
    ("modifiedDate", "Changed"),
)
# A list of thumbnails fetches every picture whole, so only small ones are asked for.
THUMBNAIL_BYTES = 2_000_000
# Fewer need no search box.
MANY = 6


class Ids(TypedDict):
    """The way to one attachment, as the service's operations take it."""

    company_id: str
    connection_id: str
    customer_id: str
    attachment_id: str


def ids(page: CompanyPage, customer_id: str, attachment_id: str) -> Ids:
    """The way to one attachment of a customer."""
    return {
        "company_id": page.company_id,
        "connection_id": page.connection_id,
        "customer_id": customer_id,
        "attachment_id": attachment_id,
    }


def read_state(request: HttpRequest) -> ListState:
    """What the address says about the list."""
    return read_attachments(request.GET, tuple(file_types.GROUPS))


def shown_name(attachment: Mapping[str, Any]) -> str:
    """The name for people, without marks that turn the direction of text: `\\u202egnp.exe` would read as a picture."""
    name = attachment.get("name")
    return text(single_line(name) if isinstance(name, str) else name)


def bytes_of(attachment: Mapping[str, Any]) -> int | None:
    """The size that the software states; None where it is no size."""
    value = attachment.get("fileSize")
    return value if is_size(value) else None


def changed(attachment: Mapping[str, Any]) -> object:
    """When the file was changed, as Codat writes it."""
    return attachment.get("sourceModifiedDate") or attachment.get("modifiedDate")


def expected(attachment: Mapping[str, Any]) -> file_types.Kind:
    """What the file is by its name and type."""
    return file_types.expected(attachment.get("name"), attachment.get("contentType"))


def load(page: CompanyPage, customer_id: str) -> list[Attachment]:
    """All attachments of a customer as the accounting software lists them. One call to Codat."""
    return default_service().list_attachments(
        company_id=page.company_id, connection_id=page.connection_id, customer_id=customer_id
    )


def arranged(attachments: Iterable[Attachment], state: ListState) -> list[Attachment]:
    """The attachments that the address asks for, in its order; those without a value come last."""
    words = [word.casefold() for word in state.search.words]
    group = state.filters["kind"]
    kept = [
        item
        for item in attachments
        if all(word in shown_name(item).casefold() for word in words)
        and (not group or expected(item).group == group)
    ]
    known = [item for item in kept if _sort_key(item, state.order_field) is not None]
    unknown = [item for item in kept if _sort_key(item, state.order_field) is None]
    known.sort(key=lambda item: _sort_key(item, state.order_field), reverse=state.descending)
    return known + unknown


def _sort_key(attachment: Mapping[str, Any], field: str) -> Any:
    """What the list is ordered by; None where the file has no such value."""
    match field:
        case "fileSize":
            return bytes_of(attachment)
        case "dateCreated":
            return parse_date(attachment.get("dateCreated"))
        case "modifiedDate":
            return parse_date(changed(attachment))
        case "type":
            kind = expected(attachment)
            return (
                None
                if kind is file_types.UNKNOWN
                else (kind.label, shown_name(attachment).casefold())
            )
    name = shown_name(attachment)
    return None if name == DASH else name.casefold()


def row(
    attachment: Mapping[str, Any], page: CompanyPage, customer_id: str, state: ListState
) -> dict[str, Any]:
    """What is told of one attachment. The addresses are "" for an id that cannot be addressed."""
    attachment_id = attachment.get("id")
    kind, stated = expected(attachment), bytes_of(attachment)
    found: dict[str, Any] = {
        "id": attachment_id,
        "name": shown_name(attachment),
        "kind": kind,
        "type": text(attachment.get("contentType")),
        "bytes": stated,
        "raw_name": attachment.get("name"),
        "raw_type": attachment.get("contentType"),
        "size": size(attachment.get("fileSize")),
        "created": when(attachment.get("dateCreated")),
        "changed": when(changed(attachment)),
        "contradiction": file_types.contradiction(
            attachment.get("name"), attachment.get("contentType")
        ),
        "url": "",
        "download_url": "",
        "thumbnail_url": "",
    }
    if isinstance(attachment_id, str) and links.is_addressable(attachment_id):
        place = (page.company_id, customer_id, attachment_id)
        found["url"] = links.attachment(*place) + joined(state.address(), page.suffix)
        found["download_url"] = links.download(*place) + page.suffix
        small = stated is not None and stated <= THUMBNAIL_BYTES
        if state.filters["thumbnails"] and kind.shown == "image" and small:
            found["thumbnail_url"] = links.preview(*place) + page.suffix
    return found


def frame(
    request: HttpRequest, page: CompanyPage, customer_id: str, state: ListState
) -> dict[str, Any]:
    """What every page about attachments knows. Put into their own page, a fragment brings the page's new title."""
    place = (page.company_id, customer_id)
    shown_in = urlsplit(HtmxDetails(request).current_url or "").path
    return {
        "page": page,
        "customer_id": customer_id,
        "customer_url": links.customer(*place) + page.suffix,
        "list_url": links.attachments(*place) + joined(state.address(), page.suffix),
        "is_titled": htmx.is_fragment(request) and shown_in.startswith(links.attachments(*place)),
    }


@require_safe
@permission_required("customers.read_customers", raise_exception=True)
def index(request: HttpRequest, company_id: str, customer_id: str) -> HttpResponse:
    """The attachments, read live from the accounting software. One call to Codat."""
    return render(request, load_company(request, company_id), customer_id)


def render(
    request: HttpRequest, page: CompanyPage, customer_id: str, status: int = 200
) -> HttpResponse:
    """The list, or why there is none."""
    state = read_state(request)
    everything = load(page, customer_id) if page.is_linked else []
    shown = arranged(everything, state)
    path = links.attachments(page.company_id, customer_id)
    turned = "" if state.filters["thumbnails"] else "show"
    return htmx.render(
        request,
        "attachments/attachments.html",
        "attachments/_attachments.html",
        frame(request, page, customer_id, state)
        | {
            "fragment": "attachments/_attachments.html",
            "state": state,
            "groups": file_types.GROUPS.items(),
            "attachments": [row(item, page, customer_id, state) for item in shown],
            "total": len(everything),
            "is_many": len(everything) >= MANY,
            "pictures": any(expected(item).shown == "image" for item in everything),
            "search_url": path,
            "thumbnails_url": path + joined(state.address(thumbnails=turned), page.suffix),
            "archive_url": links.archive(page.company_id, customer_id) + page.suffix,
            "headings": [
                head | {"address": path + head["address"].removesuffix("?")}
                for head in headings(COLUMNS, ATTACHMENT_ORDER, state, page.suffix)
            ],
        },
        status,
    )
