"""Parts that several create/update models share, and how accounting software changes a record when it stores it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from .model import Node, Note, at_most, choices, text, value, warning

Record = dict[str, Any]
Change = Callable[[Record], Record]

STATUS = choices("Active", "Archived")
BILLING_DELIVERY = choices("Billing", "Delivery")
ADDRESS_PARTS = ("line1", "line2", "city", "region", "country", "postalCode")


def customer(properties: dict[str, Node]) -> Node:
    """The root of a model."""
    return Node(
        "Object",
        "Customer",
        "A person or firm that buys goods or services",
        required=True,
        properties=properties,
    )


NAME_DESCRIPTION = "The name of the customer, usually of a firm"
NAME_NODE = text("Customer name", description=NAME_DESCRIPTION, required=True)
STATUS_NODE = text(
    "Status", description="Whether the customer is in use", required=True, options=STATUS
)
EMAIL = text("Email address", description="The main email address of the customer")
PHONE = text("Phone", warning("Country, area, and number are space separated"))
ADDRESS_TYPE = text(
    "Type", description="What the address is for", required=True, options=BILLING_DELIVERY
)
SPLIT_NAME = "The part before the first space becomes the first name, the rest the last name"


def address(
    *,
    kind: Node | None = None,
    lengths: dict[str, int] | None = None,
    country: Node | None = None,
    required: tuple[str, ...] = (),
) -> dict[str, Node]:
    """The properties of an address row: lines, city, region, country, postal code and, where given, type."""
    labels = {
        "line1": "Line 1",
        "line2": "Line 2",
        "city": "City",
        "region": "Region",
        "country": "Country",
        "postalCode": "Postal code",
    }
    properties: dict[str, Node] = {} if kind is None else {"type": kind}
    for name, label in labels.items():
        notes: tuple[Note, ...] = ()
        if lengths and name in lengths:
            notes = (at_most(lengths[name]),)
        properties[name] = text(
            label, *notes, description=f"{label} of the address", required=name in required
        )
    if country is not None:
        properties["country"] = country
    return properties


def phone(*, typed: bool, required: bool = True) -> dict[str, Node]:
    """The properties of a phone row."""
    properties = {"number": text("Number", description="The phone number", required=required)}
    if typed:
        properties["type"] = text("Type", description="What the number is for", required=required)
    return properties


def read_only() -> dict[str, Node]:
    """Nodes that cannot be written, although a model lists them as required."""
    return {
        "modifiedDate": value(
            "DateTime",
            "Modified date",
            description="When the contact was changed last",
            required=True,
        )
    }


def changed(record: Record, **fields: Any) -> Record:
    """A copy of `record` with other values for some fields."""
    return copy.deepcopy(record) | fields


def as_sent(record: Record) -> Record:
    """The record as it was sent."""
    return record


def inactive_is_archived(record: Record) -> Record:
    """Xero stores the status `InActive` as `Archived`."""
    return changed(record, status="Archived") if record.get("status") == "InActive" else record


def masked_numbers(record: Record) -> Record:
    """QuickBooks Online returns only the last digits of tax and registration numbers."""
    numbers = {
        name: "XXXX" + record[name][-7:]
        for name in ("taxNumber", "registrationNumber")
        if isinstance(record.get(name), str) and len(record[name]) > 7
    }
    return changed(record, **numbers) if numbers else record


def first_address(record: Record) -> Record:
    """Exact stores the first address only."""
    addresses = record.get("addresses")
    if isinstance(addresses, list) and len(addresses) > 1:
        return changed(record, addresses=addresses[:1])
    return record


def capital_postal_codes(record: Record) -> Record:
    """Dynamics stores postal codes in capitals."""
    if not isinstance(record.get("addresses"), list):
        return record
    result = changed(record)
    for row in result["addresses"]:
        if isinstance(row, dict) and isinstance(row.get("postalCode"), str):
            row["postalCode"] = row["postalCode"].upper()
    return result


def trimmed(record: Record) -> Record:
    """FreshBooks strips white space around texts."""
    return {name: item.strip() if isinstance(item, str) else item for name, item in record.items()}
