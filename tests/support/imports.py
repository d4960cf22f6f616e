"""Imports for tests: uploaded, read, matched and checked without a worker."""

import csv
import io
import uuid
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.contrib.auth.models import User

from customers.codat.companies import accounting_connections
from customers.models import Import, ImportRow
from customers.service import default_service
from customers.spreadsheets.importing import states, uploading, working
from customers.spreadsheets.importing.matching_columns import suggest
from customers.spreadsheets.importing.remembered import remembered
from customers.spreadsheets.importing.targets import model_of
from sandbox import Sandbox
from tests.support.journal import COMPANY


def csv_of(headings: Sequence[str], *rows: Sequence[str]) -> bytes:
    """A CSV file."""
    text = io.StringIO(newline="")
    padded = [[*row, *[""] * (len(headings) - len(row))] for row in rows]
    csv.writer(text).writerows([headings, *padded])
    return text.getvalue().encode("utf-8-sig")


def uploaded(
    sandbox: Sandbox,
    user: User,
    content: bytes,
    *,
    name: str = "customers.csv",
    company: str = COMPANY,
    connection: int = 0,
) -> Import:
    """An import whose file waits to be read."""
    service, company_id = default_service(), sandbox.company(company)
    found = service.get_company(company_id=company_id)
    wanted = sandbox.connection(company, connection)
    stored = uploading.store(
        content,
        file_name=name,
        user=user,
        company_id=company_id,
        company=found,
        connection=next(c for c in accounting_connections(found) if c.get("id") == wanted),
        submission=uuid.uuid4(),
    )
    assert stored.is_new
    return stored.source


def work(source: Import, times: int = 1) -> Import:
    """Do the next step of an import, as the worker does."""
    for _ in range(times):
        working.step(source, default_service())
    return source


def matched(source: Import, user: User, **more: Any) -> Import:
    """Have the columns mean what is suggested; `match_by`, `replaces_rows` and others may be given."""
    suggestion = suggest(source.headings, model_of(source, default_service()), remembered(source))
    options: dict[str, Any] = {"match_by": suggestion.match_by} | more
    mapping = options.pop("mapping", suggestion.mapping)
    assert states.set_columns(source, mapping, user=user, **options)
    return source


def checked(sandbox: Sandbox, user: User, content: bytes, **more: Any) -> Import:
    """An import whose rows were checked. `name`, `company`, `connection` are of the upload, others of its columns."""
    of_upload = {key: more.pop(key) for key in ("name", "company", "connection") if key in more}
    source = work(uploaded(sandbox, user, content, **of_upload))
    assert source.state == Import.State.COLUMNS, source.message
    work(matched(source, user, **more))
    assert source.state == Import.State.CHECKED, (source.state, source.message)
    return source


def row(source: Import, number: int) -> ImportRow:
    """The row with this number in the sheet; the first one below the heading is 2."""
    return ImportRow.objects.get(source=source, position=number)


def states_of(source: Import) -> dict[str, int]:
    """How many rows are in each state."""
    return dict(Counter(ImportRow.objects.filter(source=source).values_list("state", flat=True)))


def changes(one: ImportRow) -> list[tuple[str, str, str]]:
    """What a row changes: label, old and new."""
    return [(each["label"], each["old"], each["new"]) for each in one.changes]


def alive(sandbox: Sandbox, company: str = COMPANY) -> list[dict[str, Any]]:
    """The customers in Codat's copy that were not deleted."""
    copy: Iterable[dict[str, Any]] = sandbox.state(company).copy.values()
    return [one for one in copy if not _metadata(one).get("isDeleted")]


def _metadata(one: Mapping[str, Any]) -> Mapping[str, Any]:
    return one.get("metadata") or {}
