"""The create/update model as a tree: what is read leniently, and what raises ModelError."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from customers.forms.model import MAX_DEPTH, MAX_NODES, ModelError, Node, NodeType, parse_model

SHARED = Path(__file__).resolve().parents[3] / "shared" / "codat" / "push-models"


def root(**properties: Any) -> dict[str, Any]:
    return {"type": "Object", "properties": properties}


def nodes(node: Node) -> list[Node]:
    result = [node]
    for child in node.children:
        result += nodes(child)
    return result + (nodes(node.element) if node.element else [])


@pytest.mark.skipif(not SHARED.exists(), reason=f"{SHARED} is absent")
def test_a_real_model_in_declared_order() -> None:
    model = parse_model(json.loads((SHARED / "sandbox.json").read_text()))
    assert [child.name for child in model.children][:3] == [
        "customerName",
        "contactName",
        "emailAddress",
    ]
    contacts = model.child("contacts")
    assert contacts is not None
    assert contacts.type is NodeType.ARRAY
    assert contacts.element is not None
    address = contacts.element.child("address")
    assert address is not None
    assert address.type is NodeType.OBJECT
    assert {node.name for node in nodes(model) if node.read_only} == {"modifiedDate", "metadata"}


@pytest.mark.parametrize(
    ("type_", "node_type"),
    [
        ("Object", NodeType.OBJECT),
        ("Array", NodeType.ARRAY),
        ("String", NodeType.STRING),
        ("number", NodeType.NUMBER),
        ("Boolean", NodeType.BOOLEAN),
        ("DateTime", NodeType.DATETIME),
        ("File", NodeType.FILE),
        ("MultiPart", NodeType.MULTIPART),
        ("Colour", NodeType.UNKNOWN),
        (None, NodeType.UNKNOWN),
        (7, NodeType.UNKNOWN),
    ],
)
def test_types(type_: object, node_type: NodeType) -> None:
    assert parse_model(root(x={"type": type_})).children[0].type is node_type


def test_arrays_of_objects_of_plain_values_and_of_arrays() -> None:
    model = parse_model(
        root(
            rows={"type": "Array", "properties": {"a": {"type": "String"}}},
            tags={"type": "Array", "properties": None},
            grid={"type": "Array", "items": {"type": "Array", "items": {"type": "Number"}}},
        )
    )
    rows, tags, grid = (child.element for child in model.children)
    assert rows is not None
    assert rows.type is NodeType.OBJECT
    assert rows.children[0].path == ("rows", "a")
    assert tags is not None
    assert tags.type is NodeType.STRING
    assert grid is not None
    assert grid.type is NodeType.ARRAY
    assert grid.element is not None
    assert grid.element.type is NodeType.NUMBER


def test_options_are_read_leniently() -> None:
    raw = [
        {"value": "A", "displayName": "Ay"},
        {"value": "A"},
        {"value": None},
        {"value": True},
        "plain",
        {"value": {}},
        7,
    ]
    options = parse_model(root(x={"type": "String", "options": raw})).children[0].options
    assert [(option.text, option.label) for option in options] == [
        ("A", "Ay"),
        ("true", "true"),
        ("plain", "plain"),
        ("7", "7"),
    ]
    assert options[1].value is True


def test_missing_or_unexpected_properties_have_defaults() -> None:
    node = parse_model(
        root(
            x={
                "displayName": 5,
                "description": [],
                "options": None,
                "validation": [],
                "required": 1,
            }
        )
    ).children[0]
    assert (node.label, node.description, node.options, node.notes) == ("x", "", (), ())
    assert not node.required


def test_notes() -> None:
    validation = {
        "warnings": [{"field": "X", "details": " No. "}, 7, {"details": None}],
        "information": {},
    }
    (note,) = parse_model(root(x={"validation": validation})).children[0].notes
    assert (note.field, note.details, note.is_warning) == ("X", "No.", True)


def test_characters_that_a_page_cannot_show_are_replaced() -> None:
    node = parse_model(root(x={"displayName": "a\ud800b\x00c\r\nd"})).children[0]
    assert node.label == "a\ufffdb\ufffdc\nd"


def nested(levels: int) -> dict[str, Any]:
    model: dict[str, Any] = {"type": "String"}
    for _ in range(levels):
        model = root(x=model)
    return model


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        (None, "not an object"),
        ([], "not an object"),
        ("Object", "not an object"),
        ({}, "no fields"),
        ({"type": "Object", "properties": None}, "no fields"),
        ({"type": "Object", "properties": {}}, "no fields"),
        ({"type": "Object", "properties": [1]}, "not an object"),
        ({"type": "Array", "properties": {"a": {}}}, "no fields"),
        (root(x=None), "x is not an object"),
        (root(x=[]), "x is not an object"),
        (root(x={"type": "Object", "properties": []}), "for x are not an object"),
        (root(x={"type": "Array", "properties": "y"}), "for x are not an object"),
        (
            root(**{f"p{n}": {"type": "String"} for n in range(5000)}),
            f"more than {MAX_NODES:,} fields",
        ),
        (nested(40), f"more than {MAX_DEPTH} levels"),
        (root(x={"type": "String", "options": list(range(20_001))}), "more than 20,000 options"),
    ],
)
def test_a_model_of_another_shape_raises_model_error_with_a_sentence(
    raw: object, sentence: str
) -> None:
    with pytest.raises(ModelError, match=sentence) as caught:
        parse_model(raw)
    assert str(caught.value).endswith(".")


def test_a_thousand_nodes_are_fine() -> None:
    assert len(nodes(parse_model(root(**{f"p{n}": {} for n in range(1000)})))) == 1001
