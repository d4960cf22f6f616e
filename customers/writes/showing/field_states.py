"""The state of the newest change of each field of one customer, for the field's place on the page."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from customers.models import Write
from customers.web import links
from customers.writes import sentences
from customers.writes.diff import FieldChange, Path
from customers.writes.showing.effects import can_be_undone, own_changes, values_before

# Seconds after a save in which the field itself offers to undo it; afterwards the timeline does.
UNDO_SECONDS = 10
# How long a field says that its change was confirmed, and that it was refused.
_CONFIRMED = timedelta(minutes=2)
_REFUSED = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class FieldState:
    """What is known of the newest change of one field.

    `is_pending`: Codat's copy does not show it yet. `message` is why it was refused, "" for none. `undo_seconds` is for
    how long the field still offers to undo it, 0 where it does not.
    """

    write_id: str
    mark: sentences.Mark
    url: str
    old: str
    new: str
    is_pending: bool
    message: str = ""
    fix_url: str = ""
    undo_url: str = ""
    undo_seconds: int = 0


@dataclass(frozen=True, slots=True)
class FieldStates:
    """The states by the keys of fields, and the pending writes with changes that have no place among fields."""

    by_keys: dict[Path, FieldState]
    unplaced: frozenset[str]


def field_states(
    writes: Sequence[Write], *, fields: Iterable[Path], user_id: object, now: datetime
) -> FieldStates:
    """The states of a page's fields. `writes` are the customer's, the newest first; `fields` are the page's."""
    shown = set(fields)
    by_keys: dict[Path, FieldState] = {}
    unplaced: set[str] = set()
    for index in range(len(writes) - 1, -1, -1):
        write = writes[index]
        if not _is_current(write, now):
            continue
        before = values_before(write, writes[index + 1 :])
        for change in own_changes(write, writes[index + 1 :]):
            if change.keys in shown and _stays(change.keys, before, write.sent_values):
                by_keys[change.keys] = field_state(write, change, user_id=user_id, now=now)
            elif _is_pending(write):
                unplaced.add(str(write.pk))
    return FieldStates(by_keys, frozenset(unplaced))


def field_state(write: Write, change: FieldChange, *, user_id: object, now: datetime) -> FieldState:
    """The state of one field that a write changes."""
    may_undo = write.user_id == user_id and can_be_undone(write)
    seconds_left = UNDO_SECONDS - int((now - write.created_at).total_seconds())
    refused = write.state == Write.State.FAILED
    return FieldState(
        write_id=str(write.pk),
        mark=_mark(write, change),
        url=links.write(write.company_id, write.pk),
        old=change.old,
        new=change.new,
        is_pending=_is_pending(write),
        message=_reason(write) if refused else "",
        fix_url=links.fix(write.company_id, write.customer_id, write.pk) if refused else "",
        undo_url=links.undo(write.company_id, write.pk) if may_undo else "",
        undo_seconds=max(seconds_left, 0) if may_undo else 0,
    )


def _mark(write: Write, change: FieldChange) -> sentences.Mark:
    """The state of a field. Where other fields of a change came back different, this one is confirmed all the same."""
    labels = {difference["label"] for difference in write.differences}
    if write.confirmation == Write.Confirmation.DIFFERS and change.label not in labels:
        return sentences.CONFIRMED_MARK
    return sentences.mark(write)


def _is_pending(write: Write) -> bool:
    return not write.is_finished or write.confirmation == Write.Confirmation.WAITING


def _is_current(write: Write, now: datetime) -> bool:
    """Whether a field of the page still says something of a write."""
    if write.kind != Write.Kind.UPDATE:
        return False
    if _is_pending(write):
        return True
    if write.state == Write.State.FAILED:
        return write.completed_at is not None and now - write.completed_at < _REFUSED
    return write.confirmed_at is not None and now - write.confirmed_at < _CONFIRMED


def _reason(write: Write) -> str:
    """Why a write was refused, in Codat's words."""
    messages = [str(item.get("message") or "") for item in write.validation]
    return " ".join(filter(None, messages)) or write.error_message


def _stays(keys: Path, before: Any, sent: Any) -> bool:
    """Whether a field is at the same place in two records: no row above it was added, removed or moved."""
    for key in keys:
        if isinstance(key, int):
            if not (isinstance(before, list) and isinstance(sent, list)):
                return False
            if len(before) != len(sent) or key >= len(sent):
                return False
            before, sent = before[key], sent[key]
        else:
            before = before.get(key) if isinstance(before, dict) else None
            sent = sent.get(key) if isinstance(sent, dict) else None
    return True
