"""Instructions on the form of a customer change what they say and nothing else, for every model that is known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import deepcopy
from decimal import Decimal
from typing import Any

import pytest

from customers.batches.applying import apply
from customers.batches.instructions import (
    Action,
    BulkField,
    Instruction,
    bulk_fields,
    bulk_lists,
    errors,
    title,
)
from customers.forms import Form, compile_model
from customers.forms.model import Node, NodeType
from sandbox.data.companies import PLANS
from tests.support.pages.forms import MODELS, array, choices, load, model, needs_shared, node, obj

OBSERVED = [pytest.param(path, id=path.stem, marks=needs_shared) for path in MODELS] or [
    pytest.param(None, id="shared models", marks=needs_shared)
]
INVENTED = {
    link.integration.name: link.integration.model.json
    for plan in PLANS
    for link in plan.links
    if link.integration.model
}
FILES = (NodeType.FILE, NodeType.MULTIPART)

Record = dict[str, Any]


def value(known: Node, number: int) -> Any:
    """A value of a field in the record; another one for each number."""
    if known.options:
        return known.options[number % len(known.options)].value
    return {
        NodeType.NUMBER: Decimal(number + 1),
        NodeType.BOOLEAN: number % 2 == 0,
        NodeType.DATETIME: f"2026-01-0{number + 1}T00:00:00",
    }.get(known.type, f"{known.name or 'item'} {number}")


def filled(known: Node, number: int = 0) -> Any:
    """A record with a value in each field, and two rows in each list."""
    if known.type is NodeType.OBJECT:
        if not known.children:
            return {"id": "1"}
        children = [c for c in known.children if c.type not in FILES and not c.read_only]
        return {child.name: filled(child, number) for child in children}
    if known.type is NodeType.ARRAY:
        return [filled(known.element, n) for n in (0, 1)] if known.element else []
    return value(known, number)


def places(payload: Any, names: Sequence[str]) -> Iterator[tuple[Any, Any]]:
    """Where a field stands in what is sent: (object or list, name or index) in each row."""
    if isinstance(payload, list):
        if names:
            for item in payload:
                yield from places(item, names)
        else:
            yield from ((payload, index) for index in range(len(payload)))
    elif len(names) == 1 and not isinstance(payload.get(names[0]), list):
        yield payload, names[0]
    elif names[0] in payload:
        yield from places(payload[names[0]], names[1:])


def text_of(known: Node, number: int) -> str:
    """What a person types, or selects, for a value."""
    typed = value(known, number)
    return str(typed).lower() if isinstance(typed, bool) else str(typed)


def applied(raw: Any, record: Record, *instructions: Instruction) -> Form:
    form = Form(raw, record)
    apply(form, instructions)
    return form


def check_model(raw: Any) -> int:
    """Every field of a model: set, cleared, replaced, and replaced by a value that is nowhere. How many there are."""
    root = compile_model(raw).root
    record = filled(root)
    untouched = Form(raw, record).payload()
    fields = bulk_fields(compile_model(raw))
    for known in fields:
        names, new = known.key.split("."), value(known.node, 3)
        text = text_of(known.node, 3)
        expected = deepcopy(untouched)
        found = [*places(expected, names)]
        assert found, known.key
        for holder, name in found:
            holder[name] = new
        form = applied(raw, record, Instruction(Action.SET, known.key, text))
        assert form.payload() == expected, known.key
        check_clear(raw, record, known, untouched)
        check_replace(raw, record, known, untouched)
    return len(fields)


def check_clear(raw: Any, record: Record, known: BulkField, untouched: Record) -> None:
    """Cleared, a field has no value in any row; all others are as before."""
    names = known.key.split(".")
    payload = applied(raw, record, Instruction(Action.CLEAR, known.key)).payload()
    holders = [
        holder.get(name) for holder, name in places(payload, names) if isinstance(holder, dict)
    ]
    assert not any(holders), known.key
    if known.list_key:
        rest = [name for name in untouched if name != known.list_key.split(".")[0]]
    else:
        rest = [name for name in untouched if name != names[0]]
    assert [payload[name] for name in rest] == [untouched[name] for name in rest]


def check_replace(raw: Any, record: Record, known: BulkField, untouched: Record) -> None:
    """Only what has the value is replaced; spelt with other capitals and blanks, or by its label, it is the same."""
    names, old = known.key.split("."), value(known.node, 0)
    typed = f"  {text_of(known.node, 0).upper()} "
    labels = [option.label for option in known.node.options if option.value == old]
    for find in (typed, *labels[:1]):
        expected = deepcopy(untouched)
        for holder, name in places(expected, names):
            if holder[name] == old:
                holder[name] = value(known.node, 3)
        change = Instruction(Action.REPLACE, known.key, text_of(known.node, 3), find=find)
        assert applied(raw, record, change).payload() == expected, (known.key, find)
    change = Instruction(Action.REPLACE, known.key, text_of(known.node, 3), find="nowhere")
    assert not applied(raw, record, change).changes()


def check_rows(raw: Any) -> int:
    """A row is added to each list once, however often; the rows before it stay. How many lists there are."""
    root = compile_model(raw).root
    record = filled(root)
    untouched = Form(raw, record).payload()
    lists = bulk_lists(compile_model(raw))
    for each in lists:
        values = {one.key: text_of(one.node, 5) for one in each.fields}
        add = Instruction(Action.ADD, each.key, values=values)
        payload = applied(raw, record, add, add).payload()
        assert payload[each.key][:-1] == untouched[each.key], each.key
        new = payload[each.key][-1]
        for one in each.fields:
            within = one.key.split(".")[1:]
            sent = [holder[name] for holder, name in places(new, within)]
            assert sent == [value(one.node, 5)], one.key
        again = applied(raw, payload | {"id": "1"}, add)
        assert again.payload()[each.key] == payload[each.key]
        assert {k: v for k, v in payload.items() if k != each.key} == {
            k: v for k, v in untouched.items() if k != each.key
        }
    return len(lists)


@pytest.mark.parametrize("path", OBSERVED)
def test_observed_models(path: Any) -> None:
    assert check_model(load(path)) >= 5
    check_rows(load(path))


@pytest.mark.parametrize("name", INVENTED)
def test_models_of_the_sandbox(name: str) -> None:
    assert check_model(INVENTED[name]) >= 5
    check_rows(INVENTED[name])


ADDRESSES = obj(
    customerName=node(required=True, label="Name"),
    limit=node("Number"),
    since=node("DateTime"),
    addresses=array(
        type=node(options=choices("Billing", "Delivery")) | {"displayName": "Type"},
        country=node(label="Country"),
    ),
)
ROWS = {
    "customerName": "A",
    "addresses": [
        {"type": "Billing", "country": "UK"},
        {"type": "Delivery", "country": "UK"},
        {"type": "Unknown", "country": "UK"},
    ],
}


def countries(form: Form) -> list[str]:
    return [row["country"] for row in form.payload()["addresses"]]


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("Billing", ["GB", "UK", "UK"]),
        (" billing", ["GB", "UK", "UK"]),
        ("Unknown", ["UK", "UK", "GB"]),
        ("Other", ["UK", "UK", "UK"]),
    ],
)
def test_a_condition_selects_rows(where: str, expected: list[str]) -> None:
    change = Instruction(Action.SET, "addresses.country", "GB", where={"addresses.type": where})
    assert countries(applied(ADDRESSES, ROWS, change)) == expected


def test_a_stored_value_outside_the_options_is_left_alone_unless_it_is_changed() -> None:
    form = applied(ADDRESSES, ROWS, Instruction(Action.SET, "addresses.country", "GB"))
    assert form.payload()["addresses"][2]["type"] == "Unknown"
    assert form.is_valid()
    change = Instruction(Action.REPLACE, "addresses.type", "Delivery", find="unknown")
    types = [row["type"] for row in applied(ADDRESSES, ROWS, change).payload()["addresses"]]
    assert types == ["Billing", "Delivery", "Delivery"]


def test_nothing_changes_where_the_value_is_there_already_or_the_list_is_empty() -> None:
    same = Instruction(Action.SET, "addresses.country", "UK")
    assert not applied(ADDRESSES, ROWS, same).changes()
    none = {"customerName": "A", "addresses": []}
    change = Instruction(Action.SET, "addresses.country", "GB")
    assert not applied(ADDRESSES, none, change).changes()
    assert not applied(ADDRESSES, {"customerName": "A"}, change).changes()


@pytest.mark.parametrize(
    ("key", "stored", "find"),
    [
        ("limit", Decimal("5.00"), "5"),
        ("since", "2026-03-31T00:00:00Z", "2026-03-31"),
    ],
)
def test_equal_values_are_replaced_however_they_are_spelt(key: str, stored: Any, find: str) -> None:
    new = "7" if key == "limit" else "2026-04-01"
    record = {"customerName": "A", key: stored}
    assert applied(ADDRESSES, record, Instruction(Action.REPLACE, key, new, find=find)).changes()
    other = Instruction(Action.REPLACE, key, new, find="6" if key == "limit" else "2026-03-30")
    assert not applied(ADDRESSES, record, other).changes()


def test_instructions_are_applied_one_after_the_other() -> None:
    first = Instruction(Action.REPLACE, "customerName", "B", find="A")
    second = Instruction(Action.REPLACE, "customerName", "C", find="B")
    assert applied(ADDRESSES, ROWS, first, second).payload()["customerName"] == "C"


def test_a_row_without_a_list_of_the_model_is_not_added() -> None:
    add = Instruction(Action.ADD, "contacts", values={"contacts.name": "A"})
    assert not applied(ADDRESSES, ROWS, add).changes()


def test_what_is_stored_is_read_again() -> None:
    change = Instruction(Action.ADD, "addresses", values={"addresses.country": "GB"})
    assert Instruction.from_json(change.to_json()) == change
    with pytest.raises((KeyError, TypeError, ValueError)):
        Instruction.from_json({"action": "burn"})


@pytest.mark.parametrize(
    ("change", "part"),
    [
        (Instruction(Action.SET, "nothing", "a"), "key"),
        (Instruction(Action.SET, "customerName", " "), "text"),
        (Instruction(Action.SET, "addresses.type", "Other"), "text"),
        (Instruction(Action.SET, "limit", "many"), "text"),
        (Instruction(Action.SET, "since", "2026-02-30"), "text"),
        (Instruction(Action.REPLACE, "customerName", "a"), "find"),
        (Instruction(Action.ADD, "addresses"), "key"),
        (Instruction(Action.ADD, "addresses", values={"addresses.type": "Other"}), "addresses.type"),
        (Instruction(Action.SET, "addresses.country", "a", where={"addresses.type": ""}), "where_text"),
        (Instruction(Action.SET, "addresses.country", "a", where={"limit": "1"}), "where_text"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_at_its_part(change: Instruction, part: str) -> None:
    fields = {each.key: each for each in bulk_fields(compile_model(ADDRESSES))}
    assert set(errors(change, fields)) == {part}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ([Instruction(Action.SET, "status", "Archived")], "Set Customer Status to Archived"),
        ([Instruction(Action.CLEAR, "phone")], "Clear Phone"),
        ([Instruction(Action.ADD, "addresses", values={"addresses.city": "A"})], "Add an address"),
        (
            [
                Instruction(
                    Action.REPLACE,
                    "addresses.country",
                    "GB",
                    find="UK",
                    where={"addresses.type": "Billing"},
                )
            ],
            "Replace UK with GB in Country (Addresses) where Address Type is Billing Address",
        ),
        (
            [Instruction(Action.CLEAR, key) for key in ("phone", "taxNumber", "emailAddress", "status")],
            "Change Phone, Tax Number, Email Address and 1 more",
        ),
    ],
)  # fmt: skip
def test_the_title_says_what_is_done(changes: list[Instruction], expected: str) -> None:
    assert title(changes, compile_model(model("quickbooks-online"))) == expected
