"""The base record, signed and compressed for a hidden input of the form, so that the server stores nothing."""

from __future__ import annotations

from typing import Any

import simplejson
from django.core import signing

from customers.forms.values import to_json

_SALT = "customers.forms.base"
# Characters. A base is as long as a record; this bound limits the cost of a hostile post.
_MAX_LENGTH = 5_000_000


class FormTampered(Exception):
    """The signed base of a posted form is missing, not valid, or from another form."""

    def __init__(self) -> None:
        super().__init__("This form is out of date, so nothing was sent. Open it again.")


class _ExactJson:
    """JSON in which numbers keep their digits, as a serializer for django.core.signing."""

    def dumps(self, obj: Any) -> bytes:
        return to_json(obj).encode("ascii")

    def loads(self, data: bytes) -> Any:
        return simplejson.loads(data, use_decimal=True)


def sign(record: dict[str, Any], purpose: str) -> str:
    """The record as signed text. It can be read again with the same purpose only."""
    return signing.dumps(record, salt=f"{_SALT}:{purpose}", serializer=_ExactJson, compress=True)


def unsign(text: str, purpose: str) -> dict[str, Any]:
    """The record of a signed text. Raises FormTampered."""
    if not text or len(text) > _MAX_LENGTH:
        raise FormTampered
    try:
        record = signing.loads(text, salt=f"{_SALT}:{purpose}", serializer=_ExactJson)
    except (signing.BadSignature, ValueError) as e:
        raise FormTampered from e
    if not isinstance(record, dict):
        raise FormTampered
    return record
