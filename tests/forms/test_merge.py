"""Merging: what another person changed, what this form changes, and the values after the choices."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import QueryDict
from django.template.loader import get_template
from hypothesis import given
from hypothesis import strategies as st

from customers.forms import MISSING, Form, Merge, copy_of
from tests.support.pages.form_browser import Page
from tests.support.pages.forms import form_page, model, node, obj, post

MODEL = obj(
    name=node(label="Name"),
    phone=node(label="Phone"),
    home=node("Object", label="Home", properties={"city": node(label="City")}),
    rows=node("Array", label="Rows", properties={"a": node(label="A"), "b": node(label="B")}),
)
BASE: dict[str, Any] = {
    "id": "1",
    "name": "n",
    "phone": "1",
    "rows": [{"a": "1", "b": "1"}, {"a": "2", "b": "2"}],
    "modifiedDate": "2020",
}


def mine(**typed: str) -> Form:
    page = form_page(MODEL, BASE)
    for name, text in typed.items():
        page["f." + name.replace("_", ".")].type(text)
    return post(MODEL, page)


def choose(merge: Merge, **choices: str) -> QueryDict:
    """What a browser posts from the rendered columns, with these radio buttons pressed."""
    html = get_template("editing/_form_conflicts.html").render({"merge": merge})
    columns = Page(html)
    for control in columns.controls:
        name = control.name.removeprefix("m.").replace(".", "_")
        if control.kind == "radio" and name in choices:
            control.checked = control.value == choices[name]
    return columns.post()


def test_a_record_that_no_one_else_changed_has_no_conflicts() -> None:
    merge = mine(name="mine").merge(BASE | {"modifiedDate": "2021", "unknown": 1})
    assert merge.conflicts == []
    assert merge.resolved
    assert merge.values()["name"] == "mine"


def test_the_same_change_on_both_sides_is_no_conflict() -> None:
    assert mine(name="x").merge(BASE | {"name": "x"}).resolved


def test_a_conflict_needs_a_choice() -> None:
    form, theirs = mine(name="mine"), BASE | {"name": "theirs"}
    merge = form.merge(theirs)
    (conflict,) = merge.conflicts
    assert (conflict.before, conflict.theirs, conflict.mine) == ("n", "theirs", "mine")
    assert conflict.changed_by_both
    assert not merge.resolved
    assert not form.merge(theirs, choose(merge)).resolved
    for side in ("mine", "theirs"):
        chosen = form.merge(theirs, choose(merge, name=side))
        assert chosen.resolved
        assert chosen.values() == {"name": side, "phone": "1", "rows": BASE["rows"]}


def test_a_change_of_theirs_alone_is_merged_without_a_question() -> None:
    merge = mine(name="mine").merge(BASE | {"phone": "2"})
    assert [(field.path, field.theirs) for field in merge.merged] == [("phone", "2")]
    assert merge.resolved
    assert merge.values() == {"name": "mine", "phone": "2", "rows": BASE["rows"]}


def test_only_what_both_changed_is_asked_about() -> None:
    form, theirs = mine(name="mine"), BASE | {"name": "theirs", "phone": "2"}
    merge = form.merge(theirs)
    assert [conflict.path for conflict in merge.conflicts] == ["name"]
    assert [field.path for field in merge.merged] == ["phone"]
    values = form.merge(theirs, choose(merge, name="mine")).values()
    assert values == {"name": "mine", "phone": "2", "rows": BASE["rows"]}


def test_choices_about_an_older_record_do_not_count() -> None:
    form = mine(name="mine")
    data = choose(form.merge(BASE | {"name": "theirs"}), name="mine")
    assert not form.merge(BASE | {"name": "even newer"}, data).resolved


def test_rows_are_compared_one_by_one_where_the_lists_are_equally_long() -> None:
    theirs = BASE | {"rows": [{"a": "1", "b": "T"}, {"a": "2", "b": "2"}]}
    form = mine(rows_b0_a="M", rows_b1_b="M")
    merge = form.merge(theirs)
    assert [(c.path, c.label) for c in merge.conflicts] == [("rows.b0.b", "Row 1, B")]
    assert form.merge(theirs, choose(merge)).values()["rows"] == [
        {"a": "M", "b": "T"},
        {"a": "2", "b": "M"},
    ]


ONE, TWO, OTHER = {"a": "1", "b": "1"}, {"a": "2", "b": "2"}, {"a": "3", "b": "3"}
LISTS: dict[str, tuple[list[Any], list[Any], list[Any], list[Any] | None]] = {
    # What the list was, theirs, mine, and what is sent; None where a person is asked.
    "they edit one row, I another": (
        [ONE, TWO],
        [ONE | {"b": "T"}, TWO],
        [ONE, TWO | {"a": "M"}],
        [ONE | {"b": "T"}, TWO | {"a": "M"}],
    ),
    "only they edit": ([ONE, TWO], [ONE, OTHER], [ONE, TWO], [ONE, OTHER]),
    "only they reorder": ([ONE, TWO], [TWO, ONE], [ONE, TWO], [TWO, ONE]),
    "only they add": ([ONE], [ONE, TWO], [ONE], [ONE, TWO]),
    "only they remove": ([ONE, TWO], [TWO], [ONE, TWO], [TWO]),
    "they reorder, I edit": ([ONE, TWO], [TWO, ONE], [ONE | {"b": "M"}, TWO], None),
    "they edit, I reorder": ([ONE, TWO], [ONE | {"b": "T"}, TWO], [TWO, ONE], None),
    "they remove the first and add one, I edit": (
        [ONE, TWO],
        [TWO, OTHER],
        [ONE, TWO | {"b": "M"}],
        None,
    ),
    "both edit one row that nothing identifies": (
        [ONE],
        [ONE | {"b": "T"}],
        [ONE | {"a": "M"}],
        None,
    ),
    "both edit one row with an ID": (
        [ONE | {"id": "7"}],
        [ONE | {"id": "7", "b": "T"}],
        [ONE | {"id": "7", "a": "M"}],
        [{"id": "7", "a": "M", "b": "T"}],
    ),
    "they replace a row that I edit": (
        [ONE | {"id": "7"}],
        [OTHER | {"id": "8"}],
        [ONE | {"id": "7", "a": "M"}],
        None,
    ),
    "both add": ([ONE], [ONE, TWO], [ONE, OTHER], None),
    "they add, I remove": ([ONE, TWO], [ONE, TWO, OTHER], [TWO], None),
}


@pytest.mark.parametrize("case", LISTS)
def test_rows_are_merged_where_it_is_clear_which_is_which(case: str) -> None:
    before, theirs, sent, expected = LISTS[case]
    rows = node(
        "Array", label="Rows", properties={name: node(label=name) for name in ("id", "a", "b")}
    )
    merge = Form(obj(rows=rows), {"rows": before}, filled={"rows": sent}).merge({"rows": theirs})
    if expected is None:
        assert not merge.resolved
    else:
        assert merge.conflicts == []
        assert merge.values()["rows"] == expected


FIELDS = ("name", "phone", "home")
VALUES = st.sampled_from(["", "x", "y", "z"])


@given(*[st.fixed_dictionaries(dict.fromkeys(FIELDS, VALUES))] * 3)
def test_every_field_is_theirs_or_mine_and_asked_about_where_both_changed_it(
    before: dict[str, str], theirs: dict[str, str], sent: dict[str, str]
) -> None:
    form = Form(obj(**{name: node() for name in FIELDS}), before, filled=sent)
    merge = form.merge(theirs)
    mine = form.payload()
    asked = {conflict.path for conflict in merge.conflicts}
    assert asked == {
        name
        for name in FIELDS
        if theirs[name] != before[name] != mine[name] and theirs[name] != mine[name]
    }
    for name in set(FIELDS) - asked:
        changed_by_me = mine[name] != before[name]
        assert merge.values()[name] == (mine[name] if changed_by_me else theirs[name])


def test_lists_of_different_length_are_one_field() -> None:
    theirs = BASE | {"rows": BASE["rows"][:1]}
    form = mine(rows_b0_a="M")
    merge = form.merge(theirs)
    assert [(c.path, c.changed_by_both) for c in merge.conflicts] == [("rows", True)]
    assert form.merge(theirs, choose(merge, rows="theirs")).values()["rows"] == BASE["rows"][:1]


def test_a_field_that_another_person_removed_or_added() -> None:
    theirs = {key: value for key, value in BASE.items() if key != "phone"} | {
        "home": {"city": "Bath"}
    }
    form = mine(name="mine")
    merge = form.merge(theirs)
    assert [(c.path, c.before, c.theirs) for c in merge.merged] == [
        ("phone", "1", MISSING),
        ("home", MISSING, {"city": "Bath"}),
    ]
    values = merge.values()
    assert values == {"name": "mine", "home": {"city": "Bath"}, "rows": BASE["rows"]}


def test_lists_that_are_empty_everywhere_are_no_conflict() -> None:
    page = form_page(MODEL, {"name": "a", "rows": []})
    assert post(MODEL, page).merge({"name": "a", "rows": []}).resolved


def test_the_merged_values_fill_a_form_on_the_current_record() -> None:
    theirs = BASE | {"name": "theirs", "phone": "2", "rows": [*BASE["rows"], {"a": "3"}]}
    form = mine(name="mine")
    data = choose(form.merge(theirs), name="mine")
    values = form.merge(theirs, data).values()
    settled = Form(MODEL, theirs, filled=values)
    assert settled.payload() == values
    assert [change.path for change in settled.changes()] == ["name"]


def test_filled_puts_values_back_over_another_record() -> None:
    before = {"name": "old", "rows": [{"a": "1"}]}
    form = Form(MODEL, BASE, filled=before)
    assert form.payload() == {"name": "old", "phone": "", "rows": [{"a": "1", "b": ""}]}
    more = {"name": "n", "phone": "1", "rows": [*BASE["rows"], {"a": "3"}, {"b": "4"}]}
    assert Form(MODEL, BASE, filled=more).payload() == more
    assert Form(MODEL, filled=more, creating=True).payload() == more


def test_record_changes_after_a_draft_was_opened() -> None:
    form = mine(name="mine")
    (change,) = form.record_changes(BASE | {"phone": "2", "modifiedDate": "2022"})
    assert (change.path, change.old, change.new) == ("phone", "1", "2")
    assert form.record_changes(BASE) == []


def test_a_copy_has_no_ids_dates_or_empty_values() -> None:
    record = {
        "id": "9",
        "customerName": "A",
        "phone": "",
        "taxNumber": None,
        "addresses": [{"line1": "", "city": None}, {"id": "keep", "city": "Bath"}],
        "contacts": [{"name": "B", "modifiedDate": "2020"}],
        "metadata": {"isDeleted": False},
        "modifiedDate": "2020",
        "sourceModifiedDate": "2020",
    }
    assert copy_of(record) == {
        "customerName": "A",
        "addresses": [{"id": "keep", "city": "Bath"}],
        "contacts": [{"name": "B"}],
    }
    sandbox = model("sandbox")
    form = Form(sandbox, copy_of(record), creating=True)
    assert form.payload()["contacts"] == [{"name": "B"}]
