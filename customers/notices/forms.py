"""The forms of notifications: what a person is told, and a new channel."""

from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError

from customers.codat.text import is_blank, single_line
from customers.models import TeamChannel
from customers.notices import outside
from customers.notices.choices import choices_of, kinds_for, way_of
from customers.notices.kinds import CHANNEL_KINDS, FACTS, WAY_LABELS, Kind, Way

MAIL_WAYS = (Way.MAIL, Way.DIGEST)
_WAY = "Choose a way to be notified from the list."
_HOUR = "Choose an hour from the list."


class ChoicesForm(forms.Form):
    """How a person is told of each kind that there is for them, and when their digest is sent.

    `has_mail`: whether mail can be sent to them. Without it, only what is on the page can be chosen; what was stored
    before still may.
    """

    digest_hour = forms.TypedChoiceField(
        label="Time of the daily digest",
        coerce=int,
        choices=[(hour, f"{hour:02}:00") for hour in range(24)],
        error_messages={"required": _HOUR, "invalid_choice": _HOUR},
    )

    def __init__(self, user: User, data: Any = None, *, has_mail: bool) -> None:
        stored = choices_of(user)
        ways = {kind: way_of(stored, kind) for kind in kinds_for(user)}
        initial = {str(kind): str(way) for kind, way in ways.items()}
        super().__init__(data, initial=initial | {"digest_hour": stored.digest_hour})
        self.kinds = list(ways)
        for kind, way in ways.items():
            offered = [each for each in Way if has_mail or each not in MAIL_WAYS or each == way]
            self.fields[kind] = forms.ChoiceField(
                label=FACTS[kind].label,
                choices=[(str(each), WAY_LABELS[each]) for each in offered],
                error_messages={"required": _WAY, "invalid_choice": _WAY},
            )

    def ways(self) -> dict[Kind, Way]:
        """What was chosen, of a valid form."""
        return {kind: Way(self.cleaned_data[kind]) for kind in self.kinds}


class ChannelForm(forms.Form):
    """A new channel."""

    name = forms.CharField(
        label="Name",
        max_length=60,
        error_messages={
            "required": "Enter a name.",
            "max_length": "Enter a name of at most 60 characters.",
        },
    )
    form = forms.ChoiceField(
        label="Kind of channel",
        choices=TeamChannel.Form.choices,
        error_messages={
            "required": "Choose a kind of channel.",
            "invalid_choice": "Choose a kind of channel.",
        },
    )
    url = forms.CharField(
        label="Address",
        max_length=outside.MAX_URL,
        error_messages={
            "required": "Enter the channel’s address.",
            "max_length": f"Enter an address of at most {outside.MAX_URL} characters.",
        },
    )
    kinds = forms.MultipleChoiceField(
        label="Events",
        choices=[(str(kind), label) for kind, label in CHANNEL_KINDS.items()],
        error_messages={
            "required": "Select at least one event.",
            "invalid_choice": "Select events from the list.",
        },
    )

    def clean_name(self) -> str:
        """The name as one line. Raises ValidationError."""
        name = single_line(str(self.cleaned_data["name"]))
        if is_blank(name):
            raise ValidationError("Enter a name.")
        return name

    def clean_url(self) -> str:
        """An address that may be posted to. Raises ValidationError."""
        url = str(self.cleaned_data["url"])
        try:
            outside.checked(url)
        except outside.RefusedAddressError as error:
            raise ValidationError(str(error)) from error
        return url
