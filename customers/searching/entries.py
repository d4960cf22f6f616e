"""What a search shows: groups of entries, each a link with the parts of its text that were found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from customers.codat.text import visible_text

# Places of a text: start and end.
Spans = Sequence[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a text. `is_found`: it is what was searched for."""

    text: str
    is_found: bool = False


Parts = tuple[Part, ...]


def parts(text: str, spans: Spans = ()) -> Parts:
    """A text with the places that were found; the spans are in order and do not overlap."""
    found, end = [], 0
    for start, stop in spans:
        if start > end:
            found.append(Part(text[end:start]))
        found.append(Part(visible_text(text[start:stop]), is_found=True))
        end = stop
    if end < len(text):
        found.append(Part(text[end:]))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Reason:
    """A value of a customer: its label, "" where the value says what it is, and its parts."""

    label: str
    parts: Parts


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that is found or can be done.

    `mark` is the company (ID, name) whose initials stand in front, else `icon` the name of an icon. `details` follow
    the title. At the end: `tags`, `aside`, and `old` where the company's copy is old. `edit_url` is what Shift+Enter
    opens. `key` is the shortcut that does it, as in `data-key`.
    """

    url: str
    title: Parts
    details: tuple[Reason, ...] = ()
    mark: tuple[str, str] = ("", "")
    icon: str = ""
    aside: str = ""
    old: str = ""
    tags: tuple[str, ...] = ()
    edit_url: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Entries under a heading. `is_counted`: they are results, not what can be done."""

    heading: str
    entries: Sequence[Entry] = field(default_factory=tuple)
    is_counted: bool = True
