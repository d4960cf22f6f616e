"""The page of one problem: what it consists of, and what can be done with it."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, cast

from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods

from customers.codat.text import db_safe, is_blank
from customers.home import notes, snoozing, syncing
from customers.home.board import Board, Entry
from customers.home.pages.board_context import read_board
from customers.home.problem import KINDS, WRITE, Problem
from customers.home.sources.changes import changes_of
from customers.models import CompanyState, SubjectKind, Write
from customers.notes.panel import Panel, panel
from customers.notes.subjects import Subject
from customers.web import htmx, links
from customers.writes import sentences
from customers.writes.showing.effects import changes_of_rows

# Changes, companies and swallowed problems that the page lists.
MAX_LISTED = 100
_MAX_ADDRESS = 2_000


class _Invalid(Exception):
    """A form that is not valid; str(e) is a sentence."""


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("customers.read_customers", raise_exception=True)
def problem_page(request: HttpRequest, key: str) -> HttpResponse:
    """One problem. POST `action` is one of `_ACTIONS`; each has its effect once, however often it is posted."""
    board = read_board(request)
    entry = board.entries.get(key) or board.swallowed.get(key)
    errors: list[dict[str, str]] = []
    if request.method == "POST":
        if entry is None:
            # It has ended meanwhile.
            return htmx.see_other(_next(request, key))
        try:
            _act(request, entry)
            return htmx.see_other(_next(request, key))
        except (_Invalid, notes.Refused) as error:
            errors = [{"text": str(error), "anchor": ""}]
    if entry is None:
        return _elsewhere(request, board, key)
    context = _context(request, board, entry) | {"errors": errors}
    status = 422 if errors else 200
    template = "home/problem.html"
    return htmx.render(request, template, template, context, status=status)


# -- what a person does ------------------------------------------------------------------------------


def _act(request: HttpRequest, entry: Entry) -> None:
    """Do what a button says. Raises PermissionDenied, _Invalid, notes.Refused."""
    action, user = request.POST.get("action", ""), cast(User, request.user)
    if action not in _ACTIONS:
        raise _Invalid("This page has no such button.")
    permission, act = _ACTIONS[action]
    if not user.has_perm(permission or entry.problem.kind.acts):
        raise PermissionDenied
    act(request, entry.problem, user)


def _snooze(request: HttpRequest, problem: Problem, user: User) -> None:
    until = snoozing.until(request.POST.get("until", ""))
    if until is None:
        raise _Invalid("Select a day after today, at most a year ahead.")
    notes.snooze(problem, user, until)


def _mute(request: HttpRequest, problem: Problem, user: User) -> None:
    reason = db_safe(request.POST.get("reason", "")).strip()
    if is_blank(reason):
        raise _Invalid("Enter why this is muted. Your colleagues see the reason.")
    if len(reason) > notes.MAX_REASON:
        raise _Invalid(f"Shorten the reason to {notes.MAX_REASON} characters.")
    notes.mute(problem, user, reason)


def _resolve(request: HttpRequest, problem: Problem, user: User) -> None:
    if not problem.kind.is_of_changes:
        raise _Invalid("This ends when its cause ends.")
    if not problem.kind.may_be_resolved:
        raise _Invalid("Open each change and decide what became of it.")
    until = _moment(request.POST.get("latest", ""))
    if until is None:
        raise _Invalid("Look at the changes below, then mark them as resolved.")
    notes.resolve(problem, user, until)


def _moment(text: str) -> datetime | None:
    """The time that a page was made with; None for any other text."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def _sync(_: HttpRequest, problem: Problem, __: User) -> None:
    syncing.wish(problem.companies)


_Act = Callable[[HttpRequest, Problem, User], None]
# By the name of the button: the permission that it needs, "" for that of the problem's next action, and what it does.
_ACTIONS: dict[str, tuple[str, _Act]] = {
    "take": (WRITE, lambda _, problem, user: cast(None, notes.take(problem, user))),
    "give_back": (WRITE, lambda _, problem, user: notes.give_back(problem, user)),
    # Whoever sees a problem may snooze it: for themselves.
    "snooze": ("customers.read_customers", _snooze),
    "wake": ("customers.read_customers", lambda _, problem, user: notes.wake(problem, user)),
    "mute": (WRITE, _mute),
    "unmute": (WRITE, lambda _, problem, __: notes.unmute(problem)),
    "resolve": (WRITE, _resolve),
    "sync": ("", _sync),
}


