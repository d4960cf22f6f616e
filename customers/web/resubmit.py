"""A page for a form's post that cannot be accepted now (signed out, an old CSRF token), to post it again.

The posted fields are hidden inputs of the page, so that nothing is lost where a draft could not be saved, with
JavaScript or without.
"""

from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.views.csrf import csrf_failure as django_csrf_failure

from customers.web import htmx


def is_form(request: HttpRequest) -> bool:
    """Whether this is a post of a form with what somebody typed.

    The post of a view that takes a file is not read: without the view's own handler the file would be an error.
    """
    match = request.resolver_match
    takes_file = match is not None and getattr(match.func, "takes_file", False)
    return request.method == "POST" and not takes_file and "submission" in request.POST


def post_fields(request: HttpRequest) -> list[tuple[str, str]]:
    """A post's fields for hidden inputs, without the CSRF token."""
    return [
        (name, value)
        for name, values in request.POST.lists()
        if name != "csrfmiddlewaretoken"
        for value in values
    ]


def signed_out(request: HttpRequest) -> HttpResponse:
    """401: the page asks to sign in in another tab, then to save again."""
    return _render(request, status=401)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403. A new session changes the token, so a person can save a form of the dashboard again.

    Only where the browser states the dashboard as the origin of the post; any other post gets Django's page.
    """
    if is_form(request) and request.user.is_authenticated and _is_same_origin(request):
        return _render(request, status=403)
    return django_csrf_failure(request, reason)


def _is_same_origin(request: HttpRequest) -> bool:
    try:
        parts = urlsplit(request.headers.get("Origin") or request.headers.get("Referer") or "")
    except ValueError:
        return False
    return parts.scheme == request.scheme and parts.netloc == request.get_host()


def _render(request: HttpRequest, status: int) -> HttpResponse:
    is_signed_out = status == 401
    context = {
        "heading": "You have been signed out" if is_signed_out else "Your session changed",
        "post_fields": post_fields(request),
        "here": request.get_full_path(),
        "signed_out": is_signed_out,
        "is_form": True,
        "maybe_sent": False,
        "history_url": "",
    }
    return htmx.render(request, "web/resubmit.html", "web/_resubmit.html", context, status=status)
