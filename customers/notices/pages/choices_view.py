"""The page on which people choose what they are told, and how."""

from typing import Any, cast

from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from customers.notices import choices, mail
from customers.notices.forms import ChoicesForm
from customers.web import htmx, links


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("customers.read_customers", raise_exception=True)
def notification_settings(request: HttpRequest) -> HttpResponse:
    """The form; POST stores it."""
    user = cast(User, request.user)
    has_mail = mail.is_on() and bool(user.email)
    if request.method == "POST":
        form = ChoicesForm(user, request.POST, has_mail=has_mail)
        if form.is_valid():
            choices.save(user, form.ways(), form.cleaned_data["digest_hour"])
            return htmx.see_other(f"{links.notification_settings()}?saved=1")
        return _page(request, form, status=422)
    form = ChoicesForm(user, has_mail=has_mail)
    return _page(request, form, saved="saved" in request.GET)


def _page(
    request: HttpRequest, form: ChoicesForm, *, status: int = 200, saved: bool = False
) -> HttpResponse:
    user = cast(User, request.user)
    context: dict[str, Any] = {
        "form": form,
        "fields": [form[kind] for kind in form.kinds],
        "errors": [
            {"text": text, "anchor": f"id_{name}"}
            for name, texts in form.errors.items()
            for text in texts
        ],
        "saved": saved,
        "sends_mail": mail.is_on(),
        "address": user.email,
    }
    return render(request, "notices/choices.html", context, status=status)
