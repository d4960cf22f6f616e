"""JSON lines: a record a line."""

from __future__ import annotations

import simplejson


def json_line(value: object) -> bytes:
    """A value as a line of UTF-8. Numbers keep all digits; lone surrogates are written as escapes."""
    line = simplejson.dumps(value, use_decimal=True, ignore_nan=True, ensure_ascii=False)
    try:
        return f"{line}\n".encode()
    except UnicodeEncodeError:
        line = simplejson.dumps(value, use_decimal=True, ignore_nan=True, ensure_ascii=True)
        return f"{line}\n".encode()
