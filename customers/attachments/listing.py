"""A customer's attachments as data: loaded, filtered and sorted, and as rows for templates."""

from collections.abc import Iterable, Mapping
from typing import Any, TypedDict

from customers.attachments import file_types
from customers.codat.errors import CodatError
from customers.codat.http.call_context import deadline
from customers.codat.text import single_line
from customers.codat.types import Attachment
from customers.codat.values import is_size, parse_date
from customers.formatting import DASH, size, text_or_dash, when
from customers.service import default_service
from customers.web import links
from customers.web.company_context import CompanyContext
from customers.web.lists.list_state import ListState
from customers.web.lists.paging import joined

# Bytes. A thumbnail downloads the whole image, so only small images have one.
MAX_THUMBNAIL_BYTES = 2_000_000
# Seconds that a page waits for the name in its heading; then it shows the ID.
NAME_TIMEOUT = 2


class AttachmentIds(TypedDict):
    """The IDs of one attachment, as keyword arguments of the service's operations."""

    company_id: str
    connection_id: str
    customer_id: str
    attachment_id: str


def attachment_ids(page: CompanyContext, customer_id: str, attachment_id: str) -> AttachmentIds:
    """The ids of one attachment of a customer."""
    return {
        "company_id": page.company_id,
        "connection_id": page.connection_id,
        "customer_id": customer_id,
        "attachment_id": attachment_id,
    }


def load_attachments(page: CompanyContext, customer_id: str) -> list[Attachment]:
    """All attachments of a customer as the accounting software lists them. One call to Codat; raises CodatError."""
    return default_service().list_attachments(
        company_id=page.company_id, connection_id=page.connection_id, customer_id=customer_id
    )


def customer_name(page: CompanyContext, customer_id: str) -> str:
    """The customer's name in Codat's copy; the ID where it has none or cannot be read. At most one call to Codat."""
    snapshots = default_service().snapshots
    try:
        with deadline(NAME_TIMEOUT):
            snapshot = snapshots.cached_customer(
                company_id=page.company_id, customer_id=customer_id
            ) or snapshots.get(company_id=page.company_id, customer_id=customer_id)
    except CodatError:
        return customer_id
    name = snapshot.data.get("customerName")
    return (single_line(name) if isinstance(name, str) else "") or customer_id


def display_name(attachment: Mapping[str, Any]) -> str:
    """The name on a page, without direction characters: `\\u202egnp.exe` would read as an image."""
    name = attachment.get("name")
    return text_or_dash(single_line(name) if isinstance(name, str) else name)


def announced_size(attachment: Mapping[str, Any]) -> int | None:
    """The size in bytes that the accounting software announces; None where it is no valid size."""
    value = attachment.get("fileSize")
    return value if is_size(value) else None


def modified_date(attachment: Mapping[str, Any]) -> object:
    """When the file was changed, as Codat writes it."""
    return attachment.get("sourceModifiedDate") or attachment.get("modifiedDate")


def expected_type(attachment: Mapping[str, Any]) -> file_types.FileType:
    """The type that content type and name announce."""
    return file_types.expected(attachment.get("name"), attachment.get("contentType"))


def filter_and_sort(attachments: Iterable[Attachment], state: ListState) -> list[Attachment]:
    """The attachments that the list's state selects, in its order; those without a value come last."""
    words = [word.casefold() for word in state.search.words]
    group = state.filters["kind"]
    selected = [
        item
        for item in attachments
        if all(word in display_name(item).casefold() for word in words)
        and (not group or expected_type(item).group == group)
    ]
    with_value = [item for item in selected if _sort_key(item, state.order_field) is not None]
    without_value = [item for item in selected if _sort_key(item, state.order_field) is None]
    with_value.sort(key=lambda item: _sort_key(item, state.order_field), reverse=state.descending)
    return with_value + without_value


def _sort_key(attachment: Mapping[str, Any], field: str) -> Any:
    """The value to sort by; None where the attachment has none."""
    match field:
        case "fileSize":
            return announced_size(attachment)
        case "dateCreated":
            return parse_date(attachment.get("dateCreated"))
        case "modifiedDate":
            return parse_date(modified_date(attachment))
        case "type":
            file_type = expected_type(attachment)
            if file_type is file_types.UNKNOWN:
                return None
            return (file_type.label, display_name(attachment).casefold())
    name = display_name(attachment)
    return None if name == DASH else name.casefold()


def attachment_row(
    attachment: Mapping[str, Any],
    page: CompanyContext,
    customer_id: str,
    state: ListState,
    suffix: str,
) -> dict[str, Any]:
    """What templates show of one attachment. The URLs are "" for an id that cannot be part of an address.

    `suffix` is the rest of the query string of a page (`list_view.suffix`).
    """
    attachment_id = attachment.get("id")
    file_type, size_in_bytes = expected_type(attachment), announced_size(attachment)
    row: dict[str, Any] = {
        "id": attachment_id,
        "name": display_name(attachment),
        "file_type": file_type,
        "content_type": text_or_dash(attachment.get("contentType")),
        "bytes": size_in_bytes,
        "size": size(attachment.get("fileSize")),
        "created": when(attachment.get("dateCreated")),
        "changed": when(modified_date(attachment)),
        "mismatch": file_types.mismatch(attachment.get("name"), attachment.get("contentType")),
        "url": "",
        "download_url": "",
        "thumbnail_url": "",
    }
    if isinstance(attachment_id, str) and links.is_addressable(attachment_id):
        ids = (page.company_id, customer_id, attachment_id)
        row["url"] = links.attachment(*ids) + joined(state.address(), suffix)
        row["download_url"] = links.download(*ids) + page.suffix
        is_small = size_in_bytes is not None and size_in_bytes <= MAX_THUMBNAIL_BYTES
        if state.filters["thumbnails"] and file_type.preview == "image" and is_small:
            row["thumbnail_url"] = links.preview(*ids) + page.suffix
    return row
