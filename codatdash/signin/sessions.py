"""One's own sessions: where one is signed in, ending that, and the key of the one that a request belongs to."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from codatdash.sessions import SessionStore
from customers.people import sessions as sessions_of_people

# What a user agent contains, and the name of the browser or system; the first one that fits counts.
_BROWSERS = {
    "Edg/": "Edge",
    "OPR/": "Opera",
    "Firefox/": "Firefox",
    "Chrome/": "Chrome",
    "Safari/": "Safari",
}
_SYSTEMS = {
    "Android": "Android",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Windows": "Windows",
    "Mac OS": "macOS",
    "Linux": "Linux",
}


@dataclass(frozen=True, slots=True)
class Session:
    """A session on the page: `key` is the number of its row, the times are in UTC."""

    key: int
    browser: str
    address: str
    began_at: datetime
    used_at: datetime | None
    is_current: bool


@require_http_methods(["GET", "HEAD", "POST"])
def sessions(request: HttpRequest) -> HttpResponse:
    """The list. A post ends one of them (`end`: its key), the others (`others`) or all (`all`)."""
    assert isinstance(request.user, User)  # noqa: S101  for the type checker
    if request.method != "POST":
        context = {"sessions": sessions_of(request.user), "ended": "ended" in request.GET}
        return render(request, "usersessions/usersession_list.html", context)
    if end(request.user, request.POST.get("end", "")):
        logout(request)
        return redirect(settings.LOGIN_URL)
    return redirect("/accounts/sessions/?ended")


def sessions_of(user: User) -> list[Session]:
    """The sessions of a user that have not ended, the current one first, then by their last use."""
    rows = [_session(row) for row in UserSession.objects.purge_and_list(user)]
    idle = settings.SESSION_IDLE_MINUTES * 60
    alive = [row for row in rows if not row.used_at or time.time() - row.used_at.timestamp() < idle]
    alive.sort(key=lambda row: row.used_at or row.began_at, reverse=True)
    return sorted(alive, key=lambda row: not row.is_current)


def end(user: User, which: str) -> bool:
    """End sessions of a user: `all`, the `others`, or one by its key. Returns whether the current one is to end.

    An unknown key ends nothing.
    """
    has_current = which == "all"
    for row in UserSession.objects.filter(user=user):
        if which == "all" or which == str(row.pk) or (which == "others" and not row.is_current()):
            has_current = has_current or row.is_current()
            row.end()
    if which == "all":
        # Also those that are not listed: an administrator's shell, or the time before the list, made them.
        sessions_of_people.end(user)
    return has_current


def renew_key(request: HttpRequest) -> None:
    """Let the session go on under a new key, after somebody has shown who they are. The old one is worth nothing."""
    before = request.session.session_key
    if before is None:
        return
    request.session.cycle_key()
    UserSession.objects.filter(session_key=before).update(session_key=request.session.session_key)


def browser_of(user_agent: str) -> str:
    """A browser in words, such as `Firefox on Linux`, or what it says of itself."""
    browser = next((name for sign, name in _BROWSERS.items() if sign in user_agent), "")
    system = next((name for sign, name in _SYSTEMS.items() if sign in user_agent), "")
    return " on ".join(filter(None, (browser, system))) or user_agent[:80] or "Unknown browser"


def _session(row: UserSession) -> Session:
    used_at = SessionStore(row.session_key).get("used_at")
    return Session(
        key=row.pk,
        browser=browser_of(row.user_agent),
        address=row.ip,
        began_at=row.created_at,
        used_at=datetime.fromtimestamp(used_at, UTC) if used_at else None,
        is_current=row.is_current(),
    )
