"""The number of problems in the frame of every page: the length of the person's list on the home page.

It is counted with the home page, by its poll, and at most twice a minute for other pages. In between it is remembered,
together with what every page reads of a person's own changes and batches: where those differ it is counted anew.
"""

import time

from django.contrib.auth.models import User
from django.http import HttpRequest

from customers import scope
from customers.codat import cache
from customers.home.board import board_of
from customers.service import default_service
from customers.web.attention import Attention

# Seconds for which a number is remembered.
REMEMBERED = 30


def home(request: HttpRequest) -> dict[str, object]:
    """The context of every template: `home_number`, a callable with what `attention()` returns."""
    return {"home_number": lambda attention: number_of(request, attention)}


def number_of(request: HttpRequest, attention: Attention) -> int:
    """How many problems a person has; 0 for a page without a user."""
    user = getattr(request, "user", None)
    if not isinstance(user, User):
        return 0
    counted = vars(request).get("home_number")
    if counted is None:
        known = cache.get(_key(user.pk))
        match known:
            case [int() | float() as at, str() as mark, int() as number] if (
                time.time() - REMEMBERED < at <= time.time() and mark == _mark(attention)
            ):
                return number
        board = board_of(user, default_service().quota())
        counted = remember(request, len(board.mine))
    cache.put(_key(user.pk), [time.time(), _mark(attention), counted], REMEMBERED)
    return counted


def remember(request: HttpRequest, number: int) -> int:
    """The number that the page of a request has counted itself."""
    vars(request)["home_number"] = number
    return number


def _mark(attention: Attention) -> str:
    """What every page reads of a person's own changes and batches, and how many companies they see, as text."""
    seen = scope.current().companies
    companies = "all" if seen is None else len(seen)
    return f"{companies}/{attention.problems}/{attention.running}/{attention.batches}/{attention.running_batches}"


def _key(user_id: int) -> str:
    return cache.key("home", str(user_id))
