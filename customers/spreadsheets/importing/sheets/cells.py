"""The cells of one row, and what a single cell asks for: an instruction, a problem, or nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from customers.batches.instructions import Action, Instruction
from customers.codat.text import is_blank, page_text
from customers.forms import MISSING
from customers.forms.bound import Leaf
from customers.spreadsheets.columns import cell_text
from customers.spreadsheets.importing.problems import Problem, kind_of_cell
from customers.spreadsheets.importing.sheets.values import ACCEPTED, Column

_NOT_EDITABLE = "This value cannot be changed here. Leave the cell empty."


@dataclass(frozen=True, slots=True)
class Cells:
    """The cells of a row: texts with corrections in place, and remarks, by column index."""

    texts: Sequence[str]
    remarks: Mapping[int, str] = field(default_factory=dict)

    def text(self, index: int) -> str:
        """The text of a column, "" where the row is shorter."""
        return self.texts[index] if index < len(self.texts) else ""


@dataclass(slots=True)
class Draft:
    """What a row asks for: instructions for its customer, and what is wrong with its cells."""

    instructions: list[Instruction] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def cells_of(
    cells: Sequence[str], remarks: Mapping[str, str], corrections: Mapping[str, str]
) -> Cells:
    """The cells of a stored row with its corrections. Of a corrected cell the file says nothing any more."""
    if not (remarks or corrections):
        return Cells(cells)
    texts = list(cells)
    noted = {int(index): remark for index, remark in remarks.items()}
    for key, text in corrections.items():
        index = int(key)
        texts += [""] * (index + 1 - len(texts))
        texts[index] = text
        if noted.get(index) != ACCEPTED:
            noted.pop(index, None)
    return Cells(texts, noted)


def filled(texts: Sequence[str]) -> list[str]:
    """Texts without the empty ones at their end."""
    end = len(texts)
    while end and not texts[end - 1]:
        end -= 1
    return list(texts[:end])


def is_clear(text: str, clear_word: str) -> bool:
    """Whether a cell says that its value is to be cleared."""
    return bool(clear_word) and folded(text) == folded(clear_word)


def folded(text: str) -> str:
    """A text without case and superfluous blanks."""
    return " ".join(text.split()).casefold()


def is_same(leaf: Leaf, text: str) -> bool:
    """Whether a cell has the text of an input, or the one that our own export gives its value."""
    if text == leaf.text or page_text(text) == leaf.text:
        return True
    return leaf.base is not MISSING and leaf.text == leaf.initial and text == cell_text(leaf.base)


def read_cell(
    draft: Draft,
    column: Column,
    cells: Cells,
    leaf: Leaf | None,
    *,
    clear_word: str,
    where: Mapping[str, str] | None = None,
) -> None:
    """Add what one cell asks for. `leaf` is its input, None where the customer's form has none for it."""
    text = cells.text(column.index)
    if is_blank(text) or (leaf is not None and is_same(leaf, text)):
        return
    key = column.field.bulk_key
    if leaf is None:
        kind = kind_of_cell("other", key)
        draft.problems.append(Problem(kind, _NOT_EDITABLE, column.index))
    elif is_clear(text, clear_word):
        if not leaf.is_blank:
            draft.instructions.append(Instruction(Action.CLEAR, key, where=dict(where or {})))
    else:
        value = column.value(text, cells.remarks.get(column.index, ""))
        if value.problem is None and would_change(leaf, value.text):
            set_it = Instruction(Action.SET, key, text=value.text, where=dict(where or {}))
            draft.instructions.append(set_it)
        elif value.problem is not None:
            draft.problems.append(value.problem)


def would_change(leaf: Leaf, text: str) -> bool:
    """Whether a text, typed into an input, changes what is sent: 5.00 for 5 does not."""
    probe = Leaf(leaf.node, leaf.path, leaf.base, is_new=False, is_needed=leaf.is_needed)
    probe.preselected, probe.text = leaf.preselected, leaf.text
    probe.read(text, "", keeps_invisible=False)
    return probe.is_changed or (probe.text != leaf.text and bool(leaf.preselected))
