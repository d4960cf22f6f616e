"""Integrations with invented models, because no real response was available.

They combine the difficulties of the others: arrays four deep; numbers, dates, booleans and files; a list of 250
options; an `id` that has to be chosen; a single option; read-only fields marked as required; and a text field whose
values are an enum elsewhere.
"""

from __future__ import annotations

from .integration import Integration
from .model import (
    at_most,
    between,
    choices,
    country_code,
    currency_code,
    email,
    group,
    information,
    number_between,
    one_each,
    rows,
    rows_at_most,
    text,
    value,
    warning,
)
from .model_parts import (
    ADDRESS_PARTS,
    ADDRESS_TYPE,
    EMAIL,
    NAME_DESCRIPTION,
    NAME_NODE,
    SPLIT_NAME,
    STATUS,
    STATUS_NODE,
    address,
    capital_postal_codes,
    customer,
    phone,
    read_only,
)
from .names import COUNTRIES, CURRENCIES

SAGE = Integration(
    key="tcnl",
    name="Sage 50 (UK)",
    ids="code",
    refuses="with_400",
    item_ids="lower",
    replaces=True,
    model=customer(
        {
            "id": text(
                "Account reference",
                between(1, 8),
                description="The short code that the customer goes by in Sage",
                required=True,
            ),
            "customerName": text(
                "Customer name", between(1, 60), description=NAME_DESCRIPTION, required=True
            ),
            "contactName": text("Contact name", at_most(30)),
            "emailAddress": text("Email address", at_most(255)),
            "phone": text("Phone", at_most(30)),
            "taxNumber": text("VAT number", at_most(30)),
            "defaultCurrency": text("Default currency", currency_code()),
            "status": text("Status", description="Whether the account is in use", required=True),
            "addresses": rows(
                "Addresses",
                address(
                    kind=text("Type", required=True, options=choices("Unknown", "Delivery")),
                    lengths={"line1": 60, "line2": 60, "city": 60, "region": 60, "postalCode": 60},
                    country=text("Country", country_code(), required=True),
                ),
                rows_at_most(3, "Must contain a maximum of 3 addresses"),
            ),
        }
    ),
)

DYNAMICS = Integration(
    key="seux",
    name="Dynamics 365 Business Central",
    stores=capital_postal_codes,
    refuses="immediately",
    item_ids="tail",
    strict=False,
    model=customer(
        {
            "customerName": text(
                "Customer name", at_most(100), description=NAME_DESCRIPTION, required=True
            ),
            "contactName": text("Contact name", at_most(100)),
            "emailAddress": text(
                "Email address", email("Must be a valid email address"), at_most(80)
            ),
            "phone": text("Phone", at_most(30)),
            "taxNumber": text("Tax registration number", at_most(20)),
            "defaultCurrency": text("Default currency", currency_code()),
            "status": text("Status", required=True, options=choices("Active")),
            "addresses": rows(
                "Addresses",
                address(
                    kind=text("Type", required=True, options=choices("Billing")),
                    lengths={"line1": 100, "line2": 50, "city": 30, "region": 30, "postalCode": 20},
                )
                | {
                    "countryCode": text(
                        "Country code", country_code(), description="Beside the name"
                    )
                },
                rows_at_most(1, "Only one address can be provided"),
            ),
        }
    ),
)

ZOHO = Integration(
    key="rwuv",
    name="Zoho Books",
    ids="long",
    hides=("addresses", "registrationNumber"),
    model=customer(
        {
            "customerName": text(
                "Display name", between(1, 200), description=NAME_DESCRIPTION, required=True
            ),
            "contactName": text("Primary contact", information(SPLIT_NAME)),
            "emailAddress": EMAIL,
            "phone": text("Phone", at_most(50)),
            "defaultCurrency": text("Currency", options=choices(*CURRENCIES)),
            "registrationNumber": text("Company number"),
            "addresses": rows(
                "Addresses",
                address(
                    kind=ADDRESS_TYPE,
                    country=text("Country", options=COUNTRIES),
                    lengths={"line1": 99, "line2": 99},
                ),
                one_each(
                    "Billing", "Delivery", sentence="One Billing and one Delivery address at most"
                ),
            ),
            "contacts": rows(
                "Contacts",
                {
                    "name": text("Name", required=True),
                    "email": text("Email", email()),
                    "phone": rows(
                        "Phone numbers",
                        {
                            "number": text("Number", required=True),
                            "type": text(
                                "Type", required=True, options=choices("Landline", "Mobile")
                            ),
                        },
                        rows_at_most(2, "Must contain a maximum of 2 phone numbers"),
                    ),
                },
            ),
        }
    ),
)

