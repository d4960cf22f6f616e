"""Two texts side by side as HTML, in which the characters that differ are marked with <del> and <ins>."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import SequenceMatcher
from typing import NamedTuple

from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

from customers.codat.text import marked_text

# Characters times characters that are compared one by one; longer texts are compared from both ends.
_MAX_COMPARED = 250_000
# Below this share of equal characters two texts are shown as entirely different.
_MIN_RATIO = 0.5

# A mark of an invisible character is one piece, all others are single characters.
_PIECE = re.compile(r"\[U\+[0-9A-F]{4,6}\]|.", re.DOTALL)

# (whether it differs, the text)
_Part = tuple[bool, str]


class Difference(NamedTuple):
    """The text before and the text after, as safe HTML."""

    old: SafeString
    new: SafeString


def difference(old: str, new: str) -> Difference:
    """The two texts with marks for invisible characters, and for those that differ."""
    before, after = _PIECE.findall(marked_text(old)), _PIECE.findall(marked_text(new))
    old_parts, new_parts = _parts(before, after)
    return Difference(_html(old_parts, "del"), _html(new_parts, "ins"))


def _parts(before: list[str], after: list[str]) -> tuple[list[_Part], list[_Part]]:
    if len(before) * len(after) > _MAX_COMPARED:
        return _parts_from_both_ends(before, after)
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    if matcher.ratio() < _MIN_RATIO:
        return [(True, "".join(before))], [(True, "".join(after))]
    old: list[_Part] = []
    new: list[_Part] = []
    for tag, start, end, new_start, new_end in matcher.get_opcodes():
        old.append((tag != "equal", "".join(before[start:end])))
        new.append((tag != "equal", "".join(after[new_start:new_end])))
    return old, new


def _parts_from_both_ends(before: list[str], after: list[str]) -> tuple[list[_Part], list[_Part]]:
    """The common beginning and end of the texts, and everything between as one difference."""
    shorter = min(len(before), len(after))
    head = next((i for i in range(shorter) if before[i] != after[i]), shorter)
    rest = shorter - head
    tail = next((i for i in range(rest) if before[-1 - i] != after[-1 - i]), rest)
    parts = [
        [
            (False, "".join(pieces[:head])),
            (True, "".join(pieces[head : len(pieces) - tail])),
            (False, "".join(pieces[len(pieces) - tail :])),
        ]
        for pieces in (before, after)
    ]
    return parts[0], parts[1]


def _html(parts: Iterable[_Part], element: str) -> SafeString:
    marked = f"<{element}>{{}}</{element}>"
    pieces = [
        format_html(marked, text) if differs else escape(text) for differs, text in parts if text
    ]
    return mark_safe("".join(pieces))  # noqa: S308  each piece is escaped
