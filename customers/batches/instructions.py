"""What a batch changes in every customer, in terms of the connection's model. Knows no HTTP.

An instruction names a field by its names from the root, without positions: `addresses.country` is the country of each
address. It is applied to the form of one customer (`applying.py`), as a person would type it, so the form's own rules
decide what is sent and what is wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from customers.formatting import singular
from customers.forms.model import Node, NodeType
from customers.forms.paths import encode_name
from customers.forms.presentation.display import CompiledModel
from customers.forms.values import parse_input

# Instructions of one batch: more than any model has fields that somebody changes at once.
MAX_INSTRUCTIONS = 50


class Action(StrEnum):
    """What is done to a field, or to a list of rows. REMOVE is for imports: no page offers it."""

    SET = "set"
    CLEAR = "clear"
    REPLACE = "replace"
    ADD = "add"
    REMOVE = "remove"


@dataclass(frozen=True, slots=True)
class BulkField:
    """A field that a batch can change. `key` is its path, `list_key` that of the list of rows it is in, or ""."""

    key: str
    label: str
    group: str
    list_key: str
    node: Node

    @property
    def options(self) -> list[tuple[str, str]]:
        """The allowed values (text, label); [] where anything may be typed."""
        return [(option.text, option.label) for option in self.node.options]

    def text_of(self, value: str) -> str:
        """A typed or selected value for people: an option's label."""
        return next((label for text, label in self.options if text == value), value)


@dataclass(frozen=True, slots=True)
class BulkList:
    """A list of rows (addresses, contacts) to which a batch can add one. `fields` are those of a row."""

    key: str
    label: str
    noun: str
    fields: tuple[BulkField, ...]


@dataclass(frozen=True, slots=True)
class Instruction:
    """One thing that changes. `key` is that of a `BulkField`, of a list of rows for ADD and REMOVE.

    `text` is the new value as it is typed or posted. REPLACE changes only what is `find` now. Of rows, only those
    change that have each value of `where`, by the key of its field; all if it is empty. A condition may be about a list
    or about one in it: `contacts.name` and `contacts.phone.type`. `values` are those of an added row, by key.
    """

    action: Action
    key: str
    text: str = ""
    find: str = ""
    where: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """As a batch stores it: without what is empty, since a batch may have 50,000 rows with several each."""
        stored = {
            "action": str(self.action),
            "key": self.key,
            "text": self.text,
            "find": self.find,
            "where": dict(self.where),
            "values": dict(self.values),
        }
        return {name: value for name, value in stored.items() if value}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Instruction:
        """From a batch. Raises KeyError, TypeError, ValueError for anything that `to_json` did not make."""
        values = dict(stored) | {"action": Action(stored["action"])}
        # Decided: the single condition of batches that were made before there could be several is read as it is. They
        # may be open during an upgrade, and a migration that rewrites them would race the worker.
        key, text = values.pop("where_key", ""), values.pop("where_text", "")
        return cls(**(({"where": {key: text}} if key else {}) | values))


def bulk_fields(compiled: CompiledModel) -> list[BulkField]:
    """The fields of a model that a batch can change, in the model's order."""
    return list(_bulk_fields(compiled.root, (), (), ""))


def bulk_lists(compiled: CompiledModel) -> list[BulkList]:
    """The lists of a model to which a batch can add a row: those of the record itself, with rows of fields."""
    lists = []
    for child in compiled.root.children:
        if child.type is NodeType.ARRAY and child.element and child.element.children:
            key = encode_name(child.name)
            fields = tuple(_bulk_fields(child.element, (key,), (), key))
            noun = singular(child.label).lower()
            lists.append(BulkList(key, child.label, noun, fields))
    return [each for each in lists if each.fields]


def _bulk_fields(
    node: Node, names: tuple[str, ...], labels: tuple[str, ...], list_key: str
) -> Iterator[BulkField]:
    for child in node.children:
        path, is_own_id = (*names, encode_name(child.name)), child.path == ("id",)
        if child.read_only or is_own_id or child.is_json:
            continue
        if child.type is NodeType.OBJECT:
            yield from _bulk_fields(child, path, (*labels, child.label), list_key)
        elif child.type is NodeType.ARRAY:
            if child.element and not child.element.is_json:
                yield from _in_list(child, path, (*labels, child.label), list_key)
        elif child.type not in (NodeType.FILE, NodeType.MULTIPART):
            yield BulkField(".".join(path), child.label, ", ".join(labels), list_key, child)


