"""Compares two JSON records field by field, without a model: the changes of a write, and how they were read back."""

import operator
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from itertools import zip_longest
from typing import Any, Literal, TypedDict

from customers.codat.text import db_safe
from customers.codat.values import is_empty, parse_date
from customers.formatting import marked_or_dash, path_label
from customers.models import Write

Path = tuple[str | int, ...]
PairRows = Callable[[list[Any], list[Any]], Iterable[tuple[Any, Any]]]
How = Literal["dropped", "reformatted", "changed", "not_cleared"]


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field that a write changes. `keys` are names of properties, and indexes of list items from 0."""

    keys: Path
    label: str
    old: str
    new: str

    @property
    def path(self) -> str:
        """The keys, dotted: `addresses.0.line1`."""
        return ".".join(map(str, self.keys))


class Difference(TypedDict):
    """One field that was not read back as it was sent, as the journal stores it. `what` is a `How`."""

    label: str
    what: str
    sent: str
    read: str


# -- the walk ---------------------------------------------------------------------------------------


def walk(
    old: Any, new: Any, *, pair_rows: PairRows | None, path: Path = ()
) -> Iterator[tuple[Path, Any, Any]]:
    """The fields of two records side by side: (path, old, new).

    Only the properties of `new` are visited: others have no field in the integration. `pair_rows` pairs the rows of
    two lists; without it a list is one field. An empty object or list is one field, and so is a value whose type
    differs between the records.
    """
    if isinstance(new, dict) and new and (isinstance(old, dict) or is_empty(old)):
        before = old if isinstance(old, dict) else {}
        for name, value in new.items():
            yield from walk(before.get(name), value, pair_rows=pair_rows, path=(*path, str(name)))
    elif (
        pair_rows is not None
        and isinstance(new, list)
        and (isinstance(old, list) or is_empty(old))
        and (new or old)
    ):
        pairs = pair_rows(old if isinstance(old, list) else [], new)
        for index, (old_row, new_row) in enumerate(pairs):
            yield from walk(old_row, new_row, pair_rows=pair_rows, path=(*path, index))
    else:
        yield path, old, new


def by_position(old: list[Any], new: list[Any]) -> Iterable[tuple[Any, Any]]:
    """Pairs the rows of two lists by their position; None is a missing row."""
    return zip_longest(old, new)


def by_content(old: list[Any], new: list[Any]) -> Iterable[tuple[Any, Any]]:
    """Pairs each new row with an old row that holds it, at any position, since integrations reorder rows.

    The remaining new rows are paired with the remaining old rows in their order; old rows too many are left out.
    """
    remaining, partners = list(old), dict[int, Any]()
    # Most rows are equal, which is cheap to test: only the others are compared pairwise.
    matches: tuple[Callable[[Any, Any], bool], ...] = (operator.eq, _holds)
    for is_match in matches:
        for index, row in enumerate(new):
            if index not in partners:
                match = next((n for n, other in enumerate(remaining) if is_match(other, row)), None)
                if match is not None:
                    partners[index] = remaining.pop(match)
    rest = iter(remaining)
    return [
        (partners[index] if index in partners else next(rest, None), row)
        for index, row in enumerate(new)
    ]


# -- what a write changes ---------------------------------------------------------------------------


def changes(write: Write) -> list[FieldChange]:
    """The fields that a write changes, against the record as it was read; [] once its values were deleted."""
    return changed_fields(write.values_before, write.sent_values) if write.payload else []


def changed_fields(before: Any, sent: Any) -> list[FieldChange]:
    """The fields in which `sent` differs from `before`. Empty, null and missing are the same here."""
    return [
        FieldChange(path, path_label(path), marked_or_dash(old), marked_or_dash(new))
        for path, old, new in walk(before, sent, pair_rows=by_position)
        if old != new and not (is_empty(old) and is_empty(new))
    ]


# -- how it came back -------------------------------------------------------------------------------


def differences(sent: Any, read: Any) -> list[Difference]:
    """The fields that were not read back as they were sent.

    Cleared values are not included, see `not_cleared`.
    """
    return [_difference(path, how, new, old) for path, how, new, old in _not_as_sent(sent, read)]


def not_cleared(before: Any, sent: Any, read: Any) -> list[Difference]:
    """The fields and rows that the write cleared or removed, and that still have their value."""
    result = []
    for path, old, new in walk(before, sent, pair_rows=None):
        back = _value_at(read, path)
        if is_empty(old) or is_empty(back):
            continue
        if is_empty(new):
            result.append(_difference(path, "not_cleared", new, back))
        elif isinstance(old, list) and isinstance(new, list) and isinstance(back, list):
            rows = _rows_not_removed(old, new, back)
            result.extend(_difference(path, "not_cleared", None, row) for row in rows)
    return result


def outcome(sent: Any, read: Any) -> How | None:
    """How a field that was sent was read back; None where it is as it was sent."""
    if sent == read or str(sent) == str(read):
        return None
    if is_empty(read):
        return "dropped"
    for normalise in (_number, parse_date, _letters_and_digits):
        one, other = normalise(sent), normalise(read)
        if one is not None and other is not None:
            return "reformatted" if one == other else "changed"
    return "changed"


def _not_as_sent(sent: Any, read: Any) -> Iterator[tuple[Path, How, Any, Any]]:
    for path, old, new in walk(read, sent, pair_rows=by_content):
        how = None if is_empty(new) else outcome(new, old)
        if how is not None:
            yield path, how, new, old


def _holds(read: Any, sent: Any) -> bool:
    """Whether a row that was read holds all that was sent."""
    return next(_not_as_sent(sent, read), None) is None


def _rows_not_removed(before: list[Any], sent: list[Any], read: list[Any]) -> Iterator[Any]:
    """The rows of `read` that were in `before` and were not sent."""
    removed = [
        row for row in before if row not in sent and not any(_holds(other, row) for other in sent)
    ]
    for row in read if removed else ():
        was_removed = row not in sent and any(_holds(row, other) for other in removed)
        if was_removed and not any(_holds(row, other) for other in sent):
            yield row


def _difference(path: Path, how: How, sent: Any, read: Any) -> Difference:
    return Difference(
        label=db_safe(path_label(path)),
        what=how,
        sent=db_safe(marked_or_dash(sent)),
        read=db_safe(marked_or_dash(read)),
    )


def _value_at(record: Any, path: Path) -> Any:
    """The value under a path of names, None where there is none."""
    for name in path:
        record = record.get(name) if isinstance(record, dict) else None
    return record


def _number(value: Any) -> Decimal | None:
    try:
        return Decimal(str(value).strip())
    except InvalidOperation:
        return None


def _letters_and_digits(value: Any) -> str | None:
    """A text without punctuation, blanks and case, which is equal for spellings of one value."""
    return "".join(filter(str.isalnum, str(value))).casefold() or None
