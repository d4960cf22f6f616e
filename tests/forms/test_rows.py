"""Rows of lists: each button, keys, limits, and that values and errors stay with their row."""

from __future__ import annotations

from typing import Any

import pytest

from customers.forms import Form
from customers.forms.blocks import ItemBlock, ListBlock
from customers.forms.bound import MAX_LIST_ITEMS
from tests.support.pages.forms import (
    array,
    exact,
    form_page,
    model,
    node,
    obj,
    page_of,
    post,
    press,
)

MODEL = obj(
    name=node(),
    rows=array(a=node(), b=node(), phone=array(number=node(required=True), type=node())),
    tags=node("Array"),
    grid=node("Array", items={"type": "Array", "items": {"type": "Number"}}),
)
RECORD: dict[str, Any] = {
    "rows": [{"a": "1", "b": None}, {"a": "2", "phone": [{"number": "5"}]}, {"a": "3", "z": 1}],
    "tags": ["x", None, "", 5],
    "grid": [[1, 2], [], None, "odd"],
}


def rows(form: Form) -> Any:
    return form.payload().get("rows")


def test_add_puts_a_blank_row_last_and_focuses_its_first_input() -> None:
    form = post(MODEL, form_page(MODEL, RECORD), "add:rows")
    assert form.focus == "f-rows.n1.a"
    page = page_of(form)
    assert page["r.rows"].value == "b0,b1,b2,n1"
    assert page.autofocus == ["f-rows.n1.a"]
    assert "f-rows.n1" in page.open_rows
    assert rows(post(MODEL, page)) == rows(Form(MODEL, RECORD))
    page["f.rows.n1.b"].type("new")
    form = post(MODEL, page)
    assert rows(form)[3] == {"b": "new"}
    assert [change.kind for change in form.changes()] == ["added"]


def test_each_new_row_has_a_key_of_its_own_even_after_removing_one() -> None:
    page = press(MODEL, form_page(MODEL, RECORD), "add:rows")
    page = press(MODEL, page, "remove:rows:n1")
    page = press(MODEL, page, "add:rows")
    assert page["r.rows"].value == "b0,b1,b2,n1,n2"
    assert page["x.rows"].value == "n1"


def test_remove_can_be_undone_with_all_that_was_typed_until_saving() -> None:
    page = form_page(MODEL, RECORD)
    page["f.rows.b1.a"].type("typed")
    page = press(MODEL, page, "add:rows.b1.phone")
    page["f.rows.b1.phone.n1.number"].type("77")
    form = post(MODEL, page, "remove:rows:b1")
    assert form.focus == "undo-rows.b1"
    assert [row["a"] for row in rows(form)] == ["1", "3"]
    assert [change.kind for change in form.changes()] == ["removed"]
    page = page_of(form)
    assert page.autofocus == ["undo-rows.b1"]
    page = press(MODEL, page, "down:rows:b0")
    form = post(MODEL, page, "undo:rows:b1")
    assert form.focus == "f-rows.b1.a"
    back = rows(post(MODEL, page_of(form)))
    assert {"a": "typed", "phone": [{"number": "5"}, {"number": "77"}]} in back


@pytest.mark.parametrize(
    ("action", "order", "focus"),
    [
        ("down:rows:b0", "b1,b0,b2", "menu-rows.b0"),
        ("up:rows:b1", "b1,b0,b2", "menu-rows.b1"),
        ("up:rows:b2", "b0,b2,b1", "menu-rows.b2"),
        ("down:rows:b1", "b0,b2,b1", "menu-rows.b1"),
    ],
)
def test_moving_rows(action: str, order: str, focus: str) -> None:
    form = post(MODEL, form_page(MODEL, RECORD), action)
    page = page_of(form)
    assert page["r.rows"].value == order
    assert form.focus == focus
    assert page.autofocus == [focus]
    before = Form(MODEL, RECORD).payload()["rows"]
    expected = [before[int(key[1:])] for key in order.split(",")]
    assert exact(rows(post(MODEL, page))) == exact(expected)
    assert [change.kind for change in form.changes()] == ["moved"]


