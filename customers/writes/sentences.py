"""What is known of a write, in the words of the screen: one table of labels, tones and sentences.

A label claims no more than is known: *Refused* is for refusals by Codat or the integration, *Not sent* for a write
that was not sent, *Marked as not received* for a person's decision.
"""

from dataclasses import dataclass
from enum import Enum, auto
from http import HTTPStatus
from typing import Literal

from customers.codat import refreshes
from customers.codat.types import PushOperation
from customers.formatting import DASH, day_and_time, label
from customers.models import Write

State, Confirmation = Write.State, Write.Confirmation

Tone = Literal["", "good", "warn", "bad"]


@dataclass(frozen=True, slots=True)
class Status:
    """A label, its colour (`tone` as in the macro `state_tag`) and a sentence of plain text."""

    label: str
    tone: Tone
    sentence: str


MarkIcon = Literal["ring", "half", "tick", "cross", "question", "triangle", "dash"]
MarkTone = Literal["", "info", "good", "warn", "bad"]


@dataclass(frozen=True, slots=True)
class Mark:
    """A state as an icon and a word, for the macro `state_mark`; never a colour alone."""

    label: str
    icon: MarkIcon
    tone: MarkTone


class Known(Enum):
    """The rows of the table: about sending a write, and about reading it back."""

    WAITS_FOR_APPROVAL = auto()
    APPROVED = auto()
    IN_BATCH = auto()
    QUEUED = auto()
    SENDING = auto()
    SENT = auto()
    ACCEPTED = auto()
    NOT_SENT = auto()
    NOT_SENT_BY_BATCH = auto()
    WITHDRAWN = auto()
    REFUSED_BY_CODAT = auto()
    REFUSED = auto()
    MARKED_NOT_RECEIVED = auto()
    TIMED_OUT = auto()
    EXPIRED = auto()
    NO_RESPONSE = auto()
    ERROR_RESPONSE = auto()
    UNREADABLE_RESPONSE = auto()

    CHECKING = auto()
    CONFIRMED = auto()
    DIFFERENT = auto()
    NOT_FOUND = auto()
    NOT_CHECKED = auto()


# Placeholders: platform, status (HTTP), person, when, syncs.
TABLE: dict[Known, Status] = {
    Known.WAITS_FOR_APPROVAL: Status(
        "Waits for approval",
        "",
        "This change waits for approval by a second person. Nothing was sent to Codat.",
    ),
    Known.APPROVED: Status(
        "Approved", "", "A second person approved this change. It is sent next."
    ),
    Known.IN_BATCH: Status("Queued", "", "This change waits for its turn in a batch."),
    Known.QUEUED: Status("Queued", "", "This change is waiting to be sent to Codat."),
    Known.SENDING: Status("Sending", "", "This change is being sent to Codat."),
    Known.SENT: Status(
        "Sent",
        "",
        "Codat is sending this to {platform}."
        " This usually takes a few minutes, longer for desktop software.",
    ),
    Known.ACCEPTED: Status("Accepted", "good", "This change was accepted by {platform}."),
    Known.NOT_SENT: Status(
        "Not sent",
        "bad",
        "This change was not sent to Codat. Nothing was changed in {platform}.",
    ),
    Known.NOT_SENT_BY_BATCH: Status(
        "Not sent",
        "warn",
        "The batch did not send this change. Nothing was changed in {platform}.",
    ),
    Known.WITHDRAWN: Status(
        "Withdrawn",
        "",
        "This change was withdrawn before it was approved. Nothing was changed in {platform}.",
    ),
    Known.REFUSED_BY_CODAT: Status(
        "Refused", "bad", "Codat refused this change. Nothing was changed in {platform}."
    ),
    Known.REFUSED: Status("Refused", "bad", "Codat or {platform} refused this change."),
    Known.MARKED_NOT_RECEIVED: Status(
        "Marked as not received",
        "warn",
        "{person} marked this change as not received{when}."
        " Check {platform} before you send it again.",
    ),
    Known.TIMED_OUT: Status(
        "Timed out",
        "warn",
        "Codat stopped waiting for {platform}. The change may still have been made, or be made later."
        " Check {platform} before you send it again.",
    ),
    Known.EXPIRED: Status(
        "Timed out",
        "warn",
        "We stopped checking this change, so its outcome is not known."
        " Check {platform} before you send it again.",
    ),
    Known.NO_RESPONSE: Status(
        "Unknown",
        "warn",
        "Codat did not respond, so we do not know yet whether it received this change."
        " Do not enter it again until the outcome is known.",
    ),
    Known.ERROR_RESPONSE: Status(
        "Unknown",
        "warn",
        "Codat returned an error ({status}), so we do not know yet whether it accepted this change."
        " Do not enter it again until the outcome is known.",
    ),
    Known.UNREADABLE_RESPONSE: Status(
        "Unknown",
        "warn",
        "Codat sent a response we could not read, so we do not know yet whether it accepted this change."
        " Do not enter it again until the outcome is known.",
    ),
    Known.CHECKING: Status("Checking", "", "Codat’s copy does not show this change yet."),
    Known.CONFIRMED: Status("Confirmed", "good", "Codat’s copy now shows what was sent."),
    Known.DIFFERENT: Status(
        "Came back different", "warn", "Some fields came back different from what was sent."
    ),
    Known.NOT_FOUND: Status(
        "Not found after sync",
        "warn",
        "Codat’s copy still does not show this change after {syncs}."
        " Check {platform} before you save it again.",
    ),
    Known.NOT_CHECKED: Status(
        "Not checked",
        "warn",
        "We stopped checking before Codat’s copy showed this change. Check the customer in {platform}.",
    ),
}

