"""Invented customers: the same seed gives the same records, in the shape of each integration."""

# ruff: noqa: S311  (not for cryptography; they must be repeatable)

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from random import Random
from typing import Any

from . import dates
from .integration import Ids, new_id
from .names import (
    COMPANY_WORDS,
    FIRST_NAMES,
    LAST_NAMES,
    LEGAL_FORMS,
    PLACES,
    STREET_NAMES,
    STREET_TYPES,
    TRADES,
)

Record = dict[str, Any]

# Between the youngest and the oldest change of a customer: minutes to years, most of them weeks and months.
_YOUNGEST = timedelta(minutes=4)
_OLDEST = timedelta(days=5 * 365)


@dataclass(frozen=True)
class Shape:
    """Which parts of a customer an integration returns, and how it returns a missing value.

    `blank` returns "" for a missing value where others omit the key; `contacts` is 0 for none, 1 for names and phones,
    2 for addresses, too; `digits` is the number of decimals in a date.
    """

    ids: Ids = "uuid"
    fields: frozenset[str] = frozenset({"contactName", "emailAddress", "defaultCurrency", "phone"})
    addresses: tuple[str, ...] = ("Billing",)
    contacts: int = 1
    country_codes: bool = False
    blank: bool = False
    metadata: bool = True
    zulu: bool = False
    digits: int = 0


def stamp(moment: datetime, shape: Shape) -> str:
    """A date as this integration returns it: with or without `Z`, with up to seven decimals."""
    text = moment.strftime("%Y-%m-%dT%H:%M:%S")
    if shape.digits:
        text += "." + f"{moment.microsecond:06d}7"[: shape.digits]
    return text + ("Z" if shape.zulu else "")


@lru_cache(maxsize=256)
def customers(
    seed: int, key: str, count: int, shape: Shape, synced: datetime = dates.SYNCED
) -> dict[str, Record]:
    """`count` customers by id, as they were when Codat read them last.

    The result is shared between sandboxes: copy a record before changing it.
    """
    random = Random(f"{seed}:{key}")
    names: set[str] = set()
    records: dict[str, Record] = {}
    for index in range(count):
        record = _customer(random, index, shape, names, synced)
        records[record["id"]] = record
    return records


def _customer(
    random: Random, index: int, shape: Shape, names: set[str], synced: datetime
) -> Record:
    first, last = random.choice(FIRST_NAMES), random.choice(LAST_NAMES)
    city, region, postal_code, country, country_code, currency, prefix = random.choice(PLACES)
    name = _name(random, first, last, names)
    domain = f"{name.split()[0].strip(',')}.example"
    known: Record = {
        "contactName": f"{first} {last}",
        "emailAddress": f"{first}.{last}@{domain}".lower(),
        "defaultCurrency": currency,
        "phone": f"{prefix} {random.randrange(1000, 9999)}",
        "registrationNumber": f"{random.randrange(1_000_000, 99_999_999):08d}",
        "taxNumber": f"{country_code}{random.randrange(100_000_000, 999_999_999)}",
    }
    place = {
        "line1": f"{random.randrange(1, 240)} {random.choice(STREET_NAMES)} {random.choice(STREET_TYPES)}",
        "line2": f"Unit {random.randrange(1, 40)}" if random.random() < 0.3 else "",
        "city": city,
        "region": region,
        "country": country_code if shape.country_codes else country,
        "postalCode": postal_code,
    }
    place = {part: item for part, item in place.items() if item or shape.blank}
    record: Record = {"id": new_id(shape.ids, index + 1, random), "customerName": name}
    for part in known:
        if part in shape.fields and random.random() < 0.85:
            record[part] = known[part]
        elif shape.blank:
            record[part] = ""
    kinds = shape.addresses[: random.randrange(len(shape.addresses) + 1)]
    record["addresses"] = [{"type": kind, **place} for kind in kinds]
    record["contacts"] = _contacts(random, shape, known, place) if shape.contacts else []
    record["status"] = "Archived" if random.random() < 0.08 else "Active"
    record |= _dates(synced - _age(random, index), index, shape, synced)
    is_deleted = random.random() < 0.04
    if shape.metadata or is_deleted:
        record["metadata"] = {"isDeleted": is_deleted}
    return _with_irregularities(record, index)


def _dates(moment: datetime, index: int, shape: Shape, synced: datetime) -> Record:
    """When a record was changed: there at that moment, at Codat up to an hour later."""
    changed = min(moment + timedelta(minutes=index * 7 % 60), synced)
    return {"modifiedDate": dates.stamp(changed), "sourceModifiedDate": stamp(moment, shape)}


def _age(random: Random, index: int) -> timedelta:
    """How long before the last sync a customer was changed: half of them within the last six weeks."""
    share: float = (random.randrange(1400 * 86400) / (1400 * 86400)) ** 0.6
    factor: float = (_OLDEST / _YOUNGEST) ** share
    return _YOUNGEST * factor + timedelta(microseconds=index * 37)


def _name(random: Random, first: str, last: str, names: set[str]) -> str:
    """A name that no other customer of the company has."""
    while True:
        if random.random() < 0.2:
            name = f"{last}, {first}"
        else:
            name = f"{random.choice(COMPANY_WORDS)} {random.choice(TRADES)} {random.choice(LEGAL_FORMS)}".strip()
        if name in names:
            name += f" {random.randrange(2, 9999)}"
        if name not in names:
            names.add(name)
            return name


def _contacts(random: Random, shape: Shape, known: Record, place: Record) -> list[Record]:
    contacts = []
    for index in range(random.randrange(3)):
        person = known["contactName"] if index == 0 else _person(random)
        contact: Record = {"name": person}
        if index == 0 or random.random() < 0.6:
            contact["email"] = person.replace(" ", ".").lower() + "@mail.example"
        kinds = ("Primary", "Mobile", "Landline", "Fax")[: random.randrange(3)]
        contact["phone"] = [{"number": known["phone"], "type": kind} for kind in kinds]
        if shape.contacts == 2 and index == 0:
            contact["address"] = {"type": "Billing", **place}
        contact["status"] = "Active"
        contacts.append(contact)
    return contacts


def _person(random: Random) -> str:
    return f"{random.choice(FIRST_NAMES)} {random.choice(LAST_NAMES)}"


def _with_irregularities(record: Record, index: int) -> Record:
    """Some records with a null array, a missing key or an unknown date, as in real responses."""
    match index % 41:
        case 17:
            record["addresses"] = None
        case 23:
            record["contacts"] = None
        case 29:
            del record["addresses"], record["contacts"]
        case 31:
            record["sourceModifiedDate"] = "0001-01-01T00:00:00"
        case 37:
            record["supplementalData"] = {
                "content": {"customer": {"paymentTerms": 30, "salesRep": "R. Birkett"}}
            }
    return record
