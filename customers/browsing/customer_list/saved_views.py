"""Saved views: a list of customers under a name, a person's own or the team's. No request.

A view holds for every company. It is never changed by looking: the address of a list says all of its state and the view
that it began with, and where the two differ the page says so.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import parse_qsl, urlencode

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.db.models import Q

from customers.audit import recording as audit
from customers.browsing.customer_list.columns import ordered
from customers.codat.text import folded_name, single_line
from customers.models import AuditEntry, DefaultView, SavedView
from customers.web.lists.list_state import ListState
from customers.web.lists.list_states import read_customers
from customers.writes.save_lock import save_lock

MAX_NAME = 60
# Views of one person, and of the team.
MAX_VIEWS = 50
# Characters of a query string that is stored, and parameters that are read of it.
MAX_QUERY, _MAX_PARAMETERS = 4000, 20

Problem = Literal["", "no name", "long name", "name taken", "too many", "too long"]
SENTENCES: dict[Problem, str] = {
    "no name": "Enter a name for the view.",
    "long name": f"Use at most {MAX_NAME} characters for the name.",
    "name taken": "There is a view with this name already. Enter another one.",
    "too many": f"There are {MAX_VIEWS} views already. Delete one first.",
    "too long": "This search is too long for a view. Use fewer words.",
}


@dataclass(frozen=True, slots=True)
class View:
    """A saved view as a person sees it. `query` and `columns` as they are stored."""

    id: int
    name: str
    is_team: bool
    is_default: bool
    query: str
    columns: str

    @property
    def address(self) -> str:
        """The query string of a list that shows it: "?...", all of its state and its number."""
        pairs = dict(self._pairs() or ())
        return "?" + urlencode({**pairs, "view": str(self.id)}, errors="replace")

    @property
    def is_readable(self) -> bool:
        """Whether what is stored is a query string."""
        return self._pairs() is not None

    def state(self) -> ListState:
        """The state of its list."""
        return read_customers(dict(self._pairs() or ()))

    def _pairs(self) -> list[tuple[str, str]] | None:
        """The parameters, None where what is stored cannot be read."""
        if len(self.query) > MAX_QUERY:
            return None
        try:
            pairs = parse_qsl(
                self.query, strict_parsing=bool(self.query), max_num_fields=_MAX_PARAMETERS
            )
        except ValueError:
            return None
        kept = [(name, value) for name, value in pairs if name not in ("view", "page", "columns")]
        return kept + ([("columns", self.columns)] if self.columns else [])


# By hand, on our own tables, for a row of the bench, "The list page, to the admin's": Django takes 0.7 ms to put this
# statement together, a tenth of the page.
_VIEWS = """
    SELECT v.id, v.name, v.owner_id, d.user_id, v.query, v.columns
    FROM customers_savedview v LEFT JOIN customers_defaultview d ON d.view_id = v.id AND d.user_id = %s
    WHERE v.owner_id = %s OR v.owner_id IS NULL
    ORDER BY v.name, v.id LIMIT %s
"""


def views_of(user: User) -> list[View]:
    """A person's own views and those of the team, each by name. One query."""
    with connection.cursor() as cursor:
        cursor.execute(_VIEWS, [user.pk, user.pk, 2 * MAX_VIEWS])
        views = [
            View(pk, name, owner is None, default_of is not None, query, columns)
            for pk, name, owner, default_of, query, columns in cursor.fetchall()
        ]
    return sorted(views, key=lambda view: view.is_team)


def same(state: ListState, view: View) -> bool:
    """Whether a list shows what the view says."""
    return _comparable(state) == _comparable(view.state())


def _comparable(state: ListState) -> str:
    return state.address(page=1, view="", empty="")


def query_of(state: ListState) -> tuple[str, str]:
    """What a view of this list stores: its query string without the page, and its columns."""
    query = state.address(page=1, view="", columns="", empty="").removeprefix("?")
    return query, ",".join(ordered(state.kept.get("columns", "").split(",")))


# -- changing them ----------------------------------------------------------------------------------


def may_change(user: User, view: SavedView) -> bool:
    """Whether a person may change a view: their own, or the team's where they may write customers."""
    if view.owner_id is None:
        return user.has_perm("customers.write_customers")
    return view.owner_id == user.pk


def views_lock(user: User) -> AbstractContextManager[None]:
    """A transaction in which nobody else adds or changes a view of this person or of the team.

    So a name stays free, and the limit holds, from the check until the view is stored.
    """
    return save_lock("views team", f"views {user.pk}")


def find(user: User, view_id: int, *, lock: bool = False) -> SavedView | None:
    """A view that a person sees, None for any other.

    With `lock` nobody else can change or delete it until the transaction ends.
    """
    views = SavedView.objects.select_for_update() if lock else SavedView.objects.all()
    return views.filter(Q(owner=user) | Q(owner=None), pk=view_id).first()


def clean_name(text: str) -> str:
    """A name as it is stored: one line, without invisible characters."""
    return single_line(text[: 10 * MAX_NAME])


def problem_with(user: User, name: str, *, is_team: bool, query: str = "", but: int = 0) -> Problem:
    """Why a view cannot have this name (cleaned), or why there cannot be another one; "" where nothing is wrong.

    `but` is the number of the view itself where it exists already and stays its owner's.
    """
    if not folded_name(name):
        return "no name"
    if len(name) > MAX_NAME:
        return "long name"
    if len(query) > MAX_QUERY:
        return "too long"
    others = SavedView.objects.filter(owner=None if is_team else user).exclude(pk=but)
    names = list(others.values_list("name", flat=True))
    if folded_name(name) in map(folded_name, names):
        return "name taken"
    return "too many" if len(names) >= MAX_VIEWS else ""


