"""Rows: each button, identities, limits, and that nothing lands on another row."""

from __future__ import annotations

from typing import Any

import pytest

from customers.forms import Form
from customers.forms.bound import MAX_LIST_ITEMS
from tests.support.forms import array, exact, model, node, obj, opened, page, posted, pressed

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
    form = posted(MODEL, opened(MODEL, RECORD), "add:rows")
    assert form.focus == "f-rows.n1.a"
    shown = page(form)
    assert shown["r.rows"].value == "b0,b1,b2,n1"
    assert shown.autofocus == ["f-rows.n1.a"]
    assert "f-rows.n1" in shown.open_rows
    assert rows(posted(MODEL, shown)) == rows(Form(MODEL, RECORD))
    shown["f.rows.n1.b"].type("new")
    form = posted(MODEL, shown)
    assert rows(form)[3] == {"b": "new"}
    assert [change.kind for change in form.changes()] == ["added"]


def test_each_new_row_has_a_key_of_its_own_even_after_removing_one() -> None:
    shown = pressed(MODEL, opened(MODEL, RECORD), "add:rows")
    shown = pressed(MODEL, shown, "remove:rows:n1")
    shown = pressed(MODEL, shown, "add:rows")
    assert shown["r.rows"].value == "b0,b1,b2,n1,n2"
    assert shown["x.rows"].value == "n1"


def test_remove_can_be_undone_with_all_that_was_typed_until_saving() -> None:
    shown = opened(MODEL, RECORD)
    shown["f.rows.b1.a"].type("typed")
    shown = pressed(MODEL, shown, "add:rows.b1.phone")
    shown["f.rows.b1.phone.n1.number"].type("77")
    form = posted(MODEL, shown, "remove:rows:b1")
    assert form.focus == "undo-rows.b1"
    assert [row["a"] for row in rows(form)] == ["1", "3"]
    assert [change.kind for change in form.changes()] == ["removed"]
    shown = page(form)
    assert shown.autofocus == ["undo-rows.b1"]
    shown = pressed(MODEL, shown, "down:rows:b0")
    form = posted(MODEL, shown, "undo:rows:b1")
    assert form.focus == "f-rows.b1.a"
    back = rows(posted(MODEL, page(form)))
    assert {"a": "typed", "phone": [{"number": "5"}, {"number": "77"}]} in back


@pytest.mark.parametrize(
    ("action", "order", "focus"),
    [
        ("down:rows:b0", "b1,b0,b2", "down-rows.b0"),
        ("up:rows:b1", "b1,b0,b2", "down-rows.b1"),
        ("up:rows:b2", "b0,b2,b1", "up-rows.b2"),
        ("down:rows:b1", "b0,b2,b1", "up-rows.b1"),
    ],
)
def test_moving(action: str, order: str, focus: str) -> None:
    form = posted(MODEL, opened(MODEL, RECORD), action)
    shown = page(form)
    assert shown["r.rows"].value == order
    assert form.focus == focus
    assert shown.autofocus == [focus]
    before = Form(MODEL, RECORD).payload()["rows"]
    expected = [before[int(key[1:])] for key in order.split(",")]
    assert exact(rows(posted(MODEL, shown))) == exact(expected)
    assert [change.kind for change in form.changes()] == ["moved"]


def test_moving_past_a_removed_row_goes_past_the_next_one_that_is_there() -> None:
    shown = pressed(MODEL, opened(MODEL, RECORD), "remove:rows:b1")
    form = posted(MODEL, shown, "up:rows:b2")
    assert [row["a"] for row in rows(form)] == ["3", "1"]


def test_at_the_ends_there_is_nowhere_to_go() -> None:
    shown = opened(MODEL, RECORD)
    assert "disabled" in shown.buttons["up:rows:b0"]
    assert "disabled" in shown.buttons["down:rows:b2"]


def test_a_value_typed_into_a_row_moves_with_it() -> None:
    shown = opened(MODEL, RECORD)
    shown["f.rows.b2.a"].type("mine")
    shown = pressed(MODEL, shown, "up:rows:b2")
    shown = pressed(MODEL, shown, "up:rows:b2")
    assert shown["f.rows.b2.a"].value == "mine"
    assert [row["a"] for row in rows(posted(MODEL, shown))] == ["mine", "1", "2"]


def test_an_error_stays_with_its_row() -> None:
    shown = pressed(MODEL, opened(MODEL, RECORD), "add:rows.b0.phone")
    shown["f.rows.b0.phone.n1.type"].type("Fax")
    shown = pressed(MODEL, shown, "down:rows:b0")
    form = posted(MODEL, shown)
    assert not form.is_valid()
    assert list(form.errors) == ["f.rows.b0.phone.n1.number"]


def test_duplicates_of_a_record_row_are_exact_and_typed_text_is_copied() -> None:
    record = {"rows": [{"a": None, "b": "", "phone": [{"number": 5, "type": {"odd": 1}}]}]}
    form = posted(MODEL, opened(MODEL, record), "duplicate:rows:b0")
    assert exact(rows(form)) == exact(record["rows"] * 2)
    shown = page(form)
    assert shown["r.rows"].value == "b0,n1-b0"
    shown["f.rows.n1-b0.a"].type("copy")
    shown = pressed(MODEL, shown, "duplicate:rows:n1-b0")
    assert [row["a"] for row in rows(posted(MODEL, shown))] == [None, "copy", "copy"]


