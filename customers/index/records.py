"""Rows of the index from Codat's records."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from customers.codat.text import db_safe, is_blank, single_line
from customers.codat.values import parse_date
from customers.index import words
from customers.index.rules import table
from customers.index.rules.names import has_invisible
from customers.index.rules.table import Rule
from customers.models import IndexedCompany, IndexedCustomer

# Characters of one value, and of a name's words (PostgreSQL indexes at most 2,700 bytes).
MAX_VALUE, MAX_KEY = 300, 300
# Characters of the words that may be found with a typing error, and of the others.
MAX_ALIKE_TEXT, MAX_OTHER_TEXT = 2_500, 1_500
# Contacts and addresses of a customer that are looked at, and lines of a list that are stored.
MAX_ITEMS = 50

# What a row has of its customer: these are compared and replaced.
VALUES = (
    "name",
    "name_key",
    "contact_names",
    "emails",
    "phones",
    "registration_number",
    "tax_number",
    "city",
    "postal_code",
    "country",
    "status",
    "currency",
    "is_deleted",
    "modified_at",
    "source_modified_at",
    "searched",
    "written_phones",
    "has_address",
    "has_invisible",
    "broken_rules",
    "rules_version",
)
# The parts of an address; one that has any of them is an address.
_ADDRESS_PARTS = ("line1", "line2", "city", "region", "country", "postalCode")
# Values of a customer, beside people, emails and phones, in which invisible characters are looked for.
_CHECKED = ("customerName", "registrationNumber", "taxNumber")


def row(source: IndexedCompany, customer_id: str, record: Mapping[str, Any]) -> IndexedCustomer:
    """The row of a customer. Any key may be missing, any value null or of another type."""
    contacts = list(_objects(record.get("contacts")))
    addresses = sorted(_objects(record.get("addresses")), key=_address_rank)
    address: Mapping[str, Any] = addresses[0] if addresses else {}
    name = _text(record.get("customerName"))
    phones = [record.get("phone"), *_phones(contacts)]
    people = [record.get("contactName"), *(each.get("name") for each in contacts)]
    emails = [record.get("emailAddress"), *(each.get("email") for each in contacts)]
    metadata = record.get("metadata")
    found = IndexedCustomer(
        source=source,
        customer_id=customer_id,
        name=name,
        name_key=words.key(name)[:MAX_KEY],
        contact_names=_lines(people),
        emails=_lines(emails),
        phones=_lines(map(_phone, phones)),
        registration_number=_text(record.get("registrationNumber")),
        tax_number=_text(record.get("taxNumber")),
        city=_text(address.get("city")),
        postal_code=_text(address.get("postalCode")),
        country=_text(address.get("country")),
        status=_text(record.get("status"))[:20],
        currency=_text(record.get("defaultCurrency"))[:10],
        is_deleted=isinstance(metadata, dict) and metadata.get("isDeleted") is True,
        modified_at=parse_date(record.get("modifiedDate")),
        source_modified_at=parse_date(record.get("sourceModifiedDate")),
        pass_number=source.pass_number,
        written_phones=_lines(phones),
        has_address=any(_text(each.get(part)) for each in addresses for part in _ADDRESS_PARTS),
        has_invisible=_has_invisible([*map(record.get, _CHECKED), *people, *emails, *phones]),
    )
    found.searched = _searched(found, addresses)
    found.broken_rules, found.rules_version = table.broken_rules(found), table.VERSION
    return found


def broken_rules(customer_id: str, record: Mapping[str, Any]) -> list[Rule]:
    """The rules that a record breaks, as Codat has it now. It need not be in the index."""
    return list(table.found(row(IndexedCompany(), customer_id, record).broken_rules))


def _has_invisible(values: Iterable[object]) -> bool:
    texts = (db_safe(value, MAX_VALUE) for value in values if isinstance(value, str))
    return any(has_invisible(text) for text in texts if not is_blank(text))


def _searched(row: IndexedCustomer, addresses: Iterable[Mapping[str, Any]]) -> str:
    """The words that a customer is found by, each once, with blanks between and around them.

    Before `ALIKE_END` stand those that may be found with a typing error. Both parts begin with the words of the name,
    so that those are found however many words there are.
    """
    parts = name_words(row)
    for email in row.emails.split("\n"):
        parts += words.words(email)
    parts += [words.digits(phone) for phone in row.phones.split("\n")]
    parts += [words.compact(row.registration_number), words.compact(row.tax_number)]
    for address in addresses:
        parts += words.words(_text(address.get("city")))
        parts.append(words.compact(_text(address.get("postalCode"))))
    found = dict.fromkeys(filter(None, parts))
    alike = _joined(filter(words.may_be_alike, found), MAX_ALIKE_TEXT)
    others = _joined((word for word in found if not words.may_be_alike(word)), MAX_OTHER_TEXT)
    return f" {alike}{words.ALIKE_END}{others} "


def _joined(found: Iterable[str], length: int) -> str:
    """So many of the words, whole, as have room."""
    text = " ".join(found)
    return text if len(text) <= length else text[: length + 1].rpartition(" ")[0]


def name_words(row: IndexedCustomer) -> list[str]:
    """The words of a row's names."""
    found = words.words(row.name)
    for person in row.contact_names.split("\n"):
        found += words.words(person)
    return found


def _text(value: object) -> str:
    """A value as one bounded line; "" for what is no text or number, and for a blank one."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    text = db_safe(value, MAX_VALUE)
    return "" if is_blank(text) else single_line(text)


def _lines(values: Iterable[object]) -> str:
    """Texts, each once, as lines."""
    return "\n".join(list(dict.fromkeys(filter(None, map(_text, values))))[:MAX_ITEMS])


def _phone(value: object) -> str:
    text = _text(value)
    number = words.digits(text)
    return f"+{number}" if number and text.startswith("+") else number


def _phones(contacts: Iterable[Mapping[str, Any]]) -> Iterator[object]:
    for contact in contacts:
        for phone in _objects(contact.get("phone")):
            yield phone.get("number")


def _address_rank(address: Mapping[str, Any]) -> tuple[bool, bool]:
    """The billing address first, an empty one last."""
    is_empty = not any(_text(address.get(part)) for part in ("city", "postalCode", "country"))
    return is_empty, address.get("type") != "Billing"


def _objects(value: object) -> list[Mapping[str, Any]]:
    items = value[:MAX_ITEMS] if isinstance(value, list) else []
    return [item for item in items if isinstance(item, dict)]
