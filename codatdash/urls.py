"""The site's addresses: the application's, sign-in and the admin site."""

from django.contrib import admin
from django.contrib.auth import views as auth_views
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import include, path
from django_htmx.http import reswap

from codatdash.health import healthz, readyz
from customers.web import htmx


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400, or 413 where a post is too large; beside a form HTMX puts the sentence over it, not in its place."""
    too_large = isinstance(exception, RequestDataTooBig | TooManyFieldsSent | TooManyFilesSent)
    status = 413 if too_large else 400
    if not htmx.is_fragment(request):
        return render(request, "400.html", {"too_large": too_large}, status=status)
    response = render(request, "web/_too_large.html", {"too_large": too_large}, status=status)
    return reswap(response, "afterbegin")


handler400 = bad_request

urlpatterns = [
    path("", include("customers.urls")),
    path("accounts/login/", auth_views.LoginView.as_view(), name="login"),
    path("accounts/logout/", auth_views.LogoutView.as_view(), name="logout"),
    path(
        "accounts/password/",
        auth_views.PasswordChangeView.as_view(success_url="/companies/"),
        name="password_change",
    ),
    path("admin/", admin.site.urls),
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
]
