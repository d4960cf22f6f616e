"""One value of a customer on its page: as text, as a link where it is one, and whether it can be edited in place."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from urllib.parse import quote

from customers.codat import values
from customers.formatting import status_label, text_or_dash
from customers.web import links

Keys = tuple[str | int, ...]

# An address as browsers accept it in <input type=email>; anything else stays text.
_EMAIL = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?"
)
_PHONE = re.compile(r"\+?[0-9 ().\u00a0/-]{3,40}")
# Rows of one list that have buttons: a page of a thousand rows stays small.
MAX_ROWS_WITH_BUTTONS = 50
_MIN_DIGITS, _MAX_DIGITS = 3, 20
_EMAIL_NAMES = ("emailAddress", "email")
_PHONE_NAMES = ("phone", "number")


@dataclass(frozen=True, slots=True)
class RecordField:
    """One value. `text` is "" where there is none; `href` is "" where it is no link.

    `keys` are names of properties, and indexes of list items from 0; `path` is the same as in the names of inputs.
    `name` says which field it is where its label stands alone: "Address 1, Postal code".
    """

    keys: Keys
    path: str
    label: str
    name: str
    text: str
    href: str = ""
    is_editable: bool = False

    @property
    def is_far(self) -> bool:
        """Whether it is in a row so far down a list that the page has no buttons there; the form has it."""
        return any(isinstance(key, int) and key >= MAX_ROWS_WITH_BUTTONS for key in self.keys)

    @property
    def id(self) -> str:
        """The id of its element."""
        return f"field-{self.path}"


def record_field(
    keys: Keys, path: str, label: str, value: object, *, name: str = "", is_editable: bool = False
) -> RecordField:
    """The field of a value of Codat's."""
    show = status_label if keys[-1:] == ("status",) else text_or_dash
    text = "" if values.is_empty(value) else show(value)
    href = _href(keys[-1] if keys else "", text)
    field = RecordField(keys, path, label, name or label, text, href, is_editable)
    return replace(field, is_editable=False) if field.is_far else field


def _href(key: str | int, text: str) -> str:
    """The address of an email address or a phone number; "" for all others, and for what only resembles one."""
    if key in _EMAIL_NAMES and _EMAIL.fullmatch(text) and ".." not in text:
        return "mailto:" + quote(text, safe="@")
    digits = re.sub(r"[^0-9]", "", text)
    if key in _PHONE_NAMES and _PHONE.fullmatch(text) and _MIN_DIGITS <= len(digits) <= _MAX_DIGITS:
        return f"tel:{'+' if text.startswith('+') else ''}{digits}"
    return ""


@dataclass(frozen=True, slots=True)
class FieldAddresses:
    """The addresses at which the fields of one customer are edited. `query` is `CompanyContext.query`."""

    company_id: str
    customer_id: str
    query: Callable[..., str]

    def field(self, field: RecordField) -> str:
        """One field, in its place."""
        return links.field(self.company_id, self.customer_id) + self.query(path=field.path)

    def form(self, field: RecordField) -> str:
        """The form at this field."""
        address = links.edit(self.company_id, self.customer_id)
        return f"{address}{self.query(field=field.path)}#f-{quote(field.path, safe='')}"
