"""The form of a person's settings: what may be chosen, and what a post changes."""

from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError

from customers import localisation
from customers.models import Preferences
from customers.web.reader import preferences_of, store

LABELS = {
    "time_zone": "Time zone",
    "locale": "Formats",
    "theme": "Theme",
    "density": "Density",
    "shortcuts": "Shortcuts with one key",
}


_TIME_ZONE = "Choose a time zone from the list."
_LOCALE = "Choose formats from the list."


def _choice(name: str, choices: list[tuple[str, str]], sentence: str) -> forms.ChoiceField:
    errors = {"required": sentence, "invalid_choice": sentence}
    return forms.ChoiceField(label=LABELS[name], choices=choices, error_messages=errors)


class SettingsForm(forms.Form):
    """What a person may choose here. "" is the dashboard's own time zone or locale."""

    time_zone = forms.CharField(label=LABELS["time_zone"], required=False)
    locale = forms.CharField(label=LABELS["locale"], required=False)
    theme = _choice("theme", Preferences.Theme.choices, "Choose a theme.")
    density = _choice("density", Preferences.Density.choices, "Choose a density.")
    shortcuts = forms.BooleanField(label=LABELS["shortcuts"], required=False)

    def clean_time_zone(self) -> str:
        """The time zone. Raises ValidationError."""
        name = str(self.cleaned_data["time_zone"])
        if name and not localisation.is_time_zone(name):
            raise ValidationError(_TIME_ZONE)
        return name

    def clean_locale(self) -> str:
        """The locale. Raises ValidationError."""
        name = str(self.cleaned_data["locale"])
        if name and not localisation.is_locale(name):
            raise ValidationError(_LOCALE)
        return name


def stored_values(user: User) -> dict[str, Any]:
    """What is stored for a person, or the defaults."""
    stored = preferences_of(user)
    return {name: getattr(stored, name) for name in LABELS}


def save(user: User, values: dict[str, Any]) -> list[str]:
    """Store valid values; the names of those that changed."""
    before = stored_values(user)
    changed = [name for name in LABELS if values[name] != before[name]]
    if changed:
        store(user, **{name: values[name] for name in changed})
    return changed
