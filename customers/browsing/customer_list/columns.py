"""The columns of the list of customers: which there are, which the reader sees, and the texts of their cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from django.contrib.auth.models import User
from django.http import HttpRequest

from customers.codat.text import visible_text
from customers.formatting import text_or_dash
from customers.web.reader import reader_of, store

# The choices of columns that have a word in the address instead of names.
DEFAULT, ALL = "default", "all"
_MAX_SHOWN = 40


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `name` is its word in the address; `field` is of Codat's record.

    `part` is a field of the main address where `field` is `addresses`, else "". `is_date` where the value is a date.
    `order` is the field that Codat orders by, "" where it cannot.
    """

    name: str
    label: str
    field: str
    part: str = ""
    is_date: bool = False

    @property
    def order(self) -> str:
        """The field that Codat orders by, "" where it cannot: a list has no order."""
        return "" if self.part else self.field

    def text(self, record: Mapping[str, Any]) -> str:
        """The value of a record as text, "" where it has none."""
        source = main_address(record) if self.part else record
        value = source.get(self.part or self.field)
        return shown_text(value)


COLUMNS = (
    Column("name", "Name", "customerName"),
    Column("email", "Email", "emailAddress"),
    Column("phone", "Phone", "phone"),
    Column("contact", "Contact", "contactName"),
    Column("line1", "Address line 1", "addresses", "line1"),
    Column("line2", "Address line 2", "addresses", "line2"),
    Column("postcode", "Postal code", "addresses", "postalCode"),
    Column("city", "City", "addresses", "city"),
    Column("region", "Region", "addresses", "region"),
    Column("country", "Country", "addresses", "country"),
    Column("currency", "Currency", "defaultCurrency"),
    Column("tax", "Tax number", "taxNumber"),
    Column("registration", "Registration number", "registrationNumber"),
    Column("status", "Status", "status"),
    Column("id", "ID", "id"),
    Column("modified", "Changed in Codat", "modifiedDate", is_date=True),
    Column("changed", "Changed", "sourceModifiedDate", is_date=True),
)
BY_NAME = {column.name: column for column in COLUMNS}
NAME = COLUMNS[0]
DEFAULT_NAMES = ("name", "email", "phone", "city", "country", "currency", "changed")
DEFAULT_COLUMNS = tuple(BY_NAME[name] for name in DEFAULT_NAMES)


class ManyParams(Protocol):
    """The part of a `QueryDict` that is read here."""

    def getlist(self, key: str) -> list[str]: ...


@dataclass(frozen=True, slots=True)
class Choice:
    """The columns of a page. `word` stands for them in the address, "" where they are the reader's own.

    `notices` are sentences about names that were ignored.
    """

    columns: tuple[Column, ...]
    word: str = ""
    notices: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns."""
        return tuple(column.name for column in self.columns)

    @property
    def label(self) -> str:
        """Default, All, or how many of them: "5 of 17"."""
        if self.names == DEFAULT_NAMES:
            return "Default"
        return (
            "All" if len(self.columns) == len(COLUMNS) else f"{len(self.columns)} of {len(COLUMNS)}"
        )


def reader_columns(request: HttpRequest) -> tuple[str, ...]:
    """The names of the columns that the reader has chosen for every list; the default where none were chosen."""
    return ordered(reader_of(request).list_columns) or DEFAULT_NAMES


def keep_columns(user: User, names: tuple[str, ...]) -> None:
    """Store the columns of every list of a person; those of the default are not stored."""
    store(user, list_columns="" if names == DEFAULT_NAMES else list(names))


def ordered(names: Sequence[str]) -> tuple[str, ...]:
    """The known ones among the names in the order of the table, with the name itself; () where none is known."""
    known = {name for name in names if name in BY_NAME}
    if not known:
        return ()
    return tuple(column.name for column in COLUMNS if column is NAME or column.name in known)


def word_for(names: Sequence[str], own: Sequence[str]) -> str:
    """What stands for these columns in the address of a reader with `own` columns; "" where they are the same."""
    if tuple(names) == tuple(own):
        return ""
    if tuple(names) == DEFAULT_NAMES:
        return DEFAULT
    return ALL if len(names) == len(COLUMNS) else ",".join(names)


def choose(params: ManyParams, own: tuple[str, ...]) -> Choice:
    """The columns that an address names (`?columns=`, once with commas or several times), else the reader's own."""
    words = [word.strip() for value in params.getlist("columns") for word in value.split(",")]
    words = [word for word in words if word]
    if words == [DEFAULT]:
        names: tuple[str, ...] = DEFAULT_NAMES
    elif words == [ALL]:
        names = tuple(BY_NAME)
    else:
        names = ordered(words)
    notices = _notices([word for word in words if word not in (*BY_NAME, DEFAULT, ALL)])
    names = names or own
    return Choice(tuple(BY_NAME[name] for name in names), word_for(names, own), notices)


def _notices(unknown: list[str]) -> tuple[str, ...]:
    if not unknown:
        return ()
    shown = visible_text(unknown[0][:_MAX_SHOWN]) + ("…" if len(unknown[0]) > _MAX_SHOWN else "")
    more = f" and {len(unknown) - 1} more" if unknown[1:] else ""
    verb = "are not columns" if unknown[1:] else "is not a column"
    return (f"“{shown}”{more} {verb}. Ignored.",)


def main_address(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """The first billing address of a customer, else its first address; {} where it has none."""
    addresses = record.get("addresses")
    first: dict[str, Any] | None = None
    for address in addresses if isinstance(addresses, list) else ():
        if isinstance(address, dict):
            if address.get("type") == "Billing":
                return address
            first = address if first is None else first
    return first or {}


def shown_text(value: object) -> str:
    """A value as one line of text; "" where nothing can be seen."""
    if value is None:
        return ""
    text = text_or_dash(value)
    return "" if text == "–" else text
