"""The columns of an import as its page shows them: first value, the field that each goes to, what the check found."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.http import QueryDict

from customers.codat.text import db_safe, is_blank
from customers.formatting import counted, thousands
from customers.forms.presentation.display import CompiledModel
from customers.models import Import, ImportRow
from customers.spreadsheets.importing import fields as import_fields
from customers.spreadsheets.importing import remembered
from customers.spreadsheets.importing.fields import ImportField
from customers.spreadsheets.importing.matching_columns import key_fields, suggest
from customers.spreadsheets.pages.import_rows import cell
from customers.writes.sentences import Mark

# Rows that are looked through for the first value of a column.
_LOOKED_AT = 25
_MAX_SAMPLE = 80
# Options of all columns together; with more of them the page would be too long, and fields are typed.
_MAX_OPTIONS = 12_000
# Columns that are shown at once after the check, and others that are not worth folding.
_SHOWN, _FEW = 5, 2
# Rows with problems whose cells are counted by column; of more than these no number is said.
_MAX_COUNTED = 2_000
_MAX_CLEAR_WORD = 40
# How a field was found, before a person has confirmed it.
_ORIGINS = {
    "suggested": "Suggested",
    "remembered": "As last time",
    "known": "Same name",
}

RowState = ImportRow.State


@dataclass(frozen=True, slots=True)
class ColumnView:
    """One column. `chosen` is the key of its field, "" where it is left out; `error` what is wrong with that."""

    index: int
    heading: str
    sample: str
    chosen: str
    chosen_name: str
    error: str
    result: Mark | None
    note: str


@dataclass(frozen=True, slots=True)
class ColumnsView:
    """The columns and what a person may choose.

    `fields` are (group, (key, label)) each; where there are `names`, a name of a field is typed instead, with these as
    suggestions. `match_fields` are (key, label). `remembered_from`: `anna did for x.csv`, "" for nobody.
    `is_checked`: whether the rows were checked with them.
    """

    all: list[ColumnView]
    fields: list[tuple[str, list[tuple[str, str]]]]
    names: list[str]
    is_checked: bool
    match_fields: list[tuple[str, str]]
    match_by: str
    match_error: str
    clear_word: str
    clear_error: str
    replaces_rows: bool
    remembered_from: str

    @property
    def matched(self) -> int:
        """How many columns have a field."""
        return sum(bool(column.chosen) for column in self.all)

    @property
    def summary(self) -> str:
        """What is chosen beside the columns, as one sentence."""
        name = dict(self.match_fields).get(self.match_by, self.match_by)
        match = f"Customers are matched by {name}" if name else "Each row is a new customer"
        rows = ", addresses and contacts that the file does not have are removed"
        return (
            f"{match}; an empty cell leaves a value as it is, “{self.clear_word}” clears it"
            f"{rows if self.replaces_rows else ''}."
        )

    @property
    def shown(self) -> list[ColumnView]:
        """The columns that are shown at once: after the check the first ones, and those with something to correct."""
        return [column for column in self.all if not self._is_folded(column)]

    @property
    def folded(self) -> list[ColumnView]:
        """The others."""
        return [column for column in self.all if self._is_folded(column)]

    def _is_folded(self, column: ColumnView) -> bool:
        is_well = not column.error and (column.result is None or column.result.tone != "warn")
        is_long = self.is_checked and len(self.all) > _SHOWN + _FEW
        return is_long and is_well and column.index >= _SHOWN

    @property
    def errors(self) -> list[dict[str, str]]:
        """What is wrong, for the summary of the form: text and the id of the field."""
        found = [
            {
                "text": f"{column.heading or 'Column'}: {column.error}",
                "anchor": f"column-{column.index}",
            }
            for column in self.all
            if column.error
        ]
        if self.match_error:
            found.append({"text": self.match_error, "anchor": "match-by"})
        if self.clear_error:
            found.append({"text": self.clear_error, "anchor": "clear-word"})
        return found


@dataclass(frozen=True, slots=True)
class Choice:
    """What the columns mean: as it was posted, as the import has it, or as it is suggested, with how each was found."""

    mapping: list[str]
    match_by: str
    clear_word: str
    replaces_rows: bool
    origins: Sequence[str] = ()

    @classmethod
    def of(cls, source: Import, compiled: CompiledModel) -> "Choice":
        """As the import has it; before a person has looked at it, as it is suggested."""
        word, replaces = source.clear_word, source.replaces_rows
        if source.mapping:
            return cls(list(source.mapping), source.match_by, word, replaces)
        found = suggest(source.headings, compiled, remembered.remembered(source))
        return cls(found.mapping, found.match_by, word, replaces, found.origins)

    @classmethod
    def posted(cls, source: Import, post: QueryDict, compiled: CompiledModel) -> "Choice":
        """As it was posted. A field may be typed: its name stands for its key."""
        found = import_fields.fields(compiled, source.mapping)
        by_name = {one.name.casefold(): one.key for one in found}
        keys = {one.key for one in found}

        def key_of(text: str) -> str:
            return text if text in keys else by_name.get(text.strip().casefold(), text.strip())

        return cls(
            [key_of(post.get(f"column.{index}", "")) for index in range(len(source.headings))],
            post.get("match_by", ""),
            db_safe(post.get("clear_word", "")).strip(),
            post.get("replaces_rows") == "1",
        )

    def errors(self, found: Sequence[ImportField]) -> dict[str, str]:
        """What is wrong with it, by the index of the column, `match_by` and `clear_word`."""
        names = {one.key: one.name for one in found}
        wrong: dict[str, str] = {}
        for index, key in enumerate(self.mapping):
            if key and key not in names:
                wrong[str(index)] = "Choose a field from the list, or leave the column out."
            elif key and key in self.mapping[:index]:
                wrong[str(index)] = f"Another column goes to {names[key]} already."
        if not any(self.mapping):
            wrong.setdefault("0", "Match at least one column.")
        if self.match_by and self.match_by not in self.mapping:
            name = names.get(self.match_by, "that field")
            wrong["match_by"] = f"Match customers by: no column goes to {name}."
        if is_blank(self.clear_word) or len(self.clear_word) > _MAX_CLEAR_WORD:
            wrong["clear_word"] = f"Word that clears: enter 1 to {_MAX_CLEAR_WORD} characters."
        return wrong


def columns_view(
    source: Import,
    compiled: CompiledModel,
    found: Sequence[ImportField],
    states: Mapping[str, int],
    choice: Choice,
    errors: Mapping[str, str],
) -> ColumnsView:
    """The columns, and the fields that were `found` for them. `states` are the rows by result, {} before the check."""
    by_key = {one.key: one for one in found}
    samples, wrong = _samples(source), _wrong_cells(source) if states else None
    is_long = len(source.headings) * len(found) > _MAX_OPTIONS
    last = remembered.remembered(source) if "remembered" in choice.origins else None
    return ColumnsView(
        all=[
            ColumnView(
                index=index,
                heading=heading,
                sample=samples[index],
                chosen=key,
                chosen_name=by_key[key].name if key in by_key else key,
                error=errors.get(str(index), ""),
                result=_result(index, by_key.get(key), wrong, states, choice.match_by),
                note=_note(choice, index, key),
            )
            for index, (heading, key) in enumerate(
                zip(source.headings, _filled(choice.mapping, len(source.headings)), strict=True)
            )
        ],
        fields=[
            (group, [(one.key, one.name) for one in members])
            for group, members in import_fields.grouped(found)
        ],
        names=[one.name for one in found] if is_long else [],
        is_checked=bool(states),
        match_fields=[(one.key, one.name) for one in key_fields(by_key, compiled)],
        match_by=choice.match_by,
        match_error=errors.get("match_by", ""),
        clear_word=choice.clear_word,
        clear_error=errors.get("clear_word", ""),
        replaces_rows=choice.replaces_rows,
        remembered_from=f"{last.username} did for {last.file_name}" if last else "",
    )


def _note(choice: Choice, index: int, key: str) -> str:
    """How a column's field was found, "" where a person said it."""
    if not key:
        return "Left out"
    return _ORIGINS.get(choice.origins[index], "") if index < len(choice.origins) else ""


