"""What is wrong with rows, in groups of a kind, and how a person mends it: one row, or all rows of a kind at once.

A problem of a row is about one cell, or about which customer the row means. Its kind names the rule and the field:
`option:addresses.country`. Rows are corrected in place; the cells of the file stay as they were read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count

from customers.codat.text import db_safe
from customers.models import Import, ImportRow

RowState = ImportRow.State

# Characters of the column `problem_kind`.
MAX_KIND = 100
# Of a row: more are of no use to anybody.
MAX_PROBLEMS, MAX_TEXT = 20, 500

# Headings of the kinds about one cell; `{}` is the label of the field.
_OF_CELLS = {
    "required": "{} is missing",
    "option": "{} is not in the list",
    "boolean": "{} is not yes or no",
    "number": "{} is not a number",
    "number_unclear": "{} could be two numbers",
    "date": "{} is not a date",
    "date_unclear": "{} could be two days",
    "long": "{} is too long",
    "short": "{} is too short",
    "email": "{} is not a valid email address",
    "character": "{} has a character that cannot be sent",
    "was_number": "{} was a number in the sheet",
    "was_exponent": "{} was a long number in the sheet",
    "was_date": "{} was a date in the sheet",
    "was_error": "{} is an error of the sheet",
    "was_formula": "{} is a formula without a value",
    "other": "{} is not accepted",
}
# Headings of the kinds about which customer a row means, and what can be done about them.
_OF_ROWS = {
    RowState.QUESTION: "New, or spelled differently",
    RowState.AMBIGUOUS: "Several customers fit",
    RowState.TWICE: "Twice in the file",
    RowState.UNKNOWN_ID: "Unknown customer ID",
    RowState.DELETED: "Deleted in the accounting software",
    RowState.CONFLICT: "In another import or batch",
    "same_name": "Another customer has this name",
    "rows": "Too many rows of a list",
    "row": "Rows that cannot be sent",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a row.

    `column` is the index of its cell, None where it is about the row. `text` is a sentence. `choices` are (value,
    label): of a cell the texts that it could have, of a row the decisions that a person can make.
    """

    kind: str
    text: str
    column: int | None = None
    choices: tuple[tuple[str, str], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As a row stores it."""
        return {
            "kind": self.kind[:MAX_KIND],
            "text": db_safe(self.text, MAX_TEXT),
            "column": self.column,
            "choices": [
                [db_safe(v, MAX_TEXT), db_safe(name, MAX_TEXT)] for v, name in self.choices
            ],
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Problem:
        """From a row."""
        choices = tuple((str(value), str(label)) for value, label in stored["choices"])
        return cls(stored["kind"], stored["text"], stored["column"], choices)


@dataclass(frozen=True, slots=True)
class Group:
    """Rows with one kind of problem, and what they have in common."""

    kind: str
    heading: str
    rows: int

    @property
    def is_of_cell(self) -> bool:
        """Whether the problem is about a cell, so that one text can correct all of them."""
        return self.kind.split(":")[0] in _OF_CELLS


def kind_of_cell(rule: str, key: str) -> str:
    """The kind of a problem with a cell. `key` is that of the field without positions: one for all addresses."""
    return f"{rule}:{key}"[:MAX_KIND]


def heading(kind: str, labels: Mapping[str, str]) -> str:
    """What rows of a kind have in common: "Country is not in the list". `labels` are those of fields by `bulk_key`."""
    rule, _, key = kind.partition(":")
    if rule in _OF_CELLS:
        return _OF_CELLS[rule].format(labels.get(key, "A value"))
    return _OF_ROWS.get(rule, "Other problems")


def groups(source: Import, labels: Mapping[str, str]) -> list[Group]:
    """The problems of an import's rows by kind, the most frequent first."""
    rows = ImportRow.objects.filter(source=source, state__in=ImportRow.PROBLEMS)
    counts = rows.order_by().values("problem_kind").annotate(number=Count("pk"))
    found = [
        Group(each["problem_kind"], heading(each["problem_kind"], labels), each["number"])
        for each in counts
    ]
    return sorted(found, key=lambda group: (-group.rows, group.heading))
