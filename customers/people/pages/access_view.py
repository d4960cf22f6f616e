"""Asking for access: for everybody who is signed in."""

from typing import cast

from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from customers.people import asking
from customers.web import htmx, links


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def access_page(request: HttpRequest) -> HttpResponse:
    """Whether the reader lacks a role or a company, and whom to ask; POST asks, once."""
    user = cast(User, request.user)
    if request.method == "POST":
        asking.ask(user)
        return htmx.see_other(links.access())
    return render(request, "people/access.html", {"lacks_access": asking.lacks_access(user)})