def test_duplicates_of_a_new_row_with_rows_in_it() -> None:
    shown = pressed(MODEL, opened(MODEL), "add:rows")
    shown = pressed(MODEL, shown, "add:rows.n1.phone")
    shown["f.rows.n1.phone.n1.number"].type("1")
    shown = pressed(MODEL, shown, "duplicate:rows:n1")
    assert rows(posted(MODEL, shown)) == [{"phone": [{"number": "1"}]}] * 2


def test_plain_values_and_arrays_of_arrays() -> None:
    shown = opened(MODEL, RECORD)
    form = posted(MODEL, shown)
    assert exact(form.payload()["tags"]) == exact(RECORD["tags"])
    assert exact(form.payload()["grid"]) == exact(RECORD["grid"])
    shown = pressed(MODEL, shown, "add:tags")
    shown["f.tags.n1"].type("y")
    shown["f.tags.b0"].type("")
    shown["f.grid.b0.b1"].type("2.50")
    shown = pressed(MODEL, shown, "add:grid.b1")
    shown["f.grid.b1.n1"].type("9")
    payload = posted(MODEL, shown).payload_json()
    assert '"tags": [null, "", 5, "y"]' in payload
    assert '"grid": [[1, 2.50], [9], null, "odd"]' in payload


def test_a_row_emptied_by_hand_is_not_sent() -> None:
    shown = opened(MODEL, RECORD)
    shown["f.rows.b0.a"].type("")
    form = posted(MODEL, shown)
    assert form.is_valid()
    assert [row["a"] for row in rows(form)] == ["2", "3"]
    assert [change.path for change in form.changes()] == ["rows.b0"]


def test_a_required_list_starts_with_a_blank_row_only_in_a_new_form() -> None:
    wanting = obj(rows=array(required=True, a=node(required=True)), free=array(a=node()))
    shown = opened(wanting, creating=True)
    assert shown["r.rows"].value == "n1"
    assert shown["r.free"].value == ""
    form = posted(wanting, shown, creating=True)
    assert not form.is_valid()
    assert set(form.errors) == {"f.rows", "f.rows.n1.a"}
    assert opened(wanting, {})["r.rows"].value == ""
    assert not posted(wanting, opened(wanting, {})).is_valid()


def test_a_blank_row_demands_nothing_and_a_filled_one_what_it_requires() -> None:
    wanting = obj(rows=array(a=node(required=True), b=node()))
    shown = pressed(wanting, opened(wanting), "add:rows")
    shown = pressed(wanting, shown, "add:rows")
    assert posted(wanting, shown).is_valid()
    shown["f.rows.n2.b"].type("x")
    form = posted(wanting, shown)
    assert not form.is_valid()
    assert list(form.errors) == ["f.rows.n2.a"]
    assert form.summary == [{"text": "Label 2: Enter label.", "anchor": "f-rows.n2.a"}]


def test_limits_from_notes_are_shown_and_do_not_block() -> None:
    two = [{"details": "No more than two addresses can be added"}]
    limited = obj(rows=array(a=node()) | {"validation": {"warnings": two}})
    record = {"rows": [{"a": "1"}, {"a": "2"}]}
    shown = opened(limited, record)
    assert "2 of 2" in shown.text
    shown = pressed(limited, shown, "add:rows")
    assert "3 of 2: over the limit" in shown.text
    shown["f.rows.n1.a"].type("3")
    assert posted(limited, shown).is_valid()


def test_many_rows_are_folded_and_errors_unfold_theirs() -> None:
    wanting = obj(rows=array(a=node(required=True), b=node()))
    record = {"rows": [{"a": str(index), "b": "x"} for index in range(9)]}
    shown = opened(wanting, record)
    assert shown.open_rows == set()
    shown["f.rows.b4.a"].type("")
    form = posted(wanting, shown)
    assert not form.is_valid()
    assert page(form).open_rows == {"f-rows.b4"}


def test_rows_beyond_what_a_page_shows_are_kept() -> None:
    record = {"rows": [{"a": str(index)} for index in range(MAX_LIST_ITEMS + 7)]}
    shown = opened(MODEL, record)
    assert "7 more are not shown. They are sent unchanged." in shown.text
    assert rows(posted(MODEL, shown)) == record["rows"]
    shown = pressed(MODEL, shown, "remove:rows:b0")
    assert rows(posted(MODEL, shown)) == record["rows"][1:]
    form = posted(MODEL, shown, "add:rows")
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
def test_buttons_that_are_not_there_do_nothing(action: str) -> None:
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
    form = posted(sandbox, opened(sandbox, record), "copy:contact:b0")
    assert form.focus == "f-contactName"
    payload = form.payload()
    assert (payload["contactName"], payload["emailAddress"], payload["phone"]) == (
        "Ann",
        "a@b.c",
        "5",
    )
    form = posted(sandbox, opened(sandbox, record), "copy:main:b1")
    assert form.payload()["contacts"][1] == {"name": "Old", "phone": [{"number": "1"}]}
    assert form.focus == "f-contacts.b1.name"


def test_copying_is_offered_only_where_there_is_something_to_copy_to() -> None:
    assert not [value for value in opened(MODEL, RECORD).buttons if value.startswith("copy")]
    exact_nl = model("exact-netherlands")
    assert "copy:contact:b0" in opened(exact_nl, {"contacts": [{"name": "A"}]}).buttons
