"""Where a validation item of Codat's belongs. `itemId` names a field loosely: any case, the tail of
a path, singular for plural, indexes or none (`Address.PostalCode`, `Contacts`, `addresses[1].line1`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from customers.formatting import path_parts
from customers.forms.bound import Group, Leaf, Rows, State

# What may stand before a path and means the record itself.
_ROOT_NAMES = frozenset({"customer", "data", "request", "payload", "body", "model", "pushobject"})
_FAR = 1_000_000

Names = tuple[str, ...]
# (how many names stand before the row, the row's place among those that are sent)
Indexes = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class _Candidate:
    state: State
    names: Names
    indexes: Indexes
    rank: int


class ErrorMapper:
    """Finds states by itemId. Made once per answer, because it walks the whole form."""

    def __init__(self, root: Group) -> None:
        self.candidates: list[_Candidate] = []
        self._collect(root, (), (), 0)

    def find(self, item_id: object) -> State | None:
        """The field, row list or object that an itemId means; None if none or too vague."""
        if not isinstance(item_id, str):
            return None
        names, indexes = _read(item_id[:500])
        while len(names) > 1 and names[0] in _ROOT_NAMES:
            names = names[1:]
            indexes = {depth - 1: index for depth, index in indexes.items() if depth > 1}
        found = self._best(names, indexes)
        while found and found[0] and len(names) > 1:
            # No such row: its list still says more than nothing.
            names = names[:-1]
            found = self._best(names, indexes)
        return found[1] if found and not found[0] else None

    def _best(self, names: tuple[str, ...], indexes: dict[int, int]) -> tuple[int, State] | None:
        """The likeliest state, and how many of its rows are others than the ones asked for."""
        best: tuple[tuple[int, int, int, int], State] | None = None
        for candidate in self.candidates if names else ():
            skipped = len(candidate.names) - len(names)
            if skipped < 0 or candidate.names[skipped:] != names:
                continue
            matched = misses = 0
            places = dict(candidate.indexes)
            for depth, index in indexes.items():
                place = places.get(depth + skipped)
                matched += place == index
                # After the last name an index may mean the list as a whole.
                misses += place != index and (place is not None or depth < len(names))
            score = (misses, skipped, -matched, candidate.rank)
            if best is None or score < best[0]:
                best = (score, candidate.state)
        return (best[0][0], best[1]) if best else None

    def _collect(self, state: State, names: Names, indexes: Indexes, rank: int) -> None:
        if names:
            blank = isinstance(state, Leaf) and state.blank
            # Without an index a row that has the field is likelier than one that has not.
            self.candidates.append(_Candidate(state, names, indexes, rank + _FAR * blank))
        self._collect_inside(state, names, indexes, rank)

    def _collect_inside(self, state: State, names: Names, indexes: Indexes, rank: int) -> None:
        if isinstance(state, Group):
            for child in state.children:
                self._collect(child, (*names, _loose(child.node.name)), indexes, rank)
        elif isinstance(state, Rows):
            for place, row in enumerate(state.sent):
                self._collect_row(row.state, names, (*indexes, (len(names), place)), rank + place)
            for row in state.visible:
                if not row.sent:
                    self._collect_row(row.state, names, indexes, rank + len(state.rows))

    def _collect_row(self, state: State, names: Names, indexes: Indexes, rank: int) -> None:
        self.candidates.append(_Candidate(state, names, indexes, rank + 1))
        self._collect_inside(state, names, indexes, rank)


def _read(item_id: str) -> tuple[tuple[str, ...], dict[int, int]]:
    """The names of an itemId, and which index follows which name."""
    names: list[str] = []
    indexes: dict[int, int] = {}
    for part in path_parts(item_id):
        if isinstance(part, str):
            names.append(_loose(part))
        elif names:
            indexes[len(names)] = part
    return tuple(names), indexes


def _loose(name: str) -> str:
    """A name without case, underscores and plural."""
    word = re.sub(r"[\W_]+", "", name).lower()
    if word.endswith("sses"):
        return word[:-2]
    if word.endswith("ies"):
        return word[:-3] + "y"
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word