# The status of a push operation, in lower case. A failure there may be Codat's or the integration's.
OPERATION_STATUSES = {
    "pending": Known.SENT,
    "success": Known.ACCEPTED,
    "failed": Known.REFUSED,
    "timedout": Known.TIMED_OUT,
}

_MARKS: dict[Known, tuple[MarkIcon, MarkTone]] = {
    Known.WAITS_FOR_APPROVAL: ("ring", ""),
    Known.APPROVED: ("ring", ""),
    Known.IN_BATCH: ("ring", ""),
    Known.QUEUED: ("ring", ""),
    Known.SENDING: ("ring", ""),
    Known.SENT: ("half", "info"),
    Known.ACCEPTED: ("half", "info"),
    Known.NOT_SENT_BY_BATCH: ("dash", ""),
    Known.WITHDRAWN: ("dash", ""),
    Known.NOT_SENT: ("dash", ""),
    Known.REFUSED_BY_CODAT: ("cross", "bad"),
    Known.REFUSED: ("cross", "bad"),
    Known.CHECKING: ("half", "info"),
    Known.CONFIRMED: ("tick", "good"),
    Known.DIFFERENT: ("triangle", "warn"),
}

# How a field was read back, by `diff.How`.
DIFFERENCE_LABELS = {
    "dropped": "Missing",
    "reformatted": "Reformatted",
    "changed": "Changed",
    "not_cleared": "Not cleared",
}

_LINKED = " {person} found it in Codat’s history and linked it{when}."


def status(write: Write) -> Status:
    """The status of sending a write. If a person linked it to an operation, the sentence names them and the time."""
    entry = TABLE[_sending(write)]
    linked = _LINKED if write.decision == Write.Decision.LINKED else ""
    return _filled(entry, entry.sentence + linked, write)


def read_back(write: Write) -> Status | None:
    """The status of reading a successful write back; None for all others."""
    known = _reading(write)
    return _filled(TABLE[known], TABLE[known].sentence, write) if known else None


def summary(write: Write) -> Status:
    """Both in one label, for lists and tags: `Accepted · checking`. The sentence is that of `status`."""
    sent, read = status(write), read_back(write)
    if read is None:
        return sent
    return Status(f"{sent.label} · {read.label.lower()}", read.tone, sent.sentence)


