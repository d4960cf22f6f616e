"""Instructions of one row, as an import has them: each change lands in its row of the record, or is said to be gone."""

from __future__ import annotations

from typing import Any

import pytest

from customers.batches.applying import Obstacle, apply, apply_own
from customers.batches.instructions import Action, Instruction
from customers.forms import Form
from tests.support.pages.forms import array, choices, node, obj

MODEL = obj(
    customerName=node(required=True, label="Name"),
    limit=node("Number"),
    addresses=array(
        type=node(options=choices("Billing", "Delivery")),
        city=node(),
        country=node(),
    ),
    contacts=array(name=node(), email=node(), phone=array(type=node(), number=node())),
    tags=array(),
)


def record() -> dict[str, Any]:
    return {
        "customerName": "A",
        "addresses": [
            {"type": "Billing", "city": "Leeds", "country": "GB"},
            {"type": "Billing", "city": "York", "country": "GB"},
            {"type": "Delivery", "city": "Leeds", "country": "GB"},
        ],
        "contacts": [
            {
                "name": "Ann",
                "email": "ann@a.example",
                "phone": [{"type": "Primary", "number": "1"}, {"type": "Fax", "number": "2"}],
            },
            {"name": "Bob", "email": "", "phone": [{"type": "Primary", "number": "3"}]},
        ],
        "tags": ["old", "good"],
    }


def own(*instructions: Instruction) -> tuple[dict[str, Any], list[Obstacle]]:
    """What would be sent, and what cannot be followed."""
    form = Form(MODEL, record())
    obstacles = apply_own(form, instructions)
    return form.payload(), obstacles


def change(key: str, text: str, **where: str) -> Instruction:
    names = {name.replace("__", "."): value for name, value in where.items()}
    return Instruction(Action.SET, key, text, where=names)


def test_each_condition_narrows_the_rows() -> None:
    sent, obstacles = own(
        change("addresses.country", "IE", addresses__type="billing", addresses__city="York")
    )
    assert [row["country"] for row in sent["addresses"]] == ["GB", "IE", "GB"]
    assert obstacles == []


def test_a_condition_is_about_the_list_or_about_one_in_it() -> None:
    sent, obstacles = own(
        change("contacts.phone.number", "9", contacts__name="Ann", contacts__phone__type="Fax"),
        change("contacts.email", "b@b.example", contacts__phone__number="3"),
    )
    numbers = [[phone["number"] for phone in one["phone"]] for one in sent["contacts"]]
    assert numbers == [["1", "9"], ["3"]]
    assert [one["email"] for one in sent["contacts"]] == ["ann@a.example", "b@b.example"]
    assert obstacles == []


def test_conditions_about_a_list_in_a_row_are_about_one_of_its_rows() -> None:
    both = {"contacts__phone__type": "Fax", "contacts__phone__number": "1"}
    _, obstacles = own(change("contacts.email", "x@x.example", **both))
    assert obstacles == [
        Obstacle("The contact that this row changes is not there any more.", is_conflict=True)
    ]


def test_conditions_are_about_the_record_whatever_is_changed_before() -> None:
    """Two addresses change places."""
    sent, obstacles = own(
        change("addresses.type", "Delivery", addresses__type="Billing", addresses__city="Leeds"),
        change("addresses.type", "Billing", addresses__type="Delivery", addresses__city="Leeds"),
        change("addresses.city", "Hull", addresses__type="Delivery", addresses__city="Leeds"),
    )
    found = [(row["type"], row["city"]) for row in sent["addresses"]]
    assert found == [("Delivery", "Leeds"), ("Billing", "York"), ("Billing", "Hull")]
    assert obstacles == []


def test_rows_that_meet_the_conditions_are_removed_and_removing_again_is_no_problem() -> None:
    remove = Instruction(
        Action.REMOVE, "addresses", where={"addresses.type": "Billing", "addresses.city": "York"}
    )
    fax = Instruction(
        Action.REMOVE,
        "contacts.phone",
        where={"contacts.name": "Ann", "contacts.phone.type": "Fax"},
    )
    tag = Instruction(Action.REMOVE, "tags", where={"tags": "old"})
    sent, obstacles = own(remove, remove, fax, tag)
    assert [row["city"] for row in sent["addresses"]] == ["Leeds", "Leeds"]
    assert [phone["type"] for phone in sent["contacts"][0]["phone"]] == ["Primary"]
    assert sent["tags"] == ["good"]
    assert obstacles == []
    gone = Instruction(Action.REMOVE, "addresses", where={"addresses.city": "Bath"})
    assert own(gone) == (record(), [])


