"""The page of one batch: how far it is, what needs a person, its rows; and what a person does with it."""

import uuid
from typing import Any, cast

from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_http_methods

from customers.batches import following_up, states
from customers.batches.estimate import calls_used, estimate, slow_software
from customers.batches.pages.batch_sentences import said
from customers.batches.pages.question import question_of
from customers.batches.pages.row_list import RowPlace, row_mark, row_page
from customers.batches.pages.row_view import first_to_fix
from customers.batches.progress import Progress, progress_of
from customers.batches.reasons import needs_of
from customers.batches.workers import missing_worker
from customers.codat.companies import accounting_connection
from customers.codat.errors import CodatError
from customers.editing.opening import uuid_or_new
from customers.models import Approval, Batch, Import, Write
from customers.service import default_service
from customers.web import htmx, links, recent
from customers.web.error_pages import heading, status_in_place
from customers.web.reader import RecentRecord
from customers.writes.pages.approval_state import context_of

State = Batch.State

# Seconds until the page asks again: while rows move, while they are checked, while nothing moves quickly.
_MOVING, _CHECKING, _WAITING = 2, 5, 15
_MAX_DIGITS = 6
_SENDING = (State.RUNNING, State.PAUSED)


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("customers.read_customers", raise_exception=True)
def batch_page(request: HttpRequest, company_id: str, batch_id: uuid.UUID) -> HttpResponse:
    """One batch. `?state`, `?q` and `?page` select its rows. HTMX repeats the GET while something changes.

    POST `action` is start, pause, resume, cancel, retry or undo; each has an effect once, whatever the number of posts.
    """
    asked = Exists(Approval.objects.filter(batch=OuterRef("pk")))
    rows = Batch.objects.annotate(has_approval=asked)
    batch = get_object_or_404(rows, pk=batch_id, company_id=company_id)
    problem, status = "", 200
    if request.method == "POST":
        if not request.user.has_perm("customers.write_customers"):
            raise PermissionDenied
        try:
            following = _act(request, batch)
            return htmx.see_other(links.batch(company_id, following.pk) + _place(request).address())
        except CodatError as error:
            problem, status = f"{heading(error)}. {error.sentence}", status_in_place(error)
        except _Refused as error:
            problem, status = str(error), 409
    context = batch_context(request, batch) | {"problem": problem}
    if htmx.is_fragment(request):
        context["out_of_band"] = True
    recent.visit_record(request, RecentRecord("batch", company_id, str(batch_id)))
    return htmx.render(request, "batches/batch.html", "batches/_batch.html", context, status=status)


class _Refused(Exception):
    """Nothing was done; str(e) is a sentence for people."""


def _place(request: HttpRequest) -> RowPlace:
    return RowPlace.of(request.GET)


# -- what a person does -----------------------------------------------------------------------------


def _act(request: HttpRequest, batch: Batch) -> Batch:
    """Do what a button says; the batch whose page follows. Raises CodatError, _Refused."""
    user, action = cast(User, request.user), request.POST.get("action", "")
    moves = {
        "start": states.start,
        "pause": states.pause,
        "resume": states.resume,
        "cancel": states.cancel,
    }
    if action in moves:
        moves[action](batch, user)
        return batch
    if action in ("retry", "undo"):
        if batch.state in Batch.OPEN:
            raise _Refused("This batch has not ended. Nothing was created.")
        return _follow_up(request, batch, user, action)
    raise _Refused("This page has no such button.")


def _follow_up(request: HttpRequest, batch: Batch, user: User, action: str) -> Batch:
    """The batch that tries again what failed, or undoes what was accepted."""
    company = default_service().get_company(company_id=batch.company_id)
    connection = accounting_connection(company, batch.connection_id)
    if connection is None:
        raise _Refused("The company’s connection was replaced, so nothing was created.")
    follow = following_up.retry if action == "retry" else following_up.undo
    made = follow(
        batch,
        user,
        company=company,
        connection=connection,
        submission=uuid_or_new(request.POST.get("submission")),
    )
    if made is None:
        raise _Refused("No row is left for this.")
    return made[0]


# -- what the page shows ----------------------------------------------------------------------------


def batch_context(request: HttpRequest, batch: Batch) -> dict[str, Any]:
    """The context of `batches/batch.html` and `batches/_batch.html`."""
    place, progress = _place(request), progress_of(batch)
    may_write = request.user.has_perm("customers.write_customers")
    url = links.batch(batch.company_id, batch.pk)
    approval = _approval(request, batch)
    is_asked = approval is not None and approval["request"].state == Approval.State.WAITING
    state = said(batch, progress, waits_for_approval=is_asked)
    context = {
        "batch": batch,
        "url": url,
        "here": url + place.address(),
        "place": place,
        "progress": progress,
        "counts": _counts(url, place, progress),
        "said": state,
        "announcement": _announcement(batch, state.heading, progress),
        "seconds": seconds_until_next(batch, progress),
        "needs": needs_of(batch, progress),
        "listed": row_page(batch, place, progress, may_write=may_write),
        "may_write": may_write,
        "missing_worker": missing_worker(batch),
        "workers_url": links.workers() if request.user.has_perm("customers.manage_people") else "",
        "slow_software": slow_software(batch, default_service())
        if batch.state in Batch.OPEN
        else "",
        "result_url": links.batch_result(batch.company_id, batch.pk),
        "company_batches_url": links.company_batches(batch.company_id),
        "customers_url": links.customers(batch.company_id),
        "calls_used": calls_used(batch, default_service()) if batch.state in _SENDING else "",
        "estimate": None,
        "first_to_fix": first_to_fix(batch, place) if may_write and progress.of("invalid") else "",
        "saved": _saved_row(request, batch),
        "approval": approval,
    }
    if batch.state in (State.READY, State.PREPARING) and progress.of("queued"):
        context["estimate"] = estimate(progress.of("queued"), default_service())
    return context | _history(batch) | _end(batch, progress, may_write=may_write)