def _next(request: HttpRequest, key: str) -> str:
    """The page to go on with: the home page at its list, or this one."""
    text = request.POST.get("next", "")
    is_local = url_has_allowed_host_and_scheme(text, allowed_hosts=None)
    if is_local and len(text) <= _MAX_ADDRESS and text.partition("?")[0] == links.home():
        return text
    # Where newer changes stay, the page says so.
    return links.problem(key) + ("?resolved" if request.POST.get("action") == "resolve" else "")


# -- what the page shows -----------------------------------------------------------------------------


def _context(request: HttpRequest, board: Board, entry: Entry) -> dict[str, Any]:
    problem, user = entry.problem, cast(User, request.user)
    state = CompanyState.objects.filter(pk=problem.company_id).first()
    return {
        "entry": entry,
        "problem": problem,
        "here": links.problem(problem.key),
        "home_url": links.home(),
        "company_url": links.customers(problem.company_id) if problem.company_id else "",
        "may_write": user.has_perm(WRITE) and not entry.is_partial,
        "snooze_choices": snoozing.CHOICES,
        "typed_reason": request.POST.get("reason", "")[: notes.MAX_REASON],
        "max_reason": notes.MAX_REASON,
        "changes": _changes(problem, user) if problem.kind.is_of_changes else [],
        "companies": _companies(problem),
        "link_url": state.link_url if state and problem.action.copied else "",
        "latest": problem.latest.isoformat() if problem.latest else "",
        "is_resolved": "resolved" in request.GET and problem.kind.may_be_resolved,
        "max_listed": MAX_LISTED,
        "stands_for_it": _standing_for(board, problem),
        "notes": _notes(request, problem),
        "board": board,
    }


def _standing_for(board: Board, problem: Problem) -> tuple[str, str] | None:
    """The title and the address of the problem that stands for this one on the lists; None for none."""
    for entry in board.entries.values():
        if entry.problem.swallows(problem.key):
            return entry.problem.title, links.problem(entry.problem.key)
    return None


def _notes(request: HttpRequest, problem: Problem) -> Panel | None:
    """The notes on a problem; None for a problem of several companies or of the dashboard, which has none."""
    if not problem.company_id:
        return None
    return panel(request, Subject(SubjectKind.PROBLEM, problem.company_id, problem.key))


def _changes(problem: Problem, user: User) -> list[dict[str, Any]]:
    """The newest changes of a problem, each with its fields, its state and where to go on. Their authors see them."""
    ids = changes_of(problem.key, problem.company_id)[-MAX_LISTED:]
    writes = list(Write.objects.filter(pk__in=ids).order_by("-created_at", "-id"))
    for write in writes:
        write.mark_seen_by(user.pk)
    return [
        {
            "write": write,
            "url": links.write(write.company_id, write.pk),
            "fix_url": _fix_url(write),
            "status": sentences.summary(write),
            "changes": changes,
        }
        for write, changes in zip(writes, changes_of_rows(writes), strict=True)
    ]


def _fix_url(write: Write) -> str:
    """The form with the values of a change that failed; "" for all others, and once they were deleted."""
    if write.state != Write.State.FAILED or not write.payload:
        return ""
    customer_id = write.customer_id if write.kind == Write.Kind.UPDATE else ""
    return links.fix(write.company_id, customer_id, write.pk)


def _companies(problem: Problem) -> list[dict[str, Any]]:
    states = CompanyState.objects.filter(pk__in=problem.companies).order_by("last_sync", "name")[
        :MAX_LISTED
    ]
    return [
        {
            "state": state,
            "url": links.customers(state.company_id),
            "finding": state.finding if problem.kind.name == "findings" else "",
        }
        for state in states
    ]


def _elsewhere(request: HttpRequest, board: Board, key: str) -> HttpResponse:
    """The problem that stands for one now, or the page of one that has ended. Raises Http404 where there was none."""
    note = notes.visible().filter(pk=key).first()
    kind = KINDS.get(note.kind) if note else None
    if note is None or kind is None or not cast(User, request.user).has_perm(kind.sees):
        raise Http404
    shown = notes.stands_for(note, (entry.problem for entry in board.entries.values()))
    if shown is not None:
        return htmx.see_other(links.problem(shown.key))
    context = {"note": note, "home_url": links.home()}
    return htmx.render(request, "home/ended.html", "home/ended.html", context)
