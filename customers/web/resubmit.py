"""A form's post that cannot be taken now (signed out, an old CSRF token), carried to the next try.

What was typed goes along in hidden inputs of a page of ours, so that nothing is lost where a draft
could not be kept, with JavaScript or without.
"""

from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.views.csrf import csrf_failure as plain_csrf_failure

from customers.web import htmx


def is_form(request: HttpRequest) -> bool:
    """Whether this is a post of a customer's form, which holds something typed."""
    return request.method == "POST" and "submission" in request.POST


def typed(request: HttpRequest) -> list[tuple[str, str]]:
    """A post's fields, to be carried in hidden inputs; the token is made anew."""
    return [
        (name, value)
        for name, values in request.POST.lists()
        if name != "csrfmiddlewaretoken"
        for value in values
    ]


def signed_out(request: HttpRequest) -> HttpResponse:
    """401: sign in elsewhere, then send the same again."""
    return _again(request, status=401)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403. Signing in again changes the token: a form of our own page may be sent again, by hand.

    Only where the browser says that the post came from a page of ours; everybody else gets Django's page.
    """
    if is_form(request) and request.user.is_authenticated and _is_ours(request):
        return _again(request, status=403)
    return plain_csrf_failure(request, reason)


def _is_ours(request: HttpRequest) -> bool:
    said = request.headers.get("Origin") or request.headers.get("Referer") or ""
    parts = urlsplit(said)
    return parts.scheme == request.scheme and parts.netloc == request.get_host()


def _again(request: HttpRequest, status: int) -> HttpResponse:
    context = {
        "typed": typed(request),
        "here": request.get_full_path(),
        "signed_out": status == 401,
    }
    return htmx.render(request, "web/resubmit.html", "web/_resubmit.html", context, status=status)