@pytest.mark.parametrize(
    ("actions", "moved", "lines"),
    [
        (["up:rows:b2", "up:rows:b2"], ["f-rows.b2"], [("Label 1 (moved)", "Row 3", "Row 1")]),
        (["up:rows:b2", "down:rows:b2"], [], []),
        (["remove:rows:b0"], [], [("Label 1 (removed)",)]),
        (["duplicate:rows:b0"], [], [("Label 2 (new)",)]),
        (
            ["up:rows:b2", "up:rows:b2", "down:rows:b0"],
            ["f-rows.b2", "f-rows.b0"],
            [("Label 1 (moved)", "Row 3", "Row 1"), ("Label 3 (moved)", "Row 1", "Row 3")],
        ),
    ],
)
def test_moved_rows_are_marked_and_counted_one_by_one(
    actions: list[str], moved: list[str], lines: list[tuple[str, ...]]
) -> None:
    page = form_page(MODEL, RECORD)
    for action in actions:
        page = press(MODEL, page, action)
    form = post(MODEL, page)
    blocks = next(block for block in form.blocks if isinstance(block, ListBlock))
    items = [row for row in blocks.rows if isinstance(row, ItemBlock)]
    assert [row.id for row in items if row.is_moved] == moved
    changes = [
        (change.label, change.old_text, change.new_text)
        if change.kind == "moved"
        else (change.label,)
        for change in form.changes()
    ]
    assert changes == lines


def test_a_row_moves_past_removed_rows() -> None:
    page = press(MODEL, form_page(MODEL, RECORD), "remove:rows:b1")
    form = post(MODEL, page, "up:rows:b2")
    assert [row["a"] for row in rows(form)] == ["3", "1"]


def test_the_first_row_cannot_move_up_nor_the_last_down() -> None:
    page = form_page(MODEL, RECORD)
    assert "disabled" in page.buttons["up:rows:b0"]
    assert "disabled" in page.buttons["down:rows:b2"]


def test_a_value_typed_into_a_row_moves_with_it() -> None:
    page = form_page(MODEL, RECORD)
    page["f.rows.b2.a"].type("mine")
    page = press(MODEL, page, "up:rows:b2")
    page = press(MODEL, page, "up:rows:b2")
    assert page["f.rows.b2.a"].value == "mine"
    assert [row["a"] for row in rows(post(MODEL, page))] == ["mine", "1", "2"]


def test_an_error_stays_with_its_row() -> None:
    page = press(MODEL, form_page(MODEL, RECORD), "add:rows.b0.phone")
    page["f.rows.b0.phone.n1.type"].type("Fax")
    page = press(MODEL, page, "down:rows:b0")
    form = post(MODEL, page)
    assert not form.is_valid()
    assert list(form.errors) == ["f.rows.b0.phone.n1.number"]


def test_duplicates_of_a_record_row_are_exact_and_typed_text_is_copied() -> None:
    record = {"rows": [{"a": None, "b": "", "phone": [{"number": 5, "type": {"odd": 1}}]}]}
    form = post(MODEL, form_page(MODEL, record), "duplicate:rows:b0")
    assert exact(rows(form)) == exact(record["rows"] * 2)
    page = page_of(form)
    assert page["r.rows"].value == "b0,n1-b0"
    page["f.rows.n1-b0.a"].type("copy")
    page = press(MODEL, page, "duplicate:rows:n1-b0")
    assert [row["a"] for row in rows(post(MODEL, page))] == [None, "copy", "copy"]


def test_duplicates_of_a_new_row_with_rows_in_it() -> None:
    page = press(MODEL, form_page(MODEL), "add:rows")
    page = press(MODEL, page, "add:rows.n1.phone")
    page["f.rows.n1.phone.n1.number"].type("1")
    page = press(MODEL, page, "duplicate:rows:n1")
    assert rows(post(MODEL, page)) == [{"phone": [{"number": "1"}]}] * 2


def test_plain_values_and_arrays_of_arrays() -> None:
    page = form_page(MODEL, RECORD)
    form = post(MODEL, page)
    assert exact(form.payload()["tags"]) == exact(RECORD["tags"])
    assert exact(form.payload()["grid"]) == exact(RECORD["grid"])
    page = press(MODEL, page, "add:tags")
    page["f.tags.n1"].type("y")
    page["f.tags.b0"].type("")
    page["f.grid.b0.b1"].type("2.50")
    page = press(MODEL, page, "add:grid.b1")
    page["f.grid.b1.n1"].type("9")
    payload = post(MODEL, page).payload_json()
    assert '"tags": [null, "", 5, "y"]' in payload
    assert '"grid": [[1, 2.50], [9], null, "odd"]' in payload


def test_a_row_whose_values_were_emptied_is_not_sent() -> None:
    page = form_page(MODEL, RECORD)
    page["f.rows.b0.a"].type("")
    form = post(MODEL, page)
    assert form.is_valid()
    assert [row["a"] for row in rows(form)] == ["2", "3"]
    assert [change.path for change in form.changes()] == ["rows.b0"]


