"""Customers with unusual names, IDs and shapes, which tests and demos refer to by ID."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from . import dates
from .records import Record

_DATES = {
    "modifiedDate": dates.stamp(dates.SYNCED),
    "sourceModifiedDate": "2024-11-02T09:12:44.1234567",
}


def _plain(key: str, name: str | None, **more: Any) -> Record:
    record: Record = {"id": key, "customerName": name, "status": "Active", **_DATES}
    if name is None:
        del record["customerName"]
    return record | more


# IDs that are difficult in a URL; the name of each says why.
ODD_IDS: dict[str, str] = {
    "a/b": "Id with a slash",
    "../etc/passwd": "Id with dot segments",
    "a b": "Id with a space",
    "100%": "Id with a percent sign",
    "a%2Fb": "Id that looks encoded",
    "50%25": "Id that looks encoded twice",
    "a?b=c&d": "Id with a query in it",
    "a#b": "Id with a fragment in it",
    "a..b": "Id with dots inside",
    "...": "Id of three dots",
    "a+b": "Id with a plus",
    "a;b,c": "Id with a semicolon and a comma",
    "a:b@c": "Id with a colon and an at sign",
    "a\\b": "Id with a backslash",
    "q\"q'q": "Id with quotes",
    "<i>id</i>": "Id with angle brackets",
    "клиент-7": "Id in Cyrillic",
    "顧客１２": "Id in Japanese",
    "QnVzaW5lc3M6NWYwYzJhNzE7Q3VzdG9tZXI6MDAwMDAwMDF+fn5+fn5+fn5+fn5+fn5+fn5+fn5+/+8=": "Id of base64",
    "new": "Id that is a word of our URLs",
    "edit/": "Id that ends in a slash",
    "..": "Id of two dots, which no URL can contain",
}

_ODD: tuple[Record, ...] = (
    _plain("name-empty", ""),
    _plain("name-dash", "-"),
    _plain("name-missing", None),
    _plain("name-null", None, customerName=None),
    _plain("name-space", "   "),
    _plain("name-rtl", "شركة النور للتجارة"),
    _plain("name-hebrew", "מאפיית השחר 24/7 בע״מ"),
    _plain("name-override", "Invoice \u202egnp.exe"),
    _plain("name-emoji", "🧁 Cup & Cake 👩🏽‍🍳"),
    _plain(
        "name-script", "<script>alert('name')</script>", contactName="<img src=x onerror=alert(1)>"
    ),
    _plain("name-template", "{{ 7*7 }} {% debug %} ${7*7}"),
    _plain("name-long", "Long " * 39 + "Names"),
    _plain("name-unbroken", "W" * 200),
    _plain("name-query", 'Brown && Sons || {Grey} = "Black" ~ White! <Red>'),
    _plain("name-newline", "Line one\nLine two\tTab"),
    _plain("name-combining", "Z̷̡͇̀a̸͓̽l̶̰̊g̴̱͒o̵͎͛"),
    _plain("name-control", "Bell\u0007 and\u200b zero width"),
    _plain(
        "arrays-null", "Null arrays", addresses=None, contacts=None, emailAddress=None, phone=None
    ),
    _plain("arrays-empty", "Empty arrays", addresses=[], contacts=[], metadata={}),
    _plain(
        "rows-empty",
        "Empty rows",
        addresses=[{"type": "Unknown"}],
        contacts=[{"status": "Unknown"}],
    ),
    _plain("keys-missing", "Only the least"),
    _plain("deleted", "Deleted long ago", metadata={"isDeleted": True}),
    _plain("archived", "Archived customer", status="Archived"),
    _plain("status-unknown", "Unknown status", status="Unknown"),
    _plain(
        "dates-unknown",
        "Unknown dates",
        modifiedDate=dates.stamp(dates.SYNCED),
        sourceModifiedDate="0001-01-01T00:00:00",
    ),
    _plain("dates-odd", "Not a date", sourceModifiedDate="yesterday"),
    _plain(
        "keys-unknown",
        "Unknown keys",
        creditRating="AA",
        balance=1234567890.12,
        loyalty={"tier": "Gold", "points": 12345678901234567890, "since": "2019-04-01"},
        aliases=["Old name", "Older name", None],
        nested=[{"deep": [{"deeper": True}]}],
    ),
    _plain(
        "supplemental",
        "Supplemental data",
        supplementalData={
            "content": {
                "customer": {
                    "paymentTerms": 30,
                    "salesRep": "R. Birkett",
                    "vip": True,
                    "note": None,
                },
                "address": {
                    "geo": {"lat": 55.6993, "lon": 12.5529},
                    "tags": ["north", "<b>hub</b>"],
                },
            }
        },
    ),
    _plain(
        "full",
        "Everything at once",
        contactName="Freya Ivarsson",
        emailAddress="freya@everything.example",
        defaultCurrency="DKK",
        phone="+45 35 55 01 01",
        registrationNumber="DK12345678",
        taxNumber="12 34 56 78",
        addresses=[
            {
                "type": kind,
                "line1": f"Elmegade {n}",
                "line2": "st. tv.",
                "city": "København",
                "region": "Hovedstaden",
                "country": "Denmark",
                "postalCode": "2200",
            }
            for n, kind in enumerate(("Billing", "Delivery", "Unknown"), 1)
        ],
        contacts=[
            {
                "name": "Freya Ivarsson",
                "email": "freya@everything.example",
                "phone": [
                    {"number": f"+45 35 55 01 0{n}", "type": kind}
                    for n, kind in enumerate(("Primary", "Landline", "Mobile", "Fax", "Unknown"))
                ],
                "address": {"type": "Billing", "line1": "Elmegade 1", "city": "København"},
                "status": "Active",
                "modifiedDate": "2024-06-01T10:00:00.5Z",
            },
            {"name": None, "phone": None, "status": "Archived"},
        ],
        metadata={"isDeleted": False},
    ),
    _plain(
        "many-rows",
        "Fifty addresses and contacts",
        addresses=[
            {"type": "Delivery", "line1": f"Depot {n}", "city": "Odense", "country": "Denmark"}
            for n in range(1, 51)
        ],
        contacts=[
            {
                "name": f"Contact {n}",
                "phone": [{"number": f"+45 {n:08d}", "type": "Mobile"}],
                "status": "Active",
            }
            for n in range(1, 51)
        ],
    ),
    _plain("changed-since", "Changed since the last refresh", phone="+45 35 55 01 01"),
    _plain("twin-1", "Twin Peaks Coffee"),
    _plain("twin-2", "Twin Peaks Coffee"),
)


@cache
def odd() -> dict[str, Record]:
    """Customers with odd names, odd ids and odd shapes."""
    records = [*_ODD, *(_plain(key, name) for key, name in ODD_IDS.items())]
    return {record["id"]: record for record in records}


# The customers of the company `files`: ID and name. Their attachments are in files.py.
FILE_CUSTOMERS: dict[str, str] = {
    "none": "No attachments",
    "one": "One attachment",
    "thirty": "Thirty attachments",
    "kinds": "Every kind of file",
    "names": "Awkward file names",
    "ids": "Awkward attachment ids",
    "lies": "Types that do not match the content",
    "unlike": "Downloads unlike their metadata",
    "scripts": "Files that contain scripts",
    "large": "Large files",
    "broken": "Files that break off",
    "null": "A null list of attachments",
}


@cache
def files() -> dict[str, Record]:
    """One customer for each sort of attachment."""
    return {
        key: _plain(key, name, addresses=[], contacts=[]) for key, name in FILE_CUSTOMERS.items()
    }


_PEOPLE: list[dict[str, Any]] = [
    {
        "name": "Gideon Ashdown",
        "email": "gideon@ashdown.example",
        "isApprover": True,
        "phone": [
            {"number": "+1 503 555 0101", "type": "Primary"},
            {"number": "+1 503 555 0102", "type": "Mobile"},
        ],
    },
    {"name": "Hanne Ibsen", "isApprover": False, "phone": []},
]


_COMPLETE = _plain(
    "C00001",
    "Ashdown Avionics",
    emailAddress="office@ashdown.example",
    creditLimit=25000.50,
    discountPercent=2.125,
    isTaxExempt=False,
    isOnHold=False,
    customerSince="2019-04-01T00:00:00Z",
    tags=["aviation", "net-30"],
    customFields={
        "regionCode": "EMEA",
        "reviewDate": "2026-01-15T09:00:00",
        "seats": 12,
        "newsletter": True,
    },
    locations=[
        {
            "name": "Main hangar",
            "address": {"line1": "1 Runway Road", "city": "Portland", "country": "US"},
            "departments": [
                {"code": "OPS", "budget": 120000.10, "people": _PEOPLE},
                {"code": "FIN", "budget": None, "people": []},
            ],
        },
        {"name": "Paint shop", "departments": None},
    ],
)


@cache
def intacct() -> dict[str, Record]:
    """Customers with numbers, dates, booleans and arrays four deep."""
    records = [
        _COMPLETE,
        _plain("C00002", "Birkett Balloons", isOnHold=True, creditLimit=0),
        _plain("C00003", "Cromwell Cargo", isOnHold=False, tags=[], customFields={}),
        _plain(
            "C00004",
            "Digits to keep",
            isOnHold=False,
            creditLimit=123456789012345678,
            discountPercent=0.1,
        ),
    ]
    return {record["id"]: record for record in records}


RECORDS: dict[str, Callable[[], dict[str, Record]]] = {
    "odd": odd,
    "files": files,
    "intacct": intacct,
}

# Customers that have changed in the accounting software since the last sync: an update without `forceUpdate` is refused
# until customers are refreshed.
CHANGED_SINCE: dict[str, dict[str, dict[str, Any]]] = {
    "odd": {
        "changed-since": {
            "phone": "+45 35 55 99 99",
            "sourceModifiedDate": "2025-03-15T20:41:00",
        }
    },
}
