"""The create/update model (Codat's "push option") as a tree of frozen nodes.

Knows no HTTP and no form. A model comes from strangers and differs per connection, so it is read
leniently (an unknown type is a text, a missing display name is the property's name) and within
bounds (depth, number of nodes, number of options). What cannot be a tree of the promised shape
raises ModelError with a sentence for people.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from customers.codat.text import input_text, page_text

# A model of 1,000 nodes is usable; real customer models have 20 to 40, invoices about 150.
MAX_NODES = 2_500
MAX_DEPTH = 16
MAX_OPTIONS = 20_000

# What Codat or the accounting software maintains (codat-api.md, "Customer"): never editable and
# never sent, wherever they stand, even where a model lists or requires them.
READ_ONLY_ANYWHERE = frozenset({"modifiedDate", "sourceModifiedDate", "metadata"})


class ModelError(Exception):
    """The model is not a tree of the promised shape. str(e) is a sentence for people."""


class Kind(Enum):
    """The eight types Codat documents; UNKNOWN is any other, and is treated as text."""

    OBJECT = "Object"
    ARRAY = "Array"
    STRING = "String"
    NUMBER = "Number"
    BOOLEAN = "Boolean"
    DATETIME = "DateTime"
    FILE = "File"
    MULTIPART = "MultiPart"
    UNKNOWN = ""


_KINDS = {kind.value.lower(): kind for kind in Kind if kind.value}


@dataclass(frozen=True, slots=True)
class Option:
    """One allowed value. `text` is the value as a form shows and posts it."""

    value: Any
    text: str
    label: str
    description: str


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence of `validation`: free English, `field` a hint and not a path."""

    field: str
    details: str
    warning: bool


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """One node. `path` is the names from the root, without indexes; `()` is the root.

    `children` are the properties of an object in declared order. `element` is what one element of
    an array looks like (an object, a plain value or an array); None for everything else.
    """

    path: tuple[str, ...]
    kind: Kind
    label: str
    description: str
    required: bool
    children: tuple[Node, ...]
    element: Node | None
    options: tuple[Option, ...]
    notes: tuple[Note, ...]

    @property
    def name(self) -> str:
        """The property's name; "" for the root and for an array's element."""
        return self.path[-1] if self.path else ""

    @property
    def read_only(self) -> bool:
        """True for what must not be written. The record's own `id` is the form's decision."""
        return self.name in READ_ONLY_ANYWHERE

    def child(self, name: str) -> Node | None:
        """The property of that name, or None."""
        for child in self.children:
            if child.name == name:
                return child
        return None


def parse(raw: object) -> Node:
    """Read a model as Codat answers it: a JSON object. Raises ModelError."""
    if not isinstance(raw, Mapping):
        raise ModelError("The form model from Codat is not an object, so no form can be made.")
    root = _Parser().node(raw, (), 0)
    if root.kind is not Kind.OBJECT or not root.children:
        raise ModelError("The form model from Codat lists no fields, so no form can be made.")
    return root


class _Parser:
    """Counts what has been read, so that a hostile model ends early."""

    def __init__(self) -> None:
        self.nodes = 0
        self.options = 0

    def node(self, raw: object, path: tuple[str, ...], depth: int) -> Node:
        where = ".".join(path) or "the model"
        if not isinstance(raw, Mapping):
            raise ModelError(f"The form model from Codat is broken at {where[:200]}.")
        if depth > MAX_DEPTH:
            raise ModelError(f"The form model from Codat is more than {MAX_DEPTH} levels deep.")
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise ModelError(f"The form model from Codat has more than {MAX_NODES} fields.")

        properties = raw.get("properties")
        if properties is not None and not isinstance(properties, Mapping):
            raise ModelError(f"The fields of {where[:200]} in the form model are not an object.")
        kind = _kind(raw.get("type"), properties)
        options = self.read_options(raw.get("options"))
        children: tuple[Node, ...] = ()
        element = None
        if kind is Kind.OBJECT:
            children = self.properties(properties, path, depth)
        elif kind is Kind.ARRAY:
            element = self.element(raw, properties, options, path, depth)
            options = ()
        return Node(
            path=path,
            kind=kind,
            label=_text(raw.get("displayName")) or (page_text(path[-1]) if path else ""),
            description=_text(raw.get("description")),
            required=raw.get("required") is True,
            children=children,
            element=element,
            options=options,
            notes=_notes(raw.get("validation")),
        )

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
        """What one row looks like.

        `properties` describe one element; without them the elements are plain values. How Codat
        writes an array of arrays is not documented: `items`, as in JSON Schema, is understood.
        """
        inner = (*path, "")
        items = raw.get("items")
        if isinstance(items, Mapping) and not properties:
            return self.node(items, inner, depth + 1)
        self.nodes += 1
        return Node(
            path=inner,
            kind=Kind.OBJECT if properties else Kind.STRING,
            label=_text(raw.get("displayName")) or (page_text(path[-1]) if path else ""),
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
        found: dict[str, Option] = {}
        for item in raw:
            entry = item if isinstance(item, Mapping) else {"value": item}
            value = entry.get("value")
            text = input_text(value)
            # An empty choice is the blank one, which every list has already.
            if not text or isinstance(value, (dict, list)) or text in found:
                continue
            self.options += 1
            if self.options > MAX_OPTIONS:
                raise ModelError(
                    f"The form model from Codat has more than {MAX_OPTIONS} options to choose from."
                )
            label = _text(entry.get("displayName")) or text
            found[text] = Option(value, text, label, _text(entry.get("description")))
        return tuple(found.values())


def _kind(raw: object, properties: object) -> Kind:
    known = _KINDS.get(raw.lower()) if isinstance(raw, str) else None
    if known is None:
        return Kind.OBJECT if properties else Kind.UNKNOWN
    return known


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
