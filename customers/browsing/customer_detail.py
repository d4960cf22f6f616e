"""A customer as it is shown: every field, known or not, in the order in which people look for it.

Pure. Codat's record may have any key missing, null, of another type, or unknown: whatever is there is shown once, and
what is not known is shown under its own name.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from customers import formatting
from customers.browsing.customer_rows import is_deleted
from customers.codat import values

# property, label, what it means (shown as help).
_MAIN = (
    ("customerName", "Name"),
    ("contactName", "Contact name"),
    ("emailAddress", "Email"),
    ("phone", "Phone"),
    ("defaultCurrency", "Currency"),
    ("registrationNumber", "Registration number"),
    ("taxNumber", "Tax number"),
    ("status", "Status"),
    ("id", "ID"),
)
_DATES = (
    (
        "sourceModifiedDate",
        "Changed in the accounting software",
        "When the record was last changed there.",
    ),
    (
        "modifiedDate",
        "Changed at Codat",
        "When Codat last saw a change; it also moves when Codat’s own model changes.",
    ),
)
_ADDRESS = ("line1", "line2", "city", "region", "postalCode", "country")
_ADDRESS_KEYS = {*_ADDRESS, "type"}
_CONTACT_KEYS = {"name", "email", "phone", "address", "status", "modifiedDate"}
_PHONE_KEYS = {"number", "type"}
_KNOWN = {key for key, _ in _MAIN} | {key for key, _, _ in _DATES}
_KNOWN |= {"addresses", "contacts", "supplementalData", "metadata"}
# Nested values deeper than this are shown as JSON text.
_DEPTH = 12


@dataclass(frozen=True, slots=True)
class AddressView:
    """`lines` is empty where the address holds nothing but its type."""

    type: str
    lines: tuple[str, ...]
    extra: SafeString


@dataclass(frozen=True, slots=True)
class ContactView:
    """One person at the customer. `phones` are (number, type)."""

    name: str
    email: str
    status: str
    changed: SafeString
    phones: tuple[tuple[str, str], ...]
    address: AddressView | None
    extra: SafeString


@dataclass(frozen=True, slots=True)
class RecordView:
    """Everything on a customer's page.

    `other` and `supplemental` are HTML, "" where there is nothing. `main` is (label, value), `dates` (label, value,
    meaning).
    """

    main: tuple[tuple[str, str], ...]
    dates: tuple[tuple[str, SafeString, str], ...]
    addresses: tuple[AddressView, ...]
    contacts: tuple[ContactView, ...]
    supplemental: SafeString
    other: SafeString
    is_deleted: bool
    status: str
    json: str


def tree(value: object, depth: int = 0) -> SafeString:
    """Any JSON value as nested HTML lists; every text in it is escaped."""
    if depth >= _DEPTH and isinstance(value, Mapping | list):
        return format_html("<code>{}</code>", formatting.text(value))
    if isinstance(value, Mapping) and value:
        items = format_html_join(
            "",
            '<div><dt title="{}">{}</dt><dd dir="auto">{}</dd></div>',
            (
                (key, formatting.label(str(key)), tree(item, depth + 1))
                for key, item in value.items()
            ),
        )
        return format_html('<dl class="tree">{}</dl>', items)
    if isinstance(value, list) and value:
        items = format_html_join("", "<li>{}</li>", ((tree(item, depth + 1),) for item in value))
        return format_html('<ol class="tree">{}</ol>', items)
    if isinstance(value, str) and values.parse_date(value) and len(value) > 10:
        return formatting.when(value)
    return format_html("{}", formatting.text(value))


def _rest(value: Mapping[str, Any], known: set[str]) -> SafeString:
    """What a record holds beyond what is known, or ""."""
    rest = {key: item for key, item in value.items() if key not in known}
    return tree(rest) if rest else SafeString("")


def _address(value: object) -> AddressView:
    if not isinstance(value, Mapping):
        return AddressView(formatting.DASH, (), tree(value))
    lines = tuple(
        formatting.text(value[key]) for key in _ADDRESS if not values.is_empty(value.get(key))
    )
    return AddressView(formatting.text(value.get("type")), lines, _rest(value, _ADDRESS_KEYS))


def _phone(value: object) -> tuple[str, str]:
    if not isinstance(value, Mapping):
        return formatting.text(value), ""
    kind = value.get("type")
    rest = [
        f"{formatting.label(k)}: {formatting.text(v)}"
        for k, v in value.items()
        if k not in _PHONE_KEYS
    ]
    words = ([] if kind in (None, "", "Unknown") else [formatting.text(kind)]) + rest
    return formatting.text(value.get("number")), ", ".join(words)


def _contact(value: object) -> ContactView:
    if not isinstance(value, Mapping):
        dash = formatting.DASH
        return ContactView(dash, dash, dash, SafeString(dash), (), None, tree(value))
    phones = value.get("phone")
    address = value.get("address")
    return ContactView(
        name=formatting.text(value.get("name")),
        email=formatting.text(value.get("email")),
        status=formatting.text(value.get("status")),
        changed=formatting.when(value.get("modifiedDate")),
        phones=tuple(_phone(phone) for phone in phones)
        if isinstance(phones, list)
        else ()
        if values.is_empty(phones)
        else (_phone(phones),),
        address=None if values.is_empty(address) else _address(address),
        extra=_rest(value, _CONTACT_KEYS),
    )


def _list(value: object) -> list[object]:
    """A list as it is; one thing where a list belongs as a list of it; nothing for nothing."""
    if isinstance(value, list):
        return value
    return [] if values.is_empty(value) else [value]


def read_record(customer: Mapping[str, Any]) -> RecordView:
    """Arrange a customer for its page."""
    supplemental = customer.get("supplementalData")
    if isinstance(supplemental, Mapping) and set(supplemental) == {"content"}:
        supplemental = supplemental["content"]
    metadata = customer.get("metadata")
    other = {key: value for key, value in customer.items() if key not in _KNOWN}
    if isinstance(metadata, Mapping):
        unknown = {key: value for key, value in metadata.items() if key != "isDeleted"}
        other |= {"metadata": unknown} if unknown else {}
    elif not values.is_empty(metadata):
        other["metadata"] = metadata
    return RecordView(
        main=tuple((label, formatting.text(customer.get(key))) for key, label in _MAIN),
        dates=tuple(
            (label, formatting.when(customer.get(key)), meaning) for key, label, meaning in _DATES
        ),
        addresses=tuple(_address(item) for item in _list(customer.get("addresses"))),
        contacts=tuple(_contact(item) for item in _list(customer.get("contacts"))),
        supplemental=SafeString("") if values.is_empty(supplemental) else tree(supplemental),
        other=tree(other) if other else SafeString(""),
        is_deleted=is_deleted(customer),
        status=formatting.text(customer.get("status")),
        json=formatting.pretty_json(customer),
    )
