"""Integrations whose create/update models follow real responses of Codat.

Which fields a model has, what it requires, how long a text may be and how a note is worded are facts; labels and
descriptions are invented. How each software stores and refuses is assumed from its documentation.
"""

from __future__ import annotations

from .integration import Integration
from .model import (
    at_most,
    choices,
    country_code,
    currency_code,
    email,
    exactly,
    information,
    latin,
    one_each,
    rows,
    rows_at_most,
    text,
    warning,
)
from .model_parts import (
    BILLING_DELIVERY,
    EMAIL,
    NAME_DESCRIPTION,
    NAME_NODE,
    PHONE,
    SPLIT_NAME,
    STATUS_NODE,
    address,
    customer,
    first_address,
    inactive_is_archived,
    masked_numbers,
    phone,
    trimmed,
)
from .names import CURRENCIES

XERO = Integration(
    key="gbol",
    name="Xero",
    refuses="immediately",
    stores=inactive_is_archived,
    model=customer(
        {
            "customerName": NAME_NODE,
            "phone": PHONE,
            "emailAddress": EMAIL,
            "registrationNumber": text("Registration number", at_most(50)),
            "taxNumber": text("Tax number"),
            "status": text("Status", options=choices("Active", "InActive")),
            "addresses": rows(
                "Addresses",
                address(
                    kind=text(
                        "Type",
                        warning("Billing = POBOX, Delivery/Unknown = STREET_NAMES"),
                        description="What the address is for",
                        required=True,
                        options=BILLING_DELIVERY,
                    ),
                    lengths={"line1": 500, "line2": 500, "city": 255, "region": 255, "country": 50},
                )
                | {"postalCode": text("Postal code", latin(), at_most(50))},
            ),
        }
    ),
)

QBO = Integration(
    key="qhyg",
    name="QuickBooks Online",
    ids="number",
    replaces=True,
    unique_names=True,
    stores=masked_numbers,
    model=customer(
        {
            "customerName": text(
                "Customer name",
                warning("Names must be unique across customers, suppliers and employees"),
                description=NAME_DESCRIPTION,
                required=True,
            ),
            "phone": PHONE,
            "emailAddress": EMAIL,
            "registrationNumber": text("Registration number"),
            "taxNumber": text("Tax number"),
            "status": STATUS_NODE,
            "addresses": rows(
                "Addresses",
                address(
                    lengths={"line1": 500, "line2": 500, "city": 255, "region": 225, "country": 50}
                )
                | {
                    "postalCode": text("Postal code", latin(), at_most(50)),
                    "type": text(
                        "Type",
                        warning("Billing = POBOX, Delivery/Unknown = DELIVERY", field=""),
                        options=BILLING_DELIVERY,
                    ),
                },
            ),
            "contacts": rows("Contacts", {"phone": rows("Phone numbers", phone(typed=True))}),
            "defaultCurrency": text(
                "Default currency",
                warning(
                    "Default currency can only differ from the base company currency if "
                    "multi-currency is enabled for the company."
                ),
            ),
        }
    ),
)

QBD = Integration(
    key="pdvj",
    name="QuickBooks Desktop",
    ids="desktop",
    offline=True,
    replaces=True,
    model=customer(
        {
            "customerName": text(
                "Customer name", at_most(41), description=NAME_DESCRIPTION, required=True
            ),
            "contactName": text(
                "Contact name", warning("Max length of 25 characters for first and last names")
            ),
            "phone": text("Phone", at_most(21, "Max length of {} characters")),
            "emailAddress": EMAIL,
            "registrationNumber": text("Registration number", at_most(15)),
            "taxNumber": text("Tax number", at_most(30)),
            "defaultCurrency": text(
                "Default currency",
                currency_code(
                    "Must be a three letter ISO code that matches an existing active currency in "
                    "the QuickBooks Desktop company"
                ),
                information("If not set, will default to the base currency of the company"),
            ),
            "status": STATUS_NODE,
            "addresses": rows(
                "Addresses",
                address(
                    kind=text(
                        "Type",
                        information(
                            "Only 1 address each of type(s) Billing/Delivery may be specified."
                        ),
                        required=True,
                        options=BILLING_DELIVERY,
                    ),
                    lengths={
                        "line1": 41,
                        "line2": 41,
                        "city": 31,
                        "region": 21,
                        "country": 31,
                        "postalCode": 13,
                    },
                ),
            ),
        }
    ),
)

NETSUITE = Integration(
    key="akxx",
    name="Oracle NetSuite",
    accepted=202,
    ids="number",
    item_ids="indexed",
    model=customer(
        {
            "customerName": NAME_NODE,
            "emailAddress": EMAIL,
            "defaultCurrency": text("Default currency"),
            "phone": text("Phone"),
            "taxNumber": text("Tax number"),
            "status": STATUS_NODE,
            "addresses": rows(
                "Addresses",
                address(
                    kind=text(
                        "Type", required=True, options=choices("Billing", "Delivery", "Unknown")
                    ),
                    country=text(
                        "Country",
                        country_code("Must be a two letter Country ISO code"),
                        required=True,
                    ),
                ),
                one_each(
                    "Billing",
                    "Delivery",
                    sentence="Only one each of Billing and Delivery addresses can be provided",
                ),
                information("Multiple addresses of Unknown type may be provided"),
            ),
            "contacts": rows(
                "Contacts",
                {
                    "name": text("Name", required=True),
                    "email": text("Email"),
                    "phone": rows(
                        "Phone numbers",
                        phone(typed=True),
                        rows_at_most(4, "Must be a maximum of four distinct number types"),
                    ),
                    "status": STATUS_NODE,
                },
            ),
        }
    ),
)

FRESHBOOKS = Integration(
    key="bnrx",
    name="FreshBooks",
    ids="number",
    refuses="with_400",
    item_ids="tail",
    stores=trimmed,
    model=customer(
        {
            "emailAddress": text("Email address", email(), required=True),
            "customerName": text("Customer name", description=NAME_DESCRIPTION),
            "phone": text("Phone"),
            "contactName": text("Contact name", information(SPLIT_NAME)),
            "defaultCurrency": text("Default currency", options=choices(*CURRENCIES)),
            "taxNumber": text("Tax number"),
            "addresses": rows(
                "Addresses", address(), rows_at_most(2, "No more than two addresses can be added")
            ),
            "contacts": rows(
                "Contacts",
                {
                    "email": text("Email", required=True),
                    "name": text("Name", information(SPLIT_NAME), required=True),
                    "phone": rows(
                        "Phone numbers",
                        phone(typed=False),
                        rows_at_most(2, "No more than two phone numbers per contact can be added"),
                        required=True,
                    ),
                },
            ),
        }
    ),
)

EXACT = Integration(
    key="agpk",
    name="Exact (Netherlands)",
    stores=first_address,
    model=customer(
        {
            "customerName": NAME_NODE,
            "emailAddress": EMAIL,
            "phone": text("Phone"),
            "registrationNumber": text("Registration number", exactly(20)),
            "taxNumber": text("Tax number"),
            "defaultCurrency": text("Default currency"),
            "contacts": rows(
                "Contacts",
                {
                    "name": text("Name", required=True),
                    "email": text("Email"),
                    "phone": rows("Phone numbers", phone(typed=False, required=False)),
                },
                required=True,
            ),
            "addresses": rows(
                "Addresses",
                address(country=text("Country", country_code())),
                information(
                    "Only the first address provided will be considered, all other entries will "
                    "be not be recorded"
                ),
            ),
        }
    ),
)
