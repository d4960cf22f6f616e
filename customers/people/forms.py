"""What is posted about people: the form of an invitation, an email address, companies that are given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from django import forms
from django.contrib.auth.forms import UsernameField
from django.contrib.auth.models import User
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.http import QueryDict

from customers.access.people import role_of
from customers.access.roles import Role
from customers.models import Grant
from customers.people.companies import Given, tag_named
from customers.people.granting import MAX_GIVEN
from customers.people.invitations import NewPerson
from customers.people.rules import roles_up_to

ALL, SOME = "all", "some"
_EMAIL = {
    "required": "Enter an email address.",
    "invalid": "Enter an email address such as jo@example.com.",
    "max_length": "Enter at most 254 characters.",
}
_NAME = {
    "required": "Enter a user name.",
    "max_length": "Enter at most 150 characters.",
}
_NAME_CHARACTERS = "Use letters, digits and @ . + - _ only, without spaces."
_OWNER = "Enter the ID of a Codat user without spaces."


class EmailForm(forms.Form):
    """An email address."""

    email = forms.EmailField(label="Email address", max_length=254, error_messages=_EMAIL)

    def clean_email(self) -> str:
        """The address as it is stored, with its host in small letters. Raises ValidationError."""
        email = User.objects.normalize_email(self.cleaned_data["email"])
        if len(email) > 254:
            raise ValidationError(_EMAIL["max_length"])
        try:
            # As mail is sent. The pattern of the field knows no limit for the letters of other alphabets.
            email.rpartition("@")[2].encode("idna")
        except UnicodeError:
            raise ValidationError(_EMAIL["invalid"]) from None
        return email


class InviteForm(EmailForm):
    """Who is invited. The roles are those that the inviting person may give."""

    # Compared and measured as Django stores it, normalised.
    username = UsernameField(
        label="User name",
        max_length=150,
        validators=[UnicodeUsernameValidator(message=_NAME_CHARACTERS)],
        error_messages=_NAME,
    )
    role = forms.ChoiceField(label="Role", error_messages={"required": "Choose a role."})
    sees = forms.ChoiceField(
        label="Companies",
        choices=[(ALL, "All companies"), (SOME, "Only those below")],
        error_messages={"required": "Choose which companies the person sees."},
    )

    def __init__(self, by: User, posted: QueryDict | None = None) -> None:
        super().__init__(posted, initial={"role": role_value(Role.VIEWER), "sees": SOME})
        role = cast(forms.ChoiceField, self.fields["role"])
        role.choices = role_choices(by)
        self.given: Sequence[Given] = ()

    def clean(self) -> None:
        """The companies beside the other fields. Raises ValidationError."""
        self.given = given_of(cast(QueryDict, self.data))

    @property
    def new_person(self) -> NewPerson:
        """Who is invited, of a valid form."""
        values = self.cleaned_data
        return NewPerson(
            username=values["username"],
            email=values["email"],
            role=Role[values["role"].upper()],
            sees_all=values["sees"] == ALL,
            given=() if values["sees"] == ALL else self.given,
        )


def role_value(role: Role) -> str:
    """A role as the value of an option."""
    return role.name.lower()


def role_choices(by: User) -> list[tuple[str, str]]:
    """The roles that somebody may give: (value, label) each."""
    return [(role_value(role), role.label) for role in roles_up_to(role_of(by))]


def posted_role(text: str) -> Role | None:
    """The role of an option; None for "", which takes the role away. Raises ValidationError."""
    if not text:
        return None
    try:
        return Role[text.upper()]
    except KeyError:
        raise ValidationError("Choose a role from the list.") from None


def given_of(posted: QueryDict) -> Sequence[Given]:
    """The companies, the tag and the owner of a post. Raises ValidationError."""
    ids = [each for each in dict.fromkeys(posted.getlist("company")) if is_id(each)]
    given = [Given(Grant.Kind.COMPANY, each) for each in ids[:MAX_GIVEN]]
    wanted = posted.get("tag", "")
    if wanted:
        tag = tag_named(wanted)
        if tag is None:
            raise ValidationError("Choose a tag from the list.")
        given.append(tag)
    owner = posted.get("owner", "").strip()
    if owner:
        if not is_id(owner):
            raise ValidationError(_OWNER)
        given.append(Given(Grant.Kind.OWNER, owner))
    return given


def is_id(text: str) -> bool:
    """Whether it can be an ID: short, printable, without blanks."""
    return 0 < len(text) <= 200 and text.isprintable() and not any(map(str.isspace, text))
