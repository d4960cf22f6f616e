"""Names of inputs: a path of percent-encoded property names and row keys, joined by dots.

`f.addresses.b0.line1` is an input, `r.addresses` lists its rows in order, `x.addresses` those of
them that are removed until saving. A row of the record is `b` and its index there; a new one is
`n` and a number; `n3-b0` is a new row that began as a copy of `b0` and keeps what only b0 knows.
Names are never parsed: a form knows its own, and asks for them.
"""

from __future__ import annotations

import re
from urllib.parse import quote

FIELD, ROWS, REMOVED = "f.", "r.", "x."
NEW_ROW = re.compile(r"n([1-9]\d{0,5})(?:-b(\d{1,6}))?", re.ASCII)


def segment(name: str) -> str:
    """One property name inside a path: everything but letters, digits, `_`, `-` and `~` encoded.

    The empty name is a lone `%`, which no encoding yields.
    """
    return quote(name, safe="", errors="surrogatepass").replace(".", "%2E") or "%"


def join(path: str, part: str) -> str:
    """The path of a property or row below `path` ("" is the root)."""
    return f"{path}.{part}" if path else part


def html_id(path: str) -> str:
    """The id of the element of that path. Its help, error, label and buttons put other prefixes
    before the path: suffixes could meet another property's name."""
    return f"f-{path}"
