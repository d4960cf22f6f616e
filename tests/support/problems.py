"""Problems for the tests of the home page: changes, companies and what a page says of them."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone

from customers.home.board import Board, board_of
from customers.home.problem import Problem
from customers.models import CompanyState, Lease, Write
from customers.writes import leases
from tests.conftest import RawPathClient
from tests.support.journal import journal_row

COMPANY = str(uuid.UUID(int=77))
HTMX = {"HX-Request": "true"}
State = Write.State


def alive() -> None:
    """A worker is running."""
    Lease.objects.filter(name="worker:test").delete()
    leases.take("worker:test", holder="test", lasts=timedelta(hours=1))


def refused(user: User, reason: str = "Phone number is too long", **values: Any) -> Write:
    """A change that the accounting software refused a moment ago."""
    return journal_row(
        values.pop("company_id", COMPANY),
        user,
        **(
            {
                "company_name": "Bluebell Bakery Group",
                "platform_name": "Xero",
                "state": State.FAILED,
                "push_operation_key": str(uuid.uuid4()),
                "validation": [{"itemId": "Phone", "message": reason}],
                "completed_at": timezone.now(),
            }
            | values
        ),
    )


def company(name: str = "Bluebell Bakery Group", **values: Any) -> CompanyState:
    """A company as the worker read it: linked, and synced a moment ago."""
    now = timezone.now()
    return CompanyState.objects.create(
        **(
            {
                "company_id": COMPANY,
                "name": name,
                "platform_name": "Xero",
                "status": "Linked",
                "last_sync": now,
                "search": name.lower(),
                "read_at": now,
            }
            | values
        )
    )


def board(user: User) -> Board:
    """The board of a person, whose permissions are read anew."""
    return board_of(User.objects.get(pk=user.pk))


def only(user: User) -> Problem:
    """The one problem that a person has."""
    (entry,) = board(user).mine
    return entry.problem


def titles(user: User, name: str = "team") -> list[str]:
    """The titles of a list of a person."""
    return sorted(entry.problem.title for entry in board(user).shown(name))


def act(client: RawPathClient, key: str, action: str, **fields: str) -> int:
    """Press a button of a problem; the status of the answer."""
    answer = client.post(f"/problems/{key}/", {"action": action, "next": "/"} | fields)
    return int(answer.status_code)


def numbers(html: str) -> dict[str, int]:
    """The number of each list, as the page shows it."""
    found = re.findall(r'id="list-(\w+)".*?<span class="num">([\d,]+)</span>', html, re.DOTALL)
    return {name: int(number.replace(",", "")) for name, number in found}


def rows(html: str) -> int:
    """How many problems the page lists."""
    return html.count('<li class="problem"')


def in_frame(html: str) -> int:
    """The number of the entry Home."""
    entry = re.search(r'<a id="home-entry".*?</a>', html, re.DOTALL)
    assert entry
    badge = re.search(r'class="badge">(\d+)<', entry[0])
    return int(badge[1]) if badge else 0
