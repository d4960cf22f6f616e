"""What a row would do to its customer: a record's own texts change nothing, and the short way agrees with the form."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from customers.batches.applying import apply_own
from customers.forms import Form, ModelError, compile_model
from customers.models import ImportRow
from customers.spreadsheets.columns import cell_text, cells_of, key_of, value_at
from customers.spreadsheets.importing import judging
from customers.spreadsheets.importing.fields import fields
from customers.spreadsheets.importing.sheets.cells import Cells
from customers.spreadsheets.importing.sheets.sheet import Sheet
from tests.forms.test_round_trip import pairs
from tests.support.pages.forms import array, node, obj

RowState = ImportRow.State

# Texts that somebody types over a cell: of each type, of none, and the word that clears.
TYPED = st.sampled_from(
    ["", "(clear)", "12", "1,234.50", "2031-05-06", "yes", "true", "x", "Leeds", "\u200b", " a "]
)


class FullSheet(Sheet):
    """A sheet that opens all fields of each form."""

    def different(self, cells: Cells, record: Any) -> frozenset[str]:
        return frozenset(child.name for child in self.compiled.root.children)

    def form(self, record: Any, names: frozenset[str]) -> Form:
        return Form(self.compiled, record, creating=record is None)


def sheet_for(
    model: dict[str, Any], record: dict[str, Any], kind: type[Sheet] = Sheet, **more: Any
) -> tuple[Sheet, list[str]]:
    """A sheet with a column for each field that the record has room for, and the record's own texts in them."""
    compiled = compile_model(model)
    keys = [key_of(path) for path, _ in cells_of(record)]
    found = [one for one in fields(compiled, keys) if not one.is_id]
    texts = [cell_text(value_at(record, one.path)) for one in found]
    texts = [
        "" if isinstance(value_at(record, one.path), (dict, list)) else text
        for one, text in zip(found, texts, strict=True)
    ]
    return kind(compiled, [one.key for one in found], **more), texts


@given(pairs(), st.booleans())
def test_the_texts_of_any_record_change_nothing(
    pair: tuple[dict[str, Any], dict[str, Any]], replaces: bool
) -> None:
    model, record = pair[0], pair[1] | {"id": "c1"}
    try:
        sheet, texts = sheet_for(model, record, replaces_rows=replaces)
    except ModelError:
        return
    verdict = judging.judge(sheet, Cells(texts), record)
    assert (verdict.state, list(verdict.problems)) == (RowState.UNCHANGED, [])
    full, _ = sheet_for(model, record, FullSheet, replaces_rows=replaces)
    verdict = judging.judge(full, Cells(texts), record)
    assert (verdict.state, list(verdict.problems)) == (RowState.UNCHANGED, [])


@settings(max_examples=400)
@given(pairs(), st.data(), st.booleans())
def test_the_short_way_agrees_with_the_whole_form(
    pair: tuple[dict[str, Any], dict[str, Any]], data: st.DataObject, replaces: bool
) -> None:
    model, record = pair[0], pair[1] | {"id": "c1"}
    try:
        sheet, texts = sheet_for(model, record, replaces_rows=replaces)
    except ModelError:
        return
    for _ in range(data.draw(st.integers(1, 3)) if texts else 0):
        texts[data.draw(st.integers(0, len(texts) - 1))] = data.draw(TYPED)
    full, _ = sheet_for(model, record, FullSheet, replaces_rows=replaces)
    short = judging.judge(sheet, Cells(texts), record)
    whole = judging.judge(full, Cells(texts), record)
    assert (short.state, list(short.problems)) == (whole.state, list(whole.problems))
    assert (list(short.changes), list(short.instructions)) == (
        list(whole.changes),
        list(whole.instructions),
    )
    if short.state == RowState.CHANGED:
        form = Form(sheet.compiled, record)
        assert apply_own(form, short.instructions) == []
        assert form.is_valid()
        assert form.changes()


def test_an_empty_group_removes_a_row_only_where_rows_are_replaced() -> None:
    model = obj(name=node(), addresses=array(type=node(), city=node()))
    rows = [{"type": "Billing", "city": "Leeds"}, {"type": "Delivery", "city": "Hull"}]
    record = {"id": "c1", "name": "Fern", "addresses": rows}
    keys = ["name", "addresses.#1.type", "addresses.#1.city", "addresses.#2.type"]
    cells = Cells(["Fern", "Billing", "Leeds", ""])
    compiled = compile_model(model)
    assert judging.judge(Sheet(compiled, keys), cells, record).state == RowState.UNCHANGED
    verdict = judging.judge(Sheet(compiled, keys, replaces_rows=True), cells, record)
    assert verdict.state == RowState.CHANGED
    assert [change["label"] for change in verdict.changes] == ["Label 2 (removed)"]
