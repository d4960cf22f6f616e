"""Columns of a table as fields of a customer: keys, headings and cell texts. Knows no file and no database.

A column is a path in a record: names of properties, and positions in lists from 0. `("addresses", 0, "city")` has the
key `addresses.#1.city` and the heading `Address 1 city`. A key is never ambiguous; of a heading, `headings` takes care.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import unquote

import simplejson

from customers.formatting import label, singular
from customers.forms.paths import encode_name

Path = tuple[str | int, ...]

# Positions in a list that a key may name: a column for each.
MAX_POSITION, _MAX_DIGITS = 500, 3
_POSITION = "#"
# Headings that the names of properties do not say.
_HEADINGS: dict[Path, str] = {("id",): "Customer ID", ("metadata", "isDeleted"): "Deleted"}


def key_of(path: Path) -> str:
    """The key of a column: `addresses.#1.city`."""
    return ".".join(
        f"{_POSITION}{part + 1}" if isinstance(part, int) else encode_name(part) for part in path
    )


def path_of(key: str) -> Path:
    """The path of a key; () for a text that is none."""
    path: list[str | int] = []
    for part in key.split("."):
        if part.startswith(_POSITION):
            number = part[1:]
            is_short = number.isascii() and number.isdecimal() and len(number) <= _MAX_DIGITS
            if not is_short or not 0 < int(number) <= MAX_POSITION:
                return ()
            path.append(int(number) - 1)
        else:
            path.append("" if part == "%" else unquote(part, errors="surrogatepass"))
    return tuple(path)


def names_of(path: Path) -> tuple[str, ...]:
    """The names of a column's field, without positions: `("addresses", 0, "city")` -> `("addresses", "city")`."""
    return tuple(part for part in path if isinstance(part, str))


def heading_of(path: Path) -> str:
    """The heading of a column: `Address 1 city`. Two columns may have the same one; see `headings`."""
    if path in _HEADINGS:
        return _HEADINGS[path]
    words: list[str] = []
    for part in path:
        if isinstance(part, str):
            text = label(part)
            words.append(text if not words else _in_sentence(text))
        elif words:
            words[-1] = f"{singular(words[-1])} {part + 1}"
        else:
            words.append(str(part + 1))
    return " ".join(words)


def headings(paths: Sequence[Path]) -> list[str]:
    """The headings of a table's columns, each different from the others: equal ones have their keys behind them."""
    texts = [heading_of(path) for path in paths]
    folded = [text.casefold() for text in texts]
    return [
        f"{text} ({key_of(path)})" if folded.count(text.casefold()) > 1 else text
        for text, path in zip(texts, paths, strict=True)
    ]


def cells_of(record: Mapping[str, Any]) -> Iterator[tuple[Path, Any]]:
    """Each value of a record with its path, in the record's order. Empty lists and objects have none."""
    yield from _cells(record, ())


def value_at(record: Mapping[str, Any], path: Iterable[str | int]) -> Any:
    """The value of a record at a path, None where it has none."""
    value: Any = record
    for part in path:
        if isinstance(part, int):
            value = value[part] if isinstance(value, list) and part < len(value) else None
        else:
            value = value.get(part) if isinstance(value, Mapping) else None
    return value


def cell_text(value: object) -> str:
    """A value as the text of a cell, without losing a character or a digit; "" for none."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return simplejson.dumps(value, use_decimal=True, ignore_nan=True, ensure_ascii=False)


def _cells(value: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _cells(inner, (*path, str(name)))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _cells(inner, (*path, index))
    else:
        yield path, value


def _in_sentence(text: str) -> str:
    """A label within a heading: its first letter small, but not that of an abbreviation such as `VAT`."""
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]
