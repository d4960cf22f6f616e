"""Two JSON records side by side, leaf by leaf; rows are compared by position. No model is needed."""

from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from customers.formatting import is_empty, label, singular, text


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
