"""The page on which customers are exported, and the file. It works without scripts: the button starts the download."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, QueryDict, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from customers.attachments.headers import set_file_headers
from customers.attachments.streaming import Transfer
from customers.batches import selection as selections
from customers.batches.selection import CannotSelect, Selection
from customers.codat.errors import CodatError, NotFound, NotSynced
from customers.codat.http.call_context import no_deadline
from customers.codat.pages import position
from customers.editing.opening import uuid_or_new
from customers.formatting import thousands
from customers.forms.model import ModelError, Node, parse_model
from customers.notices.addresses import absolute
from customers.service import default_service
from customers.spreadsheets.columns import key_of
from customers.spreadsheets.exporting.export import (
    NOTHING,
    TOO_MANY,
    ExportBody,
    ExportRequest,
    NotPossible,
    open_export,
)
from customers.spreadsheets.exporting.fields import groups, shape_of
from customers.spreadsheets.exporting.options import (
    COLUMNS_LABELS,
    FORMAT_LABELS,
    LAYOUT_LABELS,
    Options,
    media_type,
    options_of,
    suffix,
)
from customers.spreadsheets.exporting.reading import (
    MAX_CUSTOMERS,
    PAGE_SIZE,
    TICKED_TOGETHER,
    Record,
    TickedReading,
)
from customers.web import links
from customers.web.company_context import CompanyContext, load_company
from customers.web.error_pages import heading, status_in_place
from customers.web.reader import reader_of, store

# Customers that are read to see which fields they have.
_SAMPLE = 100
_MAX_DIGITS = 9


@dataclass(frozen=True, slots=True)
class _Page:
    """One request to the page: what is exported, and the choices."""

    request: HttpRequest
    page: CompanyContext
    selection: Selection
    options: Options
    submission: uuid.UUID

    @property
    def address(self) -> str:
        """The page's own address; ticked IDs are not part of it."""
        return links.export(
            self.page.company_id,
            connection=self.page.connection_id if self.page.suffix else "",
            listed=self.selection.state.address(page=1),
            is_all=self.selection.is_all,
        )

    def render(
        self, count: int, records: Sequence[Record], *, status: int = 200, problem: str = ""
    ) -> HttpResponse:
        """The page. `records` are some of the customers, `problem` why nothing was exported."""
        options, model = self.options, _model(self.page)
        fields = shape_of(records, model).fields()
        context = {
            "page": self.page,
            "selection": self.selection,
            "ids": selections.ids_text(self.selection.ids) if self.selection.ids else "",
            "count": count,
            "options": options,
            "groups": groups(fields, options.own),
            "ticked": options.own or [key_of(field) for field in fields if Options().has(field)],
            "columns_labels": COLUMNS_LABELS,
            "layout_labels": LAYOUT_LABELS,
            "format_labels": FORMAT_LABELS,
            "errors": [{"text": problem, "anchor": ""}] if problem else [],
            "impossible": self._impossible(count),
            "is_by_id": not self.selection.ids and count > PAGE_SIZE,
            "page_size": PAGE_SIZE,
            "submission": self.submission,
            "form_url": self.address,
            "back_url": self.selection.list_url,
            "exports_url": links.exports(),
            "progress_url": links.exported(self.page.company_id, self.submission),
        }
        return render(self.request, "spreadsheets/export.html", context, status=status)

    def _impossible(self, count: int) -> str:
        if not count:
            return NOTHING
        return TOO_MANY if count > MAX_CUSTOMERS else ""


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("customers.read_customers", raise_exception=True)
def export(request: HttpRequest, company_id: str) -> HttpResponseBase:
    """The page for the ticked customers (POST `ids`), or all of a list (`?all=1&list=`).

    A post with a `submission` is the form's own, and its response the file.
    """
    page = load_company(request, company_id)
    query: QueryDict = request.GET.copy()
    if request.method != "POST":
        query.setdefault("all", "1")
    try:
        selection = selections.read_selection(query, request.POST, company_id)
    except CannotSelect as error:
        return _state(request, page, 422, sentence=str(error))
    is_form = request.method == "POST" and "submission" in request.POST
    options = options_of(dict(request.POST.lists()) if is_form else reader_of(request).export)
    opened = _Page(request, page, selection, options, uuid_or_new(request.POST.get("submission")))
    try:
        return _file(opened) if is_form else _open(opened)
    except (NotSynced, NotFound) as error:
        if page.connection and not isinstance(error, NotSynced):
            raise
        return _state(request, page, 409, is_synced=False)


