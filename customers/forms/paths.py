"""Names of inputs: a path of percent-encoded property names and item keys, joined by dots.

`f.addresses.b0.line1` is an input, `r.addresses` the order of a list's items, `x.addresses` the items that are
removed on save. `i.phone` is the text before invisible characters were removed, `k.phone` that they are not to be
removed. The key of an item from the record is `b` and its index there; of a new item, `n` and a number.
`n3-b0` is a new item that was copied from `b0`: it has the values of `b0` that have no input.
Names that a browser sends are never parsed: a form looks up the names of its own fields.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import quote, unquote

FIELD_PREFIX, ORDER_PREFIX, REMOVED_ITEMS_PREFIX = "f.", "r.", "x."
ORIGINAL_PREFIX, KEEP_INVISIBLE_PREFIX = "i.", "k."
# The entered value of a field that was removed from the model: it is shown to be copied, and not sent.
REMOVED_FIELD_PREFIX = "l."
_ITEM_KEY = re.compile(r"b\d{1,6}|n[1-9]\d{0,5}(?:-b\d{1,6})?", re.ASCII)
NEW_ITEM_KEY = re.compile(r"n([1-9]\d{0,5})(?:-b(\d{1,6}))?", re.ASCII)


# Names are those of models and records: some dozens, each asked for in every field of every form.
@lru_cache(maxsize=4096)
def encode_name(name: str) -> str:
    """A property's name as one part of a path: all but letters, digits, `_`, `-` and `~` percent-encoded.

    The empty name becomes `%`, which is not the encoding of any other name.
    """
    return quote(name, safe="", errors="surrogatepass").replace(".", "%2E") or "%"


def item_key(index: int) -> str:
    """The key of the item that has this index in the record."""
    return f"b{index}"


def labels_of(path: str) -> tuple[str | int, ...]:
    """The names of a path, and the positions of its items, as `path_label` takes them."""
    return tuple(
        int(part.split("-")[0][1:]) - (part[0] == "n")
        if _ITEM_KEY.fullmatch(part)
        else unquote(part)
        for part in path.split(".")
    )


def join(path: str, part: str) -> str:
    """The path of a property or item below `path`; "" is the root."""
    return f"{path}.{part}" if path else part


def path_of(keys: Iterable[str | int]) -> str:
    """The path of a field of a record: names of properties, and indexes of list items from 0."""
    path = ""
    for key in keys:
        path = join(path, item_key(key) if isinstance(key, int) else encode_name(key))
    return path


def html_id(path: str) -> str:
    """The id of the element of a path.

    Its help, error, label and buttons have other prefixes: a suffix could be part of a property's name.
    """
    return f"f-{path}"