def _filled(mapping: Sequence[str], length: int) -> list[str]:
    return [mapping[index] if index < len(mapping) else "" for index in range(length)]


def _samples(source: Import) -> list[str]:
    """The first text of each column."""
    rows = ImportRow.objects.filter(source=source).order_by("position")
    first = list(rows.values_list("cells", flat=True)[:_LOOKED_AT])
    return [
        next((text for cells in first if (text := cell(cells, index).strip())), "")[:_MAX_SAMPLE]
        for index in range(len(source.headings))
    ]


def _wrong_cells(source: Import) -> Counter[int] | None:
    """How many rows have a problem in each column; None where too many rows have problems."""
    rows = ImportRow.objects.filter(source=source, state__in=ImportRow.PROBLEMS)
    found = list(rows.values_list("problems", flat=True)[: _MAX_COUNTED + 1])
    if len(found) > _MAX_COUNTED:
        return None
    return Counter(
        column
        for problems in found
        for column in {problem["column"] for problem in problems}
        if column is not None
    )


def _result(
    index: int,
    one: ImportField | None,
    wrong: Counter[int] | None,
    states: Mapping[str, int],
    match_by: str,
) -> Mark | None:
    """What the check found in a column: rows to correct, or how many customers its texts name; None for nothing."""
    if one is None or wrong is None:
        return None
    if wrong[index]:
        return Mark(f"{counted(wrong[index], 'row')} to correct", "triangle", "warn")
    if one.key == match_by:
        known = states.get(RowState.CHANGED, 0) + states.get(RowState.UNCHANGED, 0)
        new = states.get(RowState.NEW, 0)
        return Mark(f"{thousands(known)} found, {thousands(new)} new", "tick", "good")
    return Mark("All rows fit", "tick", "good")
