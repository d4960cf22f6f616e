"""The base record travels in the form: signed, compressed, nothing kept on the server."""

from __future__ import annotations

from typing import Any

import simplejson
from django.core import signing

from customers.forms.values import dump

_SALT = "customers.forms.base"
# A base is as long as a record is; this only keeps a hostile post from being hashed at length.
_MAX_LENGTH = 5_000_000


class FormTampered(Exception):
    """The signed part of a posted form is missing, broken, or from another form."""

    def __init__(self) -> None:
        super().__init__(
            "The form came back without the record that it was opened with, or with a changed one. "
            "Nothing was sent. Open the form again."
        )


class _Exact:
    """JSON in which numbers keep their digits."""

    def dumps(self, obj: Any) -> bytes:
        return dump(obj).encode("ascii")

    def loads(self, data: bytes) -> Any:
        return simplejson.loads(data, use_decimal=True)


def sign(record: dict[str, Any], purpose: str) -> str:
    """The record as text for a hidden input; it opens only with the same purpose."""
    return signing.dumps(record, salt=f"{_SALT}:{purpose}", serializer=_Exact, compress=True)


def unsign(text: str, purpose: str) -> dict[str, Any]:
    """The record again. Raises FormTampered."""
    if not text or len(text) > _MAX_LENGTH:
        raise FormTampered
    try:
        record = signing.loads(text, salt=f"{_SALT}:{purpose}", serializer=_Exact)
    except (signing.BadSignature, ValueError) as e:
        raise FormTampered from e
    if not isinstance(record, dict):
        raise FormTampered
    return record
