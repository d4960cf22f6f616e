"""The context of an import's page: each part of it is there where the import is far enough."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.http import HttpRequest, HttpResponse

from customers.batches.progress import Progress, progress_of
from customers.batches.workers import no_worker
from customers.codat.companies import accounting_connection, is_linked
from customers.codat.errors import CodatError
from customers.forms import compile_model
from customers.forms.presentation.display import CompiledModel
from customers.models import Batch, Import
from customers.service import default_service
from customers.spreadsheets.importing import fields as import_fields
from customers.spreadsheets.importing import sending, uploading
from customers.spreadsheets.importing.fields import ImportField
from customers.spreadsheets.pages.import_columns import Choice, columns_view
from customers.spreadsheets.pages.import_file import FileForm, preview
from customers.spreadsheets.pages.import_place import ImportPlace
from customers.spreadsheets.pages.import_rows import Shown, rows_view, state_counts
from customers.spreadsheets.pages.import_sentences import (
    bar_text,
    kept_until,
    percent,
    said,
    sendable,
    with_problems,
)
from customers.web import htmx, links
from customers.web.error_pages import heading
from customers.writes.approving import requesting

State = Import.State
_TEMPLATES = "spreadsheets/import.html", "spreadsheets/_import.html"
# Seconds until the page asks again: while the worker reads or checks, while it waits, while the batch runs.
_WORKING, _WAITING, _SENDING = 1, 15, 5
_MOVING = (Batch.State.PREPARING, Batch.State.RUNNING)
_STEPS = {
    State.READING: "file",
    State.UNREADABLE: "file",
    State.COLUMNS: "columns",
    State.CHECKING: "check",
    State.CHECKED: "check",
    State.SENT: "send",
    State.CANCELLED: "file",
}


@dataclass
class ImportView:
    """One request to the page of an import.

    `typed`, `choice`, `file_form` and `errors` are what was posted and not stored; `problem` says why.
    """

    request: HttpRequest
    source: Import
    problem: str = ""
    typed: dict[str, str] = field(default_factory=dict)
    choice: Choice | None = None
    file_form: FileForm | None = None
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """The import's address."""
        return links.import_page(self.source.company_id, self.source.pk)

    @property
    def here(self) -> str:
        """The address with the place of the rows."""
        return self.url + self.place.address()

    @cached_property
    def place(self) -> ImportPlace:
        """Which rows are shown."""
        return ImportPlace.of(self.request.GET)

    @cached_property
    def has_rows(self) -> bool:
        """Whether the rows were checked once: they stay on the page while some are checked again."""
        source = self.source
        is_checked = source.state == State.CHECKED or source.checked_at is not None
        return is_checked and source.state in (State.CHECKED, State.CHECKING)

    @cached_property
    def has_columns(self) -> bool:
        """Whether the columns can be matched now."""
        return self.source.state == State.COLUMNS or self.has_rows

    @cached_property
    def states(self) -> dict[str, int]:
        """The numbers of rows by state."""
        return {} if self.source.forgotten_at else state_counts(self.source)

    @cached_property
    def progress(self) -> Progress | None:
        """How far the batch of an import is that was sent; None elsewhere."""
        batch = self.source.batch
        return progress_of(batch) if batch and self.source.state == State.SENT else None

    @cached_property
    def connection_problem(self) -> str:
        """Why nothing can be sent at the moment: a sentence, "" for nothing."""
        snapshots = default_service().snapshots
        try:
            company = snapshots.get_company(company_id=self.source.company_id).data
        except CodatError as error:
            return f"{heading(error)}. {error.sentence}"
        connection = accounting_connection(company, self.source.connection_id)
        if connection is None:
            return (
                "The company’s connection was replaced after this file was uploaded."
                " Cancel this import, and upload the file again."
            )
        if not is_linked(connection):
            return "The connection must be authorised again before anything can be sent."
        return ""

    @cached_property
    def compiled(self) -> CompiledModel | str:
        """The connection's model; where it cannot be read, a sentence that says why."""
        try:
            model = default_service().snapshots.get_create_update_model(
                company_id=self.source.company_id,
                connection_id=self.source.connection_id,
                check=compile_model,
            )
        except CodatError as error:
            return f"{heading(error)}. {error.sentence}"
        return compile_model(model.data)

    @cached_property
    def fields(self) -> list[ImportField]:
        """The fields that a column may mean; [] where the model cannot be read."""
        if isinstance(self.compiled, str):
            return []
        choice = self.choice or Choice.of(self.source, self.compiled)
        return import_fields.fields(self.compiled, choice.mapping)

    @cached_property
    def labels(self) -> dict[str, str]:
        """The labels of fields by their bulk keys, for the headings of groups of problems."""
        return {one.bulk_key: one.name for one in self.fields}

    @property
    def seconds(self) -> int:
        """When the page asks again, 0 for never."""
        source = self.source
        if source.state in Import.WORKING:
            return _WAITING if source.due_at else _WORKING
        batch = source.batch if source.state == State.SENT else None
        if batch and batch.state in Batch.OPEN:
            return _SENDING if batch.state in _MOVING else _WAITING
        return 0

    def render(self, *, status: int = 200) -> HttpResponse:
        """The page, or for HTMX the part of it that changes."""
        context = self._state() | self._file() | self._columns() | self._rows() | self._batch()
        if htmx.is_fragment(self.request):
            context["out_of_band"] = True
        return htmx.render(self.request, *_TEMPLATES, context, status=status)

    def _state(self) -> dict[str, Any]:
        source = self.source
        in_words = said(
            source, self.states, self.progress, waits_for_approval=self._waits_for_approval()
        )
        return {
            "one": source,
            "url": self.url,
            "here": self.here,
            "place": self.place,
            "step": _STEPS[State(source.state)],
            "said": in_words,
            "percent": percent(source),
            "announcement": in_words.heading,
            "seconds": self.seconds,
            "problem": self.problem,
            "is_open": source.state in Import.OPEN,
            "connection_problem": self.connection_problem if self.has_columns else "",
            "missing_worker": self._missing_worker(),
            "earlier": self._earlier(),
            "history": list(source.steps.order_by("at", "id")),
            "kept_until": kept_until(source),
            "customers_url": links.customers(source.company_id),
            "imports_url": links.company_imports(source.company_id),
            "new_url": links.new_import(source.company_id, connection=source.connection_id),
        }

    def _waits_for_approval(self) -> bool:
        batch = self.source.batch if self.source.state == State.SENT else None
        is_ready = batch is not None and batch.state == Batch.State.READY
        return batch is not None and is_ready and requesting.waiting_for(batch) is not None

    def _missing_worker(self) -> str:
        source = self.source
        if source.state not in Import.WORKING or source.due_at:
            return ""
        return no_worker(waits_since=source.changed_at)

    def _earlier(self) -> dict[str, Any] | None:
        """Another import of the same file, until the columns of this one are matched."""
        if self.source.state not in (State.READING, State.UNREADABLE, State.COLUMNS):
            return None
        found = uploading.earlier(self.source)
        if found is None:
            return None
        return {"one": found, "url": links.import_page(found.company_id, found.pk)}

    def _file(self) -> dict[str, Any]:
        """How the file is read, and another one: of an import that is open."""
        source = self.source
        is_shown = source.state in Import.OPEN and source.state not in Import.WORKING
        form = (self.file_form or FileForm.of(source)) if is_shown else None
        has_check = self.has_rows or source.state == State.SENT
        is_there = has_check and not source.forgotten_at
        return {
            "has_file": is_shown,
            "file_form": form,
            "preview": preview(source, form) if form and not self.has_rows else [],
            "upload_url": links.import_upload(source.company_id, source.pk),
            "problems_url": links.import_problems(source.company_id, source.pk) if is_there else "",
        }

    def _columns(self) -> dict[str, Any]:
        """The columns; without the model of the connection why there are none."""
        if not self.has_columns:
            return {"columns": None, "columns_problem": ""}
        if isinstance(self.compiled, str):
            return {"columns": None, "columns_problem": self.compiled}
        choice = self.choice or Choice.of(self.source, self.compiled)
        states = self.states if self.has_rows else {}
        view = columns_view(self.source, self.compiled, self.fields, states, choice, self.errors)
        return {"columns": view, "columns_problem": ""}

    def _rows(self) -> dict[str, Any]:
        """The rows, and what can be sent of them."""
        source = self.source
        context = {
            "rows": None,
            "is_busy": False,
            "may_recheck": False,
            "price": None,
            "bar_text": "",
        }
        if not self.has_rows:
            return context
        is_busy = source.state == State.CHECKING
        fields = {
            index: one for index, key in enumerate(source.mapping) if (one := self._field(key))
        }
        shown = Shown(source, fields, self.labels, self.typed)
        may_send = not is_busy and not self.connection_problem and sendable(self.states)
        price = sending.price(source, default_service()) if may_send else None
        return context | {
            "rows": rows_view(shown, self.place, self.states),
            "is_busy": is_busy,
            "may_recheck": not is_busy,
            "price": price,
            "bar_text": "" if is_busy else bar_text(price, self.states),
        }

    def _field(self, key: str) -> ImportField | None:
        return next((one for one in self.fields if one.key == key), None)

    def _has_failed(self) -> bool:
        """Whether rows stayed here, or were not accepted, and nothing of them goes on."""
        batch, progress = self.source.batch, self.progress
        if batch is None or progress is None or batch.state in Batch.OPEN:
            return False
        return bool(progress.retried or with_problems(self.states))

    def _batch(self) -> dict[str, Any]:
        """What became of an import that was sent."""
        source = self.source
        batch = source.batch if source.state == State.SENT else None
        is_there = source.state == State.SENT and not source.forgotten_at
        return {
            "batch": batch,
            "batch_url": links.batch(source.company_id, batch.pk) if batch else "",
            "progress": self.progress,
            "has_failed": self._has_failed(),
            "outcome_url": links.import_outcome(source.company_id, source.pk) if is_there else "",
        }
