"""What the frame of every page knows of approvals: how many requests wait for the reader."""

from django.contrib.auth.models import User
from django.http import HttpRequest

from customers.approvals import listing
from customers.web.attention import Attention


def approvals(request: HttpRequest) -> dict[str, object]:
    """The context of every template: `approvals_waiting(attention())`, the length of the reader's list of requests."""
    user = getattr(request, "user", None)

    def waiting(attention: Attention) -> int:
        # Mostly nothing waits, and no page makes a query for it.
        if not attention.approvals or not isinstance(user, User):
            return 0
        return listing.number_waiting_for(user)

    return {"approvals_waiting": waiting}
