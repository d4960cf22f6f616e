"""Which customer a row of a sheet means: by its ID, or by the value of the field that a person chose.

Customers come page by page and are not kept: only their names and email addresses are, in a spelling in which two
spellings of one name are equal, so that a row that matches none is a new customer only where none looks like it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from rapidfuzz import fuzz, process

from customers.codat.text import folded_name, is_blank
from customers.spreadsheets.columns import Path, cell_text, value_at
from customers.spreadsheets.importing.fields import ID
from customers.spreadsheets.importing.sheets.cells import Cells, folded
from customers.spreadsheets.importing.sheets.values import Column

# Of 100: how alike two names are that are probably one. Names are compared that begin with the same letters.
_ALIKE, _BEGINNING = 90, 3
# Customers that a question names.
MAX_ALIKE = 5
_WORDS = re.compile(r"[^\W_]+")
# Forms of one word in names of firms.
_FORMS = {
    "limited": "ltd",
    "incorporated": "inc",
    "corporation": "corp",
    "company": "co",
    "and": "",
    "the": "",
}


@dataclass(frozen=True, slots=True)
class Found:
    """A customer of the company, by ID and name."""

    customer_id: str
    name: str


class Key:
    """The field that names a customer, in rows and in records."""

    def __init__(self, column: Column | None) -> None:
        self._column = column
        self.is_id = column is not None and column.field.is_id
        self._path: Path = column.field.path if column else ()

    def of_row(self, cells: Cells) -> str:
        """The key of a row, "" where it has none."""
        return self._spelling(cells.text(self._column.index)) if self._column else ""

    def of_record(self, record: Mapping[str, Any]) -> str:
        """The key of a record, "" where it has none."""
        return self._spelling(cell_text(value_at(record, self._path))) if self._column else ""

    def _spelling(self, text: str) -> str:
        if is_blank(text):
            return ""
        return text.strip() if self.is_id else folded(text)


class Directory:
    """The names and email addresses of a company's customers."""

    def __init__(self) -> None:
        self._names: dict[str, list[Found]] = {}
        self._emails: dict[str, list[Found]] = {}
        self._beginnings: dict[str, list[str]] = {}

    def add(self, record: Mapping[str, Any], found: Found) -> None:
        """Take a customer."""
        name, email = loose_name(found.name), record.get("emailAddress")
        if name:
            same = self._names.setdefault(name, [])
            if not same:
                self._beginnings.setdefault(name[:_BEGINNING], []).append(name)
            same.append(found)
        if isinstance(email, str) and email.strip():
            self._emails.setdefault(folded(email), []).append(found)

    def alike(self, name: str, email: str) -> list[Found]:
        """The customers that a new one of this name or email address may be, the most alike first."""
        loose = loose_name(name)
        found = list(self._names.get(loose, ()))
        found += self._emails.get(folded(email), ()) if email.strip() else ()
        if not found and loose:
            names = self._beginnings.get(loose[:_BEGINNING], ())
            similar = process.extract(
                loose, names, scorer=fuzz.ratio, score_cutoff=_ALIKE, limit=MAX_ALIKE
            )
            found = [one for known, _, _ in similar for one in self._names[known]]
        return list(dict.fromkeys(found))[:MAX_ALIKE]

    def same_name(self, name: str) -> list[Found]:
        """The customers that have a name, as a save compares names."""
        wanted = folded_name(name)
        known = self._names.get(loose_name(name), ()) if wanted else ()
        return [one for one in known if folded_name(one.name) == wanted]


def found_in(record: Mapping[str, Any]) -> Found | None:
    """The customer that a record is; None where it has no ID that could be written to."""
    customer_id, name = record.get(ID), record.get("customerName")
    if not isinstance(customer_id, str) or not customer_id:
        return None
    return Found(customer_id, name if isinstance(name, str) else "")


def is_deleted(record: Mapping[str, Any]) -> bool:
    """Whether the customer was deleted in the accounting software."""
    metadata = record.get("metadata")
    return isinstance(metadata, dict) and metadata.get("isDeleted") is True


def loose_name(name: str) -> str:
    """A name without case, accents, punctuation, blanks and forms of words; "" where nothing is left.

    `Brown & Sons Ltd.` and `Brown and Sons Limited` are the same.
    """
    text = name.casefold() if name.isascii() else folded_name(name)
    words: Iterable[str] = _WORDS.findall(text)
    return "".join(_FORMS.get(word, word) for word in words)
