"""The URLs of the site: the application, sign-in and, where the settings say so, the admin site."""

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import include, path
from django.views.generic import RedirectView
from django_htmx.http import reswap

from codatdash.hardening.security_txt import security_txt
from codatdash.health import readyz
from customers.web import htmx
from customers.web.failures import server_error


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400, or 413 where a post is too large. For HTMX, a fragment that is inserted above the form."""
    too_large = isinstance(exception, RequestDataTooBig | TooManyFieldsSent | TooManyFilesSent)
    status = 413 if too_large else 400
    if not htmx.is_fragment(request):
        return render(request, "400.html", {"too_large": too_large}, status=status)
    response = render(request, "web/_too_large.html", {"too_large": too_large}, status=status)
    return reswap(response, "afterbegin")


handler400 = bad_request
handler500 = server_error

urlpatterns = [
    path("", include("customers.urls")),
    path("accounts/", include("codatdash.signin.urls")),
    path("readyz", readyz, name="readyz"),
    path(".well-known/security.txt", security_txt, name="security_txt"),
]
if settings.ADMIN_SITE:
    urlpatterns += [
        # The admin site's own sign-in has no limits on guesses, so it redirects to that of the dashboard.
        path(
            "admin/login/",
            login_not_required(
                RedirectView.as_view(pattern_name="account_login", query_string=True)
            ),
        ),
        path("admin/", admin.site.urls),
    ]
