"""The form of an approver's deputy, and the errors of a form for its summary."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.utils import timezone

# The longest time for which a deputy is named.
MAX_DAYS = 366


class DeputyForm(forms.Form):
    """Who approves in a person's place, by user name, and until which day."""

    deputy = forms.CharField(label="User name", required=False, max_length=150)
    until = forms.DateField(
        label="Last day",
        required=False,
        input_formats=["%Y-%m-%d"],
        error_messages={"invalid": "Enter a date."},
    )

    def clean(self) -> dict[str, Any]:
        """The person of the name, None for none."""
        values, today = self.cleaned_data, timezone.localdate()
        typed, until = values.get("deputy"), values.get("until")
        values["deputy"] = None
        if not typed:
            return values
        name = User.normalize_username(typed)
        values["deputy"] = User.objects.filter(username=name, is_active=True).first()
        if values["deputy"] is None:
            self.add_error("deputy", "Nobody has this user name.")
        if "until" not in self.errors:
            if until is None:
                self.add_error("until", "Enter the last day.")
            elif not today <= until <= today + timedelta(days=MAX_DAYS):
                self.add_error("until", "Enter a day from today on, within a year.")
        return values


def form_errors(form: forms.Form) -> list[dict[str, str]]:
    """The errors of a form for `form_summary`."""
    return [
        {"text": str(text), "anchor": f"id_{name}" if name in form.fields else ""}
        for name, texts in form.errors.items()
        for text in texts
    ]
