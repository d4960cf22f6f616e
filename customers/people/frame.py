"""What the frame of every page knows of people: requests for access, and whether the reader has any access."""

import functools

from django.contrib.auth.models import User
from django.http import HttpRequest

from customers.models import AccessRequest
from customers.people import asking
from customers.people.rules import PERMISSION
from customers.scope import NOTHING, current
from customers.web import links
from customers.web.attention import Attention


def people(request: HttpRequest) -> dict[str, object]:
    """The context of every template: `people_url`, `access_url`, and callables, so that few pages make a query.

    `access_requests(attention())` is how many wait for an administrator, `own_access_request()` the reader's own or
    None, `sees_no_company()` whether nothing can be shown to the reader.
    """
    user = getattr(request, "user", None)
    signed_in = user if isinstance(user, User) else None

    def access_requests(attention: Attention) -> int:
        # Those of people who may not sign in do not count. Mostly there are none at all.
        may_answer = signed_in is not None and signed_in.has_perm(PERMISSION)
        return asking.number_of_requests() if attention.access_requests and may_answer else 0

    def own_access_request() -> AccessRequest | None:
        return asking.request_of(signed_in) if signed_in else None

    return {
        "people_url": links.people(),
        "access_url": links.access(),
        "access_requests": access_requests,
        "own_access_request": functools.cache(own_access_request),
        "sees_no_company": lambda: signed_in is not None and current() == NOTHING,
    }
