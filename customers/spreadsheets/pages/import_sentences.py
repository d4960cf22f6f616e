"""What an import's page says first: where the import is, why it waits, and what to do."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from customers.batches.estimate import Estimate
from customers.batches.pages import batch_sentences
from customers.batches.pages.batch_sentences import halt
from customers.batches.progress import Progress
from customers.formatting import counted, day_and_time, thousands
from customers.models import Batch, Import, ImportRow
from customers.writes.sentences import Tone

State, RowState = Import.State, ImportRow.State


@dataclass(frozen=True, slots=True)
class Said:
    """The state of an import: a heading, sentences under it, and the colour of its edge (`tone` as in `Status`)."""

    heading: str
    sentences: tuple[str, ...] = ()
    tone: Tone | str = "info"


_WAITS_FOR_APPROVAL = Said(
    "The batch waits for approval", ("Nothing is sent until a second person approves it.",), "warn"
)


def said(
    source: Import,
    states: Mapping[str, int],
    progress: Progress | None = None,
    *,
    waits_for_approval: bool = False,
) -> Said:
    """The state of an import in words.

    `states` are the numbers of its rows by `ImportRow.State`, `progress` is that of its batch, and `waits_for_approval`
    says whether a second person is asked to approve that.
    """
    if source.state == State.SENT and waits_for_approval:
        return _with_rest(_WAITS_FOR_APPROVAL, states)
    if source.state == State.SENT:
        return _sent(source, states, progress)
    if source.forgotten_at:
        return _forgotten(source)
    return _STATES[State(source.state)](source, states)


def percent(source: Import) -> int | None:
    """How much of the rows is checked; None where only some are, or where nobody knows how many there are."""
    if source.state != State.CHECKING or source.checked_at or not source.total:
        return None
    return min(source.done * 100 // source.total, 100)


def kept_until(source: Import) -> str:
    """When the file and its rows are deleted."""
    return day_and_time(source.created_at + timedelta(days=settings.KEEP_IMPORTS_DAYS))


def _reading(source: Import, states: Mapping[str, int]) -> Said:
    read = f"{counted(source.done, 'row')} read." if source.done else ""
    sentences = (*_waits(source), f"{read} You can close this page.".strip())
    return Said("Reading the file", sentences, _tone(source))


def _unreadable(source: Import, states: Mapping[str, int]) -> Said:
    return Said("The file cannot be read", (source.message,), "bad")


def _columns(source: Import, states: Mapping[str, int]) -> Said:
    sentences = "Look at what each column goes to, then check the rows.", "Checking sends nothing."
    return Said("Match the columns", (" ".join(sentences),))


def _checking(source: Import, states: Mapping[str, int]) -> Said:
    waiting = states.get(RowState.WAITING, 0)
    heading = f"Checking {counted(waiting or source.total, 'row')}"
    if source.due_at and source.message:
        heading = "Waiting to check the rows"
    return Said(heading, (*_waits(source), "Nothing is sent before you press Send."), _tone(source))


def _checked(source: Import, states: Mapping[str, int]) -> Said:
    ready, problems = sendable(states), with_problems(states)
    heading = f"{counted(ready, 'row')} can be sent" if ready else "Nothing to send"
    sentences = []
    if problems:
        sentences.append(
            f"{counted(problems, 'row')} {_need(problems)} you first, or can stay here."
        )
    elif not ready:
        sentences.append("No row would change a customer.")
    return Said(heading, tuple(sentences), "warn" if problems or not ready else "good")


def _sent(source: Import, states: Mapping[str, int], progress: Progress | None) -> Said:
    """What the batch of an import says, and how many rows stayed here."""
    batch = source.batch
    if batch is None or progress is None:
        found = Said("Sent", (), "")
    elif batch.state == Batch.State.PREPARING:
        first = "Each customer is read once more. Then the batch starts."
        waits = halt(batch)
        found = Said(f"Sending {counted(batch.total, 'row')}", (*waits, first), _tone(batch))
    elif batch.state == Batch.State.READY:
        found = _ready(progress)
    else:
        of_batch = batch_sentences.said(batch, progress)
        found = Said(of_batch.heading, of_batch.sentences, of_batch.tone)
    return _with_rest(found, states)


def _ready(progress: Progress) -> Said:
    """What a batch says that was checked and did not start by itself."""
    if not progress.of("queued"):
        first = "No row of the batch can be sent as it is. Its rows say why."
    elif progress.of("invalid") or progress.of("conflict") or progress.of("missing"):
        first = "Customers have changed since your check. Look at the rows of the batch, then send the others."
    else:
        first = "Nothing was sent. Look at the batch, then send it again."
    return Said("The batch waits for you", (first,), "warn")


def _with_rest(found: Said, states: Mapping[str, int]) -> Said:
    """The same, and how many rows stayed with the import."""
    stay = with_problems(states)
    were = "was" if stay == 1 else "were"
    rest = (f"{counted(stay, 'row')} with problems {were} not sent.",) if stay else ()
    return Said(found.heading, (*found.sentences, *rest), found.tone)


def _cancelled(source: Import, states: Mapping[str, int]) -> Said:
    until = kept_until(source)
    return Said(
        "Cancelled", ("Nothing was sent.", f"The file and its rows are kept until {until}."), ""
    )


def _forgotten(source: Import) -> Said:
    when = day_and_time(source.forgotten_at)
    return Said("Nothing was sent", (f"The file and its rows were deleted on {when}.",), "")


_STATES = {
    State.READING: _reading,
    State.UNREADABLE: _unreadable,
    State.COLUMNS: _columns,
    State.CHECKING: _checking,
    State.CHECKED: _checked,
    State.CANCELLED: _cancelled,
}


def sendable(states: Mapping[str, int]) -> int:
    """Rows that would be sent."""
    return sum(states.get(state, 0) for state in ImportRow.SENDABLE)


def with_problems(states: Mapping[str, int]) -> int:
    """Rows that need a person."""
    return sum(states.get(state, 0) for state in ImportRow.PROBLEMS)


def _need(number: int) -> str:
    return "needs" if number == 1 else "need"


def _waits(source: Import) -> list[str]:
    """Why the worker waits, and until when."""
    if not source.message:
        return []
    until = source.due_at
    again = (
        f"The next attempt is at {day_and_time(until)}." if until and until > timezone.now() else ""
    )
    return [sentence for sentence in (source.message, again) if sentence]


def _tone(source: Import | Batch) -> str:
    return "warn" if source.message else "info"


def bar_text(price: Estimate | None, states: Mapping[str, int]) -> str:
    """What the send bar says: what goes, what it costs, what stays."""
    parts = []
    if price:
        new, changed = states.get(RowState.NEW, 0), states.get(RowState.CHANGED, 0)
        goes = [(new, "new"), (changed, "changed")]
        parts.append(", ".join(f"{thousands(number)} {word}" for number, word in goes if number))
        parts.append(price.sentence.partition(", ")[2])
    stays = [
        (with_problems(states), "with problems"),
        (states.get(RowState.UNCHANGED, 0), "unchanged"),
        (states.get(RowState.LEFT_OUT, 0), "left out"),
    ]
    rest = ", ".join(f"{thousands(number)} {word}" for number, word in stays if number)
    if rest:
        parts.append(f"not sent: {rest}")
    return " · ".join(parts)
