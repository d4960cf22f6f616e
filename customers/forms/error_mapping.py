"""Which field one of Codat's findings belongs to.

Its `itemId` names a field loosely: in any case, by the end of a path, in the singular for the plural, with or
without indexes (`Address.PostalCode`, `Contacts`, `addresses[1].line1`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from customers.formatting import path_parts
from customers.forms.bound import Field, Group, Leaf, ListField

# Names at the beginning of a path that mean the record itself.
_ROOT_NAMES = frozenset({"customer", "data", "request", "payload", "body", "model", "pushobject"})
_MAX_ITEM_ID_LENGTH = 500
# Added to the rank of a blank field, so that it comes after every field with a value.
_BLANK_RANK = 1_000_000

Names = tuple[str, ...]
# (the number of names before the list item, the item's index among those that are sent)
Indexes = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class _Candidate:
    field: Field
    names: Names
    indexes: Indexes
    rank: int


class ErrorMapper:
    """Finds fields by itemId. Made once for all findings of one response, because it walks the whole form."""

    def __init__(self, root: Group) -> None:
        self.candidates: list[_Candidate] = []
        self._collect(root, (), (), 0)

    def find(self, item_id: object) -> Field | None:
        """The field, list or group that an itemId means; None where it matches none, or is ambiguous."""
        if not isinstance(item_id, str):
            return None
        names, indexes = _names_and_indexes(item_id[:_MAX_ITEM_ID_LENGTH])
        while len(names) > 1 and names[0] in _ROOT_NAMES:
            names = names[1:]
            indexes = {depth - 1: index for depth, index in indexes.items() if depth > 1}
        match = self._best_match(names, indexes)
        while match and match[0] and len(names) > 1:
            # There is no such item: the list is the nearest field.
            names = names[:-1]
            match = self._best_match(names, indexes)
        return match[1] if match and not match[0] else None

    def _best_match(
        self, names: tuple[str, ...], indexes: dict[int, int]
    ) -> tuple[int, Field] | None:
        """The most likely field, and how many of its indexes differ from the given ones."""
        best: tuple[tuple[int, int, int, int], Field] | None = None
        for candidate in self.candidates if names else ():
            skipped = len(candidate.names) - len(names)
            if skipped < 0 or candidate.names[skipped:] != names:
                continue
            equal = different = 0
            positions = dict(candidate.indexes)
            for depth, index in indexes.items():
                position = positions.get(depth + skipped)
                equal += position == index
                # An index after the last name may mean the list as a whole.
                different += position != index and (position is not None or depth < len(names))
            score = (different, skipped, -equal, candidate.rank)
            if best is None or score < best[0]:
                best = (score, candidate.field)
        return (best[0][0], best[1]) if best else None

    def _collect(self, field: Field, names: Names, indexes: Indexes, rank: int) -> None:
        if names:
            # Without an index, an item that has a value is more likely than one that has none.
            is_blank = isinstance(field, Leaf) and field.is_blank
            self.candidates.append(_Candidate(field, names, indexes, rank + _BLANK_RANK * is_blank))
        self._collect_inside(field, names, indexes, rank)

    def _collect_inside(self, field: Field, names: Names, indexes: Indexes, rank: int) -> None:
        if isinstance(field, Group):
            for child in field.children:
                self._collect(child, (*names, _comparable(child.node.name)), indexes, rank)
        elif isinstance(field, ListField):
            for index, item in enumerate(field.sent_items):
                item_indexes = (*indexes, (len(names), index))
                self._collect_item(item.field, names, item_indexes, rank + index)
            for item in field.remaining_items:
                if not item.is_sent:
                    self._collect_item(item.field, names, indexes, rank + len(field.items))

    def _collect_item(self, field: Field, names: Names, indexes: Indexes, rank: int) -> None:
        self.candidates.append(_Candidate(field, names, indexes, rank + 1))
        self._collect_inside(field, names, indexes, rank)


def _names_and_indexes(item_id: str) -> tuple[tuple[str, ...], dict[int, int]]:
    """The names of an itemId, and each index by the number of names before it."""
    names: list[str] = []
    indexes: dict[int, int] = {}
    for part in path_parts(item_id):
        if isinstance(part, str):
            names.append(_comparable(part))
        elif names:
            indexes[len(names)] = part
    return tuple(names), indexes


def _comparable(name: str) -> str:
    """A name without case, underscores and plural."""
    word = re.sub(r"[\W_]+", "", name).lower()
    if word.endswith("sses"):
        return word[:-2]
    if word.endswith("ies"):
        return word[:-3] + "y"
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word