def _open(opened: _Page) -> HttpResponse:
    """The page with what Codat says now: how many customers there are, and which fields they have."""
    selection, service = opened.selection, default_service()
    company_id = opened.page.company_id
    if selection.ids:
        some = TickedReading(service, company_id, selection.ids[:TICKED_TOGETHER])
        return opened.render(len(selection.ids), some.first)
    if not selection.is_all:
        return _state(opened.request, opened.page, 422, sentence=selections.NOTHING)
    results = service.list_records(
        company_id=company_id, page_size=_SAMPLE, query=selection.state.query, order_by="id"
    )
    records = cast("Sequence[Record]", results["results"])
    return opened.render(position(results, 1, _SAMPLE).total, records)


def _file(opened: _Page) -> HttpResponseBase:
    """The file as a download, or the page again with the reason why there is none."""
    request, options = opened.request, opened.options
    count = _expected(request.POST)
    if options.problem:
        return opened.render(count, (), status=422, problem=options.problem)
    store(cast(User, request.user), export=options.stored())
    size: int | None = None

    def open_body() -> ExportBody:
        nonlocal size
        body = open_export(_request(opened, count), default_service(), _model(opened.page))
        try:
            # As many pages as there are; each has its own time-outs.
            with no_deadline():
                size = body.prepare()
        except BaseException:
            body.close()
            raise
        return body

    try:
        transfer = Transfer(request, "export", open_body)
    except NotPossible as error:
        return opened.render(count, (), status=422, problem=str(error))
    except (NotSynced, NotFound):
        raise
    except CodatError as error:
        problem = f"{heading(error)}. {error.sentence} Nothing was exported."
        return opened.render(count, (), status=status_in_place(error), problem=problem)
    response = StreamingHttpResponse(transfer)
    file_type = media_type(options.format)
    name = f"Customers of {opened.page.name} {transfer.body.day}{suffix(options.format)}"
    metadata = {"name": name, "contentType": file_type}
    set_file_headers(response, metadata, "customers", size, as_attachment=True)
    response["Content-Type"] = file_type
    return response


def _request(opened: _Page, count: int) -> ExportRequest:
    page, selection = opened.page, opened.selection
    ticked = f"{thousands(len(selection.ids))} selected"
    return ExportRequest(
        export_id=opened.submission,
        user=cast(User, opened.request.user),
        company_id=page.company_id,
        company_name=page.name,
        connection_id=page.connection_id,
        platform=page.platform,
        selection=selection,
        options=opened.options,
        rows=ticked if selection.ids else selection.conditions or "All customers",
        address=absolute(selection.list_url, opened.request),
        expected=count or None,
    )


def _expected(post: Mapping[str, Any]) -> int:
    """How many customers the page had; 0 where the post does not say."""
    text = str(post.get("count", ""))
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _MAX_DIGITS else 0


def _model(page: CompanyContext) -> Node | None:
    """The connection's create/update model where it is known; it costs no call."""
    cached = default_service().snapshots.cached_create_update_model(
        company_id=page.company_id, connection_id=page.connection_id
    )
    try:
        return parse_model(cached.data) if cached else None
    except ModelError:
        return None


def _state(
    request: HttpRequest,
    page: CompanyContext,
    status: int,
    *,
    sentence: str = "",
    is_synced: bool = True,
) -> HttpResponse:
    """A page that says why there is nothing to export, in place of the form."""
    context = {
        "page": page,
        "sentence": sentence,
        "is_synced": is_synced,
        "back_url": page.customers_url,
    }
    return render(request, "spreadsheets/export_state.html", context, status=status)
