"""A file and what it must become."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Case:
    """A file: `content` makes it. It becomes `headings` and `rows`, or it is refused with a sentence.

    `rows` are cells by the number of their row, `remarks` by that number and the index of the cell. `reading` are
    parts of the guessed reading; `chosen` what a person corrects of it. `refused` is a part of the sentence, `line`
    the place that it names.
    """

    file_name: str
    content: Callable[[], bytes]
    headings: Sequence[str] = ()
    rows: Mapping[int, Sequence[str]] = field(default_factory=dict)
    remarks: Mapping[int, Mapping[int, str]] = field(default_factory=dict)
    reading: Mapping[str, Any] = field(default_factory=dict)
    chosen: Mapping[str, Any] = field(default_factory=dict)
    refused: str = ""
    line: int | None = None


def text(content: str, encoding: str = "utf-8") -> Callable[[], bytes]:
    """The content of a text file."""
    return lambda: content.encode(encoding)
