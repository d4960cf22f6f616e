"""What a batch's page says first: where the batch is, why it waits, and what to do."""

from dataclasses import dataclass

from django.utils import timezone

from customers.batches.estimate import duration
from customers.batches.progress import Progress
from customers.formatting import counted, day_and_time, thousands
from customers.models import Batch
from customers.writes.sentences import Tone

State = Batch.State


@dataclass(frozen=True, slots=True)
class Said:
    """The state of a batch: a heading, sentences under it, and the colour of its edge (`tone` as in `Status`)."""

    heading: str
    sentences: tuple[str, ...]
    tone: Tone | str


def said(batch: Batch, progress: Progress, *, waits_for_approval: bool = False) -> Said:
    """The state of a batch in words; `waits_for_approval` says whether a second person is asked to approve it."""
    if waits_for_approval and batch.state == State.READY:
        changes = counted(progress.of("queued"), "change")
        return Said(f"Waits for approval: {changes}", (), "warn")
    heading, sentences, tone = _STATES[State(batch.state)](batch, progress)
    return Said(heading, tuple(filter(None, sentences)), tone)


_Words = tuple[str, list[str], str]


def _preparing(batch: Batch, progress: Progress) -> _Words:
    checked = f"{thousands(progress.checked)} of {counted(progress.total, 'customer')} checked."
    sentences = [checked, "Nothing is sent before you start."]
    return (
        ("Waiting to check" if batch.halted else "Checking"),
        [*halt(batch), *sentences],
        _tone(batch),
    )


def _ready(batch: Batch, progress: Progress) -> _Words:
    ready = progress.of("queued")
    if not ready:
        return "Nothing to send", ["No row can be sent as it is."], "warn"
    left = [
        f"{counted(progress.of('unchanged'), 'customer')} would not change, so nothing is sent for them."
        if progress.of("unchanged")
        else "",
        "Rows that need correction stay behind, and can be sent later."
        if progress.of("invalid") or progress.of("conflict")
        else "",
    ]
    return f"Ready to start: {counted(ready, 'change')}", left, "info"


def _running(batch: Batch, progress: Progress) -> _Words:
    heading = f"{thousands(progress.finished)} of {thousands(progress.total)} finished"
    if batch.halted:
        return f"Waiting: {heading}", halt(batch), "warn"
    if progress.of("unknown") and progress.is_only_waiting:
        known = progress.total - progress.of("unknown")
        heading = f"Waiting: {thousands(known)} of {thousands(progress.total)} known"
        return heading, ["The batch ends when the outcome of each row is known."], "warn"
    if progress.is_only_waiting:
        waiting = counted(progress.of("sent") + progress.of("accepted"), "row")
        return (
            heading,
            [
                f"All changes are sent. {waiting} wait{'s' if waiting == '1 row' else ''} to be confirmed."
            ],
            "info",
        )
    minutes = progress.minutes_left
    left = f"All will be sent in {duration(minutes * 60)}." if minutes is not None else ""
    return heading, [left], "info"


def _paused(batch: Batch, progress: Progress) -> _Words:
    queued = progress.of("queued")
    waits = f"{counted(queued, 'row')} {'is' if queued == 1 else 'are'} not sent." if queued else ""
    return "Paused", [batch.message, waits], "warn"


def _cancelled(batch: Batch, progress: Progress) -> _Words:
    not_sent = progress.of("not_sent") + progress.of("invalid") + progress.of("conflict")
    following = progress.of("sent") + progress.of("accepted") + progress.of("unknown")
    return (
        "Cancelled",
        [
            f"{counted(not_sent, 'row')} {'was' if not_sent == 1 else 'were'} not sent.",
            f"{counted(following, 'row')} {'was' if following == 1 else 'were'} sent before, and can still change."
            if following
            else "",
        ],
        "",
    )


def _done(batch: Batch, progress: Progress) -> _Words:
    confirmed, total = progress.of("confirmed"), thousands(progress.total)
    problems = progress.needs_person
    heading = f"Finished: {thousands(confirmed)} of {total} confirmed"
    if problems:
        return heading, [], "warn"
    rest = progress.of("unchanged")
    same = f"{counted(rest, 'customer')} had these values already." if rest else ""
    return heading, [same], "good"


_STATES = {
    State.PREPARING: _preparing,
    State.READY: _ready,
    State.RUNNING: _running,
    State.PAUSED: _paused,
    State.CANCELLED: _cancelled,
    State.DONE: _done,
}


def halt(batch: Batch) -> list[str]:
    """Why a batch waits, and until when."""
    if not batch.halted:
        return []
    until = batch.due_at
    goes_on = (
        f"The next attempt is at {day_and_time(until)}." if until and until > timezone.now() else ""
    )
    return [batch.message, goes_on]


def _tone(batch: Batch) -> str:
    return "warn" if batch.halted else "info"