def operation_tag(operation: PushOperation) -> tuple[str, Tone]:
    """The label and tone of a push operation's status; an undocumented status is its own label."""
    value = operation.get("status")
    known = OPERATION_STATUSES.get(str(value).lower())
    return (TABLE[known].label, TABLE[known].tone) if known else (label(value), "")


def mark(write: Write) -> Mark:
    """What is known in an icon and one word. Until it is read back, a successful change is accepted."""
    known = _reading(write) or _sending(write)
    icon, tone = _MARKS.get(known, ("question", "warn"))
    label = TABLE[Known.ACCEPTED if known is Known.CHECKING else known].label
    return Mark(label, icon, tone)


# Of a field that was read back as it was sent, whatever happened to the others of its change.
CONFIRMED_MARK = Mark(TABLE[Known.CONFIRMED].label, *_MARKS[Known.CONFIRMED])


def duration(write: Write) -> str:
    """How long a write took from being sent to its outcome; a dash while that is not known."""
    if write.sent_at is None or write.completed_at is None:
        return DASH
    seconds = max((write.completed_at - write.sent_at).total_seconds(), 0)
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"


def _sending(write: Write) -> Known:
    """The row of the table for a write's state, whether it was sent, and who settled it."""
    match State(write.state):
        case State.WAITING:
            return Known.WAITS_FOR_APPROVAL
        case State.QUEUED:
            return Known.IN_BATCH if write.batch_id else Known.APPROVED
        case State.NOT_SENT:
            return Known.NOT_SENT_BY_BATCH if write.batch_id else Known.WITHDRAWN
        case State.SENDING:
            return Known.SENDING if write.sent_at else Known.QUEUED
        case State.PENDING:
            return Known.SENT
        case State.SUCCESS:
            return Known.ACCEPTED
        case State.FAILED:
            return _failure(write)
        case State.TIMED_OUT:
            expired = write.settled_by == Write.SettledBy.EXPIRY
            return Known.EXPIRED if expired else Known.TIMED_OUT
        case State.UNKNOWN:
            return _uncertainty(write)


def _failure(write: Write) -> Known:
    if write.push_operation_key:
        return Known.REFUSED
    if write.settled_by == Write.SettledBy.PERSON:
        return Known.MARKED_NOT_RECEIVED
    return Known.REFUSED_BY_CODAT if write.sent_at else Known.NOT_SENT


def _uncertainty(write: Write) -> Known:
    if write.status_code is None:
        return Known.NO_RESPONSE
    if write.status_code >= HTTPStatus.BAD_REQUEST:
        return Known.ERROR_RESPONSE
    return Known.UNREADABLE_RESPONSE


def _reading(write: Write) -> Known | None:
    """The row of the table for a write's confirmation; None where it has none."""
    if write.state != State.SUCCESS:
        return None
    match write.confirmation:
        case Confirmation.WAITING:
            return Known.CHECKING
        case Confirmation.CONFIRMED:
            return Known.CONFIRMED
        case Confirmation.DIFFERS:
            return Known.DIFFERENT
        case Confirmation.ABSENT:
            last = write.refresh_status
            synced = refreshes.has_ended({"status": last}) and not refreshes.has_failed(last)
            return Known.NOT_FOUND if write.refreshes and synced else Known.NOT_CHECKED
    return None


def _filled(entry: Status, sentence: str, write: Write) -> Status:
    syncs = "1 sync" if write.refreshes == 1 else f"{write.refreshes} syncs"
    text = sentence.format(
        platform=write.platform_name or "the accounting software",
        status=write.status_code,
        person=write.decided_by_name or "A user",
        when=f" on {day_and_time(write.decided_at)}" if write.decided_at else "",
        syncs=syncs,
    )
    return Status(entry.label, entry.tone, text)
