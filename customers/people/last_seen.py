"""When a person was last here: written at most once in five minutes, and read with the user, without another query."""

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import Error
from django.db.models import Q
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone

from customers.models import Person
from customers.web import htmx

logger = logging.getLogger(__name__)

INTERVAL = timedelta(minutes=5)


class LastSeenMiddleware:
    """Records that a signed-in person uses the dashboard. What a page asks by itself does not count."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view_func: Callable[..., Any], args: object, kwargs: object
    ) -> None:
        """After the middleware that may end a session; views without sign-in read no user."""
        if not getattr(view_func, "login_required", True) or htmx.is_automatic(request):
            return
        user = request.user
        if isinstance(user, User) and user.is_authenticated:
            see(user)


def see(user: User) -> None:
    """Record that a person is here, unless that was recorded in the last five minutes."""
    now = timezone.now()
    person = getattr(user, "person", None)
    seen_at = person.last_seen_at if person else None
    if seen_at and now - seen_at < INTERVAL:
        return
    try:
        if person is None:
            # The row of somebody who was added by a command. It gives them nothing.
            Person.objects.bulk_create([Person(user=user)], ignore_conflicts=True)
        is_old = Q(last_seen_at=None) | Q(last_seen_at__lt=now - INTERVAL)
        Person.objects.filter(is_old, pk=user.pk).update(last_seen_at=now)
    except Error:
        # A page never fails because this cannot be stored.
        logger.warning("when a person was last here could not be stored", exc_info=True)
