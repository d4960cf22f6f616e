"""The fields that a column of a sheet may mean: those of the connection's create/update model, and the customer's ID.

A field of a list has one entry for each position: `addresses.#1.city`, `addresses.#2.city`. `columns.py` has the keys.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from customers.formatting import singular
from customers.forms.model import Node, NodeType
from customers.forms.paths import encode_name
from customers.forms.presentation.display import CompiledModel
from customers.spreadsheets.columns import MAX_POSITION, Path, heading_of, key_of, path_of

# The key of the customer's ID: it says which customer a row means, and is never changed.
ID = "id"
ID_LABEL, _ID_GROUP = "Customer ID", "Customer"
# Positions that are offered of a list of the record, and of a list within its rows.
_OFFERED, _OFFERED_INSIDE = 3, 2
_WITHOUT_INPUT = (NodeType.FILE, NodeType.MULTIPART)


@dataclass(frozen=True, slots=True)
class ImportField:
    """A field that a column may mean.

    `key` is unique and stored in `Import.mapping`; `bulk_key` is that of `batches.instructions`, without positions.
    `label` is the field's own ("City"), `group` says where it is ("Address 1"), `name` is both for a sentence
    ("Address 1, City"). `row` is the path of the row that it is in (`("addresses", 0)`), () for none; of a list in a
    list the inner one. `node` is None for an ID that the model does not have: such an ID only finds a customer.
    """

    key: str
    path: Path
    label: str
    group: str
    node: Node | None

    @property
    def is_id(self) -> bool:
        """Whether this is the customer's ID."""
        return self.key == ID

    @property
    def bulk_key(self) -> str:
        """The key of the field for an instruction."""
        return ".".join(encode_name(part) for part in self.path if isinstance(part, str))

    @property
    def row(self) -> Path:
        """The path of the row of a list that the field is in, () for none."""
        at = max((i for i, part in enumerate(self.path) if isinstance(part, int)), default=-1)
        return self.path[: at + 1]

    @property
    def name(self) -> str:
        """The field with its group, for a sentence or a list of choices."""
        return f"{self.group}, {self.label}" if self.row else self.label

    @property
    def heading(self) -> str:
        """The heading that our own export gives the column."""
        return heading_of(self.path)

    @property
    def options(self) -> list[tuple[str, str]]:
        """The allowed values (text, label); [] where anything may be typed."""
        return [(option.text, option.label) for option in self.node.options] if self.node else []

    @property
    def required(self) -> bool:
        """Whether the model requires it, of a row of a list where that row is filled in."""
        return bool(self.node and self.node.required and not self.is_id)


def fields(compiled: CompiledModel, keys: Iterable[str] = ()) -> list[ImportField]:
    """The fields to choose from, in the model's order, the ID first.

    Of a list, some positions are offered, and of those that `keys` name as many as they need and one more.
    """
    needed = _positions(keys)
    found = [_id_field(compiled)]
    found += _fields(compiled.root, (), (), needed)
    return found


def grouped(found: Iterable[ImportField]) -> list[tuple[str, list[ImportField]]]:
    """Fields by group, for a list of choices."""
    groups: dict[str, list[ImportField]] = {}
    for one in found:
        groups.setdefault(one.group, []).append(one)
    return list(groups.items())


def field_of(compiled: CompiledModel, key: str) -> ImportField | None:
    """The field of a key, None where the model has no such field."""
    return _field_of(compiled, key)


@lru_cache(maxsize=4096)
def _field_of(compiled: CompiledModel, key: str) -> ImportField | None:
    if key == ID:
        return _id_field(compiled)
    path = path_of(key)
    node: Node | None = compiled.root
    labels: list[str] = []
    for part in path:
        if node is None or (isinstance(part, str) and (node.type is NodeType.ARRAY)):
            return None
        if isinstance(part, int):
            node = node.element if node.type is NodeType.ARRAY else None
            if labels:
                labels[-1] = f"{singular(labels[-1])} {part + 1}"
        else:
            node = node.child(part)
            if node is not None:
                labels.append(node.label)
            if node is not None and (node.read_only or node.is_json):
                return None
    if node is None or not path or not _is_leaf(node):
        return None
    return _made(path, tuple(labels), node)


def _id_field(compiled: CompiledModel) -> ImportField:
    return ImportField(ID, (ID,), ID_LABEL, _ID_GROUP, compiled.root.child(ID))


def _is_leaf(node: Node) -> bool:
    is_nested = node.type in (NodeType.OBJECT, NodeType.ARRAY)
    return not is_nested and node.type not in _WITHOUT_INPUT


def _fields(
    node: Node, path: Path, labels: tuple[str, ...], needed: dict[Path, int]
) -> Iterator[ImportField]:
    for child in node.children:
        if child.read_only or child.is_json or child.path == (ID,):
            continue
        yield from _field(child, (*path, child.name), (*labels, child.label), needed)


def _field(
    node: Node, path: Path, labels: tuple[str, ...], needed: dict[Path, int]
) -> Iterator[ImportField]:
    if node.type is NodeType.OBJECT:
        yield from _fields(node, path, labels, needed)
    elif node.type is NodeType.ARRAY:
        element = node.element
        if element is None or element.is_json:
            return
        is_inside = any(isinstance(part, int) for part in path)
        offered = max(_OFFERED_INSIDE if is_inside else _OFFERED, needed.get(path, 0))
        for index in range(min(offered, MAX_POSITION)):
            row_labels = (*labels[:-1], f"{singular(labels[-1])} {index + 1}")
            yield from _field(element, (*path, index), row_labels, needed)
    elif _is_leaf(node):
        yield _made(path, labels, node)


def _made(path: Path, labels: tuple[str, ...], node: Node) -> ImportField:
    if isinstance(path[-1], int):
        # A list of plain values: `Tag 1`.
        return ImportField(
            key_of(path), path, labels[-1], ", ".join(labels[:-1]) or labels[-1], node
        )
    return ImportField(key_of(path), path, labels[-1], ", ".join(labels[:-1]) or _ID_GROUP, node)


def _positions(keys: Iterable[str]) -> dict[Path, int]:
    """How many positions of each list some keys need, and one more."""
    needed: dict[Path, int] = {}
    for key in keys:
        path = path_of(key)
        for at, part in enumerate(path):
            if isinstance(part, int):
                needed[path[:at]] = max(needed.get(path[:at], 0), part + 2)
    return needed