def _in_list(
    node: Node, path: tuple[str, ...], labels: tuple[str, ...], list_key: str
) -> Iterator[BulkField]:
    element = node.element
    if element is None:
        return
    key = list_key or ".".join(path)
    if element.type is NodeType.OBJECT:
        yield from _bulk_fields(element, path, labels, key)
    elif element.type is not NodeType.ARRAY:
        yield BulkField(".".join(path), node.label, ", ".join(labels[:-1]), key, element)


# -- words ------------------------------------------------------------------------------------------


def errors(instruction: Instruction, fields: Mapping[str, BulkField]) -> dict[str, str]:
    """What is wrong with an instruction by itself: a sentence by its part. The rows' own checks find the rest.

    A part is `key`, `find`, `text`, `where_text` (the conditions), or the key of a value of an added row.
    """
    if instruction.action is Action.ADD:
        if not any(text.strip() for text in instruction.values.values()):
            return {"key": "Fill in at least one field of the new row."}
        wrong = {key: _text_error(fields, key, text) for key, text in instruction.values.items()}
        return {key: sentence for key, sentence in wrong.items() if sentence}
    if instruction.key not in fields:
        return {"key": "Choose a field of this form."}
    wrong = {
        "find": _find_error(instruction),
        "text": _value_error(instruction, fields),
        "where_text": _where_error(instruction, fields),
    }
    return {part: sentence for part, sentence in wrong.items() if sentence}


def _find_error(instruction: Instruction) -> str:
    is_blank = instruction.action is Action.REPLACE and not instruction.find.strip()
    return "Enter the value to replace." if is_blank else ""


def _value_error(instruction: Instruction, fields: Mapping[str, BulkField]) -> str:
    if instruction.action is Action.CLEAR:
        return ""
    if not instruction.text.strip():
        return "Enter the new value, or choose Clear."
    return _text_error(fields, instruction.key, instruction.text)


def _where_error(instruction: Instruction, fields: Mapping[str, BulkField]) -> str:
    for key, text in instruction.where.items():
        if key not in fields or fields[key].list_key != fields[instruction.key].list_key:
            return "Choose a field of the same row."
        if not text.strip():
            return "Enter the value that these rows have."
    return ""


def _text_error(fields: Mapping[str, BulkField], key: str, text: str) -> str:
    if key not in fields:
        return "Choose a field of this form."
    return parse_input(fields[key].node, text)[1] if text.strip() else ""


def title(instructions: Sequence[Instruction], compiled: CompiledModel) -> str:
    """What a batch does, as a sentence without a full stop: "Set Country to United Kingdom"."""
    fields = {each.key: each for each in bulk_fields(compiled)}
    nouns = {each.key: each.noun for each in bulk_lists(compiled)}
    if len(instructions) == 1:
        return describe(instructions[0], fields, nouns)
    labels = list(dict.fromkeys(_subject(each, fields, nouns) for each in instructions))
    shown = ", ".join(labels[:3]) + (f" and {len(labels) - 3} more" if len(labels) > 3 else "")
    return f"Change {shown}"


def describe(
    instruction: Instruction, fields: Mapping[str, BulkField], nouns: Mapping[str, str]
) -> str:
    """One instruction as a sentence without a full stop."""
    subject = _subject(instruction, fields, nouns)
    known = fields.get(instruction.key)
    text = known.text_of(instruction.text) if known else instruction.text
    where = _where(instruction, fields)
    match instruction.action:
        case Action.SET:
            return f"Set {subject} to {text}{where}"
        case Action.CLEAR:
            return f"Clear {subject}{where}"
        case Action.REPLACE:
            return f"Replace {instruction.find} with {text} in {subject}{where}"
        case Action.ADD:
            return f"Add {subject}{where}"
        case Action.REMOVE:
            return f"Remove {subject}{where}"


def _where(instruction: Instruction, fields: Mapping[str, BulkField]) -> str:
    known = [(fields[key], text) for key, text in instruction.where.items() if key in fields]
    conditions = " and ".join(f"{each.label} is {each.text_of(text)}" for each, text in known)
    return f" where {conditions}" if conditions else ""


def _subject(
    instruction: Instruction, fields: Mapping[str, BulkField], nouns: Mapping[str, str]
) -> str:
    if instruction.action in (Action.ADD, Action.REMOVE):
        noun = nouns.get(instruction.key, "row")
        return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"
    known = fields.get(instruction.key)
    if known is None:
        return instruction.key
    return f"{known.label} ({known.group})" if known.group else known.label
