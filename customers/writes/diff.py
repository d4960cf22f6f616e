"""Two JSON records side by side, leaf by leaf; rows are compared by position. No model is needed."""

import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from itertools import zip_longest
from typing import Any

from customers.codat.values import is_empty, parse_date
from customers.formatting import label, singular, text
from customers.writes.journal import db_safe


@dataclass(frozen=True, slots=True)
class Difference:
    """One leaf that differs. `path` is dotted with indexes from 0: `addresses.0.line1`."""

    path: str
    label: str
    old: str
    new: str


def differences(old: Any, new: Any, path: str = "") -> list[Difference]:
    """The leaves in which what was sent differs from the record before it.

    A property that was not sent is not a difference: the integration has no field for it. Empty, null and
    missing are the same here.
    """
    if isinstance(new, dict) and new:
        before = old if isinstance(old, dict) else {}
        return [
            item
            for key, value in new.items()
            for item in differences(before.get(key), value, f"{path}.{key}" if path else str(key))
        ]
    if isinstance(new, list) and isinstance(old, list | None) and (new or old):
        return [
            item
            for index, (before, after) in enumerate(zip_longest(old or [], new))
            for item in differences(before, after, f"{path}.{index}")
        ]
    if old == new or (is_empty(old) and is_empty(new)):
        return []
    return [Difference(path, path_label(path), text(old), text(new))]


def path_label(path: str) -> str:
    """A leaf's place for people: `addresses.0.line1` -> `Address 1, Line 1`."""
    words: list[str] = []
    for part in path.split("."):
        if part.isdigit() and words:
            words[-1] = f"{singular(words[-1])} {int(part) + 1}"
        else:
            words.append(label(part))
    return ", ".join(words)


def unlike(sent: Any, read: Any) -> list[dict[str, str]]:
    """What was sent and did not come back as it was: [{label, what, sent, read}, ...].

    `what` is dropped, reformatted or changed. Only what was sent is looked for; rows are matched
    wherever they stand, since integrations reorder them. What was cleared is `kept`'s to find.
    """
    return [_finding(*found) for found in _unlike(sent, read, "")]


def kept(before: Any, sent: Any, read: Any) -> list[dict[str, str]]:
    """What was there, was cleared or removed by what was sent, and came back all the same."""
    return [_finding(*found) for found in _kept(before, sent, read, "")]


# path, what, sent, read
_Found = tuple[str, str, Any, Any]


def _finding(path: str, what: str, sent: Any, read: Any) -> dict[str, str]:
    return {
        "label": db_safe(path_label(path)),
        "what": what,
        "sent": db_safe(text(sent)),
        "read": db_safe(text(read)),
    }


def _inside(path: str, name: object) -> str:
    return f"{path}.{name}" if path else str(name)


def _is_like(sent: Any, read: Any) -> bool:
    return next(_unlike(sent, read, ""), None) is None


def _unlike(sent: Any, read: Any, path: str) -> Iterator[_Found]:
    if is_empty(sent):
        return
    if isinstance(sent, dict):
        read = read if isinstance(read, dict) else {}
        for key, value in sent.items():
            yield from _unlike(value, read.get(key), _inside(path, key))
    elif isinstance(sent, list):
        yield from _unlike_rows(sent, read if isinstance(read, list) else [], path)
    elif what := _what(sent, read):
        yield path, what, sent, read


def _unlike_rows(sent: list[Any], read: list[Any], path: str) -> Iterator[_Found]:
    left, missing = list(read), list(enumerate(sent))
    # Most rows come back as they were, which is quickly seen: only what is left is compared each with each.
    matches: tuple[Callable[[Any, Any], bool], ...] = (operator.eq, _is_like)
    for is_match in matches:
        waiting, missing = missing, []
        for index, row in waiting:
            found = next((item for item in left if is_match(row, item)), None)
            if found is None:
                missing.append((index, row))
            else:
                left.remove(found)
    for (index, row), other in zip(missing, [*left, *[None] * len(missing)], strict=False):
        yield from _unlike(row, other, f"{path}.{index}")


def _kept(before: Any, sent: Any, read: Any, path: str) -> Iterator[_Found]:
    if is_empty(before) or is_empty(read):
        return
    if isinstance(before, dict) and isinstance(sent, dict) and isinstance(read, dict) and sent:
        for key in sent:
            yield from _kept(before.get(key), sent[key], read.get(key), _inside(path, key))
    elif is_empty(sent):
        yield path, "kept", sent, read
    elif isinstance(before, list) and isinstance(sent, list) and isinstance(read, list):
        removed = [
            row for row in before if row not in sent and not any(_is_like(row, o) for o in sent)
        ]
        for row in read if removed else ():
            is_removed = row not in sent and any(_is_like(other, row) for other in removed)
            if is_removed and not any(_is_like(other, row) for other in sent):
                yield path, "kept", None, row


def _what(sent: Any, read: Any) -> str:
    """How a leaf came back: "" as it was sent, else dropped, reformatted or changed."""
    if sent == read or str(sent) == str(read):
        return ""
    if is_empty(read):
        return "dropped"
    for same in (_number, parse_date, _bare):
        one, other = same(sent), same(read)
        if one is not None and other is not None:
            return "reformatted" if one == other else "changed"
    return "changed"


def _number(value: Any) -> Decimal | None:
    try:
        return Decimal(str(value).strip())
    except InvalidOperation:
        return None


def _bare(value: Any) -> str | None:
    """A text's letters and digits, by which spellings of the same thing are known as such."""
    return "".join(filter(str.isalnum, str(value))).casefold() or None
