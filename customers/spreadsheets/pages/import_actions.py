"""What a person does on the page of an import. Each has an effect once, and only on what the page showed."""

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import cast

from django.contrib.auth.models import User
from django.http import HttpResponse
from django.utils import timezone

from customers.codat.errors import CodatError
from customers.models import Import, ImportStep
from customers.service import default_service
from customers.spreadsheets.files import reading
from customers.spreadsheets.files.limits import Unreadable
from customers.spreadsheets.importing import sending, states, uploading
from customers.spreadsheets.pages.import_columns import Choice
from customers.spreadsheets.pages.import_context import ImportView
from customers.spreadsheets.pages.import_file import FileForm
from customers.spreadsheets.pages.import_mending import Nothing, changed_by_person, is_mended, mend
from customers.web import htmx, links
from customers.web.error_pages import heading

Step = ImportStep.Action

_CHANGED = "This import was changed meanwhile, so nothing was done. Look at it again."
_BUSY = "The rows are being checked, so nothing was done. Wait until they are."
_ANSWERED = "Nothing was done: these rows have been answered already."
_NO_BUTTON = "This page has no such button."
# The steps of buttons: a double click finds its own one.
_STEPS = {
    "file": Step.FILE,
    "guess": Step.FILE,
    "columns": Step.COLUMNS,
    "recheck": Step.CHECK,
    "send": Step.SEND,
    "cancel": Step.CANCEL,
    "delete": Step.DELETE,
    "correct": Step.CORRECT,
    "correct_all": Step.CORRECT,
    "clear_all": Step.CORRECT,
    "accept_all": Step.CORRECT,
    "use": Step.CORRECT,
    "decide_all": Step.DECIDE,
    "leave_out": Step.LEAVE_OUT,
    "leave_out_all": Step.LEAVE_OUT,
}
_REPEATED_WITHIN = timedelta(seconds=10)


class NotDone(Exception):
    """Nothing was done; str(e) says why, as sentences for people. `status` is 409 or 422."""

    def __init__(self, sentence: str, status: int = 409) -> None:
        super().__init__(sentence)
        self.status = status


def act(view: ImportView) -> HttpResponse:
    """Do what a button says, and show what follows. What was not done is said, with all that was typed."""
    source, post = view.source, view.request.POST
    user = cast(User, view.request.user)
    action, _, target = post.get("action", "").partition(":")
    if action == "discard":
        return _discard(view, user)
    try:
        shown = post.get("version", "")
        if shown != str(source.version):
            is_repeated = _is_repeated(source, user, action, shown)
            if is_repeated and is_mended(source, post, action, target):
                return htmx.see_other(view.here)
            raise NotDone(_CHANGED)
        if not _do(view, user, action, target):
            raise NotDone(_not_done(source, shown))
    except Nothing as error:
        return _refused(view, NotDone(str(error), 422))
    except NotDone as error:
        return _refused(view, error)
    return htmx.see_other(view.here)


def _do(view: ImportView, user: User, action: str, target: str) -> bool:
    """Do it; whether the import was as the page showed it. Raises NotDone, Nothing."""
    source, post = view.source, view.request.POST
    match action:
        case "file":
            return _read_again(view, user)
        case "guess":
            return states.reread(source, {}, user)
        case "columns":
            return _set_columns(view, user)
        case "recheck":
            return states.recheck(source, user)
        case "send":
            return _send(view, user)
        case "cancel":
            return states.cancel(source, user)
        case "delete":
            return states.delete_now(source, user)
        case "take_in":
            return mend(source, post, action, target, user)
        case _ if action in _STEPS:
            return mend(source, post, action, target, user)
    raise NotDone(_NO_BUTTON, 422)


def _refused(view: ImportView, error: NotDone) -> HttpResponse:
    """The import as it is, with what was typed and why nothing was done."""
    view.source.refresh_from_db()
    post = view.request.POST
    view.problem = str(error)
    view.typed = changed_by_person(post)
    is_columns = post.get("action") == "columns" and view.has_columns and view.choice is None
    if is_columns and not isinstance(view.compiled, str):
        view.choice = Choice.posted(view.source, post, view.compiled)
    if post.get("action") == "file" and view.file_form is None:
        view.file_form = FileForm.posted(view.source, post)
    return view.render(status=error.status)


def _is_repeated(source: Import, user: User, action: str, shown: str) -> bool:
    """Whether the same person has pressed the same button of the same page a moment ago: a double click."""
    last = source.steps.order_by("-at", "-id").first()
    if last is None or last.user_id != user.pk or last.action != _STEPS.get(action):
        return False
    is_of_page = shown == str(source.version - 1)
    return is_of_page and timezone.now() - last.at < _REPEATED_WITHIN


def _not_done(source: Import, shown: str) -> str:
    """Why an import that was as the page showed it was not changed."""
    source.refresh_from_db()
    if shown != str(source.version):
        return _CHANGED
    return _BUSY if source.state in Import.WORKING else _ANSWERED


def _read_again(view: ImportView, user: User) -> bool:
    """Read the file as a person says."""
    source = view.source
    before = FileForm.of(source)
    form = view.file_form = FileForm.posted(source, view.request.POST)
    if before is None or form is None:
        raise NotDone("The file is being read. Wait a moment.")
    if form.errors:
        raise NotDone(next(iter(form.errors.values())), 422)
    chosen = form.reading
    if chosen.sheet != before.reading.sheet and chosen.header_row == before.reading.header_row:
        # Another sheet has its headings elsewhere.
        with suppress(Unreadable, ValueError):
            content = uploading.content_of(source)
            chosen = reading.with_sheet(content, before.reading, chosen.sheet)
    return states.reread(source, replace(chosen).to_json(), user)


def _set_columns(view: ImportView, user: User) -> bool:
    """Have the rows checked with these columns."""
    if not view.has_columns:
        raise NotDone(_CHANGED)
    if isinstance(view.compiled, str):
        raise NotDone(f"{view.compiled} Nothing was done.", 503)
    choice = view.choice = Choice.posted(view.source, view.request.POST, view.compiled)
    view.errors = choice.errors(view.fields)
    if view.errors:
        raise NotDone("", 422)
    return states.set_columns(
        view.source,
        choice.mapping,
        match_by=choice.match_by,
        clear_word=choice.clear_word,
        replaces_rows=choice.replaces_rows,
        user=user,
    )


def _send(view: ImportView, user: User) -> bool:
    """Make the batch of the rows that can be sent, and start it."""
    if view.connection_problem:
        raise NotDone(f"{view.connection_problem} Nothing was sent.")
    try:
        sending.send(view.source, user, default_service())
    except sending.CannotSend as error:
        raise NotDone(str(error)) from error
    except CodatError as error:
        raise NotDone(f"{heading(error)}. {error.sentence} Nothing was sent.", 503) from error
    return True


def _discard(view: ImportView, user: User) -> HttpResponse:
    """Delete this upload, and go to the import that the same file has already."""
    earlier = uploading.earlier(view.source)
    if earlier is None:
        return htmx.see_other(view.here)
    states.delete_now(view.source, user)
    return htmx.redirect(view.request, links.import_page(earlier.company_id, earlier.pk))
