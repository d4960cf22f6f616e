"""The fields that an export can have: of Codat's documents, of the connection's model, and of the records themselves.

A *field* is the names of properties on the way to a value, without positions: `("addresses", "city")`. A list of two
addresses has two columns of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from customers.formatting import label
from customers.forms.model import Node
from customers.spreadsheets.columns import Path, heading_of, key_of, names_of, path_of

Field = tuple[str, ...]

ID: Field = ("id",)

_ADDRESS = dict.fromkeys(("type", "line1", "line2", "city", "region", "country", "postalCode"), "")
# Each field of customers/codat/types.py, in the order of columns.
DOCUMENTED: Mapping[str, Any] = {
    "id": "",
    "customerName": "",
    "contactName": "",
    "emailAddress": "",
    "phone": "",
    "defaultCurrency": "",
    "taxNumber": "",
    "registrationNumber": "",
    "status": "",
    "addresses": [_ADDRESS],
    "contacts": [
        {
            "name": "",
            "email": "",
            "phone": [{"number": "", "type": ""}],
            "address": _ADDRESS,
            "status": "",
            "modifiedDate": "",
        }
    ],
    "metadata": {"isDeleted": ""},
    "modifiedDate": "",
    "sourceModifiedDate": "",
}
# Properties of a customer that the default columns leave out, beside all that Codat does not document.
_NOT_DEFAULT = {"contacts", "metadata", "modifiedDate", "sourceModifiedDate"}
DEFAULT_NAMES = frozenset(DOCUMENTED) - _NOT_DEFAULT

# Items of one list that have columns of their own. Values of further ones go into *More values*, see tables.py.
MAX_POSITIONS = 10

# Fields of one level that belong to no list.
_CUSTOMER = "Customer"


class Shape:
    """The fields of records in their order, and how long their lists are. It grows with what is added."""

    __slots__ = ("has_value", "item", "length", "names")

    def __init__(self) -> None:
        self.has_value = False
        self.names: dict[str, Shape] = {}
        self.item: Shape | None = None
        self.length = 0

    def add(self, value: object) -> None:
        """Add a record, or a value in one. Null adds nothing."""
        if isinstance(value, Mapping):
            for name, inner in value.items():
                self.name(str(name)).add(inner)
        elif isinstance(value, list):
            for inner in value[:MAX_POSITIONS]:
                self.items(len(value)).add(inner)
        elif value is not None:
            self.has_value = True

    def add_model(self, node: Node) -> None:
        """Add the fields of a create/update model, or of a part of it."""
        if node.element is not None:
            self.items(1).add_model(node.element)
        for child in node.children:
            self.name(child.name).add_model(child)
        if node.element is None and not node.children:
            self.has_value = True

    def name(self, name: str) -> Shape:
        """The shape of a property."""
        return self.names.setdefault(name, Shape())

    def items(self, length: int) -> Shape:
        """The shape of the items of a list, of which there are as many."""
        self.length = max(self.length, min(length, MAX_POSITIONS))
        self.item = self.item or Shape()
        return self.item

    def paths(self, positions: int = MAX_POSITIONS, start: Path = ()) -> Iterator[Path]:
        """The columns of so many items of each list: all fields of the first item, then those of the second."""
        if self.has_value:
            yield start
        for name, inner in self.names.items():
            yield from inner.paths(positions, (*start, name))
        if self.item is not None:
            for position in range(min(self.length, positions)):
                yield from self.item.paths(positions, (*start, position))

    def fields(self) -> list[Field]:
        """The fields, each once."""
        return [names_of(path) for path in self.paths(1)]


def shape_of(records: Iterable[Mapping[str, Any]], model: Node | None) -> Shape:
    """What is known of a company's customers: Codat's documents, the connection's model, and these records."""
    shape = Shape()
    shape.add(DOCUMENTED)
    if model is not None:
        shape.add_model(model)
    for record in records:
        shape.add(record)
    return shape


@dataclass(frozen=True, slots=True)
class Group:
    """Fields that a page shows together: (key, label) each."""

    label: str
    fields: tuple[tuple[str, str], ...]


def groups(fields: Iterable[Field], own: Iterable[str]) -> list[Group]:
    """The fields in groups, for a person to choose: those of a customer, of its addresses, of its contacts, ...

    `own` are the keys that the person chose before: they are offered in any case, because other companies have them.
    """
    found: dict[str, list[tuple[str, str]]] = {_CUSTOMER: []}
    chosen = (names_of(path_of(key)) for key in own)
    for field in dict.fromkeys((*fields, *chosen)):
        if field in ((), ID):
            continue
        is_part = len(field) > 1 and field[0] != "metadata"
        group = label(field[0]) if is_part else _CUSTOMER
        text = heading_of(field[1:] if is_part else field)
        found.setdefault(group, []).append((key_of(field), text))
    return [Group(name, tuple(pairs)) for name, pairs in found.items() if pairs]