def create(user: User, name: str, state: ListState, *, is_team: bool) -> SavedView | Problem:
    """Store a list as a view; the problem where that is not possible. Raises PermissionDenied.

    A second post of the same form finds the view of the first.
    """
    _check_team(user, is_team=is_team)
    query, columns = query_of(state)
    name = clean_name(name)
    owner = None if is_team else user
    values = {"owner": owner, "name": name, "query": query, "columns": columns}
    with views_lock(user):
        same_view = SavedView.objects.filter(**values).first()
        if same_view is not None:
            return same_view
        problem = problem_with(user, name, is_team=is_team, query=query)
        if problem:
            return problem
        view = SavedView.objects.create(**values)
        _record(user, view, "view added", is_team=is_team)
        return view


def save_state(user: User, view: SavedView, state: ListState) -> Problem:
    """Let a view show what a list shows. Raises PermissionDenied."""
    _check_change(user, view)
    query, columns = query_of(state)
    if len(query) > MAX_QUERY:
        return "too long"
    view.query, view.columns = query, columns
    view.save(update_fields=["query", "columns"])
    _record(user, view, "view changed", is_team=view.owner_id is None)
    return ""


def change(user: User, view: SavedView, name: str, *, is_team: bool) -> Problem:
    """Rename a view, share it with the team, or make the team's one's own. Raises PermissionDenied.

    Call it inside `views_lock`.
    """
    _check_change(user, view)
    _check_team(user, is_team=is_team)
    name = clean_name(name)
    problem = problem_with(user, name, is_team=is_team, but=view.pk)
    if problem:
        return problem
    _record(user, view, "view changed", is_team=is_team or view.owner_id is None)
    view.name, view.owner = name, None if is_team else user
    view.save(update_fields=["name", "owner"])
    if not is_team:
        # Nobody else sees it any more.
        DefaultView.objects.filter(view=view).exclude(user=user).delete()
    return ""


def delete(user: User, view: SavedView) -> None:
    """Delete a view. Raises PermissionDenied."""
    _check_change(user, view)
    _record(user, view, "view deleted", is_team=view.owner_id is None)
    view.delete()


def set_default(user: User, view: SavedView, *, is_default: bool) -> None:
    """Let a person's lists open in a view, or no longer."""
    if is_default:
        DefaultView.objects.update_or_create(user=user, defaults={"view": view})
    else:
        DefaultView.objects.filter(user=user, view=view).delete()


def _record(user: User, view: SavedView, step: str, *, is_team: bool) -> None:
    """Add to the audit what concerns the team's views. A name of a view may quote a customer, so it is left out."""
    if is_team:
        audit.record(
            AuditEntry.Kind.SETTING, user=user, subject=f"view {view.pk}", detail={"step": step}
        )


def _check_team(user: User, *, is_team: bool) -> None:
    if is_team and not user.has_perm("customers.write_customers"):
        raise PermissionDenied("no view of the team without the permission to write")


def _check_change(user: User, view: SavedView) -> None:
    if not may_change(user, view):
        raise PermissionDenied("another person's view")


# -- on the page of a list --------------------------------------------------------------------------

# Views beside each other in the bar; a menu has the others.
TABS = 5


@dataclass(frozen=True, slots=True)
class ViewBar:
    """The views above a list. `current` is None for all customers. `tabs` and `more` have the others' links, too.

    `may_save` says whether the person may change the current one. `all_address` shows all customers; where a view is
    the default, it says so. `notices` are sentences.
    """

    tabs: tuple[View, ...]
    more: tuple[View, ...]
    current: View | None
    is_modified: bool
    may_save: bool
    all_address: str
    notices: tuple[str, ...] = ()


def view_bar(views: list[View], state: ListState, *, may_write: bool) -> ViewBar:
    """The views beside a list, and how far it is from the one that its address names."""
    wanted = state.kept.get("view", "")
    current = next((view for view in views if str(view.id) == wanted), None)
    tabs = views[:TABS]
    if current is not None and current not in tabs:
        tabs = [*tabs[:-1], current]
    notices: tuple[str, ...] = ()
    if wanted.isdecimal() and current is None:
        notices = ("This view does not exist any more, or is not shared with you.",)
    elif current is not None and not current.is_readable:
        notices = (f"The view “{current.name}” could not be read. It shows all customers.",)
    return ViewBar(
        tabs=tuple(tabs),
        more=tuple(view for view in views if view not in tabs),
        current=current,
        is_modified=not same(state, current) if current else _comparable(state) != "",
        may_save=current is not None and (may_write or not current.is_team),
        all_address="?view=all" if any(view.is_default for view in views) else "?",
        notices=notices,
    )


def opening_address(views: list[View]) -> str:
    """The query string with which a person's lists open, "" for all customers."""
    return next((view.address for view in views if view.is_default), "")


def as_dict(view: SavedView, user: User) -> dict[str, Any]:
    """A view for its page."""
    return {
        "id": view.pk,
        "name": view.name,
        "is_team": view.owner_id is None,
        "is_default": DefaultView.objects.filter(user=user, view=view).exists(),
        "may_change": may_change(user, view),
    }
