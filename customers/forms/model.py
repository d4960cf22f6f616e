"""The create/update model (Codat's "push options") as a tree of frozen nodes.

Knows no HTTP and no form. A model differs for each connection and is data from outside, so it is read leniently
(an unknown type is text, a missing display name is the property's name) and within bounds (depth, number of
nodes, number of options). A model that cannot be such a tree raises ModelError with a sentence for people.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from customers.codat.text import input_text, page_text

# A model of 1,000 nodes is usable; real models of customers have 20 to 40, of invoices about 150.
MAX_NODES = 2_500
MAX_DEPTH = 16
MAX_OPTIONS = 20_000

# Maintained by Codat or the accounting software (codat-api.md, "Customer"): never editable and never sent, at any
# depth, even where a model lists or requires them.
READ_ONLY_NAMES = frozenset({"modifiedDate", "sourceModifiedDate", "metadata"})


class ModelError(ValueError):
    """The model is not a tree of the expected shape. str(e) is a sentence for people."""


class NodeType(Enum):
    """The eight types that Codat documents; UNKNOWN is any other, and is treated as text."""

    OBJECT = "Object"
    ARRAY = "Array"
    STRING = "String"
    NUMBER = "Number"
    BOOLEAN = "Boolean"
    DATETIME = "DateTime"
    FILE = "File"
    MULTIPART = "MultiPart"
    UNKNOWN = ""


_TYPES = {node_type.value.lower(): node_type for node_type in NodeType if node_type.value}


@dataclass(frozen=True, slots=True)
class Option:
    """One allowed value. `text` is the value as a form shows and posts it."""

    value: Any
    text: str
    label: str
    description: str


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence of `validation`, in free English. `field` is a hint, not a path."""

    field: str
    details: str
    is_warning: bool


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """One node. `path` is the names from the root, without indexes; `()` is the root.

    `children` are the properties of an object in declared order. `element` describes one element of an array (an
    object, a plain value or an array), and is None for all other types.
    """

    path: tuple[str, ...]
    type: NodeType
    label: str
    description: str
    required: bool
    children: tuple[Node, ...]
    element: Node | None
    options: tuple[Option, ...]
    notes: tuple[Note, ...]

    @property
    def name(self) -> str:
        """The property's name; "" for the root and for an element of an array."""
        return self.path[-1] if self.path else ""

    @property
    def is_json(self) -> bool:
        """Whether this is an object whose properties are not known. It is entered as JSON."""
        return self.type is NodeType.OBJECT and not self.children

    @property
    def read_only(self) -> bool:
        """Whether the property must not be written. The form decides about the record's own `id`."""
        return self.name in READ_ONLY_NAMES

    def child(self, name: str) -> Node | None:
        """The property with this name, or None."""
        return next((child for child in self.children if child.name == name), None)


def parse_model(raw: object) -> Node:
    """The tree of a model as Codat sends it, a JSON object. Raises ModelError."""
    if not isinstance(raw, Mapping):
        raise ModelError("The list of fields that Codat sent is not an object.")
    root = _Parser().node(raw, (), 0)
    if root.type is not NodeType.OBJECT or not root.children:
        raise ModelError("The list that Codat sent has no fields.")
    return root


class _Parser:
    """Reads one model, and counts its nodes and options, to stop early at one that is too large."""

    def __init__(self) -> None:
        self.nodes = 0
        self.options = 0

    def node(self, raw: object, path: tuple[str, ...], depth: int) -> Node:
        name = _name_for_errors(path)
        if not isinstance(raw, Mapping):
            raise ModelError(f"In the list of fields that Codat sent, {name} is not an object.")
        if depth > MAX_DEPTH:
            raise ModelError(f"The fields that Codat sent are more than {MAX_DEPTH} levels deep.")
        self._count_node()
        properties = raw.get("properties")
        if properties is not None and not isinstance(properties, Mapping):
            raise ModelError(f"The fields that Codat sent for {name} are not an object.")
        node_type = _type(raw.get("type"), properties)
        options = self.read_options(raw.get("options"))
        children: tuple[Node, ...] = ()
        element = None
        if node_type is NodeType.OBJECT:
            children, options = self.properties(properties, path, depth), ()
        elif node_type is NodeType.ARRAY:
            element = self.element(raw, properties, options, path, depth)
            options = ()
        return Node(
            path=path,
            type=node_type,
            label=_label(raw, path),
            description=_text(raw.get("description")),
            required=raw.get("required") is True,
            children=children,
            element=element,
            options=options,
            notes=_notes(raw.get("validation")),
        )

    def _count_node(self) -> None:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise ModelError(f"Codat sent more than {MAX_NODES:,} fields.")

    def properties(
        self, properties: Mapping[Any, Any] | None, path: tuple[str, ...], depth: int
    ) -> tuple[Node, ...]:
        return tuple(
            self.node(child, (*path, str(name)), depth + 1)
            for name, child in (properties or {}).items()
        )

    def element(
        self,
        raw: Mapping[Any, Any],
        properties: Mapping[Any, Any] | None,
        options: tuple[Option, ...],
        path: tuple[str, ...],
        depth: int,
    ) -> Node:
        """One element of an array.

        `properties` describe an element that is an object; without them the elements are plain values. Codat does
        not document arrays of arrays: `items`, as in JSON Schema, is read.
        """
        element_path = (*path, "")
        items = raw.get("items")
        if isinstance(items, Mapping) and not properties:
            return self.node(items, element_path, depth + 1)
        self._count_node()
        return Node(
            path=element_path,
            type=NodeType.OBJECT if properties else NodeType.STRING,
            label=_label(raw, path),
            description="",
            required=False,
            children=self.properties(properties, path, depth) if properties else (),
            element=None,
            options=options,
            notes=(),
        )

    def read_options(self, raw: object) -> tuple[Option, ...]:
        if not isinstance(raw, list):
            return ()
        options: dict[str, Option] = {}
        for item in raw:
            entry = item if isinstance(item, Mapping) else {"value": item}
            value = entry.get("value")
            if value is None:
                # Observed in real models: the value that is sent is also the label.
                value = _text(entry.get("displayName"))
            text = input_text(value)
            # Every form has a blank option already.
            if not text or isinstance(value, (dict, list)) or text in options:
                continue
            self.options += 1
            if self.options > MAX_OPTIONS:
                raise ModelError(f"Codat sent more than {MAX_OPTIONS:,} options.")
            label = _text(entry.get("displayName")) or text
            options[text] = Option(value, text, label, _text(entry.get("description")))
        return tuple(options.values())


def _name_for_errors(path: tuple[str, ...]) -> str:
    return page_text(".".join(path))[:200] or "the root"


def _label(raw: Mapping[Any, Any], path: tuple[str, ...]) -> str:
    return _text(raw.get("displayName")) or (page_text(path[-1]) if path else "")


def _type(raw: object, properties: object) -> NodeType:
    node_type = _TYPES.get(raw.lower()) if isinstance(raw, str) else None
    if node_type is None:
        return NodeType.OBJECT if properties else NodeType.UNKNOWN
    return node_type


def _text(raw: object) -> str:
    return page_text(raw.strip()) if isinstance(raw, str) else ""


def _notes(raw: object) -> tuple[Note, ...]:
    if not isinstance(raw, Mapping):
        return ()
    notes = []
    for key in ("warnings", "information"):
        entries = raw.get(key)
        for entry in entries if isinstance(entries, list) else ():
            details = _text(entry.get("details")) if isinstance(entry, Mapping) else ""
            if details:
                notes.append(Note(_text(entry.get("field")), details, key == "warnings"))
    return tuple(notes)
