"""What no page of ours sends: values for parameters, fields and headers, and which of them a view reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import quote

import pytest
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict

# A null character, half of a character, what has no glyph, numbers of other scripts and sizes, days at the ends of the
# calendar, no address, JSON that is deep or says what no database holds, and signs of HTML and SQL.
VALUES = (
    "a\0b", "\ud800", "\u200b", "²", "1e400", "9" * 20, "9" * 5000, "0001-01-01", "9999-12-31", "http://[",
    "[" * 3000, '["\\ud800", "\\u0000"]', "'\"<>%",
)  # fmt: skip
# Those that are tried alone in each parameter or field: the others beside them may hide what they do.
WORST = ("a\0b", "9" * 5000, '["\\ud800", "\\u0000"]')

# `urlsplit` has no parts of the first two.
ADDRESSES = ("http://[", "http://a\uff03b.example/", "http://testserver:port/x", "\u202e")
HEADERS = (
    "HX-Current-URL", "HX-Target", "HX-Trigger", "HX-Trigger-Name", "HX-Prompt", "Referer", "Origin", "Range",
    "If-Range", "If-None-Match", "If-Modified-Since", "Accept-Language", "Cache-Control", "X-Forwarded-For",
    "X-Request-ID", "Automatic-Request",
)  # fmt: skip


@contextmanager
def names_read(monkeypatch: pytest.MonkeyPatch) -> Iterator[set[str]]:
    """The names of parameters and fields that are read inside."""
    names: set[str] = set()
    item, listed = MultiValueDict.__getitem__, MultiValueDict._getlist  # type: ignore[attr-defined]

    def read_item(data: MultiValueDict[str, str], key: str) -> object:
        names.add(key)
        return item(data, key)

    def read_list(
        data: MultiValueDict[str, str], key: str, *more: object, **named: object
    ) -> object:
        names.add(key)
        return listed(data, key, *more, **named)

    def contains(data: QueryDict, key: str) -> bool:
        names.add(key)
        return dict.__contains__(data, key)

    with monkeypatch.context() as patch:
        patch.setattr(MultiValueDict, "__getitem__", read_item)
        patch.setattr(MultiValueDict, "_getlist", read_list)
        patch.setattr(QueryDict, "__contains__", contains, raising=False)
        yield names
    names.discard("csrfmiddlewaretoken")


def encoded(values: Mapping[str, str]) -> str:
    """A query string or a form, as no browser encodes it: with halves of characters."""
    return "&".join(
        f"{quote(name)}={quote(value, safe='', errors='surrogatepass')}"
        for name, value in values.items()
    )