def _approval(request: HttpRequest, batch: Batch) -> dict[str, Any] | None:
    """The newest request for its approval; None where none was asked. No query where there is none."""
    if not getattr(batch, "has_approval", True):
        return None
    newest = batch.approvals.order_by("-asked_at", "-id").first()
    return context_of(newest, cast(User, request.user)) if newest else None


def _saved_row(request: HttpRequest, batch: Batch) -> dict[str, Any] | None:
    """The row that was just corrected (`?saved`, its position), and what became of it; None on any other page."""
    text = request.GET.get("saved", "")
    if not text.isdecimal() or len(text) > _MAX_DIGITS:
        return None
    row = batch.rows.filter(position=int(text)).first()
    if row is None:
        return None
    return {"name": row.label, "mark": row_mark(row, batch)}


def seconds_until_next(batch: Batch, progress: Progress) -> int:
    """When the page asks again, 0 for never: at the end."""
    if batch.state == State.PREPARING:
        return _WAITING if batch.halted else _CHECKING
    if batch.state == State.RUNNING:
        return _WAITING if batch.halted or progress.is_only_waiting else _MOVING
    if batch.state in (State.READY, State.PAUSED):
        # Somebody else may start, approve or resume it, and what was sent is still confirmed.
        return _WAITING
    following = progress.of("sent") + progress.of("accepted")
    return _WAITING if batch.state == State.CANCELLED and following else 0


def _counts(url: str, place: RowPlace, progress: Progress) -> list[dict[str, Any]]:
    """The counts as filters: each with its address, the first for all rows."""
    found: list[dict[str, Any]] = [
        {"key": "", "label": "All", "mark": None, "rows": progress.total}
    ]
    found += [
        {"key": group.key, "label": group.label, "mark": group.mark, "rows": rows}
        for group, rows in progress.shown
    ]
    for item in found:
        item["url"] = url + place.address(state=item["key"], page=1)
        item["is_current"] = place.state == item["key"]
    return found


def _announcement(batch: Batch, said_heading: str, progress: Progress) -> str:
    """What a screen reader hears: it changes with the state, and with each quarter."""
    if batch.state != State.RUNNING or batch.halted:
        return said_heading
    quarter = progress.percent // 25 * 25
    return f"{batch.get_state_display()}, {quarter} % finished" if quarter else "Running"


def _history(batch: Batch) -> dict[str, Any]:
    """Who did what, what the batch was made of, and the batches before and after."""
    return _file(batch) | {
        "steps": list(batch.steps.order_by("at", "id")),
        "question": question_of(batch),
        "source": batch.source,
        "source_url": links.batch(batch.company_id, batch.source_id) if batch.source_id else "",
        "followers": [
            (follower, links.batch(follower.company_id, follower.pk))
            for follower in batch.followers.order_by("created_at")
        ],
    }


def _file(batch: Batch) -> dict[str, str]:
    """The import that the batch was made of: its file and address, "" for none."""
    if batch.kind != Batch.Kind.IMPORT:
        return {"file_name": "", "import_url": ""}
    source = Import.objects.filter(batch=batch).only("file_name", "company_id").first()
    if source is None:
        return {"file_name": "", "import_url": ""}
    return {
        "file_name": source.file_name or "a file",
        "import_url": links.import_page(source.company_id, source.pk),
    }


def _end(batch: Batch, progress: Progress, *, may_write: bool) -> dict[str, Any]:
    """What can be tried again or undone, in rows: 0 while the batch is open, and for a reader who may not write.

    Once its values were deleted, nothing can. `created_rows` are accepted, and cannot be undone.
    """
    if batch.state in Batch.OPEN or batch.forgotten_at or not may_write:
        return {"retry_rows": 0, "undo_rows": 0, "created_rows": 0, "submission": ""}
    created = Write.objects.filter(batch=batch, state=Write.State.SUCCESS, kind=Write.Kind.CREATE)
    return {
        "created_rows": created.count(),
        "retry_rows": progress.retried,
        "undo_rows": following_up.undone_writes(batch).count() if progress.total else 0,
        "submission": uuid.uuid4(),
        "retry_url": links.new_batch(
            batch.company_id, connection=batch.connection_id, source=batch.pk
        ),
    }
