"""Imports in any state, written into the database, as the worker would leave them."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone

from customers.models import Batch, Import, ImportFile, ImportRow, ImportStep
from tests.support.batch_rows import batch_of

HEADINGS = ["Firm", "E-mail", "Country code", "Our number", "Notes"]
# Fields of the sandbox's QuickBooks; the last column has none.
MAPPING = ["customerName", "emailAddress", "addresses.#1.country", "id", ""]
# A whole file.
SMALL_FILE = b"Firm,E-mail\n" + b"Fern Kitchens,office@fern.example\n" * 8
COMMA = {
    "format": "csv", "encoding": "utf-8-sig", "delimiter": ",", "quote": '"', "sheet": "", "header_row": 1,
    "sheets": [],
}  # fmt: skip
State = Import.State

_PROBLEMS: dict[str, dict[str, Any]] = {
    "invalid": {
        "kind": "email:emailAddress",
        "column": 1,
        "text": "Enter an email address, like name@example.com.",
        "choices": [],
    },
    "question": {
        "kind": "question",
        "column": None,
        "text": "Its name is spelled like that of Beacon Printers.",
        "choices": [["change:39", "Change Beacon Printers"], ["create", "Create a new customer"]],
    },
    "twice": {
        "kind": "twice",
        "column": None,
        "text": "Row 2 means the same customer.",
        "choices": [["leave_out", "Leave this row out"]],
    },
    "unknown_id": {
        "kind": "unknown_id",
        "column": None,
        "text": "No customer has the ID 4711.",
        "choices": [["create", "Create a new customer"], ["leave_out", "Leave this row out"]],
    },
}


def import_of(
    user: User, company: str, state: str, *, connection: str = "connection", **rows: int
) -> Import:
    """An import in a state, with so many rows in each: `import_of(user, company, "checked", new=3, invalid=2)`."""
    total = sum(rows.values())
    is_read = state not in (State.READING, State.UNREADABLE)
    source = Import.objects.create(
        user=user,
        username=user.get_username(),
        company_id=company,
        company_name="Harbour Lights Ltd",
        connection_id=connection,
        platform_name="QuickBooks Online",
        file_name="spring-customers.csv",
        size=1234,
        digest="0" * 64,
        reading=COMMA if is_read else {},
        headings=HEADINGS if is_read else [],
        mapping=MAPPING if is_read else [],
        match_by="id" if is_read else "",
        state=state,
        message="Row 7 has no closing quotation mark." if state == State.UNREADABLE else "",
        total=total,
        done=total // 2 if state in Import.WORKING else total,
        checked_at=timezone.now() if state in (State.CHECKED, State.SENT) else None,
        batch=_batch(user, company, connection, rows) if state == State.SENT else None,
    )
    ImportFile.objects.create(source=source, number=1, content=SMALL_FILE)
    ImportRow.objects.bulk_create(_rows(source, rows))
    ImportStep.objects.create(
        source=source, user=user, username=user.get_username(), action=ImportStep.Action.UPLOAD
    )
    return source


def _batch(user: User, company: str, connection: str, rows: dict[str, int]) -> Batch:
    batch = batch_of(user, company, "done", confirmed=rows.get("new", 0) + rows.get("changed", 0))
    batch.kind, batch.connection_id = Batch.Kind.IMPORT, connection
    batch.title = "Import spring-customers.csv"
    batch.save()
    return batch


def _rows(source: Import, rows: dict[str, int]) -> list[ImportRow]:
    states = [state for state, number in rows.items() for _ in range(number)]
    return [_row(source, number, state) for number, state in enumerate(states, start=2)]


def _row(source: Import, position: int, state: str) -> ImportRow:
    name = f"Fern Kitchens {position}"
    problem = _PROBLEMS.get(state)
    is_known = state in ("changed", "unchanged")
    old = "–" if state == "new" else "old@fern.example"
    is_change = state in ("new", "changed")
    return ImportRow(
        source=source,
        position=position,
        cells=[name, f"office@fern{position},example", "UK", str(position), "call before noon"],
        state=state,
        customer_id=f"c{position}" if is_known else "",
        customer_name=name,
        problems=[problem] if problem else [],
        problem_kind=problem["kind"] if problem else "",
        changes=[{"label": "Email", "old": old, "new": "new@fern.example"}] if is_change else [],
    )
