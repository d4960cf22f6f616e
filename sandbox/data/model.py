"""Create/update models: a tree of nodes, each with notes and the rules that they describe.

The text of a note and its check are defined together, so that the sandbox refuses exactly what its models warn of.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

Check = Callable[[Any], str | None]


@dataclass(frozen=True)
class Note:
    """One sentence of a model's `validation`, and its check, if it has one."""

    text: str
    check: Check | None = None
    validator: str = "Validator"
    information: bool = False
    field: str | None = None

    def as_json(self, name: str) -> dict[str, Any]:
        """The note as Codat returns it. An empty `field` is omitted, as in some real models."""
        field = name[:1].upper() + name[1:] if self.field is None else self.field
        return {"field": field, "details": self.text} if field else {"details": self.text}


@dataclass(frozen=True)
class Node:
    """One node of a model. `properties` is None for an array of plain values and for a leaf."""

    type: str
    label: str
    description: str
    required: bool = False
    properties: dict[str, Node] | None = None
    options: tuple[tuple[str, str], ...] | None = None
    notes: tuple[Note, ...] = ()

    def as_json(self, name: str) -> dict[str, Any]:
        """The node as Codat returns it. `name` is used for the notes' `field`."""
        node: dict[str, Any] = {
            "type": self.type,
            "displayName": self.label,
            "description": self.description,
        }
        if self.options is not None:
            node["options"] = [
                {
                    "value": value,
                    "type": "String",
                    "displayName": label,
                    "description": "",
                    "required": False,
                }
                for value, label in self.options
            ]
        if self.properties is not None:
            node["properties"] = {
                child: below.as_json(child) for child, below in self.properties.items()
            }
        node["required"] = self.required
        if self.notes:
            node["validation"] = {
                "warnings": [n.as_json(name) for n in self.notes if not n.information],
                "information": [n.as_json(name) for n in self.notes if n.information],
            }
        return node

    @cached_property
    def json(self) -> dict[str, Any]:
        """The whole model, for a root. It is shared: copy it before changing it."""
        return self.as_json("customer")


def text(
    label: str,
    *notes: Note,
    description: str = "",
    required: bool = False,
    options: tuple[tuple[str, str], ...] | None = None,
) -> Node:
    """A String node."""
    return Node(
        "String", label, description or f"{label} of the customer", required, None, options, notes
    )


def value(
    kind: str, label: str, *notes: Note, description: str = "", required: bool = False
) -> Node:
    """A leaf of any other type: Number, Boolean, DateTime, File, MultiPart."""
    return Node(kind, label, description or f"{label} of the customer", required, None, None, notes)


def group(label: str, properties: dict[str, Node], *, required: bool = False) -> Node:
    """An Object node."""
    return Node("Object", label, f"{label} of the customer", required, properties)


def rows(
    label: str, properties: dict[str, Node] | None, *notes: Note, required: bool = False
) -> Node:
    """An Array node; `properties` describe one element; None for plain values."""
    return Node("Array", label, f"{label} of the customer", required, properties, None, notes)


def choices(*names: str) -> tuple[tuple[str, str], ...]:
    """Options whose labels are their values."""
    return tuple((name, name) for name in names)


def warning(sentence: str, *, field: str | None = None) -> Note:
    """A warning without a check."""
    return Note(sentence, field=field)


def information(sentence: str) -> Note:
    """A note in `information`."""
    return Note(sentence, information=True)


def at_most(
    length: int, sentence: str = "Max length of {} characters.", field: str | None = None
) -> Note:
    """A text has at most so many characters."""

    def check(value: Any) -> str | None:
        if isinstance(value, str) and len(value) > length:
            return f"The length must be {length} characters or fewer. {len(value)} were given."
        return None

    return Note(sentence.format(length), check, "MaximumLengthValidator", field=field)


def between(low: int, high: int) -> Note:
    """A text has a length within two bounds; an empty one counts as missing."""

    def check(value: Any) -> str | None:
        if isinstance(value, str) and value and not low <= len(value) <= high:
            return f"Must have a length between {low} and {high} characters."
        return None

    return Note(f"Must have a length between {low} and {high} characters", check, "LengthValidator")


def exactly(length: int) -> Note:
    """A text has an exact length, where given."""

    def check(value: Any) -> str | None:
        if isinstance(value, str) and value and len(value) != length:
            return f"Must be exactly {length} characters in length."
        return None

    return Note(
        f"If provided, must be exactly {length} characters in length", check, "ExactLengthValidator"
    )


def rows_at_most(count: int, sentence: str) -> Note:
    """An array has at most so many rows."""

    def check(value: Any) -> str | None:
        if isinstance(value, list) and len(value) > count:
            return f"No more than {count} may be provided. {len(value)} were given."
        return None

    return Note(sentence, check, "CollectionSizeValidator")


def one_each(*kinds: str, sentence: str) -> Note:
    """An array of typed rows has at most one row of each of these types."""

    def check(value: Any) -> str | None:
        if not isinstance(value, list):
            return None
        given = [row.get("type") for row in value if isinstance(row, dict)]
        repeated = [kind for kind in kinds if given.count(kind) > 1]
        return f"Only one row of type {repeated[0]} may be provided." if repeated else None

    return Note(sentence, check, "UniqueTypeValidator")


def matching(pattern: str, sentence: str, message: str, validator: str) -> Note:
    """A text, where given, matches a regular expression as a whole."""
    compiled = re.compile(pattern)

    def check(value: Any) -> str | None:
        if isinstance(value, str) and value and not compiled.fullmatch(value):
            return message
        return None

    return Note(sentence, check, validator)


def email(sentence: str = "Must be a valid email.") -> Note:
    """A text looks like an email address."""
    return matching(
        r"[^@\s]+@[^@\s]+\.[^@\s]+", sentence, "Must be a valid email address.", "EmailValidator"
    )


def country_code(sentence: str = "Must be a 2-letter country code") -> Note:
    """Two capital letters."""
    return matching(r"[A-Z]{2}", sentence, "Must be a two letter country code.", "CountryValidator")


def currency_code(sentence: str = "Must be a three letter ISO code") -> Note:
    """Three capital letters."""
    return matching(
        r"[A-Z]{3}", sentence, "Must be a three letter currency code.", "CurrencyValidator"
    )


def latin(sentence: str = "Only English alphabet characters are permitted.") -> Note:
    """A text contains only ASCII characters."""
    return matching(r"[ -~]*", sentence, "Only English characters are permitted.", "AsciiValidator")


def number_between(low: float, high: float) -> Note:
    """A number lies within two bounds."""

    def check(value: Any) -> str | None:
        if isinstance(value, int | float) and not low <= value <= high:
            return f"Must be between {low:g} and {high:g}."
        return None

    return Note(f"Must be between {low:g} and {high:g}", check, "RangeValidator")
