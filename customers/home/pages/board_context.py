"""The context of the home page and of the fragments that it is renewed by."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlencode

from django.contrib.auth.models import User
from django.http import HttpRequest
from django.utils import timezone

from customers.home import frame, pictures
from customers.home.board import (
    LATELY,
    LISTS,
    MINE,
    MUTED,
    RESOLVED,
    SNOOZED,
    TEAM,
    Board,
    board_of,
    sections,
)
from customers.home.companies import FEW, MANY, company_table, more_label, showing
from customers.service import default_service
from customers.web import links
from customers.writes import drafts

LABELS = {
    MINE: "For me",
    TEAM: "Whole team",
    SNOOZED: "Snoozed",
    MUTED: "Muted",
    RESOLVED: "Resolved",
}
# Problems of a section that are shown; the others open with one click.
FEW_PROBLEMS = 8
MAX_TEXT = 200


@dataclass(frozen=True, slots=True)
class HomePlace:
    """What the address of the home page says: which list, and which companies. `rows` is "all" or ""."""

    shown: str = MINE
    text: str = ""
    rows: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "HomePlace":
        """The place of a query string; what it does not know is the default."""
        shown = query.get("show", MINE)
        rows = "all" if query.get("rows") == "all" else ""
        text = query.get("q", "")[:MAX_TEXT].replace("\0", "")
        return cls(shown if shown in LISTS else MINE, text, rows)

    def address(self, **changes: str) -> str:
        """The address of the home page at this place, or one that differs from it."""
        place = {"show": self.shown, "q": self.text, "rows": self.rows} | changes
        defaults = {"show": MINE, "q": "", "rows": ""}
        pairs = {name: value for name, value in place.items() if value != defaults[name]}
        return links.home(urlencode(pairs, errors="replace"))


def read_board(request: HttpRequest) -> Board:
    """The board of the person whose request it is; the frame has its number."""
    board = board_of(cast(User, request.user), default_service().quota())
    frame.remember(request, len(board.mine))
    return board


def home_context(request: HttpRequest) -> dict[str, Any]:
    """The context of `home/home.html` and `home/_home.html`."""
    place, board = HomePlace.of(request.GET), read_board(request)
    user = cast(User, request.user)
    may_write = user.has_perm("customers.write_customers")
    entries, counts = board.shown(place.shown), board.counts
    lately = timezone.now() - LATELY
    return {
        "place": place,
        "here": place.address(),
        # The search box has the text.
        "poll_url": place.address(q=""),
        "lists": [
            {
                "name": name,
                "label": LABELS[name],
                "number": counts[name],
                "url": place.address(show=name),
                "is_current": name == place.shown,
            }
            for name in LISTS
        ],
        "sections": sections(entries),
        "few": FEW_PROBLEMS,
        "number": counts[MINE],
        "others": counts[TEAM] - counts[MINE],
        "team_url": place.address(show=TEAM),
        "resolved": board.resolved if place.shown == RESOLVED else (),
        "lately": [one for one in board.resolved if one.at > lately],
        "resolved_url": place.address(show=RESOLVED),
        "may_write": may_write,
        "draft_count": drafts.unsaved(user).count() if may_write else 0,
        "changes_picture": pictures.changes_picture(),
        "ages_picture": pictures.ages_picture(),
        "activity_url": links.activity(),
    } | companies_context(place, board)


def companies_context(place: HomePlace, board: Board) -> dict[str, Any]:
    """The context of `home/_companies.html`."""
    entries = board.entries.values()
    problems = [entry.problem for entry in entries if entry.muted is None]
    table = company_table(problems, place.text, MANY if place.rows else FEW)
    return {
        "place": place,
        "table": table,
        "showing": showing(table),
        "more_label": more_label(table),
        "all_url": place.address(rows="all"),
        "home_url": place.address(q="", rows=""),
    }