def test_a_required_list_starts_with_a_blank_row_only_in_a_new_form() -> None:
    wanting = obj(rows=array(required=True, a=node(required=True)), free=array(a=node()))
    page = form_page(wanting, creating=True)
    assert page["r.rows"].value == "n1"
    assert page["r.free"].value == ""
    form = post(wanting, page, creating=True)
    assert not form.is_valid()
    assert set(form.errors) == {"f.rows", "f.rows.n1.a"}
    assert form_page(wanting, {})["r.rows"].value == ""
    assert not post(wanting, form_page(wanting, {})).is_valid()


def test_a_blank_row_requires_nothing_and_a_filled_one_its_required_fields() -> None:
    wanting = obj(rows=array(a=node(required=True), b=node()))
    page = press(wanting, form_page(wanting), "add:rows")
    page = press(wanting, page, "add:rows")
    assert post(wanting, page).is_valid()
    page["f.rows.n2.b"].type("x")
    form = post(wanting, page)
    assert not form.is_valid()
    assert list(form.errors) == ["f.rows.n2.a"]
    assert form.summary == [{"text": "Label 2: Enter the label.", "anchor": "f-rows.n2.a"}]


def test_limits_from_notes_are_shown_and_do_not_block() -> None:
    two = [{"details": "No more than two addresses can be added"}]
    limited = obj(rows=array(a=node()) | {"validation": {"warnings": two}})
    record = {"rows": [{"a": "1"}, {"a": "2"}]}
    page = form_page(limited, record)
    assert "2 of 2" in page.text
    page = press(limited, page, "add:rows")
    assert "3 of 2: over the limit" in page.text
    page["f.rows.n1.a"].type("3")
    assert post(limited, page).is_valid()


def test_many_rows_are_closed_and_errors_open_theirs() -> None:
    wanting = obj(rows=array(a=node(required=True), b=node(), c=node(), d=node()))
    record = {"rows": [{"a": str(index), "b": "x"} for index in range(9)]}
    page = form_page(wanting, record)
    assert page.open_rows == set()
    page["f.rows.b4.a"].type("")
    form = post(wanting, page)
    assert not form.is_valid()
    assert page_of(form).open_rows == {"f-rows.b4"}


def test_rows_that_a_page_does_not_show_are_sent_unchanged() -> None:
    record = {"rows": [{"a": str(index)} for index in range(MAX_LIST_ITEMS + 7)]}
    page = form_page(MODEL, record)
    assert "7 more are not shown. They are sent unchanged." in page.text
    assert rows(post(MODEL, page)) == record["rows"]
    page = press(MODEL, page, "remove:rows:b0")
    assert rows(post(MODEL, page)) == record["rows"][1:]
    form = post(MODEL, page, "add:rows")
    assert "at most" in form.summary[0]["text"]


@pytest.mark.parametrize(
    "action",
    [
        "",
        "add",
        "add:",
        "add:name",
        "add:nothing",
        "up:rows",
        "up:rows:b9",
        "undo:rows:zz",
        "explode:rows:b0",
        "copy:contact:b0",
        "copy:x:y",
        "remove:rows.b0.phone:b0",
        "a:b:c:d",
        "\x00",
    ],
)
def test_buttons_that_do_not_exist_do_nothing(action: str) -> None:
    form = Form(MODEL, RECORD)
    assert form.apply_action(action) is None
    assert exact(form.payload()) == exact(Form(MODEL, RECORD).payload())


# -- copying ----------------------------------------------------------------------------------------


def test_a_contact_to_the_main_fields_and_back() -> None:
    sandbox = model("sandbox")
    record = {
        "contactName": "Old",
        "phone": "1",
        "contacts": [
            {"name": "Ann", "email": "a@b.c", "phone": [{"number": "5", "type": "Fax"}]},
            {"name": "Bob"},
        ],
    }
    form = post(sandbox, form_page(sandbox, record), "copy:contact:b0")
    assert form.focus == "f-contactName"
    payload = form.payload()
    assert (payload["contactName"], payload["emailAddress"], payload["phone"]) == (
        "Ann",
        "a@b.c",
        "5",
    )
    form = post(sandbox, form_page(sandbox, record), "copy:main:b1")
    assert form.payload()["contacts"][1] == {"name": "Old", "phone": [{"number": "1"}]}
    assert form.focus == "f-contacts.b1.name"


def test_copy_buttons_are_shown_only_where_there_is_a_target() -> None:
    assert not [value for value in form_page(MODEL, RECORD).buttons if value.startswith("copy")]
    exact_nl = model("exact-netherlands")
    assert "copy:contact:b0" in form_page(exact_nl, {"contacts": [{"name": "A"}]}).buttons