def test_a_row_is_added_to_the_list_of_a_row_once() -> None:
    values = {"contacts.phone.type": "Mobile", "contacts.phone.number": "7"}
    add = Instruction(Action.ADD, "contacts.phone", values=values, where={"contacts.name": "Bob"})
    sent, obstacles = own(add, add)
    assert sent["contacts"][0] == record()["contacts"][0]
    assert sent["contacts"][1]["phone"][1:] == [{"type": "Mobile", "number": "7"}]
    form = Form(MODEL, sent)
    assert apply_own(form, [add]) == obstacles == []
    assert not form.changes()


def test_a_new_contact_gets_its_phones_by_further_instructions() -> None:
    contact = {
        "contacts.name": "Cy",
        "contacts.phone.type": "Primary",
        "contacts.phone.number": "5",
    }
    second = {"contacts.phone.type": "Fax", "contacts.phone.number": "6"}
    sent, obstacles = own(
        Instruction(Action.ADD, "contacts", values=contact),
        Instruction(Action.ADD, "contacts.phone", values=second, where={"contacts.name": "Cy"}),
    )
    phones = [{"type": "Primary", "number": "5"}, {"type": "Fax", "number": "6"}]
    assert sent["contacts"][2]["phone"] == phones
    assert sent["contacts"][:2] == record()["contacts"]
    assert obstacles == []


def test_a_contact_whose_values_belong_to_two_phones_is_another_one() -> None:
    values = {
        "contacts.name": "Ann",
        "contacts.phone.type": "Fax",
        "contacts.phone.number": "1",
    }
    sent, _ = own(Instruction(Action.ADD, "contacts", values=values))
    assert len(sent["contacts"]) == 3


@pytest.mark.parametrize(
    ("instruction", "text"),
    [
        (
            change("addresses.city", "a", addresses__city="Bath"),
            "The address that this row changes",
        ),
        (
            Instruction(Action.CLEAR, "contacts.email", where={"contacts.name": "Eve"}),
            "The contact that this row changes",
        ),
        (
            change(
                "contacts.phone.number", "a", contacts__name="Ann", contacts__phone__type="Home"
            ),
            "The phone that this row changes",
        ),
        (
            change("contacts.phone.number", "a", contacts__name="Eve", contacts__phone__type="Fax"),
            "The contact that this row changes",
        ),
        (
            Instruction(
                Action.ADD,
                "contacts.phone",
                values={"contacts.phone.type": "Fax"},
                where={"contacts.name": "Eve"},
            ),
            "The contact that this row changes",
        ),
    ],
)
def test_a_row_of_a_list_that_is_gone_is_a_conflict(instruction: Instruction, text: str) -> None:
    sent, obstacles = own(instruction)
    assert sent == record()
    assert obstacles == [Obstacle(f"{text} is not there any more.", is_conflict=True)]


def test_a_list_without_rows_is_said_as_well() -> None:
    form = Form(MODEL, {"customerName": "A"})
    assert [each.is_conflict for each in apply_own(form, [change("addresses.city", "a")])] == [True]


@pytest.mark.parametrize(
    "instruction",
    [
        change("taxNumber", "1"),
        change("addresses.city", "a", addresses__region="North"),
        Instruction(Action.ADD, "addresses", values={"addresses.region": "North"}),
        Instruction(Action.REMOVE, "websites"),
        Instruction(Action.CLEAR, "customerName.first"),
    ],
)
def test_a_field_that_the_form_does_not_have_is_said(instruction: Instruction) -> None:
    sent, obstacles = own(instruction)
    assert sent == record()
    (obstacle,) = obstacles
    assert obstacle.text.startswith("The form does not have the field ")
    assert not obstacle.is_conflict


def test_a_value_that_cannot_be_edited_is_said() -> None:
    form = Form(MODEL, {"customerName": {"first": "A"}})
    assert apply_own(form, [change("customerName", "B")]) == [
        Obstacle("Customer name cannot be changed here.")
    ]
    # For many customers, it is left as it is.
    apply(form, [change("customerName", "B")])
    assert form.payload() == {"customerName": {"first": "A"}}


def test_one_sentence_is_said_once() -> None:
    gone = change("addresses.city", "a", addresses__city="Bath")
    assert len(own(gone, change("addresses.country", "b", addresses__city="Bath"))[1]) == 1


def test_values_are_read_as_they_are_typed() -> None:
    form = Form(MODEL, record())
    assert apply_own(form, [change("limit", "1,200.50")]) == []
    assert not form.is_valid() or form.payload()["limit"] != "1,200.50"


def test_the_one_condition_of_earlier_batches_is_read() -> None:
    stored = {
        "action": "set",
        "key": "addresses.country",
        "text": "GB",
        "find": "",
        "where_key": "addresses.type",
        "where_text": "Billing",
        "values": {},
    }
    assert Instruction.from_json(stored) == change(
        "addresses.country", "GB", addresses__type="Billing"
    )
    assert Instruction.from_json(stored | {"where_key": "", "where_text": ""}).where == {}
