"""Why rows of a batch need a person, counted: "9 say “Postal code does not match the country”"."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from customers.batches.progress import (
    BY_KEY,
    NEEDS_PERSON,
    Group,
    Progress,
)
from customers.formatting import counted
from customers.models import Batch, BatchRow, Write
from customers.writes import sentences

# Rows of a group whose reasons are read, and reasons that are named.
_MAX_READ, _MAX_NAMED = 250, 3
_MAX_TEXT = 200


@dataclass(frozen=True, slots=True)
class Need:
    """Rows of one group that need a person: how many, and their most frequent reasons."""

    group: Group
    rows: int
    reasons: tuple[tuple[int, str], ...]

    @property
    def read(self) -> int:
        """How many rows the reasons were counted of."""
        return min(self.rows, _MAX_READ)

    @property
    def heading(self) -> str:
        """`12 refused`, without a full stop."""
        return _HEADINGS[self.group.key].format(rows=counted(self.rows, "row"))


_HEADINGS = {
    "unknown": "{rows} with an unknown outcome",
    "refused": "{rows} refused",
    "different": "{rows} came back different",
    "invalid": "{rows} to correct",
    "conflict": "{rows} in conflict",
}


def reason(row: BatchRow) -> str:
    """Why a row is where it is, as its check or Codat said it; "" where there is nothing to say."""
    write = row.write
    if write is not None:
        return write_reason(write)
    texts = [str(problem.get("text") or "") for problem in _dicts(row.problems)]
    return " ".join(_sentence(text) for text in texts if text)[:500]


def write_reason(write: Write) -> str:
    """Why a write failed, or came back different."""
    if write.state in (*Write.FAILED_STATES, Write.State.NOT_SENT):
        messages = [str(item.get("message") or "") for item in _dicts(write.validation)]
        found = " ".join(_sentence(text) for text in messages if text)
        return (found or write.error_message or sentences.status(write).sentence)[:500]
    if write.state == Write.State.UNKNOWN:
        return sentences.status(write).sentence
    if write.confirmation in (Write.Confirmation.DIFFERS, Write.Confirmation.ABSENT):
        labels = [str(item.get("label") or "") for item in _dicts(write.differences)]
        read = sentences.read_back(write)
        found = ", ".join(filter(None, labels))
        return f"Different: {found}." if found else read.sentence if read else ""
    return ""


def needs_of(batch: Batch, progress: Progress) -> list[Need]:
    """What needs a person, by group. One query for each group that has rows."""
    return [
        # What an unknown outcome is, is said once for all.
        Need(
            BY_KEY[key],
            progress.of(key),
            _reasons(batch, progress, key) if key != "unknown" else (),
        )
        for key in NEEDS_PERSON
        if progress.of(key)
    ]


def _reasons(batch: Batch, progress: Progress, key: str) -> tuple[tuple[int, str], ...]:
    """The most frequent reasons of a group, each with its number, of the first rows."""
    positions = progress.positions(key)[:_MAX_READ]
    rows = BatchRow.objects.filter(batch=batch, position__in=positions).select_related("write")
    rows = rows.defer("payload", "before", "write__payload", "write__before").order_by("position")
    found = Counter(filter(None, (reason(row) for row in rows)))
    return tuple((count, text[:_MAX_TEXT]) for text, count in found.most_common(_MAX_NAMED))


def _sentence(text: str) -> str:
    """A message of others as a sentence, so that several can stand in one line."""
    return text if text[-1:] in ".!?" else f"{text}."


def _dicts(items: Iterable[object]) -> Iterable[Mapping[str, object]]:
    return (item for item in items or () if isinstance(item, dict))
