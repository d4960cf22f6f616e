"""Applying instructions to the form of one customer, as a person would type them. Knows no HTTP.

Instructions of a batch are for many customers: what one of them does not have stays as it is. Those of a row alone, as
an import has them, were made for this customer: what they cannot reach is said (`apply_own`), never skipped.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from customers.batches.instructions import Action, Instruction
from customers.formatting import path_label, singular
from customers.forms import Form
from customers.forms.bound import Field, Group, Leaf, ListField, ListItem
from customers.forms.model import Node, NodeType
from customers.forms.paths import encode_name
from customers.forms.values import is_same_value, parse_input

# Of these, different texts can be one value: 5 and 5.00, a day and its midnight.
_COMPARED_BY_VALUE = (NodeType.NUMBER, NodeType.DATETIME)
_WITHOUT_INPUT = (NodeType.FILE, NodeType.MULTIPART)
# What becomes of a list of rows, and not of a field.
_OF_LISTS = (Action.ADD, Action.REMOVE)

# In a condition, in place of the name of a field: the number, from 1, of the row among those that meet the others. It
# distinguishes rows with the same values.
ORDINAL = "#"

# Values of a row of a list, or conditions for it: each with its names from there on.
_Values = Sequence[tuple[Sequence[str], str]]


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why an instruction of a row cannot be followed, as a sentence.

    `is_conflict`: the customer was changed since it was made. Else the form has no such field.
    """

    text: str
    is_conflict: bool = False


def apply(form: Form, instructions: Iterable[Instruction]) -> None:
    """Type the instructions of a batch into a form, one after the other."""
    for instruction in instructions:
        _follow(instruction, _targets(form.root, instruction))


def apply_own(form: Form, instructions: Iterable[Instruction]) -> list[Obstacle]:
    """Type the instructions of one row into its customer's form; why some of them cannot be followed.

    Their conditions are about the record as it is now, whatever the instructions before change in it. One that fits no
    row of the record is for a row that one of these instructions adds.
    """
    found = [(each, _targets(form.root, each)) for each in instructions]
    obstacles = []
    for instruction, targets in found:
        reached = targets or _targets(form.root, instruction)
        obstacle = _obstacle(form, instruction, reached)
        if obstacle is None:
            _follow(instruction, reached)
        else:
            obstacles.append(obstacle)
    return list(dict.fromkeys(obstacles))


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


# -- what an instruction is for ---------------------------------------------------------------------

_Target = Leaf | ListField | ListItem


def _targets(root: Group, instruction: Instruction) -> list[_Target]:
    """What an instruction changes: inputs, the lists to which it adds a row, or the rows that it removes."""
    is_list = instruction.action in _OF_LISTS
    found = _fields(root, instruction.key.split("."), instruction.where, is_list=is_list)
    if not is_list:
        return [field for field in found if isinstance(field, Leaf)]
    lists = [field for field in found if isinstance(field, ListField)]
    if instruction.action is Action.ADD:
        return [*lists]
    return [item for rows in lists for item in matching(rows, instruction.where)]


def _fields(
    bound: Field, names: Sequence[str], where: Mapping[str, str], *, is_list: bool
) -> Iterator[Field]:
    """The fields of a path, in each row that meets the conditions. `is_list`: the path's own list, not its rows."""
    if isinstance(bound, ListField) and (names or not is_list):
        for item in matching(bound, where):
            yield from _fields(item.field, names, where, is_list=is_list)
    elif isinstance(bound, Group) and names:
        for child in bound.children:
            if encode_name(child.node.name) == names[0]:
                yield from _fields(child, names[1:], where, is_list=is_list)
    elif not names:
        yield bound


def matching(rows: ListField, where: Mapping[str, str]) -> list[ListItem]:
    """The rows of a list that meet the conditions about it. Conditions about other lists say nothing of them."""
    path = [encode_name(name) for name in rows.node.path if name]
    keys = ((key.split("."), text) for key, text in where.items())
    about = [(names[len(path) :], text) for names, text in keys if names[: len(path)] == path]
    wanted = [(names, text) for names, text in about if ORDINAL not in names]
    found = [
        item
        for item in rows.remaining_items
        if not item.is_hidden and (not wanted or _has(item.field, wanted))
    ]
    ordinal = next((text for names, text in about if names == [ORDINAL]), "")
    return found[int(ordinal) - 1 : int(ordinal)] if ordinal.isdecimal() else found


