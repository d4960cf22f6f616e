"""Records that are too long for a page: the part that is shown, and sentences about the rest. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any

from customers.formatting import path_label, thousands

# Items of one list or object, characters of one text, and values of a whole record that a page shows.
MAX_ITEMS, MAX_CHARACTERS, MAX_VALUES = 1_000, 20_000, 20_000
# Sentences about what is not shown.
MAX_SENTENCES = 20

Path = tuple[str | int, ...]


def shorten(record: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The part of a record that a page shows, and a sentence for each value that was shortened."""
    shortener = _Shortener()
    shortened: dict[str, Any] = shortener.value(dict(record), ())
    sentences = shortener.sentences
    if len(sentences) > MAX_SENTENCES:
        more = len(sentences) - MAX_SENTENCES
        sentences = [
            *sentences[:MAX_SENTENCES],
            "1 more list or text is shortened."
            if more == 1
            else f"{thousands(more)} more lists and texts are shortened.",
        ]
    return shortened, tuple(sentences)


class _Shortener:
    """Shortens one record. `sentences` are about the parts that were left out."""

    def __init__(self) -> None:
        self.sentences: list[str] = []
        self._left = MAX_VALUES

    def value(self, value: Any, path: Path) -> Any:
        """A value as it is shown."""
        self._left -= 1
        if isinstance(value, dict):
            return dict(self._items(value.items(), len(value), path, "fields"))
        if isinstance(value, list):
            return [item for _, item in self._items(enumerate(value), len(value), path, "")]
        if isinstance(value, str) and len(value) > MAX_CHARACTERS:
            self._say(path, len(value), MAX_CHARACTERS, "characters")
            return value[:MAX_CHARACTERS]
        return value

    def _items(self, pairs: Any, total: int, path: Path, noun: str) -> list[tuple[Any, Any]]:
        shown: list[tuple[Any, Any]] = []
        for key, item in islice(pairs, MAX_ITEMS):
            # The record's own fields are always shown.
            if self._left <= 0 and path:
                break
            shown.append((key, self.value(item, (*path, key))))
        if len(shown) < total:
            self._say(path, total, len(shown), noun)
        return shown

    def _say(self, path: Path, total: int, shown: int, noun: str) -> None:
        label = path_label(path) or "Customer"
        what = (
            f"{label}: {thousands(total)} {noun}" if noun else f"{thousands(total)} {label.lower()}"
        )
        which = f"the first {thousands(shown)} are shown" if shown else "none are shown"
        self.sentences.append(f"{what}: {which}.")
