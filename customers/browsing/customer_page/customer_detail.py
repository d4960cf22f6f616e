"""A customer for its page: every field, known or not, the most important first.

Pure. In Codat's record any key may be missing, null, of another type, or unknown: each value is shown once, an unknown
one with the label of its key.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from customers import formatting
from customers.browsing.customer_list.customer_rows import is_deleted
from customers.browsing.customer_page.addresses import address_lines
from customers.browsing.customer_page.long_records import shorten
from customers.codat import values
from customers.forms.paths import path_of
from customers.web.record_field import Keys, RecordField, record_field

# Whether a value of the record can be edited where it is shown.
IsEditable = Callable[[Keys, object], bool]

# property, label.
_MAIN = (
    ("contactName", "Contact name"),
    ("emailAddress", "Email"),
    ("phone", "Phone"),
    ("defaultCurrency", "Currency"),
    ("registrationNumber", "Registration number"),
    ("taxNumber", "Tax number"),
    ("status", "Status"),
)
# property, where it was changed, what it means.
_DATES = (
    (
        "sourceModifiedDate",
        "source",
        "When the record was last changed in the accounting software.",
    ),
    (
        "modifiedDate",
        "codat",
        "When Codat last recorded a change of the record or of its own data model.",
    ),
)
_ADDRESS = ("line1", "line2", "city", "region", "postalCode", "country")
_ADDRESS_KEYS = {*_ADDRESS, "type"}
_CONTACT_KEYS = {"name", "email", "phone", "address", "status", "modifiedDate"}
_PHONE_KEYS = {"number", "type"}
_KNOWN = {key for key, _ in _MAIN} | {key for key, _, _ in _DATES}
_KNOWN |= {"id", "customerName", "addresses", "contacts", "supplementalData", "metadata"}
# The usual values, which say nothing.
_USUAL_STATUS, _UNKNOWN_TYPE = "Active", "Unknown"


@dataclass(frozen=True, slots=True)
class AddressPart:
    """One value of an address, with the text that separates it from the next one in its line."""

    field: RecordField
    separator: str


@dataclass(frozen=True, slots=True)
class AddressView:
    """`type` is "" where there is none to show. `lines` is empty where the address has only a type.

    `path` is that of the address in a form. `extra` is the rest as JSON, None for nothing.
    """

    path: str
    type: str
    lines: tuple[tuple[AddressPart, ...], ...]
    extra: object


@dataclass(frozen=True, slots=True)
class PhoneView:
    """A number, and what else the record says of it, "" for nothing."""

    field: RecordField
    kind: str


@dataclass(frozen=True, slots=True)
class ContactView:
    """One person at the customer.

    `status` is None where it is the usual one. `changed` is as Codat writes it, None where unknown. `extra` is the rest
    as JSON, None for nothing.
    """

    path: str
    name: RecordField
    email: RecordField
    status: RecordField | None
    changed: object
    phones: tuple[PhoneView, ...]
    address: AddressView | None
    extra: object

    @property
    def is_empty(self) -> bool:
        """Whether nothing of it is shown."""
        fields = [self.name, self.email, *(phone.field for phone in self.phones)]
        if any(field.text or field.is_editable for field in fields):
            return False
        others = (self.status, self.changed, self.address, self.extra)
        return all(other is None for other in others)


@dataclass(frozen=True, slots=True)
class RecordView:
    """Everything on a customer's page.

    `main` has the fields with a value, and those that can be given one. `dates` is ("source" or "codat", value as Codat
    writes it, meaning) of those that are known. `supplemental` and `other` are JSON values, None for nothing. `cuts`
    are sentences about the parts of a long record that are not shown.
    """

    name: RecordField
    main: tuple[RecordField, ...]
    dates: tuple[tuple[str, object, str], ...]
    addresses: tuple[AddressView, ...]
    contacts: tuple[ContactView, ...]
    supplemental: object
    other: object
    is_deleted: bool
    json: str
    cuts: tuple[str, ...]

    def fields(self) -> Iterator[RecordField]:
        """Every field that has a place of its own."""
        yield self.name
        yield from self.main
        for address in self.addresses:
            yield from _address_fields(address)
        for contact in self.contacts:
            yield from (contact.name, contact.email)
            if contact.status:
                yield contact.status
            yield from (phone.field for phone in contact.phones)
            if contact.address:
                yield from _address_fields(contact.address)


def _address_fields(address: AddressView) -> Iterator[RecordField]:
    return (part.field for line in address.lines for part in line)


def read_record(customer: Mapping[str, Any], is_editable: IsEditable) -> RecordView:
    """Arrange a customer for its page."""
    customer, cuts = shorten(customer)
    return _Reader(is_editable).record(customer, cuts)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads one record."""

    is_editable: IsEditable

    def record(self, customer: dict[str, Any], cuts: tuple[str, ...]) -> RecordView:
        main = [self.field((key,), customer.get(key), label) for key, label in _MAIN]
        supplemental = customer.get("supplementalData")
        if isinstance(supplemental, Mapping) and set(supplemental) == {"content"}:
            supplemental = supplemental["content"]
        return RecordView(
            name=self.field(("customerName",), customer.get("customerName"), "Name"),
            main=tuple(field for field in main if field.text or field.is_editable),
            dates=tuple(
                (where, customer[key], meaning)
                for key, where, meaning in _DATES
                if not _is_unknown(customer.get(key))
            ),
            addresses=tuple(
                self.address(("addresses", index), item)
                for index, item in enumerate(_list(customer.get("addresses")))
            ),
            contacts=tuple(
                contact
                for index, item in enumerate(_list(customer.get("contacts")))
                if not (contact := self.contact(("contacts", index), item)).is_empty
            ),
            supplemental=None if values.is_empty(supplemental) else supplemental,
            other=_other(customer),
            is_deleted=is_deleted(customer),
            json=formatting.pretty_json(customer),
            cuts=cuts,
        )

    def field(self, keys: Keys, value: object, label: str = "") -> RecordField:
        name = formatting.path_label(keys)
        return record_field(
            keys,
            path_of(keys),
            label or formatting.label(keys[-1]),
            value,
            name=label if len(keys) == 1 else name,
            is_editable=self.is_editable(keys, value),
        )

    def address(self, keys: Keys, value: object) -> AddressView:
        path = path_of(keys)
        if not isinstance(value, dict):
            return AddressView(path, "", (), value)
        kind = value.get("type")
        lines = tuple(
            tuple(
                AddressPart(self.field((*keys, name), value[name]), separator)
                for name, separator in line
            )
            for line in address_lines(value)
        )
        shown_kind = "" if values.is_empty(kind) or kind == _UNKNOWN_TYPE else kind
        return AddressView(
            path,
            formatting.text_or_dash(shown_kind) if shown_kind else "",
            lines,
            _rest(value, _ADDRESS_KEYS),
        )

    def contact(self, keys: Keys, value: object) -> ContactView:
        record = value if isinstance(value, dict) else {}
        changed, address = record.get("modifiedDate"), record.get("address")
        status = record.get("status")
        is_usual = values.is_empty(status) or status == _USUAL_STATUS
        phones = record.get("phone")
        return ContactView(
            path=path_of(keys),
            name=self.field((*keys, "name"), record.get("name")),
            email=self.field((*keys, "email"), record.get("email")),
            status=None if is_usual else self.field((*keys, "status"), status),
            changed=None if _is_unknown(changed) else changed,
            phones=tuple(
                self.phone((*keys, "phone", index), phone)
                for index, phone in enumerate(_list(phones))
            ),
            address=None if values.is_empty(address) else self.address((*keys, "address"), address),
            extra=_rest(record, _CONTACT_KEYS) if record else value or None,
        )

    def phone(self, keys: Keys, value: object) -> PhoneView:
        if not isinstance(value, dict):
            field = record_field((*keys, "number"), path_of((*keys, "number")), "Phone", value)
            return PhoneView(field, "")
        kind = value.get("type")
        rest = [
            f"{formatting.label(key)}: {formatting.text_or_dash(item)}"
            for key, item in value.items()
            if key not in _PHONE_KEYS
        ]
        is_shown = not values.is_empty(kind) and kind != _UNKNOWN_TYPE
        words = ([formatting.text_or_dash(kind)] if is_shown else []) + rest
        number = self.field((*keys, "number"), value.get("number"), "Phone")
        return PhoneView(number, ", ".join(words))


def _other(customer: Mapping[str, Any]) -> object:
    """The fields that no other part of the page shows; None where there are none."""
    other = {key: value for key, value in customer.items() if key not in _KNOWN}
    metadata = customer.get("metadata")
    if isinstance(metadata, Mapping):
        unknown = {key: value for key, value in metadata.items() if key != "isDeleted"}
        other |= {"metadata": unknown} if unknown else {}
    elif not values.is_empty(metadata):
        other["metadata"] = metadata
    return other or None


def _rest(value: Mapping[str, Any], known: set[str]) -> dict[str, Any] | None:
    """The fields of a record that are not known; None where there are none."""
    return {key: item for key, item in value.items() if key not in known} or None


def _is_unknown(date: object) -> bool:
    return values.is_empty(date) or values.is_unknown_date(date)


def _list(value: object) -> list[object]:
    """The value as a list: one value where a list belongs becomes a list of one, an empty value an empty list."""
    if isinstance(value, list):
        return value
    return [] if values.is_empty(value) else [value]