def _has(bound: Field, values: _Values) -> bool:
    """Whether a field has these values. Of a list in it, one row has to have all that are about it."""
    if isinstance(bound, ListField):
        return any(_has(item.field, values) for item in bound.remaining_items)
    if isinstance(bound, Leaf):
        return all(not names and _means(bound, text) for names, text in values)
    if not isinstance(bound, Group):
        return False
    children = {encode_name(child.node.name): child for child in bound.children}
    by_child: dict[str, list[tuple[Sequence[str], str]]] = {}
    for names, text in values:
        by_child.setdefault(names[0] if names else "", []).append((names[1:], text))
    return all(name in children and _has(children[name], of) for name, of in by_child.items())


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


# -- doing it ---------------------------------------------------------------------------------------


def _follow(instruction: Instruction, targets: Iterable[_Target]) -> None:
    for target in targets:
        if isinstance(target, Leaf):
            _change(target, instruction)
        elif isinstance(target, ListField):
            _add_row(target, instruction)
        else:
            target.is_removed = True


def _change(leaf: Leaf, instruction: Instruction) -> None:
    if instruction.action is Action.REPLACE and not _means(leaf, instruction.find):
        return
    text = "" if instruction.action is Action.CLEAR else instruction.text
    leaf.read(text, "", keeps_invisible=False)


def _add_row(rows: ListField, instruction: Instruction) -> None:
    """Add a row, unless the list has one with these values already."""
    values = [(names, text) for names, text in _row_values(instruction) if text.strip()]
    if any(_has(item.field, values) for item in rows.remaining_items):
        return
    item = rows.new_item(rows.next_key())
    if item is None:
        return
    for names, text in values:
        for leaf in _new_leaves(item.field, names):
            leaf.read(text, "", keeps_invisible=False)
    rows.items.append(item)


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


# -- what a row says --------------------------------------------------------------------------------


def _obstacle(form: Form, instruction: Instruction, targets: Sequence[_Target]) -> Obstacle | None:
    """Why an instruction of a row cannot be followed; None where it can."""
    changed = {instruction.key, *instruction.values}
    conditions = (key for key in instruction.where if not key.endswith(f".{ORDINAL}"))
    for key in (instruction.key, *conditions, *instruction.values):
        node = _node(form.compiled.root, key)
        if node is None:
            return Obstacle(f"The form does not have the field {_label(key)} any more.")
        if key in changed and (node.read_only or node.type in _WITHOUT_INPUT):
            return Obstacle(f"{_label(key)} cannot be changed here.")
    # A row that is not there has been removed already.
    if targets or instruction.action is Action.REMOVE:
        return None
    for list_key in _list_keys(form.compiled.root, instruction):
        rows = Instruction(Action.REMOVE, list_key, where=_about(instruction, list_key))
        if not _targets(form.root, rows):
            noun = singular(path_label([unquote(list_key.split(".")[-1])])).lower()
            text = f"The {noun} that this row changes is not there any more."
            return Obstacle(text, is_conflict=True)
    return Obstacle(f"{_label(instruction.key)} cannot be changed here.")


def _about(instruction: Instruction, list_key: str) -> dict[str, str]:
    """The conditions about the rows of a list themselves, without those about a list in them."""
    deeper = [f"{key}." for key in _prefixes(instruction.key) if key.startswith(f"{list_key}.")]
    return {
        key: text
        for key, text in instruction.where.items()
        if not any(key.startswith(inner) for inner in deeper)
    }


def _list_keys(root: Node, instruction: Instruction) -> list[str]:
    """The keys of the lists that lead to what an instruction changes, the outermost first."""
    keys = [
        key
        for key in _prefixes(instruction.key)
        if (node := _node(root, key)) and node.type is NodeType.ARRAY
    ]
    # A row is added to the last one, whatever rows that has.
    return keys[:-1] if instruction.action is Action.ADD else keys


def _prefixes(key: str) -> list[str]:
    names = key.split(".")
    return [".".join(names[:end]) for end in range(1, len(names) + 1)]


def _node(root: Node, key: str) -> Node | None:
    """The node of a key, without positions; None where the model has none."""
    node: Node | None = root
    for name in key.split("."):
        while node is not None and node.type is NodeType.ARRAY:
            node = node.element
        children = node.children if node else ()
        node = next((child for child in children if encode_name(child.name) == name), None)
    return node


def _label(key: str) -> str:
    """A key for people: `Addresses, Country`."""
    return path_label([unquote(name) for name in key.split(".")])
