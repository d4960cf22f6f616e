"""A customer for its page: every field, known or not, the most important first.

Pure. In Codat's record any key may be missing, null, of another type, or unknown: each value is shown once, an unknown
one with the label of its key.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from customers import formatting
from customers.browsing.customer_rows import is_deleted
from customers.browsing.long_records import shorten
from customers.codat import values

# property, label.
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
# property, label, what it means.
_DATES = (
    (
        "sourceModifiedDate",
        "Changed in the accounting software",
        "When the record was last changed there.",
    ),
    (
        "modifiedDate",
        "Changed in Codat",
        "When Codat last recorded a change of the record or of its own data model.",
    ),
)
_ADDRESS = ("line1", "line2", "city", "region", "postalCode", "country")
_ADDRESS_KEYS = {*_ADDRESS, "type"}
_CONTACT_KEYS = {"name", "email", "phone", "address", "status", "modifiedDate"}
_PHONE_KEYS = {"number", "type"}
_KNOWN = {key for key, _ in _MAIN} | {key for key, _, _ in _DATES}
_KNOWN |= {"addresses", "contacts", "supplementalData", "metadata"}


@dataclass(frozen=True, slots=True)
class AddressView:
    """`lines` is empty where the address has only a type. `extra` is the rest as JSON, None for nothing."""

    type: str
    lines: tuple[str, ...]
    extra: object


@dataclass(frozen=True, slots=True)
class ContactView:
    """One person at the customer.

    `phones` are (number, type). `changed` is as Codat writes it, None where unknown. `extra` is the rest as JSON, None
    for nothing.
    """

    name: str
    email: str
    status: str
    changed: object
    phones: tuple[tuple[str, str], ...]
    address: AddressView | None
    extra: object


@dataclass(frozen=True, slots=True)
class RecordView:
    """Everything on a customer's page.

    `main` is (label, value), `dates` (label, value as Codat writes it, meaning). `supplemental` and `other` are JSON
    values, None for nothing. `cuts` are sentences about the parts of a long record that are not shown.
    """

    main: tuple[tuple[str, str], ...]
    dates: tuple[tuple[str, object, str], ...]
    addresses: tuple[AddressView, ...]
    contacts: tuple[ContactView, ...]
    supplemental: object
    other: object
    is_deleted: bool
    status: str
    json: str
    cuts: tuple[str, ...]


def _rest(value: Mapping[str, Any], known: set[str]) -> dict[str, Any] | None:
    """The fields of a record that are not known; None where there are none."""
    return {key: item for key, item in value.items() if key not in known} or None


def _address(value: object) -> AddressView:
    if not isinstance(value, Mapping):
        return AddressView(formatting.DASH, (), value)
    lines = tuple(
        formatting.text_or_dash(value[key])
        for key in _ADDRESS
        if not values.is_empty(value.get(key))
    )
    return AddressView(
        formatting.text_or_dash(value.get("type")), lines, _rest(value, _ADDRESS_KEYS)
    )


def _phone(value: object) -> tuple[str, str]:
    if not isinstance(value, Mapping):
        return formatting.text_or_dash(value), ""
    kind = value.get("type")
    rest = [
        f"{formatting.label(k)}: {formatting.text_or_dash(v)}"
        for k, v in value.items()
        if k not in _PHONE_KEYS
    ]
    words = ([] if kind in (None, "", "Unknown") else [formatting.text_or_dash(kind)]) + rest
    return formatting.text_or_dash(value.get("number")), ", ".join(words)


def _contact(value: object) -> ContactView:
    if not isinstance(value, Mapping):
        dash = formatting.DASH
        return ContactView(dash, dash, dash, None, (), None, value)
    phones = value.get("phone")
    address = value.get("address")
    changed = value.get("modifiedDate")
    return ContactView(
        name=formatting.text_or_dash(value.get("name")),
        email=formatting.text_or_dash(value.get("email")),
        status=formatting.text_or_dash(value.get("status")),
        changed=None if values.is_empty(changed) or values.is_unknown_date(changed) else changed,
        phones=tuple(_phone(phone) for phone in _list(phones)),
        address=None if values.is_empty(address) else _address(address),
        extra=_rest(value, _CONTACT_KEYS),
    )


def _list(value: object) -> list[object]:
    """The value as a list: one value where a list belongs becomes a list of one, an empty value an empty list."""
    if isinstance(value, list):
        return value
    return [] if values.is_empty(value) else [value]


def read_record(customer: Mapping[str, Any]) -> RecordView:
    """Arrange a customer for its page."""
    customer, cuts = shorten(customer)
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
        main=tuple((label, formatting.text_or_dash(customer.get(key))) for key, label in _MAIN),
        dates=tuple((label, customer.get(key), meaning) for key, label, meaning in _DATES),
        addresses=tuple(_address(item) for item in _list(customer.get("addresses"))),
        contacts=tuple(_contact(item) for item in _list(customer.get("contacts"))),
        supplemental=None if values.is_empty(supplemental) else supplemental,
        other=other or None,
        is_deleted=is_deleted(customer),
        status=formatting.text_or_dash(customer.get("status")),
        json=formatting.pretty_json(customer),
        cuts=cuts,
    )
