"""The page of the notes and the owner of a subject. Its panel is also part of the subject's own page."""

import uuid
from collections.abc import Callable
from typing import Any, cast

from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from customers.models import SubjectKind
from customers.notes import notes, owners
from customers.notes.notes import InvalidNote
from customers.notes.panel import WRITE, Asked, Typed, panel
from customers.notes.people import reader
from customers.notes.subjects import Subject, subject_of
from customers.notes.titles import company_name, title_of
from customers.scope import may_see
from customers.web import htmx

# What a form has done, by the word in the address that follows it.
_DONE = {
    "added": "Note added.",
    "edited": "Note changed.",
    "deleted": "Note deleted.",
    "gone": "The note was deleted meanwhile, so it was not changed.",
    "owner": "Owner changed.",
}


def company_notes(request: HttpRequest, company_id: str) -> HttpResponse:
    """The notes and the owner of a company."""
    return notes_page(request, company_id, SubjectKind.COMPANY, "")


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("customers.read_customers", raise_exception=True)
def notes_page(request: HttpRequest, company_id: str, kind: str, subject_id: str) -> HttpResponse:
    """Notes, the newest first. `?before=` continues them, `?edit=` opens one's own, `?owner=choose` lists people.

    POST `action` is one of `_ACTIONS`. Makes no call to Codat.
    """
    subject = subject_of(kind, company_id, subject_id) if may_see(company_id) else None
    if subject is None:
        raise Http404
    refused: _Refused | None = None
    if request.method == "POST":
        try:
            done = _act(request, subject)
            return htmx.see_other(f"{subject.notes_url}?done={done}")
        except _Refused as error:
            refused = error
    typed, problem = (refused.typed, refused.problem) if refused else (None, "")
    context = {
        "notes": panel(request, subject, _asked(request), typed, problem),
        "title": title_of(subject),
        "company_name": company_name(subject.company_id),
    }
    status = 422 if refused else 200
    return htmx.render(request, "notes/notes.html", "notes/_notes.html", context, status=status)


class _Refused(Exception):
    """A form that is not valid: what the form of a note held, or of another form the problem, a sentence."""

    def __init__(self, typed: Typed | None = None, problem: str = "") -> None:
        super().__init__(problem)
        self.typed = typed
        self.problem = problem


def _asked(request: HttpRequest) -> Asked:
    return Asked(
        before=_uuid(request.GET.get("before", "")),
        edited=_uuid(request.GET.get("edit", "")),
        is_choosing=request.GET.get("owner") == "choose",
        done=_DONE.get(request.GET.get("done", ""), ""),
    )


# -- what a person does ------------------------------------------------------------------------------


def _act(request: HttpRequest, subject: Subject) -> str:
    """Do what a button says, and return what was done. Raises PermissionDenied, _Refused."""
    act = _ACTIONS.get(request.POST.get("action", ""))
    if act is None:
        raise _Refused(problem="This page has no such button.")
    return act(request, subject, cast(User, request.user))


def _add(request: HttpRequest, subject: Subject, user: User) -> str:
    text, note_id = request.POST.get("text", ""), _uuid(request.POST.get("note", ""))
    try:
        notes.add(subject, user, text, note_id=note_id or uuid.uuid4())
    except InvalidNote as error:
        raise _Refused(Typed(text, str(error))) from error
    return "added"


def _edit(request: HttpRequest, subject: Subject, user: User) -> str:
    text, note_id = request.POST.get("text", ""), _note_id(request)
    try:
        return "edited" if notes.edit(subject, user, note_id, text) else "gone"
    except InvalidNote as error:
        raise _Refused(Typed(text, str(error), note_id)) from error


def _delete(request: HttpRequest, subject: Subject, user: User) -> str:
    return "deleted" if notes.delete(subject, user, _note_id(request)) else "gone"


def _set_owner(request: HttpRequest, subject: Subject, user: User) -> str:
    if not (subject.has_owner and user.has_perm(WRITE)):
        raise PermissionDenied
    wanted, chosen = request.POST.get("user", ""), None
    present = owners.owner_of(subject)
    if present and wanted == str(present.user_id):
        # Also one who may not see the company any more: nobody has chosen another.
        return "owner"
    if wanted:
        is_id = wanted.isdecimal() and len(wanted) < 10
        chosen = reader(int(wanted), subject.company_id) if is_id else None
        if chosen is None:
            raise _Refused(problem="Select a person who may see this company.")
    owners.set_owner(subject, chosen, by=user)
    return "owner"


_ACTIONS: dict[str, Callable[[HttpRequest, Subject, User], str]] = {
    "add": _add,
    "edit": _edit,
    "delete": _delete,
    "owner": _set_owner,
}


def _note_id(request: HttpRequest) -> uuid.UUID:
    """The note of a button; one that nobody has for anything else."""
    return _uuid(request.POST.get("note", "")) or uuid.uuid4()


def _uuid(text: Any) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