INTACCT = Integration(
    key="knfz",
    name="Sage Intacct",
    ids="code",
    item_ids="indexed",
    accepted=202,
    model=customer(
        {
            "id": text(
                "Customer ID",
                between(1, 20),
                description="Chosen by you; it cannot be changed later",
                required=True,
            ),
            "customerName": NAME_NODE,
            "emailAddress": EMAIL,
            "status": STATUS_NODE,
            "creditLimit": value("Number", "Credit limit", number_between(0, 1_000_000)),
            "discountPercent": value("Number", "Discount in percent", number_between(0, 100)),
            "isTaxExempt": value("Boolean", "Exempt from tax"),
            "isOnHold": value("Boolean", "On hold", required=True),
            "customerSince": value(
                "DateTime", "Customer since", warning("Must not be in the future")
            ),
            "tags": rows("Tags", None, rows_at_most(5, "Must contain a maximum of 5 tags")),
            "logo": value("File", "Logo", warning("PNG or JPEG of at most 200 KB")),
            "documents": value("MultiPart", "Documents"),
            "customFields": group(
                "Custom fields",
                {
                    "regionCode": text("Sales region", options=choices("EMEA", "AMER", "APAC")),
                    "reviewDate": value("DateTime", "Next review"),
                    "seats": value("Number", "Seats", warning("Whole number")),
                    "newsletter": value("Boolean", "Newsletter"),
                },
            ),
            "locations": rows(
                "Locations",
                {
                    "name": text("Name", at_most(80), required=True),
                    "address": group("Address", address(country=text("Country", country_code()))),
                    "departments": rows(
                        "Departments",
                        {
                            "code": text("Code", between(2, 6), required=True),
                            "budget": value("Number", "Yearly budget"),
                            "people": rows(
                                "People",
                                {
                                    "name": text("Name", required=True),
                                    "email": text("Email", email()),
                                    "isApprover": value("Boolean", "May approve"),
                                    "phone": rows(
                                        "Phone numbers",
                                        phone(typed=True),
                                        rows_at_most(
                                            2, "Must contain a maximum of 2 phone numbers"
                                        ),
                                    ),
                                },
                            ),
                        },
                    ),
                },
            ),
        }
    ),
)

CODAT = Integration(
    key="mqjo",
    name="Codat Sandbox",
    strict=False,
    model=customer(
        {
            "customerName": NAME_NODE,
            "contactName": text("Contact name", required=True),
            "emailAddress": text("Email address", required=True),
            "defaultCurrency": text("Default currency", required=True),
            "phone": text("Phone", required=True),
            "addresses": rows(
                "Addresses",
                address(
                    kind=text("Type", required=True),
                    required=ADDRESS_PARTS,
                ),
                required=True,
            ),
            "contacts": rows(
                "Contacts",
                {
                    "name": text("Name", required=True),
                    "email": text("Email", required=True),
                    "phone": rows("Phone numbers", phone(typed=True), required=True),
                    "address": group(
                        "Address",
                        address(kind=text("Type", required=True), required=ADDRESS_PARTS),
                        required=True,
                    ),
                    "status": text("Status", required=True),
                }
                | read_only(),
                required=True,
            ),
            "registrationNumber": text("Registration number", required=True),
            "taxNumber": text("Tax number", required=True),
            "status": text("Status", required=True),
            "metadata": group(
                "Metadata", {"isDeleted": value("Boolean", "Deleted", required=True)}, required=True
            ),
        }
    ),
)

_PLAIN = customer(
    {
        "customerName": NAME_NODE,
        "contactName": text("Contact name"),
        "emailAddress": text("Email address", email()),
        "phone": text("Phone"),
        "taxNumber": text("Tax number"),
        "defaultCurrency": text("Default currency", currency_code()),
        "status": text("Status", options=STATUS),
        "addresses": rows("Addresses", address(kind=ADDRESS_TYPE)),
        "contacts": rows(
            "Contacts",
            {
                "name": text("Name", required=True),
                "email": text("Email"),
                "phone": rows("Phone numbers", phone(typed=True)),
                "address": group("Address", address(kind=ADDRESS_TYPE)),
            },
        ),
    }
)
FREEAGENT = Integration(key="fbrh", name="FreeAgent", ids="number", model=_PLAIN, strict=False)
WAVE = Integration(key="wvks", name="Wave", ids="base64", model=_PLAIN)
KASHFLOW = Integration(key="hcws", name="KashFlow", ids="number", model=_PLAIN)
SAGE_ONLINE = Integration(key="suxc", name="Sage Business Cloud Accounting", model=_PLAIN)
MYOB = Integration(key="pbtm", name="MYOB AccountRight", model=_PLAIN, item_ids="lower")
# Customers can be read and not written.
CLEARBOOKS = Integration(key="ylve", name="Clear Books", ids="number")

PLAID = Integration(key="lgft", name="Plaid", source_type="Banking")
SHOPIFY = Integration(key="fztf", name="Shopify", source_type="Commerce")
