"""The page on which people choose their time zone, formats, theme, density and shortcuts."""

from datetime import UTC, datetime
from typing import Any, cast
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from customers import localisation, scope
from customers.formatting import day_and_time, size, thousands
from customers.models import Preferences
from customers.preferences.settings_form import LABELS, SettingsForm, save, stored_values
from customers.web import htmx, links


@require_http_methods(["GET", "HEAD", "POST"])
@permission_required("customers.read_customers", raise_exception=True)
def settings_page(request: HttpRequest) -> HttpResponse:
    """The form; POST stores it. By GET, `time_zone` and `locale` are chosen in the form, and not stored."""
    user = cast(User, request.user)
    if request.method == "POST":
        form = SettingsForm(request.POST)
        if form.is_valid():
            changed = save(user, form.cleaned_data)
            # The page that follows has the new values in force, and says what was saved.
            return redirect(f"{links.settings()}?{urlencode({'saved': ','.join(changed)})}")
        return render(request, "preferences/settings.html", _context(form, user), status=422)
    values = stored_values(user)
    chosen = {name: request.GET[name] for name in ("time_zone", "locale") if name in request.GET}
    form = SettingsForm(values | chosen)
    context = _context(form, user) | {"saved": _saved(request, values)}
    return htmx.render(request, "preferences/settings.html", "preferences/_preview.html", context)


def _context(form: SettingsForm, user: User) -> dict[str, Any]:
    """The context of the form. A bound form has its problems; a value that is stored and invalid by now is one, too."""
    form.full_clean()
    return {
        "form": form,
        "has_channels": user.has_perm("customers.manage_people") and scope.current().is_everything,
        "errors": [
            {"text": text, "anchor": f"id_{name}"}
            for name, texts in form.errors.items()
            for text in texts
        ],
        "time_zones": localisation.time_zones(),
        "locales": localisation.locale_names(),
        "default_time_zone": settings.DEFAULT_TIME_ZONE,
        "default_locale": dict(localisation.locale_names())[settings.DEFAULT_LOCALE],
        "preview": _preview(form.cleaned_data),
    }


def _preview(values: dict[str, Any]) -> dict[str, str]:
    """How a date and numbers read with these values; those that are missing or "" are the dashboard's own."""
    time_zone = values.get("time_zone") or settings.DEFAULT_TIME_ZONE
    locale = values.get("locale") or settings.DEFAULT_LOCALE
    with localisation.using(time_zone, locale):
        return {
            "date": day_and_time(datetime.now(UTC)),
            "number": thousands(1234567),
            "size": size(1_200_000),
        }


def _saved(request: HttpRequest, values: dict[str, Any]) -> str | None:
    """What the form that was posted just now has changed, as a sentence; None where none was."""
    names = request.GET.get("saved")
    if names is None:
        return None
    texts = [
        f"{LABELS[name].lower()}: {_value(name, values[name])}"
        for name in names.split(",")
        if name in LABELS
    ]
    if not texts:
        return "Nothing was changed."
    sentence = "; ".join(texts)
    return f"Saved. {sentence[0].upper()}{sentence[1:]}."


def _value(name: str, value: Any) -> str:
    """A value of a setting as the form shows it."""
    if name == "time_zone":
        return value or f"the default, {settings.DEFAULT_TIME_ZONE}"
    names = dict(localisation.locale_names())
    if name == "locale":
        return names.get(value) or f"the default, {names[settings.DEFAULT_LOCALE]}"
    if name == "shortcuts":
        return "on" if value else "off"
    choices = Preferences.Theme.choices if name == "theme" else Preferences.Density.choices
    return str(dict(choices).get(value, value)).lower()
