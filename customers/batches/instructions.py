"""What shall be different in every customer of a batch, in terms of the connection's model. Knows no HTTP.

An instruction names a field by its names from the root, without positions: `addresses.country` is the country of each
address. It is applied to the form of one customer, as a person would type it, so the form's own rules decide what is
sent and what is wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from customers.formatting import singular
from customers.forms import Form
from customers.forms.bound import Field, Group, Leaf, ListField, ListItem
from customers.forms.display import CompiledModel
from customers.forms.model import Node, NodeType
from customers.forms.paths import encode_name
from customers.forms.values import is_same_value, parse_input

# Instructions of one batch: more than any model has fields that somebody changes at once.
MAX_INSTRUCTIONS = 50
# Of these, different texts can be one value: 5 and 5.00, a day and its midnight.
_COMPARED_BY_VALUE = (NodeType.NUMBER, NodeType.DATETIME)


class Action(StrEnum):
    """What is done to a field, or to a list of rows."""

    SET = "set"
    CLEAR = "clear"
    REPLACE = "replace"
    ADD = "add"


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
    """One thing that shall be different. `key` is that of a `BulkField`, of a `BulkList` for ADD.

    `text` is the new value as it is typed or posted. REPLACE changes only what is `find` now. Of rows, only those
    change whose field `where_key` is `where_text`, all if it is "". `values` are those of an added row, by key.
    """

    action: Action
    key: str
    text: str = ""
    find: str = ""
    where_key: str = ""
    where_text: str = ""
    values: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """As a batch stores it."""
        return {
            "action": str(self.action),
            "key": self.key,
            "text": self.text,
            "find": self.find,
            "where_key": self.where_key,
            "where_text": self.where_text,
            "values": dict(self.values),
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Instruction:
        """From a batch. Raises KeyError, ValueError for anything that `to_json` did not make."""
        return cls(**(dict(stored) | {"action": Action(stored["action"])}))


# Takes every row.
_UNCONDITIONAL = Instruction(Action.SET, "")


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


# -- applying ---------------------------------------------------------------------------------------


def apply(form: Form, instructions: Iterable[Instruction]) -> None:
    """Type the instructions into the form of one customer. A field that the customer does not have stays away."""
    for instruction in instructions:
        if instruction.action is Action.ADD:
            _add_row(form.root, instruction)
            continue
        for leaf in _leaves(form.root, instruction.key.split("."), instruction):
            _change(leaf, instruction)


def _change(leaf: Leaf, instruction: Instruction) -> None:
    if instruction.action is Action.REPLACE and not _means(leaf, instruction.find):
        return
    text = "" if instruction.action is Action.CLEAR else instruction.text
    leaf.read(text, "", keeps_invisible=False)


def _leaves(bound: Field, names: Sequence[str], instruction: Instruction) -> Iterator[Leaf]:
    """The inputs of a field, in each row that the instruction is for."""
    if isinstance(bound, ListField):
        for item in bound.remaining_items:
            if not item.is_hidden and _matches(item, bound, instruction):
                yield from _leaves(item.field, names, instruction)
    elif isinstance(bound, Group) and names:
        for child in bound.children:
            if encode_name(child.node.name) == names[0]:
                yield from _leaves(child, names[1:], instruction)
    elif isinstance(bound, Leaf) and not names:
        yield bound


def _matches(item: ListItem, rows: ListField, instruction: Instruction) -> bool:
    """Whether an instruction is for a row: its condition is about a field of the same list."""
    names = instruction.where_key.split(".") if instruction.where_key else []
    path = [encode_name(name) for name in rows.node.path if name]
    if not names or names[: len(path)] != path:
        return True
    leaves = _leaves(item.field, names[len(path) :], _UNCONDITIONAL)
    return any(_means(leaf, instruction.where_text) for leaf in leaves)


def _means(leaf: Leaf, text: str) -> bool:
    """Whether a field has this value now: the same text but for blanks and capitals, or an equal value."""
    texts = {leaf.text.strip().casefold()}
    texts.update(o.label.strip().casefold() for o in leaf.node.options if o.text == leaf.text)
    if text.strip().casefold() in texts:
        return True
    if leaf.node.type not in _COMPARED_BY_VALUE or not (text.strip() and leaf.text.strip()):
        return False
    (wanted, wrong), (value, other_wrong) = (
        parse_input(leaf.node, each) for each in (text, leaf.text)
    )
    return not (wrong or other_wrong) and is_same_value(leaf.node, wanted, value)


def _add_row(root: Group, instruction: Instruction) -> None:
    """Add a row, unless the list has one with these values already."""
    rows = next((c for c in root.children if encode_name(c.node.name) == instruction.key), None)
    if not isinstance(rows, ListField) or any(_has(i, instruction) for i in rows.remaining_items):
        return
    item = rows.new_item(rows.next_key())
    if item is None:
        return
    for names, text in _row_values(instruction):
        for leaf in _new_leaves(item.field, names):
            leaf.read(text, "", keeps_invisible=False)
    rows.items.append(item)


def _has(item: ListItem, instruction: Instruction) -> bool:
    """Whether a row has each of the values that would be added."""
    return all(
        any(_means(leaf, text) for leaf in _leaves(item.field, names, _UNCONDITIONAL))
        for names, text in _row_values(instruction)
    )


def _new_leaves(bound: Field, names: Sequence[str]) -> Iterator[Leaf]:
    """The inputs of a field of a new row. A list in it, such as the phone numbers of a contact, gets its first row."""
    if isinstance(bound, ListField):
        if not bound.items and (item := bound.new_item(bound.next_key())):
            bound.items.append(item)
        for item in bound.items[:1]:
            yield from _new_leaves(item.field, names)
    elif isinstance(bound, Group) and names:
        for child in bound.children:
            if encode_name(child.node.name) == names[0]:
                yield from _new_leaves(child, names[1:])
    elif isinstance(bound, Leaf) and not names:
        yield bound


def _row_values(instruction: Instruction) -> Iterator[tuple[list[str], str]]:
    """The values of an added row, each with its names from the row on."""
    for key, text in instruction.values.items():
        yield key.split(".")[len(instruction.key.split(".")) :], text


def missing_lists(form: Form, instructions: Iterable[Instruction]) -> list[str]:
    """The labels of the lists in which instructions change rows, and of which a customer has none.

    Some integrations do not show them: Zoho Books has addresses and contacts that Codat's copy has not.
    """
    keys = {each.key.split(".")[0] for each in instructions if each.action is not Action.ADD}
    return [
        child.node.label
        for child in form.root.children
        if isinstance(child, ListField)
        and encode_name(child.node.name) in keys
        and not child.remaining_items
    ]


# -- words ------------------------------------------------------------------------------------------


def errors(instruction: Instruction, fields: Mapping[str, BulkField]) -> dict[str, str]:
    """What is wrong with an instruction by itself: a sentence by its part. The rows' own checks find the rest.

    A part is `key`, `find`, `text`, `where_text`, or the key of a value of an added row.
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
    if not instruction.where_key:
        return ""
    where = fields.get(instruction.where_key)
    if where is None or where.list_key != fields[instruction.key].list_key:
        return "Choose a field of the same row."
    return "" if instruction.where_text.strip() else "Enter the value that these rows have."


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
            return f"Add {subject}"


def _where(instruction: Instruction, fields: Mapping[str, BulkField]) -> str:
    known = fields.get(instruction.where_key)
    if known is None:
        return ""
    return f" where {known.label} is {known.text_of(instruction.where_text)}"


def _subject(
    instruction: Instruction, fields: Mapping[str, BulkField], nouns: Mapping[str, str]
) -> str:
    if instruction.action is Action.ADD:
        noun = nouns.get(instruction.key, "row")
        return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"
    known = fields.get(instruction.key)
    if known is None:
        return instruction.key
    return f"{known.label} ({known.group})" if known.group else known.label
